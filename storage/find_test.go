package storage_test

import (
	"fmt"
	"testing"

	"xintiexin/storage/erasure"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
)

// TestFindingByEveryKey: whatever somebody is known by finds her, inside the scope
// alone.
func TestFindingByEveryKey(t *testing.T) {
	w := newWorld(t)
	var id string
	w.update(func(tx *record.Tx) error {
		if err := personstore.PutHousehold(tx, personstore.Household{ID: "hh", Village: jia, Group: "一组", House: "27号", Landmark: "小卖部对过"}); err != nil {
			return err
		}
		r, err := personstore.AddResident(tx, personstore.Resident{Name: "刘翠英", Nick: "老王家二儿媳", Village: jia, Group: "一组", Phone: "17900005526", Household: "hh", House: "27号"}, "x")
		id = r.ID
		return err
	})
	for _, c := range []struct {
		name string
		q    personstore.Query
		rank int
	}{
		{"her name", personstore.Query{Name: "刘翠英"}, 0},
		{"a part of it", personstore.Query{Name: "翠英"}, 1},
		{"one character", personstore.Query{Name: "翠"}, 1},
		{"of the same sound", personstore.Query{Name: "流脆英"}, 2},
		{"mixed up in speech", personstore.Query{Name: "牛翠因"}, 2},
		{"its pinyin", personstore.Query{Name: "liucuiying"}, 3},
		{"a part of its pinyin", personstore.Query{Name: "cuiying"}, 3},
		{"its initials", personstore.Query{Name: "lcy"}, 3},
		{"what she is called", personstore.Query{Name: "老王家二儿媳"}, 0},
		{"a part of that", personstore.Query{Name: "二儿媳"}, 1},
		{"the same in other words", personstore.Query{Place: "老王家的二儿媳"}, 3},
		{"her phone", personstore.Query{Tail: "17900005526"}, 3},
		{"its tail", personstore.Query{Tail: "5526"}, 3},
		{"her house", personstore.Query{House: "27"}, 3},
		{"its landmark", personstore.Query{Place: "小卖部对过"}, 3},
		{"a part of that, by its sound", personstore.Query{Place: "卖布对过"}, 3},
	} {
		w.as("oa", func(s personstore.Scope) error {
			hits, err := s.FindResidents(c.q, 9)
			if len(hits) != 1 || hits[0].ID != id || hits[0].Rank != c.rank {
				t.Errorf("%s: %+v", c.name, hits)
			}
			return err
		})
		for _, other := range []string{"ob", "od", "stranger"} {
			if n := w.finds(other, c.q); n != 0 {
				t.Errorf("%s: %s finds %d", c.name, other, n)
			}
		}
	}
	w.update(func(tx *record.Tx) error {
		return personstore.PutHousehold(tx, personstore.Household{ID: "hh", Village: jia, Group: "一组", House: "27号", Landmark: "村东头"})
	})
	if n := w.finds("oa", personstore.Query{Place: "小卖部对过"}); n != 0 {
		t.Errorf("the old landmark finds %d", n)
	}
	w.update(func(tx *record.Tx) error { return erasure.Erase(tx, id, now) })
	for _, q := range []personstore.Query{{Name: "刘翠英"}, {Name: "二儿媳"}, {Place: "村东头"}, {Tail: "5526"}} {
		if n := w.finds("oa", q); n != 0 {
			t.Errorf("deleted, and %+v finds %d", q, n)
		}
	}
}

// TestTheSurestIsMetFirst: among more namesakes than a search reads, the name as
// typed is found.
func TestTheSurestIsMetFirst(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *record.Tx) error {
		for i := range 2100 {
			if _, err := personstore.AddResident(tx, personstore.Resident{Name: "王秀兰花", Village: jia, Group: "一组"}, fmt.Sprint("many", i)); err != nil {
				return err
			}
		}
		_, err := personstore.AddResident(tx, personstore.Resident{Name: "王秀兰", Village: jia, Group: "一组"}, "one")
		return err
	})
	w.as("oa", func(s personstore.Scope) error {
		hits, err := s.FindResidents(personstore.Query{Name: "王秀兰"}, 5)
		if len(hits) != 5 || hits[0].Name != "王秀兰" || hits[0].Rank != 0 {
			t.Errorf("%+v", hits)
		}
		return err
	})
}
