package flows_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"xintiexin/bot/wechat"
	"xintiexin/flows"
	"xintiexin/scheduler"
	"xintiexin/storage/access"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// job does what the clock does by itself, now.
func (p *player) job(name string) {
	all := scheduler.Jobs()
	i := slices.IndexFunc(all, func(j scheduler.Job) bool { return j.Name == name })
	if i < 0 {
		p.t.Fatalf("no job %q", name)
	}
	holidays, err := calendar.ParseHolidays(calendar.BaseHolidays, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	s := &scheduler.Scheduler{Store: p.store, Holidays: holidays, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	if _, err := all[i].Run(context.Background(), s, p.now); err != nil {
		p.t.Fatal(name, err)
	}
}

// doCalled does what goes wrong with messages; false for another deed.
func (p *player) doCalled(tx *record.Tx, verb, rest string) (bool, error) {
	switch verb {
	case "fail": // NAME: what is due to her comes to nothing
		due, err := outbox.DueDeliveries(tx, p.now, 100)
		if err != nil {
			return true, err
		}
		for _, d := range due {
			if d.To != "r:"+p.residents[rest] {
				continue
			}
			d.State, d.Reason, d.Code, d.Settled = outbox.Dropped, "refused: 43004", 43004, p.now.Unix()
			if err := outbox.Put(tx, d); err != nil {
				return true, err
			}
		}
		return true, nil
	case "ring": // NAME office|contact|nobody: who may ring her
		name, by, _ := strings.Cut(rest, " ")
		a, err := bookings.Open(p.as(tx, "赵文静"), p.residents[name], "checkup")
		if err != nil {
			return true, err
		}
		return true, bookings.SetRing(p.as(tx, "赵文静"), a.ID, person.Ring(strings.TrimPrefix(by, "nobody")), p.now)
	case "bookfor": // STAFF NAME DAY HOUR RING: staff books for somebody of the village
		f := strings.Fields(rest)
		day, err := calendar.ParseDay(f[2])
		if err != nil {
			return true, err
		}
		_, err = bookings.Book(p.as(tx, f[0]), bookings.Appointment{Service: "checkup", Resident: p.residents[f[1]], Seats: 1, Day: day, Time: f[3], Ring: person.Ring(strings.TrimPrefix(f[4], "nobody"))}, verb+rest, p.now)
		return true, err
	case "deputy": // GROUP: 替班 stands in for a group's contact
		v, err := person.LoadVillage(tx, "379999104201")
		if err != nil {
			return true, err
		}
		for i, g := range v.Groups {
			if g.Name == rest {
				v.Groups[i].Deputy = "dep"
			}
		}
		c := person.Staff{ID: "dep", Name: "替班", Villages: []string{v.ID}, Roles: []person.Role{person.VillageWorker}}
		return true, errors.Join(person.PutVillage(tx, v), person.PutStaff(tx, c), access.Bind(tx, openids["替班"], c.ID))
	}
	return false, nil
}

// TestCallNotices: staff hears how many, of nobody whom.
func TestCallNotices(t *testing.T) {
	for _, d := range []outbox.Delivery{
		{Kind: "call_list", To: "c:a", Facts: map[string]string{"count": "12", "day": "2027-12-26", "time": "17:00"}},
		{Kind: "call_digest", To: "c:a", Facts: map[string]string{"count": "36", "calls": "12", "village": "12", "waiting": "12", "day": "2027-12-26", "time": "18:30"}},
		{Kind: "call_digest", To: "c:a", Facts: map[string]string{"count": "1", "calls": "0", "village": "0", "waiting": "1", "day": "2027-12-26", "time": "18:30"}},
	} {
		words := flows.Notice(d)
		if words.Text == "" || words.Fields["count"] != d.Facts["count"] {
			t.Errorf("%s says %+v", d.Kind, words)
		}
		for field, key := range map[string]string{"event": "thing1", "time": "time2", "date": "date3", "remark": "thing4"} {
			if err := wechat.ValidTemplateValue(key, words.Fields[field]); err != nil {
				t.Errorf("%s: %s %q: %v", d.Kind, field, words.Fields[field], err)
			}
		}
		for _, w := range forbidden {
			if strings.Contains(words.Text+words.Fields["event"]+words.Fields["remark"], w) {
				t.Errorf("%s says %s: %s", d.Kind, w, words.Text)
			}
		}
		for line := range strings.SplitSeq(words.Text, "\n") {
			if len([]rune(line)) > 24 {
				t.Errorf("%s: a line of %d characters: %s", d.Kind, len([]rune(line)), line)
			}
		}
	}
}
