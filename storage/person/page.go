package person

import (
	"xintiexin/storage/kv"
	"xintiexin/storage/record"
)

// The pages of this file are for the office's own jobs, imports and exports:
// they ask nobody who asks, and their callers hold what they return to the
// people who agreed. Each reads at most about max pairs, so that no View is long
// however much is kept; the Page returned is where the next one goes on.

// Paged does what is to be done about the next records under a prefix, max at most,
// and counts where something was. rest is the key behind the prefix. It returns where
// to go on.
func Paged(tx *record.Tx, pre []byte, page record.Page, max int, do func(p kv.Pair, rest string) (bool, error)) (record.Page, int, error) {
	read, done := 0, 0
	for p, err := range tx.Scan(page.Start(pre), record.PrefixEnd(pre)) {
		if err != nil {
			return page, done, err
		}
		page.After = string(p.Key)
		ok, err := do(p, string(p.Key[len(pre):]))
		if err != nil {
			return page, done, err
		}
		if ok {
			done++
		}
		if read++; read == max {
			return page, done, nil
		}
	}
	return record.Page{Done: true}, done, nil
}

// DirectoryLine is one record kept about a person, with the person.
type DirectoryLine[T any] struct {
	Resident Resident
	Of       T
}

// ResidentPage returns the next people of a village, directory lines too, in
// the order of their ids.
func ResidentPage(tx *record.Tx, village string, page record.Page, max int) ([]Resident, record.Page, error) {
	var out []Resident
	next, err := DirectoryPage(tx, village, page, func(r Resident) (bool, error) {
		out = append(out, r)
		return len(out) < max, nil
	})
	return out, next, err
}

// DirectoryPage calls each for the people of a village from where a page stopped, until
// each returns false. Page.After is the id of the last one.
func DirectoryPage(tx *record.Tx, village string, page record.Page, each func(r Resident) (more bool, err error)) (record.Page, error) {
	pre := record.Prefix("in", village)
	start := append(record.Prefix("in", village), page.After...)
	if page.After != "" {
		start = append(start, 0)
	}
	for p, err := range tx.Scan(start, record.PrefixEnd(pre)) {
		if err != nil {
			return page, err
		}
		r, err := LoadResident(tx, string(p.Key[len(pre):]))
		if err != nil {
			return page, err
		}
		more, err := each(r)
		if err != nil {
			return page, err
		}
		if page.After = r.ID; !more {
			return page, nil
		}
	}
	return record.Page{Done: true}, nil
}

// EachPerson calls each with the next people of a village ("" are those of none) until
// about max pairs were read; each returns how many it read. It returns where to go
// on.
func EachPerson(tx *record.Tx, village string, page record.Page, max int, each func(Resident) (read int, err error)) (record.Page, error) {
	read := 0
	return DirectoryPage(tx, village, page, func(r Resident) (bool, error) {
		n, err := each(r)
		read += n + 2 // the index and her record
		return read < max, err
	})
}
