package migration

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
	"xintiexin/flows/form"
	"xintiexin/flows/subject"
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
var leave = dialog.Flow{Name: "leave", Instant: true, Save: saveLeave,
	Answered: func(c *dialog.Turn, f *dialog.Flow, s *form.Session, name string) (*form.Problem, error) {
		if name == "place" || name == "from" {
			return awayAnswered(c, f, s, name)
		}
		return nil, nil
	}}

func awayWords() []dialog.Keyword {
	return []dialog.Keyword{
		{Text: "在外", For: dialog.Anyone, Do: outNow},
		{Text: "快回来的", For: dialog.Village, Do: comingHome},
	}
}

// ExpectedOn returns the days between which “过年”, “麦收”, “3月” or a day lie, 0 where
// nothing was said that has days.
func ExpectedOn(said string, today calendar.Day) (from, to calendar.Day) {
	d := dates.Date(said, today, dates.Future)
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
	if dates.Unsure(said) {
		return labelNotSure
	}
	d := dates.Date(said, today, dates.Future)
	switch {
	case d.Day != 0:
		return dates.SayDay(d.Day, today)
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
func awayTalk(c *dialog.Turn, text string) (r dialog.Reply, ok bool, err error) {
	mine := strings.HasPrefix(text, "我") || strings.HasPrefix(text, "俺")
	if c.Who.Staff() && (!mine || len(c.Who.Residents) == 0) || len([]rune(text)) > 24 || strings.ContainsAny(text, "?？吗么") {
		return dialog.Reply{}, false, nil
	}
	left := strings.TrimSpace(fillers.Replace(text))
	bare, day := left, dates.Dates{}
	if from, to, d := dates.FindDate(left, c.Today, dates.Any); to > from {
		bare, day = left[:from]+left[to:], d
	}
	bare = strings.ReplaceAll(bare, " ", "")
	for _, w := range []string{"回来", "回家", "到家"} { // 五一回来
		head, ok := strings.CutSuffix(bare, w)
		head = strings.TrimRight(head, "就再才")
		if d := dates.Date(head, c.Today, dates.Future); ok && head != "" && (d.Day != 0 || d.Coarse != "" || len(d.Alternatives) > 0) {
			return expects(c, head)
		}
	}
	switch {
	case slices.Contains(saysHome, bare):
		back := cmp.Or(day.Day, c.Today)
		if back > c.Today || day.Day == 0 && (day.Coarse != "" || len(day.Alternatives) > 0) { // 过年回来: when she will be
			return expects(c, left)
		}
		r, err := ownBack(c, text, back)
		return r, true, err
	case slices.Contains(saysLeaving, bare) && (day.Day > c.Today || day.Coarse != "" || len(day.Alternatives) > 0):
		return ownLeaving(c, text)
	}
	place, rest := placeIn(" " + left)
	if from, to, d := dates.FindDate(rest, c.Today, dates.Any); to > from && place != "" {
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
			return dialog.Reply{}, false, nil
		}
	}
	rest = strings.TrimSuffix(rest, "了")
	known := map[string]string{}
	if back && (day.Day != 0 || day.Coarse != "") {
		known["expected"] = day.Coarse
		if day.Day != 0 {
			known["expected"] = dates.SayDay(day.Day, c.Today)
		} else if day.To == 0 {
			delete(known, "expected")
		}
	} else if day.Day != 0 && day.Day <= c.Today+30 {
		known["since"] = day.Day.String()
	}
	switch {
	case slices.Contains(saysArrived, rest) || slices.Contains(saysArrived, rest+"了"):
		known["kind"], known["from"] = "here", place
		r, err := ownLeave(c, text, known)
		return r, true, err
	case rest == "" && place == "" || !slices.Contains(saysGoing, rest) && !slices.Contains(saysGoing, rest+"了"):
		return dialog.Reply{}, false, nil
	}
	known["place"] = place
	r, err = ownLeave(c, text, known)
	return r, true, err
}

// ownLeave opens the form about herself, once she agreed to C3.
func ownLeave(c *dialog.Turn, text string, known map[string]string) (dialog.Reply, error) {
	id, r, asked, err := c.ForWhom(purpose.Migration, text)
	if err != nil || asked {
		return r, err
	}
	known["resident"] = id
	for k, v := range known {
		if v == "" {
			delete(known, k)
		}
	}
	return c.StartWith(c.T.Flow("leave"), "", known)
}

// saveLeave keeps her own card and says what it changes, where she is served now, and
// what she can take along.
func saveLeave(c *dialog.Turn, f *dialog.Flow, s *form.Session) (dialog.Reply, error) {
	place := "place"
	if s.Get("kind") == "here" {
		place = "from"
	}
	a, err := awayOf(c, s.Get("resident"), s, place)
	if err != nil {
		return dialog.Reply{}, err
	}
	a.Extra = f.Extra(s)
	if a, err = migration.KeepOwnAway(c.Scope, a, c.M.ID, c.M.At); errors.Is(err, record.ErrConsent) {
		return c.Menu(dialog.SayGone)
	} else if err != nil {
		return dialog.Reply{}, err
	}
	if a.Kind == "here" {
		return awayHelp(c, fmt.Sprintf(sayOwnArrived, a.Place, a.Since.ChineseLunar()))
	}
	c.WillTell("away", "release_offer")
	said := fmt.Sprintf(sayOwnAway, a.Place, a.Since.ChineseLunar(), expectedEcho(a))
	booked, err := bookedWhileAway(c, a)
	if err != nil || booked.Text != "" {
		booked.Text = dialog.Join(said, booked.Text)
		return booked, err
	}
	return awayHelp(c, dialog.Join(said, sayOwnPaused))
}

// bookedWhileAway asks about a number for a day on which she is away: keep it or
// change it; the zero Reply where there is none.
func bookedWhileAway(c *dialog.Turn, a migration.Absence) (dialog.Reply, error) {
	booked, err := bookings.List(c.Scope, a.Resident, 20)
	if err != nil {
		return dialog.Reply{}, err
	}
	for _, b := range booked {
		if b.State == bookings.Expected && b.Day >= max(a.Since, c.Today) && (a.ExpectedDay == 0 || b.Day <= a.ExpectedDay) {
			return c.Offer(fmt.Sprintf(sayOwnBooked, b.Day.Chinese(), dialog.ClockWord(b.Time)), dialogstate.Option{Label: labelSeatKeep, Do: "none"},
				dialogstate.Option{Label: labelSeatMove, Do: "say 改期"}, dialogstate.Option{Label: labelSeatDrop, Do: "say 退号"},
				dialogstate.Option{Label: labelCarry, Do: "carry " + a.Resident}), nil
		}
	}
	return dialog.Reply{}, nil
}

// awayHelp says something, with where she is served now and what she can take along.
func awayHelp(c *dialog.Turn, said string) (dialog.Reply, error) {
	var offers []dialogstate.Option
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	for _, g := range site.Guides {
		if g.ID == "elsewhere" {
			offers = append(offers, dialogstate.Option{Label: labelElsewhere, Do: "guide " + g.ID})
		}
	}
	return c.Offer(said, append(offers, dialogstate.Option{Label: labelCarry, Do: "carry"}, dialogstate.Option{Label: dialog.LabelThatsAll, Do: "none"})...), nil
}

// carry sends the link to the page that she can take along.
func carry(c *dialog.Turn, id string) (dialog.Reply, error) {
	family, err := c.Family()
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(family) == 0 {
		return c.Menu(dialog.SayNothingKept)
	}
	if id == "" {
		id = family[0].ID
	}
	if _, err := c.Scope.Mine(id); dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	} else if err != nil {
		return dialog.Reply{}, err
	}
	token, err := access.NewLink(c.Scope, "carry", id, "", c.M.ID, c.M.At)
	return dialog.Reply{Links: []dialog.Link{{Label: labelCarryOpen, Path: "/p/" + token}}}, err
}

// expects keeps when somebody who is away will be home; ok is false where she is not.
func expects(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	for _, id := range c.Who.Residents {
		a, err := migration.OwnLatest(c.Scope, id)
		if err != nil && !dialog.IsNotFound(err) {
			return dialog.Reply{}, false, err
		}
		if err != nil || a.State(c.Today) != migration.Gone {
			continue
		}
		for _, w := range []string{"到家了", "回来了", "回家了", "到家", "回来", "回家"} {
			text = strings.TrimSuffix(strings.TrimSpace(text), w)
		}
		which, ok := setExpected(c, &a, text)
		if len(which) > 0 {
			return whichDay(c, text, which, id+"/"+a.ID), true, nil
		}
		if !ok {
			d := dates.Date(text, c.Today, dates.Future)
			if d.Coarse == "" {
				return dialog.Reply{}, false, nil
			}
			return c.Offer(fmt.Sprintf(sayExpectsWhen, d.Coarse), dialogstate.Option{Label: labelNotSure, Do: "away-on " + id + "/" + a.ID + " " + labelNotSure}), true, nil
		}
		r, err := keepOwn(c, a, fmt.Sprintf(sayOwnExpects, expectedEcho(a)))
		return r, true, err
	}
	return dialog.Reply{}, false, nil
}

// setExpected puts on a card when she will be home, as it was said. It returns the days
// of which she has to be asked which; ok is false where nothing of it is said.
func setExpected(c *dialog.Turn, a *migration.Absence, said string) (which []calendar.Day, ok bool) {
	d := dates.Date(said, c.Today, dates.Future)
	switch {
	case dates.Unsure(said):
		a.Expected, a.ExpectedFrom, a.ExpectedDay = labelNotSure, 0, 0
	case d.Day != 0:
		a.Expected, a.ExpectedFrom, a.ExpectedDay = d.Day.Short(), 0, d.Day
		if d.Day > c.Today+330 {
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
func whichDay(c *dialog.Turn, said string, which []calendar.Day, ref string) dialog.Reply {
	var offers []dialogstate.Option
	for _, day := range which[:min(len(which), 3)] {
		offers = append(offers, dialogstate.Option{Label: day.ChineseLunar(), Do: "away-on " + ref + " " + day.String()})
	}
	return c.Offer(fmt.Sprintf(sayLeavingWhich, strings.TrimSpace(said)), append(offers, dialogstate.Option{Label: labelNotSure, Do: "away-on " + ref + " " + labelNotSure})...)
}

// keepOwn keeps her own card so that it can be taken back.
func keepOwn(c *dialog.Turn, a migration.Absence, said string) (dialog.Reply, error) {
	u, err := c.Tx.Save(func() (err error) {
		_, err = migration.KeepOwnAway(c.Scope, a, c.M.ID, c.M.At)
		return err
	})
	if errors.Is(err, record.ErrConsent) || dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	u.Until, u.What = c.M.At.Add(record.UndoTime).Unix(), sayOwnTitle
	return dialog.Reply{Text: said}, c.Tx.PutUndo(c.M.From, u)
}

// ownBack keeps that she came home, and asks when she goes again.
func ownBack(c *dialog.Turn, text string, day calendar.Day) (dialog.Reply, error) {
	id, r, asked, err := c.ForWhom(purpose.Migration, text)
	if err != nil || asked {
		return r, err
	}
	a, err := migration.OwnLatest(c.Scope, id)
	if err != nil {
		return dialog.Reply{}, err
	}
	switch a.State(c.Today) {
	case migration.Gone:
		if day < a.Since {
			return dialog.Reply{Text: fmt.Sprintf(sayBackEarly, a.Since.Chinese())}, nil
		}
		a.Back = day
	case migration.Returned:
		return c.Offer(fmt.Sprintf(sayOwnBackKnown, a.Back.ChineseLunar()), dialogstate.Option{Label: labelLeaving, Do: "own-leaves " + id},
			dialogstate.Option{Label: dialog.LabelThatsAll, Do: "none"}), nil
	default:
		a = migration.Absence{Resident: id, Back: day}
	}
	r, err = keepOwn(c, a, "")
	if err != nil || r.Text != "" {
		return r, err
	}
	return c.Offer(fmt.Sprintf(sayOwnBack, day.ChineseLunar()), dialogstate.Option{Label: labelLeaving, Do: "own-leaves " + id},
		dialogstate.Option{Label: dialog.LabelBook, Do: "say 约号"}, dialogstate.Option{Label: dialog.LabelThatsAll, Do: "none"}), nil
}

// ownBackNow is a tap on 到家了.
func ownBackNow(c *dialog.Turn, id string) (dialog.Reply, error) {
	c.S.For = id
	return ownBack(c, "我回来了", c.Today)
}

// ownLeaving hears 过了十五走 of somebody who is back; ok is false where she is not.
func ownLeaving(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	for _, id := range c.Who.Residents {
		a, err := migration.OwnLatest(c.Scope, id)
		if dialog.IsNotFound(err) || err == nil && a.State(c.Today) != migration.Returned {
			continue
		}
		if err != nil {
			return dialog.Reply{}, false, err
		}
		for _, w := range []string{"我", "俺"} {
			text = strings.TrimPrefix(text, w)
		}
		c.S.Offers = []dialogstate.Option{{Label: labelNotSure, Do: "own-leaves " + id}}
		return leavingSaid(c, text)
	}
	return dialog.Reply{}, false, nil
}

// ownLeaves asks when she goes again, or keeps it.
func ownLeaves(c *dialog.Turn, rest string) (dialog.Reply, error) {
	id, when, _ := strings.Cut(rest, " ")
	a, err := migration.OwnLatest(c.Scope, id)
	if dialog.IsNotFound(err) || err == nil && a.Back == 0 {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	if when == "" {
		return c.Offer(sayLeavingWhen, dialogstate.Option{Label: labelNotSure, Do: "own-leaves " + id + " " + labelNotSure}), nil
	}
	a, said := leavingOn(c, a, when)
	return keepOwn(c, a, said)
}

// outNow is 在外: to a cadre who is away, by group; to anybody else how she stands.
func outNow(c *dialog.Turn, _ string) (dialog.Reply, error) {
	if c.Is(dialog.Village) {
		all, err := migration.AwayResidents(c.Scope, dialog.MaxDay)
		if err != nil {
			return dialog.Reply{}, err
		}
		return homeList(c, all, sayOutHead, sayOutNone)
	}
	if err := whoIsOut(c); err != nil {
		return dialog.Reply{}, err
	}
	id, r, asked, err := c.ForWhom(purpose.Migration, "在外")
	if err != nil || asked {
		return r, err
	}
	a, err := migration.OwnLatest(c.Scope, id)
	if err != nil {
		return dialog.Reply{}, err
	}
	stop := dialogstate.Option{Label: labelCardNever, Do: "withdraw " + id + " " + string(purpose.Migration)}
	switch a.State(c.Today) {
	case migration.Gone:
		said := fmt.Sprintf(sayStateGone, a.Place, a.Expected)
		return c.Offer(said, dialogstate.Option{Label: labelHome, Do: "own-back " + id}, dialogstate.Option{Label: labelCardDay, Do: "away-day " + id + "/" + a.ID},
			dialogstate.Option{Label: labelCarry, Do: "carry " + id}, stop), nil
	case migration.Returned:
		return c.Offer(fmt.Sprintf(sayStateBack, a.Back.Chinese(), cmp.Or(a.Leaving, labelNotSure)), dialogstate.Option{Label: labelLeaving, Do: "own-leaves " + id}, stop), nil
	case migration.Arrived:
		return c.Offer(fmt.Sprintf(sayStateHere, a.Since.Chinese()), dialogstate.Option{Label: labelCardNothing, Do: "away-drop " + id + "/" + a.ID}, stop), nil
	}
	return dialog.Reply{Text: sayStateHome}, nil
}

// whoIsOut chooses, of a family, the one alone of whom there is a card.
func whoIsOut(c *dialog.Turn) error {
	only := ""
	for _, id := range c.Who.Residents {
		a, err := migration.OwnLatest(c.Scope, id)
		if err != nil && !dialog.IsNotFound(err) {
			return err
		}
		if err != nil || a.State(c.Today) == migration.AtHome {
			continue
		}
		if only != "" {
			return nil
		}
		only = id
	}
	if only != "" {
		c.S.For = only
	}
	return nil
}

// comingHome is 快回来的: who said that she would be home within 30 days, by group.
func comingHome(c *dialog.Turn, _ string) (dialog.Reply, error) {
	all, err := migration.ComingHome(c.Scope, c.Today+30, dialog.MaxDay)
	if err != nil {
		return dialog.Reply{}, err
	}
	return homeList(c, all, sayComingHead, sayComingNone)
}

// homeSaid takes “1昨天” where people who are away stand on offer: which of them is
// home, since when. ok is false for other words.
func homeSaid(c *dialog.Turn, text string) (r dialog.Reply, ok bool, err error) {
	if len(c.S.Offers) == 0 || c.M.Token != 0 || c.M.Tapped || c.S.Flow != "" {
		return dialog.Reply{}, false, nil
	}
	n, rest, numbered := answer.Index(text)
	if !numbered || n < 1 || n > len(c.S.Offers) || rest == "" {
		return dialog.Reply{}, false, nil
	}
	verb, resident, _ := strings.Cut(c.S.Offers[n-1].Do, " ")
	day, _ := cutTail(strings.TrimRight(rest, "了哩啦 。"), saysHome...)
	d := dates.Date(day, c.Today, dates.Past)
	if verb != "back" || d.Day == 0 {
		return dialog.Reply{}, false, nil
	}
	r, err = c.StartWith(c.T.Flow("back"), "", map[string]string{"resident": resident, "day": d.Day.String()})
	return r, true, err
}

// homeList shows people who are away, each a line to be tapped when she is back.
func homeList(c *dialog.Turn, all []migration.Absence, head, none string) (dialog.Reply, error) {
	offers, err := homeOffers(c, all)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(offers) == 0 {
		return dialog.Reply{Text: none}, nil
	}
	return c.Offer(fmt.Sprintf(head, len(offers)), offers...), nil
}

// homeOffers are the lines of such people, by village and group.
func homeOffers(c *dialog.Turn, all []migration.Absence) ([]dialogstate.Option, error) {
	var lines []subject.Line
	for _, a := range all {
		agreed, err := consent.Get(c.Scope, a.Resident, purpose.Migration)
		if err != nil {
			return nil, err
		}
		if !agreed.Given() {
			continue
		}
		r, err := c.Scope.Resident(a.Resident)
		if err != nil {
			return nil, err
		}
		when := a.Expected
		if a.ExpectedDay != 0 && a.ExpectedDay < c.Today {
			when += sayComingPast
		}
		lines = append(lines, subject.Line{R: r, Text: strings.Join(strings.Fields(r.Name+" "+a.Place+" "+when), " "), Do: "back " + r.ID})
	}
	slices.SortStableFunc(lines, func(a, b subject.Line) int {
		return cmp.Or(strings.Compare(a.R.Village, b.R.Village), cmp.Compare(person.GroupOrder(a.R.Group), person.GroupOrder(b.R.Group)), strings.Compare(a.R.Group, b.R.Group))
	})
	for i := range lines { // a house of two is one line of the walk, not of this list
		lines[i].R.House = ""
	}
	if err := subject.Heads(c, lines); err != nil {
		return nil, err
	}
	offers := make([]dialogstate.Option, len(lines))
	for i, l := range lines {
		offers[i] = dialogstate.Option{Label: l.Text, Do: l.Do, Head: l.Head}
	}
	return offers, nil
}
