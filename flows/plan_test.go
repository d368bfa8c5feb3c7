package flows_test

import (
	"strings"
	"testing"

	"xintiexin/bot/wechat"
	"xintiexin/flows"
	"xintiexin/flows/site"
	"xintiexin/storage/calendar"
	"xintiexin/storage/careplans"
	"xintiexin/storage/consent"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// doPlanned agrees to reminders and starts plans; false for another deed.
func (p *player) doPlanned(tx *record.Tx, verb, rest string) (bool, error) {
	f := strings.Fields(rest)
	switch verb {
	case "agreed": // WECHAT NAME SET: she agreed in that chat
		return true, enrolment.Agree(p.as(tx, f[0]), consent.Consent{Resident: p.residents[f[1]], Set: purpose.Purpose(f[2]), Answer: person.Yes}, p.now)
	case "oral": // CADRE NAME SET: she said so to a cadre
		return true, consent.Put(p.as(tx, f[0]), consent.Consent{Resident: p.residents[f[1]], Set: purpose.Purpose(f[2]), Answer: person.Yes, Channel: "oral"}, p.now)
	case "plan": // NAME SCHEDULE DAY [village], by the clerk
		day, err := calendar.ParseDay(f[2])
		if err != nil {
			return true, err
		}
		_, err = careplans.Start(p.as(tx, "赵文静"), careplans.StartParams{Resident: p.residents[f[0]], Schedule: f[1], Day: day, Village: len(f) > 3}, rest, p.now)
		return true, err
	}
	return false, nil
}

func TestARemindersWordsAreTheSitesNeutralOnes(t *testing.T) {
	labels := map[string]bool{}
	for _, r := range site.Builtin().Schedules {
		labels[r.Neutral] = true
	}
	for label := range labels {
		d := outbox.Delivery{Kind: "plan_due", To: "r:a", Facts: map[string]string{"label": label, "day": "2026-12-09"}, Earliest: 1796000000}
		words := flows.Notice(d)
		all := words.Text
		for field, key := range map[string]string{"event": "thing1", "time": "time2", "date": "date3", "remark": "thing4"} {
			if err := wechat.ValidTemplateValue(key, words.Fields[field]); err != nil {
				t.Errorf("%s: %s %q: %v", label, field, words.Fields[field], err)
			}
			all += words.Fields[field]
		}
		for _, w := range forbidden {
			if strings.Contains(all, w) {
				t.Errorf("%s says %s: %s", label, w, all)
			}
		}
	}
}

// TestWordsOfExpecting: who says so of herself is asked; what is said of others, or
// only sounds like it, is not.
func TestWordsOfExpecting(t *testing.T) {
	p := &player{t: t, path: t.TempDir() + "/x.db", token: map[string]uint32{}, residents: map[string]string{}, codes: map[string]string{}}
	p.open()
	defer func() { p.store.Close() }()
	p.now = calendar.Date(2026, 12, 2).At(10, 20)
	p.town()
	p.do("site")
	p.who = "路人"
	for said, asked := range map[string]bool{
		"我怀孕了": true, "俺怀上了": true, "怀孕了": true, "我好像有喜了": true, "刚测出两道杠": true, "我怀二胎了": true,
		"我没怀孕": false, "怀孕能吃药吗": false, "我姐怀孕了": false, "怀疑": false, "想怀孕": false,
	} {
		if got := strings.Contains(p.send(said), "要不要提醒您"); got != asked {
			t.Errorf("%s: asked %v", said, got)
		}
	}
	p.who = "王桂英"
	if said := p.send("孟丽怀孕了"); strings.Contains(said, "要不要提醒您") {
		t.Error("a cadre is asked about another: ", said)
	}
}
