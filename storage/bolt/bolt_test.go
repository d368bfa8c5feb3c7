package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"xintiexin/storage/kv"
	"xintiexin/storage/kvtest"
)

var ctx = context.Background()

func openTest(t testing.TB) kv.Store { return openAt(t, filepath.Join(t.TempDir(), "x.db")) }

// openAt opens a file without syncing, and closes it when the test ends.
func openAt(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(path, Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestPromises(t *testing.T) { kvtest.Run(t, openTest) }

func TestPromisesTwice(t *testing.T) {
	kvtest.Run(t, func(t testing.TB) kv.Store { return kvtest.Twice(openTest(t)) })
}

func TestTwiceRunsTwiceAndKeepsOnce(t *testing.T) {
	s := kvtest.Twice(openTest(t))
	runs := 0
	for range 3 {
		err := s.Update(ctx, func(tx kv.Tx) error {
			runs++
			return addTo(tx, "n", 1)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, s, "n"); runs != 6 || got != 3 {
		t.Errorf("ran %d times and counted %d, want 6 and 3", runs, got)
	}
}

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(ctx, func(tx kv.Tx) error { return addTo(tx, "n", 7) }); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("the file is %v, %v, want mode 0600", info.Mode(), err)
	}
	if _, err := Open(path, Options{Timeout: 1}); !errors.Is(err, ErrLocked) {
		t.Errorf("opening it a second time: %v, want ErrLocked", err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Errorf("close: %v", err)
	}
	if err := s.Update(ctx, func(kv.Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("update after Close: %v, want ErrClosed", err)
	}
	if err := s.View(ctx, func(kv.Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("view after Close: %v, want ErrClosed", err)
	}
	if got := read(t, openAt(t, path), "n"); got != 7 {
		t.Errorf("after opening it again n is %d, want 7", got)
	}
}

func TestOpenOfWhatIsNoStore(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, make([]byte, 100_000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(text, Options{}); err == nil {
		t.Error("a file of zeros was opened")
	}
	if _, err := Open(filepath.Join(dir, "absent", "x.db"), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a directory that is not there: %v", err)
	}
	if _, err := Open(dir, Options{}); err == nil {
		t.Error("a directory was opened")
	}
}

func TestCloseRunsWhatIsQueued(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := openAt(t, path)
	begun, release := make(chan struct{}), make(chan struct{})
	results := make(chan error, 20)
	go func() {
		results <- s.Update(ctx, func(tx kv.Tx) error {
			close(begun)
			<-release
			return addTo(tx, "n", 1)
		})
	}()
	<-begun
	for range cap(results) - 1 {
		go func() { results <- s.Update(ctx, func(tx kv.Tx) error { return addTo(tx, "n", 1) }) }()
	}
	go close(release)
	kept := uint64(0)
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	for range cap(results) {
		switch err := <-results; {
		case err == nil:
			kept++
		case !errors.Is(err, ErrClosed):
			t.Errorf("update: %v", err)
		}
	}
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	// Whoever was told nil is in the file, and nobody else.
	if got := read(t, openAt(t, path), "n"); got != kept {
		t.Errorf("n is %d after %d Updates returned nil", got, kept)
	}
}

func TestLongestViewIsResetByReading(t *testing.T) {
	s := openTest(t).(*Store)
	if err := s.View(ctx, func(kv.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if s.LongestView() <= 0 {
		t.Error("a View took no time")
	}
	if d := s.LongestView(); d != 0 {
		t.Errorf("after reading it is %v, want 0", d)
	}
}

func addTo(tx kv.Tx, key string, n uint64) error {
	v, err := tx.Get([]byte(key))
	if err == nil {
		n += number(v)
	} else if !errors.Is(err, kv.ErrNotFound) {
		return err
	}
	return tx.Put([]byte(key), binary.BigEndian.AppendUint64(nil, n))
}

func number(v []byte) uint64 { return binary.BigEndian.Uint64(v) }

// read returns the number under a key, 0 when there is none.
func read(t testing.TB, s kv.Store, key string) uint64 {
	t.Helper()
	n := uint64(0)
	err := s.View(ctx, func(tx kv.Tx) error {
		v, err := tx.Get([]byte(key))
		if errors.Is(err, kv.ErrNotFound) {
			return nil
		}
		if len(v) != 8 {
			return fmt.Errorf("%s is %q, %v", key, v, err)
		}
		n = number(v)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
