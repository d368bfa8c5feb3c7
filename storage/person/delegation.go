package person

import (
	"errors"
	"fmt"
	"slices"

	"xintiexin/storage/pinyin"
	"xintiexin/storage/record"
)

// MayTell reports whether what was written down about a resident in a village may be
// told to the asker: not to those of the village to which she moved.
func (s Scope) MayTell(r Resident, village string) bool {
	return r.Moved == 0 || s.Inside[village] || s.Person.Cadre.Has(Clerk) || s.Family[r.ID]
}

// DelegatedBy returns for whom the asker stands in now.
func (s Scope) DelegatedBy() []string { return slices.Clone(s.Delegators) }

// ActsFor reports whether what is a cadre's is the asker's to do: her own, and of whom
// she stands in for.
func (s Scope) ActsFor(cadre string) bool {
	return cadre != "" && (cadre == s.Person.Cadre.ID || slices.Contains(s.Delegators, cadre))
}

func delegators(tx *record.Tx, cadre string) (from []string, err error) {
	for p, err := range tx.Parts(record.Prefix("standsin", cadre)) {
		if err != nil {
			return nil, err
		}
		from = append(from, p[0])
	}
	return from, nil
}

// Delegate returns who does a cadre's work now: somebody who stands in, else herself.
func Delegate(tx *record.Tx, cadre string) (string, error) {
	if cadre == "" {
		return "", nil
	}
	to, err := tx.GetRaw(record.Key("acting", cadre))
	if errors.Is(err, record.ErrNotFound) {
		return cadre, nil
	}
	if err != nil {
		return "", fmt.Errorf("get acting: %w", err)
	}
	return string(to), nil
}

// Confidential reports whether the asker may see what is kept from the village: a
// clinician, or with others (the clerk) one of those roles. Who works in a village
// counts as the village, whatever else she is.
func (s Scope) Confidential(roles ...Role) bool {
	return s.Person.Cadre.Has(roles...) && !s.Person.Cadre.Has(VillageWorker)
}

// AtDesk returns ErrScope for whoever is not of the clinic's desk, or is of the
// resident's own family.
func (s Scope) AtDesk(resident string) error {
	if !s.Person.Cadre.Has(Clinician, Clerk) || s.Family[resident] {
		return record.ErrScope
	}
	return nil
}

// SameName reports whether two names are written or sound alike.
func SameName(a, b string) bool {
	return a == b || slices.Equal(pinyin.Syllables(a, true), pinyin.Syllables(b, true))
}

// Mine returns a resident that the asker's WeChat stands for; ErrNotFound for
// anybody else.
func (s Scope) Mine(resident string) (Resident, error) {
	if !s.Family[resident] {
		return Resident{}, record.ErrNotFound
	}
	return LoadResident(s.Tx, resident)
}
