package flows

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/storage"
	"xintiexin/storage/calendar"
)

// maxDay is how many lines the day's list shows at once.
const maxDay = 40

// day is 今日: what was agreed on and is due, and who waits for an answer. With
// 全村 it shows what others of the village take care of.
func (c *chat) day(rest string) (Reply, error) {
	if c.who.Cadre.Has(storage.Clinician) && !c.who.Cadre.Has(storage.Worker) {
		return c.clinicDay(rest)
	}
	contacts := []string{c.who.Cadre.ID}
	all := answer.SameWord(rest, "全村")
	if all {
		var err error
		if contacts, err = c.others(); err != nil {
			return Reply{}, err
		}
	}
	var due []storage.FollowUp
	for _, contact := range contacts {
		d, err := c.scope.Due(contact, c.today, maxDay+1-len(due))
		if err != nil {
			return Reply{}, err
		}
		if due = append(due, d...); len(due) > maxDay {
			break
		}
	}
	cut := ""
	if len(due) > maxDay {
		due, cut = due[:maxDay], fmt.Sprintf(sayDayCut, maxDay)
	}
	if err := c.tx.DropDeliveries("c:"+c.who.Cadre.ID, "morning", "asked for", c.m.At); err != nil {
		return Reply{}, err
	}
	var asked []storage.Offer // what people asked for, in their own words or by a number
	if !all {
		var err error
		if asked, err = c.requestOffers(maxDay); err != nil {
			return Reply{}, err
		}
	}
	switch {
	case len(due) == 0 && all:
		return Reply{Text: sayDayAllNone}, nil
	case len(due)+len(asked) == 0:
		return Reply{Text: fmt.Sprintf(sayDayNone, c.today.ChineseLunar())}, nil
	}
	lines, err := c.lines(due)
	if err != nil {
		return Reply{}, err
	}
	head := fmt.Sprintf(sayDayHead, c.today.ChineseLunar(), len(lines)+len(asked))
	if all {
		head = fmt.Sprintf(sayDayAll, len(lines))
	}
	offers := make([]storage.Offer, len(lines))
	for i, l := range lines {
		offers[i] = storage.Offer{Label: l.text, Do: "due " + l.f.Resident + "/" + l.f.ID}
	}
	return c.offer(join(head, cut, sayDayTail), append(offers, asked...)...), nil
}

// others are the contacts of her villages beside herself, and nobody's.
func (c *chat) others() ([]string, error) {
	all, err := c.scope.Contacts()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(id string) bool { return id == c.who.Cadre.ID }), nil
}

type line struct {
	f    storage.FollowUp
	r    storage.Resident
	text string
}

// lines says of each follow-up whom it is about and what was agreed, one walk
// after the other: by group, then by house.
func (c *chat) lines(due []storage.FollowUp) ([]line, error) {
	out := make([]line, 0, len(due))
	for _, f := range due {
		r, err := c.scope.Resident(f.Resident)
		if err != nil {
			return nil, err
		}
		out = append(out, line{f, r, fmt.Sprintf("%s %s", brief(r), c.promised(f))})
	}
	slices.SortStableFunc(out, func(a, b line) int {
		return cmp.Or(strings.Compare(a.r.Village, b.r.Village), cmp.Compare(storage.GroupOrder(a.r.Group), storage.GroupOrder(b.r.Group)),
			strings.Compare(a.r.Group, b.r.Group), strings.Compare(a.r.House, b.r.House))
	})
	return out, nil
}

func (c *chat) promised(f storage.FollowUp) string {
	if f.Kind == "answer" {
		return promisedAnswer
	}
	if f.Declined != 0 {
		return promisedAgain
	}
	if f.State(c.today) == storage.Today {
		return fmt.Sprintf(promisedToday, f.Part)
	}
	return fmt.Sprintf(promisedDay, f.Due.Chinese(), f.Part)
}

// dueItem shows one line of the day with what can be done about it.
func (c *chat) dueItem(ref string) (Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	f, err := c.scope.FollowUp(resident, id)
	if isNotFound(err) || err == nil && f.Closed != nil {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	if f.Kind == "visit" {
		return c.startWith(c.t.flow("visit"), "", map[string]string{"resident": resident, "kind": "followup"})
	}
	r, err := c.scope.Open(resident, c.m.At)
	if err != nil {
		return Reply{}, err
	}
	return c.offer(join(label(r), fmt.Sprintf(asked, f.Text)),
		storage.Offer{Label: labelAnswered, Do: "answered " + ref},
		storage.Offer{Label: labelTomorrow, Do: "tomorrow " + ref},
		storage.Offer{Label: labelUnwanted, Do: "unwanted " + ref},
		storage.Offer{Label: labelVisit, Do: "visit " + resident}), nil
}

// closeDue ends or postpones a line of the day; all endings are equal.
func (c *chat) closeDue(how, ref string) (Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	f, err := c.scope.FollowUp(resident, id)
	if isNotFound(err) || err == nil && f.Closed != nil {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	r, err := c.scope.Resident(resident)
	if err != nil {
		return Reply{}, err
	}
	said := map[string]string{"answered": sayAnswered, "tomorrow": sayTomorrow, "unwanted": sayUnwanted}[how]
	u, err := c.tx.Save(func() error {
		switch how {
		case "answered":
			return c.scope.CloseFollowUp(f, "done", c.m.At)
		case "unwanted":
			return c.scope.CloseFollowUp(f, "unwanted", c.m.At)
		}
		return c.scope.Postpone(f, c.today+1)
	})
	if err != nil {
		return Reply{}, err
	}
	u.Until, u.What = c.m.At.Add(storage.UndoTime).Unix(), brief(r)
	return Reply{Text: fmt.Sprintf(said, brief(r))}, c.tx.PutUndo(c.m.From, u)
}

// find is 查人: a person's card.
func (c *chat) find(rest string) (Reply, error) {
	if rest == "" {
		return Reply{Text: sayFindWhom}, nil
	}
	r, ok, err := c.byName(rest)
	if err != nil || ok {
		return r, err
	}
	return Reply{Text: fmt.Sprintf(sayNoSuchName, rest)}, nil
}

// byName answers a bare name, phone tail or house with the person's card.
func (c *chat) byName(text string) (Reply, bool, error) {
	q, ok := query(text)
	if !ok || len([]rune(text)) > 12 {
		return Reply{}, false, nil
	}
	hits, err := c.scope.FindResidents(q, 9)
	if err != nil || len(hits) == 0 {
		return Reply{}, false, err
	}
	if len(hits) == 1 && hits[0].Rank != 2 {
		r, err := c.card(hits[0].ID)
		return r, true, err
	}
	offers := make([]storage.Offer, 0, len(hits))
	for _, h := range hits[:min(len(hits), 8)] {
		offers = append(offers, storage.Offer{Label: label(h.Resident), Do: "card " + h.ID})
	}
	said := fmt.Sprintf(sayHits, text, len(offers))
	if len(hits) > len(offers) {
		said += sayFewer
	}
	return c.offer(said, append(offers, storage.Offer{Label: sayNotHer, Do: "none"})...), true, nil
}

// card shows a person with the last visits and what can be done. Of somebody who
// agreed to nothing it shows the directory line alone.
func (c *chat) card(id string) (Reply, error) {
	r, err := c.scope.Open(id, c.m.At)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	lines := []string{label(r)}
	agreed, err := c.scope.Consent(id, storage.C0)
	if err != nil {
		return Reply{}, err
	}
	gone, err := c.scope.OpenAway(id)
	if err != nil {
		return Reply{}, err
	}
	if agreed.Given() {
		visits, err := c.scope.Visits(id, 3)
		if err != nil {
			return Reply{}, err
		}
		for _, v := range visits {
			lines = append(lines, c.visitLine(v))
		}
		if len(visits) == 0 {
			lines = append(lines, sayNoRecord)
		}
	}
	offers := []storage.Offer{{Label: labelVisit, Do: "visit " + id}}
	open, err := c.scope.OpenFollowUps(id)
	if err != nil {
		return Reply{}, err
	}
	for _, f := range open[:min(len(open), 3)] {
		what := c.promised(f)
		if text := []rune(f.Text); f.Kind == "answer" && len(text) > 0 {
			what += "：" + string(text[:min(len(text), 8)])
		}
		offers = append(offers, storage.Offer{Label: what, Do: "due " + id + "/" + f.ID})
	}
	if gone.ID != "" {
		lines = append(lines, fmt.Sprintf(elsewhere, strings.TrimSpace(gone.Place+" "+gone.Expected)))
		offers = append(offers, storage.Offer{Label: labelBack, Do: "back " + id})
	} else {
		offers = append(offers, storage.Offer{Label: labelAway, Do: "away " + id})
	}
	return c.offer(join(lines...), offers...), nil
}

func (c *chat) visitLine(v storage.Visit) string {
	f := c.t.flow("visit").form
	return fmt.Sprintf("%s %s，%s", v.Day.Chinese(), f.ChoiceLabel("kind", v.Kind), f.ChoiceLabel("finding", v.Finding))
}

// changeable is 改记录: her own last records.
func (c *chat) changeable(string) (Reply, error) {
	mine, err := c.scope.MyVisits(c.today-60, 5)
	if err != nil {
		return Reply{}, err
	}
	written, err := c.submissionOffers(max(1, 5-len(mine)))
	if err != nil {
		return Reply{}, err
	}
	if len(mine)+len(written) == 0 {
		return c.menu(sayNoChange)
	}
	offers := make([]storage.Offer, len(mine))
	for i, v := range mine {
		r, err := c.scope.Resident(v.Resident)
		if err != nil {
			return Reply{}, err
		}
		offers[i] = storage.Offer{Label: brief(r) + " " + v.Day.Chinese(), Do: "change " + v.Resident + "/" + v.Day.String() + "/" + v.ID}
	}
	return c.offer(sayWhichChange, append(offers, written...)...), nil
}

// change opens a record of hers as a summary in which lines can be changed.
func (c *chat) change(ref string) (Reply, error) {
	v, err := c.visitAt(ref)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	known := map[string]string{
		"editing": ref, "resident": v.Resident, "day": v.Day.String(), "way": v.Way, "kind": v.Kind, "finding": v.Finding,
		"need": v.Need, "next": v.Next.String(), "note": v.Note, "consent_state": "given",
	}
	for name, value := range v.Extra { // a town's own questions
		if _, ours := known[name]; !ours {
			known[name] = value
		}
	}
	return c.startWith(c.t.flow("visit"), "", known)
}

func (c *chat) visitAt(ref string) (storage.Visit, error) {
	p := strings.Split(ref, "/")
	if len(p) != 3 {
		return storage.Visit{}, fmt.Errorf("record %q: not a visit", ref)
	}
	day, err := calendar.ParseDay(p[1])
	if err != nil {
		return storage.Visit{}, err
	}
	return c.scope.Visit(p[0], day, p[2])
}
