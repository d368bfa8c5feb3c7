// Package kvtest checks that an engine keeps the promises of package kv.
package kvtest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"xintiexin/storage/kv"
)

// Run checks every promise of package kv. open returns a new, empty store,
// which Run closes.
func Run(t *testing.T, open func(t testing.TB) kv.Store) {
	for _, c := range promises {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			c.check(t, s)
		})
	}
}

var promises = []struct {
	name  string
	check func(*testing.T, kv.Store)
}{
	{"what was put is found, and what was not is ErrNotFound", putGet},
	{"a nil value is an empty value", nilValue},
	{"deleting an absent key is no error", deleteAbsent},
	{"a View refuses to write", viewRefuses},
	{"keys are 1 to MaxKey bytes", keyLength},
	{"values of a megabyte are kept", bigValue},
	{"no collation bends the order of bytes", byteOrder},
	{"a scan is half-open and a nil bound is no bound", bounds},
	{"a scan may be left early", leaveEarly},
	{"a scan sees what its transaction wrote", scanOwnWrites},
	{"Get, Put, Delete and Scan work inside a scan", insideScan},
	{"a descent yields what a scan yields, from the last key to the first", descendBounds},
	{"a descent may be left early", descendLeaveEarly},
	{"a descent sees what its transaction wrote", descendOwnWrites},
	{"Get, Put, Delete and Scan work inside a descent", insideDescent},
	{"a descent passes what was deleted before", descendMany},
	{"an error leaves no trace and is returned", errorNoTrace},
	{"a panic leaves no trace and reaches the caller", panicNoTrace},
	{"a goroutine that exits inside Update leaves no trace", exitNoTrace},
	{"slices given to Put and Delete may be reused at once", reuseAfterPut},
	{"a slice from Get lasts as long as the transaction", getLasts},
	{"a slice from a scan cannot be appended into the store", appendToPair},
	{"a View sees one state", viewOneState},
	{"a View sees every Update that returned before", viewSees},
	{"Updates at once lose nothing", updatesLoseNothing},
	{"one caller's error and panic undo nobody else's writes", errorsApart},
	{"an ended context is not run", endedContext},
	{"after Close everything is an error", afterClose},
	{"any series of calls gives what an ordered map would give", model},
}

var ctx = context.Background()

func update(t testing.TB, s kv.Store, fn func(kv.Tx) error) {
	t.Helper()
	if err := s.Update(ctx, fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

func view(t testing.TB, s kv.Store, fn func(kv.Tx) error) {
	t.Helper()
	if err := s.View(ctx, fn); err != nil {
		t.Fatalf("view: %v", err)
	}
}

// put puts the keys, each with itself as its value.
func put(t testing.TB, s kv.Store, keys ...string) {
	t.Helper()
	update(t, s, func(tx kv.Tx) error {
		for _, k := range keys {
			if err := tx.Put([]byte(k), []byte(k)); err != nil {
				return err
			}
		}
		return nil
	})
}

// keys returns the keys of a scan. A bound "nil" is nil.
func keys(tx kv.Tx, start, end string) ([]string, error) {
	var got []string
	for p, err := range tx.Scan(bound(start), bound(end)) {
		if err != nil {
			return nil, err
		}
		got = append(got, string(p.Key))
	}
	return got, nil
}

func bound(s string) []byte {
	if s == "nil" {
		return nil
	}
	return []byte(s)
}

func wantKeys(t testing.TB, s kv.Store, want ...string) {
	t.Helper()
	view(t, s, func(tx kv.Tx) error {
		got, err := keys(tx, "nil", "nil")
		if !slices.Equal(got, want) {
			t.Errorf("the store holds %q, want %q", got, want)
		}
		return err
	})
}

func get(t testing.TB, s kv.Store, key string) string {
	t.Helper()
	var got string
	view(t, s, func(tx kv.Tx) error {
		v, err := tx.Get([]byte(key))
		got = string(v)
		return err
	})
	return got
}

func putGet(t *testing.T, s kv.Store) {
	put(t, s, "a", "b")
	if got := get(t, s, "a"); got != "a" {
		t.Errorf("a is %q", got)
	}
	update(t, s, func(tx kv.Tx) error { return tx.Put([]byte("a"), []byte("other")) })
	update(t, s, func(tx kv.Tx) error { return tx.Delete([]byte("b")) })
	if got := get(t, s, "a"); got != "other" {
		t.Errorf("a is %q after it was put again", got)
	}
	check := func(tx kv.Tx) error {
		for _, key := range []string{"b", "c", "aa", ""} {
			if v, err := tx.Get([]byte(key)); !errors.Is(err, kv.ErrNotFound) {
				t.Errorf("get %q: %q, %v", key, v, err)
			}
		}
		return nil
	}
	view(t, s, check)
	update(t, s, check)
}

func nilValue(t *testing.T, s kv.Store) {
	check := func(tx kv.Tx) error {
		for _, key := range []string{"nil", "empty"} {
			if v, err := tx.Get([]byte(key)); len(v) != 0 || err != nil {
				t.Errorf("get %s: %q, %v", key, v, err)
			}
		}
		got, err := keys(tx, "nil", "nil")
		if len(got) != 2 {
			t.Errorf("a scan meets %q", got)
		}
		return err
	}
	update(t, s, func(tx kv.Tx) error {
		if err := errors.Join(tx.Put([]byte("nil"), nil), tx.Put([]byte("empty"), []byte{})); err != nil {
			return err
		}
		return check(tx)
	})
	view(t, s, check)
	update(t, s, check)
}

func deleteAbsent(t *testing.T, s kv.Store) {
	put(t, s, "a")
	update(t, s, func(tx kv.Tx) error {
		return errors.Join(tx.Delete([]byte("b")), tx.Delete([]byte("b")), tx.Delete(nil))
	})
	wantKeys(t, s, "a")
}

func viewRefuses(t *testing.T, s kv.Store) {
	put(t, s, "a")
	view(t, s, func(tx kv.Tx) error {
		if err := tx.Put([]byte("b"), nil); !errors.Is(err, kv.ErrReadOnly) {
			t.Errorf("put: %v", err)
		}
		if err := tx.Delete([]byte("a")); !errors.Is(err, kv.ErrReadOnly) {
			t.Errorf("delete: %v", err)
		}
		return nil
	})
	wantKeys(t, s, "a")
	failed := errors.New("failed")
	if err := s.View(ctx, func(kv.Tx) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("a View whose fn failed: %v", err)
	}
}

func keyLength(t *testing.T, s kv.Store) {
	longest := strings.Repeat("k", kv.MaxKey)
	put(t, s, "k", longest)
	for _, key := range []string{"", longest + "k"} {
		update(t, s, func(tx kv.Tx) error {
			if err := tx.Put([]byte(key), nil); !errors.Is(err, kv.ErrKey) {
				t.Errorf("put a key of %d bytes: %v", len(key), err)
			}
			return nil
		})
	}
	if get(t, s, longest) != longest {
		t.Error("the longest key is lost")
	}
	wantKeys(t, s, "k", longest)
}

func bigValue(t *testing.T, s kv.Store) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	update(t, s, func(tx kv.Tx) error { return tx.Put([]byte("big"), big) })
	if got := get(t, s, "big"); got != string(big) {
		t.Errorf("%d bytes came back changed, as %d", len(big), len(got))
	}
}

func byteOrder(t *testing.T, s kv.Store) {
	want := []string{"\x00", "\x00\x00", "\x00a", "\n", " ", "-", "/", "0", "1", "10", "2", "A", "Z", "_", "a", "a\x00", "a/",
		"aa", "ab", "b", "z", "z\xff", "\x7f", "\x80", "ä", "王", "王桂英", "走访", "\xff", "\xff\x00", "\xff\xff"}
	if !slices.IsSorted(want) {
		t.Fatal("the table is not in order")
	}
	shuffled := slices.Clone(want)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(want), func(i, j int) {
		shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
	})
	put(t, s, shuffled...)
	wantKeys(t, s, want...)
}

func bounds(t *testing.T, s kv.Store) {
	put(t, s, "a", "b", "b\x00", "c", "\xff")
	check := func(tx kv.Tx) error {
		for _, c := range []struct{ start, end, want string }{
			{"nil", "nil", "[a b b\x00 c \xff]"},
			{"", "nil", "[a b b\x00 c \xff]"},
			{"b", "nil", "[b b\x00 c \xff]"},
			{"b\x00", "nil", "[b\x00 c \xff]"},
			{"nil", "b", "[a]"},
			{"nil", "", "[]"},
			{"a", "c", "[a b b\x00]"},
			{"aa", "bb", "[b b\x00]"},
			{"b", "b", "[]"},
			{"c", "b", "[]"},
			{"d", "e", "[]"},
			{"\xff\xff", "nil", "[]"},
		} {
			got, err := keys(tx, c.start, c.end)
			if err != nil || fmt.Sprint(got) != c.want {
				t.Errorf("scan %q to %q: %q, %v, want %q", c.start, c.end, got, err, c.want)
			}
		}
		return nil
	}
	view(t, s, check)
	update(t, s, check)
	update(t, s, func(tx kv.Tx) error { // the same pairs, put in the transaction itself
		for _, k := range []string{"a", "b", "b\x00", "c", "\xff"} {
			if err := errors.Join(tx.Delete([]byte(k)), tx.Put([]byte(k), nil)); err != nil {
				return err
			}
		}
		return check(tx)
	})
}

func leaveEarly(t *testing.T, s kv.Store) {
	put(t, s, "a", "b", "c")
	check := func(tx kv.Tx) error {
		for range 3 {
			for p, err := range tx.Scan(nil, nil) {
				if err != nil {
					return err
				}
				if string(p.Key) == "b" {
					break
				}
			}
		}
		got, err := keys(tx, "b", "nil")
		if fmt.Sprint(got) != "[b c]" {
			t.Errorf("a scan after those meets %q", got)
		}
		return err
	}
	view(t, s, check)
	update(t, s, check)
}

func scanOwnWrites(t *testing.T, s kv.Store) {
	put(t, s, "b", "d", "f")
	update(t, s, func(tx kv.Tx) error {
		err := errors.Join(
			tx.Put([]byte("a"), nil), tx.Put([]byte("c"), nil), tx.Put([]byte("g"), nil), // around them
			tx.Put([]byte("d"), []byte("new")),             // over one
			tx.Delete([]byte("b")), tx.Delete([]byte("f")), // one gone
			tx.Put([]byte("f"), []byte("back")),              // and back
			tx.Put([]byte("e"), nil), tx.Delete([]byte("e")), // come and gone
			tx.Put([]byte("h"), nil), tx.Put([]byte("h"), []byte("2")), // twice
		)
		if err != nil {
			return err
		}
		var got []string
		for p, err := range tx.Scan([]byte("a"), nil) {
			if err != nil {
				return err
			}
			got = append(got, string(p.Key)+"="+string(p.Value))
		}
		if fmt.Sprint(got) != "[a= c= d=new f=back g= h=2]" {
			t.Errorf("a scan meets %q", got)
		}
		return nil
	})
	wantKeys(t, s, "a", "c", "d", "f", "g", "h")
}

func insideScan(t *testing.T, s kv.Store) {
	put(t, s, "a1", "a2", "a3", "b1", "b2")
	update(t, s, func(tx kv.Tx) error {
		met := 0
		for p, err := range tx.Scan([]byte("a"), []byte("b")) {
			if err != nil {
				return err
			}
			key := slices.Clone(p.Key)
			if v, err := tx.Get(key); err != nil || string(v) != string(key) {
				t.Errorf("get %q inside a scan: %q, %v", key, v, err)
			}
			inner, err := keys(tx, "b", "c")
			if err != nil || fmt.Sprint(inner) != "[b1 b2]" {
				t.Errorf("a scan inside a scan meets %q, %v", inner, err)
			}
			if string(key) != string(p.Key) || string(p.Value) != string(key) {
				t.Errorf("the pair %q became %q=%q while its body read", key, p.Key, p.Value)
			}
			if err := tx.Delete(key); err != nil {
				return err
			}
			if err := tx.Put(append([]byte("z"), key...), key); err != nil {
				return err
			}
			if v, err := tx.Get(append([]byte("z"), key...)); err != nil || string(v) != string(key) {
				t.Errorf("get what was put inside a scan: %q, %v", v, err)
			}
			met++
		}
		if met != 3 {
			t.Errorf("met %d of 3 while deleting each", met)
		}
		return nil
	})
	wantKeys(t, s, "b1", "b2", "za1", "za2", "za3")
}

func errorNoTrace(t *testing.T, s kv.Store) {
	put(t, s, "a", "b")
	failed := errors.New("failed")
	err := s.Update(ctx, func(tx kv.Tx) error {
		return errors.Join(tx.Put([]byte("a"), []byte("x")), tx.Put([]byte("c"), nil), tx.Delete([]byte("b")), failed)
	})
	if !errors.Is(err, failed) {
		t.Errorf("update: %v", err)
	}
	wantKeys(t, s, "a", "b")
	if got := get(t, s, "a"); got != "a" {
		t.Errorf("a became %q", got)
	}
}

func panicNoTrace(t *testing.T, s kv.Store) {
	put(t, s, "a")
	if got := panics(s); got != "gone wrong" {
		t.Errorf("the caller recovers %v", got)
	}
	wantKeys(t, s, "a")
	put(t, s, "c")
	wantKeys(t, s, "a", "c")
}

// panics puts a key, panics, and returns what reached the caller.
func panics(s kv.Store) (recovered any) {
	defer func() { recovered = recover() }()
	_ = s.Update(ctx, func(tx kv.Tx) error {
		_ = tx.Put([]byte("panicked"), nil)
		panic("gone wrong")
	})
	return nil
}

func exitNoTrace(t *testing.T, s kv.Store) {
	put(t, s, "a")
	t.Run("skipped inside", func(t *testing.T) {
		_ = s.Update(ctx, func(tx kv.Tx) error {
			_ = tx.Put([]byte("b"), nil)
			t.SkipNow()
			return nil
		})
	})
	put(t, s, "c")
	wantKeys(t, s, "a", "c")
}

func reuseAfterPut(t *testing.T, s kv.Store) {
	put(t, s, "gone")
	update(t, s, func(tx kv.Tx) error {
		key, value := []byte("key"), []byte("value")
		if err := tx.Put(key, value); err != nil {
			return err
		}
		copy(key, "xxx")
		copy(value, "xxxxx")
		gone := []byte("gone")
		if err := tx.Delete(gone); err != nil {
			return err
		}
		copy(gone, "xxxx")
		if v, err := tx.Get([]byte("key")); err != nil || string(v) != "value" {
			t.Errorf("in the transaction it is %q, %v", v, err)
		}
		return nil
	})
	wantKeys(t, s, "key")
	if got := get(t, s, "key"); got != "value" {
		t.Errorf("later it is %q", got)
	}
}

func getLasts(t *testing.T, s kv.Store) {
	put(t, s, "a", "b")
	update(t, s, func(tx kv.Tx) error {
		before, err := tx.Get([]byte("a"))
		if err != nil {
			return err
		}
		other, err := tx.Get([]byte("b"))
		if err != nil {
			return err
		}
		if err := errors.Join(tx.Put([]byte("a"), []byte("1")), tx.Delete([]byte("b"))); err != nil {
			return err
		}
		between, err := tx.Get([]byte("a"))
		if err != nil {
			return err
		}
		for i := range 1000 {
			if err := tx.Put([]byte("a"), []byte{'2'}); err != nil {
				return err
			}
			if err := tx.Put(fmt.Appendf(nil, "c%d", i), make([]byte, 100)); err != nil {
				return err
			}
		}
		if string(before) != "a" || string(between) != "1" || string(other) != "b" {
			t.Errorf("what Get returned became %q, %q, %q", before, between, other)
		}
		return nil
	})
}

func appendToPair(t *testing.T, s kv.Store) {
	put(t, s, "a", "b")
	check := func(tx kv.Tx) error {
		for p, err := range tx.Scan(nil, nil) {
			if err != nil {
				return err
			}
			v, err := tx.Get(p.Key)
			if err != nil {
				return err
			}
			_, _, _ = append(p.Key, "xxxx"...), append(p.Value, "xxxx"...), append(v, "xxxx"...)
		}
		got, err := keys(tx, "nil", "nil")
		if fmt.Sprint(got) != "[a b]" {
			t.Errorf("the keys became %q", got)
		}
		return err
	}
	view(t, s, check)
	update(t, s, func(tx kv.Tx) error {
		if err := errors.Join(tx.Put([]byte("a"), []byte("1")), tx.Put([]byte("b"), []byte("2"))); err != nil {
			return err
		}
		return check(tx)
	})
}

func viewOneState(t *testing.T, s kv.Store) {
	put(t, s, "a", "b")
	view(t, s, func(tx kv.Tx) error {
		// The Update runs elsewhere: a transaction inside a transaction is not allowed.
		done := make(chan error)
		go func() {
			done <- s.Update(ctx, func(tx kv.Tx) error {
				return errors.Join(tx.Put([]byte("a"), []byte("new")), tx.Delete([]byte("b")), tx.Put([]byte("c"), nil))
			})
		}()
		if err := <-done; err != nil {
			t.Errorf("update beside a View: %v", err)
		}
		if v, err := tx.Get([]byte("a")); err != nil || string(v) != "a" {
			t.Errorf("a became %q, %v", v, err)
		}
		got, err := keys(tx, "nil", "nil")
		if fmt.Sprint(got) != "[a b]" {
			t.Errorf("the keys became %q", got)
		}
		return err
	})
	wantKeys(t, s, "a", "c")
}

func viewSees(t *testing.T, s kv.Store) {
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 10 {
				key := fmt.Sprintf("%d/%d", i, j)
				put(t, s, key)
				if get(t, s, key) != key {
					t.Errorf("%s is not there after its Update returned", key)
				}
			}
		})
	}
	all.Wait()
}

// add adds to the number under a key.
func add(tx kv.Tx, key string, n uint64) error {
	v, err := tx.Get([]byte(key))
	switch {
	case errors.Is(err, kv.ErrNotFound):
	case err != nil:
		return err
	default:
		n += binary.BigEndian.Uint64(v)
	}
	return tx.Put([]byte(key), binary.BigEndian.AppendUint64(nil, n))
}

func number(t testing.TB, s kv.Store, key string) uint64 {
	t.Helper()
	v := get(t, s, key)
	if len(v) != 8 {
		t.Fatalf("%s is %q", key, v)
	}
	return binary.BigEndian.Uint64([]byte(v))
}

func updatesLoseNothing(t *testing.T, s kv.Store) {
	const callers, times = 16, 25
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			own := fmt.Sprintf("own/%d", i)
			for range times {
				err := s.Update(ctx, func(tx kv.Tx) error { return errors.Join(add(tx, "shared", 1), add(tx, own, 1)) })
				if err != nil {
					t.Errorf("update: %v", err)
				}
			}
		})
	}
	all.Wait()
	if got := number(t, s, "shared"); got != callers*times {
		t.Errorf("%d of %d Updates are left", got, callers*times)
	}
	for i := range callers {
		if got := number(t, s, fmt.Sprintf("own/%d", i)); got != times {
			t.Errorf("caller %d: %d of %d Updates are left", i, got, times)
		}
	}
}

func errorsApart(t *testing.T, s kv.Store) {
	const callers, times = 12, 20
	failed := errors.New("failed")
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			for range times {
				switch i % 3 {
				case 0:
					if err := s.Update(ctx, func(tx kv.Tx) error { return add(tx, "good", 1) }); err != nil {
						t.Errorf("update: %v", err)
					}
				case 1:
					err := s.Update(ctx, func(tx kv.Tx) error { return errors.Join(add(tx, "good", 1000), tx.Put([]byte("bad"), nil), failed) })
					if !errors.Is(err, failed) {
						t.Errorf("an fn that fails: %v", err)
					}
				case 2:
					if got := panics(s); got != "gone wrong" {
						t.Errorf("an fn that panics: %v", got)
					}
				}
			}
		})
	}
	all.Wait()
	wantKeys(t, s, "good")
	if got := number(t, s, "good"); got != callers/3*times {
		t.Errorf("good is %d, want %d", got, callers/3*times)
	}
}

func endedContext(t *testing.T, s kv.Store) {
	ended, end := context.WithCancel(ctx)
	end()
	run := func(kv.Tx) error { t.Error("fn was run"); return nil }
	if err := s.Update(ended, run); !errors.Is(err, context.Canceled) {
		t.Errorf("update: %v", err)
	}
	if err := s.View(ended, run); !errors.Is(err, context.Canceled) {
		t.Errorf("view: %v", err)
	}
	put(t, s, "a")
	wantKeys(t, s, "a")

	// One that ends while its caller waits for the turn that another has: it
	// may run or not, but what Update returns must say which.
	waits, end := context.WithCancel(ctx)
	begun, release := make(chan struct{}, 2), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		err := s.Update(ctx, func(kv.Tx) error {
			begun <- struct{}{}
			<-release
			return nil
		})
		if err != nil {
			t.Errorf("update: %v", err)
		}
	})
	<-begun
	all.Go(func() {
		err := s.Update(waits, func(tx kv.Tx) error { return tx.Put([]byte("b"), nil) })
		switch {
		case err == nil:
			wantKeys(t, s, "a", "b")
		case errors.Is(err, context.Canceled):
			wantKeys(t, s, "a")
		default:
			t.Errorf("update: %v", err)
		}
	})
	end()
	close(release)
	all.Wait()
}

func afterClose(t *testing.T, s kv.Store) {
	put(t, s, "a")
	if err := s.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	run := func(kv.Tx) error { t.Error("fn was run"); return nil }
	if err := s.Update(ctx, run); err == nil {
		t.Error("Update returned nil")
	}
	if err := s.View(ctx, run); err == nil {
		t.Error("View returned nil")
	}
}

// model compares the store with a map, over transactions of random calls of
// which some fail.
func model(t *testing.T, s kv.Store) {
	r := rand.New(rand.NewPCG(3, 4))
	want := map[string]string{}
	for range 200 {
		script := make([]uint32, 1+r.IntN(60))
		for i := range script {
			script[i] = r.Uint32()
		}
		next := want
		failed := errors.New("failed")
		fails := r.IntN(4) == 0
		err := s.Update(ctx, func(tx kv.Tx) error {
			next = maps.Clone(want)
			for _, step := range script {
				if err := play(tx, next, step); err != nil {
					return err
				}
			}
			if fails {
				return failed
			}
			return nil
		})
		if fails != errors.Is(err, failed) || !fails && err != nil {
			t.Fatal(err)
		}
		if !fails {
			want = next
		}
		view(t, s, func(tx kv.Tx) error { return same(tx, want, nil, nil) })
	}
}

// play does one call on both, and returns an error when they differ.
func play(tx kv.Tx, m map[string]string, step uint32) error {
	key := []byte(modelKey(step >> 8))
	switch step % 8 {
	case 0, 1, 2:
		value := strings.Repeat("v", int(step>>16%700)) + fmt.Sprint(step)
		m[string(key)] = value
		return tx.Put(key, []byte(value))
	case 3, 4:
		delete(m, string(key))
		return tx.Delete(key)
	case 5, 6:
		got, err := tx.Get(key)
		want, ok := m[string(key)]
		if ok != (err == nil) || string(got) != want {
			return fmt.Errorf("get %q: %q, %v, want %q", key, got, err, want)
		}
		return nil
	}
	return same(tx, m, key, []byte(modelKey(step>>20)))
}

func modelKey(n uint32) string { return strings.Repeat("k", int(n%3)) + fmt.Sprint(n/3%40) }

// same scans, and returns an error when the map holds something else.
func same(tx kv.Tx, m map[string]string, start, end []byte) error {
	var want []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if k >= string(start) && (end == nil || k < string(end)) {
			want = append(want, k+"="+m[k])
		}
	}
	var got []string
	for p, err := range tx.Scan(start, end) {
		if err != nil {
			return err
		}
		got = append(got, string(p.Key)+"="+string(p.Value))
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("scan %q to %q: %.200q, want %.200q", start, end, got, want)
	}
	got = got[:0]
	for p, err := range tx.Descend(start, end) {
		if err != nil {
			return err
		}
		got = append(got, string(p.Key)+"="+string(p.Value))
	}
	slices.Reverse(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("descend %q to %q: %.200q, want %.200q", start, end, got, want)
	}
	return nil
}
