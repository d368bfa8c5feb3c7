package flows_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/record"
)

// said is what people say about bookings, in any order.
var said = strings.Split("约号|约号 28号|约号 28号 9点 俺俩|约|28号|29号 一个人|下周四|腊月二十一|月底|昨天|2月30|3月30号|1|2|3|4|5|8|早上8点半|9点|3点|俺俩一块去|一个人|"+
	"约上|中|改1|改2 九点|改3 俺俩|改4|改5|改5 镇上的人|改到29号|改期|改期 9点|换天|换个钟点|退号|退|不来了|先不约|来|要|候补|都不行|有空了告诉我|再往后的|年后的|不等了|接着等|看别的天|"+
	"我的预约|卡|俺上夜班看不见微信咋弄|返回|跳过|取消|先放着|继续|撤销|帮助|更多|1 8点半|1 俺俩|[旧 1 早上8:00 剩4]|[语音]|[菜单 约号]|PAIRCODE|11112222|同意|是|不是|给自家约|约号 周桂兰|改期 周桂兰 29号|退号 周桂兰", "|")

// TestWhateverIsSaidAboutBookingsIsAnswered says things in any order, from several
// people at once, with seats that come and go and a restart now and then: each is
// answered in a screen's length, and no seat is sold twice.
func TestWhateverIsSaidAboutBookingsIsAnswered(t *testing.T) {
	p := &player{t: t, path: filepath.Join(t.TempDir(), "x.db"), token: map[string]uint32{}, residents: map[string]string{}, codes: map[string]string{}}
	p.open()
	defer func() { p.store.Close() }()
	p.now = calendar.Date(2027, 1, 12).At(9, 0)
	p.town()
	p.do("site")
	people := []string{"小燕", "孙丽", "马兰", "何静", "志强"}
	for i, name := range people {
		p.do("signed " + name + " 1790000" + strconv.Itoa(1000+i))
	}
	p.do("kin 小燕 孟丽")
	for _, h := range []string{"08:00", "08:30", "09:00"} { // few seats, so that they are missing
		p.do("slot 2027-01-28 " + h + " 1")
		p.do("slot 2027-01-29 " + h + " 2")
	}
	people = append(people, "王桂英", "赵文静")
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 2000 {
		p.who = people[r.IntN(len(people))]
		words := said[r.IntN(len(said))]
		answered := p.send(words)
		if n := strings.Count(answered, "\n") + 1; answered == "" || n > 20 {
			t.Fatalf("%d: %s says %q, answered in %d lines:\n%s", i, p.who, words, n, answered)
		}
		for line := range strings.SplitSeq(answered, "\n") {
			if n := len([]rune(line)); n > 44 {
				t.Fatalf("%d: %s says %q: a line of %d characters: %s", i, p.who, words, n, line)
			}
		}
		p.now = p.now.Add(time.Duration(r.IntN(600)) * time.Second)
		switch r.IntN(50) {
		case 0:
			p.push()
		case 1:
			p.store.Close()
			p.open()
		case 2:
			p.do("slot 2027-02-0" + strconv.Itoa(2+r.IntN(2)) + " 08:30 " + strconv.Itoa(r.IntN(3)+1))
		}
		if i%100 == 0 {
			p.sound()
		}
	}
}

// sound fails where more seats are taken or held than a slot has; a clerk may
// take seats away from a slot that is full, so those days are left out.
func (p *player) sound() {
	err := p.store.View(context.Background(), func(tx *record.Tx) error {
		today := calendar.DayOf(p.now)
		slots, err := bookings.Slots(tx, "checkup", today, today+60, p.now)
		for _, o := range slots {
			if y, m, d := o.Day.Date(); y == 2027 && m == time.February && (d == 2 || d == 3) {
				continue
			}
			if o.Taken < 0 || o.Held < 0 || o.Taken+o.Held > o.Capacity {
				p.t.Fatalf("slot %s has %d seats, %d taken, %d held", o.Key(), o.Capacity, o.Taken, o.Held)
			}
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
}
