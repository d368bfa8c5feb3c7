package flows

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/handovers"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// handOverWords are those of work that goes from one of the office to another.
func handOverWords() []word {
	return []word{
		{"交接", staff, (*chat).handOver},
		{"代班", staff, (*chat).handOver},
	}
}

func handOverVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){
		"hand-to":     forStaff((*chat).handTo),
		"hand-until":  forStaff((*chat).handUntil),
		"hand-accept": forStaff(func(c *chat, id string) (Reply, error) { return c.handAnswer(id, true) }),
		"hand-refuse": forStaff(func(c *chat, id string) (Reply, error) { return c.handAnswer(id, false) }),
		"hand-stop":   forStaff((*chat).handStop),
		"hand-new":    forStaff((*chat).handFrom),
	}
}

// handOver is 交接: first what waits for her answer, then how hers stands, else to
// whom her work is to go. A clerk names whose: 交接 王桂英. All at once is understood
// too: 交接 李梅 到12月20日.
func (c *chat) handOver(rest string) (Reply, error) {
	open, err := handovers.List(c.scope)
	if err != nil {
		return Reply{}, err
	}
	me := c.who.Cadre.ID
	for _, h := range open {
		if h.To == me && h.Accepted == 0 {
			return c.handAsked(h)
		}
	}
	if rest != "" {
		return c.handSentence(rest)
	}
	for _, h := range open {
		if h.From == me || h.To == me {
			return c.handState(h)
		}
	}
	if c.who.Cadre.Has(person.Clerk) {
		for _, h := range open {
			return c.handState(h)
		}
	}
	return c.handFrom(me)
}

// cadreName is what a member of staff is called.
func (c *chat) cadreName(id string) (string, error) {
	cadre, err := person.LoadStaff(c.tx, id)
	if isNotFound(err) {
		return "镇上", nil
	}
	return cadre.Name, err
}

// handSpan says for how long: “以后都”, or until a day.
func handSpan(until calendar.Day) string {
	if until == 0 {
		return sayHandForGood
	}
	return fmt.Sprintf(sayHandUntil, until.Chinese())
}

// handAsked asks who is to take it over.
func (c *chat) handAsked(h handovers.Handover) (Reply, error) {
	from, err := person.LoadStaff(c.tx, h.From)
	if err != nil {
		return Reply{}, err
	}
	place, err := c.places(from)
	if err != nil {
		return Reply{}, err
	}
	return c.offer(fmt.Sprintf(sayHandAsked, from.Name, place, handSpan(h.Until)),
		dialogstate.Option{Label: labelHandAccept, Do: "hand-accept " + h.ID}, dialogstate.Option{Label: labelHandRefuse, Do: "hand-refuse " + h.ID}), nil
}

func (c *chat) handAnswer(id string, accept bool) (Reply, error) {
	h, err := handovers.Answer(c.scope, id, accept, c.m.At)
	if isNotFound(err) || errors.Is(err, record.ErrNotAvailable) {
		return Reply{Text: sayHandGone}, nil
	}
	if errors.Is(err, record.ErrAlreadyExists) {
		return Reply{Text: sayHandTwice}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	name, err := c.cadreName(h.From)
	if err != nil {
		return Reply{}, err
	}
	switch {
	case !accept:
		return Reply{Text: fmt.Sprintf(sayHandRefused, name)}, nil
	case h.Until != 0:
		return Reply{Text: fmt.Sprintf(sayHandStandsIn, h.Until.Chinese(), name)}, nil
	}
	return Reply{Text: fmt.Sprintf(sayHandTaken, name)}, nil
}

// handState says how a hand-over stands, and how it is taken back.
func (c *chat) handState(h handovers.Handover) (Reply, error) {
	from, err := c.cadreName(h.From)
	if err != nil {
		return Reply{}, err
	}
	to, err := c.cadreName(h.To)
	if err != nil {
		return Reply{}, err
	}
	switch {
	case h.Accepted == 0:
		return c.offer(fmt.Sprintf(sayHandWaits, from, to, handSpan(h.Until)), dialogstate.Option{Label: labelHandBack, Do: "hand-stop " + h.ID},
			dialogstate.Option{Label: labelHandOther, Do: "hand-new " + h.From}, dialogstate.Option{Label: labelHandLeave, Do: "none"}), nil
	case h.Until == 0:
		return Reply{Text: fmt.Sprintf(sayHandCarrying, from, to)}, nil
	}
	return c.offer(fmt.Sprintf(sayHandActing, to, from, h.Until.Chinese()), dialogstate.Option{Label: pickWord(h.From == c.who.Cadre.ID, labelHandHome, labelHandEnd), Do: "hand-stop " + h.ID},
		dialogstate.Option{Label: labelHandLeave, Do: "none"}), nil
}

// handFrom asks to whom a cadre's work is to go.
func (c *chat) handFrom(from string) (Reply, error) {
	takers, err := handovers.Takers(c.scope, from)
	if errors.Is(err, record.ErrScope) || errors.Is(err, handovers.ErrRole) || isNotFound(err) {
		return Reply{Text: sayHandNotYours}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	if len(takers) == 0 {
		return Reply{Text: sayHandNobody}, nil
	}
	var offers []dialogstate.Option
	for _, t := range takers[:min(len(takers), 8)] {
		place, err := c.places(t)
		if err != nil {
			return Reply{}, err
		}
		offers = append(offers, dialogstate.Option{Label: strings.TrimSpace(t.Name + " " + place), Do: "hand-to " + from + " " + t.ID})
	}
	name, err := c.cadreName(from)
	if err != nil {
		return Reply{}, err
	}
	said := sayHandWhom
	if from != c.who.Cadre.ID {
		said = fmt.Sprintf(sayHandWhose, name)
	}
	return c.offer(said, append(offers, dialogstate.Option{Label: labelHandNot, Do: "none"})...), nil
}

// handTo asks for how long.
func (c *chat) handTo(rest string) (Reply, error) {
	span := func(label string, until calendar.Day) dialogstate.Option {
		return dialogstate.Option{Label: fmt.Sprintf(label, until.Chinese()), Do: "hand-until " + rest + " " + until.String()}
	}
	return c.offer(sayHandHowLong, span(labelHandWeek, c.today+6), span(labelHandTwo, c.today+13), span(labelHandMonth, c.today.AddMonths(1)-1),
		dialogstate.Option{Label: labelHandForGood, Do: "hand-until " + rest + " -"}, dialogstate.Option{Label: labelHandNot, Do: "none"}), nil
}

// handUntil starts it: "<from> <to> <day>", "-" for good.
func (c *chat) handUntil(rest string) (Reply, error) {
	f := strings.Fields(rest)
	if len(f) != 3 {
		return c.menu(sayGone)
	}
	var until calendar.Day
	if f[2] != "-" {
		var err error
		if until, err = calendar.ParseDay(f[2]); err != nil {
			return Reply{}, err
		}
	}
	h, err := handovers.Start(c.scope, f[0], f[1], until, c.m.ID, c.m.At)
	switch {
	case errors.Is(err, record.ErrAlreadyExists):
		return c.handState(h)
	case errors.Is(err, record.ErrNotAvailable):
		return Reply{Text: sayHandPast}, nil
	case errors.Is(err, record.ErrScope), errors.Is(err, handovers.ErrRole), isNotFound(err):
		return Reply{Text: sayHandNotYours}, nil
	case err != nil:
		return Reply{}, err
	}
	name, err := c.cadreName(h.To)
	return Reply{Text: fmt.Sprintf(sayHandStarted, name, handSpan(h.Until))}, err
}

func (c *chat) handStop(id string) (Reply, error) {
	h, err := handovers.Stop(c.scope, id, c.m.At)
	if isNotFound(err) || errors.Is(err, record.ErrNotAvailable) {
		return Reply{Text: sayHandGone}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	name, err := c.cadreName(h.From)
	return Reply{Text: fmt.Sprintf(pickWord(h.Accepted == 0, sayHandTakenBack, sayHandEnded), name)}, err
}

// handSentence takes names and a day out of 李梅 到12月20日; a clerk names two, first
// whose work it is.
func (c *chat) handSentence(rest string) (Reply, error) {
	var until calendar.Day
	if from, to, d := answer.FindDate(rest, c.today, answer.Future); to > from && d.Day != 0 {
		rest, until = rest[:from]+" "+rest[to:], d.Day
	}
	words := strings.Fields(strings.NewReplacer("到", " ", "给", " ", "交", " ", "为止", " ", "，", " ", ",", " ").Replace(rest))
	names := words[:0:0]
	for _, w := range words {
		if w != "以后都" && w != "都" {
			names = append(names, w)
		}
	}
	from, to := c.who.Cadre.ID, ""
	for _, name := range names {
		id, err := c.cadreNamed(name)
		if err != nil {
			return Reply{}, err
		}
		if id == "" {
			return Reply{Text: fmt.Sprintf(sayHandNoSuch, name)}, nil
		}
		if len(names) == 2 && to == "" && from == c.who.Cadre.ID && name == names[0] || len(names) == 1 && c.who.Cadre.Has(person.Clerk) {
			from = id
			continue
		}
		to = id
	}
	switch {
	case to == "":
		return c.handFrom(from)
	case until == 0:
		return c.handTo(from + " " + to)
	}
	return c.handUntil(strings.Join([]string{from, to, cmp.Or(until.String(), "-")}, " "))
}

// cadreNamed returns the one in office of a name, "" where there is none or more.
func (c *chat) cadreNamed(name string) (string, error) {
	all, err := person.AllStaff(c.tx)
	if err != nil {
		return "", err
	}
	id := ""
	for _, k := range all {
		if k.Left || k.Name != name && !answer.SameSound(k.Name, name) {
			continue
		}
		if id != "" {
			return "", nil
		}
		id = k.ID
	}
	return id, nil
}

// handOverNotice returns the words of what staff hear of a hand-over; ok is false
// for other kinds.
func handOverNotice(d outbox.Delivery) Words {
	day, _ := calendar.ParseDay(d.Facts["day"])
	at := dated(day) + " 08:00"
	switch d.Kind {
	case "handover_offer":
		return card("有一份交接请您看，回复“交接”。", "有一份交接请您看", at, "请回复 交接", day)
	case "handover_answer":
		return card("您的交接有回话了，回复“交接”。", "您的交接有回话了", at, "请回复 交接", day)
	case "handover_over":
		return card("交接办完了，回复“今日”看看。", "交接办完了", at, "请回复 今日", day)
	}
	return Words{}
}
