package town

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"time"

	"xintiexin/storage/seed"
)

// What residents do, where domain.md says nothing: estimates.
const (
	answersAhead = 0.50 // of who has a booking: the reminder of three days before
	answersEve   = 0.20 // that of the evening before
	wantsRing    = 0.35 // asks to be rung if a message does not reach her or is not answered
	couples      = 0.75 // of bookings
	spouseJoins  = 0.50 // of couples with WeChat: he agrees by the code
	noneSuits    = 0.05 // joins the waiting list
)

var (
	bookedNumber = regexp.MustCompile(`号 ?(\d{4}-\d{2})`)
	pairCode     = regexp.MustCompile(`发 (\d{4} ?\d{4})；`)
	circled      = regexp.MustCompile(`(?m)^([①-⑨]) ?(.+?)：`)
)

// line is the number of a line of a summary that is headed so, "" when there is none.
func (s screen) line(head string) string {
	for _, m := range circled.FindAllStringSubmatch(s.text, -1) {
		if m[2] == head {
			return string(rune('1' + []rune(m[1])[0] - '①'))
		}
	}
	return ""
}

// plan draws what will become of a booking: she comes, moves it, gives it up, or
// forgets it (domain.md 7.4).
func (t *Town) plan(p *person, couple bool) *booking {
	b := &booking{of: p, couple: couple, intent: "come", answers: "none"}
	switch n := p.rng.Float64(); {
	case n < shareReschedule:
		b.intent = "move"
	case n < shareReschedule+0.03:
		b.intent = "cancel"
	case n < shareReschedule+0.03+shareMissed:
		b.intent = "forget"
		return b
	}
	switch n := p.rng.Float64(); {
	case n < answersAhead:
		b.answers = "ahead"
	case n < answersAhead+answersEve:
		b.answers = "eve"
	}
	return b
}

// books has somebody book by message: who does not follow yet scans the poster first.
func (t *Town) books(p *person) error {
	if p.booking != nil {
		return nil
	}
	if p.openid == "" {
		p.openid = seed.OpenID("booker", p.ID)
		t.follows(p)
		if _, err := t.Phones.Follow(p.openid, "village_"+p.Village); err != nil {
			return err
		}
	}
	b := t.plan(p, p.rng.Float64() < couples)
	first := pick(p.rng, []string{"约号", "约号", "想约个号", "约号 俺俩", "检查"})
	if strings.Contains(first, "俩") {
		b.couple = true
	}
	last := screen{}
	rung := p.rng.Float64() >= wantsRing
	err := t.talk(p.phone, first, func(s screen) string {
		last = s
		if s.has("约成这样") && !rung {
			rung = true
			return "改" + s.line("没回话时")
		}
		if s.has("没回话时，改成", "谁给您打电话？") {
			return firstOf(s.number("村里的"), s.number("镇上的人"))
		}
		if m := bookedNumber.FindStringSubmatch(s.text); s.has("约上了") && m != nil {
			b.number = m[1]
			t.count.self++
			t.booked(b)
			if m := pairCode.FindStringSubmatch(s.text); m != nil && p.rng.Float64() < spouseJoins {
				t.later(p.rng, 20*time.Minute, 20*time.Hour, func() error { return t.joins(p, m[1]) })
			}
			return ""
		}
		return t.own(p, b, s)
	})
	if b.number == "" {
		t.trace("no booking", first, last)
	}
	return err
}

// booked keeps a booking in everybody's memory.
func (t *Town) booked(b *booking) {
	b.of.booking = b
	t.bookings[b.number] = b
}

// own answers what somebody is asked about herself and a booking of hers.
func (t *Town) own(p *person, b *booking, s screen) string {
	switch {
	case s.has("1 同意\n2 不同意"):
		return "同意"
	case s.has("怎么称呼？"):
		return p.Name + " " + t.number(p)
	case s.has("请再发一次电话", "电话多少"):
		return t.number(p)
	case s.has("哪个村的联系人看"):
		return firstOf(s.number("先不了"), "1")
	case s.has("几个人来？"):
		if b != nil && b.couple {
			return "俺俩一块去"
		}
		return "我一个人"
	case s.has("几点到？"):
		return firstOf(s.anyOf(p.rng, "剩"), "1")
	case s.number("约上", "改成这样") == "1", s.has("退这个", "只退您自己"):
		return "1"
	case s.number("剩") != "":
		if n := s.number("都不行"); n != "" && p.rng.Float64() < noneSuits {
			return n
		}
		return firstOf(t.day(p.rng, s), s.number("先不"))
	case s.has("已经约了"):
		return s.number("就这样")
	}
	return ""
}

// day is the number of a day that suits somebody, which may be a later one.
func (t *Town) day(rng *rand.Rand, s screen) string {
	if more := s.number("再往后"); more != "" && rng.Float64() < 0.5 {
		return more
	}
	return firstOf(s.anyOf(rng, "剩"), s.number("再往后"))
}

// number is a phone to sign up with.
func (t *Town) number(p *person) string {
	if p.Phone == "" {
		p.Phone = "154" + digits(p.rng, 8)
	}
	return p.Phone
}

// joins is the spouse who agrees by the code of a booking.
func (t *Town) joins(p *person, code string) error {
	he := &person{Resident: p.Resident, phone: phone{seed.OpenID("spouse", p.ID), t.source("spouse " + p.ID)}, with: p}
	he.Name, he.Phone = pick(he.rng, []string{"志强", "建军", "海涛", "永刚"}), "179"+digits(he.rng, 8)
	t.follows(he)
	if _, err := t.Phones.Follow(he.openid, ""); err != nil {
		return err
	}
	return t.talk(he.phone, code, func(s screen) string { return t.own(he, nil, s) })
}

// reminded answers a reminder of a booking, if she answers this one.
func (t *Town) reminded(p *person, which string) error {
	b := p.booking
	if p.with != nil {
		if p.rng.Float64() < 0.6 {
			return t.talk(p.phone, "来", func(screen) string { return "" })
		}
		return nil
	}
	if b == nil || b.answered || b.answers != which && which != "morning" || b.answers == "none" {
		return nil
	}
	b.answered = true
	switch b.intent {
	case "move":
		return t.talk(p.phone, pick(p.rng, []string{"改期", "改期", "改期吧"}), func(s screen) string {
			if m := bookedNumber.FindStringSubmatch(s.text); s.has("改好了，号") && m != nil {
				delete(t.bookings, b.number)
				t.count.moved++
				next := *b
				next.number, next.intent, next.answered = m[1], "come", false
				t.booked(&next)
				return ""
			}
			return t.own(p, b, s)
		})
	case "cancel":
		return t.talk(p.phone, "不来了", func(s screen) string {
			if s.has("退好了") {
				delete(t.bookings, b.number)
				p.booking = nil
				return ""
			}
			return t.own(p, b, s)
		})
	}
	return t.talk(p.phone, pick(p.rng, []string{"来", "来", "来", "来的", "知道了"}), func(screen) string { return "" })
}

// missed answers the one message after she did not come.
func (t *Town) missed(p *person) error {
	switch n := p.rng.Float64(); {
	case n < 0.4:
		return t.talk(p.phone, "换天", func(s screen) string {
			if m := bookedNumber.FindStringSubmatch(s.text); s.has("约上了") && m != nil {
				b := t.plan(p, false)
				b.number, b.intent = m[1], "come"
				t.booked(b)
				return ""
			}
			return t.own(p, nil, s)
		})
	case n < 0.7:
		return t.talk(p.phone, "先不约", func(screen) string { return "" })
	}
	return nil
}

// paper asks for a paper that can be collected and says how she gets it; she comes
// on that day and signs for it.
func (t *Town) paper(p *person) error {
	coming := false
	err := t.talk(p.phone, "看", func(s screen) string {
		switch {
		case s.has("哪天来？带身份证"):
			if p.rng.Float64() < 0.1 {
				return s.number("先替我留着")
			}
			coming = true
			return pick(p.rng, []string{"1", "2", "3"})
		case s.has("1 同意\n2 不同意"):
			return "同意"
		}
		return ""
	})
	if err != nil || !coming {
		return err
	}
	t.later(p.rng, 16*time.Hour, 60*time.Hour, func() error {
		if err := t.talk(p.phone, "到了", func(screen) string { return "" }); err != nil {
			return err
		}
		return t.talk(p.phone, "签收", func(s screen) string {
			switch {
			case s.has("拿到手了吗"):
				return "1"
			case s.has("办得怎么样"):
				return pick(p.rng, []string{"1", "1", "2", "4"})
			}
			return ""
		})
	})
	return nil
}

// wish is something else that a resident turns to the bot for.
func (t *Town) wish(p *person) error {
	switch n := p.rng.IntN(10); {
	case n < 3:
		return t.asks(p, "找人 "+pick(p.rng, []string{"问补贴怎么办", "手续要带什么", "表在哪领"}))
	case n < 5:
		return t.asks(p, "药具")
	case n < 6:
		return t.asks(p, "请人上门 "+pick(p.rng, []string{"周三上午、周五下午", "下周二上午、下周四下午"}))
	case n < 8:
		return t.asks(p, "讲堂")
	}
	return t.asks(p, pick(p.rng, []string{"看", "我的预约", "问事", "帮助"}))
}

func (t *Town) asks(p *person, first string) error {
	signed := false
	return t.talk(p.phone, first, func(s screen) string {
		switch {
		case s.has("1 同意\n2 不同意"), s.has("怎么称呼？"), s.has("请再发一次电话"):
			return t.own(p, nil, s)
		case s.has("怎么拿？"):
			return pick(p.rng, []string{"1", "2"})
		case s.number("报名") != "" && !signed:
			signed = true
			return s.number("报名")
		}
		return ""
	})
}

// leaves takes one consent back, or unsubscribes.
func (t *Town) leaves(p *person) error {
	switch p.rng.IntN(5) {
	case 0, 1:
		return t.talk(p.phone, "T", func(s screen) string { return s.number("留着") })
	case 2:
		return t.talk(p.phone, "都删掉", func(s screen) string {
			if s.has("确定就发") {
				p.booking = nil
				return "删掉"
			}
			return ""
		})
	}
	return t.talk(p.phone, "撤回同意", func(s screen) string {
		if len(s.options) > 1 && s.has("撤回哪") {
			return "1"
		}
		return ""
	})
}

func firstOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}
