package townforms

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

	"xintiexin/storage/record"
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
func FormID(tables []byte) string { return record.ID("form", string(tables)) }

// All returns the town's own forms that are in force, in the order of their
// names.
func All(tx *record.Tx) ([]FormVersion, error) {
	return record.Optional(record.Get[[]FormVersion](tx, record.Key("form", "current")))
}

// Log returns what was kept, put in force and taken out of it, the last
// first.
func Log(tx *record.Tx) ([]FormVersion, error) {
	return record.Collect(record.Latest[FormVersion](tx, record.Prefix("formlog")))
}

// Version returns the tables of a form that is or was in force, or was kept to
// be tried. It returns ErrNotFound when there are none of that id.
func Version(tx *record.Tx, id string) ([]byte, error) {
	if id == "" || strings.ContainsAny(id, "/\x00") {
		return nil, record.ErrNotFound
	}
	packed, err := tx.GetRaw(record.Key("formdata", id))
	if err != nil {
		if errors.Is(err, record.ErrNotFound) {
			return nil, record.ErrNotFound
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

// Keep keeps tables, and puts them in force in place of those of the same
// form unless v is a Draft. It returns ErrScope for a form whose name no key can
// hold.
func Keep(tx *record.Tx, v FormVersion, tables []byte, now time.Time) error {
	v.ID = FormID(tables)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(tables); err != nil {
		return fmt.Errorf("pack formdata: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("pack formdata: %w", err)
	}
	if err := tx.PutRaw(record.Key("formdata", v.ID), packed.Bytes()); err != nil {
		return err
	}
	return Activate(tx, v, now)
}

// Activate puts tables that are kept in force, or notes a draft.
func Activate(tx *record.Tx, v FormVersion, now time.Time) error {
	if v.Form == "" || strings.ContainsAny(v.Form, "/\x00") {
		return record.ErrScope
	}
	v.At, v.Gone = now.Unix(), false
	if v.Draft {
		return logForm(tx, v)
	}
	all, err := All(tx)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(o FormVersion) bool { return o.Form == v.Form })
	return putForms(tx, append(all, v), v)
}

// Deactivate takes a form out of force; its tables stay for what was written down
// with them. It returns ErrNotFound when it is not in force.
func Deactivate(tx *record.Tx, form, by string, now time.Time) error {
	all, err := All(tx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(o FormVersion) bool { return o.Form == form })
	if i < 0 {
		return record.ErrNotFound
	}
	v := all[i]
	v.Gone, v.By, v.At = true, by, now.Unix()
	return putForms(tx, slices.Delete(all, i, i+1), v)
}

func putForms(tx *record.Tx, all []FormVersion, said FormVersion) error {
	slices.SortFunc(all, func(a, b FormVersion) int { return cmp.Compare(a.Form, b.Form) })
	if err := tx.Put(record.Key("form", "current"), all); err != nil {
		return err
	}
	return logForm(tx, said)
}

func logForm(tx *record.Tx, v FormVersion) error {
	n, err := tx.NextNumber(record.Prefix("formlog"))
	if err != nil {
		return err
	}
	return tx.Put(record.Key("formlog", fmt.Sprintf("%06d", n)), v)
}
