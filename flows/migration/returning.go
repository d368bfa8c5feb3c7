package migration

import (
	"fmt"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
	"xintiexin/flows/subject"
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
func awayVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){
		"away-wait":  dialog.ForStaff(awayWait),
		"leaving":    dialog.ForStaff(askLeaving),
		"leaves":     dialog.ForStaff(leaves),
		"wantsbook":  dialog.ForStaff(wantsBook),
		"book-her":   dialog.ForStaff(bookHer),
		"book-for":   dialog.ForStaff(bookForHer),
		"away-right": cardRight,
		"away-wrong": cardWrong,
		"away-drop":  cardDrop,
		"away-day":   cardDay,
		"own-back":   ownBackNow,
		"away-on":    cardOn,
		"own-leaves": ownLeaves,
		"carry":      carry,
	}
}

// askLeaving asks when somebody who came home goes again; that it is not known is an
// answer.
func askLeaving(c *dialog.Turn, ref string) (dialog.Reply, error) {
	return c.Offer(sayLeavingWhen, dialogstate.Option{Label: labelNotSure, Do: "leaves " + ref + " " + labelNotSure}), nil
}

// leavingSaid takes a day, or about when, where it stands on offer to say when
// somebody goes again; ok is false for other words.
func leavingSaid(c *dialog.Turn, text string) (r dialog.Reply, ok bool, err error) {
	if len(c.S.Offers) == 0 || c.M.Token != 0 || c.M.Tapped || c.S.Flow != "" {
		return dialog.Reply{}, false, nil
	}
	verb, rest, _ := strings.Cut(c.S.Offers[0].Do, " ")
	ref, _, _ := strings.Cut(rest, " ")
	switch verb {
	case "leaving", "leaves":
		verb = "leaves"
	case "own-leaves", "away-on":
	case "away-day":
		return cardDaySaid(c, text, ref)
	default:
		return dialog.Reply{}, false, nil
	}
	if _, _, numbered := answer.Index(text); numbered && len(text) <= 2 {
		return dialog.Reply{}, false, nil
	}
	for _, o := range c.S.Offers {
		if answer.SameWord(text, answer.Fold(o.Label)) {
			return dialog.Reply{}, false, nil
		}
	}
	if verb == "away-on" {
		return cardDaySaid(c, text, ref)
	}
	d := dates.Date(leavingWords(text), c.Today, dates.Future)
	switch {
	case dates.Unsure(text): // 还没定
		r, err = c.Do(verb + " " + ref + " " + labelNotSure)
		return r, true, err
	case d.Reason == dates.WrongDirection:
		return c.Show(sayLeavingPast), true, nil
	case d.Day == 0 && len(d.Alternatives) == 0 && d.Coarse == "":
		return dialog.Reply{}, false, nil
	case len(d.Alternatives) > 0:
		var offers []dialogstate.Option
		for _, day := range d.Alternatives[:min(len(d.Alternatives), 3)] {
			offers = append(offers, dialogstate.Option{Label: day.ChineseLunar(), Do: verb + " " + ref + " " + day.String()})
		}
		said := d.Coarse
		if said == "" {
			said = labelNotSure
		}
		return c.Offer(fmt.Sprintf(sayLeavingWhich, strings.Trim(leavingWords(text), " ")), append(offers, dialogstate.Option{Label: labelNotSure, Do: verb + " " + ref + " " + said})...), true, nil
	case d.Day != 0:
		text = d.Day.String()
	default:
		text = d.Coarse
	}
	r, err = c.Do(verb + " " + ref + " " + text)
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
func leaves(c *dialog.Turn, rest string) (dialog.Reply, error) {
	ref, when, _ := strings.Cut(rest, " ")
	resident, id, _ := strings.Cut(ref, "/")
	a, err := migration.LatestOf(c.Scope, resident, id)
	if dialog.IsNotFound(err) || err == nil && a.Back == 0 {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	a, said := leavingOn(c, a, when)
	u, err := c.Tx.Save(func() error { return migration.Put(c.Scope, a, c.M.At) })
	if err != nil {
		return dialog.Reply{}, err
	}
	r, err := c.Scope.Resident(resident)
	if err != nil {
		return dialog.Reply{}, err
	}
	u.Until, u.What = c.M.At.Add(record.UndoTime).Unix(), subject.Brief(r)
	if err := c.Tx.PutUndo(c.M.From, u); err != nil {
		return dialog.Reply{}, err
	}
	return c.Offer(said, dialogstate.Option{Label: labelWantsBook, Do: "wantsbook " + ref}, dialogstate.Option{Label: dialog.LabelThatsAll, Do: "none"}), nil
}

// leavingOn puts on a card when she goes again, and says so.
func leavingOn(c *dialog.Turn, a migration.Absence, when string) (migration.Absence, string) {
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
func wantsBook(c *dialog.Turn, ref string) (dialog.Reply, error) {
	return c.Offer(sayBookHow, dialogstate.Option{Label: labelBookHerself, Do: "book-her " + ref}, dialogstate.Option{Label: labelBookForHer, Do: "book-for " + ref}), nil
}

// bookHer sends her the word. The answer is the same whether there is a WeChat of hers
// or not: who uses the service without the village is a directory line like any other.
func bookHer(c *dialog.Turn, ref string) (dialog.Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	a, err := migration.LatestOf(c.Scope, resident, id)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	r, err := c.Scope.Resident(resident)
	if err != nil {
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: fmt.Sprintf(sayBookSent, r.Name)}, migration.TellAway(c.Scope, a, "away_book", c.M.At)
}

func bookForHer(c *dialog.Turn, ref string) (dialog.Reply, error) {
	resident, _, _ := strings.Cut(ref, "/")
	r, err := c.Scope.Resident(resident)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	return c.Do("book 替" + strings.TrimSpace(r.Name+" "+r.Group))
}

// myAway asks a resident, when she looks what waits for her, whether what a cadre
// wrote down of her is right; ok is false when nothing waits.
func myAway(c *dialog.Turn) (r dialog.Reply, ok bool, err error) {
	for _, id := range c.Who.Residents {
		a, err := migration.OwnLatest(c.Scope, id)
		if dialog.IsNotFound(err) || err == nil && (a.ID == "" || a.By == "" || a.Agreed != 0) {
			continue
		}
		if err != nil {
			return dialog.Reply{}, false, err
		}
		agreed, err := enrolment.Agreed(c.Scope, id, purpose.Migration)
		if err != nil {
			return dialog.Reply{}, false, err
		}
		if !agreed.Given() || a.State(c.Today) == migration.AtHome {
			continue
		}
		who, err := c.ContactName(a.By)
		if err != nil {
			return dialog.Reply{}, false, err
		}
		said := fmt.Sprintf(sayCardBack, who, a.Back.Chinese())
		if a.Back == 0 {
			said = fmt.Sprintf(sayCardAway, who, a.Since.Chinese(), a.Place, a.Expected)
		}
		if len(c.Who.Residents) > 1 {
			her, err := c.Scope.Mine(id)
			if err != nil {
				return dialog.Reply{}, false, err
			}
			said = strings.Replace(said, "替您", "替"+her.Name, 1)
		}
		ref := id + "/" + a.ID
		offers := []dialogstate.Option{{Label: labelCardRight, Do: "away-right " + ref}}
		if a.Back != 0 {
			offers = []dialogstate.Option{{Label: labelCardBook, Do: "away-right " + ref + " book"}, {Label: labelCardFine, Do: "away-right " + ref}}
		}
		return c.Offer(dialog.Join(said, sayCardAsk), append(offers, dialogstate.Option{Label: labelCardWrong, Do: "away-wrong " + ref},
			dialogstate.Option{Label: labelCardNever, Do: "withdraw " + id + " " + string(purpose.Migration)})...), true, nil
	}
	return dialog.Reply{}, false, nil
}

// ownCard returns a card of one of her own that an offer is about.
func ownCard(c *dialog.Turn, ref string) (migration.Absence, error) {
	resident, id, _ := strings.Cut(ref, "/")
	a, err := migration.OwnLatest(c.Scope, resident)
	if err == nil && a.ID != id {
		err = record.ErrNotFound
	}
	return a, err
}

// cardRight keeps that she said herself that it is right, which is her own word for
// the set too.
func cardRight(c *dialog.Turn, rest string) (dialog.Reply, error) {
	ref, book, _ := strings.Cut(rest, " ")
	a, err := ownCard(c, ref)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	told, err := enrolment.Agreed(c.Scope, a.Resident, purpose.Migration)
	if err != nil {
		return dialog.Reply{}, err
	}
	if !told.Given() {
		return c.Menu(dialog.SayGone)
	}
	agree := consent.Consent{Resident: a.Resident, Set: purpose.Migration, Answer: person.Yes, Version: told.Version, Text: told.Text, Channel: "chat"}
	if err := enrolment.Agree(c.Scope, agree, c.M.At); err != nil {
		return dialog.Reply{}, err
	}
	if a, err = migration.KeepOwnAway(c.Scope, a, "", c.M.At); err != nil {
		return dialog.Reply{}, err
	}
	if book != "" {
		c.S.For = a.Resident
		return c.Do("book")
	}
	if a.Back == 0 {
		return awayHelp(c, sayCardKeptAway)
	}
	return dialog.Reply{Text: sayCardKeptBack}, nil
}

// cardWrong asks what is otherwise.
func cardWrong(c *dialog.Turn, ref string) (dialog.Reply, error) {
	a, err := ownCard(c, ref)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	ask := sayCardWhenBack
	if a.Back == 0 {
		ask = sayCardWhenHome
	}
	return c.Offer(ask, dialogstate.Option{Label: labelCardDay, Do: "away-day " + ref}, dialogstate.Option{Label: labelCardNothing, Do: "away-drop " + ref}), nil
}

// cardDay asks for the day; cardDaySaid takes it.
func cardDay(c *dialog.Turn, ref string) (dialog.Reply, error) {
	return c.Offer(sayCardDayHow, dialogstate.Option{Label: labelCardNothing, Do: "away-day " + ref}), nil
}

func cardDaySaid(c *dialog.Turn, text, ref string) (dialog.Reply, bool, error) {
	a, err := ownCard(c, ref)
	if dialog.IsNotFound(err) {
		return dialog.Reply{}, false, nil
	}
	if err != nil {
		return dialog.Reply{}, false, err
	}
	if answer.SameWord(text, labelCardNothing) || text == "1" && len(c.S.Offers) == 1 {
		r, err := cardDrop(c, ref)
		return r, true, err
	}
	if a.Back != 0 {
		d := dates.Date(text, c.Today, dates.Past)
		if len(d.Alternatives) > 0 {
			return whichDay(c, text, d.Alternatives, ref), true, nil
		}
		if d.Day == 0 || d.Day < a.Since {
			return dialog.Reply{}, false, nil
		}
		a.Back = d.Day
	} else if which, ok := setExpected(c, &a, text); len(which) > 0 {
		return whichDay(c, text, which, ref), true, nil
	} else if !ok {
		return dialog.Reply{}, false, nil
	}
	r, err := cardChanged(c, a)
	return r, true, err
}

// cardOn is the day that she chose of several, or that she cannot say.
func cardOn(c *dialog.Turn, rest string) (dialog.Reply, error) {
	ref, said, _ := strings.Cut(rest, " ")
	a, err := ownCard(c, ref)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	day, err := calendar.ParseDay(said)
	switch {
	case a.Back != 0 && (err != nil || day < a.Since):
		return cardWrong(c, ref)
	case a.Back != 0:
		a.Back = day
	default:
		setExpected(c, &a, said)
	}
	return cardChanged(c, a)
}

func cardChanged(c *dialog.Turn, a migration.Absence) (dialog.Reply, error) {
	if _, err := migration.KeepOwnAway(c.Scope, a, "", c.M.At); err != nil {
		return dialog.Reply{}, err
	}
	c.S.Offers = nil
	if a.Back != 0 {
		return dialog.Reply{Text: fmt.Sprintf(sayCardChanged, a.Back.ChineseLunar())}, nil
	}
	return dialog.Reply{Text: fmt.Sprintf(sayCardChanged, expectedEcho(a))}, nil
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
func cardDrop(c *dialog.Turn, ref string) (dialog.Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	if err := migration.DropOwnAway(c.Scope, resident, id); dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	} else if err != nil {
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: sayCardDropped}, nil
}
