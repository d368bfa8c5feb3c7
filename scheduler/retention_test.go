package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/storage/erasure"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// night notes what the job asks for outside the store, and in which order.
type night struct {
	r     *rig
	who   string // is she in the store, when something is asked for
	asked []string
	fails string
}

func (n *night) does(what string) error {
	there := "gone"
	n.r.view(func(tx *record.Tx) error {
		marked, err := erasure.Erasures(tx, n.r.clock.Now(), 9)
		if len(marked) > 0 && marked[0].ID == n.who {
			there = "marked"
		}
		return err
	})
	if n.asked = append(n.asked, what+" "+there); n.fails == what {
		return errors.New("no disk")
	}
	return nil
}

// nightRig has one person to be deleted, with her WeChat.
func nightRig(t *testing.T) (*rig, *night) {
	r := newRig(t, wednesday.At(8, 0))
	who, _ := r.mengli()
	n := &night{r: r, who: who.ID}
	r.jobs.Compact = func(context.Context) error { return n.does("compact") }
	r.jobs.Note = func(_ context.Context, all []erasure.Erased) error {
		return n.does(fmt.Sprintf("note %d", len(all)))
	}
	r.update(func(tx *record.Tx) error { return erasure.Erase(tx, who.ID, r.clock.Now()) })
	return r, n
}

// TestTheNightDeletesInOrder: who is to be deleted is noted outside the store
// first; at the end the file is made dense; the audit tells of it without names.
func TestTheNightDeletesInOrder(t *testing.T) {
	r, n := nightRig(t)
	at := (wednesday + 1).At(3, 40)
	r.clock.set(at)
	did, err := r.jobs.RunJob(t.Context(), "retention", at)
	if err != nil || !strings.HasPrefix(did, "1 people deleted") {
		t.Errorf("it says %q, %v", did, err)
	}
	if want := []string{"note 1 marked", "compact gone"}; !slices.Equal(n.asked, want) {
		t.Errorf("it asks for %q, want %q", n.asked, want)
	}
	r.view(func(tx *record.Tx) error {
		lines, err := person.Audits(tx, at, 9)
		if len(lines) == 0 || lines[0].What != "forgotten" || lines[0].Resident != n.who {
			t.Errorf("the audit says %+v", lines)
		}
		return err
	})
	again, err := r.jobs.RunJob(t.Context(), "retention", at)
	if again != "0 people deleted" || err != nil {
		t.Errorf("the second time it says %q, %v", again, err)
	}
}

// TestWhoCannotBeNotedIsNotDeleted, so that no backup can bring her back; and a
// file that cannot be made dense is an error, after which the job comes again.
func TestWhoCannotBeNotedIsNotDeleted(t *testing.T) {
	r, n := nightRig(t)
	at := (wednesday + 1).At(3, 40)
	n.fails = "note 1"
	if _, err := r.jobs.RunJob(t.Context(), "retention", at); err == nil {
		t.Error("no error")
	}
	n.fails = "compact"
	if _, err := r.jobs.RunJob(t.Context(), "retention", at); err == nil {
		t.Error("no error")
	}
	if want := []string{"note 1 marked", "note 1 marked", "compact gone"}; !slices.Equal(n.asked, want) {
		t.Errorf("it asks for %q, want %q", n.asked, want)
	}
}

// TestErasuresAreNotedByDay: every ten minutes, once they cannot be taken back.
func TestErasuresAreNotedByDay(t *testing.T) {
	r, n := nightRig(t)
	who, at := "", r.clock.Now()
	r.update(func(tx *record.Tx) error { // another, taken by word of mouth
		p, err := person.AddResident(tx, person.Resident{Name: "何小梅"}, "x")
		if who = p.ID; err != nil {
			return err
		}
		u, err := tx.Save(func() error { return erasure.Erase(tx, p.ID, at) })
		if err != nil {
			return err
		}
		u.Until = at.Add(record.UndoTime).Unix()
		return tx.PutUndo(wang, u)
	})
	for minute, want := range map[int]string{10: "1 people on their way out", 20: "2 people on their way out"} {
		if did, err := r.jobs.RunJob(t.Context(), "erasures", at.Add(time.Duration(minute)*time.Minute)); did != want || err != nil {
			t.Errorf("after %d minutes it says %q, %v, want %q", minute, did, err, want)
		}
	}
	if len(n.asked) != 2 || who == "" {
		t.Errorf("it asks for %q", n.asked)
	}
}

// TestManyAreDeletedInPages: more people than one step takes.
func TestManyAreDeletedInPages(t *testing.T) {
	r := newRig(t, wednesday.At(8, 0))
	const many = 230
	r.update(func(tx *record.Tx) error {
		for i := range many {
			p, err := person.AddResident(tx, person.Resident{Name: "何小梅"}, fmt.Sprint("many", i))
			if err != nil {
				return err
			}
			if err := erasure.Erase(tx, p.ID, r.clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	did, err := r.jobs.RunJob(t.Context(), "retention", (wednesday+1).At(3, 40))
	if want := fmt.Sprintf("%d people deleted", many); !strings.HasPrefix(did, want) || err != nil {
		t.Errorf("it says %q, %v, want %q", did, err, want)
	}
}
