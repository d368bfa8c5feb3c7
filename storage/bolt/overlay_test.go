package bolt

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"xintiexin/storage/kv"
)

// FuzzTx compares one transaction, over a file that holds something already,
// with a map: Get, Put, Delete, Scan, and Scans whose bodies write.
func FuzzTx(f *testing.F) {
	f.Add([]byte("put"), []byte("\x00a\x01b\x02c\x03d\x04a\x05z"))
	f.Add([]byte("abcdefghijklmnop"), []byte("\x02a\x05a\x02b\x00e\x04\x00\x05\x00"))
	f.Add([]byte{}, []byte(strings.Repeat("\x00x\x01y\x05a\x00q\x04b", 9)))
	s, err := Open(f.TempDir()+"/x.db", Options{NoSync: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	f.Fuzz(func(t *testing.T, held, script []byte) {
		m := map[string]string{}
		err := s.Update(ctx, func(tx kv.Tx) error {
			for p := range tx.Scan(nil, nil) { // what the last input left
				if err := tx.Delete(p.Key); err != nil {
					return err
				}
			}
			for i, b := range held {
				m[fuzzKey(b)] = fmt.Sprint(i)
				if err := tx.Put([]byte(fuzzKey(b)), []byte(fmt.Sprint(i))); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Update(ctx, func(tx kv.Tx) error {
			for i := 0; i+1 < len(script); i += 2 {
				if err := fuzzStep(tx, m, script[i], script[i+1], fmt.Sprint("new", i)); err != nil {
					return err
				}
			}
			return sameAs(tx, m, "", nil)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.View(ctx, func(tx kv.Tx) error { return sameAs(tx, m, "", nil) }); err != nil {
			t.Fatal(err)
		}
	})
}

// fuzzKey makes keys that are few, of several lengths, and prefixes of others.
func fuzzKey(b byte) string { return strings.Repeat("k", 1+int(b%3)) + string(rune('a'+b/3%30)) }

func fuzzStep(tx kv.Tx, m map[string]string, op, arg byte, value string) error {
	key := fuzzKey(arg)
	switch op % 7 {
	case 0, 1:
		m[key] = value
		return tx.Put([]byte(key), []byte(value))
	case 2:
		delete(m, key)
		return tx.Delete([]byte(key))
	case 3:
		v, err := tx.Get([]byte(key))
		if want, ok := m[key]; ok != (err == nil) || want != string(v) {
			return fmt.Errorf("get %s: %q, %v, want %q", key, v, err, want)
		}
		return nil
	case 4:
		return sameAs(tx, m, key, []byte(fuzzKey(op)))
	case 5:
		return descendAndWrite(tx, m, key, value)
	}
	return scanAndWrite(tx, m, key, value)
}

// descendAndWrite deletes every second pair that it meets from end down, and puts
// another somewhere below and somewhere above. It must meet what stands, in order, once.
func descendAndWrite(tx kv.Tx, m map[string]string, end, value string) error {
	held := maps.Clone(m)
	last, odd := end, false
	for p, err := range tx.Descend(nil, []byte(end)) {
		if err != nil {
			return err
		}
		key := string(p.Key)
		if key >= last {
			return fmt.Errorf("descend from %s: %s after %s", end, key, last)
		}
		if m[key] != string(p.Value) {
			return fmt.Errorf("descend from %s: %s is %q, want %q", end, key, p.Value, m[key])
		}
		last = key
		delete(held, key)
		if odd = !odd; odd {
			delete(m, key)
			err = tx.Delete(p.Key)
		}
		for _, other := range []string{key[1:] + "a", key + "z"} {
			if len(other) <= 5 {
				m[other] = value
				err = errors.Join(err, tx.Put([]byte(other), []byte(value)))
			}
		}
		if err != nil {
			return err
		}
	}
	for key := range held {
		if key < end {
			return fmt.Errorf("descend from %s: did not meet %s", end, key)
		}
	}
	return nil
}

// scanAndWrite deletes every second pair that it meets and puts another just
// behind and just before each. It must meet what stands, in order, once.
func scanAndWrite(tx kv.Tx, m map[string]string, start, value string) error {
	held := maps.Clone(m)
	last, odd := "", false
	for p, err := range tx.Scan([]byte(start), nil) {
		if err != nil {
			return err
		}
		key := string(p.Key)
		if key <= last || key < start {
			return fmt.Errorf("scan from %s: %s after %s", start, key, last)
		}
		if m[key] != string(p.Value) {
			return fmt.Errorf("scan from %s: %s is %q, want %q", start, key, p.Value, m[key])
		}
		last = key
		delete(held, key)
		if odd = !odd; odd {
			delete(m, key)
			err = tx.Delete(p.Key)
		}
		before := "k" + key
		if len(before) > 5 {
			before = "k"
		}
		m[before] = value
		if err := errors.Join(err, tx.Put([]byte(before), []byte(value))); err != nil {
			return err
		}
	}
	for key := range held {
		if key >= start {
			return fmt.Errorf("scan from %s: did not meet %s", start, key)
		}
	}
	return nil
}

func sameAs(tx kv.Tx, m map[string]string, start string, end []byte) error {
	var want, got []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if k >= start && (end == nil || k < string(end)) {
			want = append(want, k+"="+m[k])
		}
	}
	for p, err := range tx.Scan([]byte(start), end) {
		if err != nil {
			return err
		}
		got = append(got, string(p.Key)+"="+string(p.Value))
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("scan %q to %q: %q, want %q", start, end, got, want)
	}
	got = got[:0]
	for p, err := range tx.Descend([]byte(start), end) {
		if err != nil {
			return err
		}
		got = append(got, string(p.Key)+"="+string(p.Value))
	}
	slices.Reverse(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("descend %q to %q: %q, want %q", start, end, got, want)
	}
	return nil
}

// TestDescentOverPagesEmptiedInTheBatch runs Updates that share one bbolt
// transaction: pages that one of them emptied are still in the tree of the next.
func TestDescentOverPagesEmptiedInTheBatch(t *testing.T) {
	key := func(i int) []byte { return fmt.Appendf(nil, "%06d", i) }
	const many = 3000
	for _, c := range []struct {
		name   string
		gone   func(i int) bool
		remain int
	}{
		{"in the middle", func(i int) bool { return i > 100 && i < 2900 }, 201},
		{"at the end", func(i int) bool { return i > 100 }, 101},
		{"at the beginning", func(i int) bool { return i < 2900 }, 100},
		{"everywhere", func(int) bool { return true }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Open(t.TempDir()+"/x.db", Options{NoSync: true})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			fill := func(tx kv.Tx) (err error) {
				for i := range many {
					err = errors.Join(err, tx.Put(key(i), make([]byte, 50)))
				}
				return err
			}
			drop := func(tx kv.Tx) (err error) {
				for i := range many {
					if c.gone(i) {
						err = errors.Join(err, tx.Delete(key(i)))
					}
				}
				return err
			}
			if err := s.Update(ctx, fill); err != nil {
				t.Fatal(err)
			}
			met := map[string]int{}
			look := func(tx kv.Tx) error {
				for _, bounds := range [][2][]byte{{nil, nil}, {key(0), key(2950)}, {nil, []byte("9")}, {key(50), key(1500)}} {
					n := 0
					for range tx.Descend(bounds[0], bounds[1]) {
						n++
					}
					met[fmt.Sprintf("%s-%s", bounds[0], bounds[1])] = n
				}
				return nil
			}
			oneBatch(t, s, drop, look)
			want := map[string]int{}
			for i := range many {
				if c.gone(i) {
					continue
				}
				want["-"]++
				want["-9"]++
				if i < 2950 {
					want["000000-002950"]++
				}
				if i >= 50 && i < 1500 {
					want["000050-001500"]++
				}
			}
			for bounds, n := range met {
				if n != want[bounds] {
					t.Errorf("descend %s meets %d, want %d", bounds, n, want[bounds])
				}
			}
			if met["-"] != c.remain {
				t.Errorf("%d are left, want %d", met["-"], c.remain)
			}
		})
	}
}

// oneBatch runs Updates in one batch: they queue up while another has the turn.
func oneBatch(t *testing.T, s *Store, fns ...func(kv.Tx) error) {
	t.Helper()
	begun, release := make(chan struct{}), make(chan struct{})
	errs := make(chan error, 1+len(fns))
	go func() {
		errs <- s.Update(ctx, func(kv.Tx) error {
			close(begun)
			<-release
			return nil
		})
	}()
	<-begun
	for i, fn := range fns {
		go func() { errs <- s.Update(ctx, fn) }()
		for s.queue.length() <= i {
			runtime.Gosched()
		}
	}
	close(release)
	for range 1 + len(fns) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func (q *queue) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

func TestSortOfKeysThatComeLate(t *testing.T) {
	var o overlay
	for round := range 40 { // one by one, then many at once
		for i := range 1 + round%20 {
			o.set(fmt.Appendf(nil, "%d", (round*7919+i*104729)%1000), nil, false)
		}
		o.sort()
		if len(o.sorted) != len(o.entries) {
			t.Fatalf("%d of %d entries are sorted", len(o.sorted), len(o.entries))
		}
		for i := 1; i < len(o.sorted); i++ {
			if string(o.entries[o.sorted[i-1]].key) >= string(o.entries[o.sorted[i]].key) {
				t.Fatalf("round %d: not in order at %d", round, i)
			}
		}
	}
}

func TestSlicesOfLargeOverlaysGrowNoPool(t *testing.T) {
	var o overlay
	for i := range 5000 {
		o.set(fmt.Appendf(nil, "%d", i), make([]byte, 50), false)
	}
	o.set([]byte("big"), make([]byte, 1<<20), false)
	o.reset()
	if cap(o.arena) > arenaKept || cap(o.entries) > entryKept || o.index != nil || o.size != 0 {
		t.Errorf("kept an arena of %d bytes, %d entries", cap(o.arena), cap(o.entries))
	}
	if o.find([]byte("1")) != nil {
		t.Error("an entry is left")
	}
}
