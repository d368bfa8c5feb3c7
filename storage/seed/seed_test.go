package seed

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/migration"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/visits"
)

var today = calendar.Date(2027, time.January, 28)

func newStore(t testing.TB) *record.Store {
	t.Helper()
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "x.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	store, err := storage.Open(context.Background(), engine, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

func view(t testing.TB, store *record.Store, fn func(tx *record.Tx) error) {
	t.Helper()
	if err := store.View(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// as returns the scope of the person behind an openid.
func as(t testing.TB, tx *record.Tx, openid string) personstore.Scope {
	t.Helper()
	p, err := personstore.Identify(tx, openid)
	if err != nil {
		t.Fatal(err)
	}
	s, err := personstore.ScopeOf(tx, p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestATownHasTheSizeThatWasAskedFor(t *testing.T) {
	store := newStore(t)
	res, err := Town(context.Background(), store, Options{Residents: 3000, Cadres: 3, Seed: 1, Today: today})
	if err != nil {
		t.Fatal(err)
	}
	if res.Residents != 3000 || len(res.Cadres) != 3 || len(res.Office) != 3 || len(res.Villages) != 4 {
		t.Errorf("got %d residents, %d workers, %d in the office, %d villages", res.Residents, len(res.Cadres), len(res.Office), len(res.Villages))
	}
	if share := float64(res.Consented) / 3000; share < 0.25 || share > 0.35 {
		t.Errorf("%.2f of the people consented, want about 0.30", share)
	}
	view(t, store, func(tx *record.Tx) error {
		due, later, away := 0, 0, 0
		for _, c := range res.Cadres {
			p, err := personstore.Identify(tx, c.OpenID)
			if err != nil {
				return err
			}
			if p.Cadre.ID != c.ID || !p.Staff() || len(p.Cadre.Villages) == 0 {
				t.Errorf("the openid of %s stands for %+v", c.ID, p)
			}
			s := as(t, tx, c.OpenID)
			all, err := visits.Due(s, c.ID, today+60, 5000)
			if err != nil {
				return err
			}
			for _, f := range all {
				if f.Due <= today {
					due++
				} else {
					later++
				}
			}
			cards, err := migration.AwayResidents(s, 5000)
			if err != nil {
				return err
			}
			away += len(cards)
		}
		if due == 0 || later <= due || away == 0 {
			t.Errorf("%d follow-ups due, %d later, %d away", due, later, away)
		}
		return nil
	})
}

func TestTheSameSeedGivesTheSameTown(t *testing.T) {
	var found [2][]personstore.Hit
	for i := range found {
		store := newStore(t)
		res, err := Town(context.Background(), store, Options{Residents: 600, Cadres: 9, Seed: 7, Today: today})
		if err != nil {
			t.Fatal(err)
		}
		view(t, store, func(tx *record.Tx) error {
			found[i], err = as(t, tx, res.Office[0].OpenID).FindResidents(personstore.Query{Name: "王"}, 100)
			return err
		})
	}
	if len(found[0]) == 0 || !reflect.DeepEqual(found[0], found[1]) {
		t.Errorf("first %d people, then %d, or others", len(found[0]), len(found[1]))
	}
}

func TestATownIsNotMixedWithAnother(t *testing.T) {
	store := newStore(t)
	if _, err := Demo(context.Background(), store, today, today.At(7, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := Town(context.Background(), store, Options{Residents: 10, Today: today}); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("got %v, want ErrNotEmpty", err)
	}
}

func TestTheCastStandsWhereTheConversationsBegin(t *testing.T) {
	store, now := newStore(t), today.At(7, 0)
	cast, err := Demo(context.Background(), store, today, now)
	if err != nil {
		t.Fatal(err)
	}
	if cast, err = Demo(context.Background(), store, today+1, now.Add(24*time.Hour)); err != nil { // started again
		t.Fatal(err)
	}
	who := map[string]Persona{}
	for _, p := range cast.Personas {
		who[p.Name] = p
	}
	view(t, store, func(tx *record.Tx) error {
		s := as(t, tx, who["王桂英"].OpenID)
		for _, c := range []struct {
			name string
			want string
		}{
			{"郭敏", "郭敏 二组 4409"},
			{"翠", "张翠 一组 1190,刘翠英 四组 5526"},
			{"秀兰", "王秀兰 一组 2208,王秀兰 三组 6651"},
			{"刘小燕", "刘小燕 二组 "},
			{"孙丽", ""},
		} {
			hits, err := s.FindResidents(personstore.Query{Name: c.name}, 10)
			if err != nil {
				return err
			}
			var got []string
			for _, h := range hits {
				got = append(got, h.Name+" "+h.Group+" "+h.Tail())
			}
			if strings.Join(got, ",") != c.want {
				t.Errorf("走访 %s finds %q, want %q", c.name, got, c.want)
			}
		}
		due, err := visits.Due(s, wang, today, 100)
		if err != nil || len(due) != 4 {
			t.Errorf("%d things wait for 王桂英 (%v), want 4", len(due), err)
		}
		away, err := migration.AwayResidents(s, 100)
		if err != nil || len(away) != 5 {
			t.Fatalf("%d people of 甲村 are away (%v), want 5", len(away), err)
		}
		for i, place := range []string{"昆山", "济南", "苏州"} {
			if away[i].Place != place {
				t.Errorf("away %d is in %s, want %s", i, away[i].Place, place)
			}
		}
		hits, err := s.FindResidents(personstore.Query{Name: "郭敏"}, 2)
		if err != nil {
			return err
		}
		if ok, err := consent.Any(tx, hits[0].ID); ok || err != nil {
			t.Errorf("郭敏 consented already (%v)", err)
		}
		home, err := s.Household(hits[0].Resident)
		if err != nil || len(home) != 1 || home[0].Name != "郭大成" {
			t.Errorf("with 郭敏 live %v (%v)", home, err)
		}
		c, err := personstore.Invited(tx, cast.InviteCode, now.Add(90*time.Hour))
		if err != nil || c.Name != cast.InviteFor || c.OpenID != "" || !personstore.CheckCode(cast.InviteCode) {
			t.Errorf("the code binds %+v (%v)", c, err)
		}
		for _, name := range []string{"孟丽", "吴娟"} {
			p, err := personstore.Identify(tx, who[name].OpenID)
			if err != nil || len(p.Residents) != 1 {
				t.Errorf("%s stands for %+v (%v)", name, p, err)
			}
		}
		if p, err := personstore.Identify(tx, who["田春兰"].OpenID); p.Staff() || err != nil {
			t.Errorf("田春兰 is bound already (%v)", err)
		}
		return nil
	})
}

func TestVillagesHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for i, n := range villageNames(2000) {
		if seen[n] || seen[villageCode(i)] || len(villageCode(i)) != 12 {
			t.Fatalf("village %d: %s, code %s", i, n, villageCode(i))
		}
		seen[n], seen[villageCode(i)] = true, true
	}
}

func BenchmarkTown(b *testing.B) {
	for b.Loop() {
		if _, err := Town(context.Background(), newStore(b), Options{Residents: 10000, Cadres: 20, Seed: 1, Today: today}); err != nil {
			b.Fatal(err)
		}
	}
}
