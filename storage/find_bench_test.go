package storage_test

import (
	"fmt"
	"testing"

	"xintiexin/storage"
	"xintiexin/storage/access"
	"xintiexin/storage/bolt"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
)

// BenchmarkFinding looks for a person among 100,000 in 50 villages by each key, as
// the clerk, who sees all of them. 10,000 names, so that each is ten people's; every
// seventh person is a 王.
func BenchmarkFinding(b *testing.B) {
	engine, err := bolt.Open(b.TempDir()+"/x.db", bolt.Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	defer engine.Close()
	store, err := storage.Open(b.Context(), engine, nil)
	if err != nil {
		b.Fatal(err)
	}
	first := []rune("王李张刘陈杨赵孙周吴徐郑马朱胡郭何高林罗")
	given := []rune("秀英桂兰玉梅红霞丽娟芳敏静洁燕萍翠云珍莲春花志强建国军伟明华平海波涛鹏飞龙成")
	name := func(i int) string {
		f := first[i/7%20]
		if i%7 == 0 {
			f = '王'
		}
		return string([]rune{f, given[i/20%len(given)], given[i/3%len(given)]})
	}
	const villages, each = 50, 2000
	err = store.Update(b.Context(), func(tx *record.Tx) error {
		for v := range villages {
			if err := personstore.PutVillage(tx, personstore.Village{ID: fmt.Sprintf("3799991%05d", v), Name: fmt.Sprint("村", v)}); err != nil {
				return err
			}
		}
		if err := personstore.PutStaff(tx, personstore.Staff{ID: "c", Roles: []personstore.Role{personstore.Clerk}}); err != nil {
			return err
		}
		return access.Bind(tx, "oc", "c")
	})
	if err != nil {
		b.Fatal(err)
	}
	const some = 60 // a transaction
	for at := 0; at < villages*each; at += some {
		err := store.Update(b.Context(), func(tx *record.Tx) error {
			for n := at; n < min(at+some, villages*each); n++ {
				v, i := n/each, n%each
				id := fmt.Sprintf("3799991%05d", v)
				house := fmt.Sprintf("h%06d", n/3)
				r := personstore.Resident{Name: name(n), Village: id, Group: []string{"一组", "二组", "三组", "四组"}[i/500], Phone: fmt.Sprintf("179%08d", n*97), Household: house, House: fmt.Sprint(i/3%170+1, "号")}
				if i%50 == 0 {
					r.Nick = "老" + string(first[i/50%20]) + "家二儿媳"
				}
				if i%3 == 0 {
					h := personstore.Household{ID: house, Village: id, Group: r.Group, House: r.House}
					if i%60 == 0 {
						h.Landmark = []string{"小卖部对过", "老学校后边", "村东头大槐树下"}[i/60%3]
					}
					if err := personstore.PutHousehold(tx, h); err != nil {
						return err
					}
				}
				if _, err := personstore.AddResident(tx, r, fmt.Sprint(n)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range []struct {
		key string
		q   personstore.Query
	}{
		{"name", personstore.Query{Name: name(51234)}},
		{"part", personstore.Query{Name: name(51234)[len("王"):]}},
		{"one_character", personstore.Query{Name: "王"}},
		{"sound", personstore.Query{Name: "网秀应"}},
		{"mixed_up", personstore.Query{Name: "牛桂因"}},
		{"pinyin", personstore.Query{Name: "wangxiuying"}},
		{"initials", personstore.Query{Name: "wxy"}},
		{"nickname", personstore.Query{Name: "老王家二儿媳"}},
		{"house", personstore.Query{House: "12"}},
		{"landmark", personstore.Query{Place: "小卖部对过"}},
		{"phone_tail", personstore.Query{Tail: fmt.Sprintf("%08d", 51234*97)[4:]}},
		{"nobody", personstore.Query{Name: "欧阳无名"}},
	} {
		b.Run(c.key, func(b *testing.B) {
			hits := 0
			for b.Loop() {
				err := store.View(b.Context(), func(tx *record.Tx) error {
					p, err := personstore.Identify(tx, "oc")
					if err != nil {
						return err
					}
					s, err := personstore.ScopeOf(tx, p)
					if err != nil {
						return err
					}
					some, err := s.FindResidents(c.q, 9)
					hits = len(some)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(hits), "hits")
		})
	}
}
