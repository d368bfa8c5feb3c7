package exports

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"xintiexin/bot/workbook"
	"xintiexin/bot/workbook/imports"
	"xintiexin/flows/site"
	"xintiexin/storage"
	"xintiexin/storage/access"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	"xintiexin/storage/kv"
	"xintiexin/storage/migration"
	"xintiexin/storage/ops"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
	"xintiexin/storage/townconfig"
	visitsstore "xintiexin/storage/visits"
)

var (
	today = calendar.Date(2026, time.November, 30)
	now   = today.At(14, 5)
	ctx   = context.Background()
)

// counted is an engine that counts the pairs each transaction reads.
type counted struct {
	kv.Store
	longest int
}

type countedTx struct {
	kv.Tx
	n int
}

func (c *counted) View(ctx context.Context, fn func(kv.Tx) error) error {
	return c.Store.View(ctx, func(tx kv.Tx) error {
		t := &countedTx{Tx: tx}
		err := fn(t)
		c.longest = max(c.longest, t.n)
		return err
	})
}

func (t *countedTx) Get(k []byte) ([]byte, error) {
	t.n++
	return t.Tx.Get(k)
}

func (t *countedTx) Scan(start, end []byte) iter.Seq2[kv.Pair, error] {
	return t.counted(t.Tx.Scan(start, end))
}

func (t *countedTx) Descend(start, end []byte) iter.Seq2[kv.Pair, error] {
	return t.counted(t.Tx.Descend(start, end))
}

func (t *countedTx) counted(pairs iter.Seq2[kv.Pair, error]) iter.Seq2[kv.Pair, error] {
	return func(yield func(kv.Pair, error) bool) {
		for p, err := range pairs {
			t.n++
			if !yield(p, err) {
				return
			}
		}
	}
}

func newStore(t testing.TB) (*record.Store, *counted) {
	t.Helper()
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "x.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	c := &counted{Store: engine}
	store, err := storage.Open(ctx, c, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store, c
}

// sheetOf is a sheet of a test's list: its name, then its rows from A1 on.
type sheetOf struct {
	name string
	rows [][]any
}

func workbookOf(t testing.TB, sheets ...sheetOf) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for _, s := range sheets {
		if _, err := f.NewSheet(s.name); err != nil {
			t.Fatal(err)
		}
		for i, r := range s.rows {
			if err := f.SetSheetRow(s.name, fmt.Sprintf("A%d", i+1), &r); err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// edit opens a workbook, changes it and packs it again.
func edit(t testing.TB, data []byte, change func(f *excelize.File) error) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := change(f); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func villagesSheet() sheetOf {
	return sheetOf{"村", [][]any{
		{"编码", "村", "组", "联系人", "副手"},
		{"379999101201", "甲村", "一组、二组", "王桂英", "田春兰"},
		{"379999101201", "甲村", "三组 4组", "田春兰", ""},
		{"379999101202", "乙村", "一组", "", ""},
	}}
}

func cadresSheet() sheetOf {
	return sheetOf{"干部", [][]any{
		{"姓名", "职责", "电话", "村"},
		{"王桂英", "村干部", "17900001101", "甲村"},
		{"田春兰", "妇女主任", 17900001103, "甲村、乙村"},
		{"赵文静", "办事员", "179 0000 1104", ""},
	}}
}

// notGiven is what an import of goodList says of its clerk.
const notGiven = "干部B4 赵文静的“办事员”没有给：表格不能改办事员、医生、管理员，要在“人员和职责”里两个人同意，或在服务器上 xintiexin staff role"

func goodList(t testing.TB) []byte {
	return workbookOf(t, villagesSheet(),
		sheetOf{"户", [][]any{
			{"村", "组", "门牌", "联系人", "副手", "找法"},
			{"甲村", "一组", "12", "田春兰", "", "村委后第二排"},
		}},
		sheetOf{"居民", [][]any{
			{"村", "姓名", "电话", "组", "门牌"},
			{"例：甲村", "张某某", "1", "九组", ""},
			{"甲村", "王秀兰", "１５４００００２２０８", "1组", "12号"},
			{"甲村", "王秀兰", 15400006651.0, "第三组", "7"},
			{"甲村", "郭 敏", "+86 179-0000-4409", "二组", ""},
			{"甲村", "刘小燕", "", "二组", "12号"},
			{},
			{"乙村", "孙丽", "", "", ""},
		}},
		cadresSheet())
}

var ground = imports.Ground{From: "各村11月自愿报名", Ground: "本人同意", By: "赵文静"}

func doImport(t testing.TB, store *record.Store, data []byte, g imports.Ground, apply bool) imports.Report {
	t.Helper()
	g.TempDir = t.TempDir()
	r, err := imports.Import(ctx, store, bytes.NewReader(data), g, apply, now)
	if err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(g.TempDir); err != nil || len(left) > 0 {
		t.Errorf("%d files are left behind (%v)", len(left), err)
	}
	return r
}

func view(t testing.TB, store *record.Store, fn func(tx *record.Tx) error) {
	t.Helper()
	if err := store.View(ctx, fn); err != nil {
		t.Fatal(err)
	}
}

func people(t testing.TB, store *record.Store, village string) map[string]personstore.Resident {
	t.Helper()
	out := map[string]personstore.Resident{}
	view(t, store, func(tx *record.Tx) error {
		all, _, err := personstore.ResidentPage(tx, village, record.Page{}, 1000)
		for _, r := range all {
			out[r.Name+r.Tail()] = r
		}
		return err
	})
	return out
}

func TestAListIsTriedThenAppliedThenChangesNothing(t *testing.T) {
	store, _ := newStore(t)
	notes := []string{notGiven}
	want := imports.Report{Villages: imports.Count{Added: 2}, Households: imports.Count{Added: 3}, Residents: imports.Count{Added: 5}, Cadres: imports.Count{Added: 3}, Notes: notes}
	r := doImport(t, store, goodList(t), imports.Ground{}, false)
	if !reflect.DeepEqual(r, want) {
		t.Fatalf("the dry run says %+v\n%s", r, r)
	}
	if got := people(t, store, "379999101201"); len(got) != 0 {
		t.Fatalf("the dry run wrote %v", got)
	}
	if _, err := imports.Import(ctx, store, bytes.NewReader(goodList(t)), imports.Ground{From: "x"}, true, now); !errors.Is(err, imports.ErrSource) {
		t.Fatalf("without a ground: %v, want ErrSource", err)
	}
	want.Applied = true
	if r = doImport(t, store, goodList(t), ground, true); !reflect.DeepEqual(r, want) {
		t.Fatalf("applying says %+v\n%s", r, r)
	}
	want = imports.Report{Villages: imports.Count{Unchanged: 2}, Households: imports.Count{Unchanged: 3}, Residents: imports.Count{Unchanged: 5}, Cadres: imports.Count{Unchanged: 3}, Applied: true, Notes: notes}
	if r = doImport(t, store, goodList(t), ground, true); !reflect.DeepEqual(r, want) {
		t.Fatalf("applying again says %+v\n%s", r, r)
	}

	got := people(t, store, "379999101201")
	if len(got) != 4 {
		t.Fatalf("in 甲村 are %v", got)
	}
	view(t, store, func(tx *record.Tx) error {
		sources, err := ops.Sources(tx)
		if err != nil || len(sources) != 1 || sources[0].From != ground.From || sources[0].Ground != ground.Ground || sources[0].Rows != 5 {
			t.Errorf("sources %+v (%v)", sources, err)
		}
		for _, c := range []struct{ who, group, phone, house, contact, deputy string }{
			{"王秀兰2208", "一组", "15400002208", "12号", "田春兰", ""}, // the household's contact
			{"王秀兰6651", "三组", "15400006651", "7号", "田春兰", ""},  // the group's
			{"郭敏4409", "二组", "17900004409", "", "王桂英", "田春兰"},
			{"刘小燕", "二组", "", "12号", "王桂英", "田春兰"},
		} {
			r := got[c.who]
			contact, deputy, err := personstore.ContactOf(tx, r)
			if err != nil {
				return err
			}
			if r.Group != c.group || r.Phone != c.phone || r.House != c.house || (r.House != "") != (r.Household != "") ||
				r.Source != sources[0].ID || r.Added != today || nameOf(t, tx, contact) != c.contact || nameOf(t, tx, deputy) != c.deputy {
				t.Errorf("%s is %+v, contact %s, deputy %s", c.who, r, nameOf(t, tx, contact), nameOf(t, tx, deputy))
			}
			if ok, err := consent.Any(tx, r.ID); ok || err != nil {
				t.Errorf("%s is more than a directory line (%v)", c.who, err)
			}
		}
		return nil
	})
}

func nameOf(t testing.TB, tx *record.Tx, cadre string) string {
	t.Helper()
	if cadre == "" {
		return ""
	}
	c, err := personstore.LoadStaff(tx, cadre)
	if err != nil {
		t.Fatal(err)
	}
	return c.Name
}

func TestEveryMistakeIsNamedByItsCell(t *testing.T) {
	list := workbookOf(t,
		sheetOf{"村", [][]any{
			{"编码", "村", "组", "联系人"},
			{"379999101201", "甲村", "一组、二组、三组、四组", "王桂英"},
			{"379999101203", "甲村", "五组", ""},
			{"37999910", "丙村", "", ""},
			{"379999101204", "", "", ""},
			{"379999101205", "丁村", "一组", "无此人"},
			{"379999101201", "甲屯", "", ""},
			{"", "戊村", "", ""},
		}},
		sheetOf{"户", [][]any{
			{"村", "组", "门牌", "联系人"},
			{"甲村", "一组", "12号", "孙玉梅"},
			{"甲村", "一组", "", "王桂英"},
			{"甲村", "一组", "13", ""},
			{"甲村", "1组", "13号", ""},
			{"甲村", "一组", "14", "王桂英"},
		}},
		sheetOf{"居民", [][]any{
			{"2026年11月表"},
			{"村", "姓名", "电话", "组", "身份证号", "备注"},
			{"甲村", "张翠", "1790000031", "一组", "99999919900101001X", ""},
			{"甲村", "何小梅", "17900006634", "五组", "", ""},
			{"甲村", "", "17900006635", "一组", "", ""},
			{"庚村", "高霞", "17900006636", "一组", "", ""},
			{"", "吕芬", "", "", "", ""},
			{"甲村", "赵强", "179000066377", "一组", "", ""},
			{"甲村", "孟丽", "17900006638/15400006639", "一组", "", ""},
			{"甲村", "杜红", "99999919900101001X", "一组", "", ""},
			{"甲村", "99999919900101001X", "", "一组", "", ""},
			{"甲村", "王秀兰", "15400002208", "一组", "", ""},
			{"甲村", "王秀兰", "15400002208", "三组", "", ""},
			{"甲村", "李秀芹", "", "一组", "", ""},
			{"甲村", "李秀芹", "", "第一组", "", ""},
			{"甲村", "周桂2", "12345", "一组", "", ""},
			{"甲村", "何小军", "29900006634", "", "", ""},
		}},
		sheetOf{"干部", [][]any{
			{"姓名", "职责", "电话", "村"},
			{"王桂英", "村干部", "17900001101", "甲村"},
			{"孙玉梅", "村干部", "17900001102", "丁村"},
			{"田春兰", "村干部", "17900001102", "丁村"},
			{"钱立新", "所长", "17900001106", ""},
			{"李静", "医生", "", ""},
			{"何花", "村干部", "17900001107", ""},
			{"何草", "村干部", "17900001108", "己村"},
			{"王桂英", "村干部", "17900001109", "甲村"},
		}})
	want := []string{
		"村D2 叫“王桂英”的干部有2位，请写电话",
		"村A3 甲村的编码是379999101201，这里写了379999101203",
		"村A4 村的编码是12位数字：37999910",
		"村B5 没写村名",
		"村D6 干部里没有“无此人”",
		"村B7 这个编码在第2行叫“甲村”",
		"村A8 没写戊村的编码",
		"户D2 “孙玉梅”不管甲村",
		"户C3 没写门牌",
		"户D3 叫“王桂英”的干部有2位，请写电话",
		"户C5 和第4行是同一户",
		"户D6 叫“王桂英”的干部有2位，请写电话",
		"居民C3 电话少一位：1790000031",
		"居民D4 甲村没有“五组”，只有一组到四组",
		"居民B5 没写姓名",
		"居民A6 没有“庚村”这个村",
		"居民A7 没写村",
		"居民C8 电话多一位：179000066377",
		"居民C9 电话里有别的字：17900006638/15400006…，一格只写一个电话",
		"居民C10 这像身份证号，不收，这里要电话",
		"居民B11 这像身份证号，不收，这里要姓名",
		"居民B13 和第12行一样",
		"居民B15 和第14行一样",
		"居民B16 姓名里有数字：周桂2",
		"居民C16 电话少6位：12345",
		"居民C17 电话不对：29900006634",
		"干部C4 电话和C3一样",
		"干部B5 没有“所长”这个职责，写：村干部、办事员、医生、管理员",
		"干部C6 干部要写电话",
		"干部D7 村干部要写管哪个村",
		"干部D8 没有“己村”这个村",
	}
	store, _ := newStore(t)
	r := doImport(t, store, list, ground, true)
	var got []string
	for _, m := range r.Mistakes {
		got = append(got, m.String())
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("mistake %d of %d, want %d\ngot  %s\nwant %s", i, len(got), len(want), strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
	}
	for _, note := range []string{"居民E列 身份证号不收，没有读", "居民F列 “备注”不认识，没有读", "干部A9 已有同名的王桂英，电话不同，当作另一位"} {
		if !slices.Contains(r.Notes, note) {
			t.Errorf("%q is not in the notes %q", note, r.Notes)
		}
	}
	if strings.Contains(r.String(), "99999919900101001") {
		t.Error("the report repeats an identity number")
	}
	if r.Applied || len(people(t, store, "379999101201")) != 0 {
		t.Error("a list with mistakes was applied")
	}

	g := ground
	g.Partial = true
	r = doImport(t, store, list, g, true)
	if got := people(t, store, "379999101201"); !r.Applied || len(got) != 2 || got["李秀芹"].ID == "" || got["王秀兰2208"].ID == "" {
		t.Errorf("what is right of the list came in as %v\n%s", got, r)
	}
}

func TestAFileThatCannotBeReadIsOneLine(t *testing.T) {
	encrypted := edit(t, goodList(t), func(*excelize.File) error { return nil })
	encrypted, err := excelize.Encrypt(encrypted, &excelize.Options{Password: "1234"})
	if err != nil {
		t.Fatal(err)
	}
	bomb := func(name string, size uint64) []byte { // says how large it is before it is unpacked
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		if _, err := z.Create("[Content_Types].xml"); err != nil {
			t.Fatal(err)
		}
		w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, UncompressedSize64: size, CompressedSize64: 4})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("bomb")); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"nothing", nil, imports.SayNotWorkbook},
		{"a text", []byte("村,姓名,电话\n"), imports.SayNotWorkbook},
		{"an old workbook", append([]byte{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1}, make([]byte, 600)...), imports.SayOld},
		{"a workbook with a password", encrypted, imports.SayLocked},
		{"a workbook cut short", goodList(t)[:3000], imports.SayNotWorkbook},
		{"a bomb", bomb("xl/worksheets/sheet1.xml", 600<<20), imports.SayTooLarge},
		{"a bomb that calls itself a sheet", bomb("xl/worksheets/other.xml", 20<<20), imports.SayTooLarge},
		{"a sheet that is not what its head says", bomb("xl/worksheets/sheet1.xml", 20<<20), imports.SayBroken},
		{"a bomb beside the sheets", bomb("xl/styles.xml", 20<<20), imports.SayTooLarge},
		{"other sheets only", workbookOf(t, sheetOf{"考勤", [][]any{{"姓名"}}}), imports.SayNoSheets},
		{"another zip", func() []byte {
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			z.Create("readme.txt")
			z.Close()
			return b.Bytes()
		}(), imports.SayNotWorkbook},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, _ := newStore(t)
			r := doImport(t, store, c.data, ground, true)
			if r.String() != c.want || r.Applied || len(r.Mistakes) != 1 {
				t.Errorf("got %q, want %q", r, c.want)
			}
		})
	}
	for rows, want := range map[int]string{16: "表里超过16行，请按村分开，一回传一份。", 17: ""} {
		if _, why, err := imports.Read(ctx, goodList(t), t.TempDir(), rows); why != want || err != nil {
			t.Errorf("at most %d rows: %q (%v), want %q", rows, why, err, want)
		}
	}
}

func TestRowsOfBordersAloneAreNoRows(t *testing.T) {
	list := edit(t, goodList(t), func(f *excelize.File) error {
		style, err := f.NewStyle(&excelize.Style{Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFFF00"}}})
		if err != nil {
			return err
		}
		return f.SetCellStyle("居民", "A9", "E3000", style)
	})
	store, _ := newStore(t)
	if r := doImport(t, store, list, ground, true); !r.Applied || r.Residents.Added != 5 {
		t.Errorf("%s", r)
	}
}

func TestAMissingColumnIsSaidOnce(t *testing.T) {
	store, _ := newStore(t)
	r := doImport(t, store, workbookOf(t, sheetOf{"居民", [][]any{{"村", "电话", "组"}, {"甲村", "x", "y"}, {"甲村", "x", "y"}}}, sheetOf{"户", nil}), ground, true)
	if len(r.Mistakes) != 2 || r.Mistakes[0].String() != "户A1 没有列名，要有：村、组、门牌、联系人、副手、找法" || r.Mistakes[1].String() != "居民A1 没有“姓名”这一列" {
		t.Errorf("%s", r)
	}
}

func TestTheNextListChangesWhatItSays(t *testing.T) {
	store, _ := newStore(t)
	doImport(t, store, goodList(t), ground, true)
	before := people(t, store, "379999101201")
	var wang personstore.Staff
	err := store.Update(ctx, func(tx *record.Tx) error {
		all, err := personstore.AllStaff(tx)
		if err != nil {
			return err
		}
		for _, c := range all {
			if c.Name == "王桂英" {
				wang = c
			}
		}
		return access.Bind(tx, "oWang", wang.ID)
	})
	if err != nil {
		t.Fatal(err)
	}
	next := workbookOf(t,
		sheetOf{"村", [][]any{{"编码", "村", "组"}, {"379999101201", "甲村", "五组"}}},
		sheetOf{"居民", [][]any{
			{"村", "姓名", "电话", "组", "门牌"},
			{"甲村", "王秀兰", "15400002208", "五组", ""},    // another group
			{"甲村", "刘小燕", "17900000317", "二组", "12号"}, // a phone for somebody without one
			{"甲村", "郭敏", "", "二组", ""},                // says less: takes nothing away
			{"379999101201", "王秀兰", "", "一组", ""},     // a third of that name
		}},
		sheetOf{"干部", [][]any{{"姓名", "职责", "电话", "村"}, {"王桂英", "村干部", "17900001101", "甲村 乙村"}}})
	r := doImport(t, store, next, ground, true)
	if r.Residents != (imports.Count{Added: 1, Changed: 2, Unchanged: 1}) || r.Villages != (imports.Count{Added: 0, Changed: 1, Unchanged: 0}) || r.Cadres != (imports.Count{Added: 0, Changed: 1, Unchanged: 0}) || len(r.Mistakes) > 0 {
		t.Fatalf("%s", r)
	}
	after := people(t, store, "379999101201")
	if r := after["王秀兰2208"]; r.ID != before["王秀兰2208"].ID || r.Group != "五组" || r.House != "12号" {
		t.Errorf("王秀兰 is %+v", r)
	}
	if r := after["刘小燕0317"]; r.ID != before["刘小燕"].ID || r.Source != before["刘小燕"].Source {
		t.Errorf("刘小燕 is %+v", r)
	}
	if r := after["郭敏4409"]; !reflect.DeepEqual(r, before["郭敏4409"]) {
		t.Errorf("郭敏 is %+v", r)
	}
	view(t, store, func(tx *record.Tx) error {
		c, err := personstore.LoadStaff(tx, wang.ID)
		if err != nil || c.OpenID != "oWang" || len(c.Villages) != 2 {
			t.Errorf("王桂英 is %+v (%v)", c, err)
		}
		v, err := personstore.LoadVillage(tx, "379999101201")
		if err != nil || len(v.Groups) != 5 || v.Groups[0].Contact != wang.ID {
			t.Errorf("甲村 is %+v (%v)", v, err)
		}
		return nil
	})
	if r := doImport(t, store, next, ground, true); r.Changes() != 0 {
		t.Errorf("the same list again: %s", r)
	}
}

func TestWhoHadHerselfDeletedDoesNotReturn(t *testing.T) {
	store, _ := newStore(t)
	doImport(t, store, goodList(t), ground, true)
	got := people(t, store, "379999101201")
	err := store.Update(ctx, func(tx *record.Tx) error {
		return errors.Join(erasure.ForgetResident(tx, got["郭敏4409"].ID, today), erasure.ForgetResident(tx, got["刘小燕"].ID, today))
	})
	if err != nil {
		t.Fatal(err)
	}
	r := doImport(t, store, goodList(t), ground, true)
	if r.Gone != 2 || r.Residents != (imports.Count{Added: 0, Changed: 0, Unchanged: 3}) || strings.Contains(r.String(), "郭敏") {
		t.Errorf("%s", r)
	}
	withPhone := workbookOf(t, sheetOf{"居民", [][]any{{"村", "姓名", "电话", "组"}, {"甲村", "刘小燕", "17900000317", "二组"}}}) // she gave none
	if r := doImport(t, store, withPhone, ground, true); r.Gone != 1 || r.Changes() != 0 {
		t.Errorf("%s", r)
	}
	if got := people(t, store, "379999101201"); len(got) != 2 {
		t.Errorf("in 甲村 are %v", got)
	}
}

func TestWhoWasMovedDoesNotReturnByTheOldList(t *testing.T) {
	store, _ := newStore(t)
	doImport(t, store, goodList(t), ground, true)
	got := people(t, store, "379999101201")
	err := store.Update(ctx, func(tx *record.Tx) error {
		err := errors.Join(personstore.PutVillage(tx, personstore.Village{ID: "379999101299", Name: "新村"}),
			personstore.PutStaff(tx, personstore.Staff{ID: "clerk", Name: "办事员", Roles: []personstore.Role{personstore.Clerk}}), access.Bind(tx, "oclerk", "clerk"))
		p, err2 := personstore.Identify(tx, "oclerk")
		s, err3 := personstore.ScopeOf(tx, p)
		return errors.Join(err, err2, err3, erasure.MoveResident(s, got["郭敏4409"].ID, "379999101299", "", today.At(9, 0)))
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := doImport(t, store, goodList(t), ground, true); r.Gone != 1 || r.Residents.Added != 0 {
		t.Errorf("%s", r)
	}
}

// TestTheOldListDoesNotUndoAMerge: whichever row comes first, and whether the phone was
// with the line that was kept or with the other.
func TestTheOldListDoesNotUndoAMerge(t *testing.T) {
	kept, dropped := []any{"甲村", "王秀兰", "", "一组", "3"}, []any{"甲村", "王秀兰", "17900000331", "二组", "8"}
	for _, rows := range [][][]any{{kept, dropped}, {dropped, kept}} {
		store, _ := newStore(t)
		doImport(t, store, goodList(t), ground, true)
		list := workbookOf(t, sheetOf{"居民", append([][]any{{"村", "姓名", "电话", "组", "门牌"}}, rows...)})
		doImport(t, store, list, ground, true)
		both := people(t, store, "379999101201")
		err := store.Update(ctx, func(tx *record.Tx) error {
			err := errors.Join(personstore.PutStaff(tx, personstore.Staff{ID: "clerk", Name: "办事员", Roles: []personstore.Role{personstore.Clerk}}), access.Bind(tx, "oclerk", "clerk"))
			p, err2 := personstore.Identify(tx, "oclerk")
			s, err3 := personstore.ScopeOf(tx, p)
			return errors.Join(err, err2, err3, erasure.Merge(s, both["王秀兰"].ID, both["王秀兰0331"].ID, today.At(9, 0)))
		})
		if err != nil {
			t.Fatal(err)
		}
		before := people(t, store, "379999101201")
		if r := doImport(t, store, list, ground, true); r.Gone != 1 || r.Residents != (imports.Count{Unchanged: 1}) {
			t.Errorf("%s", r)
		}
		if after := people(t, store, "379999101201"); !reflect.DeepEqual(before, after) {
			t.Errorf("there were %v and are %v", before, after)
		}
	}
}

func TestAListThatStillNamesAMergedVillageChangesNothing(t *testing.T) {
	store, _ := newStore(t)
	doImport(t, store, goodList(t), ground, true)
	err := store.Update(ctx, func(tx *record.Tx) error {
		if err := personstore.MergeVillages(tx, "379999101202", "379999101201"); err != nil {
			return err
		}
		_, err := enrolment.MoveMerged(tx, 100)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r := doImport(t, store, goodList(t), ground, true)
	if r.Changes() != 0 || len(r.Mistakes) > 0 || !slices.Equal(r.Notes, []string{notGiven}) || r.Residents.Unchanged != 5 {
		t.Errorf("%s", r)
	}
	if rows, _ := exported(t, exportMerged(t), Residents, Filter{Villages: []string{"379999101202"}}); len(rows) != 3 {
		t.Errorf("the village that took the other is exported with %d rows", len(rows))
	}
}

// exportMerged is exportStore after 甲村 was merged into 乙村, before its people
// were moved.
func exportMerged(t testing.TB) *record.Store {
	store := exportStore(t)
	if err := store.Update(ctx, func(tx *record.Tx) error { return personstore.MergeVillages(tx, "379999101201", "379999101202") }); err != nil {
		t.Fatal(err)
	}
	return store
}

func TestACadreWhoBindsWhileAListIsReadStaysBound(t *testing.T) {
	store, _ := newStore(t)
	read := personstore.Staff{ID: "wang", Name: "王桂英", Phone: "17900001101", Roles: []personstore.Role{personstore.VillageWorker}}
	draft := &imports.CadreDraft{Before: read, After: read}
	draft.After.Villages = []string{"379999101201"}
	err := store.Update(ctx, func(tx *record.Tx) error {
		return errors.Join(personstore.PutStaff(tx, read), access.Bind(tx, "oWang", "wang"), imports.PutCadre(tx, draft))
	})
	if err != nil {
		t.Fatal(err)
	}
	view(t, store, func(tx *record.Tx) error {
		c, err := personstore.LoadStaff(tx, "wang")
		if err != nil || c.OpenID != "oWang" || len(c.Villages) != 1 {
			t.Errorf("she is %+v (%v)", c, err)
		}
		return nil
	})
}

func TestACadreWhoGivesAVillageUpIsNoted(t *testing.T) {
	store, _ := newStore(t)
	doImport(t, store, goodList(t), ground, true)
	r := doImport(t, store, workbookOf(t, sheetOf{"干部", [][]any{{"姓名", "职责", "电话", "村"}, {"田春兰", "村干部", "17900001103", "甲村"}}}), ground, false)
	if want := []string{"干部D2 田春兰不再管乙村，约好的事请移交"}; r.Cadres.Changed != 1 || !slices.Equal(r.Notes, want) {
		t.Errorf("got %s, want the note %q", r, want)
	}
}

func TestTheTemplateIsAListWithNothingInIt(t *testing.T) {
	var b bytes.Buffer
	if err := imports.Template(&b); err != nil {
		t.Fatal(err)
	}
	store, _ := newStore(t)
	if r := doImport(t, store, b.Bytes(), imports.Ground{}, false); !reflect.DeepEqual(r, imports.Report{}) {
		t.Errorf("%+v", r)
	}
	filled := edit(t, b.Bytes(), func(f *excelize.File) error {
		return errors.Join(
			f.SetSheetRow("村", "A3", &[]any{"379999101201", "甲村", "一组"}),
			f.SetSheetRow("居民", "A3", &[]any{"甲村", "张翠", 17900001190, "一组", 12}))
	})
	if r := doImport(t, store, filled, ground, true); r.Residents.Added != 1 || len(r.Mistakes)+len(r.Notes) > 0 {
		t.Errorf("%s", r)
	}
}

func TestAnImportHoldsNoTransactionLong(t *testing.T) {
	rows := [][]any{{"村", "姓名", "电话", "组", "门牌"}}
	for i := range 3000 {
		rows = append(rows, []any{"甲村", "张" + string(rune('一'+i)), fmt.Sprintf("154%08d", i), "一组", fmt.Sprint(i / 3)})
	}
	store, engine := newStore(t)
	list := workbookOf(t, villagesSheet(), sheetOf{"居民", rows}, cadresSheet())
	for _, apply := range []bool{false, true, true} {
		if r := doImport(t, store, list, ground, apply); r.Residents.Total() != 3000 {
			t.Fatalf("%s", r)
		}
	}
	if engine.longest > 5*imports.ReadPage {
		t.Errorf("the longest View read %d pairs", engine.longest)
	}
}

func TestAnImportStopsWithItsContext(t *testing.T) {
	store, _ := newStore(t)
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := imports.Import(done, store, bytes.NewReader(goodList(t)), ground, true, now); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// table reads an exported workbook back.
func exported(t testing.TB, store *record.Store, what string, f Filter) (rows [][]string, n int) {
	t.Helper()
	f.TempDir = t.TempDir()
	var b bytes.Buffer
	n, err := Export(ctx, store, &b, Order{Tables: []string{what}, Filter: f, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(f.TempDir); err != nil || len(left) > 0 {
		t.Errorf("%d files are left behind (%v)", len(left), err)
	}
	x, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for _, name := range x.GetSheetList() {
		more, err := x.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, more...)
	}
	return rows, n
}

// exportStore holds four people of 甲村: 郭敏 agreed to visits, 吴娟 to both, 何小梅
// withdrew, 刘小燕 was never asked.
func exportStore(t testing.TB) *record.Store {
	store, _ := newStore(t)
	at := today.At(10, 20).Unix()
	err := store.Update(ctx, func(tx *record.Tx) error {
		wang := personstore.Staff{ID: "wang", Name: "王桂英", Roles: []personstore.Role{personstore.VillageWorker}, Villages: []string{"379999101201"}}
		if err := errors.Join(personstore.PutStaff(tx, wang), personstore.PutVillage(tx, personstore.Village{ID: "379999101201", Name: "甲村", Groups: []personstore.Group{{Name: "二组", Contact: "wang"}, {Name: "十组"}}}),
			personstore.PutVillage(tx, personstore.Village{ID: "379999101202", Name: "乙村"})); err != nil {
			return err
		}
		s, err := personstore.ScopeOf(tx, personstore.Person{Cadre: wang})
		if err != nil {
			return err
		}
		for i, p := range []struct {
			name, group string
			sets        []purpose.Purpose
			withdrawn   int64
		}{
			{"吴娟", "十组", []purpose.Purpose{purpose.VisitRecord, purpose.Migration}, 0},
			{"郭敏", "二组", []purpose.Purpose{purpose.VisitRecord}, 0},
			{"何小梅", "二组", []purpose.Purpose{purpose.VisitRecord, purpose.Migration}, 1},
			{"刘小燕", "二组", nil, 0},
		} {
			r, err := personstore.AddResident(tx, personstore.Resident{Name: p.name, Group: p.group, Village: "379999101201", House: fmt.Sprintf("%d号", i+1), Phone: fmt.Sprintf("1790000440%d", i)}, p.name)
			if err != nil {
				return err
			}
			for _, set := range p.sets {
				if err := consent.Put(s, consent.Consent{Resident: r.ID, Set: set, Answer: personstore.Yes, Withdrawn: p.withdrawn}, today.At(9, 0)); err != nil {
					return err
				}
			}
			note := "=HYPERLINK(\"http://x\")"
			for _, day := range []calendar.Day{today - 40, today - 1} {
				_, err := visitsstore.Add(s, visitsstore.Visit{Resident: r.ID, Day: day, Way: "home", Kind: "greet", Finding: "needs_help", Need: "+补贴", Note: note, Next: today + 30, At: at,
					Extra: map[string]string{"b": "2", "a": "1"}}, p.name+day.String())
				if err != nil {
					return err
				}
			}
			if _, err := migration.Add(s, migration.Absence{Resident: r.ID, Place: "@昆山", Since: today - 50, Expected: "过年", At: at}, p.name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestAnExportHoldsThoseWhoAgreed(t *testing.T) {
	store := exportStore(t)
	visit := func(group, name, tail, day string) []string {
		return []string{"", "甲村", group, name, tail, day, "上门", "看望", "需要帮助", "+补贴", "2026-12-30", "王桂英", "2026-11-30 10:20", "a：1；b：2"}
	}
	head := func(what string) (out []string) {
		for _, table := range site.HandedOn(&townconfig.Site{}) {
			for _, c := range table.Columns {
				if table.ID == what {
					out = append(out, c.Header)
				}
			}
		}
		return out
	}
	for _, c := range []struct {
		name, what string
		filter     Filter
		want       [][]string
	}{
		{"visits by day, group and name", Visits, Filter{}, [][]string{head(Visits),
			visit("二组", "郭敏", "4401", "2026-10-21"), visit("十组", "吴娟", "4400", "2026-10-21"),
			visit("二组", "郭敏", "4401", "2026-11-29"), visit("十组", "吴娟", "4400", "2026-11-29")}},
		{"visits of some days", Visits, Filter{From: today - 1, To: today}, [][]string{head(Visits),
			visit("二组", "郭敏", "4401", "2026-11-29"), visit("十组", "吴娟", "4400", "2026-11-29")}},
		{"visits up to a day", Visits, Filter{To: today - 2}, [][]string{head(Visits),
			visit("二组", "郭敏", "4401", "2026-10-21"), visit("十组", "吴娟", "4400", "2026-10-21")}},
		{"another village", Visits, Filter{Villages: []string{"379999101202"}}, [][]string{head(Visits)}},
		{"the away card asks for its own consent", Away, Filter{}, [][]string{head(Away),
			{"", "甲村", "十组", "吴娟", "4400", "@昆山", "2026-10-11", "过年", "", "", "在外", "王桂英", "2026-11-30 10:20"}}},
		{"nobody was away then", Away, Filter{To: today - 60}, [][]string{head(Away)}},
		{"residents with their phones", Residents, Filter{}, [][]string{head(Residents),
			{"", "甲村", "二组", "2号", "郭敏", "17900004401", "2026-11-30", "", "王桂英"},
			{"", "甲村", "十组", "1号", "吴娟", "17900004400", "2026-11-30", "2026-11-30", "王桂英"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, n := exported(t, store, c.what, c.filter)
			for _, r := range rows[1:] {
				if r[0] == "" {
					t.Errorf("a line without a number: %q", r)
				}
				r[0] = ""
			}
			if n != len(c.want)-1 || !reflect.DeepEqual(rows, c.want) {
				t.Errorf("%d rows\ngot  %q\nwant %q", n, rows, c.want)
			}
		})
	}
	if _, err := Export(ctx, store, io.Discard, Order{Tables: []string{"phones"}, Now: now}); !errors.Is(err, ErrWhat) {
		t.Errorf("got %v, want ErrWhat", err)
	}
}

func TestACellOfAnExportIsNeverAFormula(t *testing.T) {
	var b bytes.Buffer
	if _, err := Export(ctx, exportStore(t), &b, Order{Tables: []string{Visits}, Now: now}); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, cell := range []string{"J2", "E2", "N2"} {
		formula, err1 := f.GetCellFormula("走访", cell)
		kind, err2 := f.GetCellType("走访", cell)
		if formula != "" || kind != excelize.CellTypeInlineString || err1 != nil || err2 != nil {
			t.Errorf("%s is a %v, formula %q (%v, %v)", cell, kind, formula, err1, err2)
		}
	}
}

func TestAFullSheetIsFollowedByAnother(t *testing.T) {
	b, err := workbook.NewBook(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	b.Limit = 3
	if err := b.Begin("走访", []workbook.Title{{Name: "村", Width: 10}}); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if err := b.Add(workbook.Words(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := b.Write(&out); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var got []string
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(name, rows))
	}
	if want := []string{"走访[[村] [0] [1]]", "走访2[[村] [2] [3]]", "走访3[[村] [4]]"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestALargeExportHoldsNoViewLong(t *testing.T) {
	store, engine := newStore(t)
	res, err := seed.Town(ctx, store, seed.Options{Residents: 3000, Cadres: 4, Seed: 2, Today: today})
	if err != nil {
		t.Fatal(err)
	}
	const each = 25 // 4 × 200 × 25 = 20,000 rows
	visits := 0
	for _, c := range res.Cadres { // many more visits to the people of one group
		err := store.Update(ctx, func(tx *record.Tx) error {
			s, err := personstore.ScopeOf(tx, personstore.Person{Cadre: c})
			if err != nil {
				return err
			}
			people, _, err := personstore.ResidentPage(tx, c.Villages[0], record.Page{}, 200)
			for _, r := range people {
				if err == nil {
					err = consent.Put(s, consent.Consent{Resident: r.ID, Set: purpose.VisitRecord, Answer: personstore.Yes}, now)
				}
				for i := range each {
					if err == nil {
						_, err = visitsstore.Add(s, visitsstore.Visit{Resident: r.ID, Day: today - 400 - calendar.Day(i), Way: "home"}, fmt.Sprint(r.ID, i))
					}
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		visits += 200 * each
	}
	if visits != 20000 {
		t.Fatalf("%d visits were made", visits)
	}
	engine.longest = 0
	dir := t.TempDir()
	n, err := Export(ctx, store, io.Discard, Order{Tables: []string{Visits}, Now: now, Filter: Filter{To: today - 300, TempDir: dir}})
	if err != nil || n != visits {
		t.Fatalf("%d rows (%v), want %d", n, err, visits)
	}
	for _, what := range []string{Away, Residents, Bookings, Plans} {
		if _, err := Export(ctx, store, io.Discard, Order{Tables: []string{what}, Now: now, Filter: Filter{TempDir: dir}}); err != nil {
			t.Fatal(err)
		}
	}
	if engine.longest > 4*exportPage {
		t.Errorf("the longest View read %d pairs", engine.longest)
	}
}

// failing is a download that breaks off.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestABrokenDownloadLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	if _, err := Export(ctx, exportStore(t), failing{}, Order{Tables: []string{Visits}, Now: now, Filter: Filter{TempDir: dir}}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v, want io.ErrClosedPipe", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%d files are left behind (%v)", len(left), err)
	}
}

func TestGroupsAreReadAsPeopleWriteThem(t *testing.T) {
	for in, want := range map[string]string{
		"一组": "一组", "1组": "一组", "1": "一组", "第3组": "三组", "十组": "十组", "10组": "十组", "十二小组": "十二组", "21组": "二十一组",
		"二十一组": "二十一组", "99": "九十九组", "东沟": "东沟", "东组": "东组", "0组": "0组", "100组": "100组", "": "",
	} {
		if got := imports.Group(in); got != want {
			t.Errorf("group(%q) = %q, want %q", in, got, want)
		}
	}
}

// checked reads and checks a file as Import does, for a store that is empty.
func checked(t *testing.T, data []byte) {
	l, why, err := imports.Read(ctx, data, t.TempDir(), 100)
	if err != nil || (l == nil) == (why == "") {
		t.Fatalf("read: %v, %q, %v", l, why, err)
	}
	if l == nil {
		return
	}
	c := imports.NewChecker()
	c.Check(l)
	for _, m := range c.Report.Mistakes {
		if m.Sheet == "" || m.Cell == "" || m.Text == "" {
			t.Errorf("a mistake without a place: %+v", m)
		}
	}
	for _, r := range c.Residents {
		if r.Name == "" || len(r.Village) != 12 {
			t.Errorf("a resident without name or village: %+v", r)
		}
	}
}

func FuzzImport(f *testing.F) {
	f.Add(goodList(f))
	f.Add(workbookOf(f, sheetOf{"居民", [][]any{{"村", "姓名", "电话"}, {"甲村", "张翠", 1.79e10}}}))
	f.Add(workbookOf(f, villagesSheet()))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(checked)
}

// FuzzSheet bends the XML of a sheet inside a workbook that is sound.
func FuzzSheet(f *testing.F) {
	list := goodList(f)
	z, err := zip.NewReader(bytes.NewReader(list), int64(len(list)))
	if err != nil {
		f.Fatal(err)
	}
	parts := map[string][]byte{}
	for _, p := range z.File {
		r, err := p.Open()
		if err != nil {
			f.Fatal(err)
		}
		if parts[p.Name], err = io.ReadAll(r); err != nil {
			f.Fatal(err)
		}
	}
	for name, xml := range parts {
		if strings.HasPrefix(name, "xl/worksheets/") {
			f.Add(xml)
		}
	}
	f.Fuzz(func(t *testing.T, xml []byte) {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, part := range parts {
			w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
			if err != nil {
				t.Fatal(err)
			}
			if name == "xl/worksheets/sheet4.xml" {
				part = xml
			}
			if _, err := w.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		checked(t, b.Bytes())
	})
}

func FuzzCells(f *testing.F) {
	for _, s := range []string{"１７９ 0000 4409", "1.79E+10", "=1+1", "第十二组", "王　芳", "99999919900101001x", "+86 179-0000-4409", "\xff\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = imports.Fold(s)
		if again := imports.Fold(s); again != s && !strings.ContainsAny(s, ".eE") {
			t.Errorf("fold(%q) = %q", s, again)
		}
		if tel, problem := imports.Phone(s); tel != "" && (problem != "" || len(tel) < 10 || len(tel) > 12 || strings.Trim(tel, "0123456789") != "") {
			t.Errorf("phone(%q) = %q, %q", s, tel, problem)
		}
		if g := imports.Group(s); imports.Group(g) != g {
			t.Errorf("group(%q) = %q, and that is %q", s, g, imports.Group(g))
		}
		if name, problem := imports.Person(s); (name == "") != (problem != "") {
			t.Errorf("person(%q) = %q, %q", s, name, problem)
		}
		if h, problem := imports.House(s); problem == "" {
			if again, _ := imports.House(h); again != h {
				t.Errorf("house(%q) = %q, and that is %q", s, h, again)
			}
		}
	})
}
