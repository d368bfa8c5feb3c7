package handover

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/handovers"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// handOverWords are those of work that goes from one of the office to another.
func handOverWords() []dialog.Keyword {
	return []dialog.Keyword{
		{Text: "交接", For: dialog.Staff, Do: handOver},
		{Text: "代班", For: dialog.Staff, Do: handOver},
	}
}

func handOverVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){
		"hand-to":     dialog.ForStaff(handTo),
		"hand-until":  dialog.ForStaff(handUntil),
		"hand-accept": dialog.ForStaff(func(c *dialog.Turn, id string) (dialog.Reply, error) { return handAnswer(c, id, true) }),
		"hand-refuse": dialog.ForStaff(func(c *dialog.Turn, id string) (dialog.Reply, error) { return handAnswer(c, id, false) }),
		"hand-stop":   dialog.ForStaff(handStop),
		"hand-new":    dialog.ForStaff(handFrom),
	}
}

// handOver is 交接: first what waits for her answer, then how hers stands, else to
// whom her work is to go. A clerk names whose: 交接 王桂英. All at once is understood
// too: 交接 李梅 到12月20日.
func handOver(c *dialog.Turn, rest string) (dialog.Reply, error) {
	open, err := handovers.List(c.Scope)
	if err != nil {
		return dialog.Reply{}, err
	}
	me := c.Who.Cadre.ID
	for _, h := range open {
		if h.To == me && h.Accepted == 0 {
			return handAsked(c, h)
		}
	}
	if rest != "" {
		return handSentence(c, rest)
	}
	for _, h := range open {
		if h.From == me || h.To == me {
			return handState(c, h)
		}
	}
	if c.Who.Cadre.Has(person.Clerk) {
		for _, h := range open {
			return handState(c, h)
		}
	}
	return handFrom(c, me)
}

// handSpan says for how long: “以后都”, or until a day.
func handSpan(until calendar.Day) string {
	if until == 0 {
		return sayHandForGood
	}
	return fmt.Sprintf(sayHandUntil, until.Chinese())
}

// handAsked asks who is to take it over.
func handAsked(c *dialog.Turn, h handovers.Handover) (dialog.Reply, error) {
	from, err := person.LoadStaff(c.Tx, h.From)
	if err != nil {
		return dialog.Reply{}, err
	}
	place, err := dialog.Places(c, from)
	if err != nil {
		return dialog.Reply{}, err
	}
	return c.Offer(fmt.Sprintf(sayHandAsked, from.Name, place, handSpan(h.Until)),
		dialogstate.Option{Label: labelHandAccept, Do: "hand-accept " + h.ID}, dialogstate.Option{Label: labelHandRefuse, Do: "hand-refuse " + h.ID}), nil
}

func handAnswer(c *dialog.Turn, id string, accept bool) (dialog.Reply, error) {
	h, err := handovers.Answer(c.Scope, id, accept, c.M.At)
	if dialog.IsNotFound(err) || errors.Is(err, record.ErrNotAvailable) {
		return dialog.Reply{Text: sayHandGone}, nil
	}
	if errors.Is(err, record.ErrAlreadyExists) {
		return dialog.Reply{Text: sayHandTwice}, nil
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	name, err := c.CadreName(h.From)
	if err != nil {
		return dialog.Reply{}, err
	}
	switch {
	case !accept:
		return dialog.Reply{Text: fmt.Sprintf(sayHandRefused, name)}, nil
	case h.Until != 0:
		return dialog.Reply{Text: fmt.Sprintf(sayHandStandsIn, h.Until.Chinese(), name)}, nil
	}
	return dialog.Reply{Text: fmt.Sprintf(sayHandTaken, name)}, nil
}

// handState says how a hand-over stands, and how it is taken back.
func handState(c *dialog.Turn, h handovers.Handover) (dialog.Reply, error) {
	from, err := c.CadreName(h.From)
	if err != nil {
		return dialog.Reply{}, err
	}
	to, err := c.CadreName(h.To)
	if err != nil {
		return dialog.Reply{}, err
	}
	switch {
	case h.Accepted == 0:
		return c.Offer(fmt.Sprintf(sayHandWaits, from, to, handSpan(h.Until)), dialogstate.Option{Label: labelHandBack, Do: "hand-stop " + h.ID},
			dialogstate.Option{Label: labelHandOther, Do: "hand-new " + h.From}, dialogstate.Option{Label: labelHandLeave, Do: "none"}), nil
	case h.Until == 0:
		return dialog.Reply{Text: fmt.Sprintf(sayHandCarrying, from, to)}, nil
	}
	return c.Offer(fmt.Sprintf(sayHandActing, to, from, h.Until.Chinese()), dialogstate.Option{Label: dialog.PickWord(h.From == c.Who.Cadre.ID, labelHandHome, labelHandEnd), Do: "hand-stop " + h.ID},
		dialogstate.Option{Label: labelHandLeave, Do: "none"}), nil
}

// handFrom asks to whom a cadre's work is to go.
func handFrom(c *dialog.Turn, from string) (dialog.Reply, error) {
	takers, err := handovers.Takers(c.Scope, from)
	if errors.Is(err, record.ErrScope) || errors.Is(err, handovers.ErrRole) || dialog.IsNotFound(err) {
		return dialog.Reply{Text: sayHandNotYours}, nil
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(takers) == 0 {
		return dialog.Reply{Text: sayHandNobody}, nil
	}
	var offers []dialogstate.Option
	for _, t := range takers[:min(len(takers), 8)] {
		place, err := dialog.Places(c, t)
		if err != nil {
			return dialog.Reply{}, err
		}
		offers = append(offers, dialogstate.Option{Label: strings.TrimSpace(t.Name + " " + place), Do: "hand-to " + from + " " + t.ID})
	}
	name, err := c.CadreName(from)
	if err != nil {
		return dialog.Reply{}, err
	}
	said := sayHandWhom
	if from != c.Who.Cadre.ID {
		said = fmt.Sprintf(sayHandWhose, name)
	}
	return c.Offer(said, append(offers, dialogstate.Option{Label: labelHandNot, Do: "none"})...), nil
}

// handTo asks for how long.
func handTo(c *dialog.Turn, rest string) (dialog.Reply, error) {
	span := func(label string, until calendar.Day) dialogstate.Option {
		return dialogstate.Option{Label: fmt.Sprintf(label, until.Chinese()), Do: "hand-until " + rest + " " + until.String()}
	}
	return c.Offer(sayHandHowLong, span(labelHandWeek, c.Today+6), span(labelHandTwo, c.Today+13), span(labelHandMonth, c.Today.AddMonths(1)-1),
		dialogstate.Option{Label: labelHandForGood, Do: "hand-until " + rest + " -"}, dialogstate.Option{Label: labelHandNot, Do: "none"}), nil
}

// handUntil starts it: "<from> <to> <day>", "-" for good.
func handUntil(c *dialog.Turn, rest string) (dialog.Reply, error) {
	f := strings.Fields(rest)
	if len(f) != 3 {
		return c.Menu(dialog.SayGone)
	}
	var until calendar.Day
	if f[2] != "-" {
		var err error
		if until, err = calendar.ParseDay(f[2]); err != nil {
			return dialog.Reply{}, err
		}
	}
	h, err := handovers.Start(c.Scope, f[0], f[1], until, c.M.ID, c.M.At)
	switch {
	case errors.Is(err, record.ErrAlreadyExists):
		return handState(c, h)
	case errors.Is(err, record.ErrNotAvailable):
		return dialog.Reply{Text: sayHandPast}, nil
	case errors.Is(err, record.ErrScope), errors.Is(err, handovers.ErrRole), dialog.IsNotFound(err):
		return dialog.Reply{Text: sayHandNotYours}, nil
	case err != nil:
		return dialog.Reply{}, err
	}
	name, err := c.CadreName(h.To)
	return dialog.Reply{Text: fmt.Sprintf(sayHandStarted, name, handSpan(h.Until))}, err
}

func handStop(c *dialog.Turn, id string) (dialog.Reply, error) {
	h, err := handovers.Stop(c.Scope, id, c.M.At)
	if dialog.IsNotFound(err) || errors.Is(err, record.ErrNotAvailable) {
		return dialog.Reply{Text: sayHandGone}, nil
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	name, err := c.CadreName(h.From)
	return dialog.Reply{Text: fmt.Sprintf(dialog.PickWord(h.Accepted == 0, sayHandTakenBack, sayHandEnded), name)}, err
}

// handSentence takes names and a day out of 李梅 到12月20日; a clerk names two, first
// whose work it is.
func handSentence(c *dialog.Turn, rest string) (dialog.Reply, error) {
	var until calendar.Day
	if from, to, d := dates.FindDate(rest, c.Today, dates.Future); to > from && d.Day != 0 {
		rest, until = rest[:from]+" "+rest[to:], d.Day
	}
	words := strings.Fields(strings.NewReplacer("到", " ", "给", " ", "交", " ", "为止", " ", "，", " ", ",", " ").Replace(rest))
	names := words[:0:0]
	for _, w := range words {
		if w != "以后都" && w != "都" {
			names = append(names, w)
		}
	}
	from, to := c.Who.Cadre.ID, ""
	for _, name := range names {
		id, err := cadreNamed(c, name)
		if err != nil {
			return dialog.Reply{}, err
		}
		if id == "" {
			return dialog.Reply{Text: fmt.Sprintf(sayHandNoSuch, name)}, nil
		}
		if len(names) == 2 && to == "" && from == c.Who.Cadre.ID && name == names[0] || len(names) == 1 && c.Who.Cadre.Has(person.Clerk) {
			from = id
			continue
		}
		to = id
	}
	switch {
	case to == "":
		return handFrom(c, from)
	case until == 0:
		return handTo(c, from+" "+to)
	}
	return handUntil(c, strings.Join([]string{from, to, cmp.Or(until.String(), "-")}, " "))
}

// cadreNamed returns the one in office of a name, "" where there is none or more.
func cadreNamed(c *dialog.Turn, name string) (string, error) {
	all, err := person.AllStaff(c.Tx)
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
func handOverNotice(d outbox.Delivery) dialog.Words {
	day, _ := calendar.ParseDay(d.Facts["day"])
	at := dialog.Dated(day) + " 08:00"
	switch d.Kind {
	case "handover_offer":
		return dialog.Card("有一份交接请您看，回复“交接”。", "有一份交接请您看", at, "请回复 交接", day)
	case "handover_answer":
		return dialog.Card("您的交接有回话了，回复“交接”。", "您的交接有回话了", at, "请回复 交接", day)
	case "handover_over":
		return dialog.Card("交接办完了，回复“今日”看看。", "交接办完了", at, "请回复 今日", day)
	}
	return dialog.Words{}
}
