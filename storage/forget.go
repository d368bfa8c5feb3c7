package storage

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/kv"
)

// Whoever leaves the store leaves in two steps. Erase, at once: she is there for
// nobody, her seats are free, nothing is sent to her; her own records lie where
// they lay, so that a deletion taken by word of mouth can be taken back. Then,
// in the night, Store.Forget: nothing of her is left but what the norms ask for.
//
// No list of kinds says what is deleted: whatever kind stands under her id goes,
// and whatever stands elsewhere is found because it names her id, the id of a
// record of hers, or the WeChat that stood for her alone. A new kind of record
// is forgotten without a line here, if it names the people it is about by their
// ids. Words that were said are looked through where they are only passing by:
// in chats, answers and deliveries.

// keptKinds stay as they are, whomever they name.
var keptKinds = map[string]bool{
	"audit":    true, // that she was deleted: her id and the day
	"evidence": true, // that she had agreed, under a hash
	"gone":     true, // a hash, by which an import knows her again
	"erase":    true, // until the end of Forget, so that a crash does not end it
}

// Erased is somebody who is to be deleted, or was.
type Erased struct {
	ID      string
	Day     calendar.Day
	OpenIDs []string `json:",omitempty"` // the WeChats that stood for her
}

// Erase takes a person out of everybody's sight: her WeChats no longer stand for
// her, she is found in no list, what was open for her is closed and what was
// booked for her is given up. So does a directory line that is surely she and of
// which nothing else is kept; of somebody who signed up under a name and a phone
// that nobody has seen her to have (see Known) the lines of the villages' lists
// stay, and the one that she stood in place of comes back: they may be a
// neighbour's. It returns ErrNotFound when she is not there.
func (tx *Tx) Erase(resident string, now time.Time) error {
	_, err := tx.eraseAll(resident, now)
	return err
}

// eraseAll erases a person and returns her id with those of her lines.
func (tx *Tx) eraseAll(resident string, now time.Time) (ids []string, err error) {
	r, err := tx.Resident(resident)
	if err != nil {
		return nil, err
	}
	if r.Known, err = tx.Known(r); err != nil {
		return nil, err
	}
	var lines []Resident
	if r.Known {
		lines, err = tx.sameLines(r)
	} else {
		err = tx.putBackLine(r)
	}
	if err != nil {
		return nil, err
	}
	for _, one := range append([]Resident{r}, lines...) {
		if err := tx.erase(one, now); err != nil {
			return nil, err
		}
		ids = append(ids, one.ID)
	}
	return ids, nil
}

// Known reports whether somebody of the office knows that a person is who she says:
// staff brought her in, gave her a code by hand, or received her at the clinic. Who
// signed up by herself and was never seen may have typed a neighbour's name and
// phone.
func (tx *Tx) Known(r Resident) (bool, error) {
	if r.Known || !r.Self {
		return true, nil
	}
	for p, err := range tx.parts(prefix("appointments", r.ID)) {
		if err != nil {
			return false, err
		}
		a, err := optional(tx.appointment(p[1]))
		if err != nil || a.Arrived != 0 || a.Done != 0 {
			return err == nil, err
		}
	}
	for p, err := range list[Paper](tx, prefix("paper", r.ID)) {
		if err != nil || p.Handed != "" {
			return err == nil, err
		}
	}
	return false, nil
}

func (tx *Tx) erase(r Resident, now time.Time) error {
	e := Erased{ID: r.ID, Day: calendar.DayOf(now)}
	for p, err := range tx.parts(prefix("wechat", r.ID)) {
		if err != nil {
			return err
		}
		e.OpenIDs = append(e.OpenIDs, p[0])
	}
	if err := tx.leave(r, "erased", now); err != nil {
		return err
	}
	r.Erased = now.Unix()
	if err := tx.put(key("resident", r.ID), r); err != nil {
		return err
	}
	return tx.put(key("erase", e.Day.String(), r.ID), e)
}

// leave ends what is open for a person and everything by which she is found or
// written to.
func (tx *Tx) leave(r Resident, reason string, now time.Time) error {
	if err := tx.closeAll(r.ID); err != nil {
		return err
	}
	if err := tx.endBookings(r.ID, now); err != nil {
		return err
	}
	if err := tx.EndPlans(r.ID, reason, now); err != nil {
		return err
	}
	if err := tx.unindex(r); err != nil {
		return err
	}
	if err := tx.delete(key("out", r.Village, r.ID)); err != nil {
		return err
	}
	if err := tx.leaveTables(r.ID); err != nil {
		return err
	}
	if err := tx.DropDeliveries("r:"+r.ID, "", reason, now); err != nil {
		return err
	}
	return tx.unlink(r.ID)
}

// unlink lets go of every WeChat that stands for a person.
func (tx *Tx) unlink(id string) error {
	for p, err := range tx.parts(prefix("wechat", id)) {
		if err != nil {
			return err
		}
		l, err := tx.Link(p[0])
		if err != nil {
			return err
		}
		l.OpenID = p[0]
		l.Residents = slices.DeleteFunc(l.Residents, func(r string) bool { return r == id })
		if err := tx.PutLink(l); err != nil {
			return err
		}
		if err := tx.delete(key("wechat", id, p[0])); err != nil {
			return err
		}
	}
	return nil
}

// sameLines returns the directory lines, of whatever village, that are surely the
// same person (the phone, and the name, a part of it or its sound) and of which
// nothing else is kept.
func (tx *Tx) sameLines(r Resident) ([]Resident, error) {
	if r.Tail() == "" {
		return nil, nil
	}
	villages, err := tx.Villages()
	if err != nil {
		return nil, err
	}
	var out []Resident
	for _, v := range villages {
		for p, err := range tx.parts(prefix("find", v.ID, "t"+r.Tail())) {
			if err != nil {
				return nil, err
			}
			line, err := tx.Resident(p[len(p)-1])
			if err != nil {
				return nil, err
			}
			called := strings.Contains(line.Name, r.Name) || strings.Contains(r.Name, line.Name)
			if line.ID == r.ID || line.Phone != r.Phone || !called && !sameName(line.Name, r.Name) {
				continue
			}
			kept, err := tx.anythingKept(line)
			if err != nil {
				return nil, err
			}
			if !kept {
				out = append(out, line)
			}
		}
	}
	return out, nil
}

// Erasures returns up to max people who are to be deleted and whose deletion
// nobody can take back any more at now, earliest day first.
func (tx *Tx) Erasures(now time.Time, max int) ([]Erased, error) {
	open := map[string]bool{} // what an undo can still take back
	for u, err := range list[Undo](tx, prefix("undo")) {
		if err != nil {
			return nil, err
		}
		for _, w := range u.Writes {
			if now.Unix() <= u.Until && strings.HasPrefix(w.Key, "erase/") {
				open[w.Key] = true
			}
		}
	}
	var out []Erased
	for e, err := range list[Erased](tx, prefix("erase")) {
		if err != nil {
			return nil, err
		}
		if open[string(key("erase", e.Day.String(), e.ID))] {
			continue
		}
		if out = append(out, e); len(out) == max {
			break
		}
	}
	return out, nil
}

// StillThere returns, of people who were deleted by a day, those whom this store
// holds all the same: it is older. Who came anew after her day is not among them.
func (tx *Tx) StillThere(days map[string]calendar.Day) ([]string, error) {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(days)) {
		r, err := optional(get[Resident](tx, key("resident", id)))
		if err != nil {
			return nil, err
		}
		if r.ID != "" && r.Added <= days[id] {
			out = append(out, id)
		}
	}
	return out, nil
}

// Forget takes a person out of the store with everything kept about her, erased
// before or not. It leaves a keyed hash by which an import knows her again, and
// one line of evidence for each consent that she gave. It returns ErrNotFound
// when she is not there. What others' records, chats and answers say of her is
// for Store.Forget.
func (tx *Tx) Forget(id string, today calendar.Day) error {
	r, err := get[Resident](tx, key("resident", id))
	if err != nil {
		return err
	}
	if err := tx.keepEvidence(r, today.At(0, 0)); err != nil {
		return err
	}
	phones := []string{r.Phone, ""} // a later list may come without phones
	if known, err := tx.Known(r); err != nil {
		return err
	} else if !known { // a list's row of that name and phone is somebody else's, for all that is known
		phones = nil
	}
	for _, phone := range phones {
		if err := tx.putRaw(key("gone", tx.goneHash(r.Name, phone, r.Village)), []byte(today.String())); err != nil {
			return err
		}
	}
	return tx.drop(r, today.At(0, 0))
}

// drop takes a person out of the store without a trace.
func (tx *Tx) drop(r Resident, now time.Time) error {
	if err := tx.untouch(r.ID); err != nil {
		return err
	}
	tx.leaveAlone(r.ID)
	if err := tx.leave(r, "forgotten", now); err != nil {
		return err
	}
	if err := tx.dropSeats(r.ID, now); err != nil {
		return err
	}
	for v, err := range list[Visit](tx, prefix("visit", r.ID)) {
		if err != nil {
			return err
		}
		if err := tx.delete(key("by", v.By, v.Day.String(), r.ID, v.ID)); err != nil {
			return err
		}
	}
	for a, err := range list[Submission](tx, prefix("submission", r.ID)) {
		if err != nil {
			return err
		}
		if err := tx.dropSubmission(a); err != nil {
			return err
		}
	}
	if err := tx.emptyHouse(r); err != nil {
		return err
	}
	if err := tx.deleteOwn(r.ID); err != nil {
		return err
	}
	return tx.unmark(r.ID)
}

// unmark ends that a person is to be deleted: she is.
func (tx *Tx) unmark(id string) error {
	for e, err := range list[Erased](tx, prefix("erase")) {
		if err != nil {
			return err
		}
		if e.ID != id {
			continue
		}
		if err := tx.delete(key("erase", e.Day.String(), id)); err != nil {
			return err
		}
	}
	return nil
}

// deleteOwn deletes what stands under a person's id, of every kind that there is
// in the store: <kind>/<id> and <kind>/<id>/….
func (tx *Tx) deleteOwn(id string) error {
	for start := []byte{}; ; {
		kind, err := tx.nextKind(start)
		if kind == "" || err != nil {
			return err
		}
		start = end(prefix(kind))
		if keptKinds[kind] {
			continue
		}
		if err := tx.delete(key(kind, id)); err != nil {
			return err
		}
		if err := tx.deleteAll(prefix(kind, id)); err != nil {
			return err
		}
	}
}

// nextKind returns the kind of the first key from start on, "" behind the last.
func (tx *Tx) nextKind(start []byte) (string, error) {
	for p, err := range tx.scan(start, nil) {
		return kindOf(p.Key), err
	}
	return "", nil
}

// emptyHouse deletes the household that a person leaves empty: it would be about
// nobody. In one that stays, the landmark goes if it names her.
func (tx *Tx) emptyHouse(r Resident) error {
	token := "g" + r.Group + "/"
	if h := houseToken(r.House); h != "" {
		token = "h" + h + "/"
	}
	if r.Household == "" || token == "g/" {
		return nil
	}
	h, err := optional(tx.Household(r.Household))
	if err != nil || h.ID == "" {
		return err
	}
	for p, err := range tx.parts(append(prefix("find", r.Village), token...)) {
		if err != nil {
			return err
		}
		other, err := tx.Resident(p[len(p)-1])
		if err != nil {
			return err
		}
		if other.ID == r.ID || other.Household != h.ID {
			continue
		}
		if r.Name != "" && strings.Contains(h.Landmark, r.Name) || r.Nick != "" && strings.Contains(h.Landmark, r.Nick) {
			h.Landmark = ""
			return tx.PutHousehold(h)
		}
		return nil
	}
	return tx.dropHousehold(h.ID)
}

// Gone reports whether a person of this name and phone (of this name and
// village, where the list has no phone) had herself deleted; her row of a new
// list is left out.
func (tx *Tx) Gone(name, phone, village string) (bool, error) {
	return tx.has(key("gone", tx.goneHash(name, phone, village)))
}

// leaveLine keeps, by a keyed hash, a line as it stands in the lists of its village: of
// who was merged or moved, so that the next list does not bring it back.
func (tx *Tx) leaveLine(r Resident, now time.Time) error {
	return tx.putRaw(key("gone", tx.lineHash(r)), []byte(calendar.DayOf(now).String()))
}

// LineLeft reports whether a row of a list (village, name, phone, group, house) is a
// line that was merged or moved.
func (tx *Tx) LineLeft(row Resident) (bool, error) { return tx.has(key("gone", tx.lineHash(row))) }

func (tx *Tx) lineHash(r Resident) string {
	return tx.keyed("line", r.Village, r.Name, r.Phone, r.Group, r.House)
}

func (tx *Tx) goneHash(name, phone, village string) string {
	if phone != "" {
		return tx.keyed("gone", name, phone)
	}
	return tx.keyed("gone", name, "", village)
}

// Evidence says that somebody, known by a keyed hash alone, agreed to a set, and
// until when: what a town must be able to show. It holds no name, no phone and no
// words.
type Evidence struct {
	Set     Set
	Version string `json:",omitempty"` // of the text
	Text    string `json:",omitempty"` // hash of the text
	Channel string `json:",omitempty"`
	Given   int64  // Unix seconds
	Ended   int64  // Unix seconds: taken back, given anew, or deleted with her
}

// keepEvidence leaves a line for each consent that a person gave.
func (tx *Tx) keepEvidence(r Resident, now time.Time) error {
	hash := tx.goneHash(r.Name, r.Phone, r.Village)
	all, err := collect(list[Consent](tx, prefix("consent", r.ID)))
	if err != nil {
		return err
	}
	if r.Erased != 0 {
		now = time.Unix(r.Erased, 0)
	}
	for i, c := range all {
		if !c.Given() {
			continue
		}
		e := Evidence{Set: c.Set, Version: c.Version, Text: c.Text, Channel: c.Channel, Given: c.At, Ended: now.Unix()}
		if i+1 < len(all) && all[i+1].Set == c.Set {
			e.Ended = all[i+1].At
		}
		if err := tx.put(key("evidence", hash, string(c.Set), stamp(time.Unix(c.At, 0))), e); err != nil {
			return err
		}
	}
	return nil
}

// Forget deletes people, each in steps that a crash may come between: she is
// erased, then what the rest of the store says of her goes, page by page, then
// she herself, with a line in the audit. Who is not there is passed over. It
// returns how many were deleted.
func (s *Store) Forget(ctx context.Context, ids []string, now time.Time) (int, error) {
	ids = slices.Clone(ids)
	for _, id := range slices.Clone(ids) {
		var erased []string
		err := s.Update(ctx, func(tx *Tx) (err error) {
			if erased, err = tx.eraseAll(id, now); err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
			return tx.dropSeats(id, now) // erased now or before, or not there
		})
		if err != nil {
			return 0, fmt.Errorf("erase: %w", err)
		}
		for _, e := range erased {
			if !slices.Contains(ids, e) {
				ids = append(ids, e)
			}
		}
	}
	var who leavers
	err := s.View(ctx, func(tx *Tx) (err error) {
		who, err = tx.leaving(ids)
		return err
	})
	if err == nil && len(who.ids) > 0 {
		err = s.wash(ctx, who)
	}
	if err != nil {
		return 0, err
	}
	n := 0
	for _, id := range ids {
		gone := false
		err := s.Update(ctx, func(tx *Tx) error {
			err := tx.Forget(id, calendar.DayOf(now))
			if gone = err == nil; errors.Is(err, ErrNotFound) {
				return tx.unmark(id)
			}
			if err != nil {
				return err
			}
			return tx.AddAudit(Audit{At: now.Unix(), What: "forgotten", Resident: id})
		})
		if err != nil {
			return n, fmt.Errorf("forget: %w", err)
		}
		if gone {
			n++
		}
	}
	return n, nil
}

// leavers are people on their way out, with all that names them.
type leavers struct {
	ids     map[string]bool
	openids map[string]bool // WeChats that stood for them alone
	things  map[string]bool // ids of records about them
	words   []string        // names and phones
}

func (tx *Tx) leaving(ids []string) (leavers, error) {
	who := leavers{ids: map[string]bool{}, openids: map[string]bool{}, things: map[string]bool{}}
	for _, id := range ids {
		r, err := get[Resident](tx, key("resident", id))
		if errors.Is(err, ErrNotFound) {
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
	for e, err := range list[Erased](tx, prefix("erase")) {
		if err != nil {
			return who, err
		}
		for _, o := range e.OpenIDs {
			l, err := tx.Link(o)
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
func (s *Store) wash(ctx context.Context, who leavers) error {
	_, err := s.walk(ctx, func(_ *Tx, p kv.Pair) (bool, error) { who.note(p); return false, nil }, nil)
	if err == nil {
		err = s.View(ctx, func(tx *Tx) error { return tx.spare(who.things) })
	}
	if err != nil {
		return fmt.Errorf("look for their records: %w", err)
	}
	named := func(_ *Tx, p kv.Pair) (bool, error) { return !who.owns(p) && who.named(p), nil }
	_, err = s.walk(ctx, named, func(tx *Tx, p kv.Pair) error { return tx.clean(p, who) })
	if err != nil {
		return fmt.Errorf("take them out of others' records: %w", err)
	}
	owned := func(_ *Tx, p kv.Pair) (bool, error) { return who.owns(p) && !who.own(p.Key), nil }
	_, err = s.walk(ctx, owned, func(tx *Tx, p kv.Pair) error { return tx.delete(p.Key) })
	if err != nil {
		return fmt.Errorf("delete their records: %w", err)
	}
	return nil
}

// walkPage is how many pairs one View of a walk reads.
const walkPage = 500

// walk reads every pair of the store, in pages, and calls do, in a transaction,
// with those that pick picks, then and still. It returns how many of each kind.
func (s *Store) walk(ctx context.Context, pick func(*Tx, kv.Pair) (bool, error), do func(*Tx, kv.Pair) error) (map[string]int, error) {
	counts := map[string]int{}
	for start := []byte{}; start != nil; {
		var picked, done [][]byte
		var next []byte
		err := s.View(ctx, func(tx *Tx) (err error) {
			picked, next, err = tx.pick(start, pick)
			return err
		})
		if err != nil {
			return counts, err
		}
		if len(picked) > 0 {
			err = s.Update(ctx, func(tx *Tx) (err error) {
				done, err = tx.each(picked, pick, do)
				return err
			})
		}
		if err != nil {
			return counts, err
		}
		for _, k := range done {
			counts[kindOf(k)]++
		}
		start = next
	}
	return counts, nil
}

// pick returns the keys, of a page from start on, that is picks, and where the
// next page begins.
func (tx *Tx) pick(start []byte, is func(*Tx, kv.Pair) (bool, error)) (picked [][]byte, next []byte, err error) {
	n := 0
	for p, err := range tx.scan(start, nil) {
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
func (tx *Tx) each(keys [][]byte, is func(*Tx, kv.Pair) (bool, error), do func(*Tx, kv.Pair) error) (done [][]byte, err error) {
	for _, k := range keys {
		v, err := tx.getRaw(k)
		if errors.Is(err, ErrNotFound) {
			continue // went with another
		}
		if err != nil {
			return nil, fmt.Errorf("get %s: %w", kindOf(k), err)
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
func (w leavers) person(part []byte) bool { return w.ids[string(part)] || w.openids[string(part)] }

// own reports whether a key lies under the id of one of the people: it goes with
// her.
func (w leavers) own(k []byte) bool {
	_, rest, _ := strings.Cut(string(k), "/")
	id, _, _ := strings.Cut(rest, "/")
	return w.ids[id]
}

// head is by what a record says whom it is about.
type head struct{ ID, Resident, Spouse, About, OpenID string }

func headOf(value []byte) (h head) {
	_ = json.Unmarshal(value, &h) // what is no such record is about nobody
	return h
}

// about reports whether a record is about one of the people and nobody else: a
// couple's booking is the other's too.
func (w leavers) about(h head) bool {
	other := h.Spouse != "" && !w.ids[h.Spouse]
	return w.ids[h.Resident] && !other || w.ids[h.About] || w.openids[h.OpenID]
}

// note keeps the id of a record about one of the people, by which indexes and
// others' records may name it.
func (w leavers) note(p kv.Pair) {
	if !w.owns(p) || kindOf(p.Key) == "resident" {
		return
	}
	if h := headOf(p.Value); len(h.ID) >= len(ID("")) {
		w.things[h.ID] = true
	}
}

// spare takes out of the ids of records those by which something else is known:
// a record about her may bear the id of another person, or of her house.
func (tx *Tx) spare(things map[string]bool) error {
	for _, id := range sorted(things) {
		for _, kind := range []string{"resident", "household", "cadre", "village"} {
			is, err := tx.has(key(kind, id))
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
func (w leavers) owns(p kv.Pair) bool {
	kind := kindOf(p.Key)
	if keptKinds[kind] || kind == "delivery" {
		return false
	}
	return w.own(p.Key) || segments(p.Value, w.person) && w.about(headOf(p.Value))
}

// named reports whether a pair that is not their own names one of the people.
func (w leavers) named(p kv.Pair) bool {
	kind := kindOf(p.Key)
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
func (w leavers) indexed(p kv.Pair) bool {
	is := func(part []byte) bool { return w.person(part) || w.things[string(part)] }
	return segments(p.Key[len(kindOf(p.Key)):], is) || w.things[string(p.Value)] || w.ids[string(p.Value)]
}

// said reports whether words name one of the people.
func (w leavers) said(b []byte) bool {
	return segments(b, w.person) || slices.ContainsFunc(w.words, func(word string) bool { return bytes.Contains(b, []byte(word)) })
}

// saidInside is said for a record that has others inside it, as bytes.
func (w leavers) saidInside(value []byte) bool {
	if w.said(value) {
		return true
	}
	var v any
	if json.Unmarshal(value, &v) != nil {
		return false
	}
	return w.saidIn(v)
}

func (w leavers) saidIn(v any) bool {
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
func (tx *Tx) clean(p kv.Pair, who leavers) error {
	if who.indexed(p) {
		return tx.delete(p.Key)
	}
	switch kindOf(p.Key) {
	case "receipt":
		return tx.putRaw(p.Key, nil) // it was answered; with what is gone
	case "undo":
		return tx.delete(p.Key)
	case "session":
		return tx.quiet(p, who)
	case "delivery":
		return tx.dropTraces(p, who)
	}
	if !json.Valid(p.Value) {
		return tx.delete(p.Key)
	}
	return tx.unname(p, who)
}

// quiet takes out of a chat what it holds of the people: forms, options, pages,
// the name that was looked for.
func (tx *Tx) quiet(p kv.Pair, who leavers) error {
	s, err := get[Session](tx, p.Key)
	if err != nil {
		return err
	}
	if who.said(s.Form) {
		s.Flow, s.Form = "", nil
	}
	s.Parked = slices.DeleteFunc(s.Parked, func(f Parked) bool { return who.said(f.Form) || who.said([]byte(f.Title)) })
	if slices.ContainsFunc(s.Offers, func(o Offer) bool { return who.said([]byte(o.Label)) || who.said([]byte(o.Do)) }) {
		s.Offers = nil
	}
	if slices.ContainsFunc(s.More, func(page string) bool { return who.said([]byte(page)) }) {
		s.More = nil
	}
	if who.said([]byte(s.Sought)) {
		s.Sought = ""
	}
	if b, err := json.Marshal(s); err != nil || who.saidInside(b) { // a field that is new here
		s = Session{Last: s.Last, Window: s.Window, Left: s.Left, Muted: s.Muted}
	}
	return tx.put(p.Key, s)
}

// dropTraces deletes a delivery to or about one of the people, or that has been
// settled and names her. One that waits, and has only her name, is about somebody
// else of that name.
func (tx *Tx) dropTraces(p kv.Pair, who leavers) error {
	d, err := get[Delivery](tx, p.Key)
	if err != nil {
		return err
	}
	waits := d.State == Booked || d.State == Claimed || d.State == Owed
	if waits && !segments(p.Value, who.person) {
		return nil
	}
	return tx.dropDelivery(d)
}

// dropDelivery deletes a delivery and what leads to it.
func (tx *Tx) dropDelivery(d Delivery) error {
	keys := append(places(d), key("delivery", d.ID))
	if d.MsgID != 0 {
		keys = append(keys, key("msgid", strconv.FormatInt(d.MsgID, 10)))
	}
	for _, k := range keys {
		if err := tx.delete(k); err != nil {
			return err
		}
	}
	return nil
}

// unname takes the people's ids out of a record about somebody else: the spouse
// of a booking, the proxy of a paper.
func (tx *Tx) unname(p kv.Pair, who leavers) error {
	numbers := json.NewDecoder(bytes.NewReader(p.Value))
	numbers.UseNumber()
	var v any
	if err := numbers.Decode(&v); err != nil {
		return fmt.Errorf("read %s: %w", kindOf(p.Key), err)
	}
	v, keep := who.without(v)
	if !keep {
		return tx.delete(p.Key)
	}
	return tx.put(p.Key, v)
}

// without returns a JSON value without what names the people; keep is false when
// the value itself does.
func (w leavers) without(v any) (rest any, keep bool) {
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

// WithdrawFor takes a withdrawal by word of mouth, which a resident of the scope
// told a cadre: nothing more is recorded, asked or sent; with erase she is
// deleted besides. What she agreed to in her own chat is hers alone to take
// back: it stays, and erase returns ErrSelfOnly. To be taken back itself, it is
// called inside a Save.
func (s Scope) WithdrawFor(resident string, erase bool, now time.Time) error {
	r, err := s.Resident(resident)
	if err != nil {
		return err
	}
	var told, own []Set
	for _, set := range Sets {
		_, hers, err := s.tx.standsBy(resident, set)
		if err != nil {
			return err
		}
		if hers {
			own = append(own, set)
		} else {
			told = append(told, set)
		}
	}
	if erase && len(own) > 0 {
		return s.refuse(resident, "erased", now, ErrSelfOnly)
	}
	if err := s.look(resident, "withdrawn", now); err != nil {
		return err
	}
	as := Consent{Channel: "oral", By: s.Person.Cadre.ID}
	if len(own) == 0 {
		err = s.tx.withdrawAll(r, told, as, now)
	} else {
		err = s.tx.withdrawTold(r, told, as, now)
	}
	if err != nil || !erase {
		return err
	}
	return s.tx.Erase(resident, now)
}

// endBookings gives up what a resident has booked, waits for, asked for and signed
// up to; the seats go to the next.
func (tx *Tx) endBookings(resident string, now time.Time) error {
	if err := tx.endRequests(resident, now); err != nil {
		return err
	}
	if err := tx.leaveLectures(resident); err != nil {
		return err
	}
	return tx.giveUpSeats(resident, now)
}
