package exports

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"xintiexin/bot/workbook/imports"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
)

// TestNoListGivesARoleOfTheOffice: neither to whoever hands it in nor to somebody
// else, new or known, and it takes none away; it says so.
func TestNoListGivesARoleOfTheOffice(t *testing.T) {
	store, _ := newStore(t)
	staff := []personstore.Staff{
		{ID: "admin", Name: "钱立新", Phone: "17900001106", Roles: []personstore.Role{personstore.Admin}},
		{ID: "clerk", Name: "赵文静", Phone: "17900001104", Roles: []personstore.Role{personstore.Clerk}},
		{ID: "worker", Name: "王桂英", Phone: "17900001101", Roles: []personstore.Role{personstore.VillageWorker}, Villages: []string{"379999101201"}},
		{ID: "gone", Name: "卫春梅", Phone: "17900001107", Roles: []personstore.Role{personstore.VillageWorker}, Left: true},
	}
	err := store.Update(ctx, func(tx *record.Tx) error {
		err := personstore.PutVillage(tx, personstore.Village{ID: "379999101201", Name: "甲村"})
		for _, c := range staff {
			err = errors.Join(err, personstore.PutStaff(tx, c))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	list := workbookOf(t, sheetOf{"干部", [][]any{
		{"姓名", "职责", "电话", "村"},
		{"钱立新", "管理员、村干部", "17900001106", "甲村"}, // hands it in
		{"赵文静", "办事员、医生", "17900001104", ""},
		{"王桂英", "村干部、管理员", "17900001101", "甲村"},
		{"李静", "医生", "17900001105", ""},
		{"卫春梅", "村干部", "17900001107", "甲村"},
	}})
	r := doImport(t, store, list, imports.Ground{From: "村里", Ground: "本人同意", By: "admin"}, true)
	if !r.Applied {
		t.Fatalf("not applied: %s", r)
	}
	for _, cell := range []string{"干部B2 ", "干部B3 ", "干部B4 ", "干部B5 ", "干部A6 "} {
		if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.HasPrefix(n, cell) }) {
			t.Errorf("nothing is said of %s: %s", cell, r)
		}
	}
	view(t, store, func(tx *record.Tx) error {
		all, err := personstore.AllStaff(tx)
		for _, c := range all {
			at := slices.IndexFunc(staff, func(s personstore.Staff) bool { return s.ID == c.ID })
			switch {
			case at < 0 && (c.Name != "李静" || len(c.Roles) > 0):
				t.Errorf("new: %+v", c)
			case at >= 0 && (!slices.Equal(c.Roles, staff[at].Roles) || !slices.Equal(c.Villages, staff[at].Villages) || c.Left != staff[at].Left):
				t.Errorf("%s is %+v", c.Name, c)
			}
		}
		return err
	})
}
