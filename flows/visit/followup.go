package visit

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dialog"
	"xintiexin/flows/subject"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/followups"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/visits"
)

// day is 今日: what was agreed on and is due, and who waits for an answer. With
// 全村 it shows what others of the village take care of.
func day(c *dialog.Turn, rest string) (dialog.Reply, error) {
	all := answer.SameWord(rest, "全村")
	if does := c.Who.Cadre; does.Has(person.Clinician) && !does.Has(person.VillageWorker) && !(all && does.Has(person.Clerk)) {
		return c.Do("clinic-day " + rest)
	}
	return dayFrom(c, all, 0)
}

// dayMore is the next page of a day of more lines than fit.
func dayMore(c *dialog.Turn, rest string) (dialog.Reply, error) {
	whose, skip, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(skip)
	if err != nil {
		return c.Menu(dialog.SayGone)
	}
	return dayFrom(c, whose == "all", max(0, n))
}

// dayFrom is the day behind the first skip follow-ups, her own or those of all others
// of the village.
func dayFrom(c *dialog.Turn, all bool, skip int) (dialog.Reply, error) {
	contacts := append([]string{c.Who.Cadre.ID}, c.Scope.DelegatedBy()...)
	if all {
		var err error
		if contacts, err = others(c); err != nil {
			return dialog.Reply{}, err
		}
	}
	var due []followups.FollowUp
	for _, contact := range contacts {
		until := c.Today
		if all && contact != "" && !c.Who.Cadre.Has(person.VillageWorker) { // the office looks after what was left alone
			until -= requests.WaitsLong
		}
		d, err := visits.Due(c.Scope, contact, until, skip+dialog.MaxDay+1-len(due))
		if err != nil {
			return dialog.Reply{}, err
		}
		if due = append(due, d...); len(due) > skip+dialog.MaxDay {
			break
		}
	}
	due = due[min(skip, len(due)):]
	cut, more := "", ""
	if len(due) > dialog.MaxDay {
		due, more = due[:dialog.MaxDay], fmt.Sprint(skip+dialog.MaxDay)
	}
	if more != "" || skip > 0 {
		cut = fmt.Sprintf(sayDayPage, skip+1, skip+len(due))
	}
	if err := outbox.DropDeliveries(c.Tx, "c:"+c.Who.Cadre.ID, "morning", "asked for", c.M.At); err != nil {
		return dialog.Reply{}, err
	}
	var err error
	var asked []dialogstate.Option // what people asked for, in their own words or by a number
	if !all && skip == 0 {
		if asked, err = dialog.DayOffers(c, false, dialog.MaxDay); err != nil {
			return dialog.Reply{}, err
		}
	}
	if all && skip == 0 {
		if asked, err = dialog.DayOffers(c, true, dialog.MaxDay); err != nil {
			return dialog.Reply{}, err
		}
	}
	if due, err = dropOld(c, due); err != nil {
		return dialog.Reply{}, err
	}
	if len(due)+len(asked) == 0 && all && skip == 0 {
		return dialog.Reply{Text: sayDayAllNone}, nil
	}
	lines, err := walk(c, due, asked)
	if err != nil {
		return dialog.Reply{}, err
	}
	if !all && skip == 0 {
		booked, err := bookedLines(c)
		if err != nil {
			return dialog.Reply{}, err
		}
		lines = append(lines, booked...)
	}
	if len(lines) == 0 && skip > 0 { // done meanwhile
		return dayFrom(c, all, 0)
	}
	if len(lines) == 0 {
		others, err := othersWait(c, all)
		return dialog.Reply{Text: dialog.Join(fmt.Sprintf(sayDayNone, c.Today.ChineseLunar()), others)}, err
	}
	head := fmt.Sprintf(sayDayHead, c.Today.ChineseLunar(), waitingIn(lines))
	if all {
		head = fmt.Sprintf(dialog.PickWord(c.Who.Cadre.Has(person.VillageWorker), sayDayAll, sayDayTown), waitingIn(lines))
	}
	c.S.Round = &dialogstate.DayListSnapshot{Day: c.Today}
	offers := make([]dialogstate.Option, len(lines))
	for i, l := range lines {
		offers[i] = dialogstate.Option{Label: l.Text, Do: l.Do, Head: l.Head}
		c.S.Round.Refs = append(c.S.Round.Refs, l.Do)
	}
	if more != "" {
		offers = append(offers, dialogstate.Option{Label: labelDayMore, Do: "day-more " + dialog.PickWord(all, "all", "own") + " " + more, Head: sayDayBehind})
	}
	if waitingIn(lines) == 0 && !all {
		return c.Offer(fmt.Sprintf(sayDayNone, c.Today.ChineseLunar()), offers...), nil
	}
	return c.Offer(dialog.Join(head, cut, dialog.PickWord(len(lines) > 1, sayDayTails, sayDayTail)), offers...), nil
}

// dropOld ends what was only to be known for a while: who came home a week ago.
func dropOld(c *dialog.Turn, due []followups.FollowUp) ([]followups.FollowUp, error) {
	var out []followups.FollowUp
	for _, f := range due {
		over := false
		if f.Kind == "back" {
			agreed, err := consent.Get(c.Scope, f.Resident, purpose.Migration)
			if err != nil {
				return nil, err
			}
			over = f.Due < c.Today-6 || !agreed.Given()
		}
		if over {
			if err := visits.CloseFollowUp(c.Scope, f, "done", c.M.At); err != nil {
				return nil, err
			}
			continue
		}
		out = append(out, f)
	}
	return out, nil
}

// others are the contacts of her villages beside herself, and nobody's.
func others(c *dialog.Turn) ([]string, error) {
	all, err := c.Scope.Contacts()
	if err != nil {
		return nil, err
	}
	mine := append([]string{c.Who.Cadre.ID}, c.Scope.DelegatedBy()...)
	return slices.DeleteFunc(all, func(id string) bool { return slices.Contains(mine, id) }), nil
}

// othersWait says to a village worker for whom nobody waits that somebody waits for
// others of her village.
func othersWait(c *dialog.Turn, all bool) (string, error) {
	if all || !c.Who.Cadre.Has(person.VillageWorker) {
		return "", nil
	}
	contacts, err := others(c)
	if err != nil {
		return "", err
	}
	for _, contact := range contacts {
		due, err := visits.Due(c.Scope, contact, c.Today, dialog.MaxDay)
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(due, func(f followups.FollowUp) bool { return f.Kind != "back" }) {
			return sayDayOthers, nil
		}
	}
	return "", nil
}

// waitingIn is how many of the lines somebody waits behind.
func waitingIn(lines []subject.Line) (n int) {
	for _, l := range lines {
		if l.Counts {
			n++
		}
	}
	return n
}

// walk puts the lines of the day in the order of one walk, by village, group and
// house, with the heads that stand above them.
func walk(c *dialog.Turn, due []followups.FollowUp, asked []dialogstate.Option) ([]subject.Line, error) {
	var out []subject.Line
	for _, f := range due {
		l, err := dueLine(c, f)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	for _, o := range asked {
		l := subject.Line{Text: o.Label, Do: o.Do, Counts: true}
		resident, _, _ := strings.Cut(strings.TrimPrefix(o.Do, "ask "), "/")
		r, err := c.Scope.Resident(resident)
		if err != nil && !dialog.IsNotFound(err) {
			return nil, err
		}
		if l.R = r; r.NoVisit || r.ID == "" {
			l.Part = subject.ByPhone
		} else {
			l.Text = strings.Replace(l.Text, "（"+r.Group+"）", "", 1) // it stands above
		}
		out = append(out, l)
	}
	slices.SortStableFunc(out, func(a, b subject.Line) int {
		return cmp.Or(cmp.Compare(a.Part, b.Part), strings.Compare(a.R.Village, b.R.Village), cmp.Compare(person.GroupOrder(a.R.Group), person.GroupOrder(b.R.Group)),
			strings.Compare(a.R.Group, b.R.Group), strings.Compare(a.R.House, b.R.House))
	})
	return out, subject.Heads(c, out)
}

// dueLine is the line of one follow-up.
func dueLine(c *dialog.Turn, f followups.FollowUp) (subject.Line, error) {
	r, err := c.Scope.Resident(f.Resident)
	if err != nil {
		return subject.Line{}, err
	}
	promised := promised(c, f)
	if f.Contact != c.Who.Cadre.ID {
		who, err := c.ContactName(f.Contact)
		if err != nil {
			return subject.Line{}, err
		}
		promised = strings.Replace(promised, promisedAnswer, dialog.PromisedOthers, 1)
		if f.Contact != "" {
			promised += fmt.Sprintf(dialog.PromisedWhose, who)
		}
	}
	l := subject.Line{R: r, Text: r.Name + " " + promised, Do: "due " + f.Resident + "/" + f.ID, Counts: f.Kind != "back"}
	gone, err := migration.Open(c.Scope, r.ID)
	switch {
	case err != nil:
		return subject.Line{}, err
	case f.Kind == "back":
		l.Part = subject.CameBack
	case gone.ID != "" || r.NoVisit:
		l.Part = subject.ByPhone
	}
	if l.Part != subject.AtHome {
		l.Text = subject.Brief(r) + " " + promised
	}
	if gone.ID != "" && l.Part == subject.ByPhone {
		l.Text += sayLineAway
	}
	return l, nil
}

// bookedLines are the appointments of today and tomorrow that the asker may know of.
func bookedLines(c *dialog.Turn) ([]subject.Line, error) {
	if !c.Who.Cadre.Has(person.VillageWorker) {
		return nil, nil
	}
	var out []subject.Line
	for _, day := range []calendar.Day{c.Today, c.Today + 1} {
		booked, err := bookings.BookedOn(c.Scope, day)
		if err != nil {
			return nil, err
		}
		for _, a := range booked {
			r, err := c.Scope.Resident(a.Resident)
			if err != nil {
				return nil, err
			}
			l := subject.Line{R: r, Text: fmt.Sprintf(sayLineBooked, subject.Brief(r), c.Until(day), dialog.ClockWord(a.Time)), Do: "card " + r.ID, Part: subject.HasBooked}
			if len(out) == 0 {
				l.Head = sayPartBooked
			}
			if out = append(out, l); len(out) == maxBooked {
				return out, nil
			}
		}
	}
	return out, nil
}

// maxBooked is how many of those who have a number the day shows.
const maxBooked = 8

func promised(c *dialog.Turn, f followups.FollowUp) string {
	if said, ok := dialog.DayPromise(c, f); ok {
		return said
	}
	if f.Kind == "answer" {
		return promisedAnswer
	}
	if f.Kind == "back" {
		return fmt.Sprintf(promisedBack, f.Due.Chinese())
	}
	if f.Declined != 0 {
		return promisedAgain
	}
	if f.State(c.Today) == followups.Today {
		return fmt.Sprintf(promisedToday, f.Part)
	}
	return fmt.Sprintf(promisedDay, f.Due.Chinese(), f.Part)
}

// dueItem shows one line of the day with what can be done about it.
func dueItem(c *dialog.Turn, ref string) (dialog.Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	f, err := visits.FollowUp(c.Scope, resident, id)
	if dialog.IsNotFound(err) || err == nil && f.Closed != nil {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	if open := c.T.Catalog.Opens[f.Kind]; open != nil {
		return open(c, f, ref)
	}
	r, err := c.Scope.Open(resident, c.M.At)
	if err != nil {
		return dialog.Reply{}, err
	}
	return c.Offer(dialog.Join(subject.Label(r), fmt.Sprintf(dialog.Asked, f.Text)),
		dialogstate.Option{Label: labelAnswered, Do: "answered " + ref},
		dialogstate.Option{Label: dialog.LabelTomorrow, Do: "tomorrow " + ref},
		dialogstate.Option{Label: labelUnwanted, Do: "unwanted " + ref},
		dialogstate.Option{Label: dialog.LabelVisit, Do: "visit " + resident}), nil
}

// visitItem begins the visit of a line of the day.
func visitItem(c *dialog.Turn, f followups.FollowUp, _ string) (dialog.Reply, error) {
	r, err := c.StartWith(c.T.Flow("visit"), "", map[string]string{"resident": f.Resident, "kind": "followup"})
	if head, rest, ok := strings.Cut(r.Text, "\n"); ok && err == nil { // below who it is, above the question
		r.Text = dialog.Join(head, sayDueNotToday, rest)
	}
	return r, err
}

// dueSaid takes an ending, or another day, in her own words: where one line of the day
// stands open, and where its visit was begun by a tap and nothing is answered yet. ok
// is false for other words.
func dueSaid(c *dialog.Turn, text string) (r dialog.Reply, ok bool, err error) {
	if c.M.Token != 0 || c.M.Tapped || c.M.Kind != dialog.Text {
		return dialog.Reply{}, false, nil
	}
	how, day, rest := hearEnding(text, c.Today)
	if how == "" || strings.Trim(rest, " 。!") != "" {
		return dialog.Reply{}, false, nil
	}
	if c.S.Flow != "" {
		ref, err := dueVisit(c)
		if err != nil || ref == "" || how != endLater {
			return dialog.Reply{}, false, err
		}
		c.Close()
		r, err := closeDueOn(c, "tomorrow", ref, max(c.Today+1, day))
		return r, true, err
	}
	if len(c.S.Offers) == 0 {
		return dialog.Reply{}, false, nil
	}
	verb, ref, _ := strings.Cut(c.S.Offers[0].Do, " ")
	does := map[ending]string{endDone: "answered", endUnwanted: "unwanted", endLater: "tomorrow", endNotMet: "notmet"}[how]
	if verb != "answered" || does == "" || len(c.S.Offers) < 4 { // what a resting yes asks is tapped
		return dialog.Reply{}, false, nil
	}
	c.S.Offers = nil
	r, err = closeDueOn(c, does, ref, max(c.Today+1, day))
	return r, true, err
}

// dueVisit is the line of the day for which the open visit was begun, "" where it is
// for none, or where an answer was given.
func dueVisit(c *dialog.Turn) (ref string, err error) {
	s, f, err := c.Decode()
	if err != nil || f == nil || f.Name != "visit" || s.Get("kind") != "followup" || s.Get("finding") != "" || s.Get("editing") != "" {
		return "", err
	}
	open, err := visits.OpenFollowUps(c.Scope, s.Get("resident"))
	if dialog.IsNotFound(err) {
		return "", nil
	}
	for _, f := range open {
		if f.Kind == "visit" && f.Due <= c.Today {
			return f.Resident + "/" + f.ID, err
		}
	}
	return "", err
}

// closeDue ends or postpones a line of the day; all endings are equal.
func closeDue(c *dialog.Turn, how, ref string) (dialog.Reply, error) {
	return closeDueOn(c, how, ref, c.Today+1)
}

// closeDueOn is closeDue with the day on which a line stands there again.
func closeDueOn(c *dialog.Turn, how, ref string, next calendar.Day) (dialog.Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	f, err := visits.FollowUp(c.Scope, resident, id)
	if dialog.IsNotFound(err) || err == nil && f.Closed != nil {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	r, err := c.Scope.Resident(resident)
	if err != nil {
		return dialog.Reply{}, err
	}
	said := map[string]string{"answered": sayAnswered, "tomorrow": sayTomorrow, "unwanted": sayUnwanted}[how]
	if how == "notmet" {
		said = sayTomorrow
	}
	if how == "tomorrow" && next > c.Today+1 {
		said = fmt.Sprintf(sayThatDay, "%s", c.Until(next))
	}
	u, err := c.Tx.Save(func() error {
		switch how {
		case "answered":
			return visits.CloseFollowUp(c.Scope, f, "done", c.M.At)
		case "unwanted":
			return visits.CloseFollowUp(c.Scope, f, "unwanted", c.M.At)
		case "notmet":
			return visits.Attempted(c.Scope, f, c.Today, next)
		}
		return visits.Postpone(c.Scope, f, next)
	})
	if err != nil {
		return dialog.Reply{}, err
	}
	u.Until, u.What = c.M.At.Add(record.UndoTime).Unix(), subject.Brief(r)
	return dialog.Reply{Text: fmt.Sprintf(said, subject.Brief(r))}, c.Tx.PutUndo(c.M.From, u)
}
