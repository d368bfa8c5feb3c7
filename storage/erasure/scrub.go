package erasure

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"xintiexin/storage/dialogstate"
	"xintiexin/storage/kv"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// subjects are people on their way out, with all that names them.
type subjects struct {
	ids     map[string]bool
	openids map[string]bool // WeChats that stood for them alone
	things  map[string]bool // ids of records about them
	words   []string        // names and phones
}

func leaving(tx *record.Tx, ids []string) (subjects, error) {
	who := subjects{ids: map[string]bool{}, openids: map[string]bool{}, things: map[string]bool{}}
	for _, id := range ids {
		r, err := record.Get[person.Resident](tx, record.Key("resident", id))
		if errors.Is(err, record.ErrNotFound) {
			continue
		}
		if err != nil {
			return who, err
		}
		who.ids[id] = true
		for _, w := range []string{r.Name, r.Phone, r.Nick} {
			if len([]rune(w)) > 1 { // one character alone is everywhere
				who.words = append(who.words, w)
			}
		}
	}
	for e, err := range record.List[Erased](tx, record.Prefix("erase")) {
		if err != nil {
			return who, err
		}
		for _, o := range e.OpenIDs {
			l, err := person.LoadAccount(tx, o)
			if err != nil {
				return who, err
			}
			if who.ids[e.ID] && l.Cadre == "" && len(l.Residents) == 0 {
				who.openids[o] = true
			}
		}
	}
	return who, nil
}

// wash takes people out of everything that is not their own: others' records,
// indexes, chats, answers, deliveries. It reads the store three times, in pages:
// to learn the ids of the records about them, to find who names either, and to
// delete those records, the last by which a crash lets their indexes be found.
func wash(s *record.Store, ctx context.Context, who subjects) error {
	_, err := walk(s, ctx, func(_ *record.Tx, p kv.Pair) (bool, error) { who.note(p); return false, nil }, nil)
	if err == nil {
		err = s.View(ctx, func(tx *record.Tx) error { return spare(tx, who.things) })
	}
	if err != nil {
		return fmt.Errorf("look for their records: %w", err)
	}
	named := func(_ *record.Tx, p kv.Pair) (bool, error) { return !who.owns(p) && who.named(p), nil }
	_, err = walk(s, ctx, named, func(tx *record.Tx, p kv.Pair) error { return clean(tx, p, who) })
	if err != nil {
		return fmt.Errorf("take them out of others' records: %w", err)
	}
	owned := func(_ *record.Tx, p kv.Pair) (bool, error) { return who.owns(p) && !who.own(p.Key), nil }
	_, err = walk(s, ctx, owned, func(tx *record.Tx, p kv.Pair) error { return tx.Delete(p.Key) })
	if err != nil {
		return fmt.Errorf("delete their records: %w", err)
	}
	return nil
}

// walkPage is how many pairs one View of a walk reads.
const walkPage = 500

// walk reads every pair of the store, in pages, and calls do, in a transaction,
// with those that pick picks, then and still. It returns how many of each kind.
func walk(s *record.Store, ctx context.Context, pick func(*record.Tx, kv.Pair) (bool, error), do func(*record.Tx, kv.Pair) error) (map[string]int, error) {
	counts := map[string]int{}
	for start := []byte{}; start != nil; {
		var picked, done [][]byte
		var next []byte
		err := s.View(ctx, func(tx *record.Tx) (err error) {
			picked, next, err = pickSubjects(tx, start, pick)
			return err
		})
		if err != nil {
			return counts, err
		}
		if len(picked) > 0 {
			err = s.Update(ctx, func(tx *record.Tx) (err error) {
				done, err = each(tx, picked, pick, do)
				return err
			})
		}
		if err != nil {
			return counts, err
		}
		for _, k := range done {
			counts[record.KindOf(k)]++
		}
		start = next
	}
	return counts, nil
}

// pickSubjects returns the keys, of a page from start on, that is picks, and where the
// next page begins.
func pickSubjects(tx *record.Tx, start []byte, is func(*record.Tx, kv.Pair) (bool, error)) (picked [][]byte, next []byte, err error) {
	n := 0
	for p, err := range tx.Scan(start, nil) {
		if err != nil {
			return nil, nil, fmt.Errorf("scan: %w", err)
		}
		if n++; n > walkPage {
			return picked, bytes.Clone(p.Key), nil
		}
		yes, err := is(tx, p)
		if err != nil {
			return nil, nil, err
		}
		if yes {
			picked = append(picked, bytes.Clone(p.Key))
		}
	}
	return picked, nil, nil
}

// each calls do with the pairs of the keys that are still there and still
// picked; it returns their keys.
func each(tx *record.Tx, keys [][]byte, is func(*record.Tx, kv.Pair) (bool, error), do func(*record.Tx, kv.Pair) error) (done [][]byte, err error) {
	for _, k := range keys {
		v, err := tx.GetRaw(k)
		if errors.Is(err, record.ErrNotFound) {
			continue // went with another
		}
		if err != nil {
			return nil, fmt.Errorf("get %s: %w", record.KindOf(k), err)
		}
		p := kv.Pair{Key: k, Value: v}
		yes, err := is(tx, p)
		if err != nil {
			return nil, err
		}
		if !yes {
			continue
		}
		if err := do(tx, p); err != nil {
			return nil, err
		}
		done = append(done, k)
	}
	return done, nil
}

// segments calls each for the parts of a key or a value between '"', '/' and
// ':', until it returns true.
func segments(b []byte, each func(part []byte) bool) bool {
	from := 0
	for i := 0; i <= len(b); i++ {
		if i == len(b) || b[i] == '"' || b[i] == '/' || b[i] == ':' {
			if i > from && each(b[from:i]) {
				return true
			}
			from = i + 1
		}
	}
	return false
}

// person reports whether a part is one of the people, or a WeChat of theirs.
func (w subjects) person(part []byte) bool { return w.ids[string(part)] || w.openids[string(part)] }

// own reports whether a key lies under the id of one of the people: it goes with
// her.
func (w subjects) own(k []byte) bool {
	_, rest, _ := strings.Cut(string(k), "/")
	id, _, _ := strings.Cut(rest, "/")
	return w.ids[id]
}

// about reports whether a record is about one of the people and nobody else: a
// couple's booking is the other's too.
func (w subjects) about(h record.Subject) bool {
	other := h.Spouse != "" && !w.ids[h.Spouse]
	return w.ids[h.Resident] && !other || w.ids[h.About] || w.openids[h.OpenID]
}

// note keeps the id of a record about one of the people, by which indexes and
// others' records may name it.
func (w subjects) note(p kv.Pair) {
	if !w.owns(p) || record.KindOf(p.Key) == "resident" {
		return
	}
	if h := record.SubjectOf(p.Value); len(h.ID) >= len(record.ID("")) {
		w.things[h.ID] = true
	}
}

// spare takes out of the ids of records those by which something else is known:
// a record about her may bear the id of another person, or of her house.
func spare(tx *record.Tx, things map[string]bool) error {
	for _, id := range record.Sorted(things) {
		for _, kind := range []string{"resident", "household", "cadre", "village"} {
			is, err := tx.Has(record.Key(kind, id))
			if err != nil {
				return err
			}
			if is {
				delete(things, id)
			}
		}
	}
	return nil
}

// owns reports whether a pair is a record about one of the people. A delivery is
// none: it knows its own indexes.
func (w subjects) owns(p kv.Pair) bool {
	kind := record.KindOf(p.Key)
	if keptKinds[kind] || kind == "delivery" {
		return false
	}
	return w.own(p.Key) || segments(p.Value, w.person) && w.about(record.SubjectOf(p.Value))
}

// named reports whether a pair that is not their own names one of the people.
func (w subjects) named(p kv.Pair) bool {
	kind := record.KindOf(p.Key)
	switch {
	case keptKinds[kind], w.own(p.Key):
		return false
	case w.indexed(p), segments(p.Value, w.person):
		return true
	}
	switch kind {
	case "session", "undo":
		return w.saidInside(p.Value)
	case "receipt", "delivery":
		return w.said(p.Value)
	}
	return false
}

// indexed reports whether a pair is an index of a person, or of a record about
// her.
func (w subjects) indexed(p kv.Pair) bool {
	is := func(part []byte) bool { return w.person(part) || w.things[string(part)] }
	return segments(p.Key[len(record.KindOf(p.Key)):], is) || w.things[string(p.Value)] || w.ids[string(p.Value)]
}

// said reports whether words name one of the people.
func (w subjects) said(b []byte) bool {
	return segments(b, w.person) || slices.ContainsFunc(w.words, func(word string) bool { return bytes.Contains(b, []byte(word)) })
}

// saidInside is said for a record that has others inside it, as bytes.
func (w subjects) saidInside(value []byte) bool {
	if w.said(value) {
		return true
	}
	var v any
	if json.Unmarshal(value, &v) != nil {
		return false
	}
	return w.saidIn(v)
}

func (w subjects) saidIn(v any) bool {
	switch v := v.(type) {
	case string:
		inside, err := base64.StdEncoding.DecodeString(v)
		return err == nil && w.said(inside)
	case []any:
		return slices.ContainsFunc(v, w.saidIn)
	case map[string]any:
		for _, x := range v {
			if w.saidIn(x) {
				return true
			}
		}
	}
	return false
}

// clean takes the people out of a pair that names them.
func clean(tx *record.Tx, p kv.Pair, who subjects) error {
	if who.indexed(p) {
		return tx.Delete(p.Key)
	}
	switch record.KindOf(p.Key) {
	case "receipt":
		return tx.PutRaw(p.Key, nil) // it was answered; with what is gone
	case "undo":
		return tx.Delete(p.Key)
	case "session":
		return quiet(tx, p, who)
	case "delivery":
		return dropTraces(tx, p, who)
	}
	if !json.Valid(p.Value) {
		return tx.Delete(p.Key)
	}
	return unname(tx, p, who)
}

// quiet takes out of a chat what it holds of the people: forms, options, pages,
// the name that was looked for.
func quiet(tx *record.Tx, p kv.Pair, who subjects) error {
	s, err := record.Get[dialogstate.Session](tx, p.Key)
	if err != nil {
		return err
	}
	if who.said(s.Form) {
		s.Flow, s.Form = "", nil
	}
	s.Parked = slices.DeleteFunc(s.Parked, func(f dialogstate.SuspendedForm) bool { return who.said(f.Form) || who.said([]byte(f.Title)) })
	if slices.ContainsFunc(s.Offers, func(o dialogstate.Option) bool { return who.said([]byte(o.Label)) || who.said([]byte(o.Do)) }) {
		s.Offers = nil
	}
	if slices.ContainsFunc(s.More, func(page string) bool { return who.said([]byte(page)) }) {
		s.More = nil
	}
	if who.said([]byte(s.Sought)) {
		s.Sought = ""
	}
	if b, err := json.Marshal(s); err != nil || who.saidInside(b) { // a field that is new here
		s = dialogstate.Session{Last: s.Last, Window: s.Window, Left: s.Left, Muted: s.Muted}
	}
	return tx.Put(p.Key, s)
}

// dropTraces deletes a delivery to or about one of the people, or that has been
// settled and names her. One that waits, and has only her name, is about somebody
// else of that name.
func dropTraces(tx *record.Tx, p kv.Pair, who subjects) error {
	d, err := record.Get[outbox.Delivery](tx, p.Key)
	if err != nil {
		return err
	}
	waits := d.State == outbox.Booked || d.State == outbox.Claimed || d.State == outbox.Deferred
	if waits && !segments(p.Value, who.person) {
		return nil
	}
	return outbox.Remove(tx, d)
}

// unname takes the people's ids out of a record about somebody else: the spouse
// of a booking, the proxy of a paper.
func unname(tx *record.Tx, p kv.Pair, who subjects) error {
	numbers := json.NewDecoder(bytes.NewReader(p.Value))
	numbers.UseNumber()
	var v any
	if err := numbers.Decode(&v); err != nil {
		return fmt.Errorf("read %s: %w", record.KindOf(p.Key), err)
	}
	v, keep := who.without(v)
	if !keep {
		return tx.Delete(p.Key)
	}
	return tx.Put(p.Key, v)
}

// without returns a JSON value without what names the people; keep is false when
// the value itself does.
func (w subjects) without(v any) (rest any, keep bool) {
	switch v := v.(type) {
	case string:
		return v, !segments([]byte(v), w.person)
	case []any:
		rest := v[:0]
		for _, x := range v {
			if x, keep := w.without(x); keep {
				rest = append(rest, x)
			}
		}
		return rest, true
	case map[string]any:
		for k, x := range v {
			if x, keep := w.without(x); keep && !w.person([]byte(k)) {
				v[k] = x
			} else {
				delete(v, k)
			}
		}
	}
	return v, true
}
