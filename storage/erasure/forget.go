package erasure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townforms"
	"xintiexin/storage/visits"
)

// ForgetResident takes a person out of the store with everything kept about her, erased
// before or not. It leaves a keyed hash by which an import knows her again, and
// one line of evidence for each consent that she gave. It returns ErrNotFound
// when she is not there. What others' records, chats and answers say of her is
// for Store.Forget.
func ForgetResident(tx *record.Tx, id string, today calendar.Day) error {
	r, err := record.Get[person.Resident](tx, record.Key("resident", id))
	if err != nil {
		return err
	}
	if err := keepEvidence(tx, r, today.At(0, 0)); err != nil {
		return err
	}
	phones := []string{r.Phone, ""} // a later list may come without phones
	if known, err := Known(tx, r); err != nil {
		return err
	} else if !known { // a list's row of that name and phone is somebody else's, for all that is known
		phones = nil
	}
	for _, phone := range phones {
		if err := tx.PutRaw(record.Key("gone", person.GoneHash(tx, r.Name, phone, r.Village)), []byte(today.String())); err != nil {
			return err
		}
	}
	if len(phones) > 0 {
		if err := person.FormerGone(tx, id, today); err != nil {
			return err
		}
	}
	return drop(tx, r, today.At(0, 0))
}

// drop takes a person out of the store without a trace.
func drop(tx *record.Tx, r person.Resident, now time.Time) error {
	if err := tx.UnmarkChanged(r.ID); err != nil {
		return err
	}
	tx.MarkNever(r.ID)
	if err := leave(tx, r, "forgotten", now); err != nil {
		return err
	}
	if err := bookings.DropSeats(tx, r.ID, now); err != nil {
		return err
	}
	for v, err := range record.List[visits.Visit](tx, record.Prefix("visit", r.ID)) {
		if err != nil {
			return err
		}
		if err := tx.Delete(record.Key("by", v.By, v.Day.String(), r.ID, v.ID)); err != nil {
			return err
		}
	}
	for a, err := range record.List[townforms.Submission](tx, record.Prefix("submission", r.ID)) {
		if err != nil {
			return err
		}
		if err := townforms.DropSubmission(tx, a); err != nil {
			return err
		}
	}
	if err := emptyHouse(tx, r); err != nil {
		return err
	}
	if err := deleteOwn(tx, r.ID); err != nil {
		return err
	}
	return unmark(tx, r.ID)
}

// unmark ends that a person is to be deleted: she is.
func unmark(tx *record.Tx, id string) error {
	for e, err := range record.List[Erased](tx, record.Prefix("erase")) {
		if err != nil {
			return err
		}
		if e.ID != id {
			continue
		}
		if err := tx.Delete(record.Key("erase", e.Day.String(), id)); err != nil {
			return err
		}
	}
	return nil
}

// deleteOwn deletes what stands under a person's id, of every kind that there is
// in the store: <kind>/<id> and <kind>/<id>/….
func deleteOwn(tx *record.Tx, id string) error {
	for start := []byte{}; ; {
		kind, err := nextKind(tx, start)
		if kind == "" || err != nil {
			return err
		}
		start = record.PrefixEnd(record.Prefix(kind))
		if keptKinds[kind] {
			continue
		}
		if err := tx.Delete(record.Key(kind, id)); err != nil {
			return err
		}
		if err := tx.DeleteAll(record.Prefix(kind, id)); err != nil {
			return err
		}
	}
}

// nextKind returns the kind of the first key from start on, "" behind the last.
func nextKind(tx *record.Tx, start []byte) (string, error) {
	for p, err := range tx.Scan(start, nil) {
		return record.KindOf(p.Key), err
	}
	return "", nil
}

// emptyHouse deletes the household that a person leaves empty: it would be about
// nobody. In one that stays, the landmark goes if it names her.
func emptyHouse(tx *record.Tx, r person.Resident) error {
	token := "g" + r.Group + "/"
	if h := person.HouseToken(r.House); h != "" {
		token = "h" + h + "/"
	}
	if r.Household == "" || token == "g/" {
		return nil
	}
	h, err := record.Optional(person.LoadHousehold(tx, r.Household))
	if err != nil || h.ID == "" {
		return err
	}
	for p, err := range tx.Parts(append(record.Prefix("find", r.Village), token...)) {
		if err != nil {
			return err
		}
		other, err := person.LoadResident(tx, p[len(p)-1])
		if err != nil {
			return err
		}
		if other.ID == r.ID || other.Household != h.ID {
			continue
		}
		if r.Name != "" && strings.Contains(h.Landmark, r.Name) || r.Nick != "" && strings.Contains(h.Landmark, r.Nick) {
			h.Landmark = ""
			return person.PutHousehold(tx, h)
		}
		return nil
	}
	return person.DropHousehold(tx, h.ID)
}

// Gone reports whether a person of this name and phone (of this name and
// village, where the list has no phone) had herself deleted; her row of a new
// list is left out.
func Gone(tx *record.Tx, name, phone, village string) (bool, error) {
	return tx.Has(record.Key("gone", person.GoneHash(tx, name, phone, village)))
}

// leaveLine keeps, by a keyed hash, a line as it stands in the lists of its village: of
// who was merged or moved, so that the next list does not bring it back.
func leaveLine(tx *record.Tx, r person.Resident, now time.Time) error {
	return tx.PutRaw(record.Key("gone", lineHash(tx, r)), []byte(calendar.DayOf(now).String()))
}

// LineLeft reports whether a row of a list (village, name, phone, group, house) is a
// line that was merged or moved.
func LineLeft(tx *record.Tx, row person.Resident) (bool, error) {
	return tx.Has(record.Key("gone", lineHash(tx, row)))
}

func lineHash(tx *record.Tx, r person.Resident) string {
	return tx.Hash("line", r.Village, r.Name, r.Phone, r.Group, r.House)
}

// Evidence says that somebody, known by a keyed hash alone, agreed to a set, and
// until when: what a town must be able to show. It holds no name, no phone and no
// words.
type Evidence struct {
	Set     purpose.Purpose
	Version string `json:",omitempty"` // of the text
	Text    string `json:",omitempty"` // hash of the text
	Channel string `json:",omitempty"`
	Given   int64  // Unix seconds
	Ended   int64  // Unix seconds: taken back, given anew, or deleted with her
}

// keepEvidence leaves a line for each consent that a person gave.
func keepEvidence(tx *record.Tx, r person.Resident, now time.Time) error {
	hash := person.GoneHash(tx, r.Name, r.Phone, r.Village)
	all, err := record.Collect(record.List[consent.Consent](tx, record.Prefix("consent", r.ID)))
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
		if err := tx.Put(record.Key("evidence", hash, string(c.Set), record.Stamp(time.Unix(c.At, 0))), e); err != nil {
			return err
		}
	}
	return nil
}

// Forget deletes people, each in steps that a crash may come between: she is
// erased, then what the rest of the store says of her goes, page by page, then
// she herself, with a line in the audit. Who is not there is passed over. It
// returns how many were deleted.
func Forget(s *record.Store, ctx context.Context, ids []string, now time.Time) (int, error) {
	ids = slices.Clone(ids)
	for _, id := range slices.Clone(ids) {
		var erased []string
		err := s.Update(ctx, func(tx *record.Tx) (err error) {
			if erased, err = eraseAll(tx, id, now); err != nil && !errors.Is(err, record.ErrNotFound) {
				return err
			}
			return bookings.DropSeats(tx, id, now) // erased now or before, or not there
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
	var who subjects
	err := s.View(ctx, func(tx *record.Tx) (err error) {
		who, err = leaving(tx, ids)
		return err
	})
	if err == nil && len(who.ids) > 0 {
		err = wash(s, ctx, who)
	}
	if err != nil {
		return 0, err
	}
	n := 0
	for _, id := range ids {
		gone := false
		err := s.Update(ctx, func(tx *record.Tx) error {
			err := ForgetResident(tx, id, calendar.DayOf(now))
			if gone = err == nil; errors.Is(err, record.ErrNotFound) {
				return unmark(tx, id)
			}
			if err != nil {
				return err
			}
			return person.AddAudit(tx, person.Audit{At: now.Unix(), What: "forgotten", Resident: id})
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
