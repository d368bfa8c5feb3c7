package command

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"xintiexin/bot/wechat"
	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
	"xintiexin/storage/townconfig"
)

// TestBroadcastCommand: prepared on the command line, let go by a clerk in chat or,
// where nobody else is bound, after a pause.
func TestBroadcastCommand(t *testing.T) {
	now := calendar.Date(2026, 12, 2).At(10, 20)
	engine, store, err := open(t.Context(), t.TempDir(), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	if _, err := seed.Demo(t.Context(), store, calendar.DayOf(now), now); err != nil {
		t.Fatal(err)
	}
	a := &app{dir: t.TempDir(), engine: engine, store: store, now: func() time.Time { return now }, log: slog.New(slog.DiscardHandler)}
	if err := a.build(wechat.Config{}); err != nil {
		t.Fatal(err)
	}
	update := func(fn func(*record.Tx) error) {
		t.Helper()
		if err := store.Update(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) (string, error) {
		var out strings.Builder
		set := flag.NewFlagSet("broadcast", flag.ContinueOnError)
		set.SetOutput(io.Discard)
		err := a.broadcast(context.Background(), set, args, &out)
		return out.String(), err
	}
	village, mengli := "", seed.OpenID("demo", "mengli")
	update(func(tx *record.Tx) error {
		who, err := person.Identify(tx, mengli)
		if err != nil {
			return err
		}
		s, err := person.ScopeOf(tx, who)
		if err != nil {
			return err
		}
		r, err := person.LoadResident(tx, who.Residents[0])
		if err != nil {
			return err
		}
		village = r.Village
		if err := enrolment.Agree(s, consent.Consent{Resident: r.ID, Set: purpose.Booking, Answer: person.Yes, Version: "1"}, now); err != nil {
			return err
		}
		return storage.PutSite(tx, townconfig.Site{Texts: map[string]string{"broadcast_road": "修路，走南门", "other": "别的"}}, "", now)
	})
	for _, c := range []struct{ args, says string }{
		{"broadcast_road", "by one of"},
		{"broadcast_road -village 甲村 -away 青岛", "by one of"},
		{"broadcast_road -village 无此村", "no village"},
		{"broadcast_none -village " + village, "no text"},
		{"broadcast_road -booked tomorrow", "tomorrow"},
		{"release 0000", "nothing of the last day"},
		{"stop none", "no broadcast"},
		{"a b c", "usage"},
	} {
		if out, err := run(strings.Fields(c.args)...); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v %s", c.args, err, out)
		}
	}
	prepared := func() (code string) {
		t.Helper()
		out, err := run("broadcast_road", "-village", village)
		if err != nil || !strings.Contains(out, "1 people") || !strings.Contains(out, "修路，走南门") {
			t.Fatal(out, err)
		}
		return regexp.MustCompile(`\d{4}\n`).FindString(out)[:4]
	}
	code := prepared()
	now = now.Add(11 * time.Minute)
	if _, err := run("release", code); err == nil || !strings.Contains(err.Error(), "a clerk") {
		t.Errorf("it was let go by who prepared it: %v", err)
	}
	update(func(tx *record.Tx) error { // nobody else is there
		all, err := person.AllStaff(tx)
		if err != nil {
			return err
		}
		for _, c := range all {
			if c.Has(person.Clerk, person.Admin) {
				c.Left = true
				if err := person.PutStaff(tx, c); err != nil {
					return err
				}
			}
		}
		return nil
	})
	code = prepared()
	if _, err := run("release", code); err == nil || !strings.Contains(err.Error(), "ten minutes") {
		t.Error(err)
	}
	now = now.Add(10 * time.Minute)
	out, err := run("release", code)
	if err != nil || !strings.Contains(out, "1 people are told from 2026-12-02 10:46 on") {
		t.Fatal(out, err)
	}
	if _, err := a.jobs.RunJob(t.Context(), "broadcasts", now); err != nil {
		t.Fatal(err)
	}
	if out, err = run(); err != nil || !strings.Contains(out, "broadcast_road  修路") || strings.Contains(out, "other") ||
		!strings.Contains(out, "1: waiting 1, sent 0") || !strings.Contains(out, "not released") {
		t.Error(out, err)
	}
	id := regexp.MustCompile(`(?m)^(\S+)  .*waiting 1`).FindStringSubmatch(out)
	if out, err = run("stop", id[1]); err != nil || out != "1 are not sent\n" {
		t.Error(out, err)
	}
}
