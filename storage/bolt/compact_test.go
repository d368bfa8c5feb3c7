package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"xintiexin/storage/kv"
)

// holding returns which files of a folder hold some bytes.
func holding(t testing.TB, dir string, what []byte) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, what) {
			names = append(names, d.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestCompactLeavesNoByteOfWhatWasDeleted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	s := openAt(t, path)
	secret := []byte("the-secret-of-somebody")
	put := func(key string, value []byte) {
		t.Helper()
		if err := s.Update(ctx, func(tx kv.Tx) error { return tx.Put([]byte(key), value) }); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 300 {
		put(fmt.Sprint("kept/", i), make([]byte, 900))
		put(fmt.Sprint("gone/", i), secret)
	}
	put("gone/large", bytes.Repeat(secret, 2000))
	want := dump(t, s)
	for i := range 300 {
		delete(want, fmt.Sprint("gone/", i))
		err := s.Update(ctx, func(tx kv.Tx) error {
			return errors.Join(tx.Delete(fmt.Appendf(nil, "gone/%d", i)), tx.Delete([]byte("gone/large")))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	delete(want, "gone/large")
	if got := holding(t, dir, secret); !slices.Equal(got, []string{"x.db"}) {
		t.Fatalf("before, %q hold what was deleted: the test shows nothing", got)
	}
	before, err := s.Size()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds a dense file
		if err := s.Compact(ctx); err != nil {
			t.Fatal(err)
		}
		if got := holding(t, dir, secret); len(got) != 0 {
			t.Errorf("afterwards %q hold what was deleted", got)
		}
		if !maps.Equal(dump(t, s), want) {
			t.Error("the store holds something else than before")
		}
		checkPages(t, s)
	}
	if after, err := s.Size(); err != nil || after >= before {
		t.Errorf("the file had %d bytes and has %d, %v", before, after, err)
	}
	put("kept/late", secret)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path)
	want["kept/late"] = string(secret)
	if !maps.Equal(dump(t, s), want) {
		t.Error("what was written after it is not there when the file is opened again")
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("the folder holds %v, %v", names, err)
	}
}

func TestCompactUnderLoadLosesNothing(t *testing.T) {
	for _, c := range []struct {
		name                     string
		accounts, callers, times int
	}{
		{"a store of many pages", 2000, 8, 3},
		{"a small one, again and again", 20, 4, 50},
	} {
		t.Run(c.name, func(t *testing.T) { compactUnderLoad(t, c.accounts, c.callers, c.times) })
	}
}

func compactUnderLoad(t *testing.T, accounts, callers, times int) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	s := openAt(t, path)
	openAccounts(t, s, accounts)
	load, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	for who := range callers {
		all.Go(func() { transfers(t, load, s, accounts, who) })
	}
	var views atomic.Int64
	for range 4 {
		all.Go(func() { readAccounts(t, load, s, accounts, &views) })
	}
	all.Go(func() { // somebody waits for the lock all the time, and must not get it
		for load.Err() == nil {
			if other, err := Open(path, Options{NoSync: true, Timeout: time.Millisecond}); !errors.Is(err, ErrLocked) {
				t.Errorf("another opened the file: %v", err)
				if err == nil {
					_ = other.Close()
				}
			}
		}
	})
	acknowledged := uint64(0)
	for range times {
		before := countTransfers(t, s, callers)
		if before < acknowledged {
			t.Errorf("%d transfers were there, %d are", acknowledged, before)
		}
		if err := s.Compact(ctx); err != nil {
			t.Fatal(err)
		}
		acknowledged = before
	}
	stop()
	all.Wait()
	n := checkAccounts(t, s, accounts, callers)
	if n == 0 || views.Load() == 0 {
		t.Errorf("there was no load: %d transfers, %d views", n, views.Load())
	}
	checkPages(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if m := checkAccounts(t, openAt(t, path), accounts, callers); m != n {
		t.Errorf("opened again it holds %d transfers, it held %d", m, n)
	}
}

// readAccounts reads again and again what no transfer changes.
func readAccounts(t *testing.T, load context.Context, s kv.Store, accounts int, views *atomic.Int64) {
	for load.Err() == nil {
		sum := uint64(0)
		err := s.View(ctx, func(tx kv.Tx) error {
			for i := range accounts {
				v, err := tx.Get([]byte(account(i)))
				if err != nil {
					return err
				}
				sum += number(v)
			}
			return nil
		})
		if err != nil || sum != uint64(accounts)*opening {
			t.Errorf("a view found %d, %v", sum, err)
			return
		}
		views.Add(1)
	}
}

func TestCompactWaitsForViewsButNobodyForIt(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "x.db"))
	put := func(n uint64) {
		t.Helper()
		if err := s.Update(ctx, func(tx kv.Tx) error { return addTo(tx, "n", n) }); err != nil {
			t.Fatal(err)
		}
	}
	put(1)
	begun, release, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		ended <- s.View(ctx, func(tx kv.Tx) error {
			close(begun)
			<-release
			if v, err := tx.Get([]byte("n")); err != nil || number(v) != 1 {
				return fmt.Errorf("the view sees %d, %v", number(v), err)
			}
			return s.View(ctx, func(tx kv.Tx) error { // one inside another does not stand in anybody's way
				if v, err := tx.Get([]byte("n")); err != nil || number(v) != 3 {
					return fmt.Errorf("a view inside it sees %d, %v", number(v), err)
				}
				return nil
			})
		})
	}()
	<-begun
	old := s.file.Load()
	compacted := make(chan error)
	go func() { compacted <- s.Compact(ctx) }()
	for s.file.Load() == old {
		time.Sleep(time.Millisecond)
	}
	put(2)
	if got := read(t, s, "n"); got != 3 {
		t.Errorf("n is %d, want 3", got)
	}
	select {
	case err := <-compacted:
		t.Errorf("it did not wait for the view: %v", err)
	default:
	}
	close(release)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := <-compacted; err != nil {
		t.Error(err)
	}
}

func TestKilledWhileItCompactsKeepsWhatItAcknowledged(t *testing.T) { killed(t, "compact") }

func compactForever(s *Store) {
	for {
		if err := s.Compact(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func TestOpenSweepsWhatACompactLeft(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	if err := os.WriteFile(path+leftover, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, path)
	if _, err := os.Stat(path + leftover); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	if err := os.WriteFile(path+leftover, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, Options{Timeout: 1}); !errors.Is(err, ErrLocked) {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + leftover); err != nil {
		t.Errorf("swept by somebody without the lock: %v", err)
	}
	if err := s.Compact(ctx); err != nil { // it stands in nobody's way
		t.Error(err)
	}
}

func TestCompactThatFailsLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	s := openAt(t, path)
	openAccounts(t, s, 3000)
	ended, end := context.WithCancel(ctx)
	end()
	if err := s.Compact(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(path+leftover, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Compact(ctx); err == nil {
		t.Error("with something in the way: no error")
	}
	if err := os.RemoveAll(path + leftover); err != nil {
		t.Fatal(err)
	}
	checkAccounts(t, s, 3000, 0)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Compact(ctx); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	checkAccounts(t, openAt(t, path), 3000, 0)
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("the folder holds %v, %v", names, err)
	}
}

func TestCloseDuringCompact(t *testing.T) {
	for range 20 {
		path := filepath.Join(t.TempDir(), "x.db")
		s := openAt(t, path)
		openAccounts(t, s, 200)
		compacted := make(chan error)
		go func() { compacted <- s.Compact(ctx) }()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-compacted; err != nil && !errors.Is(err, ErrClosed) {
			t.Errorf("compact: %v", err)
		}
		again, err := Open(path, Options{NoSync: true, Timeout: 1}) // so nothing holds the lock any more
		if err != nil {
			t.Fatal(err)
		}
		checkAccounts(t, again, 200, 0)
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCompactKeepsLinkAndMode(t *testing.T) {
	dir := t.TempDir()
	disk := filepath.Join(dir, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "x.db")
	if err := os.Symlink(filepath.Join(disk, "real.db"), link); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, link)
	if err := os.Chmod(link, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := s.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(link); err != nil || info.Mode() != 0o640 {
		t.Errorf("the file is %v, %v, want mode 0640", info.Mode(), err)
	}
}

// compactWithoutRoom finds no room, then room, and prints what came of it.
func compactWithoutRoom(path string) {
	limit := func(bytes uint64) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: 1 << 40}); err != nil {
			panic(err)
		}
	}
	s, err := Open(path, Options{})
	if err != nil {
		panic(err)
	}
	add := func() error { return s.Update(ctx, func(tx kv.Tx) error { return addTo(tx, "n", 1) }) }
	limit(1 << 20)
	full := s.Compact(ctx)
	_, left := os.Stat(path + leftover)
	limit(1 << 40)
	fmt.Println(errors.Is(full, kv.ErrFull), errors.Is(left, fs.ErrNotExist), add(), s.Compact(ctx), add(), s.Close())
}

func TestCompactWithoutRoomLeavesTheOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := openAt(t, path)
	openAccounts(t, s, 3000)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := child("narrow", path).Output()
	if want := "true true <nil> <nil> <nil> <nil>\n"; err != nil || string(out) != want {
		t.Errorf("it says %q, %v, want %q", out, err, want)
	}
	s = openAt(t, path)
	checkAccounts(t, s, 3000, 0)
	if got := read(t, s, "n"); got != 2 {
		t.Errorf("n is %d, want 2", got)
	}
}
