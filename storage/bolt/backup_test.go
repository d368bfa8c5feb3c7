package bolt

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	bbolt "go.etcd.io/bbolt"

	"xintiexin/storage/kv"
)

// backedUp is a store with a backup of it.
func backedUp(t *testing.T) (s *Store, path string, seal Seal) {
	t.Helper()
	dir := t.TempDir()
	s = openAt(t, filepath.Join(dir, "x.db"))
	openAccounts(t, s, 300)
	path = filepath.Join(dir, "backup")
	seal, err := s.Backup(ctx, path, Seal{Format: 2, Town: "样庄镇", At: 7})
	if err != nil {
		t.Fatal(err)
	}
	return s, path, seal
}

// TestABackupIsWhole: it is found whole, says what it is, and what is put back is
// what the store held.
func TestABackupIsWhole(t *testing.T) {
	s, path, seal := backedUp(t)
	got, err := Verify(path)
	if err != nil || got != seal || got.Town != "样庄镇" || got.Format != 2 || got.Count == 0 {
		t.Errorf("verified: %+v, %v; written %+v", got, err, seal)
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	back := filepath.Join(t.TempDir(), "back.db")
	if _, err := Unseal(ctx, path, back); err != nil {
		t.Fatal(err)
	}
	if want, got := pairs(t, s), pairs(t, openAt(t, back)); len(got) != seal.Count || !bytes.Equal(bytes.Join(want, nil), bytes.Join(got, nil)) {
		t.Errorf("%d pairs were put back, of %d", len(got), len(want))
	}
	if _, err := s.Backup(ctx, path, Seal{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another: %v", err)
	}
	if _, err := os.Stat(path + part); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("left beside it: %v", err)
	}
}

func pairs(t *testing.T, s *Store) (all [][]byte) {
	t.Helper()
	err := s.View(ctx, func(tx kv.Tx) error {
		for p, err := range tx.Scan(nil, nil) {
			if err != nil {
				return err
			}
			all = append(all, append(append(bytes.Clone(p.Key), 0), p.Value...))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestABackupThatIsNotWholeIsRefused: cut short anywhere, with any byte changed, with
// something behind it, or sealed by another program; nothing of it is put anywhere.
func TestABackupThatIsNotWholeIsRefused(t *testing.T) {
	_, path, seal := backedUp(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	refused := func(what string, b []byte, want ...error) {
		t.Helper()
		bad, into := filepath.Join(dir, "bad"), filepath.Join(dir, "into")
		if err := os.WriteFile(bad, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Verify(bad)
		_, err2 := Unseal(ctx, bad, into)
		for _, err := range []error{err, err2} {
			if !slices.ContainsFunc(want, func(w error) bool { return errors.Is(err, w) }) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := os.Stat(into); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a file is left: %v", what, err)
		}
	}
	refused("empty", nil, ErrNoSeal)
	for _, cut := range []int64{1, 100, 4096, seal.Size / 2, seal.Size - 1, seal.Size, seal.Size + 10, int64(len(whole)) - 2} {
		refused("cut short", whole[:cut], ErrNoSeal, ErrDamaged)
	}
	refused("without its last byte", whole[:len(whole)-1], ErrDamaged)
	for at := int64(0); at < seal.Size; at += 65_521 {
		b := bytes.Clone(whole)
		b[at] ^= 1
		refused("a byte changed", b, ErrDamaged)
	}
	for at := seal.Size; at < int64(len(whole)); at++ {
		b := bytes.Clone(whole)
		b[at] ^= 1
		refused("a byte of the seal changed", b, ErrDamaged, ErrNoSeal, ErrNewerSeal)
	}
	refused("more behind it", append(bytes.Clone(whole), "x"...), ErrDamaged)
	refused("without its first page", whole[4096:], ErrDamaged)
	refused("a newer seal", append(bytes.Clone(whole[:seal.Size]), "\nxintiexin backup 2 {}\n"...), ErrNewerSeal)
	ended, end := context.WithCancel(ctx)
	end()
	into := filepath.Join(t.TempDir(), "into")
	if _, err := Unseal(ended, path, into); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	if _, err := os.Stat(into); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file is left: %v", err)
	}
}

// TestOpenOfAFileThatIsNotOurs: empty, another program's, or cut short; it is told,
// and not a byte of it is changed.
func TestOpenOfAFileThatIsNotOurs(t *testing.T) {
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign")
	db, err := bbolt.Open(foreign, 0o600, &bbolt.Options{NoFreelistSync: true}) // which an opening for writing would rewrite
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte("key"))
		if err != nil {
			return err
		}
		return b.Put([]byte("k"), bytes.Repeat([]byte("v"), 9000))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	_, sealed, _ := backedUp(t)
	whole, err := os.ReadFile(sealed)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		path string
		want error
	}{
		{foreign, ErrForeign},
		{write("empty", nil), ErrEmpty},
		{write("text", bytes.Repeat([]byte("garbage "), 9999)), ErrForeign},
		{write("short", whole[:100]), ErrTruncated},
		{write("two pages", whole[:8192]), ErrTruncated},
	} {
		before, err := os.ReadFile(c.path)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := Open(c.path, Options{}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", filepath.Base(c.path), err, c.want)
			if err == nil {
				s.Close()
			}
		}
		if after, err := os.ReadFile(c.path); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s was changed (%v)", filepath.Base(c.path), err)
		}
	}
	// Cut short anywhere, it is told or opened, and never the end of the program.
	for cut := 8192; cut < len(whole); cut += 4096 * 3 {
		if s, err := Open(write("cut", whole[:cut]), Options{}); err == nil {
			s.Close()
		}
	}
}
