package command

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
)

// found returns the files of a folder in whose bytes any of the words stand.
func found(t *testing.T, dir string, words ...string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(b, []byte(w)) }) {
			files = append(files, d.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestDeletedForGood: a resident signs up, is looked up, and has herself deleted,
// all in chat. After the night's job no file of the folder holds a byte of her,
// while the server serves; nor does an older backup, put back with the list.
func TestDeletedForGood(t *testing.T) {
	t.Parallel()
	const name, phone = "欧阳雪晴", "17900007788"
	her := seed.OpenID("a", "leaver")
	words := []string{name, phone, her}
	dir, backup := folder(t), filepath.Join(t.TempDir(), "older.db")
	c := serving(t, dir)
	d := c.users()
	for _, step := range []struct{ says, hears string }{
		{"让村里看", "同意"}, {"同意", "怎么称呼"}, {name + " " + phone, "让哪个村"}, {"1", "看得到"},
	} {
		wants(t, d, her, step.says, step.hears)
	}
	wants(t, d, wang, "查人 7788", name) // now she stands in a cadre's chat, too
	run := func(args ...string) string {
		t.Helper()
		out, errs, err := command(t, environment(), append(args, "-data", dir)...)
		if err != nil {
			t.Fatalf("%v: %v %s%s", args, err, out, errs)
		}
		return out
	}
	month := (calendar.DayOf(time.Now()) + 30).String()
	if out := run("backup", backup); !strings.Contains(out, "delete it by "+month) {
		t.Errorf("it does not say until when: %q", out)
	}
	wants(t, d, her, "都删掉", "要删"+name)
	wants(t, d, her, "删掉", "谁也看不到")
	if got := found(t, dir, words...); len(got) == 0 {
		t.Fatal("the file holds nothing of her before the night: the test shows nothing")
	}
	if out := run("jobs", "run", "erasures"); !strings.Contains(out, "1 people") {
		t.Errorf("the job says %q", out)
	}
	list, err := os.ReadFile(filepath.Join(dir, forgottenName))
	if err != nil || !forgottenLine.MatchString(strings.TrimSpace(string(list))) {
		t.Errorf("the list before the night is %q, %v", list, err)
	}
	if out := run("jobs", "run", "retention"); !strings.Contains(out, "1 people deleted") {
		t.Errorf("the job says %q", out)
	}
	if got := found(t, dir, words...); len(got) > 0 {
		t.Errorf("her name, phone or WeChat is in %q", got)
	}
	wants(t, d, wang, "查人 7788", "没有")
	if again, err := os.ReadFile(filepath.Join(dir, forgottenName)); err != nil || !bytes.Equal(again, list) {
		t.Errorf("the list was %q and is %q, %v", list, again, err)
	}
	if info, err := os.Stat(filepath.Join(dir, forgottenName)); err != nil || info.Mode() != 0o600 {
		t.Errorf("the list is %v, %v", info.Mode(), err)
	}
	c.stop()
	if got := found(t, dir, words...); len(got) > 0 {
		t.Errorf("after the server's end her name, phone or WeChat is in %q", got)
	}
	restoreOlder(t, backup, list, words)
}

// restoreOlder puts a backup back in which she still is: beside the list, with the
// list named, and without one.
func restoreOlder(t *testing.T, backup string, list []byte, words []string) {
	beside, named, without := t.TempDir(), filepath.Join(t.TempDir(), "new"), filepath.Join(t.TempDir(), "new")
	elsewhere := filepath.Join(t.TempDir(), "list")
	for _, file := range []string{filepath.Join(beside, forgottenName), elsewhere} {
		if err := os.WriteFile(file, list, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, dir, says string
		holds           int // files that hold something of her
		args            []string
	}{
		{"the list lies in the folder", beside, "1 of them were in the backup", 0, nil},
		{"the list is named", named, "1 of them were in the backup", 0, []string{"-forgotten", elsewhere}},
		{"there is no list", without, "no forgotten.list", 1, nil},
	} {
		out, errs, err := command(t, environment(), append([]string{"restore", backup, "-data", c.dir}, c.args...)...)
		if err != nil || !strings.Contains(out, c.says) {
			t.Errorf("%s: %v, says %q %q", c.name, err, out, errs)
		}
		if got := found(t, c.dir, words...); len(got) != c.holds {
			t.Errorf("%s: she is in %q", c.name, got)
		}
		if _, err := os.Stat(filepath.Join(c.dir, forgottenName)); (err == nil) != (c.holds == 0) {
			t.Errorf("%s: the folder's list: %v", c.name, err)
		}
		if left, err := filepath.Glob(filepath.Join(c.dir, "*"+restoring+"*")); err != nil || len(left) > 0 {
			t.Errorf("%s: left over: %q, %v", c.name, left, err)
		}
		look(t, c.dir, func(tx *record.Tx) error { // it is a store that works
			staff, err := person.AllStaff(tx)
			if len(staff) == 0 {
				t.Errorf("%s: nobody is in it", c.name)
			}
			return err
		})
	}
}

// TestRestoreKnowsWhoCameAnew: the list takes out who was there by its day, not
// who came later under the same id; it is read whatever a crash left in it.
func TestRestoreKnowsWhoCameAnew(t *testing.T) {
	t.Parallel()
	dir, backup := t.TempDir(), filepath.Join(t.TempDir(), "b.db")
	engine, store, err := open(t.Context(), t.TempDir(), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	day := calendar.Date(2026, 12, 2)
	var early, late, stays person.Resident
	err = store.Update(t.Context(), func(tx *record.Tx) (err error) {
		add := func(cause string, added calendar.Day) person.Resident {
			r, err2 := person.AddResident(tx, person.Resident{Name: cause, Added: added}, cause)
			err = errors.Join(err, err2)
			return r
		}
		early, late, stays = add("early", day), add("late", day+1), add("stays", day)
		return err
	})
	_, err2 := engine.Backup(t.Context(), backup, bolt.Seal{Format: storage.Format})
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if err := noteForgotten(dir, map[string]calendar.Day{early.ID: day - 3, late.ID: day}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, forgottenName)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(b, stays.ID...), 0o600); err != nil { // a line that is not whole
		t.Fatal(err)
	}
	if err := noteForgotten(dir, map[string]calendar.Day{early.ID: day, late.ID: day}); err != nil { // a later day counts
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := restore(t.Context(), []string{backup, "-data", dir}, &out); err != nil {
		t.Fatal(err, out.String())
	}
	look(t, dir, func(tx *record.Tx) error {
		for _, c := range []struct {
			person.Resident
			there bool
		}{{early, false}, {late, true}, {stays, true}} {
			if _, err := person.LoadResident(tx, c.ID); (err == nil) != c.there {
				t.Errorf("%s: %v", c.Name, err)
			}
		}
		return nil
	})
	if err := restore(t.Context(), []string{backup, "-data", dir}, &out); err == nil || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("restored over a database: %v", err)
	}
}

// TestCompactTakesOldCopies: what was copied before an upgrade goes in the night.
func TestCompactTakesOldCopies(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	old := filepath.Join(dir, dbName+".format1")
	if err := os.WriteFile(old, []byte("高霞"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, errs, err := command(t, environment(), "jobs", "run", "retention", "-data", dir); err != nil {
		t.Fatal(err, out, errs)
	}
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the copy is still there: %v", err)
	}
}
