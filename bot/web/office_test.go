package web_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"xintiexin/bot/web/office"
	"xintiexin/bot/workbook/exports"
	"xintiexin/flows/site"
	"xintiexin/storage/ops"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// list is a workbook to hand in: 甲村's people, the last with the phone given.
func list(t *testing.T, phone string) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for sheet, rows := range map[string][][]string{
		"村":  {{"编码", "村", "组"}, {"379999105201", "戊村", "一组、二组"}},
		"居民": {{"村", "姓名", "电话", "组"}, {"戊村", "冯桂芝", "17900005501", "一组"}, {"戊村", "褚兰英", phone, "二组"}},
		"干部": {{"姓名", "职责", "电话", "村"}, {"卫春梅", "村干部", "17900005511", "戊村"}},
	} {
		if _, err := f.NewSheet(sheet); err != nil {
			t.Fatal(err)
		}
		for i, r := range rows {
			cell, _ := excelize.CoordinatesToCellName(1, i+1)
			if err := f.SetSheetRow(sheet, cell, &r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := f.DeleteSheet("Sheet1"); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// leftovers are the files that handing in left in the data folder.
func (r *rig) leftovers() []string {
	r.t.Helper()
	all, err := filepath.Glob(filepath.Join(r.pages.Dir, "*"))
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

func (r *rig) find(name string) (found []person.Resident) {
	r.t.Helper()
	r.as(zhao, func(_ *record.Tx, s person.Scope) error {
		hits, err := s.FindResidents(person.Query{Name: name}, 5)
		found = nil
		for _, h := range hits {
			found = append(found, h.Resident)
		}
		return err
	})
	return found
}

func TestTheOfficesDoor(t *testing.T) {
	r := newRig(t)
	r.browser().open(r.link(wang, "office", "", "")).wants(http.StatusForbidden, "只给镇上的办事员和管理员")
	b := r.browser().open(r.link(zhao, "office", "", ""))
	b.wants(200, "赵文静", "传人员表", "下载表", "打印服务卡", "给绑定码")
	r.wait(29 * time.Minute)
	b.get("/p/office").wants(200, "赵文静")
	r.wait(30 * time.Minute)
	b.get("/p/office").wants(http.StatusGone, "发：办公室")

	admin := r.browser().open(r.link(qian, "office", "", ""))
	admin.wants(200, "传人员表", "给绑定码").without("下载表", "打印服务卡")
	for _, path := range []string{"/p/office/export", "/p/office/cards"} {
		admin.get(path).wants(http.StatusForbidden, "只有办事员能用")
		admin.get("/p/office").post(path, "what", "visits", "day", "2026-12-10").wants(http.StatusForbidden, "只有办事员能用")
	}
	// Whoever leaves the office is out at once.
	b = r.browser().open(r.link(zhao, "office", "", "")).wants(200)
	r.update(func(tx *record.Tx) error {
		c, err := person.LoadStaff(tx, "zhaowenjing")
		if err != nil {
			return err
		}
		c.Left = true
		return person.PutStaff(tx, c)
	})
	b.get("/p/office").wants(http.StatusForbidden, "只给镇上的").without("赵文静")
}

func TestAListIsLookedAtThenStored(t *testing.T) {
	r := newRig(t)
	b := r.browser().open(r.link(zhao, "office", "", ""))
	bad, good := list(t, "1790000550"), list(t, "17900005502")
	b.get("/p/office/import").upload("/p/office/import", "戊村.xlsx", bad, "from", "各村11月自愿报名").wants(http.StatusUnprocessableEntity, "写明")
	b.upload("/p/office/import", "戊村.xls", bad, "from", "各村", "ground", "本人同意").wants(http.StatusUnprocessableEntity, "只收 .xlsx")
	b.upload("/p/office/import", "", nil, "from", "各村", "ground", "本人同意").wants(http.StatusUnprocessableEntity, "没有选文件")
	b.get("/p/office/import").upload("/p/office/import", "戊村.xlsx", []byte("no workbook"), "from", "各村", "ground", "本人同意").wants(200, "读不了")
	b.get("/p/office/import").upload("/p/office/import", "戊村.xlsx", bad, "from", "各村11月自愿报名", "ground", "本人同意")
	b.wants(200, "看完了，还没存", "要改1处", "居民C3", "1790000550", "先存能存的", "下载标红的表", "只进通讯录")
	if got := r.find("冯桂芝"); len(got) != 0 {
		t.Fatal("looking stored something")
	}
	report := b.page
	b.get("/p/office/import/marked").wants(200)
	marked, err := excelize.OpenReader(strings.NewReader(b.page))
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := marked.GetCellValue("要改的", "C2"); !strings.Contains(v, "1790000550") {
		t.Errorf("the marked list says %q", v)
	}
	id, _ := marked.GetCellStyle("居民", "C3")
	if style, err := marked.GetStyle(id); err != nil || len(style.Fill.Color) == 0 {
		t.Error("the cell is not red")
	}
	marked.Close()

	b.page = report
	b.post("/p/office/import/drop").wants(200, "都没有存")
	if left := r.leftovers(); len(left) > 0 {
		t.Errorf("left in the data folder: %q", left)
	}
	b.get("/p/office/import/report").wants(http.StatusGone, "请再传一次")

	b.get("/p/office/import").upload("/p/office/import", "戊村.xlsx", good, "from", "各村11月自愿报名", "ground", "本人同意").wants(200, "没有要改的")
	b.post("/p/office/import/apply", "what", "all").wants(200, "存好了", "居民2")
	if got := r.find("褚兰英"); len(got) != 1 {
		t.Fatalf("%d people stored", len(got))
	}
	if left := r.leftovers(); len(left) > 0 {
		t.Errorf("left in the data folder: %q", left)
	}
	b.get("/p/office/import").upload("/p/office/import", "戊村.xlsx", good, "from", "各村11月自愿报名", "ground", "本人同意").wants(200, "和存下的一样，没有变").without("/import/apply")
	r.view(func(tx *record.Tx) error {
		all, err := ops.Sources(tx)
		for _, s := range all {
			if s.From == "各村11月自愿报名" && (s.Ground != "本人同意" || s.By != "zhaowenjing") {
				t.Errorf("the source is kept as %+v", s)
			}
		}
		return err
	})
}

// TestWhatIsRightIsStoredFirst: the rows without mistakes, on asking.
func TestWhatIsRightIsStoredFirst(t *testing.T) {
	r := newRig(t)
	b := r.browser().open(r.link(zhao, "office", "", "")).get("/p/office/import")
	b.upload("/p/office/import", "戊村.xlsx", list(t, "1790000550"), "from", "各村", "ground", "本人同意").wants(200)
	b.post("/p/office/import/apply", "what", "all").wants(200, "还没存") // there are mistakes
	if len(r.find("冯桂芝")) != 0 {
		t.Fatal("stored though not asked to")
	}
	b.post("/p/office/import/apply", "what", "partial").wants(200, "存好了")
	if len(r.find("冯桂芝")) != 1 || len(r.find("褚兰英")) != 0 {
		t.Error("not the right rows alone")
	}
}

func TestOneImportAtATime(t *testing.T) {
	r := newRig(t)
	b := r.browser().open(r.link(zhao, "office", "", "")).get("/p/office/import")
	b.upload("/p/office/import", "戊村.xlsx", list(t, "17900005502"), "from", "各村", "ground", "本人同意").wants(200)
	page := b.page
	r.pages.Importing.Lock()
	b.post("/p/office/import/apply").wants(http.StatusConflict, "正在存另一张表")
	r.pages.Importing.Unlock()
	b.page = page
	b.post("/p/office/import/apply").wants(200, "存好了")
}

// TestTooLargeAList is refused and leaves nothing; and one that was handed in
// goes when its door is shut.
func TestAListLeavesNothingBehind(t *testing.T) {
	r := newRig(t)
	b := r.browser().open(r.link(zhao, "office", "", "")).get("/p/office/import")
	page := b.page
	b.upload("/p/office/import", "大.xlsx", make([]byte, 12<<20+1), "from", "各村", "ground", "本人同意").wants(http.StatusRequestEntityTooLarge, "文件太大")
	if left := r.leftovers(); len(left) > 0 {
		t.Errorf("left in the data folder: %q", left)
	}
	b.page = page
	b.upload("/p/office/import", "戊村.xlsx", list(t, "17900005502"), "from", "各村", "ground", "本人同意").wants(200)
	if left := r.leftovers(); len(left) != 1 || !strings.HasPrefix(filepath.Base(left[0]), "office-") {
		t.Errorf("in the data folder: %q", left)
	}
	if about, err := os.Stat(r.leftovers()[0]); err != nil || about.Mode().Perm() != 0o700 {
		t.Errorf("its folder: %v, %v", about, err)
	}
	b.post("/p/office/close").wants(200, "关好了")
	if left := r.leftovers(); len(left) > 0 {
		t.Errorf("left in the data folder: %q", left)
	}
	// A page without the door's mark hands nothing in.
	b = r.browser().open(r.link(zhao, "office", "", ""))
	b.page = ""
	b.upload("/p/office/import", "戊村.xlsx", list(t, "17900005502"), "from", "各村", "ground", "本人同意").wants(http.StatusForbidden)
	if left := r.leftovers(); len(left) > 0 {
		t.Errorf("left in the data folder: %q", left)
	}
}

func TestSiteDataAreLookedAtThenPutInForce(t *testing.T) {
	r := newRig(t)
	data := site.Builtin()
	data.Version = "2027-01"
	data.Town.Phone = "15400000123"
	var good bytes.Buffer
	if err := site.Write(&good, &data); err != nil {
		t.Fatal(err)
	}
	b := r.browser().open(r.link(qian, "office", "", "")).get("/p/office/site").wants(200, "现在用的")
	b.upload("/p/office/site", "坏.xlsx", []byte("no workbook")).wants(200, "要改").without("/site/apply")
	b.get("/p/office/site").upload("/p/office/site", "本镇.xlsx", good.Bytes()).wants(200, "能用：2027-01", "换上")
	town := func() (phone string) {
		r.view(func(tx *record.Tx) error {
			town, err := townconfig.LoadTown(tx)
			phone = town.Phone
			return err
		})
		return phone
	}
	before := town()
	b.post("/p/office/site/apply", "what", "new").wants(200, "换上了", "2027-01")
	if town() != "15400000123" {
		t.Errorf("in force: %s", town())
	}
	b.get("/p/office/site").upload("/p/office/site", "本镇.xlsx", good.Bytes()).post("/p/office/site/apply", "what", "new").wants(200, "没有变")
	b.get("/p/office/site/file").wants(200)
	if _, err := excelize.OpenReader(strings.NewReader(b.page)); err != nil {
		t.Errorf("what is in force: %v", err)
	}
	b.get("/p/office/site").wants(200, "换回上一份").post("/p/office/site/apply", "what", "previous").wants(200, "换上了")
	if town() != before {
		t.Errorf("back in force: %s", town())
	}
	if left := r.leftovers(); len(left) > 0 {
		t.Errorf("left in the data folder: %q", left)
	}
}

// TestATableIsNoted: who took it stands in the audit and in the looks of each who
// stands in the table, and of nobody else.
func TestATableIsNoted(t *testing.T) {
	r := newRig(t)
	b := r.browser().open(r.link(zhao, "office", "", "")).get("/p/office/export").wants(200, "2026-12-01", "2026-12-02")
	b.post("/p/office/export", "what", "visits", "from", "neverday", "to", "").wants(http.StatusUnprocessableEntity, "2027-01-29")
	b.post("/p/office/export", "what", "visits", "from", "2026-12-03", "to", "2026-12-02").wants(http.StatusUnprocessableEntity, "晚了")
	b.post("/p/office/export", "what", "everything").wants(http.StatusNotFound)
	for _, what := range []string{exports.Visits, exports.Away, exports.Residents} {
		b.get("/p/office/export").post("/p/office/export", "what", what, "from", "2025-01-01", "to", "2026-12-02").wants(200)
		f, err := excelize.OpenReader(strings.NewReader(b.page))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		rows, err := f.GetRows(f.GetSheetName(0))
		if err != nil || len(rows) < 2 {
			t.Fatalf("%s: %d rows, %v", what, len(rows), err)
		}
		f.Close()
	}
	b.get("/p/office/export").wants(200, "12月2日 赵文静 走访", "外出返乡", "居民")
	inTable, outside := r.find("孟丽")[0].ID, r.find("刘小燕")[0].ID
	r.view(func(tx *record.Tx) error {
		looked := func(id string) (n int) {
			all, err := person.AccessLog(tx, id)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range all {
				if l.What == "exported" && l.By == "zhaowenjing" {
					n++
				}
			}
			return n
		}
		if looked(inTable) == 0 || looked(outside) != 0 {
			t.Errorf("looks: %d and %d", looked(inTable), looked(outside))
		}
		return nil
	})
}

func TestCardsOfADay(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	a := r.book(xiaoyan, id)
	b := r.browser().open(r.link(zhao, "office", "", "")).get("/p/office/cards").wants(200, "2026-12-03")
	b.post("/p/office/cards", "day", "someday").wants(http.StatusUnprocessableEntity, "2027-01-29")
	b.post("/p/office/cards", "day", (a.Day+1).String()).wants(200, "没有约号的")
	b.post("/p/office/cards", "day", a.Day.String()).wants(200, a.Number, "小燕", "<svg", "1张", "a5").without("17900000317")
	r.browser().unlock(r.link(xiaoyan, "mine", id, "")).wants(200, "赵文静（镇上）打印卡")
}

var codeDigits = regexp.MustCompile(`<span>(\d{5})</span> <span>(\d{5})</span> <span>(\d{4})</span>`)

func TestBindingCodes(t *testing.T) {
	r := newRig(t)
	b := r.browser().open(r.link(qian, "office", "", "")).get("/p/office/codes").wants(200, "田春兰", "还没绑定", "王桂英", "已经绑定")
	b.post("/p/office/codes", "what", "give").wants(http.StatusUnprocessableEntity, "没有勾人")
	b.get("/p/office/codes").post("/p/office/codes", "what", "give", "cadre", "tianchunlan", "cadre", "nobody").wants(200, "田春兰的绑定码", "12月5日 10:20前有效", "<svg")
	m := codeDigits.FindStringSubmatch(b.page)
	if m == nil {
		t.Fatalf("no code:\n%s", b.page)
	}
	code := m[1] + m[2] + m[3]
	invited := func() (name string) {
		r.view(func(tx *record.Tx) error {
			c, err := person.Invited(tx, code, r.clock())
			if errors.Is(err, record.ErrNotFound) {
				return nil
			}
			name = c.Name
			return err
		})
		return name
	}
	if got := invited(); got != "田春兰" {
		t.Errorf("the code is %q's", got)
	}
	b.get("/p/office/codes").without(code)
	r.pages.QR = func(context.Context, string, time.Duration) (string, error) {
		return "", errors.New("no platform today")
	}
	b.get("/p/office/codes").post("/p/office/codes", "what", "give", "cadre", "tianchunlan").wants(200, "二维码没有出来", "田春兰的绑定码")
}

func TestPosters(t *testing.T) {
	r := newRig(t)
	b := r.browser().open(r.link(zhao, "office", "", "")).get("/p/office/posters").wants(200, "甲村", "丁村", "<svg", "微信扫一扫")
	if n := strings.Count(b.page, "<svg"); n != 4 {
		t.Errorf("%d codes", n)
	}
	var page bytes.Buffer
	n, err := office.WritePosters(r.pages, t.Context(), &page)
	if err != nil || n != 4 {
		t.Fatalf("%d posters, %v", n, err)
	}
	if s := page.String(); !strings.Contains(s, "<style>") || strings.Contains(s, "/p/") {
		t.Error("the file does not stand by itself")
	}
	r.pages.QR = func(context.Context, string, time.Duration) (string, error) {
		return "", errors.New("no platform today")
	}
	b.get("/p/office/posters").wants(http.StatusBadGateway, "过一会儿再点")
	if _, err := office.WritePosters(r.pages, t.Context(), &page); err == nil {
		t.Error("no error without a platform")
	}
	r.pages.QR = nil
	b.get("/p/office/posters").wants(200, "没有公众号的密钥")
}
