package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"xintiexin/storage/kv"
)

// dump returns all that a store holds.
func dump(t testing.TB, s kv.Store) map[string]string {
	t.Helper()
	m := map[string]string{}
	err := s.View(ctx, func(tx kv.Tx) error {
		for p, err := range tx.Scan(nil, nil) {
			if err != nil {
				return err
			}
			m[string(p.Key)] = string(p.Value)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const (
	accounts = 3000
	opening  = 1000 // what each account holds at first
)

func account(i int) string { return fmt.Sprintf("account/%04d", i) }

// openAccounts fills a store with accounts. Each is long enough for the whole
// to take up several pages of a Copy.
func openAccounts(t testing.TB, s kv.Store) {
	t.Helper()
	err := s.Update(ctx, func(tx kv.Tx) error {
		for i := range accounts {
			err := errors.Join(addTo(tx, account(i), opening), tx.Put([]byte("fill/"+account(i)), make([]byte, 500)))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// transfer moves 1 between two accounts and notes it in one transaction: an
// entry in the journal comes, an older one goes.
func transfer(s kv.Store, r *rand.Rand, who, n int) error {
	from, to := r.IntN(accounts), r.IntN(accounts)
	return s.Update(ctx, func(tx kv.Tx) error {
		return errors.Join(
			addTo(tx, account(from), ^uint64(0)), // minus one
			addTo(tx, account(to), 1),
			addTo(tx, "transfers", 1),
			tx.Put(fmt.Appendf(nil, "journal/%d/%d", who, n), []byte("one")),
			tx.Delete(fmt.Appendf(nil, "journal/%d/%d", who, n-10)),
		)
	})
}

// checkAccounts fails unless the store is as some number of whole transfers
// left it; it returns that number.
func checkAccounts(t testing.TB, s kv.Store, callers int) uint64 {
	t.Helper()
	sum, journal := uint64(0), uint64(0)
	for k := range dump(t, s) {
		switch {
		case strings.HasPrefix(k, "account/"):
			sum += read(t, s, k)
		case strings.HasPrefix(k, "journal/"):
			journal++
		}
	}
	if sum != accounts*opening {
		t.Errorf("the accounts hold %d, want %d", sum, accounts*opening)
	}
	n := read(t, s, "transfers")
	if n >= uint64(callers)*1000 && journal != uint64(callers)*10 || journal > n {
		t.Errorf("%d entries in the journal after %d transfers", journal, n)
	}
	return n
}

func TestCopyUnderLoadIsOneCommittedState(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, filepath.Join(dir, "x.db"))
	openAccounts(t, s)
	const callers = 8
	load, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	for who := range callers {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(who), 0))
			for n := 0; load.Err() == nil; n++ {
				if err := transfer(s, r, who, n); err != nil {
					t.Errorf("transfer: %v", err)
					return
				}
			}
		})
	}
	for i := range 4 {
		path := filepath.Join(dir, fmt.Sprint("copy", i))
		before := read(t, s, "transfers")
		if err := s.Copy(ctx, path); err != nil {
			t.Fatal(err)
		}
		after := read(t, s, "transfers")
		c := openAt(t, path)
		if n := checkAccounts(t, c, callers); n < before || n > after {
			t.Errorf("the copy stands after %d transfers, not between %d and %d", n, before, after)
		} else if after == before {
			t.Error("there was no load")
		}
		checkPages(t, c)
	}
	stop()
	all.Wait()
	if err := s.Copy(ctx, filepath.Join(dir, "still")); err != nil {
		t.Fatal(err)
	}
	a, b := dump(t, s), dump(t, openAt(t, filepath.Join(dir, "still")))
	if len(a) != len(b) {
		t.Errorf("the copy of a store at rest holds %d pairs, want %d", len(b), len(a))
	}
	for k, v := range a {
		if b[k] != v {
			t.Errorf("the copy holds %q=%q, want %q", k, b[k], v)
		}
	}
}

// checkPages fails when the file is damaged: a page lost, or used twice.
func checkPages(t testing.TB, s *Store) {
	t.Helper()
	btx, err := s.db.Begin(false)
	if err != nil {
		t.Fatal(err)
	}
	for err := range btx.Check() {
		t.Error(err)
	}
	if err := btx.Rollback(); err != nil {
		t.Error(err)
	}
}

func TestCopyOfAnEmptyStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "copy")
	if err := openTest(t).(*Store).Copy(ctx, path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("the copy is %v, %v, want mode 0600", info.Mode(), err)
	}
	if got := dump(t, openAt(t, path)); len(got) != 0 {
		t.Errorf("the copy holds %q", got)
	}
}

func TestCopyHoldsNothingThatWasDeleted(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, filepath.Join(dir, "x.db"))
	secret := []byte("the-secret-of-somebody")
	for i := range 300 {
		err := s.Update(ctx, func(tx kv.Tx) error {
			return errors.Join(
				tx.Put(fmt.Appendf(nil, "kept/%d", i), make([]byte, 900)),
				tx.Put(fmt.Appendf(nil, "gone/%d", i), secret),
				tx.Delete(fmt.Appendf(nil, "gone/%d", i-1)),
			)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// Some go while the copy is made, having been copied already.
	load, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	all.Go(func() {
		for i := 0; load.Err() == nil; i++ {
			key := fmt.Appendf(nil, "a%d", i%50)
			_ = s.Update(ctx, func(tx kv.Tx) error { return tx.Put(key, secret) })
			_ = s.Update(ctx, func(tx kv.Tx) error { return tx.Delete(key) })
		}
		_ = s.Update(ctx, func(tx kv.Tx) error { return tx.Delete([]byte("gone/299")) })
	})
	for i := range 5 {
		path := filepath.Join(dir, fmt.Sprint("copy", i))
		if i == 4 {
			stop()
			all.Wait()
		}
		if err := s.Copy(ctx, path); err != nil {
			t.Fatal(err)
		}
		held, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for _, v := range dump(t, openAt(t, path)) {
			want += strings.Count(v, string(secret))
		}
		if got := bytes.Count(held, secret); got != want {
			t.Errorf("the copy has the secret %d times, its pairs have it %d times", got, want)
		}
	}
}

func TestCopyThatFailsLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, filepath.Join(dir, "x.db"))
	openAccounts(t, s)

	there := filepath.Join(dir, "there")
	if err := os.WriteFile(there, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Copy(ctx, there); !errors.Is(err, fs.ErrExist) {
		t.Errorf("onto a file that is there: %v", err)
	}
	if b, err := os.ReadFile(there); string(b) != "precious" {
		t.Errorf("the file that was there is %q, %v", b, err)
	}

	ended, end := context.WithCancel(ctx)
	end()
	partial := filepath.Join(dir, "partial")
	if err := s.Copy(ended, partial); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Copy(ctx, partial); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if _, err := os.Stat(partial); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a partial copy is left: %v", err)
	}
	if err := s.Copy(ctx, filepath.Join(dir, "absent", "copy")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("into a directory that is not there: %v", err)
	}
}
