package scheduler_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"xintiexin/bot/wechat/fake"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
	"xintiexin/storage/townconfig"
)

// badDay is a day of the platform's: one call in ten is answered -1 all day long,
// the token dies twice, for half a minute nothing answers, for ten minutes
// connections break (also after what was asked is done), for ten the platform's front
// door is broken, and for an hour the day's quota of template messages seems used up.
func badDay(random *rand.Rand) func(string, time.Time) (fake.Weather, bool) {
	died := 0
	return func(path string, at time.Time) (fake.Weather, bool) {
		during := func(h, m int, d time.Duration) bool {
			since := at.Sub(wednesday.At(h, m))
			return since >= 0 && since < d
		}
		chance := random.Float64()
		for i, m := range []int{20, 50} {
			if path != tokenPath && died == i && !at.Before(wednesday.At(9, m)) {
				died++
				return code(42001), true
			}
		}
		switch {
		case path == templatePath && during(14, 0, time.Hour):
			return code(45009), true
		case during(11, 30, 30*time.Second):
			return fake.Weather{Hang: true}, true
		case during(12, 0, 10*time.Minute) && chance < 0.5:
			return []fake.Weather{{Reset: true}, {Lost: true}}[random.IntN(2)], true
		case during(13, 0, 10*time.Minute) && chance < 0.7:
			return []fake.Weather{{HTTP: 500}, {HTTP: 502}, {HTTP: 503}}[random.IntN(3)], true
		case chance < 0.1:
			return code(-1), true
		}
		return fake.Weather{}, false
	}
}

// TestWeather: through a bad day of the platform each delivery comes to one end,
// and what the store says matches what the platform took, to the unit.
func TestWeather(t *testing.T) {
	r := outboxRig(t)
	const people, deliveries = 40, 400
	r.crowd(people)
	r.jobs.Rate = -1
	r.bot.Client.Timeout = 100 * time.Millisecond
	random := rand.New(rand.NewPCG(7, 7))
	causes := r.bookDay(random, people, deliveries)
	for i := range people {
		switch i % 10 {
		case 7:
			r.platform.Unfollow(many(i))
		case 8:
			r.platform.Block(many(i))
		}
	}
	r.update(func(tx *record.Tx) error {
		keys := map[string]string{"event": "thing1", "date": "date2", "remark": "thing3"}
		return outbox.PutSubscriptionTemplates(tx, townconfig.Templates{"morning": {ID: "SUB", Keys: keys}})
	})
	r.platform.Script(badDay(random))
	for h := 9; h < 16; h++ {
		for i := 1; i < people; i += 4 { // every fourth accepts now and then; one of them says no at noon
			if i%10 != 7 {
				r.subscribes(many(i), h != 12 || i != 1)
			}
		}
		for i := 0; i < people; i += 3 { // every third writes now and then
			if i%10 != 7 {
				r.says(many(i), "帮助")
			}
		}
		r.play(wednesday.At(h, 30))
		r.play(wednesday.At(h+1, 0))
	}
	r.platform.Script(nil)
	for d := range 4 {
		r.play((wednesday+1).At(9, 0).AddDate(0, 0, d))
	}
	if _, err := r.driver.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.tally(causes)
}

// subscribes has somebody answer the page of notices.
func (r *rig) subscribes(openid string, yes bool) {
	r.t.Helper()
	if _, err := r.driver.Subscribe(openid, map[string]bool{"SUB": yes}); err != nil {
		r.t.Fatal(err)
	}
}

// many is the WeChat of one of the crowd.
func many(i int) string { return seed.OpenID("many", fmt.Sprintf("many%d", i)) }

// bookDay books deliveries from nine to three: each says a number of its own, and
// keeps for between ten minutes and a day and a half.
func (r *rig) bookDay(random *rand.Rand, people, n int) (causes []string) {
	r.t.Helper()
	r.update(func(tx *record.Tx) error {
		causes = nil
		for i := range n {
			at := wednesday.At(9, 0).Add(time.Duration(i) * 6 * time.Hour / time.Duration(n)).Truncate(time.Minute)
			keeps := []time.Duration{10 * time.Minute, 2 * time.Hour, 36 * time.Hour}[i%3]
			causes = append(causes, fmt.Sprint("n", i))
			_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: causes[i], Kind: "morning", To: fmt.Sprintf("c:many%d", i*7%people),
				Facts:    map[string]string{"count": fmt.Sprint(i + 1), "day": wednesday.String()},
				Earliest: at.Unix(), Latest: at.Add(keeps).Unix(), Priority: i % 4})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return causes
}

// tally compares each delivery with what the platform took of it, by its number.
func (r *rig) tally(causes []string) {
	r.t.Helper()
	keys, texts, pushes := map[string]int{}, map[string]int{}, len(r.platform.Pushes())
	for _, p := range r.platform.Pushes() {
		switch p.Channel {
		case fake.TemplateSend:
			keys[p.ClientMsgID]++
		case fake.Notice: // it says the number, as the text does
			number, _, _ := strings.Cut(p.Data["thing1"], "件")
			texts[number]++
		default:
			_, after, _ := strings.Cut(p.Text, "今天有")
			number, _, _ := strings.Cut(after, "件")
			texts[number]++
		}
	}
	sums := map[string]int{}
	taken := 0
	for _, cause := range causes {
		d := r.delivery(cause)
		byKey, byText := keys[d.ClientMsgID()], texts[d.Facts["count"]]
		taken += byKey + byText
		what := fmt.Sprintf("%s by %s", d.State, d.Channel)
		good := false
		switch {
		case d.State == outbox.Sent || d.State == outbox.Delivered && d.Channel != "reply":
			good = byKey+byText == 1 && (d.Channel == "template") == (byKey == 1)
		case d.State == outbox.Unknown:
			good = byKey+byText <= 1
			what += fmt.Sprintf(", taken %d", byKey+byText)
		case d.State == outbox.Deferred || d.State == outbox.Delivered:
			good = byKey+byText == 0
		case d.State == outbox.Dropped:
			reason, _, _ := strings.Cut(d.Reason, ":")
			what = "dropped: " + reason
			good = d.Reason != "" && (byKey+byText == 0) == !strings.HasPrefix(d.Reason, "platform: ")
		}
		if sums[what]++; !good {
			r.t.Errorf("%s is %s %q; the platform took %d by its key and %d by its text", cause, what, d.Reason, byKey, byText)
		}
	}
	if taken != pushes {
		r.t.Errorf("the platform took %d, of which %d are known", pushes, taken)
	}
	all := 0
	for _, n := range sums {
		all += n
	}
	if all != len(causes) {
		r.t.Errorf("%d booked, %d accounted for", len(causes), all)
	}
	for i := range 40 { // what she accepted and the bot believes that she has, the platform has at least
		r.view(func(tx *record.Tx) error {
			s, err := outbox.LoadSubscription(tx, many(i))
			if theirs := r.platform.Consents(many(i), "SUB"); s.Left["SUB"] > theirs {
				r.t.Errorf("%d notices are counted for the one of number %d, the platform knows of %d", s.Left["SUB"], i, theirs)
			}
			return err
		})
	}
	r.t.Logf("%d booked, %d taken: %v", len(causes), pushes, sums)
}
