package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
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

const opening = 1000 // what each account holds at first

func account(i int) string { return fmt.Sprintf("account/%04d", i) }

// openAccounts fills a store with accounts, and so much between them that they
// lie on many pages of a Copy.
func openAccounts(t testing.TB, s kv.Store, accounts int) {
	t.Helper()
	err := s.Update(ctx, func(tx kv.Tx) error {
		for i := range accounts {
			err := errors.Join(addTo(tx, account(i), opening), tx.Put([]byte(account(i)+"/filler"), make([]byte, 2000)))
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

// transfers moves 1 between two accounts again and again, until the load ends.
// Each transfer is noted in the same transaction: an entry in the journal
// comes, an older one goes.
func transfers(t *testing.T, load context.Context, s kv.Store, accounts, who int) {
	r := rand.New(rand.NewPCG(uint64(who), 0))
	for n := 0; load.Err() == nil; n++ {
		from, to := r.IntN(accounts), r.IntN(accounts)
		err := s.Update(ctx, func(tx kv.Tx) error {
			return errors.Join(
				addTo(tx, account(from), ^uint64(0)), // minus one
				addTo(tx, account(to), 1),
				addTo(tx, fmt.Sprint("transfers/", who), 1),
				tx.Put(fmt.Appendf(nil, "journal/%d/%d", who, n), []byte("one")),
				tx.Delete(fmt.Appendf(nil, "journal/%d/%d", who, n-10)),
			)
		})
		if err != nil {
			t.Errorf("transfer: %v", err)
			return
		}
	}
}

// checkAccounts fails unless the store is as whole transfers left it, and
// returns how many there were.
func checkAccounts(t testing.TB, s kv.Store, accounts, callers int) uint64 {
	t.Helper()
	sum, journal := uint64(0), make([]uint64, callers)
	for k, v := range dump(t, s) {
		switch {
		case strings.HasSuffix(k, "/filler"):
		case strings.HasPrefix(k, "account/"):
			sum += number([]byte(v))
		case strings.HasPrefix(k, "journal/"):
			journal[k[len("journal/")]-'0']++
		}
	}
	if sum != uint64(accounts)*opening {
		t.Errorf("the accounts hold %d, want %d", sum, accounts*opening)
	}
	for who := range callers {
		if n := read(t, s, fmt.Sprint("transfers/", who)); journal[who] != min(n, 10) {
			t.Errorf("%d entries in the journal after %d transfers", journal[who], n)
		}
	}
	return countTransfers(t, s, callers)
}

func countTransfers(t testing.TB, s kv.Store, callers int) uint64 {
	t.Helper()
	n := uint64(0)
	for who := range callers {
		n += read(t, s, fmt.Sprint("transfers/", who))
	}
	return n
}

func TestCopyUnderLoadIsOneCommittedState(t *testing.T) {
	for _, c := range []struct {
		name                     string
		accounts, callers, times int
	}{
		{"a store of many pages", 3000, 8, 3},
		{"a small one, copied in one go, so that the end counts", 20, 4, 40},
	} {
		t.Run(c.name, func(t *testing.T) { copyUnderLoad(t, c.accounts, c.callers, c.times) })
	}
}

func copyUnderLoad(t *testing.T, accounts, callers, times int) {
	dir := t.TempDir()
	s := openAt(t, filepath.Join(dir, "x.db"))
	openAccounts(t, s, accounts)
	load, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	for who := range callers {
		all.Go(func() { transfers(t, load, s, accounts, who) })
	}
	for i := range times {
		path := filepath.Join(dir, fmt.Sprint("copy", i))
		before := countTransfers(t, s, callers)
		if err := s.Copy(ctx, path); err != nil {
			t.Fatal(err)
		}
		after := countTransfers(t, s, callers)
		c := openAt(t, path)
		if n := checkAccounts(t, c, accounts, callers); n < before || n > after {
			t.Errorf("the copy stands after %d transfers, not between %d and %d", n, before, after)
		}
		checkPages(t, c)
	}
	stop()
	all.Wait()
	if checkAccounts(t, s, accounts, callers) == 0 {
		t.Error("there was no load")
	}
	path := filepath.Join(dir, "still")
	if err := s.Copy(ctx, path); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(dump(t, openAt(t, path)), dump(t, s)) {
		t.Error("the copy of a store at rest differs from it")
	}
}

// checkPages fails when the file is damaged: a page lost, or used twice.
func checkPages(t testing.TB, s *Store) {
	t.Helper()
	btx, err := s.file.Load().Begin(false)
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
	openAccounts(t, s, 3000)

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
