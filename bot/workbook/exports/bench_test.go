package exports

import (
	"context"
	"fmt"
	"io"
	"testing"

	"xintiexin/storage/consent"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
	"xintiexin/storage/visits"
)

// BenchmarkChanged takes what changed of the visits after 20 people changed, in towns
// of several sizes: its cost follows the 20, not the town.
func BenchmarkChanged(b *testing.B) {
	for _, residents := range []int{3000, 30000} {
		b.Run(fmt.Sprint(residents), func(b *testing.B) {
			store, _ := newStore(b)
			town, err := seed.Town(ctx, store, seed.Options{Residents: residents, Cadres: 20, Seed: 2, Today: today})
			if err != nil {
				b.Fatal(err)
			}
			o := Order{Tables: []string{Visits}, Now: now, Filter: Filter{TempDir: b.TempDir()}}
			if _, err := Export(ctx, store, io.Discard, o); err != nil {
				b.Fatal(err)
			}
			o.Changed = true
			if _, err := Export(ctx, store, io.Discard, o); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			for i := range b.N {
				b.StopTimer()
				for n, c := range town.Cadres {
					err := store.Update(context.Background(), func(tx *record.Tx) error {
						s, err := personstore.ScopeOf(tx, personstore.Person{Cadre: c})
						if err != nil {
							return err
						}
						people, _, err := personstore.ResidentPage(tx, c.Villages[0], record.Page{}, 50)
						if err != nil {
							return err
						}
						r := people[(i+n)%len(people)].ID
						if err := consent.Put(s, consent.Consent{Resident: r, Set: purpose.VisitRecord, Answer: personstore.Yes}, now); err != nil {
							return err
						}
						_, err = visits.Add(s, visits.Visit{Resident: r, Day: today, Way: "home", Kind: "greet", Finding: "well"}, fmt.Sprint(i, n))
						return err
					})
					if err != nil {
						b.Fatal(err)
					}
				}
				b.StartTimer()
				if rows, err := Export(ctx, store, io.Discard, o); err != nil || rows < len(town.Cadres) {
					b.Fatal(rows, err)
				}
			}
		})
	}
}
