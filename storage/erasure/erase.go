package erasure

import (
	"maps"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/careplans"
	"xintiexin/storage/changes"
	"xintiexin/storage/documents"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/followups"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
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
func Erase(tx *record.Tx, resident string, now time.Time) error {
	_, err := eraseAll(tx, resident, now)
	return err
}

// eraseAll erases a person and returns her id with those of her lines.
func eraseAll(tx *record.Tx, resident string, now time.Time) (ids []string, err error) {
	r, err := person.LoadResident(tx, resident)
	if err != nil {
		return nil, err
	}
	if r.Known, err = Known(tx, r); err != nil {
		return nil, err
	}
	var lines []person.Resident
	if r.Known {
		lines, err = sameLines(tx, r)
	} else {
		err = enrolment.PutBackLine(tx, r)
	}
	if err != nil {
		return nil, err
	}
	for _, one := range append([]person.Resident{r}, lines...) {
		if err := erase(tx, one, now); err != nil {
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
func Known(tx *record.Tx, r person.Resident) (bool, error) {
	if r.Known || !r.Self {
		return true, nil
	}
	for p, err := range tx.Parts(record.Prefix("appointments", r.ID)) {
		if err != nil {
			return false, err
		}
		a, err := record.Optional(bookings.Load(tx, p[1]))
		if err != nil || a.Arrived != 0 || a.Done != 0 {
			return err == nil, err
		}
	}
	for p, err := range record.List[documents.Document](tx, record.Prefix("paper", r.ID)) {
		if err != nil || p.Handed != "" {
			return err == nil, err
		}
	}
	return false, nil
}

func erase(tx *record.Tx, r person.Resident, now time.Time) error {
	e := Erased{ID: r.ID, Day: calendar.DayOf(now)}
	for p, err := range tx.Parts(record.Prefix("wechat", r.ID)) {
		if err != nil {
			return err
		}
		e.OpenIDs = append(e.OpenIDs, p[0])
	}
	if err := leave(tx, r, "erased", now); err != nil {
		return err
	}
	r.Erased = now.Unix()
	if err := tx.Put(record.Key("resident", r.ID), r); err != nil {
		return err
	}
	return tx.Put(record.Key("erase", e.Day.String(), r.ID), e)
}

// leave ends what is open for a person and everything by which she is found or
// written to.
func leave(tx *record.Tx, r person.Resident, reason string, now time.Time) error {
	if err := followups.CloseAll(tx, r.ID); err != nil {
		return err
	}
	if err := endBookings(tx, r.ID, now); err != nil {
		return err
	}
	if err := careplans.EndAll(tx, r.ID, reason, now); err != nil {
		return err
	}
	if err := person.Unindex(tx, r); err != nil {
		return err
	}
	if err := tx.Delete(record.Key("out", r.Village, r.ID)); err != nil {
		return err
	}
	if err := changes.LeaveTables(tx, r.ID); err != nil {
		return err
	}
	if err := outbox.DropDeliveries(tx, "r:"+r.ID, "", reason, now); err != nil {
		return err
	}
	return unlink(tx, r.ID)
}

// unlink lets go of every WeChat that stands for a person.
func unlink(tx *record.Tx, id string) error {
	for p, err := range tx.Parts(record.Prefix("wechat", id)) {
		if err != nil {
			return err
		}
		l, err := person.LoadAccount(tx, p[0])
		if err != nil {
			return err
		}
		l.OpenID = p[0]
		l.Residents = slices.DeleteFunc(l.Residents, func(r string) bool { return r == id })
		if err := person.PutAccount(tx, l); err != nil {
			return err
		}
		if err := tx.Delete(record.Key("wechat", id, p[0])); err != nil {
			return err
		}
	}
	return nil
}

// sameLines returns the directory lines, of whatever village, that are surely the
// same person (the phone, and the name, a part of it or its sound) and of which
// nothing else is kept.
func sameLines(tx *record.Tx, r person.Resident) ([]person.Resident, error) {
	if r.Tail() == "" {
		return nil, nil
	}
	villages, err := person.Villages(tx)
	if err != nil {
		return nil, err
	}
	var out []person.Resident
	for _, v := range villages {
		for p, err := range tx.Parts(record.Prefix("find", v.ID, "t"+r.Tail())) {
			if err != nil {
				return nil, err
			}
			line, err := person.LoadResident(tx, p[len(p)-1])
			if err != nil {
				return nil, err
			}
			called := strings.Contains(line.Name, r.Name) || strings.Contains(r.Name, line.Name)
			if line.ID == r.ID || line.Phone != r.Phone || !called && !person.SameName(line.Name, r.Name) {
				continue
			}
			kept, err := person.AnythingKept(tx, line)
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
func Erasures(tx *record.Tx, now time.Time, max int) ([]Erased, error) {
	open := map[string]bool{} // what an undo can still take back
	for u, err := range record.List[record.Undo](tx, record.Prefix("undo")) {
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
	for e, err := range record.List[Erased](tx, record.Prefix("erase")) {
		if err != nil {
			return nil, err
		}
		if open[string(record.Key("erase", e.Day.String(), e.ID))] {
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
func StillThere(tx *record.Tx, days map[string]calendar.Day) ([]string, error) {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(days)) {
		r, err := record.Optional(record.Get[person.Resident](tx, record.Key("resident", id)))
		if err != nil {
			return nil, err
		}
		if r.ID != "" && r.Added <= days[id] {
			out = append(out, id)
		}
	}
	return out, nil
}
