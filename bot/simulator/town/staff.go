package town

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"time"

	"xintiexin/storage/calendar"
)

// digits are n invented digits.
func digits(rng *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(byte('0' + rng.IntN(10)))
	}
	return b.String()
}

// writes is a village worker's day with the bot: what waits, then whom she met.
func (t *Town) writes(c *cadre, visits int) error {
	if err := t.list(c, "今日"); err != nil {
		return err
	}
	if c.rng.Float64() < 0.15 {
		if err := t.takes(c); err != nil {
			return err
		}
	}
	for range visits {
		p := t.met(c)
		if p == nil {
			return nil
		}
		if err := t.visits(c, p); err != nil {
			return err
		}
	}
	return nil
}

// met is whom a worker saw: mostly somebody who agreed before.
func (t *Town) met(c *cadre) *person {
	if len(c.people) == 0 {
		return nil
	}
	if c.rng.Float64() < shareElsewhere {
		return pick(c.rng, t.people) // somebody whom she may not see, most likely
	}
	for range 20 {
		if p := pick(c.rng, c.people); p.agreed || c.rng.Float64() < 0.05 {
			return p
		}
	}
	return pick(c.rng, c.people)
}

// list is 今日, or that of the others of the village: a few lines are dealt with.
func (t *Town) list(c *cadre, word string) error {
	for range 4 {
		waits := false
		err := t.talk(c.phone, word, func(s screen) string {
			if s.has("点一行就办") && len(s.options) > 0 {
				waits = true
				return strconv.Itoa(1 + c.rng.IntN(min(len(s.options), 8)))
			}
			return t.about(c, nil, s)
		})
		if err != nil || !waits {
			return err
		}
	}
	return nil
}

// visits writes down that somebody was met.
func (t *Town) visits(c *cadre, p *person) error {
	first := "走访 " + p.Name
	if c.rng.IntN(3) == 0 {
		first += " 都好"
	}
	return t.talk(c.phone, first, func(s screen) string { return t.about(c, p, s) })
}

// moves writes down that somebody went away or came back.
func (t *Town) moves(c *cadre, p *person, word string) error {
	return t.talk(c.phone, word+" "+p.Name, func(s screen) string { return t.about(c, p, s) })
}

// about answers what a worker is asked about somebody; p is nil where she took a
// line of a list.
func (t *Town) about(c *cadre, p *person, s screen) string {
	switch {
	case s.has("存好了", "办完了", "还在单子上", "没有记", "不用办了", "都不是，就"):
		if s.has("存好了") && p != nil {
			p.agreed = true
		}
		return ""
	case s.has("头一回记", "头一回约"):
		if s.has("真是新来的") { // a name of another village: she looks again
			return "取消"
		}
		return pick(c.rng, []string{"她说行", "她说行", "她说行", "她说行", "行", "她说行", "她说行", "她说行", "她说不行", s.optionNamed("见")})
	case s.has("不要了吗？"):
		return "1"
	case s.has("是哪一个？") || s.number("都不是") != "":
		if p != nil {
			if n := s.number(p.Tail()); p.Tail() != "" && n != "" {
				return n
			}
			if n := s.number(p.Group); n != "" {
				return n
			}
		}
		return "1"
	case s.has("是哪天？"):
		return "1"
	case s.has("今天是什么事？"):
		return pick(c.rng, []string{"1", "1", "2", "2", "3", "4"})
	case s.has("她怎么样？"):
		return pick(c.rng, []string{"1", "1", "都好", "都好", "1", "1", "都好", "2", "3", "4"})
	case s.has("要什么帮助？"):
		return pick(c.rng, []string{"问补贴怎么办", "要带哪些纸", "送点东西"})
	case s.has("去哪里了？"):
		return pick(c.rng, []string{"县城", "枣庄", "济南", "青岛", "临沂", "苏州", "北京"})
	case s.has("说好几时回来？"):
		return pick(c.rng, []string{"过年", "麦收", "说不准"})
	case s.has("1 保存"):
		if n := s.line("下回"); n != "" && s.has("下回：不定") && c.rng.Float64() < 0.4 {
			_, m, d := (calendar.DayOf(t.Clock.Now()) + calendar.Day(2+c.rng.IntN(13))).Date()
			return fmt.Sprintf("改%s %d月%d日", n, m, d)
		}
		return "1"
	case s.number("回过话了") != "":
		return s.number("回过话了")
	}
	return ""
}

// optionNamed is the label of the option that holds a word.
func (s screen) optionNamed(word string) string {
	for _, o := range s.options {
		if strings.Contains(o, word) {
			return o
		}
	}
	return "1"
}

// booksFor has a worker book for somebody without WeChat.
func (t *Town) booksFor(p *person) error {
	if p.booking != nil || p.contact == nil {
		return nil
	}
	c := p.contact
	b := t.plan(p, p.rng.Float64() < couples)
	last := screen{}
	err := t.talk(c.phone, "约号 "+p.Name, func(s screen) string {
		last = s
		m := bookedNumber.FindStringSubmatch(s.text)
		switch {
		case s.has("约上了") && m != nil:
			b.number = m[1]
			t.count.staff++
			t.booked(b)
			return ""
		case s.has("头一回约"):
			if s.has("真是新来的") {
				return "取消"
			}
			return "她说行"
		case s.has("几点到？"):
			return firstOf(s.anyOf(c.rng, "剩"), "1")
		case s.has("几个人来？"):
			if b.couple {
				return "两口子一块"
			}
			return "她一个人"
		case s.number("约上") == "1":
			return "1"
		case s.number("剩") != "":
			return firstOf(t.day(c.rng, s), "1")
		case s.has("已经约了"):
			return s.number("就这样")
		}
		return t.about(c, p, s)
	})
	if b.number == "" {
		t.trace("no booking", p.Name, last)
	}
	return err
}

// takes is 接: requests that wait for somebody to take them.
func (t *Town) takes(c *cadre) error {
	for range 5 {
		took := false
		err := t.talk(c.phone, "接", func(s screen) string {
			switch {
			case s.has("等回话的") && !took:
				took = true
				return "1"
			case s.number("月") != "" && s.has("请人上门"):
				return s.number("月")
			case s.number("回过话了") != "":
				return s.number("回过话了")
			case s.number("我来办") != "":
				return s.number("我来办")
			}
			return ""
		})
		if err != nil || !took {
			return err
		}
	}
	return nil
}

var called = regexp.MustCompile(`(?m)^([1-4]) \S+ (1\d{10}|没有留电话)`)

// rings is 电话: she rings those on her list, and writes down what came of it.
func (t *Town) rings(c *cadre) error {
	for range 6 {
		more := false
		err := t.talk(c.phone, "电话", func(s screen) string {
			lines := called.FindAllString(s.text, -1)
			switch {
			case s.has("还有") && s.has("位，发“电话”看"):
				more = true
				return ""
			case s.has("打完一句话记"):
				var said []string
				for i := range lines {
					said = append(said, fmt.Sprintf("%d%s", i+1, t.ends(c)))
				}
				return strings.Join(said, " ")
			case s.has("改到哪天？"):
				return "1"
			case s.number("没打通") != "":
				return t.ends(c)
			}
			return ""
		})
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// ends is how a call ends.
func (t *Town) ends(c *cadre) string {
	t.count.rung++
	switch n := c.rng.Float64(); {
	case n < 0.70:
		return "会来"
	case n < 0.77:
		return "改天"
	case n < 0.85:
		return "不来了"
	}
	return "没打通"
}

var guest = regexp.MustCompile(`(?m)^\d+ (.+?) (\d\d):(\d\d) (\d{4}-\d{2})`)

// opens is the clinic's morning: who is booked today, and each at her hour.
func (t *Town) opens(day calendar.Day) error {
	c := t.clinician
	return t.talk(c.phone, "今天的号", func(s screen) string {
		for _, m := range guest.FindAllStringSubmatch(s.text, -1) {
			number := m[4]
			if t.seen[day.String()+number] {
				continue
			}
			t.seen[day.String()+number] = true
			var hour, minute int
			fmt.Sscanf(m[2]+" "+m[3], "%d %d", &hour, &minute)
			at := day.At(hour, minute).Add(time.Duration(10+c.rng.IntN(40)) * time.Minute)
			t.at(at, func() error { return t.sees(number, day) })
		}
		if s.number("更多") != "" || strings.HasSuffix(s.text, "更多") {
			return "更多"
		}
		return ""
	})
}

// sees is the hour of one booking at the clinic.
func (t *Town) sees(number string, day calendar.Day) error {
	c, b := t.clinician, t.bookings[number]
	plain := func(screen) string { return "" }
	comes := c.rng.Float64() >= shareMissed
	if b != nil {
		comes = b.intent != "forget" && b.intent != "cancel"
	}
	if comes {
		t.count.came++
	} else {
		t.count.missed++
	}
	switch {
	case !comes && c.rng.Float64() < 0.9:
		return t.talk(c.phone, number+"没来", plain)
	case !comes: // the end of the day closes it
		return nil
	}
	if err := t.talk(c.phone, number+"到了", plain); err != nil {
		return err
	}
	t.later(c.rng, 40*time.Minute, 2*time.Hour, func() error { return t.talk(c.phone, number+"办完了", plain) })
	ready := day + 7 // ready_days of the site
	if !t.Holidays.Working(ready) {
		ready = t.Holidays.NextWorking(ready)
	}
	t.at(ready.At(10, c.rng.IntN(50)), func() error { return t.ready(number) })
	return nil
}

// ready says that a paper can be collected; who cannot be written to has it handed
// over at the desk.
func (t *Town) ready(number string) error {
	c := t.clinician
	return t.talk(c.phone, "可领 "+number, func(s screen) string {
		if s.has("怎么交？") {
			return pick(c.rng, []string{"1", "2", "3"})
		}
		if s.has("收不到消息") {
			t.later(c.rng, 24*time.Hour, 96*time.Hour, func() error {
				return t.talk(c.phone, number+" 本人领了", func(screen) string { return "" })
			})
		}
		return ""
	})
}

// hands is 药具单: what was asked for is made ready and handed over.
func (t *Town) hands() error {
	c := t.clinician
	took := false
	return t.talk(c.phone, "药具单", func(s screen) string {
		switch {
		case s.has("等着的") && !took:
			took = true
			return "1"
		case s.number("备好了") != "":
			return s.number("备好了")
		case s.number("交到手了") != "":
			return s.number("交到手了")
		}
		return ""
	})
}
