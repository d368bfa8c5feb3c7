package exports

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"xintiexin/bot/workbook"
	"xintiexin/flows/site"
	"xintiexin/storage"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/erasure"
	"xintiexin/storage/migration"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/visits"
)

// desk takes tables as the office does.
type desk struct {
	t     *testing.T
	store *record.Store
	ids   map[string]string // of the people, by name
	now   time.Time
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, store: exportStore(t), ids: map[string]string{}, now: now}
	d.do(func(tx *record.Tx) error {
		all, _, err := personstore.ResidentPage(tx, "379999101201", record.Page{}, 100)
		for _, r := range all {
			d.ids[r.Name] = r.ID
		}
		return err
	})
	return d
}

func (d *desk) do(fn func(*record.Tx) error) {
	d.t.Helper()
	if err := d.store.Update(ctx, fn); err != nil {
		d.t.Fatal(err)
	}
}

// as is the scope of 甲村's worker.
func (d *desk) as(fn func(personstore.Scope) error) {
	d.t.Helper()
	d.do(func(tx *record.Tx) error {
		c, err := personstore.LoadStaff(tx, "wang")
		if err != nil {
			return err
		}
		s, err := personstore.ScopeOf(tx, personstore.Person{OpenID: "owang", Cadre: c})
		if err != nil {
			return err
		}
		return fn(s)
	})
}

func (d *desk) order(changed bool) Order {
	return Order{Tables: []string{Visits}, Changed: changed, Now: d.now, Filter: Filter{TempDir: d.t.TempDir()}}
}

// take takes the visits and returns the lines: number, name, day, what became of it.
func (d *desk) take(o Order) []string {
	d.t.Helper()
	var b bytes.Buffer
	if _, err := Export(ctx, d.store, &b, o); err != nil {
		d.t.Fatal(err)
	}
	return lines(d.t, b.Bytes(), "走访", "序号", "姓名", "日期", "怎么见的", "变动")
}

// lines are some columns of a sheet.
func lines(t *testing.T, book []byte, sheet string, columns ...string) (out []string) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		var cells []string
		for _, c := range columns {
			if i := slices.Index(rows[0], c); i >= 0 && i < len(r) && r[i] != "" {
				cells = append(cells, r[i])
			}
		}
		out = append(out, strings.Join(cells, " "))
	}
	return out
}

func (d *desk) wants(what string, got []string, want ...string) {
	d.t.Helper()
	if !slices.Equal(got, want) {
		d.t.Errorf("%s:\ngot  %q\nwant %q", what, got, want)
	}
}

func (d *desk) visit(name string, day calendar.Day, cause string) (v visits.Visit) {
	d.t.Helper()
	d.as(func(s personstore.Scope) (err error) {
		v, err = visits.Add(s, visits.Visit{Resident: d.ids[name], Day: day, Way: "home", Kind: "greet", Finding: "well", At: d.now.Unix()}, cause)
		return err
	})
	return v
}

func TestOnlyWhatChanged(t *testing.T) {
	d := newDesk(t)
	if _, err := Export(ctx, d.store, &bytes.Buffer{}, d.order(true)); !errors.Is(err, ErrFirst) {
		t.Fatalf("changes of a table that was never taken: %v", err)
	}
	whole := d.order(false)
	whole.From = today - 7
	d.wants("the week", d.take(whole), "1 郭敏 2026-11-29 上门", "2 吴娟 2026-11-29 上门")
	d.wants("nothing changed", d.take(d.order(true)))

	d.visit("郭敏", today, "new")
	d.as(func(s personstore.Scope) error {
		all, err := visits.List(s, d.ids["吴娟"], 9)
		if err != nil {
			return err
		}
		corrected := all[0]
		corrected.Way, corrected.Day = "phone", today-2
		return visits.Change(s, all[0], corrected, d.now)
	})
	d.wants("one new, one corrected, with its own number", d.take(d.order(true)), "2 吴娟 2026-11-28 电话 改过", "3 郭敏 2026-11-30 上门 新增")
	d.wants("told once", d.take(d.order(true)))

	// A line of a time that the table is not about is not news because its person is.
	d.as(func(s personstore.Scope) error {
		return consent.Put(s, consent.Consent{Resident: d.ids["吴娟"], Set: purpose.VisitRecord, Answer: personstore.No, Withdrawn: d.now.Unix()}, d.now)
	})
	d.wants("she took it back: only the number", d.take(d.order(true)), "2 撤回")
	d.as(func(s personstore.Scope) error {
		return consent.Put(s, consent.Consent{Resident: d.ids["吴娟"], Set: purpose.VisitRecord, Answer: personstore.Yes}, d.now.Add(time.Hour))
	})
	d.wants("and gave it again: the line has its number still", d.take(d.order(true)), "2 吴娟 2026-11-28 电话 新增")

	if n, err := erasure.Forget(d.store, ctx, []string{d.ids["郭敏"]}, d.now); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	d.wants("who is gone", d.take(d.order(true)), "1 撤回", "3 撤回")
	d.wants("told once, too", d.take(d.order(true)))
	d.wants("and is in no whole", d.take(whole), "2 吴娟 2026-11-28 电话")
}

// TestABrokenTakingDoesNotCount: whatever breaks it off, the next gives the same
// again; and what was begun by another meanwhile counts alone.
func TestABrokenTakingDoesNotCount(t *testing.T) {
	d := newDesk(t)
	if _, err := Export(ctx, d.store, failing{}, d.order(false)); err == nil {
		t.Fatal("nothing failed")
	}
	if _, err := Export(ctx, d.store, &bytes.Buffer{}, d.order(true)); !errors.Is(err, ErrFirst) {
		t.Fatalf("a whole that broke off counted: %v", err)
	}
	d.take(d.order(false))
	d.visit("郭敏", today, "new")
	for range 2 {
		if _, err := Export(ctx, d.store, failing{}, d.order(true)); err == nil {
			t.Fatal("nothing failed")
		}
	}
	one, err := Prepare(ctx, d.store, d.order(true))
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	two, err := Prepare(ctx, d.store, d.order(true))
	if err != nil {
		t.Fatal(err)
	}
	defer two.Close()
	if err := one.Done(ctx); !errors.Is(err, record.ErrChanged) {
		t.Errorf("both count: %v", err)
	}
	d.visit("吴娟", today, "while it is on its way")
	if err := two.Done(ctx); err != nil {
		t.Fatal(err)
	}
	d.wants("what came while it was on its way", d.take(d.order(true)), "6 吴娟 2026-11-30 上门 新增")
	again := d.order(true)
	again.Again = true
	d.wants("once more, it did not arrive", d.take(again), "6 吴娟 2026-11-30 上门 新增")
	d.wants("and once more", d.take(again), "6 吴娟 2026-11-30 上门 新增")
	d.wants("then it is told", d.take(d.order(true)))
}

// TestAWholeOfSomeDaysTakesNothingFromTheChanges: a correction to another month is
// told though this month was taken whole since.
func TestAWholeOfSomeDaysTakesNothingFromTheChanges(t *testing.T) {
	d := newDesk(t)
	d.take(d.order(false))
	d.wants("nothing yet", d.take(d.order(true)))
	d.as(func(s personstore.Scope) error {
		all, err := visits.List(s, d.ids["郭敏"], 9)
		if err != nil {
			return err
		}
		old := all[len(all)-1]
		corrected := old
		corrected.Way = "phone"
		return visits.Change(s, old, corrected, d.now)
	})
	d.visit("郭敏", today, "new")
	some := d.order(false)
	some.From, some.To = today-7, today
	d.wants("this week", d.take(some), "3 郭敏 2026-11-29 上门", "4 吴娟 2026-11-29 上门", "5 郭敏 2026-11-30 上门")
	d.wants("the correction, and not the line that the whole gave", d.take(d.order(true)), "1 郭敏 2026-10-21 电话 改过")
}

// TestTheTownsOwnColumns: several tables of one record, codes, formats, the town's
// order; and a table for another institution has only who agreed to that.
func TestTheTownsOwnColumns(t *testing.T) {
	d := newDesk(t)
	d.do(func(tx *record.Tx) error {
		return storage.PutSite(tx, townconfig.Site{Columns: []townconfig.TableColumn{
			{Table: "civil", Title: "民政月报", Source: Visits, To: "民政所", Order: 2, Header: "姓名", Field: "name"},
			{Table: "civil", Title: "民政月报", Source: Visits, To: "民政所", Order: 1, Header: "日期", Field: "day", Format: "yyyymmdd"},
			{Table: "health", Title: "卫健月报", Source: Visits, Order: 1, Header: "方式", Field: "way", Codes: map[string]string{"home": "01"}},
			{Table: "health", Title: "卫健月报", Source: Visits, Order: 2, Header: "哪天", Field: "day"},
			{Table: "health", Title: "卫健月报", Source: Visits, Order: 3, Header: "尾号", Field: "tail"},
		}}, "", now)
	})
	take := func() []byte {
		var b bytes.Buffer
		o := d.order(false)
		o.Tables = []string{"民政月报", "health"}
		o.From = today - 7
		if _, err := Export(ctx, d.store, &b, o); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	book := take()
	d.wants("nobody agreed to its being given away", lines(t, book, "民政月报", "日期", "姓名"))
	d.wants("codes and order", lines(t, book, "卫健月报", "方式", "哪天", "尾号"), "01 2026-11-29 4401", "01 2026-11-29 4400")
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	raw, err := f.GetCellValue("卫健月报", "B2", excelize.Options{RawCellValue: true})
	if kind, _ := f.GetCellType("卫健月报", "A2"); raw != "46355" || kind != excelize.CellTypeInlineString || err != nil {
		t.Errorf("the date is %q, the code a %v (%v)", raw, kind, err)
	}
	d.as(func(s personstore.Scope) error {
		return consent.Put(s, consent.Consent{Resident: d.ids["吴娟"], Set: purpose.ThirdPartySharing, Answer: personstore.Yes}, now)
	})
	d.wants("who agreed", lines(t, take(), "民政月报", "日期", "姓名"), "20261129 吴娟")
	o := d.order(true)
	o.Tables = []string{"civil"}
	if _, err := Export(ctx, d.store, &bytes.Buffer{}, o); !errors.Is(err, ErrNumbers) {
		t.Errorf("changes of a table without numbers: %v", err)
	}
}

func TestOtherColumnsWantTheWholeFirst(t *testing.T) {
	d := newDesk(t)
	d.take(d.order(false))
	d.do(func(tx *record.Tx) error {
		s := site.Builtin()
		s.Columns = slices.DeleteFunc(slices.Clone(s.Columns), func(c townconfig.TableColumn) bool { return c.Table == Visits && c.Field == "need" })
		return storage.PutSite(tx, s, "", now)
	})
	if _, err := Export(ctx, d.store, &bytes.Buffer{}, d.order(true)); !errors.Is(err, ErrOtherShape) {
		t.Fatalf("got %v", err)
	}
	d.take(d.order(false))
	d.wants("then changes", d.take(d.order(true)))
}

// TestEveryFieldHasAValue: no source names a field that nothing is ever written to.
func TestEveryFieldHasAValue(t *testing.T) {
	e := &exporter{names: map[string]string{}, cadres: map[string]string{}, services: map[string]string{}}
	d := newDesk(t)
	d.do(func(tx *record.Tx) error {
		r, err := personstore.LoadResident(tx, d.ids["吴娟"])
		if err != nil {
			return err
		}
		for _, source := range []string{Visits, Away, Residents} {
			rows, err := e.of(tx, source, r)
			if err != nil || len(rows) == 0 {
				t.Fatalf("%s: %d rows, %v", source, len(rows), err)
			}
			of, _ := site.SourceOf(source)
			for _, f := range of.Fields {
				if _, ok := rows[0].values[f.Name]; !ok && f.Name != "number" && f.Name != "change" {
					t.Errorf("%s says nothing of %s", source, f.Name)
				}
			}
		}
		return nil
	})
}

func TestDaysInEveryFormat(t *testing.T) {
	d := calendar.Date(2027, 1, 9)
	for format, want := range map[string]string{"yyyy-mm-dd": "2027-01-09", "yyyymmdd": "20270109", "yyyy/m/d": "2027/1/9", "yyyy.mm.dd": "2027.01.09",
		"yyyy年m月d日": "2027年1月9日", "m月d日": "1月9日", "yyyy-mm": "2027-01"} {
		if got := workbook.WriteDay(format, d); got != want {
			t.Errorf("%s: %s", format, got)
		}
	}
}

// TestOfADayToCome: nothing is written when the day of a card comes, so that what
// changed says it at once.
func TestOfADayToCome(t *testing.T) {
	d := newDesk(t)
	order := func(changed bool) Order {
		o := d.order(changed)
		o.Tables = []string{Away}
		return o
	}
	take := func(o Order) []string {
		var b bytes.Buffer
		if _, err := Export(ctx, d.store, &b, o); err != nil {
			t.Fatal(err)
		}
		return lines(t, b.Bytes(), "外出返乡", "姓名", "变动")
	}
	whole := order(false)
	whole.From = today - 7
	take(whole)
	d.wants("nothing", take(order(true)))
	who := d.ids["吴娟"]
	d.as(func(s personstore.Scope) error {
		_, err := migration.Add(s, migration.Absence{Resident: who, Place: "@昆山", Since: today + 3, At: d.now.Unix()}, "leaves")
		return err
	})
	d.wants("she leaves in three days, and her old card ends", take(order(true)), "吴娟 改过", "吴娟 新增")
	d.wants("told once", take(order(true)))
}
