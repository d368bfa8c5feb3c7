package scheduler_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"xintiexin/bot/wechat/fake"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
)

// weathers is all that may befall a call.
var weathers = []fake.Weather{
	code(-1), code(-1), code(45011), code(45009), code(45015), code(45047), code(47003), code(43004), code(48002),
	code(40001), code(48001), code(99999), {Lost: true}, {Lost: true}, {Reset: true}, {HTTP: 502},
}

// TestAnyDay: whatever the weather, whenever the program dies and however long
// it is away, each delivery ends in one way, the sums match what the platform
// took, and no template message is taken twice.
func TestAnyDay(t *testing.T) {
	days := 25
	if testing.Short() {
		days = 5
	}
	for seed := range uint64(days) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := outboxRig(t)
			causes := anyDay(r, rand.New(rand.NewPCG(seed, 7)))
			r.platform.FailOften(0, nil, fake.Weather{})
			r.settle()
			r.balance(causes)
		})
	}
}

// anyDay does sixty things at random and returns what was booked.
func anyDay(r *rig, random *rand.Rand) (causes []string) {
	r.t.Helper()
	kinds := []string{"morning", "visit_eve", "recorded"}
	for range 60 {
		switch random.IntN(9) {
		case 0, 1, 2:
			for range 1 + random.IntN(3) {
				cause := fmt.Sprint("cause ", len(causes))
				causes = append(causes, cause)
				now := r.clock.Now()
				from := now.Add(time.Duration(random.IntN(3600)) * time.Second)
				r.update(func(tx *record.Tx) error {
					_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: cause, Kind: kinds[random.IntN(3)], To: "c:wangguiying",
						Facts:    map[string]string{"count": "2", "day": wednesday.String()},
						Earliest: from.Unix(), Latest: from.Add(time.Duration(1+random.IntN(7200)) * time.Second).Unix(), Booked: now.Unix()})
					return err
				})
			}
		case 3:
			path := []string{templatePath, templatePath, customPath, tokenPath}[random.IntN(4)]
			for range 1 + random.IntN(4) {
				r.platform.Fail(path, weathers[random.IntN(len(weathers))])
			}
		case 4:
			r.platform.FailOften(float64(random.IntN(4))/10, random.Float64, weathers[random.IntN(len(weathers))])
		case 5:
			r.says(wang, []string{"帮助", "今日"}[random.IntN(2)])
		case 6:
			causes = append(causes, r.owe(fmt.Sprint("cause ", len(causes)), "morning", "c:wangguiying"))
			r.crash(random.IntN(2) == 0)
			away := []int{1, 60, 500, 545, 660, 4000}[random.IntN(6)]
			r.clock.set(r.clock.Now().Add(time.Duration(away) * time.Second))
			r.start(r.bot)
			r.jobs.Jobs = nil
		default:
			r.play(r.clock.Now().Add(time.Duration(1+random.IntN(1800)) * time.Second))
		}
	}
	return causes
}

// settle lets the weather clear and time pass until nothing is under way.
func (r *rig) settle() {
	r.t.Helper()
	for range 40 {
		r.play(r.clock.Now().Add(time.Hour))
	}
}

// balance compares what the store says with what the platform took.
func (r *rig) balance(causes []string) {
	r.t.Helper()
	taken, texts := map[string]int{}, 0
	for _, p := range r.platform.Pushes() {
		if p.Channel == fake.TemplateSend {
			taken[p.ClientMsgID]++
		} else {
			texts++
		}
	}
	sums := map[outbox.DeliveryState]int{}
	sent, perhaps := 0, 0 // customer messages
	for _, cause := range causes {
		d := r.delivery(cause)
		sums[d.State]++
		n := taken[d.ClientMsgID()]
		delete(taken, d.ClientMsgID())
		if n > 1 {
			r.t.Errorf("%s: the same template message taken %d times", cause, n)
		}
		template := d.Channel == "template"
		switch d.State {
		case outbox.Sent:
			if template && n != 1 || !template && n != 0 {
				r.t.Errorf("%s: sent by %s, and taken %d times", cause, d.Channel, n)
			}
			if !template {
				sent++
			}
		case outbox.Unknown:
			if !template {
				perhaps++
			}
		case outbox.Dropped:
			if d.Reason == "" {
				r.t.Errorf("%s: dropped without a reason", cause)
			}
			if n != 0 && d.Reason != "asked for" { // that she asked herself ends it, whatever became of it
				r.t.Errorf("%s: dropped as %q, and taken", cause, d.Reason)
			}
		case outbox.Deferred, outbox.Delivered:
			if n != 0 {
				r.t.Errorf("%s: %s, and taken as a template message: she has it twice", cause, d.State)
			}
		default:
			r.t.Errorf("%s: ended as %s", cause, d.State)
		}
	}
	if len(taken) != 0 {
		r.t.Errorf("taken, but never booked: %v", taken)
	}
	if texts < sent || texts > sent+perhaps {
		r.t.Errorf("%d customer messages taken; %d sent and %d perhaps", texts, sent, perhaps)
	}
	all := 0
	for _, n := range sums {
		all += n
	}
	if all != len(causes) {
		r.t.Errorf("%d booked, %v", len(causes), sums)
	}
	r.t.Logf("%d booked: %v", len(causes), sums)
}
