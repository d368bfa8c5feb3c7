package storage_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/migration"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/visits"
)

// each reads what is kept of the people of a village, page by page.
func each(of func(tx *record.Tx, r personstore.Resident) (ids []string, err error)) func(*record.Tx, record.Page, int) ([]string, record.Page, error) {
	return func(tx *record.Tx, p record.Page, max int) (ids []string, next record.Page, err error) {
		next, err = personstore.EachPerson(tx, "1", p, max, func(r personstore.Resident) (int, error) {
			some, err := of(tx, r)
			for _, id := range some {
				ids = append(ids, r.ID+id)
			}
			return len(some), err
		})
		return ids, next, err
	}
}

func TestPagesOfAnySizeHoldEverythingOnce(t *testing.T) {
	ctx := context.Background()
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "x.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	store, err := storage.Open(ctx, engine, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	day := calendar.Date(2026, time.November, 1)
	wang := personstore.Staff{ID: "wang", Roles: []personstore.Role{personstore.VillageWorker}, Villages: []string{"1"}}
	err = store.Update(ctx, func(tx *record.Tx) error {
		if err := personstore.PutVillage(tx, personstore.Village{ID: "1", Name: "甲村"}); err != nil {
			return err
		}
		s, err := personstore.ScopeOf(tx, personstore.Person{Cadre: wang})
		if err != nil {
			return err
		}
		for i := range 6 { // the first agreed to nothing, the second has no visit, the others 1 to 4
			r, err := personstore.AddResident(tx, personstore.Resident{Name: "张", Village: "1"}, fmt.Sprint(i))
			if err != nil {
				return err
			}
			if i == 0 {
				continue
			}
			for _, set := range []purpose.Purpose{purpose.VisitRecord, purpose.Migration} {
				if err := consent.Put(s, consent.Consent{Resident: r.ID, Set: set, Answer: personstore.Yes}, day.At(9, 0)); err != nil {
					return err
				}
			}
			for n := range calendar.Day(i - 1) {
				if _, err := visits.Add(s, visits.Visit{Resident: r.ID, Day: day + n}, fmt.Sprint(i, n)); err != nil {
					return err
				}
				if _, err := migration.Add(s, migration.Absence{Resident: r.ID, Since: day + n}, fmt.Sprint(i, n)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		want int
		read func(tx *record.Tx, p record.Page, max int) (ids []string, next record.Page, err error)
	}{
		{"residents", 6, func(tx *record.Tx, p record.Page, max int) (ids []string, _ record.Page, _ error) {
			all, next, err := personstore.ResidentPage(tx, "1", p, max)
			for _, r := range all {
				ids = append(ids, r.ID)
			}
			return ids, next, err
		}},
		{"visits", 10, each(func(tx *record.Tx, r personstore.Resident) (ids []string, err error) {
			all, err := visits.VisitsTo(tx, r, 0, 0)
			for _, v := range all {
				ids = append(ids, v.ID)
			}
			return ids, err
		})},
		{"visits of two days", 5, each(func(tx *record.Tx, r personstore.Resident) (ids []string, err error) {
			all, err := visits.VisitsTo(tx, r, day+1, day+2)
			for _, v := range all {
				ids = append(ids, v.ID)
			}
			return ids, err
		})},
		{"away cards", 10, each(func(tx *record.Tx, r personstore.Resident) (ids []string, err error) {
			all, err := migration.AwayOf(tx, r)
			for _, a := range all {
				ids = append(ids, a.ID)
			}
			return ids, err
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			for max := 1; max <= 20; max++ {
				seen, n := map[string]bool{}, 0
				for page := (record.Page{}); !page.Done; {
					err := store.View(ctx, func(tx *record.Tx) error {
						ids, next, err := c.read(tx, page, max)
						for _, id := range ids {
							seen[id] = true
						}
						n, page = n+len(ids), next
						return err
					})
					if err != nil {
						t.Fatal(err)
					}
				}
				if n != c.want || len(seen) != c.want {
					t.Errorf("pages of %d hold %d, %d of them different; want %d", max, n, len(seen), c.want)
				}
			}
		})
	}
}
