package storage_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// BenchmarkSlots5000 reads the slots of a month with 5,000 bookings.
func BenchmarkSlots5000(b *testing.B) {
	store := busyMonth(b)
	for b.Loop() {
		err := store.View(b.Context(), func(tx *record.Tx) error {
			slots, err := bookings.Slots(tx, "checkup", today+1, today+30, now)
			taken := 0
			for _, o := range slots {
				taken += o.Taken
			}
			if taken != 5000 {
				b.Fatalf("%d booked in %d slots", taken, len(slots))
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBook5000 books and gives back a seat in such a month, while somebody
// waits for another day.
func BenchmarkBook5000(b *testing.B) {
	store := busyMonth(b)
	n := 0
	for b.Loop() {
		n++
		err := store.Update(b.Context(), func(tx *record.Tx) error {
			r, err := personstore.AddResident(tx, personstore.Resident{Name: "客"}, fmt.Sprint("more", n))
			if err != nil {
				return err
			}
			s, err := personstore.ScopeOf(tx, personstore.Person{OpenID: "o", Residents: []string{r.ID}})
			if err != nil {
				return err
			}
			a, err := bookings.Book(s, bookings.Appointment{Resident: r.ID, Service: "checkup", Seats: 1, Day: today + 1, Time: "17:00"}, r.ID, now)
			if err != nil {
				return err
			}
			_, err = bookings.Cancel(s, a.ID, now)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// busyMonth is a store with 5,000 bookings in the next 30 days: ten hours a day
// of up to 20 persons, on fair days by rule and else by the day.
func busyMonth(b *testing.B) *record.Store {
	engine, err := bolt.Open(filepath.Join(b.TempDir(), "x.db"), bolt.Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { engine.Close() })
	store, err := storage.Open(b.Context(), engine, nil)
	if err != nil {
		b.Fatal(err)
	}
	site := townconfig.Site{Services: []townconfig.Service{{ID: "checkup", Ahead: 40}}}
	for d := range calendar.Day(30) {
		for hour := 8; hour < 18; hour++ {
			site.Days = append(site.Days, townconfig.SiteDay{Service: "checkup", Day: today + 1 + d, Time: fmt.Sprintf("%02d:00", hour), Capacity: 20})
		}
	}
	for hour := 8; hour < 18; hour++ { // the rules are asked too, lunar ones
		site.Openings = append(site.Openings, townconfig.Opening{Service: "checkup", When: "逢二七", Time: fmt.Sprintf("%02d:00", hour), Capacity: 10})
	}
	if err := store.Update(b.Context(), func(tx *record.Tx) error { return storage.PutSite(tx, site, "", now) }); err != nil {
		b.Fatal(err)
	}
	for page := range 50 {
		err := store.Update(b.Context(), func(tx *record.Tx) error {
			for i := page * 100; i < page*100+100; i++ {
				r, err := personstore.AddResident(tx, personstore.Resident{Name: "客"}, fmt.Sprint(i))
				if err != nil {
					return err
				}
				s, err := personstore.ScopeOf(tx, personstore.Person{OpenID: "o", Residents: []string{r.ID}})
				if err != nil {
					return err
				}
				_, err = bookings.Book(s, bookings.Appointment{Resident: r.ID, Service: "checkup", Seats: 1, Day: today + 1 + calendar.Day(i%30), Time: fmt.Sprintf("%02d:00", 8+i/30%10)}, r.ID, now)
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	err = store.Update(b.Context(), func(tx *record.Tx) error {
		r, err := personstore.AddResident(tx, personstore.Resident{Name: "客"}, "waits")
		if err != nil {
			return err
		}
		s, err := personstore.ScopeOf(tx, personstore.Person{OpenID: "o", Residents: []string{r.ID}})
		if err != nil {
			return err
		}
		_, err = bookings.JoinWaitingList(s, bookings.Waiting{Resident: r.ID, Service: "checkup", Seats: 1, Day: today + 200}, "waits", now)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return store
}
