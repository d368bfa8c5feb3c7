package storage_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/storage"
)

// TestAlarms: each is told once until it is mended, and the administrators have
// one word that waits, whatever there is to see.
func TestAlarms(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *storage.Tx) error {
		for _, id := range []string{"z", "y", "x"} {
			c := storage.Cadre{ID: id, Roles: []storage.Role{storage.Admin}, Left: id == "y"}
			if err := tx.PutCadre(c); err != nil {
				return err
			}
		}
		if err := tx.Bind("oy", "y"); err != nil {
			return err
		}
		return tx.Bind("oz", "z")
	})
	disk, ip := storage.Alarm{Name: "disk"}, storage.Alarm{Name: "address"}
	this, that := storage.Alarm{Name: "template", About: "T1"}, storage.Alarm{Name: "template", About: "a/b"}
	names := func(all []storage.Alarm) string {
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
		found          []storage.Alarm
		raised, mended string
		stands         string
		notes          int // booked in all, and not sent
	}{
		{"nothing", 0, nil, "", "", "", 0},
		{"a full disk", time.Minute, []storage.Alarm{disk}, "disk", "", "disk", 1},
		{"still", time.Minute, []storage.Alarm{disk}, "", "", "disk", 1},
		{"and more", time.Minute, []storage.Alarm{disk, this, that}, "template T1, template a/b", "", "disk, template T1, template a/b", 1},
		{"one of two mended", time.Minute, []storage.Alarm{disk, that}, "", "template T1", "disk, template a/b", 1},
		{"to and fro", 59 * time.Minute, []storage.Alarm{disk, this, that}, "", "", "disk, template T1, template a/b", 1},
		{"all mended", time.Minute, nil, "", "disk, template T1, template a/b", "", 1},
		{"two hours later", 2 * time.Hour, nil, "", "", "", 1},
		{"again, and that is news", time.Minute, []storage.Alarm{disk, ip}, "address, disk", "", "disk, address", 1},
	} {
		at = at.Add(step.wait)
		w.update(func(tx *storage.Tx) error {
			raised, mended, err := tx.SetAlarms(step.found, at)
			if err != nil {
				return err
			}
			if names(raised) != step.raised || names(mended) != step.mended {
				t.Errorf("%s: raised %q, want %q; mended %q, want %q", step.name, names(raised), step.raised, names(mended), step.mended)
			}
			stands, err := tx.Alarms()
			if err != nil {
				return err
			}
			if want := strings.Split(step.stands, ", "); step.stands != "" && len(stands) != len(want) || step.stands == "" && len(stands) > 0 {
				t.Errorf("%s: %q stand, want %q", step.name, names(stands), step.stands)
			}
			due, err := tx.DueDeliveries(at, 99)
			if len(due) != step.notes {
				t.Errorf("%s: %d notes, want %d", step.name, len(due), step.notes)
			}
			for _, d := range due {
				reason, err := tx.Stands(d)
				if err != nil || d.To != "c:z" || d.Kind != "alarm_note" || (reason == "mended") != (len(stands) == 0) {
					t.Errorf("%s: %+v %q %v", step.name, d, reason, err)
				}
				if d, err = tx.Prepare(d, at); err != nil || len(stands) > 0 && d.Facts["count"] != string(rune('0'+len(stands))) {
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
		w.update(func(tx *storage.Tx) error {
			all, err := tx.Alarms()
			n = len(all)
			return err
		})
		return n
	}
	w.update(func(tx *storage.Tx) error {
		_, err := tx.RaiseAlarm(storage.Alarm{Name: "certificate", About: "2027-01-01", Stays: true}, now)
		return err
	})
	w.update(func(tx *storage.Tx) error { _, _, err := tx.SetAlarms(nil, now.Add(time.Hour)); return err })
	if n := stands(); n != 1 {
		t.Fatalf("%d stand", n)
	}
	w.update(func(tx *storage.Tx) error {
		n, err := tx.EndAlarm("certificate", now.Add(2*time.Hour))
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
	w.update(func(tx *storage.Tx) error {
		for i, after := range []time.Duration{-2 * time.Hour, -time.Hour, 0, time.Hour} {
			_, err := tx.Enqueue(storage.Delivery{Cause: string(rune('a' + i)), To: "c:a", Earliest: now.Add(after).Unix(), Latest: now.Add(9 * time.Hour).Unix()})
			if err != nil {
				return err
			}
		}
		due, later, err := tx.OutboxDepth(now, 99)
		at, ok, err2 := tx.OldestDue(now)
		if due != 3 || later != 1 || !ok || !at.Equal(now.Add(-2*time.Hour)) {
			t.Errorf("%d due, %d later, the oldest %v %v", due, later, at, ok)
		}
		if _, ok, _ := tx.OldestDue(now.Add(-3 * time.Hour)); ok {
			t.Error("something was due three hours ago")
		}
		if err == nil {
			err = err2
		}
		return err
	})
}
