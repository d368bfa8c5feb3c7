package flows

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"xintiexin/flows/answer"
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
	visitsstore "xintiexin/storage/visits"
)

// maxDay is how many lines the day's list shows at once.
const maxDay = 40

// day is 今日: what was agreed on and is due, and who waits for an answer. With
// 全村 it shows what others of the village take care of.
func (c *chat) day(rest string) (Reply, error) {
	all := answer.SameWord(rest, "全村")
	if does := c.who.Cadre; does.Has(person.Clinician) && !does.Has(person.VillageWorker) && !(all && does.Has(person.Clerk)) {
		return c.do("clinic-day " + rest)
	}
	return c.dayFrom(all, 0)
}

// dayMore is the next page of a day of more lines than fit.
func (c *chat) dayMore(rest string) (Reply, error) {
	whose, skip, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(skip)
	if err != nil {
		return c.menu(sayGone)
	}
	return c.dayFrom(whose == "all", max(0, n))
}

// dayFrom is the day behind the first skip follow-ups, her own or those of all others
// of the village.
func (c *chat) dayFrom(all bool, skip int) (Reply, error) {
	contacts := append([]string{c.who.Cadre.ID}, c.scope.DelegatedBy()...)
	if all {
		var err error
		if contacts, err = c.others(); err != nil {
			return Reply{}, err
		}
	}
	var due []followups.FollowUp
	for _, contact := range contacts {
		until := c.today
		if all && contact != "" && !c.who.Cadre.Has(person.VillageWorker) { // the office looks after what was left alone
			until -= requests.WaitsLong
		}
		d, err := visitsstore.Due(c.scope, contact, until, skip+maxDay+1-len(due))
		if err != nil {
			return Reply{}, err
		}
		if due = append(due, d...); len(due) > skip+maxDay {
			break
		}
	}
	due = due[min(skip, len(due)):]
	cut, more := "", ""
	if len(due) > maxDay {
		due, more = due[:maxDay], fmt.Sprint(skip+maxDay)
	}
	if more != "" || skip > 0 {
		cut = fmt.Sprintf(sayDayPage, skip+1, skip+len(due))
	}
	if err := outbox.DropDeliveries(c.tx, "c:"+c.who.Cadre.ID, "morning", "asked for", c.m.At); err != nil {
		return Reply{}, err
	}
	var err error
	var asked []dialogstate.Option // what people asked for, in their own words or by a number
	if !all && skip == 0 {
		if asked, err = c.dayOffers(false, maxDay); err != nil {
			return Reply{}, err
		}
	}
	if all && skip == 0 {
		if asked, err = c.dayOffers(true, maxDay); err != nil {
			return Reply{}, err
		}
	}
	if due, err = c.dropOld(due); err != nil {
		return Reply{}, err
	}
	if len(due)+len(asked) == 0 && all && skip == 0 {
		return Reply{Text: sayDayAllNone}, nil
	}
	lines, err := c.walk(due, asked)
	if err != nil {
		return Reply{}, err
	}
	if !all && skip == 0 {
		booked, err := c.bookedLines()
		if err != nil {
			return Reply{}, err
		}
		lines = append(lines, booked...)
	}
	if len(lines) == 0 && skip > 0 { // done meanwhile
		return c.dayFrom(all, 0)
	}
	if len(lines) == 0 {
		others, err := c.othersWait(all)
		return Reply{Text: join(fmt.Sprintf(sayDayNone, c.today.ChineseLunar()), others)}, err
	}
	head := fmt.Sprintf(sayDayHead, c.today.ChineseLunar(), waitingIn(lines))
	if all {
		head = fmt.Sprintf(pickWord(c.who.Cadre.Has(person.VillageWorker), sayDayAll, sayDayTown), waitingIn(lines))
	}
	c.s.Round = &dialogstate.DayListSnapshot{Day: c.today}
	offers := make([]dialogstate.Option, len(lines))
	for i, l := range lines {
		offers[i] = dialogstate.Option{Label: l.text, Do: l.do, Head: l.head}
		c.s.Round.Refs = append(c.s.Round.Refs, l.do)
	}
	if more != "" {
		offers = append(offers, dialogstate.Option{Label: labelDayMore, Do: "day-more " + pickWord(all, "all", "own") + " " + more, Head: sayDayBehind})
	}
	if waitingIn(lines) == 0 && !all {
		return c.offer(fmt.Sprintf(sayDayNone, c.today.ChineseLunar()), offers...), nil
	}
	return c.offer(join(head, cut, pickWord(len(lines) > 1, sayDayTails, sayDayTail)), offers...), nil
}

// dropOld ends what was only to be known for a while: who came home a week ago.
func (c *chat) dropOld(due []followups.FollowUp) ([]followups.FollowUp, error) {
	var out []followups.FollowUp
	for _, f := range due {
		over := false
		if f.Kind == "back" {
			agreed, err := consent.Get(c.scope, f.Resident, purpose.Migration)
			if err != nil {
				return nil, err
			}
			over = f.Due < c.today-6 || !agreed.Given()
		}
		if over {
			if err := visitsstore.CloseFollowUp(c.scope, f, "done", c.m.At); err != nil {
				return nil, err
			}
			continue
		}
		out = append(out, f)
	}
	return out, nil
}

// others are the contacts of her villages beside herself, and nobody's.
func (c *chat) others() ([]string, error) {
	all, err := c.scope.Contacts()
	if err != nil {
		return nil, err
	}
	mine := append([]string{c.who.Cadre.ID}, c.scope.DelegatedBy()...)
	return slices.DeleteFunc(all, func(id string) bool { return slices.Contains(mine, id) }), nil
}

// othersWait says to a village worker for whom nobody waits that somebody waits for
// others of her village.
func (c *chat) othersWait(all bool) (string, error) {
	if all || !c.who.Cadre.Has(person.VillageWorker) {
		return "", nil
	}
	contacts, err := c.others()
	if err != nil {
		return "", err
	}
	for _, contact := range contacts {
		due, err := visitsstore.Due(c.scope, contact, c.today, maxDay)
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(due, func(f followups.FollowUp) bool { return f.Kind != "back" }) {
			return sayDayOthers, nil
		}
	}
	return "", nil
}

// line is one line of the day: whom it is about, where she lives, what a tap does.
type line struct {
	r              person.Resident
	text, do, head string
	part           linePart
	counts         bool // somebody waits
}

// linePart is where a line stands: on the walk by where she lives, or below it.
type linePart int

const (
	atHome  linePart = iota
	byPhone          // who is away, or wants nobody at her door
	cameBack
	hasBooked
)

// waitingIn is how many of the lines somebody waits behind.
func waitingIn(lines []line) (n int) {
	for _, l := range lines {
		if l.counts {
			n++
		}
	}
	return n
}

// walk puts the lines of the day in the order of one walk, by village, group and
// house, with the heads that stand above them.
func (c *chat) walk(due []followups.FollowUp, asked []dialogstate.Option) ([]line, error) {
	var out []line
	for _, f := range due {
		l, err := c.dueLine(f)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	for _, o := range asked {
		l := line{text: o.Label, do: o.Do, counts: true}
		resident, _, _ := strings.Cut(strings.TrimPrefix(o.Do, "ask "), "/")
		r, err := c.scope.Resident(resident)
		if err != nil && !isNotFound(err) {
			return nil, err
		}
		if l.r = r; r.NoVisit || r.ID == "" {
			l.part = byPhone
		} else {
			l.text = strings.Replace(l.text, "（"+r.Group+"）", "", 1) // it stands above
		}
		out = append(out, l)
	}
	slices.SortStableFunc(out, func(a, b line) int {
		return cmp.Or(cmp.Compare(a.part, b.part), strings.Compare(a.r.Village, b.r.Village), cmp.Compare(person.GroupOrder(a.r.Group), person.GroupOrder(b.r.Group)),
			strings.Compare(a.r.Group, b.r.Group), strings.Compare(a.r.House, b.r.House))
	})
	return out, c.heads(out)
}

// dueLine is the line of one follow-up.
func (c *chat) dueLine(f followups.FollowUp) (line, error) {
	r, err := c.scope.Resident(f.Resident)
	if err != nil {
		return line{}, err
	}
	promised := c.promised(f)
	if f.Contact != c.who.Cadre.ID {
		who, err := c.contactName(f.Contact)
		if err != nil {
			return line{}, err
		}
		promised = strings.Replace(promised, promisedAnswer, promisedOthers, 1)
		if f.Contact != "" {
			promised += fmt.Sprintf(promisedWhose, who)
		}
	}
	l := line{r: r, text: r.Name + " " + promised, do: "due " + f.Resident + "/" + f.ID, counts: f.Kind != "back"}
	gone, err := migration.Open(c.scope, r.ID)
	switch {
	case err != nil:
		return line{}, err
	case f.Kind == "back":
		l.part = cameBack
	case gone.ID != "" || r.NoVisit:
		l.part = byPhone
	}
	if l.part != atHome {
		l.text = brief(r) + " " + promised
	}
	if gone.ID != "" && l.part == byPhone {
		l.text += sayLineAway
	}
	return l, nil
}

// heads says above the lines which group comes next, and who lives together.
func (c *chat) heads(lines []line) error {
	several := len(c.scope.Villages()) > 1
	together := func(a, b line) bool {
		return a.part == atHome && b.part == atHome && a.r.House != "" && a.r.House == b.r.House && a.r.Group == b.r.Group && a.r.Village == b.r.Village
	}
	last := ""
	villages := map[string]string{} // by id, the name
	for i := range lines {
		l := &lines[i]
		head := ""
		switch l.part {
		case byPhone:
			head = sayPartPhone
		case cameBack:
			head = sayPartBack
		default:
			head = l.r.Group
			if several {
				name, known := villages[l.r.Village]
				if !known {
					v, err := person.LoadVillage(c.tx, l.r.Village)
					if err != nil && !isNotFound(err) {
						return err
					}
					name = v.Name
					villages[l.r.Village] = name
				}
				head = name + head
			}
			with := i > 0 && together(lines[i-1], *l)
			if with || i+1 < len(lines) && together(*l, lines[i+1]) {
				head += sayPartHouse + l.r.House
			}
		}
		if head != last && head != "" {
			l.head, _, _ = strings.Cut(head, sayPartHouse)
			if strings.Contains(head, sayPartHouse) {
				l.head += sayPartHouse
			}
			l.head += "："
		}
		last = head
	}
	return nil
}

// bookedLines are the appointments of today and tomorrow that the asker may know of.
func (c *chat) bookedLines() ([]line, error) {
	if !c.who.Cadre.Has(person.VillageWorker) {
		return nil, nil
	}
	var out []line
	for _, day := range []calendar.Day{c.today, c.today + 1} {
		booked, err := bookings.BookedOn(c.scope, day)
		if err != nil {
			return nil, err
		}
		for _, a := range booked {
			r, err := c.scope.Resident(a.Resident)
			if err != nil {
				return nil, err
			}
			l := line{r: r, text: fmt.Sprintf(sayLineBooked, brief(r), c.until(day), clockWord(a.Time)), do: "card " + r.ID, part: hasBooked}
			if len(out) == 0 {
				l.head = sayPartBooked
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

func (c *chat) promised(f followups.FollowUp) string {
	if said, ok := c.dayPromise(f); ok {
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
	if f.State(c.today) == followups.Today {
		return fmt.Sprintf(promisedToday, f.Part)
	}
	return fmt.Sprintf(promisedDay, f.Due.Chinese(), f.Part)
}

// dueItem shows one line of the day with what can be done about it.
func (c *chat) dueItem(ref string) (Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	f, err := visitsstore.FollowUp(c.scope, resident, id)
	if isNotFound(err) || err == nil && f.Closed != nil {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	if open := c.t.catalog.opens[f.Kind]; open != nil {
		return open(c, f, ref)
	}
	r, err := c.scope.Open(resident, c.m.At)
	if err != nil {
		return Reply{}, err
	}
	return c.offer(join(label(r), fmt.Sprintf(asked, f.Text)),
		dialogstate.Option{Label: labelAnswered, Do: "answered " + ref},
		dialogstate.Option{Label: labelTomorrow, Do: "tomorrow " + ref},
		dialogstate.Option{Label: labelUnwanted, Do: "unwanted " + ref},
		dialogstate.Option{Label: labelVisit, Do: "visit " + resident}), nil
}

// visitItem begins the visit of a line of the day.
func (c *chat) visitItem(f followups.FollowUp, _ string) (Reply, error) {
	r, err := c.startWith(c.t.flow("visit"), "", map[string]string{"resident": f.Resident, "kind": "followup"})
	if head, rest, ok := strings.Cut(r.Text, "\n"); ok && err == nil { // below who it is, above the question
		r.Text = join(head, sayDueNotToday, rest)
	}
	return r, err
}

// dueSaid takes an ending, or another day, in her own words: where one line of the day
// stands open, and where its visit was begun by a tap and nothing is answered yet. ok
// is false for other words.
func (c *chat) dueSaid(text string) (r Reply, ok bool, err error) {
	if c.m.Token != 0 || c.m.Tapped || c.m.Kind != Text {
		return Reply{}, false, nil
	}
	how, day, rest := hearEnding(text, c.today)
	if how == "" || strings.Trim(rest, " 。!") != "" {
		return Reply{}, false, nil
	}
	if c.s.Flow != "" {
		ref, err := c.dueVisit()
		if err != nil || ref == "" || how != endLater {
			return Reply{}, false, err
		}
		c.close()
		r, err := c.closeDueOn("tomorrow", ref, max(c.today+1, day))
		return r, true, err
	}
	if len(c.s.Offers) == 0 {
		return Reply{}, false, nil
	}
	verb, ref, _ := strings.Cut(c.s.Offers[0].Do, " ")
	does := map[ending]string{endDone: "answered", endUnwanted: "unwanted", endLater: "tomorrow", endNotMet: "notmet"}[how]
	if verb != "answered" || does == "" || len(c.s.Offers) < 4 { // what a resting yes asks is tapped
		return Reply{}, false, nil
	}
	c.s.Offers = nil
	r, err = c.closeDueOn(does, ref, max(c.today+1, day))
	return r, true, err
}

// dueVisit is the line of the day for which the open visit was begun, "" where it is
// for none, or where an answer was given.
func (c *chat) dueVisit() (ref string, err error) {
	s, f, err := c.decode()
	if err != nil || f == nil || f.Name != "visit" || s.Get("kind") != "followup" || s.Get("finding") != "" || s.Get("editing") != "" {
		return "", err
	}
	open, err := visitsstore.OpenFollowUps(c.scope, s.Get("resident"))
	if isNotFound(err) {
		return "", nil
	}
	for _, f := range open {
		if f.Kind == "visit" && f.Due <= c.today {
			return f.Resident + "/" + f.ID, err
		}
	}
	return "", err
}

// closeDue ends or postpones a line of the day; all endings are equal.
func (c *chat) closeDue(how, ref string) (Reply, error) {
	return c.closeDueOn(how, ref, c.today+1)
}

// closeDueOn is closeDue with the day on which a line stands there again.
func (c *chat) closeDueOn(how, ref string, next calendar.Day) (Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	f, err := visitsstore.FollowUp(c.scope, resident, id)
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
	if how == "notmet" {
		said = sayTomorrow
	}
	if how == "tomorrow" && next > c.today+1 {
		said = fmt.Sprintf(sayThatDay, "%s", c.until(next))
	}
	u, err := c.tx.Save(func() error {
		switch how {
		case "answered":
			return visitsstore.CloseFollowUp(c.scope, f, "done", c.m.At)
		case "unwanted":
			return visitsstore.CloseFollowUp(c.scope, f, "unwanted", c.m.At)
		case "notmet":
			return visitsstore.Attempted(c.scope, f, c.today, next)
		}
		return visitsstore.Postpone(c.scope, f, next)
	})
	if err != nil {
		return Reply{}, err
	}
	u.Until, u.What = c.m.At.Add(record.UndoTime).Unix(), brief(r)
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
	offers := make([]dialogstate.Option, 0, len(hits))
	for _, h := range hits[:min(len(hits), 8)] {
		offers = append(offers, dialogstate.Option{Label: label(h.Resident), Do: "card " + h.ID})
	}
	said := fmt.Sprintf(sayHits, text, len(offers))
	if len(hits) > len(offers) {
		said += sayFewer
	}
	return c.offer(said, append(offers, dialogstate.Option{Label: sayNotHer, Do: "none"})...), true, nil
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
	agreed, err := consent.Get(c.scope, id, purpose.VisitRecord)
	if err != nil {
		return Reply{}, err
	}
	gone, err := migration.Open(c.scope, id)
	if err != nil {
		return Reply{}, err
	}
	if agreed.Given() {
		visits, err := visitsstore.List(c.scope, id, 3)
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
	offers := []dialogstate.Option{{Label: labelVisit, Do: "visit " + id}}
	open, err := visitsstore.OpenFollowUps(c.scope, id)
	if err != nil {
		return Reply{}, err
	}
	waits := false
	for _, f := range open[:min(len(open), 3)] {
		if f.Kind == "back" {
			lines = append(lines, c.promised(f))
			continue
		}
		waits = waits || f.Kind == "answer"
		what := c.promised(f)
		if text := []rune(f.Text); f.Kind == "answer" && len(text) > 0 {
			what += "：" + string(text[:min(len(text), 8)])
		}
		offers = append(offers, dialogstate.Option{Label: what, Do: "due " + id + "/" + f.ID})
	}
	asked, err := c.dayOffers(false, 1<<30)
	if err != nil {
		return Reply{}, err
	}
	for _, o := range asked {
		if strings.HasPrefix(o.Do, "ask "+id+"/") && len(offers) < 4 {
			waits = true
			offers = append(offers, dialogstate.Option{Label: strings.TrimPrefix(o.Label, brief(r)+" "), Do: o.Do})
		}
	}
	if waits {
		offers = append(offers, dialogstate.Option{Label: labelAskList, Do: "list-pick " + id + " "})
	}
	if gone.ID != "" {
		lines = append(lines, fmt.Sprintf(elsewhere, strings.TrimSpace(gone.Place+" "+gone.Expected)))
		offers = append(offers, dialogstate.Option{Label: labelBack, Do: "back " + id})
	} else {
		offers = append(offers, dialogstate.Option{Label: labelAway, Do: "away " + id})
	}
	return c.offer(join(lines...), offers...), nil
}

func (c *chat) visitLine(v visitsstore.Visit) string {
	f := c.t.flow("visit").form
	return fmt.Sprintf("%s %s，%s", v.Day.Chinese(), f.ChoiceLabel("kind", v.Kind), f.ChoiceLabel("finding", v.Finding))
}

// changeable is 改记录: her own last records.
func (c *chat) changeable(string) (Reply, error) {
	mine, err := visitsstore.Mine(c.scope, c.today-60, 5)
	if err != nil {
		return Reply{}, err
	}
	written, err := c.changes(max(1, 5-len(mine)))
	if err != nil {
		return Reply{}, err
	}
	if len(mine)+len(written) == 0 {
		return c.menu(sayNoChange)
	}
	offers := make([]dialogstate.Option, len(mine))
	for i, v := range mine {
		r, err := c.scope.Resident(v.Resident)
		if err != nil {
			return Reply{}, err
		}
		offers[i] = dialogstate.Option{Label: brief(r) + " " + v.Day.Chinese(), Do: "change " + v.Resident + "/" + v.Day.String() + "/" + v.ID}
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
	for name, value := range byName(v.Extra) { // a town's own questions
		if _, ours := known[name]; !ours {
			known[name] = value
		}
	}
	return c.startWith(c.t.flow("visit"), "", known)
}

func (c *chat) visitAt(ref string) (visitsstore.Visit, error) {
	p := strings.Split(ref, "/")
	if len(p) != 3 {
		return visitsstore.Visit{}, fmt.Errorf("record %q: not a visit", ref)
	}
	day, err := calendar.ParseDay(p[1])
	if err != nil {
		return visitsstore.Visit{}, err
	}
	return visitsstore.Get(c.scope, p[0], day, p[2])
}
