package storage_test

import (
	"errors"
	"strings"
	"testing"

	"xintiexin/storage"
	"xintiexin/storage/calendar"
)

// fill keeps an answer of 甲's worker about somebody, or about nobody.
func (w *world) fill(resident, cause, rooms string) (a storage.Submission) {
	w.t.Helper()
	w.as("oa", func(s storage.Scope) (err error) {
		a, err = s.AddSubmission(storage.Submission{Form: "housing", Version: "v1", Resident: resident, Set: storage.C0, At: now.Unix(),
			Answers: []storage.Said{{Name: "rooms", Value: rooms}, {Name: "sort", Rows: []int{2}, Value: "枣"}}}, cause)
		return err
	})
	return a
}

// submitted are the answers that an export would hold, read in pages of one.
func (w *world) submitted(from, to calendar.Day) (who []string) {
	w.t.Helper()
	w.update(func(tx *storage.Tx) error {
		who = nil
		for at := (storage.Page{}); !at.Done; {
			all, next, err := tx.SubmissionPage("housing", from, to, at, 1)
			if err != nil {
				return err
			}
			for _, l := range all {
				who = append(who, l.Resident.Name+" "+l.Of.Answers[0].Value)
			}
			at = next
		}
		return nil
	})
	return who
}

func TestAnswersToAFormAreKeptWithHerYesAlone(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	if err := w.refusal("oa", func(s storage.Scope) error {
		_, err := s.AddSubmission(storage.Submission{Form: "housing", Resident: id, Set: storage.C0, At: now.Unix()}, "f")
		return err
	}); !errors.Is(err, storage.ErrScope) {
		t.Errorf("without her yes: %v", err)
	}
	w.told("oa", id, storage.C0, storage.Yes, now)
	a := w.fill(id, "f1", "3")
	w.fill("", "f2", "4")
	if got := strings.Join(w.submitted(0, 0), ","); !strings.Contains(got, "郭敏 3") || !strings.Contains(got, " 4") {
		t.Errorf("kept: %s", got)
	}
	if got := w.submitted(today+1, 0); len(got) != 0 {
		t.Errorf("from tomorrow on: %q", got)
	}
	if got := w.submitted(today, today); len(got) != 2 {
		t.Errorf("of today: %q", got)
	}
	var changed bool
	w.as("oa", func(s storage.Scope) (err error) {
		changed, err = s.ChangeSubmission(a, []storage.Said{{Name: "rooms", Value: "5"}, {Name: "sort", Rows: []int{2}, Value: "枣"}}, now)
		return err
	})
	var after storage.Submission
	w.as("oa", func(s storage.Scope) (err error) { after, err = s.Submission(a.Ref()); return err })
	if !changed || len(after.Changes) != 1 || after.Changes[0].Field != "rooms" || after.Changes[0].Old != "3" {
		t.Errorf("changed %v: %+v", changed, after.Changes)
	}
	w.as("oa", func(s storage.Scope) (err error) {
		changed, err = s.ChangeSubmission(after, after.Answers, now)
		return err
	})
	if changed {
		t.Error("the same answers are a change")
	}
	w.update(func(tx *storage.Tx) error { return tx.Withdraw(storage.Person{Residents: []string{id}}, id, now) })
	if got := strings.Join(w.submitted(0, 0), ","); got != " 4" {
		t.Errorf("after she took her yes back: %q", got)
	}
	gone := strings.Join(w.purged(today+15), "\n")
	for _, k := range []string{"submission/" + id, "submitted/housing", "wrote/a/"} {
		if !strings.Contains(gone, k) {
			t.Errorf("%s stays: %s", k, gone)
		}
	}
	if strings.Contains(gone, "submission/-/") {
		t.Error("what is about nobody went with her")
	}
}

func TestAnswersToAFormGoWithHer(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	w.told("oa", id, storage.C0, storage.Yes, now)
	w.fill(id, "f1", "3")
	w.fill("", "f2", "4")
	w.update(func(tx *storage.Tx) error { return tx.Erase(id, now) })
	if got := strings.Join(w.submitted(0, 0), ","); got != " 4" {
		t.Errorf("erased, exported all the same: %q", got)
	}
	var mine int
	w.as("oa", func(s storage.Scope) error {
		all, err := s.MySubmissions(today-1, 9)
		mine = len(all)
		return err
	})
	if mine != 1 {
		t.Errorf("%d can be corrected, not the one about nobody alone", mine)
	}
	if _, err := w.store.Forget(t.Context(), []string{id}, now); err != nil {
		t.Fatal(err)
	}
	for k := range w.everything() {
		if strings.Contains(k, id) && !strings.HasPrefix(k, "audit/") && !strings.HasPrefix(k, "evidence/") && !strings.HasPrefix(k, "gone/") {
			t.Errorf("%s names her still", k)
		}
	}
	if got := strings.Join(w.submitted(0, 0), ","); got != " 4" {
		t.Errorf("forgotten: %q", got)
	}
}

func TestAFormIsKeptByVersion(t *testing.T) {
	w := newWorld(t)
	put := func(version, tables string, draft bool) {
		w.update(func(tx *storage.Tx) error {
			return tx.KeepForm(storage.FormVersion{Form: "housing", Version: version, Draft: draft}, []byte(tables), now)
		})
	}
	put("1", "one", false)
	put("2", "two", false)
	put("3", "three", true)
	var now1, log []storage.FormVersion
	read := func() {
		w.update(func(tx *storage.Tx) (err error) {
			if now1, err = tx.Forms(); err != nil {
				return err
			}
			log, err = tx.FormLog()
			return err
		})
	}
	if read(); len(now1) != 1 || now1[0].Version != "2" || len(log) != 3 || log[0].Version != "3" {
		t.Errorf("in force %+v, kept %+v", now1, log)
	}
	w.update(func(tx *storage.Tx) error {
		for id, want := range map[string]string{storage.FormID([]byte("one")): "one", storage.FormID([]byte("three")): "three"} {
			if got, err := tx.KeptForm(id); err != nil || string(got) != want {
				t.Errorf("%q %v, not %q", got, err, want)
			}
		}
		if _, err := tx.KeptForm("no/id"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a key of nothing: %v", err)
		}
		if err := tx.KeepForm(storage.FormVersion{Form: "a/b"}, []byte("x"), now); !errors.Is(err, storage.ErrScope) {
			t.Errorf("a name with a slash: %v", err)
		}
		return tx.DropForm("housing", "", now)
	})
	if read(); len(now1) != 0 || !log[0].Gone {
		t.Errorf("dropped: %+v, %+v", now1, log[0])
	}
}
