package kvtest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"xintiexin/storage/kv"
)

// downKeys returns the keys of a descending scan. A bound "nil" is nil.
func downKeys(tx kv.Tx, start, end string) ([]string, error) {
	var got []string
	for p, err := range tx.Descend(bound(start), bound(end)) {
		if err != nil {
			return nil, err
		}
		got = append(got, string(p.Key))
	}
	return got, nil
}

func descendBounds(t *testing.T, s kv.Store) {
	check := func(all string) func(kv.Tx) error {
		return func(tx kv.Tx) error {
			for _, c := range []struct{ start, end, want string }{
				{"nil", "nil", all},
				{"", "nil", all},
				{"b", "nil", "[\xff c b\x00 b]"},
				{"b\x00", "nil", "[\xff c b\x00]"},
				{"nil", "b", "[a]"},
				{"nil", "b\x00", "[b a]"},
				{"nil", "", "[]"},
				{"nil", "a", "[]"},
				{"a", "c", "[b\x00 b a]"},
				{"aa", "bb", "[b\x00 b]"},
				{"b", "b", "[]"},
				{"c", "b", "[]"},
				{"d", "e", "[]"},
				{"a", "\xff\xff", all},
				{"\xff\xff", "nil", "[]"},
			} {
				got, err := downKeys(tx, c.start, c.end)
				if err != nil || fmt.Sprint(got) != c.want {
					t.Errorf("descend %q to %q: %q, %v, want %q", c.start, c.end, got, err, c.want)
				}
			}
			return nil
		}
	}
	none := func(tx kv.Tx) error {
		for _, c := range [][2]string{{"nil", "nil"}, {"a", "nil"}, {"nil", "b"}, {"a", "b"}} {
			if got, err := downKeys(tx, c[0], c[1]); err != nil || got != nil {
				t.Errorf("descend %q to %q over nothing: %q, %v", c[0], c[1], got, err)
			}
		}
		return nil
	}
	view(t, s, none)
	update(t, s, none)
	const all = "[\xff c b\x00 b a]"
	put(t, s, "a", "b", "b\x00", "c", "\xff")
	view(t, s, check(all))
	update(t, s, check(all))
	update(t, s, func(tx kv.Tx) error { // the same pairs, put in the transaction itself
		for _, k := range []string{"a", "b", "b\x00", "c", "\xff"} {
			if err := errors.Join(tx.Delete([]byte(k)), tx.Put([]byte(k), nil)); err != nil {
				return err
			}
		}
		return check(all)(tx)
	})
	update(t, s, func(tx kv.Tx) error { // and all of them deleted in it
		for _, k := range []string{"a", "b", "b\x00", "c", "\xff"} {
			if err := tx.Delete([]byte(k)); err != nil {
				return err
			}
		}
		return none(tx)
	})
	view(t, s, none)
}

func descendLeaveEarly(t *testing.T, s kv.Store) {
	put(t, s, "a", "b", "c")
	check := func(tx kv.Tx) error {
		for range 3 {
			for p, err := range tx.Descend(nil, nil) {
				if err != nil {
					return err
				}
				if string(p.Key) != "c" {
					t.Errorf("the last key is %q", p.Key)
				}
				break
			}
		}
		got, err := downKeys(tx, "nil", "c")
		if fmt.Sprint(got) != "[b a]" {
			t.Errorf("a descent after those meets %q", got)
		}
		return err
	}
	view(t, s, check)
	update(t, s, check)
}

func descendOwnWrites(t *testing.T, s kv.Store) {
	put(t, s, "b", "d", "f")
	update(t, s, func(tx kv.Tx) error {
		err := errors.Join(
			tx.Put([]byte("a"), nil), tx.Put([]byte("c"), nil), tx.Put([]byte("g"), nil), // around them
			tx.Put([]byte("d"), []byte("new")),             // over one
			tx.Delete([]byte("b")), tx.Delete([]byte("f")), // one gone
			tx.Put([]byte("f"), []byte("back")),              // and back
			tx.Put([]byte("e"), nil), tx.Delete([]byte("e")), // come and gone
			tx.Put([]byte("h"), nil), tx.Put([]byte("h"), []byte("2")), // twice
			tx.Put([]byte("i"), nil), tx.Delete([]byte("i")), // the last one, come and gone
		)
		if err != nil {
			return err
		}
		var got []string
		for p, err := range tx.Descend([]byte("a"), nil) {
			if err != nil {
				return err
			}
			got = append(got, string(p.Key)+"="+string(p.Value))
		}
		if fmt.Sprint(got) != "[h=2 g= f=back d=new c= a=]" {
			t.Errorf("a descent meets %q", got)
		}
		return nil
	})
	wantKeys(t, s, "a", "c", "d", "f", "g", "h")
}

func insideDescent(t *testing.T, s kv.Store) {
	put(t, s, "a1", "a2", "a3", "b1", "b2")
	update(t, s, func(tx kv.Tx) error {
		var met []string
		for p, err := range tx.Descend([]byte("a"), []byte("b")) {
			if err != nil {
				return err
			}
			key := slices.Clone(p.Key)
			met = append(met, string(key))
			if v, err := tx.Get(key); err != nil || string(v) != string(key) {
				t.Errorf("get %q inside a descent: %q, %v", key, v, err)
			}
			inner, err := downKeys(tx, "b", "c")
			if err != nil || fmt.Sprint(inner) != "[b2 b1]" {
				t.Errorf("a descent inside a descent meets %q, %v", inner, err)
			}
			inner, err = keys(tx, "b", "c")
			if err != nil || fmt.Sprint(inner) != "[b1 b2]" {
				t.Errorf("a scan inside a descent meets %q, %v", inner, err)
			}
			if string(key) != string(p.Key) || string(p.Value) != string(key) {
				t.Errorf("the pair %q became %q=%q while its body read", key, p.Key, p.Value)
			}
			_, _ = append(p.Key, "xxxx"...), append(p.Value, "xxxx"...)
			behind, ahead := append([]byte("z"), key...), append([]byte("A"), key...)
			if err := errors.Join(tx.Delete(key), tx.Put(behind, key), tx.Put(ahead, key)); err != nil {
				return err
			}
			if v, err := tx.Get(ahead); err != nil || string(v) != string(key) {
				t.Errorf("get what was put inside a descent: %q, %v", v, err)
			}
		}
		if fmt.Sprint(met) != "[a3 a2 a1]" {
			t.Errorf("met %q while deleting each", met)
		}
		return nil
	})
	wantKeys(t, s, "Aa1", "Aa2", "Aa3", "b1", "b2", "za1", "za2", "za3")
}

// descendMany empties pages of an engine that keeps pairs in pages, and deletes
// in one transaction what the next one passes.
func descendMany(t *testing.T, s kv.Store) {
	key := func(i int) string { return fmt.Sprintf("%06d", i) }
	var all []string
	for i := range 2000 {
		all = append(all, key(i))
	}
	put(t, s, all...)
	drop := func(from, to int) {
		update(t, s, func(tx kv.Tx) error {
			for i := from; i < to; i++ {
				if err := tx.Delete([]byte(key(i))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	check := func(want []string) {
		down := slices.Clone(want)
		slices.Reverse(down)
		same := func(tx kv.Tx) error {
			got, err := downKeys(tx, "nil", "nil")
			if !slices.Equal(got, down) {
				t.Errorf("a descent meets %d keys, want %d", len(got), len(down))
			}
			return err
		}
		view(t, s, same)
		update(t, s, same)
	}
	check(all)
	drop(500, 1500)
	check(append(slices.Clone(all[:500]), all[1500:]...))
	drop(0, 400)
	check(append(slices.Clone(all[400:500]), all[1500:]...))
	drop(1500, 2000)
	check(all[400:500])
	drop(400, 500)
	check(nil)
}
