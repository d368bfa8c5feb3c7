package site_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"xintiexin/flows/site"
	"xintiexin/flows/xlsform"
	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/kvtest"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

var now = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)

func newStore(t *testing.T) *record.Store {
	t.Helper()
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "x.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	s, err := storage.Open(t.Context(), kvtest.Twice(engine), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func inForce(t *testing.T, store *record.Store) (s townconfig.Site, log []townconfig.SiteVersion) {
	t.Helper()
	err := store.View(t.Context(), func(tx *record.Tx) error {
		current, err := townconfig.Current(tx)
		s = *current
		if err == nil {
			log, err = townconfig.Versions(tx)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, log
}

// offer is the built-in site with another number and version.
func offer(t *testing.T, minutes, version string) *xlsform.Workbook {
	return tables(t, "| limits | |\n| | name | value |\n| | offer_minutes | "+minutes+" |\n\n| site | |\n| | name | value |\n| | version | "+version+" |")
}

func TestSiteDataAreAppliedAsAWholeOrNotAtAll(t *testing.T) {
	store, ctx := newStore(t), t.Context()
	a, findings, err := site.Apply(ctx, store, offer(t, "60", "1"), options(t), "zhao", now)
	if err != nil || !a.Done || a.Version != "1" || a.By != "zhao" || site.Fatal(findings) {
		t.Fatalf("%+v %v %s", a, err, lines(findings))
	}
	first, _ := inForce(t, store)
	if first.Limits["offer_minutes"] != 60 || first.ID != a.ID {
		t.Errorf("in force: %v", first.Limits)
	}
	a, findings, err = site.Apply(ctx, store, offer(t, "6", "2"), options(t), "", now)
	if s, log := inForce(t, store); err != nil || a.Done || !site.Fatal(findings) || s.ID != first.ID || len(log) != 1 {
		t.Errorf("a bad one: %+v %v, %d times applied", a, err, len(log))
	}
	a, _, err = site.Apply(ctx, store, offer(t, "60", "1"), options(t), "", now.Add(time.Hour))
	if _, log := inForce(t, store); err != nil || a.Done || a.ID != first.ID || len(log) != 1 {
		t.Errorf("the same again: %+v %v", a, err)
	}
	a, _, err = site.Apply(ctx, store, offer(t, "120", "2"), options(t), "", now.Add(time.Hour))
	if err != nil || !a.Done || !slices.Equal(a.Changes, []string{"site: 1 changed (version)", "limits: 1 changed (offer_minutes)"}) {
		t.Errorf("changes: %+v %v", a, err)
	}
}

func TestTheOldSiteIsACommandAway(t *testing.T) {
	store, ctx := newStore(t), t.Context()
	if _, err := site.Restore(ctx, store, "", "", now); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("of an empty store: %v", err)
	}
	for _, v := range []string{"1", "2", "3"} {
		if _, _, err := site.Apply(ctx, store, offer(t, v+"0", v), options(t), "", now); v != "1" && err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ which, want string }{{"", "2"}, {"", "3"}, {"2", "2"}, {"", "3"}} {
		a, err := site.Restore(ctx, store, c.which, "", now)
		if s, _ := inForce(t, store); err != nil || !a.Done || s.Version != c.want {
			t.Errorf("back to %q: version %s in force, %v", c.which, s.Version, err)
		}
	}
	if a, err := site.Restore(ctx, store, "3", "", now); err != nil || a.Done {
		t.Errorf("what is in force already: %+v %v", a, err)
	}
	if _, err := site.Restore(ctx, store, "9", "", now); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("one that never was: %v", err)
	}
}

func TestAConsentThatChangedIsRefusedAgainstWhatIsInForce(t *testing.T) {
	store, ctx := newStore(t), t.Context()
	if _, _, err := site.Apply(ctx, store, tables(t, consents("C1 | 1 | 短 | 全")), options(t), "", now); err != nil {
		t.Fatal(err)
	}
	a, findings, err := site.Apply(ctx, store, tables(t, consents("C1 | 1 | 改 | 全")), options(t), "", now)
	if err != nil || a.Done || !strings.Contains(lines(findings), "版本还是 1") {
		t.Errorf("%+v %v %s", a, err, lines(findings))
	}
	a, _, err = site.Apply(ctx, store, tables(t, consents("C1 | 2 | 改 | 全")), options(t), "", now)
	if err != nil || !a.Done || !strings.Contains(strings.Join(a.Changes, "\n"), "C1 goes from version 1 to 2: people are asked anew") {
		t.Errorf("%+v %v", a, err)
	}
}

func TestOfManyWhoApplyAtOnceEachIsInTheHistoryOnce(t *testing.T) {
	store := newStore(t)
	var all sync.WaitGroup
	for _, v := range []string{"20", "30", "40", "50"} {
		all.Go(func() {
			if _, _, err := site.Apply(context.WithoutCancel(t.Context()), store, offer(t, v, v), options(t), "", now); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s, log := inForce(t, store)
	if len(log) != 4 || log[0].ID != s.ID {
		t.Errorf("history %v, in force %s", log, s.ID)
	}
}

func TestATownBeginsWithItsOwnName(t *testing.T) {
	store := newStore(t)
	err := store.Update(t.Context(), func(tx *record.Tx) error {
		return townconfig.PutTown(tx, townconfig.Town{Name: "真镇", Office: "真办"})
	})
	for _, s := range []townconfig.Site{site.Builtin(), site.Blank()} {
		err = errors.Join(err, site.Start(t.Context(), store, s, now))
	}
	if s, log := inForce(t, store); err != nil || s.Town.Name != "真镇" || s.Town.Title != "" || len(log) != 1 || len(s.Openings) == 0 {
		t.Errorf("%+v, %d times, %v", s.Town, len(log), err)
	}
}

// say runs a command and returns what it wrote.
func say(t *testing.T, store *record.Store, dir string, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := site.Run(t.Context(), args, &out, site.Command{Store: store, Now: func() time.Time { return now }, Keywords: options(t).Keywords,
		Path: func(name string) string { return filepath.Join(dir, name) }})
	return out.String(), err
}

func TestTheCommands(t *testing.T) {
	store, dir := newStore(t), t.TempDir()
	must := func(want string, args ...string) string {
		t.Helper()
		got, err := say(t, store, dir, args...)
		if err != nil || !strings.Contains(got, want) {
			t.Errorf("%v: %v, want %q in\n%s", args, err, want, got)
		}
		return got
	}
	fails := func(want, why string, args ...string) {
		t.Helper()
		got, err := say(t, store, dir, args...)
		if err == nil || !strings.Contains(err.Error(), why) || !strings.Contains(got, want) {
			t.Errorf("%v: %v, want %q; want %q in\n%s", args, err, why, want, got)
		}
	}
	must("no site data were applied", "show")
	must("wrote", "show", "town/")
	must("can be applied", "check", "town")
	if err := site.Start(t.Context(), store, site.Builtin(), now); err != nil {
		t.Fatal(err)
	}
	must("wrote", "show", "old.xlsx")
	must("in force already", "apply", "old.xlsx")
	fails("", "exists", "show", "old.xlsx")
	must("can be applied", "check", "old.xlsx")
	must("wrote", "show", "new.md")
	edit(t, filepath.Join(dir, "new.md"), "offer_minutes | 90", "offer_minutes | 5")
	fails("limits!B2（value）：5 要在 15 到 720 之间。", "cannot be applied", "check", "new.md")
	fails("limits!B2（value）：5 要在 15 到 720 之间。", "nothing was changed", "apply", "new.md")
	edit(t, filepath.Join(dir, "new.md"), "offer_minutes | 5", "offer_minutes | 60")
	edit(t, filepath.Join(dir, "new.md"), "周四 | 08:00", "周五 | 08:00")
	edit(t, filepath.Join(dir, "new.md"), "version | 2026-11 |", "version | 2026-12 |")
	got := must("version 2026-12 (", "apply", "new.md")
	for _, want := range []string{"limits: 1 changed (offer_minutes)", "openings: 1 new (checkup 周五 08:00), 1 gone (checkup 周四 08:00)", "to go back: site apply -previous"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	must("version 2026-12", "show")
	must("version 2026-11 (", "apply", "-previous")
	must("version 2026-12 (", "apply", "-version", "2026-12")
	must("wrote", "show", "-version", "2026-11", "back.md")
	must("version 2026-11 (", "apply", "back.md")
	fails("", "no such site data", "apply", "-version", "nosuch")
	fails("", "no site data", "show", "-version", "nosuch")
	fails("", "no such file", "check", "nosuch.xlsx")
	fails("不是 .xlsx 也不是 .md", "cannot be applied", "check", "../"+filepath.Base(writeFile(t, filepath.Join(filepath.Dir(dir), "x.txt"))))
	fails("", "name a file .xlsx or .md", "show", "a.csv")
	for _, args := range [][]string{{}, {"nosuch"}, {"check"}, {"apply"}, {"apply", "a", "-previous"}, {"apply", "-previous", "-version", "1"}, {"check", "-x"}, {"show", "a", "b"}} {
		if got, err := say(t, store, dir, args...); !errors.Is(err, flag.ErrHelp) || !strings.Contains(got, "site check") {
			t.Errorf("%v: %v\n%s", args, err, got)
		}
	}
}

func writeFile(t *testing.T, path string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// edit puts one text in the place of another.
func edit(t *testing.T, path, old, replacement string) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(src), old); n != 1 {
		t.Fatalf("%q stands %d times in %s", old, n, path)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(src), old, replacement, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}
