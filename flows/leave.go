package flows

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/form"
	"xintiexin/storage/access"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/migration"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// leave is what she says of herself: that she goes away, or came to live here.
var leave = Flow{Name: "leave", Instant: true, Save: saveLeave,
	Answered: func(c *chat, f *Flow, s *form.Session, name string) (*form.Problem, error) {
		if name == "place" || name == "from" {
			return awayAnswered(c, f, s, name)
		}
		return nil, nil
	}}

func awayWords() []word {
	return []word{
		{"在外", anyone, (*chat).outNow},
		{"快回来的", village, (*chat).comingHome},
	}
}

// expectedOn returns the days between which “过年”, “麦收”, “3月” or a day lie, 0 where
// nothing was said that has days.
func expectedOn(said string, today calendar.Day) (from, to calendar.Day) {
	d := answer.Date(said, today, answer.Future)
	switch {
	case d.Day != 0:
		return 0, d.Day
	case d.Coarse != "" && len(d.Alternatives) > 0: // 正月十五以后
		return d.Alternatives[0], d.Alternatives[len(d.Alternatives)-1]
	}
	return d.From, d.To
}

// expectedWords is what a card keeps of when she says that she will be home: 过年,
// 1月20日, 说不准; "" where that has to be asked about.
func expectedWords(said string, today calendar.Day) string {
	if answer.Unsure(said) {
		return labelNotSure
	}
	d := answer.Date(said, today, answer.Future)
	switch {
	case d.Day != 0:
		return answer.SayDay(d.Day, today)
	case d.To != 0 && len(d.Alternatives) == 0:
		return d.Coarse
	}
	return ""
}

// What is left of a sentence about herself when days, places and small words are
// taken out.
// nothing changes them.
var (
	saysHome    = []string{"到家了", "到家", "回来了", "回家了", "回到家了", "回来", "回村了", "到了家了"}
	saysGoing   = []string{"外出", "出门了", "出门", "出去打工", "出去打工了", "打工去了", "外出打工", "出远门", "出去了", "又走了", "走了", "打工", "去打工", "出门打工", ""}
	saysArrived = []string{"搬来了", "刚搬来", "搬来", "来这里住", "来这里住了", "住这里了", "搬到这里", "搬到这里了", "流入", "在这里住", "搬来住", "来这里租房住"}
	saysLeaving = []string{"走", "再走", "就走", "才走", "出门", "回去"}
	fillers     = strings.NewReplacer("我们", "", "俺们", "", "我", "", "俺", "", "已经", "", "刚刚", "", "哩", "了", "啦", "了", "咧", "了", "。", "", "，", " ", ",", " ", "！", "", "!", "", "从", "", "要", "", "准备", "", "今儿", "今天", "了了", "了")
)

// awayTalk answers, when nothing is open, what somebody says of herself: 去苏州打工,
// 俺出门了 年后回, 我回来了, 过了十五走. ok is false for all else: a question, another
// person's name, one word too many.
func (c *chat) awayTalk(text string) (r Reply, ok bool, err error) {
	mine := strings.HasPrefix(text, "我") || strings.HasPrefix(text, "俺")
	if c.who.Staff() && (!mine || len(c.who.Residents) == 0) || len([]rune(text)) > 24 || strings.ContainsAny(text, "?？吗么") {
		return Reply{}, false, nil
	}
	left := strings.TrimSpace(fillers.Replace(text))
	bare, day := left, answer.Dates{}
	if from, to, d := answer.FindDate(left, c.today, answer.Any); to > from {
		bare, day = left[:from]+left[to:], d
	}
	bare = strings.ReplaceAll(bare, " ", "")
	for _, w := range []string{"回来", "回家", "到家"} { // 五一回来
		head, ok := strings.CutSuffix(bare, w)
		head = strings.TrimRight(head, "就再才")
		if d := answer.Date(head, c.today, answer.Future); ok && head != "" && (d.Day != 0 || d.Coarse != "" || len(d.Alternatives) > 0) {
			return c.expects(head)
		}
	}
	switch {
	case slices.Contains(saysHome, bare):
		back := cmp.Or(day.Day, c.today)
		if back > c.today || day.Day == 0 && (day.Coarse != "" || len(day.Alternatives) > 0) { // 过年回来: when she will be
			return c.expects(left)
		}
		r, err := c.ownBack(text, back)
		return r, true, err
	case slices.Contains(saysLeaving, bare) && (day.Day > c.today || day.Coarse != "" || len(day.Alternatives) > 0):
		return c.ownLeaving(text)
	}
	place, rest := placeIn(" " + left)
	if from, to, d := answer.FindDate(rest, c.today, answer.Any); to > from && place != "" {
		rest, day = rest[:from]+" "+rest[to:], d
	}
	rest = strings.ReplaceAll(rest, " ", "")
	back := false
	for _, w := range []string{"回来", "回家", "回"} {
		if cut, ok := strings.CutSuffix(rest, w); ok {
			rest, back = cut, true
			break
		}
	}
	if place == "" && !back {
		rest = bare
	} else if place == "" {
		if rest = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(bare, "回来"), "回家"), "回"); rest == bare {
			return Reply{}, false, nil
		}
	}
	rest = strings.TrimSuffix(rest, "了")
	known := map[string]string{}
	if back && (day.Day != 0 || day.Coarse != "") {
		known["expected"] = day.Coarse
		if day.Day != 0 {
			known["expected"] = answer.SayDay(day.Day, c.today)
		} else if day.To == 0 {
			delete(known, "expected")
		}
	} else if day.Day != 0 && day.Day <= c.today+30 {
		known["since"] = day.Day.String()
	}
	switch {
	case slices.Contains(saysArrived, rest) || slices.Contains(saysArrived, rest+"了"):
		known["kind"], known["from"] = "here", place
		r, err := c.ownLeave(text, known)
		return r, true, err
	case rest == "" && place == "" || !slices.Contains(saysGoing, rest) && !slices.Contains(saysGoing, rest+"了"):
		return Reply{}, false, nil
	}
	known["place"] = place
	r, err = c.ownLeave(text, known)
	return r, true, err
}

// ownLeave opens the form about herself, once she agreed to C3.
func (c *chat) ownLeave(text string, known map[string]string) (Reply, error) {
	id, r, asked, err := c.forWhom(purpose.Migration, text)
	if err != nil || asked {
		return r, err
	}
	known["resident"] = id
	for k, v := range known {
		if v == "" {
			delete(known, k)
		}
	}
	return c.startWith(c.t.flow("leave"), "", known)
}

// saveLeave keeps her own card and says what it changes, where she is served now, and
// what she can take along.
func saveLeave(c *chat, f *Flow, s *form.Session) (Reply, error) {
	place := "place"
	if s.Get("kind") == "here" {
		place = "from"
	}
	a, err := c.awayOf(s.Get("resident"), s, place)
	if err != nil {
		return Reply{}, err
	}
	a.Extra = f.extra(s)
	if a, err = migration.KeepOwnAway(c.scope, a, c.m.ID, c.m.At); errors.Is(err, record.ErrConsent) {
		return c.menu(sayGone)
	} else if err != nil {
		return Reply{}, err
	}
	if a.Kind == "here" {
		return c.awayHelp(fmt.Sprintf(sayOwnArrived, a.Place, a.Since.ChineseLunar()))
	}
	c.willTell("away", "release_offer")
	said := fmt.Sprintf(sayOwnAway, a.Place, a.Since.ChineseLunar(), expectedEcho(a))
	booked, err := c.bookedWhileAway(a)
	if err != nil || booked.Text != "" {
		booked.Text = join(said, booked.Text)
		return booked, err
	}
	return c.awayHelp(join(said, sayOwnPaused))
}

// bookedWhileAway asks about a number for a day on which she is away: keep it or
// change it; the zero Reply where there is none.
func (c *chat) bookedWhileAway(a migration.Absence) (Reply, error) {
	booked, err := bookings.List(c.scope, a.Resident, 20)
	if err != nil {
		return Reply{}, err
	}
	for _, b := range booked {
		if b.State == bookings.Expected && b.Day >= max(a.Since, c.today) && (a.ExpectedDay == 0 || b.Day <= a.ExpectedDay) {
			return c.offer(fmt.Sprintf(sayOwnBooked, b.Day.Chinese(), clockWord(b.Time)), dialogstate.Option{Label: labelSeatKeep, Do: "none"},
				dialogstate.Option{Label: labelSeatMove, Do: "say 改期"}, dialogstate.Option{Label: labelSeatDrop, Do: "say 退号"},
				dialogstate.Option{Label: labelCarry, Do: "carry " + a.Resident}), nil
		}
	}
	return Reply{}, nil
}

// awayHelp says something, with where she is served now and what she can take along.
func (c *chat) awayHelp(said string) (Reply, error) {
	var offers []dialogstate.Option
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	for _, g := range site.Guides {
		if g.ID == "elsewhere" {
			offers = append(offers, dialogstate.Option{Label: labelElsewhere, Do: "guide " + g.ID})
		}
	}
	return c.offer(said, append(offers, dialogstate.Option{Label: labelCarry, Do: "carry"}, dialogstate.Option{Label: labelThatsAll, Do: "none"})...), nil
}

// carry sends the link to the page that she can take along.
func (c *chat) carry(id string) (Reply, error) {
	family, err := c.family()
	if err != nil {
		return Reply{}, err
	}
	if len(family) == 0 {
		return c.menu(sayNothingKept)
	}
	if id == "" {
		id = family[0].ID
	}
	if _, err := c.scope.Mine(id); isNotFound(err) {
		return c.menu(sayGone)
	} else if err != nil {
		return Reply{}, err
	}
	token, err := access.NewLink(c.scope, "carry", id, "", c.m.ID, c.m.At)
	return Reply{Links: []Link{{Label: labelCarryOpen, Path: "/p/" + token}}}, err
}

// expects keeps when somebody who is away will be home; ok is false where she is not.
func (c *chat) expects(text string) (Reply, bool, error) {
	for _, id := range c.who.Residents {
		a, err := migration.OwnLatest(c.scope, id)
		if err != nil && !isNotFound(err) {
			return Reply{}, false, err
		}
		if err != nil || a.State(c.today) != migration.Gone {
			continue
		}
		for _, w := range []string{"到家了", "回来了", "回家了", "到家", "回来", "回家"} {
			text = strings.TrimSuffix(strings.TrimSpace(text), w)
		}
		which, ok := c.setExpected(&a, text)
		if len(which) > 0 {
			return c.whichDay(text, which, id+"/"+a.ID), true, nil
		}
		if !ok {
			d := answer.Date(text, c.today, answer.Future)
			if d.Coarse == "" {
				return Reply{}, false, nil
			}
			return c.offer(fmt.Sprintf(sayExpectsWhen, d.Coarse), dialogstate.Option{Label: labelNotSure, Do: "away-on " + id + "/" + a.ID + " " + labelNotSure}), true, nil
		}
		r, err := c.keepOwn(a, fmt.Sprintf(sayOwnExpects, expectedEcho(a)))
		return r, true, err
	}
	return Reply{}, false, nil
}

// setExpected puts on a card when she will be home, as it was said. It returns the days
// of which she has to be asked which; ok is false where nothing of it is said.
func (c *chat) setExpected(a *migration.Absence, said string) (which []calendar.Day, ok bool) {
	d := answer.Date(said, c.today, answer.Future)
	switch {
	case answer.Unsure(said):
		a.Expected, a.ExpectedFrom, a.ExpectedDay = labelNotSure, 0, 0
	case d.Day != 0:
		a.Expected, a.ExpectedFrom, a.ExpectedDay = d.Day.Short(), 0, d.Day
		if d.Day > c.today+330 {
			year, _, _ := d.Day.Date()
			a.Expected = fmt.Sprintf(sayOfYear, year, a.Expected)
		}
	case len(d.Alternatives) > 0:
		return d.Alternatives, false
	case d.To != 0:
		a.Expected, a.ExpectedFrom, a.ExpectedDay = d.Coarse, d.From, d.To
	default:
		return nil, false
	}
	return nil, true
}

// whichDay asks which of several days is meant on one of her own cards.
func (c *chat) whichDay(said string, which []calendar.Day, ref string) Reply {
	var offers []dialogstate.Option
	for _, day := range which[:min(len(which), 3)] {
		offers = append(offers, dialogstate.Option{Label: day.ChineseLunar(), Do: "away-on " + ref + " " + day.String()})
	}
	return c.offer(fmt.Sprintf(sayLeavingWhich, strings.TrimSpace(said)), append(offers, dialogstate.Option{Label: labelNotSure, Do: "away-on " + ref + " " + labelNotSure})...)
}

// keepOwn keeps her own card so that it can be taken back.
func (c *chat) keepOwn(a migration.Absence, said string) (Reply, error) {
	u, err := c.tx.Save(func() (err error) {
		_, err = migration.KeepOwnAway(c.scope, a, c.m.ID, c.m.At)
		return err
	})
	if errors.Is(err, record.ErrConsent) || isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	u.Until, u.What = c.m.At.Add(record.UndoTime).Unix(), sayOwnTitle
	return Reply{Text: said}, c.tx.PutUndo(c.m.From, u)
}

// ownBack keeps that she came home, and asks when she goes again.
func (c *chat) ownBack(text string, day calendar.Day) (Reply, error) {
	id, r, asked, err := c.forWhom(purpose.Migration, text)
	if err != nil || asked {
		return r, err
	}
	a, err := migration.OwnLatest(c.scope, id)
	if err != nil {
		return Reply{}, err
	}
	switch a.State(c.today) {
	case migration.Gone:
		if day < a.Since {
			return Reply{Text: fmt.Sprintf(sayBackEarly, a.Since.Chinese())}, nil
		}
		a.Back = day
	case migration.Returned:
		return c.offer(fmt.Sprintf(sayOwnBackKnown, a.Back.ChineseLunar()), dialogstate.Option{Label: labelLeaving, Do: "own-leaves " + id},
			dialogstate.Option{Label: labelThatsAll, Do: "none"}), nil
	default:
		a = migration.Absence{Resident: id, Back: day}
	}
	r, err = c.keepOwn(a, "")
	if err != nil || r.Text != "" {
		return r, err
	}
	return c.offer(fmt.Sprintf(sayOwnBack, day.ChineseLunar()), dialogstate.Option{Label: labelLeaving, Do: "own-leaves " + id},
		dialogstate.Option{Label: labelBook, Do: "say 约号"}, dialogstate.Option{Label: labelThatsAll, Do: "none"}), nil
}

// ownBackNow is a tap on 到家了.
func (c *chat) ownBackNow(id string) (Reply, error) {
	c.s.For = id
	return c.ownBack("我回来了", c.today)
}

// ownLeaving hears 过了十五走 of somebody who is back; ok is false where she is not.
func (c *chat) ownLeaving(text string) (Reply, bool, error) {
	for _, id := range c.who.Residents {
		a, err := migration.OwnLatest(c.scope, id)
		if isNotFound(err) || err == nil && a.State(c.today) != migration.Returned {
			continue
		}
		if err != nil {
			return Reply{}, false, err
		}
		for _, w := range []string{"我", "俺"} {
			text = strings.TrimPrefix(text, w)
		}
		c.s.Offers = []dialogstate.Option{{Label: labelNotSure, Do: "own-leaves " + id}}
		return c.leavingSaid(text)
	}
	return Reply{}, false, nil
}

// ownLeaves asks when she goes again, or keeps it.
func (c *chat) ownLeaves(rest string) (Reply, error) {
	id, when, _ := strings.Cut(rest, " ")
	a, err := migration.OwnLatest(c.scope, id)
	if isNotFound(err) || err == nil && a.Back == 0 {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	if when == "" {
		return c.offer(sayLeavingWhen, dialogstate.Option{Label: labelNotSure, Do: "own-leaves " + id + " " + labelNotSure}), nil
	}
	a, said := c.leavingOn(a, when)
	return c.keepOwn(a, said)
}

// outNow is 在外: to a cadre who is away, by group; to anybody else how she stands.
func (c *chat) outNow(string) (Reply, error) {
	if c.is(village) {
		all, err := migration.AwayResidents(c.scope, maxDay)
		if err != nil {
			return Reply{}, err
		}
		return c.homeList(all, sayOutHead, sayOutNone)
	}
	if err := c.whoIsOut(); err != nil {
		return Reply{}, err
	}
	id, r, asked, err := c.forWhom(purpose.Migration, "在外")
	if err != nil || asked {
		return r, err
	}
	a, err := migration.OwnLatest(c.scope, id)
	if err != nil {
		return Reply{}, err
	}
	stop := dialogstate.Option{Label: labelCardNever, Do: "withdraw " + id + " " + string(purpose.Migration)}
	switch a.State(c.today) {
	case migration.Gone:
		said := fmt.Sprintf(sayStateGone, a.Place, a.Expected)
		return c.offer(said, dialogstate.Option{Label: labelHome, Do: "own-back " + id}, dialogstate.Option{Label: labelCardDay, Do: "away-day " + id + "/" + a.ID},
			dialogstate.Option{Label: labelCarry, Do: "carry " + id}, stop), nil
	case migration.Returned:
		return c.offer(fmt.Sprintf(sayStateBack, a.Back.Chinese(), cmp.Or(a.Leaving, labelNotSure)), dialogstate.Option{Label: labelLeaving, Do: "own-leaves " + id}, stop), nil
	case migration.Arrived:
		return c.offer(fmt.Sprintf(sayStateHere, a.Since.Chinese()), dialogstate.Option{Label: labelCardNothing, Do: "away-drop " + id + "/" + a.ID}, stop), nil
	}
	return Reply{Text: sayStateHome}, nil
}

// whoIsOut chooses, of a family, the one alone of whom there is a card.
func (c *chat) whoIsOut() error {
	only := ""
	for _, id := range c.who.Residents {
		a, err := migration.OwnLatest(c.scope, id)
		if err != nil && !isNotFound(err) {
			return err
		}
		if err != nil || a.State(c.today) == migration.AtHome {
			continue
		}
		if only != "" {
			return nil
		}
		only = id
	}
	if only != "" {
		c.s.For = only
	}
	return nil
}

// comingHome is 快回来的: who said that she would be home within 30 days, by group.
func (c *chat) comingHome(string) (Reply, error) {
	all, err := migration.ComingHome(c.scope, c.today+30, maxDay)
	if err != nil {
		return Reply{}, err
	}
	return c.homeList(all, sayComingHead, sayComingNone)
}

// homeSaid takes “1昨天” where people who are away stand on offer: which of them is
// home, since when. ok is false for other words.
func (c *chat) homeSaid(text string) (r Reply, ok bool, err error) {
	if len(c.s.Offers) == 0 || c.m.Token != 0 || c.m.Tapped || c.s.Flow != "" {
		return Reply{}, false, nil
	}
	n, rest, numbered := answer.Index(text)
	if !numbered || n < 1 || n > len(c.s.Offers) || rest == "" {
		return Reply{}, false, nil
	}
	verb, resident, _ := strings.Cut(c.s.Offers[n-1].Do, " ")
	day, _ := cutTail(strings.TrimRight(rest, "了哩啦 。"), saysHome...)
	d := answer.Date(day, c.today, answer.Past)
	if verb != "back" || d.Day == 0 {
		return Reply{}, false, nil
	}
	r, err = c.startWith(c.t.flow("back"), "", map[string]string{"resident": resident, "day": d.Day.String()})
	return r, true, err
}

// homeList shows people who are away, each a line to be tapped when she is back.
func (c *chat) homeList(all []migration.Absence, head, none string) (Reply, error) {
	offers, err := c.homeOffers(all)
	if err != nil {
		return Reply{}, err
	}
	if len(offers) == 0 {
		return Reply{Text: none}, nil
	}
	return c.offer(fmt.Sprintf(head, len(offers)), offers...), nil
}

// homeOffers are the lines of such people, by village and group.
func (c *chat) homeOffers(all []migration.Absence) ([]dialogstate.Option, error) {
	var lines []line
	for _, a := range all {
		agreed, err := consent.Get(c.scope, a.Resident, purpose.Migration)
		if err != nil {
			return nil, err
		}
		if !agreed.Given() {
			continue
		}
		r, err := c.scope.Resident(a.Resident)
		if err != nil {
			return nil, err
		}
		when := a.Expected
		if a.ExpectedDay != 0 && a.ExpectedDay < c.today {
			when += sayComingPast
		}
		lines = append(lines, line{r: r, text: strings.Join(strings.Fields(r.Name+" "+a.Place+" "+when), " "), do: "back " + r.ID})
	}
	slices.SortStableFunc(lines, func(a, b line) int {
		return cmp.Or(strings.Compare(a.r.Village, b.r.Village), cmp.Compare(person.GroupOrder(a.r.Group), person.GroupOrder(b.r.Group)), strings.Compare(a.r.Group, b.r.Group))
	})
	for i := range lines { // a house of two is one line of the walk, not of this list
		lines[i].r.House = ""
	}
	if err := c.heads(lines); err != nil {
		return nil, err
	}
	offers := make([]dialogstate.Option, len(lines))
	for i, l := range lines {
		offers[i] = dialogstate.Option{Label: l.text, Do: l.do, Head: l.head}
	}
	return offers, nil
}
