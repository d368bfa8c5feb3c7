package storage

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// FormVersion says which tables a town's own form is made of. The tables
// themselves are kept under their ID for good: what is half-way, and what was
// written down with them, refers to them.
type FormVersion struct {
	Form    string // as its author calls it: form_id
	ID      string // hash of the tables
	Version string `json:",omitempty"` // as its author calls it
	Title   string
	Draft   bool   `json:",omitempty"` // kept to be tried, not asked of anybody
	Gone    bool   `json:",omitempty"` // a line of the history: taken out of force
	At      int64  // Unix seconds
	By      string `json:",omitempty"` // cadre id, "" from the command line
}

// maxTables is the most bytes that the tables of a form have.
const maxTables = 16 << 20

// FormID is the id of tables.
func FormID(tables []byte) string { return ID("form", string(tables)) }

// Forms returns the town's own forms that are in force, in the order of their
// names.
func (tx *Tx) Forms() ([]FormVersion, error) {
	return optional(get[[]FormVersion](tx, key("form", "current")))
}

// FormLog returns what was kept, put in force and taken out of it, the last
// first.
func (tx *Tx) FormLog() ([]FormVersion, error) {
	all, err := collect(list[FormVersion](tx, prefix("formlog")))
	slices.Reverse(all)
	return all, err
}

// KeptForm returns the tables of a form that is or was in force, or was kept to
// be tried. It returns ErrNotFound when there are none of that id.
func (tx *Tx) KeptForm(id string) ([]byte, error) {
	if id == "" || strings.ContainsAny(id, "/\x00") {
		return nil, ErrNotFound
	}
	packed, err := tx.getRaw(key("formdata", id))
	if err != nil {
		if errors.Is(err, ErrNotFound) {
			return nil, ErrNotFound
		}
		return nil, fmt.Errorf("get formdata: %w", err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("read formdata: %w", err)
	}
	tables, err := io.ReadAll(io.LimitReader(r, maxTables))
	if err != nil {
		return nil, fmt.Errorf("read formdata: %w", err)
	}
	return tables, nil
}

// KeepForm keeps tables, and puts them in force in place of those of the same
// form unless v is a Draft. It returns ErrScope for a form whose name no key can
// hold.
func (tx *Tx) KeepForm(v FormVersion, tables []byte, now time.Time) error {
	v.ID = FormID(tables)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(tables); err != nil {
		return fmt.Errorf("pack formdata: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("pack formdata: %w", err)
	}
	if err := tx.putRaw(key("formdata", v.ID), packed.Bytes()); err != nil {
		return err
	}
	return tx.UseForm(v, now)
}

// UseForm puts tables that are kept in force, or notes a draft.
func (tx *Tx) UseForm(v FormVersion, now time.Time) error {
	if v.Form == "" || strings.ContainsAny(v.Form, "/\x00") {
		return ErrScope
	}
	v.At, v.Gone = now.Unix(), false
	if v.Draft {
		return tx.logForm(v)
	}
	all, err := tx.Forms()
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(o FormVersion) bool { return o.Form == v.Form })
	return tx.putForms(append(all, v), v)
}

// DropForm takes a form out of force; its tables stay for what was written down
// with them. It returns ErrNotFound when it is not in force.
func (tx *Tx) DropForm(form, by string, now time.Time) error {
	all, err := tx.Forms()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(o FormVersion) bool { return o.Form == form })
	if i < 0 {
		return ErrNotFound
	}
	v := all[i]
	v.Gone, v.By, v.At = true, by, now.Unix()
	return tx.putForms(slices.Delete(all, i, i+1), v)
}

func (tx *Tx) putForms(all []FormVersion, said FormVersion) error {
	slices.SortFunc(all, func(a, b FormVersion) int { return cmp.Compare(a.Form, b.Form) })
	if err := tx.put(key("form", "current"), all); err != nil {
		return err
	}
	return tx.logForm(said)
}

func (tx *Tx) logForm(v FormVersion) error {
	n := 0
	for _, err := range tx.parts(prefix("formlog")) {
		if err != nil {
			return err
		}
		n++
	}
	return tx.put(key("formlog", fmt.Sprintf("%06d", n)), v)
}
