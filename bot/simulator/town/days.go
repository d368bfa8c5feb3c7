package town

import (
	"math/rand/v2"
	"strings"
	"time"

	"xintiexin/storage/calendar"
)

// How much there is to do in a town of fullPeople (domain.md 7.2); where it says
// nothing, estimates.
const (
	contactsMonth = 24 * fullVillages // visits written down
	couplesYear   = 150
	burst         = 15   // couples on the evening on which seats are released: the first day's
	awayYear      = 1000 // away cards, and as many returns
	wishesMonth   = 120  // what else residents write of their own accord
)

// dawn plans a day.
func (t *Town) dawn(day calendar.Day) error {
	rng := t.source("day " + day.String())
	working := t.Holidays.Working(day)
	n := t.scale()
	if working {
		t.planWorkers(rng, day)
		for _, c := range t.clerks {
			t.at(day.At(9, 10+rng.IntN(40)), func() error { return t.takes(c) })
		}
		t.at(day.At(16, rng.IntN(30)), t.hands)
	}
	t.at(day.At(7, 35+rng.IntN(10)), func() error { return t.opens(day) })
	for range some(rng, n*couplesYear/365) {
		t.planBooking(rng, day)
	}
	if day == t.From {
		for range some(rng, n*burst) {
			t.planBooking(rng, day)
		}
	}
	for range some(rng, n*awayYear*share(departures, day)) {
		t.planMove(rng, day, "外出")
	}
	for range some(rng, n*awayYear*share(returns, day)) {
		t.planMove(rng, day, "返乡")
	}
	t.planResidents(rng, day)
	return nil
}

// planWorkers plans who of the village workers writes, when, and of how many visits.
func (t *Town) planWorkers(rng *rand.Rand, day calendar.Day) {
	writing := float64(len(t.workers)) * t.Writes * 22 // days of writing a month
	each := t.scale() * contactsMonth / writing
	for _, c := range t.workers {
		if c.rng.Float64() >= t.Writes {
			continue
		}
		at := pick(c.rng, []time.Time{day.At(8, c.rng.IntN(60)), day.At(11, c.rng.IntN(60)), day.At(16, c.rng.IntN(60)), day.At(19, c.rng.IntN(60))})
		visits := some(c.rng, each)
		t.at(at, func() error { return t.writes(c, visits) })
	}
}

// planBooking has somebody book: by herself who uses WeChat, else by her contact.
func (t *Town) planBooking(rng *rand.Rand, day calendar.Day) {
	if rng.Float64() >= t.Bound {
		p := t.somebody(rng, func(p *person) bool { return p.openid == "" && p.contact != nil && p.booking == nil })
		if p != nil {
			t.at(day.At(9, rng.IntN(120)), func() error { return t.booksFor(p) })
		}
		return
	}
	p := pick(rng, t.people)
	hour, minute := awake(rng, day)
	if day == t.From {
		hour, minute = 18, 30+rng.IntN(90)
	}
	t.at(day.At(hour, minute), func() error { return t.books(p) })
}

// planMove has a contact write down that somebody left, or is home again.
func (t *Town) planMove(rng *rand.Rand, day calendar.Day, word string) {
	if p := t.somebody(rng, func(p *person) bool { return p.contact != nil && p.agreed }); p != nil {
		t.at(day.At(10+rng.IntN(9), rng.IntN(60)), func() error { return t.moves(p.contact, p, word) })
	}
}

// planResidents plans what residents on WeChat do of their own accord.
func (t *Town) planResidents(rng *rand.Rand, day calendar.Day) {
	for range some(rng, t.scale()*wishesMonth/30) {
		if p := t.somebody(rng, onWeChat); p != nil {
			t.at(day.At(awake(rng, day)), func() error { return t.wish(p) })
		}
	}
	for range some(rng, t.scale()*fullPeople*t.Bound*shareWithdraw/365) {
		if p := t.somebody(rng, onWeChat); p != nil {
			t.at(day.At(awake(rng, day)), func() error { return t.leaves(p) })
		}
	}
}

func onWeChat(p *person) bool { return p.openid != "" }

// somebody is a resident drawn among those of whom ok is true; nil when there are
// next to none.
func (t *Town) somebody(rng *rand.Rand, ok func(*person) bool) *person {
	for range 500 {
		if p := pick(rng, t.people); ok(p) {
			return p
		}
	}
	return nil
}

// notices has somebody find a message, and perhaps do what it says: from a push, or
// at the head of an answer. Each is known by the words that it asks for.
func (t *Town) notices(openid, text string) {
	if c := t.staff[openid]; c != nil {
		t.staffNotices(c, text)
		return
	}
	p := t.holders[openid]
	if p == nil {
		return
	}
	soon := func(chance float64, do func() error) {
		if p.rng.Float64() < chance {
			t.later(p.rng, 3*time.Minute, 2*time.Hour, do)
		}
	}
	plain := func(word string) func() error {
		return func() error { return t.talk(p.phone, word, func(screen) string { return "" }) }
	}
	has := func(word string) bool { return strings.Contains(text, word) }
	switch {
	case has("您约的时间快到了") && has("不来了"):
		soon(1, func() error { return t.reminded(p, "ahead") })
	case has("您约的时间在明天") && has("不来了"):
		soon(1, func() error { return t.reminded(p, "eve") })
	case has("您约的时间在今天") && has("不来了"):
		soon(0.3, func() error { return t.reminded(p, "morning") })
	case has("没赶上") && has("先不约") && !has("点一个就约上"):
		soon(1, func() error { return t.missed(p) })
	case has("资料可领取") || has("资料请本人领取"):
		soon(0.75, func() error { return t.paper(p) })
	case has("资料还在等您"):
		soon(0.5, func() error { return t.paper(p) })
	case has("有空位了"):
		soon(0.6, plain("要"))
	case has("您约的时间在明天") && has("改天"):
		soon(0.06, plain("改天"))
	case has("登记有一处更新"):
		soon(0.2, plain("看"))
	case has("有回复了"):
		soon(0.7, plain("看"))
	case has("替您约好了时间"), has("您约的时间改"):
		soon(0.3, plain("我的预约"))
	}
}

// staffNotices has a member of staff do what she is asked for; a worker rings on
// other days than those on which she writes too.
func (t *Town) staffNotices(c *cadre, text string) {
	switch {
	case strings.Contains(text, "要打个电话"), strings.Contains(text, "等您的电话"):
		t.later(c.rng, 2*time.Minute, 80*time.Minute, func() error { return t.rings(c) })
	case strings.Contains(text, "个电话，发“电话”看"), strings.Contains(text, "居民还在等") && strings.Contains(text, "电话"):
		t.later(c.rng, 2*time.Minute, 40*time.Minute, func() error { return t.rings(c) })
	case strings.Contains(text, "今日 全村"):
		if c.rng.Float64() < 0.5 {
			t.later(c.rng, 10*time.Minute, 20*time.Hour, func() error { return t.list(c, "今日 全村") })
		}
	case strings.Contains(text, "事请您接手"), strings.Contains(text, "件事还没人接"), strings.Contains(text, "件事等人接"):
		t.later(c.rng, 10*time.Minute, 3*time.Hour, func() error { return t.takes(c) })
	}
}

// later plans something between two spans from now, in the waking hours.
func (t *Town) later(rng *rand.Rand, least, most time.Duration, do func() error) {
	at := t.Clock.Now().Add(least + time.Duration(rng.Int64N(int64(most-least))))
	if calendar.Quiet(at) {
		day := calendar.DayOf(at)
		if at.After(day.At(12, 0)) {
			day++
		}
		at = day.At(7, 30+rng.IntN(50))
	}
	t.at(at, do)
}
