package townforms

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/followups"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/visits"
)

// Submission is what was answered to a town's own form: about one resident who
// agreed to it, or about nobody. It holds the answers as they are stored; what
// they are called is in the tables that it was written with.
type Submission struct {
	ID, Form string
	Version  string          // id of the tables
	Resident string          `json:",omitempty"`
	Village  string          `json:",omitempty"`
	Set      purpose.Purpose `json:",omitempty"` // the consent that it rests on
	Answers  []Said
	By       string               `json:",omitempty"` // cadre id; "" is the resident herself, or nobody by name
	At       int64                // Unix seconds
	Changes  []visits.FieldChange `json:",omitempty"`
}

// Said is one answer, in the order of the form.
type Said struct {
	Name  string
	Rows  []int `json:",omitempty"` // rows of the repeats around it, from 1
	Value string
}

// Field names an answer by its question and rows: child[2].
func (a Said) Field() string {
	out := a.Name
	for _, r := range a.Rows {
		out += fmt.Sprintf("[%d]", r)
	}
	return out
}

// Ref names a submission among all: resident/form/time/id.
func (s Submission) Ref() string { return string(s.key()[len("submission/"):]) }

func (s Submission) key() []byte {
	return record.Key("submission", followups.OrNobody(s.Resident), s.Form, record.Stamp(time.Unix(s.At, 0)), s.ID)
}

// indexes lead to a submission by its form and by who wrote it, in the order of
// time.
func (s Submission) indexes() [][]byte {
	at := record.Stamp(time.Unix(s.At, 0))
	out := [][]byte{record.Key("submitted", s.Form, at, followups.OrNobody(s.Resident), s.ID)}
	if s.By != "" {
		out = append(out, record.Key("wrote", s.By, at, followups.OrNobody(s.Resident), s.Form, s.ID))
	}
	return out
}

// Submit keeps answers under an id made of cause. It returns ErrNotFound
// when they are about a resident outside the scope who is not the asker's own,
// ErrScope when they are about one and the set is not agreed to.
func Submit(s person.Scope, a Submission, cause string) (Submission, error) {
	if a.Form == "" || strings.ContainsAny(a.Form, "/\x00") {
		return a, record.ErrScope
	}
	a.ID, a.Village, a.By = record.ID("submission", cause), "", ""
	if s.Person.Staff() {
		a.By = s.Person.Cadre.ID
	}
	if a.Resident != "" {
		r, err := s.Client(a.Resident)
		if err != nil {
			return a, err
		}
		c, err := consent.Load(s.Tx, r.ID, a.Set)
		if err != nil {
			return a, err
		}
		if !c.Given() {
			return a, record.ErrScope
		}
		if a.Village = r.Village; s.Family[r.ID] {
			a.By = ""
		}
	}
	return a, PutSubmission(s.Tx, a)
}

func PutSubmission(tx *record.Tx, a Submission) error {
	for _, k := range a.indexes() {
		if err := tx.PutRaw(k, nil); err != nil {
			return err
		}
	}
	return tx.Put(a.key(), a)
}

func DropSubmission(tx *record.Tx, a Submission) error {
	for _, k := range append(a.indexes(), a.key()) {
		if err := tx.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// Get returns one that the asker wrote down and may still see.
// ErrNotFound is any other.
func Get(s person.Scope, ref string) (Submission, error) {
	p := strings.Split(ref, "/")
	if len(p) != 4 {
		return Submission{}, record.ErrNotFound
	}
	a, err := record.Get[Submission](s.Tx, record.Key("submission", p[0], p[1], p[2], p[3]))
	if err != nil {
		return Submission{}, err
	}
	if !s.Person.Staff() || a.By != s.Person.Cadre.ID {
		return Submission{}, record.ErrNotFound
	}
	if a.Resident != "" {
		if _, err := s.Resident(a.Resident); err != nil {
			return Submission{}, err
		}
	}
	return a, nil
}

// MySubmissions returns what the asker wrote down since a day and may still see,
// newest first.
func MySubmissions(s person.Scope, since calendar.Day, max int) ([]Submission, error) {
	me := s.Person.Cadre.ID
	if me == "" || !s.Person.Staff() {
		return nil, nil
	}
	var out []Submission
	pre := record.Prefix("wrote", me)
	start := append(record.Prefix("wrote", me), record.Stamp(since.At(0, 0))...)
	for p, err := range s.Tx.Descend(start, record.PrefixEnd(pre)) {
		if err != nil {
			return nil, err
		}
		if len(out) == max {
			break
		}
		part := strings.Split(string(p.Key[len(pre):]), "/")
		if len(part) != 4 {
			return nil, fmt.Errorf("read %s: not a submission's index", record.KindOf(p.Key))
		}
		a, err := Get(s, strings.Join([]string{part[1], part[2], part[0], part[3]}, "/"))
		if errors.Is(err, record.ErrNotFound) {
			continue // moved out of her villages, or deleted
		}
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// ChangeSubmission puts corrected answers in place of old ones and keeps, for
// each that differs, what it was, with who changed it and when. Whom it is about
// stays. It reports whether anything differed; ErrNotFound is for anybody who did
// not write it.
func ChangeSubmission(s person.Scope, old Submission, answers []Said, now time.Time) (bool, error) {
	old, err := Get(s, old.Ref())
	if err != nil {
		return false, err
	}
	was, is := map[string]string{}, map[string]string{}
	for _, a := range old.Answers {
		was[a.Field()] = a.Value
	}
	for _, a := range answers {
		is[a.Field()] = a.Value
	}
	var changes []visits.FieldChange
	note := func(field string) {
		if was[field] != is[field] {
			changes = append(changes, visits.FieldChange{Field: field, Old: was[field], By: s.Person.Cadre.ID, At: now.Unix()})
		}
	}
	for _, a := range old.Answers {
		note(a.Field())
	}
	for _, a := range answers {
		if _, had := was[a.Field()]; !had {
			note(a.Field())
		}
	}
	if len(changes) == 0 {
		return false, nil
	}
	old.Answers, old.Changes = answers, append(slices.Clip(old.Changes), changes...)
	return true, s.Tx.Put(old.key(), old)
}

// SubmissionPage returns the next answers to a form, oldest first, from one day
// up to another (0 is no bound): of those about somebody only where she agrees to
// their being kept. The resident of one about nobody is zero.
func SubmissionPage(tx *record.Tx, form string, from, to calendar.Day, page record.Page, max int) ([]person.DirectoryLine[Submission], record.Page, error) {
	if form == "" || strings.ContainsAny(form, "/\x00") {
		return nil, record.Page{Done: true}, nil
	}
	pre := record.Prefix("submitted", form)
	start, stop := page.Start(pre), record.PrefixEnd(pre)
	if page.After == "" && from != 0 {
		start = append(record.Prefix("submitted", form), record.Stamp(from.At(0, 0))...)
	}
	if to != 0 {
		stop = append(record.Prefix("submitted", form), record.Stamp((to+1).At(0, 0))...)
	}
	var out []person.DirectoryLine[Submission]
	read := 0
	for p, err := range tx.Scan(start, stop) {
		if err != nil {
			return nil, page, err
		}
		page.After = string(p.Key)
		l, ok, err := submitted(tx, form, strings.Split(string(p.Key[len(pre):]), "/"))
		if err != nil {
			return nil, page, err
		}
		if ok {
			out = append(out, l)
		}
		if read += 4; read >= max {
			return out, page, nil
		}
	}
	return out, record.Page{Done: true}, nil
}

// submitted reads what an index leads to; ok is false where nobody agrees to it
// any more.
func submitted(tx *record.Tx, form string, part []string) (l person.DirectoryLine[Submission], ok bool, err error) {
	if len(part) != 3 {
		return l, false, errors.New("read submitted: not an index")
	}
	l.Of, err = record.Optional(record.Get[Submission](tx, record.Key("submission", part[1], form, part[0], part[2])))
	if err != nil || l.Of.ID == "" {
		return l, false, err
	}
	if l.Of.Resident == "" {
		return l, true, nil
	}
	c, err := consent.Load(tx, l.Of.Resident, l.Of.Set)
	if err != nil || !c.Given() {
		return l, false, err
	}
	l.Resident, err = record.Optional(person.LoadResident(tx, l.Of.Resident))
	return l, l.Resident.ID != "", err
}

// SubmittedForms returns the names of all forms of which answers are kept.
func SubmittedForms(tx *record.Tx) ([]string, error) {
	var out []string
	pre := record.Prefix("submitted")
	for start := pre; ; {
		name := ""
		for p, err := range tx.Scan(start, record.PrefixEnd(pre)) {
			if err != nil {
				return nil, err
			}
			name, _, _ = strings.Cut(string(p.Key[len(pre):]), "/")
			break
		}
		if name == "" {
			return out, nil
		}
		out, start = append(out, name), record.PrefixEnd(record.Prefix("submitted", name))
	}
}
