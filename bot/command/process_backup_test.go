package command

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	bbolt "go.etcd.io/bbolt"

	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
)

// largeFolder holds a town of which a backup takes a while.
func largeFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	engine, store, err := open(t.Context(), dir, bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = seed.Town(t.Context(), store, seed.Options{Residents: 6000, Cadres: 20, Today: calendar.Date(2026, 12, 2)})
	if err := errors.Join(err, engine.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// leftIn names what stands in a folder.
func leftIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

// refuses has a command refuse a file: with one line, and nothing left in the folder
// that was not there before.
func refuses(t *testing.T, says, dir string, args ...string) {
	t.Helper()
	before := strings.Join(leftIn(t, dir), " ")
	_, errs, err := command(t, environment(), append(args, "-data", dir)...)
	if err == nil || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, says) {
		t.Errorf("%v: %v, said %q, want a line with %q", args, err, errs, says)
	}
	if after := strings.Join(leftIn(t, dir), " "); after != before {
		t.Errorf("%v: the folder held %q and holds %q", args, before, after)
	}
}

// TestABackupKilledAnywhere: a process is killed while it backs up; the name that was
// asked for stands for nothing, what is left is refused, and the next backup is whole.
func TestABackupKilledAnywhere(t *testing.T) {
	t.Parallel()
	dir, out := largeFolder(t), t.TempDir()
	first := filepath.Join(out, "first")
	if _, errs, err := command(t, environment(), "backup", first, "-data", dir); err != nil {
		t.Fatal(err, errs)
	}
	seal, err := bolt.Verify(first)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(out, "killed")
	torn := 0
	for _, percent := range []int64{0, 10, 30, 50, 70, 90, 99} {
		killBackup(t, dir, path, seal.Size*percent/100)
		if _, err := os.Stat(path); err == nil { // it was done before it was killed
			if _, err := bolt.Verify(path); err != nil {
				t.Errorf("killed at %d %%: what has the name is not whole: %v", percent, err)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			continue
		}
		left, err := os.Stat(path + ".part")
		if err != nil {
			continue // before there was anything
		}
		if _, err := bolt.Verify(path + ".part"); err == nil {
			continue // sealed, and not yet renamed
		}
		torn++
		t.Logf("killed at %d of %d bytes", left.Size(), seal.Size)
		refuses(t, "no seal", filepath.Join(out, "into"), "restore", path+".part")
	}
	if torn == 0 {
		t.Error("no backup was killed half-way")
	}
	if _, errs, err := command(t, environment(), "backup", path, "-data", dir); err != nil {
		t.Fatal("after those that were killed:", err, errs)
	}
	text, errs, err := command(t, environment(), "backup", "verify", path)
	if err != nil || !strings.Contains(text, "is whole") {
		t.Errorf("verify: %q, %v %s", text, err, errs)
	}
	into := filepath.Join(out, "into")
	if _, errs, err := command(t, environment(), "restore", path, "-data", into); err != nil {
		t.Fatal(err, errs)
	}
	if a, b := residentsIn(t, dir), residentsIn(t, into); a != b || a == 0 {
		t.Errorf("%d residents were put back, of %d", b, a)
	}
}

func residentsIn(t *testing.T, dir string) (n int) {
	t.Helper()
	look(t, dir, func(tx *record.Tx) error {
		villages, err := person.Villages(tx)
		if err != nil {
			return err
		}
		for _, v := range villages {
			all, _, err := person.ResidentPage(tx, v.ID, record.Page{}, 1<<20)
			if err != nil {
				return err
			}
			n += len(all)
		}
		return nil
	})
	return n
}

// killBackup kills a process that backs up as soon as it wrote so many bytes.
func killBackup(t *testing.T, dir, path string, size int64) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "backup", path, "-data", dir)
	cmd.Env = environment()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		cmd.Wait() // that it was killed is no news
	}()
	for {
		select {
		case <-done:
			return
		default:
		}
		if info, err := os.Stat(path + ".part"); err == nil && info.Size() >= size {
			cmd.Process.Kill()
			<-done
			return
		}
	}
}

// TestWhatIsNoBackupIsRefused: empty, cut short, changed, another program's, a
// database that was only copied, one of a newer program: one line, and nothing is
// left; by restore and by verify.
func TestWhatIsNoBackupIsRefused(t *testing.T) {
	t.Parallel()
	dir, out := folder(t), t.TempDir()
	path := filepath.Join(out, "backup")
	if _, errs, err := command(t, environment(), "backup", path, "-data", dir); err != nil {
		t.Fatal(err, errs)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := os.ReadFile(filepath.Join(dir, dbName))
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(whole)
	changed[len(changed)/2] ^= 4
	for _, c := range []struct {
		name, says string
		b          []byte
	}{
		{"empty", "no seal", nil},
		{"half", "no seal", whole[:len(whole)/2]},
		{"nearly", "damaged", whole[:len(whole)-1]},
		{"changed", "damaged", changed},
		{"text", "no seal", []byte("so much text\n")},
		{"copied", "no seal", copied},
		{"newer", "newer", newerBackup(t, dir)},
	} {
		bad := filepath.Join(out, c.name)
		if err := os.WriteFile(bad, c.b, 0o400); err != nil {
			t.Fatal(err)
		}
		into := filepath.Join(out, "into-"+c.name)
		refuses(t, c.says, into, "restore", bad)
		if _, errs, err := command(t, environment(), "backup", "verify", bad); err == nil || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, c.says) {
			t.Errorf("verify %s: %v, said %q", c.name, err, errs)
		}
		if after, err := os.ReadFile(bad); err != nil || !bytes.Equal(after, c.b) {
			t.Errorf("%s was changed (%v)", c.name, err)
		}
	}
}

// newerBackup is a backup that says it is of a later format.
func newerBackup(t *testing.T, dir string) []byte {
	t.Helper()
	engine, _, err := open(t.Context(), dir, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "newer")
	_, err = engine.Backup(t.Context(), path, bolt.Seal{Format: storage.Format + 1})
	if err := errors.Join(err, engine.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestServeOnAFileThatIsNoStore: it stops with one line, begins no empty town and
// changes nothing: on an empty file, another program's, one cut short, one without the
// record that says what it is, and where a restore was cut short.
func TestServeOnAFileThatIsNoStore(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(filepath.Join(folder(t), dbName))
	if err != nil {
		t.Fatal(err)
	}
	bucket := func(name, k string) []byte {
		path := filepath.Join(t.TempDir(), "x")
		db, err := bbolt.Open(path, 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucket([]byte(name))
			if err != nil {
				return err
			}
			return b.Put([]byte(k), []byte("{}"))
		})
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		name, says string
		b          []byte
	}{
		{dbName, "is empty", nil},
		{dbName, "not of this program", bucket("members", "1")},
		{dbName, "no store of this program", bucket("kv", "resident/1")},
		{dbName, "not of this program", bytes.Repeat([]byte("garbage "), 9999)},
		{dbName, "cut short", whole[:8192]},
		{dbName + restoring, "cut short: run it again", whole},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, c.name)
		if err := os.WriteFile(path, c.b, 0o600); err != nil {
			t.Fatal(err)
		}
		refuses(t, c.says, dir, "serve", "-listen", "127.0.0.1:0")
		refuses(t, c.says, dir, "jobs")
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, c.b) {
			t.Errorf("%q: the file was changed (%v)", c.says, err)
		}
	}
}
