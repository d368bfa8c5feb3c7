package storage_test

import (
	"errors"
	"strings"
	"testing"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/erasure"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townforms"
)

// fill keeps an answer of 甲's worker about somebody, or about nobody.
func (w *world) fill(resident, cause, rooms string) (a townforms.Submission) {
	w.t.Helper()
	w.as("oa", func(s personstore.Scope) (err error) {
		a, err = townforms.Submit(s, townforms.Submission{Form: "housing", Version: "v1", Resident: resident, Set: purpose.VisitRecord, At: now.Unix(),
			Answers: []townforms.Said{{Name: "rooms", Value: rooms}, {Name: "sort", Rows: []int{2}, Value: "枣"}}}, cause)
		return err
	})
	return a
}

// submitted are the answers that an export would hold, read in pages of one.
func (w *world) submitted(from, to calendar.Day) (who []string) {
	w.t.Helper()
	w.update(func(tx *record.Tx) error {
		who = nil
		for at := (record.Page{}); !at.Done; {
			all, next, err := townforms.SubmissionPage(tx, "housing", from, to, at, 1)
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
	if err := w.refusal("oa", func(s personstore.Scope) error {
		_, err := townforms.Submit(s, townforms.Submission{Form: "housing", Resident: id, Set: purpose.VisitRecord, At: now.Unix()}, "f")
		return err
	}); !errors.Is(err, record.ErrScope) {
		t.Errorf("without her yes: %v", err)
	}
	w.told("oa", id, purpose.VisitRecord, personstore.Yes, now)
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
	w.as("oa", func(s personstore.Scope) (err error) {
		changed, err = townforms.ChangeSubmission(s, a, []townforms.Said{{Name: "rooms", Value: "5"}, {Name: "sort", Rows: []int{2}, Value: "枣"}}, now)
		return err
	})
	var after townforms.Submission
	w.as("oa", func(s personstore.Scope) (err error) { after, err = townforms.Get(s, a.Ref()); return err })
	if !changed || len(after.Changes) != 1 || after.Changes[0].Field != "rooms" || after.Changes[0].Old != "3" {
		t.Errorf("changed %v: %+v", changed, after.Changes)
	}
	w.as("oa", func(s personstore.Scope) (err error) {
		changed, err = townforms.ChangeSubmission(s, after, after.Answers, now)
		return err
	})
	if changed {
		t.Error("the same answers are a change")
	}
	w.update(func(tx *record.Tx) error {
		return consent.WithdrawAll(tx, personstore.Person{Residents: []string{id}}, id, now)
	})
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
	w.told("oa", id, purpose.VisitRecord, personstore.Yes, now)
	w.fill(id, "f1", "3")
	w.fill("", "f2", "4")
	w.update(func(tx *record.Tx) error { return erasure.Erase(tx, id, now) })
	if got := strings.Join(w.submitted(0, 0), ","); got != " 4" {
		t.Errorf("erased, exported all the same: %q", got)
	}
	var mine int
	w.as("oa", func(s personstore.Scope) error {
		all, err := townforms.MySubmissions(s, today-1, 9)
		mine = len(all)
		return err
	})
	if mine != 1 {
		t.Errorf("%d can be corrected, not the one about nobody alone", mine)
	}
	if _, err := erasure.Forget(w.store, t.Context(), []string{id}, now); err != nil {
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
		w.update(func(tx *record.Tx) error {
			return townforms.Keep(tx, townforms.FormVersion{Form: "housing", Version: version, Draft: draft}, []byte(tables), now)
		})
	}
	put("1", "one", false)
	put("2", "two", false)
	put("3", "three", true)
	var now1, log []townforms.FormVersion
	read := func() {
		w.update(func(tx *record.Tx) (err error) {
			if now1, err = townforms.All(tx); err != nil {
				return err
			}
			log, err = townforms.Log(tx)
			return err
		})
	}
	if read(); len(now1) != 1 || now1[0].Version != "2" || len(log) != 3 || log[0].Version != "3" {
		t.Errorf("in force %+v, kept %+v", now1, log)
	}
	w.update(func(tx *record.Tx) error {
		for id, want := range map[string]string{townforms.FormID([]byte("one")): "one", townforms.FormID([]byte("three")): "three"} {
			if got, err := townforms.Version(tx, id); err != nil || string(got) != want {
				t.Errorf("%q %v, not %q", got, err, want)
			}
		}
		if _, err := townforms.Version(tx, "no/id"); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("a key of nothing: %v", err)
		}
		if err := townforms.Keep(tx, townforms.FormVersion{Form: "a/b"}, []byte("x"), now); !errors.Is(err, record.ErrScope) {
			t.Errorf("a name with a slash: %v", err)
		}
		return townforms.Deactivate(tx, "housing", "", now)
	})
	if read(); len(now1) != 0 || !log[0].Gone {
		t.Errorf("dropped: %+v, %+v", now1, log[0])
	}
}
