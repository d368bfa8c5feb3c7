package storage_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/storage/access"
	"xintiexin/storage/deliverykinds"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
)

// TestAlarms: each is told once until it is mended, and the administrators have
// one word that waits, whatever there is to see.
func TestAlarms(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *record.Tx) error {
		for _, id := range []string{"z", "y", "x"} {
			c := personstore.Staff{ID: id, Roles: []personstore.Role{personstore.Admin}, Left: id == "y"}
			if err := personstore.PutStaff(tx, c); err != nil {
				return err
			}
		}
		if err := access.Bind(tx, "oy", "y"); err != nil {
			return err
		}
		return access.Bind(tx, "oz", "z")
	})
	disk, ip := ops.Alarm{Name: "disk"}, ops.Alarm{Name: "address"}
	this, that := ops.Alarm{Name: "template", About: "T1"}, ops.Alarm{Name: "template", About: "a/b"}
	names := func(all []ops.Alarm) string {
		var out []string
		for _, a := range all {
			out = append(out, strings.TrimSpace(a.Name+" "+a.About))
		}
		slices.Sort(out)
		return strings.Join(out, ", ")
	}
	at := now
	for _, step := range []struct {
		name           string
		wait           time.Duration
		found          []ops.Alarm
		raised, mended string
		stands         string
		notes          int // booked in all, and not sent
	}{
		{"nothing", 0, nil, "", "", "", 0},
		{"a full disk", time.Minute, []ops.Alarm{disk}, "disk", "", "disk", 1},
		{"still", time.Minute, []ops.Alarm{disk}, "", "", "disk", 1},
		{"and more", time.Minute, []ops.Alarm{disk, this, that}, "template T1, template a/b", "", "disk, template T1, template a/b", 1},
		{"one of two mended", time.Minute, []ops.Alarm{disk, that}, "", "template T1", "disk, template a/b", 1},
		{"to and fro", 59 * time.Minute, []ops.Alarm{disk, this, that}, "", "", "disk, template T1, template a/b", 1},
		{"all mended", time.Minute, nil, "", "disk, template T1, template a/b", "", 1},
		{"two hours later", 2 * time.Hour, nil, "", "", "", 1},
		{"again, and that is news", time.Minute, []ops.Alarm{disk, ip}, "address, disk", "", "disk, address", 1},
	} {
		at = at.Add(step.wait)
		w.update(func(tx *record.Tx) error {
			raised, mended, err := ops.SetAlarms(tx, step.found, at)
			if err != nil {
				return err
			}
			if names(raised) != step.raised || names(mended) != step.mended {
				t.Errorf("%s: raised %q, want %q; mended %q, want %q", step.name, names(raised), step.raised, names(mended), step.mended)
			}
			stands, err := ops.OpenAlarms(tx)
			if err != nil {
				return err
			}
			if want := strings.Split(step.stands, ", "); step.stands != "" && len(stands) != len(want) || step.stands == "" && len(stands) > 0 {
				t.Errorf("%s: %q stand, want %q", step.name, names(stands), step.stands)
			}
			due, err := outbox.DueDeliveries(tx, at, 99)
			if len(due) != step.notes {
				t.Errorf("%s: %d notes, want %d", step.name, len(due), step.notes)
			}
			for _, d := range due {
				reason, err := deliverykinds.StillValid(tx, d)
				if err != nil || d.To != "c:z" || d.Kind != "alarm_note" || (reason == "mended") != (len(stands) == 0) {
					t.Errorf("%s: %+v %q %v", step.name, d, reason, err)
				}
				if d, err = deliverykinds.Prepare(tx, d, at); err != nil || len(stands) > 0 && d.Facts["count"] != string(rune('0'+len(stands))) {
					t.Errorf("%s: it says %s of %d, %v", step.name, d.Facts["count"], len(stands), err)
				}
			}
			return err
		})
	}
}

// TestACertificateStays: what nobody can look up stands until somebody says that
// it is mended.
func TestACertificateStays(t *testing.T) {
	w := newWorld(t)
	stands := func() (n int) {
		w.update(func(tx *record.Tx) error {
			all, err := ops.OpenAlarms(tx)
			n = len(all)
			return err
		})
		return n
	}
	w.update(func(tx *record.Tx) error {
		_, err := ops.RaiseAlarm(tx, ops.Alarm{Name: "certificate", About: "2027-01-01", Stays: true}, now)
		return err
	})
	w.update(func(tx *record.Tx) error { _, _, err := ops.SetAlarms(tx, nil, now.Add(time.Hour)); return err })
	if n := stands(); n != 1 {
		t.Fatalf("%d stand", n)
	}
	w.update(func(tx *record.Tx) error {
		n, err := ops.EndAlarm(tx, "certificate", now.Add(2*time.Hour))
		if n != 1 {
			t.Errorf("%d ended", n)
		}
		return err
	})
	if n := stands(); n != 0 {
		t.Errorf("%d stand", n)
	}
}

func TestTheDepthOfTheOutbox(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *record.Tx) error {
		for i, after := range []time.Duration{-2 * time.Hour, -time.Hour, 0, time.Hour} {
			_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: string(rune('a' + i)), To: "c:a", Earliest: now.Add(after).Unix(), Latest: now.Add(9 * time.Hour).Unix()})
			if err != nil {
				return err
			}
		}
		due, later, err := ops.OutboxDepth(tx, now, 99)
		at, ok, err2 := ops.OldestDue(tx, now)
		if due != 3 || later != 1 || !ok || !at.Equal(now.Add(-2*time.Hour)) {
			t.Errorf("%d due, %d later, the oldest %v %v", due, later, at, ok)
		}
		if _, ok, _ := ops.OldestDue(tx, now.Add(-3*time.Hour)); ok {
			t.Error("something was due three hours ago")
		}
		if err == nil {
			err = err2
		}
		return err
	})
}
