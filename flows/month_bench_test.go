package flows_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"xintiexin/storage"
	"xintiexin/storage/access"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
	"xintiexin/storage/stats"
	"xintiexin/storage/visits"
)

// BenchmarkMonth is 本月 for the clerk of a town of 3,000 residents, and for a worker,
// with 500 visits in each of the two months.
func BenchmarkMonth(b *testing.B) {
	ctx, today := context.Background(), calendar.Date(2026, 11, 30)
	engine, err := bolt.Open(filepath.Join(b.TempDir(), "x.db"), bolt.Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	defer engine.Close()
	store, err := storage.Open(ctx, engine, nil)
	if err != nil {
		b.Fatal(err)
	}
	town, err := seed.Town(ctx, store, seed.Options{Residents: 3000, Cadres: 21, Today: today})
	if err != nil {
		b.Fatal(err)
	}
	err = store.Update(ctx, func(tx *record.Tx) error {
		for i := range 1000 {
			c := town.Cadres[i%len(town.Cadres)]
			s, err := person.ScopeOf(tx, person.Person{Cadre: c})
			if err != nil {
				return err
			}
			people, _, err := person.ResidentPage(tx, c.Villages[0], record.Page{}, 40)
			if err != nil {
				return err
			}
			v := visits.Visit{Resident: people[i/len(town.Cadres)%len(people)].ID, Day: today - calendar.Day(i%58), Way: "home", Kind: "greet", Finding: "well"}
			if _, err := visits.Add(s, v, fmt.Sprint("bench", i)); err != nil {
				return err
			}
		}
		if err := person.PutStaff(tx, person.Staff{ID: "clerk", Name: "赵文静", Roles: []person.Role{person.Clerk}}); err != nil {
			return err
		}
		return access.Bind(tx, "oclerk", "clerk")
	})
	if err != nil {
		b.Fatal(err)
	}
	for who, openid := range map[string]string{"clerk": "oclerk", "worker": town.Cadres[0].OpenID} {
		b.Run(who, func(b *testing.B) {
			for i := range b.N {
				err := store.View(ctx, func(tx *record.Tx) error {
					p, err := person.Identify(tx, openid)
					if err != nil {
						return err
					}
					s, err := person.ScopeOf(tx, p)
					if err != nil {
						return err
					}
					all, err := stats.Months(s, today-29, today)
					if err == nil && len(all) == 0 {
						b.Fatal("nothing is counted")
					}
					return err
				})
				if err != nil {
					b.Fatal(i, err)
				}
			}
		})
	}
}
