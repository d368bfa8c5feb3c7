package scheduler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"xintiexin/bot/wechat/fake"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
)

// news books n deliveries to 孟丽 for which she does not wait, due now.
func (r *rig) news(n int) (causes []string) {
	r.t.Helper()
	who, _ := r.mengli()
	for i := range n {
		causes = append(causes, r.owe(fmt.Sprint("news ", i), []string{"recorded", "paper_ready", "paper_reminder"}[i%3], "r:"+who.ID))
	}
	return causes
}

// TestOneDigest: several things for which nobody waits are one message, whatever
// carries it; what comes later that day waits for the next.
func TestOneDigest(t *testing.T) {
	t.Run("by customer message", func(t *testing.T) {
		r := outboxRig(t)
		r.says(mengli, "帮助")
		causes := r.news(3)
		r.tick(r.clock.Now())
		text := r.got(1)[0].Text
		for _, part := range []string{"您的登记有一处更新", "有一份资料可领取", "有一份资料还在等您"} {
			if !strings.Contains(text, part) {
				t.Errorf("%q has no %q", text, part)
			}
		}
		if n := strings.Count(text, "不想收"); n != 1 || !strings.HasSuffix(text, "T。") {
			t.Errorf("%q says %d times how to stop it", text, n)
		}
		for _, c := range causes {
			r.is(c, outbox.Sent, "")
		}
		who, _ := r.mengli()
		r.owe("later", "recorded", "r:"+who.ID)
		r.play(wednesday.At(23, 0))
		r.got(1)
		r.play((wednesday + 1).At(20, 0))
		r.is("later", outbox.Sent, "")
		r.got(2)
	})
	t.Run("by template", func(t *testing.T) {
		r := outboxRig(t)
		causes := r.news(3)
		r.tick(r.clock.Now())
		p := r.got(1)[0]
		if !strings.HasSuffix(p.Data["thing1"], "，另有2件") {
			t.Errorf("the card: %v", p.Data)
		}
		states := map[outbox.DeliveryState]int{}
		for _, c := range causes {
			states[r.delivery(c).State]++
		}
		if states[outbox.Sent] != 1 || states[outbox.Deferred] != 2 {
			t.Errorf("%v", states)
		}
		r.says(mengli, "看")
		for _, c := range causes {
			if d := r.delivery(c); d.State == outbox.Deferred {
				t.Errorf("%s was not in her answer", c)
			}
		}
	})
	t.Run("with a reminder", func(t *testing.T) {
		r := outboxRig(t)
		causes := r.news(2)
		who, _ := r.mengli()
		r.update(func(tx *record.Tx) error {
			_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "eve", Kind: "visit_eve", To: "r:" + who.ID, Facts: map[string]string{"day": (wednesday + 1).String()},
				Earliest: wednesday.At(18, 30).Unix(), Latest: wednesday.At(20, 0).Unix()})
			return err
		})
		r.tick(r.clock.Now())
		r.play(wednesday.At(18, 29))
		r.got(0)
		r.says(mengli, "帮助")
		r.play(wednesday.At(18, 40))
		p := r.got(1)[0]
		if !strings.Contains(p.Text, "您约的时间在明天") || !strings.Contains(p.Text, "更新") {
			t.Errorf("%q", p.Text)
		}
		for _, c := range append(causes, "eve") {
			r.is(c, outbox.Sent, "")
		}
	})
}

// TestDigestFails: what goes along is not lost with what carries it.
func TestDigestFails(t *testing.T) {
	for _, c := range []struct {
		name    string
		window  bool
		weather fake.Weather
		taken   int
		states  map[outbox.DeliveryState]int
	}{
		{"the card is refused: the next goes", false, code(47003), 1, map[outbox.DeliveryState]int{outbox.Sent: 1, outbox.Deferred: 2}},
		{"the card is put off", false, code(-1), 1, map[outbox.DeliveryState]int{outbox.Sent: 1, outbox.Booked: 2}},
		{"nobody knows of the card: it goes again", false, fake.Weather{Lost: true}, 1, map[outbox.DeliveryState]int{outbox.Sent: 1, outbox.Booked: 2}},
		{"nobody knows of the text: of none of it", true, fake.Weather{Lost: true}, 1, map[outbox.DeliveryState]int{outbox.Unknown: 3}},
		{"the text is refused", true, code(45015), 1, map[outbox.DeliveryState]int{outbox.Sent: 1, outbox.Booked: 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := outboxRig(t)
			path := templatePath
			if c.window {
				r.says(mengli, "帮助")
				path = customPath
			}
			r.platform.Fail(path, c.weather)
			causes := r.news(3)
			r.tick(r.clock.Now())
			r.play(r.clock.Now().Add(10 * time.Minute))
			r.got(c.taken)
			states := map[outbox.DeliveryState]int{}
			for _, cause := range causes {
				states[r.delivery(cause).State]++
			}
			if fmt.Sprint(states) != fmt.Sprint(c.states) {
				t.Errorf("%v, want %v", states, c.states)
			}
			for d := range 3 {
				r.play((wednesday+1).At(10, 0).AddDate(0, 0, d))
			}
			for _, cause := range causes {
				if d := r.delivery(cause); d.State == outbox.Booked || d.State == outbox.Claimed {
					t.Errorf("%s is still %s", cause, d.State)
				}
			}
		})
	}
}

// TestDigestCrash: the program dies while several go as one.
func TestDigestCrash(t *testing.T) {
	for _, window := range []bool{false, true} {
		t.Run(fmt.Sprint("by customer message: ", window), func(t *testing.T) {
			r := outboxRig(t)
			if window {
				r.says(mengli, "帮助")
			}
			causes := r.news(3)
			r.crash(true)
			r.start(r.bot)
			r.jobs.Jobs = nil
			r.tick(r.clock.Now())
			r.play(r.clock.Now().Add(time.Hour))
			r.got(1)
			want := map[outbox.DeliveryState]int{outbox.Sent: 1, outbox.Deferred: 2}
			if window {
				want = map[outbox.DeliveryState]int{outbox.Unknown: 3}
			}
			states := map[outbox.DeliveryState]int{}
			for _, c := range causes {
				states[r.delivery(c).State]++
			}
			if fmt.Sprint(states) != fmt.Sprint(want) {
				t.Errorf("%v, want %v", states, want)
			}
		})
	}
}

// TestTwoDaysAway: after an outage of two days each missed run is made up once at
// most, what is stale is dropped, and the rest is spread: no minute sees a storm,
// and nobody gets more than one digest a day.
func TestTwoDaysAway(t *testing.T) {
	r := newRig(t, wednesday.At(10, 0))
	r.withTemplates()
	const people = 300
	ids := r.residents(people)
	kinds := []struct {
		kind        string
		from, until time.Time
	}{
		{"recorded", wednesday.At(18, 30), (wednesday + 4).At(9, 0)},
		{"paper_ready", (wednesday + 1).At(9, 0), (wednesday + 30).At(0, 0)},
		{"visit_eve", wednesday.At(18, 30), wednesday.At(20, 0)},             // stale when it is back
		{"visit_eve", (wednesday + 2).At(18, 30), (wednesday + 2).At(20, 0)}, // not yet
	}
	r.update(func(tx *record.Tx) error {
		for i := range people {
			for j, k := range kinds {
				_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: fmt.Sprintf("%d/%d", i, j), Kind: k.kind, To: "r:" + ids[i],
					Facts: map[string]string{"day": wednesday.String()}, Earliest: k.from.Unix(), Latest: k.until.Unix()})
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	r.jobs.Rate = -1
	r.tick(wednesday.At(10, 1))
	back := (wednesday + 2).At(9, 5) // 47 hours and some: the clock is believed
	r.clock.set(back)
	r.start(r.bot)
	r.jobs.Rate = -1
	r.play((wednesday + 2).At(23, 0))

	minutes, days := map[string]int{}, map[string]int{}
	for _, p := range r.platform.Pushes() {
		if p.At.Before(back) || p.To == wang {
			continue
		}
		minutes[p.At.In(calendar.Zone).Format("15:04")]++
		days[p.To]++
	}
	for m, n := range minutes {
		if n > people/10 && m < "18:30" {
			t.Errorf("%d messages in the minute %s", n, m)
		}
	}
	for _, n := range days {
		if n > 1 {
			t.Errorf("somebody got %d messages on the day after", n)
		}
	}
	states := map[string]int{}
	r.view(func(tx *record.Tx) error {
		clear(states)
		for i := range people {
			for j, k := range kinds {
				d, err := outbox.DeliveryOf(tx, fmt.Sprintf("%d/%d", i, j))
				if err != nil {
					return err
				}
				states[fmt.Sprintf("%s %d %s %s", k.kind, j, d.State, d.Reason)]++
			}
		}
		return nil
	})
	if states["visit_eve 2 dropped stale"] != people || states["visit_eve 3 sent "] != people {
		t.Errorf("%v", states)
	}
	if n := r.log.count(`name=morning-list `); n != 1 {
		t.Errorf("the morning list was made %d times, want once", n)
	}
	t.Logf("%v; %d pushes", states, len(days))
}

// residents makes n who have a WeChat, and returns their ids.
func (r *rig) residents(n int) (ids []string) {
	r.t.Helper()
	r.update(func(tx *record.Tx) error {
		ids = nil
		for i := range n {
			one, err := person.AddResident(tx, person.Resident{Name: "居民"}, fmt.Sprint("resident", i))
			if err != nil {
				return err
			}
			ids = append(ids, one.ID)
			if err := person.BindResident(tx, seed.OpenID("resident", one.ID), one.ID); err != nil {
				return err
			}
		}
		return nil
	})
	for _, id := range ids {
		r.platform.Followed(seed.OpenID("resident", id))
	}
	return ids
}
