package flows

import (
	"fmt"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/migration"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// awayVerbs are those of leaving and coming home.
func awayVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){
		"away-wait":  forStaff((*chat).awayWait),
		"leaving":    forStaff((*chat).askLeaving),
		"leaves":     forStaff((*chat).leaves),
		"wantsbook":  forStaff((*chat).wantsBook),
		"book-her":   forStaff((*chat).bookHer),
		"book-for":   forStaff((*chat).bookForHer),
		"away-right": (*chat).cardRight,
		"away-wrong": (*chat).cardWrong,
		"away-drop":  (*chat).cardDrop,
		"away-day":   (*chat).cardDay,
		"own-back":   (*chat).ownBackNow,
		"away-on":    (*chat).cardOn,
		"own-leaves": (*chat).ownLeaves,
		"carry":      (*chat).carry,
	}
}

// askLeaving asks when somebody who came home goes again; that it is not known is an
// answer.
func (c *chat) askLeaving(ref string) (Reply, error) {
	return c.offer(sayLeavingWhen, dialogstate.Option{Label: labelNotSure, Do: "leaves " + ref + " " + labelNotSure}), nil
}

// leavingSaid takes a day, or about when, where it stands on offer to say when
// somebody goes again; ok is false for other words.
func (c *chat) leavingSaid(text string) (r Reply, ok bool, err error) {
	if len(c.s.Offers) == 0 || c.m.Token != 0 || c.m.Tapped || c.s.Flow != "" {
		return Reply{}, false, nil
	}
	verb, rest, _ := strings.Cut(c.s.Offers[0].Do, " ")
	ref, _, _ := strings.Cut(rest, " ")
	switch verb {
	case "leaving", "leaves":
		verb = "leaves"
	case "own-leaves", "away-on":
	case "away-day":
		return c.cardDaySaid(text, ref)
	default:
		return Reply{}, false, nil
	}
	if _, _, numbered := answer.Index(text); numbered && len(text) <= 2 {
		return Reply{}, false, nil
	}
	for _, o := range c.s.Offers {
		if answer.SameWord(text, answer.Fold(o.Label)) {
			return Reply{}, false, nil
		}
	}
	if verb == "away-on" {
		return c.cardDaySaid(text, ref)
	}
	d := answer.Date(leavingWords(text), c.today, answer.Future)
	switch {
	case answer.Unsure(text): // 还没定
		r, err = c.do(verb + " " + ref + " " + labelNotSure)
		return r, true, err
	case d.Reason == answer.WrongDirection:
		return c.show(sayLeavingPast), true, nil
	case d.Day == 0 && len(d.Alternatives) == 0 && d.Coarse == "":
		return Reply{}, false, nil
	case len(d.Alternatives) > 0:
		var offers []dialogstate.Option
		for _, day := range d.Alternatives[:min(len(d.Alternatives), 3)] {
			offers = append(offers, dialogstate.Option{Label: day.ChineseLunar(), Do: verb + " " + ref + " " + day.String()})
		}
		said := d.Coarse
		if said == "" {
			said = labelNotSure
		}
		return c.offer(fmt.Sprintf(sayLeavingWhich, strings.Trim(leavingWords(text), " ")), append(offers, dialogstate.Option{Label: labelNotSure, Do: verb + " " + ref + " " + said})...), true, nil
	case d.Day != 0:
		text = d.Day.String()
	default:
		text = d.Coarse
	}
	r, err = c.do(verb + " " + ref + " " + text)
	return r, true, err
}

// leavingWords leaves of “过了十五就走” the day.
func leavingWords(text string) string {
	text = strings.TrimSpace(text)
	for _, w := range []string{"就走", "再走", "才走", "走", "出门", "回去"} {
		if head, ok := strings.CutSuffix(strings.TrimRight(text, "了吧哩。"), w); ok && head != "" {
			return strings.TrimSpace(head)
		}
	}
	return text
}

// leaves keeps when somebody who came home goes again: a day, or about when.
func (c *chat) leaves(rest string) (Reply, error) {
	ref, when, _ := strings.Cut(rest, " ")
	resident, id, _ := strings.Cut(ref, "/")
	a, err := migration.LatestOf(c.scope, resident, id)
	if isNotFound(err) || err == nil && a.Back == 0 {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	a, said := c.leavingOn(a, when)
	u, err := c.tx.Save(func() error { return migration.Put(c.scope, a, c.m.At) })
	if err != nil {
		return Reply{}, err
	}
	r, err := c.scope.Resident(resident)
	if err != nil {
		return Reply{}, err
	}
	u.Until, u.What = c.m.At.Add(record.UndoTime).Unix(), brief(r)
	if err := c.tx.PutUndo(c.m.From, u); err != nil {
		return Reply{}, err
	}
	return c.offer(said, dialogstate.Option{Label: labelWantsBook, Do: "wantsbook " + ref}, dialogstate.Option{Label: labelThatsAll, Do: "none"}), nil
}

// leavingOn puts on a card when she goes again, and says so.
func (c *chat) leavingOn(a migration.Absence, when string) (migration.Absence, string) {
	a.Leaving, a.LeavingDay = when, 0
	if day, err := calendar.ParseDay(when); err == nil && day != 0 {
		a.Leaving, a.LeavingDay = day.Short(), day
		return a, fmt.Sprintf(sayLeavingDay, day.ChineseLunar())
	}
	if when == labelNotSure {
		return a, sayLeavingUnsure
	}
	return a, fmt.Sprintf(sayLeavingAbout, when)
}

// wantsBook asks how she is to book: on her own phone, where the cadre sees nothing of
// it, or through the cadre.
func (c *chat) wantsBook(ref string) (Reply, error) {
	return c.offer(sayBookHow, dialogstate.Option{Label: labelBookHerself, Do: "book-her " + ref}, dialogstate.Option{Label: labelBookForHer, Do: "book-for " + ref}), nil
}

// bookHer sends her the word. The answer is the same whether there is a WeChat of hers
// or not: who uses the service without the village is a directory line like any other.
func (c *chat) bookHer(ref string) (Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	a, err := migration.LatestOf(c.scope, resident, id)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	r, err := c.scope.Resident(resident)
	if err != nil {
		return Reply{}, err
	}
	return Reply{Text: fmt.Sprintf(sayBookSent, r.Name)}, migration.TellAway(c.scope, a, "away_book", c.m.At)
}

func (c *chat) bookForHer(ref string) (Reply, error) {
	resident, _, _ := strings.Cut(ref, "/")
	r, err := c.scope.Resident(resident)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	return c.do("book 替" + strings.TrimSpace(r.Name+" "+r.Group))
}

// myAway asks a resident, when she looks what waits for her, whether what a cadre
// wrote down of her is right; ok is false when nothing waits.
func (c *chat) myAway() (r Reply, ok bool, err error) {
	for _, id := range c.who.Residents {
		a, err := migration.OwnLatest(c.scope, id)
		if isNotFound(err) || err == nil && (a.ID == "" || a.By == "" || a.Agreed != 0) {
			continue
		}
		if err != nil {
			return Reply{}, false, err
		}
		agreed, err := enrolment.Agreed(c.scope, id, purpose.Migration)
		if err != nil {
			return Reply{}, false, err
		}
		if !agreed.Given() || a.State(c.today) == migration.AtHome {
			continue
		}
		who, err := c.contactName(a.By)
		if err != nil {
			return Reply{}, false, err
		}
		said := fmt.Sprintf(sayCardBack, who, a.Back.Chinese())
		if a.Back == 0 {
			said = fmt.Sprintf(sayCardAway, who, a.Since.Chinese(), a.Place, a.Expected)
		}
		if len(c.who.Residents) > 1 {
			her, err := c.scope.Mine(id)
			if err != nil {
				return Reply{}, false, err
			}
			said = strings.Replace(said, "替您", "替"+her.Name, 1)
		}
		ref := id + "/" + a.ID
		offers := []dialogstate.Option{{Label: labelCardRight, Do: "away-right " + ref}}
		if a.Back != 0 {
			offers = []dialogstate.Option{{Label: labelCardBook, Do: "away-right " + ref + " book"}, {Label: labelCardFine, Do: "away-right " + ref}}
		}
		return c.offer(join(said, sayCardAsk), append(offers, dialogstate.Option{Label: labelCardWrong, Do: "away-wrong " + ref},
			dialogstate.Option{Label: labelCardNever, Do: "withdraw " + id + " " + string(purpose.Migration)})...), true, nil
	}
	return Reply{}, false, nil
}

// ownCard returns a card of one of her own that an offer is about.
func (c *chat) ownCard(ref string) (migration.Absence, error) {
	resident, id, _ := strings.Cut(ref, "/")
	a, err := migration.OwnLatest(c.scope, resident)
	if err == nil && a.ID != id {
		err = record.ErrNotFound
	}
	return a, err
}

// cardRight keeps that she said herself that it is right, which is her own word for
// the set too.
func (c *chat) cardRight(rest string) (Reply, error) {
	ref, book, _ := strings.Cut(rest, " ")
	a, err := c.ownCard(ref)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	told, err := enrolment.Agreed(c.scope, a.Resident, purpose.Migration)
	if err != nil {
		return Reply{}, err
	}
	if !told.Given() {
		return c.menu(sayGone)
	}
	agree := consent.Consent{Resident: a.Resident, Set: purpose.Migration, Answer: person.Yes, Version: told.Version, Text: told.Text, Channel: "chat"}
	if err := enrolment.Agree(c.scope, agree, c.m.At); err != nil {
		return Reply{}, err
	}
	if a, err = migration.KeepOwnAway(c.scope, a, "", c.m.At); err != nil {
		return Reply{}, err
	}
	if book != "" {
		c.s.For = a.Resident
		return c.do("book")
	}
	if a.Back == 0 {
		return c.awayHelp(sayCardKeptAway)
	}
	return Reply{Text: sayCardKeptBack}, nil
}

// cardWrong asks what is otherwise.
func (c *chat) cardWrong(ref string) (Reply, error) {
	a, err := c.ownCard(ref)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	ask := sayCardWhenBack
	if a.Back == 0 {
		ask = sayCardWhenHome
	}
	return c.offer(ask, dialogstate.Option{Label: labelCardDay, Do: "away-day " + ref}, dialogstate.Option{Label: labelCardNothing, Do: "away-drop " + ref}), nil
}

// cardDay asks for the day; cardDaySaid takes it.
func (c *chat) cardDay(ref string) (Reply, error) {
	return c.offer(sayCardDayHow, dialogstate.Option{Label: labelCardNothing, Do: "away-day " + ref}), nil
}

func (c *chat) cardDaySaid(text, ref string) (Reply, bool, error) {
	a, err := c.ownCard(ref)
	if isNotFound(err) {
		return Reply{}, false, nil
	}
	if err != nil {
		return Reply{}, false, err
	}
	if answer.SameWord(text, labelCardNothing) || text == "1" && len(c.s.Offers) == 1 {
		r, err := c.cardDrop(ref)
		return r, true, err
	}
	if a.Back != 0 {
		d := answer.Date(text, c.today, answer.Past)
		if len(d.Alternatives) > 0 {
			return c.whichDay(text, d.Alternatives, ref), true, nil
		}
		if d.Day == 0 || d.Day < a.Since {
			return Reply{}, false, nil
		}
		a.Back = d.Day
	} else if which, ok := c.setExpected(&a, text); len(which) > 0 {
		return c.whichDay(text, which, ref), true, nil
	} else if !ok {
		return Reply{}, false, nil
	}
	r, err := c.cardChanged(a)
	return r, true, err
}

// cardOn is the day that she chose of several, or that she cannot say.
func (c *chat) cardOn(rest string) (Reply, error) {
	ref, said, _ := strings.Cut(rest, " ")
	a, err := c.ownCard(ref)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	day, err := calendar.ParseDay(said)
	switch {
	case a.Back != 0 && (err != nil || day < a.Since):
		return c.cardWrong(ref)
	case a.Back != 0:
		a.Back = day
	default:
		c.setExpected(&a, said)
	}
	return c.cardChanged(a)
}

func (c *chat) cardChanged(a migration.Absence) (Reply, error) {
	if _, err := migration.KeepOwnAway(c.scope, a, "", c.m.At); err != nil {
		return Reply{}, err
	}
	c.s.Offers = nil
	if a.Back != 0 {
		return Reply{Text: fmt.Sprintf(sayCardChanged, a.Back.ChineseLunar())}, nil
	}
	return Reply{Text: fmt.Sprintf(sayCardChanged, expectedEcho(a))}, nil
}

// expectedEcho is when she will be home as it is said back: a day with its weekday and
// its day of the farmers' calendar, else her words.
func expectedEcho(a migration.Absence) string {
	if a.ExpectedFrom == 0 && a.ExpectedDay != 0 {
		return a.ExpectedDay.ChineseLunar()
	}
	return a.Expected
}

// cardDrop deletes what is not so.
func (c *chat) cardDrop(ref string) (Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	if err := migration.DropOwnAway(c.scope, resident, id); isNotFound(err) {
		return c.menu(sayGone)
	} else if err != nil {
		return Reply{}, err
	}
	return Reply{Text: sayCardDropped}, nil
}
