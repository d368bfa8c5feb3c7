package flows

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"xintiexin/flows/answer"
	"xintiexin/storage/bookings"
	"xintiexin/storage/dialogstate"
)

// idle is for how long a form may lie open before words that mean something by
// themselves, or that answer a reminder sent since, are no longer taken for an
// answer to it: it is put aside.
const idle = 3 * time.Hour

// doing are the verbs of which a question of yes or no is asked first, each with
// whether a plain yes suffices and other words for doing it. What is deleted or
// withdrawn is done by its own word alone.
// nothing changes it.
var doing = map[string]struct {
	yes   bool
	words []string
}{
	"giveupnow":      {true, []string{"退", "退了", "退掉", "退号", "不去", "不去了", "不来", "不来了", "不要了", "不想去", "不想去了", "取消"}},
	"giveupwait":     {false, []string{"退", "退了", "退号", "排", "排上", "排队", "候补"}}, // 好 is said to 原来的号还给您留着 too
	"erasenow":       {false, []string{"删", "删了", "都删", "都删了", "都删掉"}},
	"withdrawnow":    {true, []string{"撤", "撤了", "撤回"}},
	"withdrawallnow": {true, []string{"撤", "撤了", "撤回"}},
	"claim":          {true, []string{"是我", "是俺", "是家里人"}},
	"bind":           {true, []string{"是我", "是俺"}},
	"paper-signed":   {true, []string{"拿到了", "领了"}},
}

// arrived are other words for 到了.
var arrived = regexp.MustCompile(`^(?:俺们?|我们?)?(?:已经|都)?到(?:了|拉|啦|哩|喽|咯)(?:吧|啊|哈)?$`)

// keeping are words that leave things as they are.
// nothing changes it.
var keeping = []string{"留着", "先留着", "留", "不退", "不退了", "别退", "不删", "不删了", "别删", "不撤", "不撤了", "先不", "再想想", "去", "还去", "要去", "来"}

// whether finds, among what is on offer, what a question of yes or no is about and
// its no; do is empty where no such question is open.
func (c *chat) whether() (do, not string) {
	if c.s.Flow != "" {
		return "", ""
	}
	for _, o := range c.s.Offers {
		verb, _, _ := strings.Cut(o.Do, " ")
		switch _, known := doing[verb]; {
		case known && do == "":
			do = o.Do
		case verb == "none":
			not = o.Do
		}
	}
	return do, not
}

// whetherSaid answers an open question of yes or no in other words than its
// options': 对, 退了吧, 留着吧. ok is false where none is open, and for words that
// mean something by themselves.
func (c *chat) whetherSaid(text string) (r Reply, ok bool, err error) {
	do, not := c.whether()
	if do == "" && not == "" || c.m.Tapped || c.m.Token != 0 || c.m.Kind != Text {
		return Reply{}, false, nil
	}
	if slices.ContainsFunc(c.s.Offers, func(o dialogstate.Option) bool { return answer.Fold(o.Label) == text }) {
		return Reply{}, false, nil
	}
	if later, err := c.afterAll(); err != nil || later {
		return Reply{}, false, err
	}
	verb, _, _ := strings.Cut(do, " ")
	said := strings.TrimRight(text, "吧啊呀哈呗哩嘞 。.!~")
	for _, w := range []string{"那就", "先", "就", "帮我", "帮俺", "给我", "给俺", "我", "俺"} {
		said = strings.TrimPrefix(said, w)
	}
	verdict := answer.Agrees(text)
	switch {
	case do == "" && (verdict != answer.No || c.who.Staff()):
		return Reply{}, false, nil
	case do == "":
		do = not
	case slices.Contains(doing[verb].words, said), doing[verb].yes && verdict == answer.Yes && !wanting(verb, said):
	case not != "" && (verdict == answer.No || slices.Contains(keeping, said)):
		do = not
	case verb == "giveupnow" && answer.Decides(text) == answer.No: // “不去了 活忙”
	default:
		return Reply{}, false, nil
	}
	c.s.Offers = nil
	r, err = c.do(do)
	return r, true, err
}

// wanting reports whether what was said wants something, and so is no yes to giving a
// seat up: 要 is what a free seat is taken with.
func wanting(verb, said string) bool {
	return strings.HasPrefix(verb, "giveup") && strings.HasPrefix(said, "要")
}

// afterAll reports whether a question that is open is none any more to whoever writes:
// it was asked hours ago, or a reminder went out since, which 好的 answers then.
func (c *chat) afterAll() (bool, error) {
	if c.s.Last == 0 {
		return false, nil
	}
	if c.m.At.Unix()-c.s.Last >= int64(idle.Seconds()) {
		return true, nil
	}
	return c.remindedSince()
}

// remindedSince reports whether she was reminded of a booking after she last wrote.
func (c *chat) remindedSince() (bool, error) {
	open, err := c.openBookings()
	if err != nil {
		return false, err
	}
	for _, a := range open {
		at, err := bookings.Reminded(c.tx, a.Appointment, a.of)
		if err != nil || at > c.s.Last {
			return err == nil, err
		}
	}
	return false, nil
}

// askAgain repeats what is open, where words were not understood; ok is false
// where only the menu stands on offer.
func (c *chat) askAgain() (r Reply, ok bool, err error) {
	if len(c.s.Offers) == 0 || !slices.ContainsFunc(c.s.Offers, func(o dialogstate.Option) bool { return !strings.HasPrefix(o.Do, "say ") }) {
		return Reply{}, false, nil
	}
	if do, _ := c.whether(); strings.HasPrefix(do, "giveupnow ") {
		r, err = c.giveUpOne(strings.TrimPrefix(do, "giveupnow "))
		r.Text = join(sayUnclear, r.Text)
		return r, true, err
	}
	return c.show(sayLostOffer), true, nil
}

// reminderSaid answers, when nothing is open, what is said to a reminder in other
// words than it asked for. A no is asked about before a seat is given up.
func (c *chat) reminderSaid(text string) (r Reply, ok bool, err error) {
	if c.who.Staff() || c.m.Tapped || c.m.Token != 0 || c.s.Flow != "" || c.m.Kind != Text {
		return Reply{}, false, nil
	}
	if arrived.MatchString(text) {
		r, err = c.here("")
		return r, true, err
	}
	verdict := answer.Decides(text)
	if verdict == answer.Unclear {
		return Reply{}, false, nil
	}
	open, err := c.openBookings()
	if err != nil {
		return Reply{}, false, err
	}
	reminded, err := c.reminded(open)
	if err != nil {
		return Reply{}, false, err
	}
	switch {
	case verdict == answer.OtherDay:
		return c.anotherTime(open)
	case verdict == answer.No:
		r, err = c.giveUp("")
	case len(open) == 0, verdict == answer.Noted && len(reminded) == 0:
		return Reply{}, false, nil
	case len(reminded) > 0:
		r, err = c.onBooking(sayComingWhich, "iscoming", reminded)
	default:
		r, err = c.onBooking(sayComingWhich, "iscoming", soonest(open, c.today))
	}
	return r, true, err
}

// anotherTime answers who would rather have another day: of a visit, or of a
// booking; of both it is asked which.
func (c *chat) anotherTime(open []ownBooking) (r Reply, ok bool, err error) {
	visit, err := c.ownVisit()
	if err != nil {
		return Reply{}, false, err
	}
	switch {
	case visit.ID != "" && len(open) > 0:
		if err := c.aside(); err != nil {
			return Reply{}, true, err
		}
		r = c.offer(sayWhichOther, dialogstate.Option{Label: labelOtherVisit, Do: "say 改天"}, dialogstate.Option{Label: labelOtherBooking, Do: "say 改期"})
		return r, true, nil
	case visit.ID != "":
		r, err = c.anotherDay()
	case len(open) > 0:
		r, err = c.changeDay("")
	default:
		r, err = c.noBooking()
	}
	return r, true, err
}

// reminded leaves the bookings of which she was reminded and has not answered.
func (c *chat) reminded(open []ownBooking) (out []ownBooking, err error) {
	for _, a := range open {
		at, err := bookings.Reminded(c.tx, a.Appointment, a.of)
		if err != nil {
			return nil, err
		}
		if _, said := a.Said[a.of]; at != 0 && !said {
			out = append(out, a)
		}
	}
	return out, nil
}

// wakeOld puts a form aside that nobody touched for hours, where words mean
// something by themselves, or answer a reminder that went out since: 改期 left open
// yesterday takes no 不想去了 of today.
func (c *chat) wakeOld(text string) error {
	if c.s.Flow == "" || c.m.Tapped || c.m.Token != 0 || c.m.Kind != Text || c.m.At.Unix()-c.s.Last < int64(idle.Seconds()) {
		return nil
	}
	if c.openChoice(text) {
		return nil
	}
	for _, w := range talkWords() {
		if answer.SameWord(text, w.word) {
			return c.putOff()
		}
	}
	if c.who.Staff() || answer.Decides(text) == answer.Unclear {
		return nil
	}
	if since, err := c.remindedSince(); err != nil || !since {
		return err
	}
	return c.putOff()
}

// putOff closes an old form; one in which something was answered is put aside, and
// that is said with the answer.
func (c *chat) putOff() error {
	s, f, err := c.decode()
	if err != nil {
		return err
	}
	if f == nil || !f.touched(s) {
		c.close()
		return nil
	}
	c.woke = true
	return c.aside()
}

// lostResident answers what nobody understood of somebody who is no staff: what is
// open once more, the answer to a reminder that waits, or the menu.
func (c *chat) lostResident() (Reply, error) {
	if r, ok, err := c.askAgain(); ok || err != nil {
		return r, err
	}
	open, err := c.openBookings()
	if err != nil {
		return Reply{}, err
	}
	reminded, err := c.reminded(open)
	if err != nil {
		return Reply{}, err
	}
	if len(reminded) > 0 {
		id := reminded[0].ID
		return c.offer(join(sayYouMean, whenOf(reminded[0].Appointment)), dialogstate.Option{Label: labelComes, Do: "iscoming " + id},
			dialogstate.Option{Label: labelRebook, Do: "rebook " + id}, dialogstate.Option{Label: labelComesNot, Do: "giveup " + id}), nil
	}
	waits, err := c.waits()
	if err != nil {
		return Reply{}, err
	}
	if slices.ContainsFunc(waits, func(w ownWait) bool { return w.Offer != nil }) {
		r, err := c.place("")
		r.Text = join(sayUnclear, r.Text)
		return r, err
	}
	if c.s.Wrong++; c.s.Wrong >= 3 {
		c.s.Wrong = 0
		return c.menu(sayLostAsk)
	}
	return c.menu(sayLost)
}
