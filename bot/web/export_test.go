package web_test

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"xintiexin/flows/site"
	"xintiexin/storage"
	"xintiexin/storage/calendar"
	"xintiexin/storage/careplans"
	"xintiexin/storage/changes"
	"xintiexin/storage/consent"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/visits"
)

// sheets are the rows of a downloaded workbook by its sheets.
func (b *browser) sheets() map[string][][]string {
	b.t.Helper()
	f, err := excelize.OpenReader(strings.NewReader(b.page))
	if err != nil {
		b.t.Fatalf("no workbook: %v\n%s", err, b.page)
	}
	defer f.Close()
	out := map[string][][]string{}
	for _, name := range f.GetSheetList() {
		if out[name], err = f.GetRows(name); err != nil {
			b.t.Fatal(err)
		}
	}
	return out
}

func of(rows [][]string, column string) (out []string) {
	i := slices.Index(rows[0], column)
	for _, r := range rows[1:] {
		if i < len(r) {
			out = append(out, r[i])
		} else {
			out = append(out, "")
		}
	}
	return out
}

// TestWhatLeavesOfBookingsAndPlans: of a booking of hers who hides from her village
// nothing says where she lives, of a plan nothing says whose it is, hidden plans are
// in no table; and she reads that she stood in it.
func TestWhatLeavesOfBookingsAndPlans(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	a := r.book(xiaoyan, id)
	r.as(xiaoyan, func(_ *record.Tx, s person.Scope) error {
		if err := enrolment.Agree(s, consent.Consent{Resident: id, Set: purpose.HealthReminders, Answer: person.Yes, Version: "1"}, r.clock()); err != nil {
			return err
		}
		_, err := careplans.Start(s, careplans.StartParams{Resident: id, Schedule: "refill", Day: today}, "hidden", r.clock())
		return err
	})
	r.as(lijing, func(_ *record.Tx, s person.Scope) error {
		_, err := careplans.Start(s, careplans.StartParams{Resident: id, Schedule: "recheck", Day: today}, "plan", r.clock())
		return err
	})
	r.update(func(tx *record.Tx) error {
		_, _, err := careplans.PlanMorning(tx, today, record.Page{}, 100, r.clock())
		return err
	})
	b := r.browser().open(r.link(zhao, "office", "", "")).get("/p/office/export").wants(200, "约号", "到日子的事")
	b.post("/p/office/export", "what", "bookings", "what", "plans", "from", today.String(), "to", a.Day.String()).wants(200)
	all := b.sheets()
	booked, plans := all["约号"], all["到日子的事"]
	if got := of(booked, "号"); !slices.Equal(got, []string{a.Number}) {
		t.Fatalf("booked: %q", booked)
	}
	if got := of(booked, "姓名")[0] + of(booked, "村")[0] + of(booked, "电话尾号")[0]; got != "小燕" {
		t.Errorf("of her who hides from her village it says %q", got)
	}
	if got := of(plans, "哪一套"); !slices.Equal(got, []string{"复查"}) {
		t.Fatalf("plans: %q", plans)
	}
	for _, row := range append(plans, booked...) {
		if text := strings.Join(row, " "); strings.Contains(text, "17900000317") || len(row) > 9 && strings.Contains(text, "自己定") {
			t.Errorf("the table says %q", text)
		}
	}
	if text := strings.Join(slices.Concat(plans...), " "); strings.Contains(text, "小燕") || strings.Contains(text, id) {
		t.Errorf("whose plan it is stands there: %q", text)
	}
	r.browser().unlock(r.link(xiaoyan, "mine", id, "")).wants(200, "赵文静（镇上）导出表")
	r.as(xiaoyan, func(tx *record.Tx, s person.Scope) error { return erasure.Erase(tx, id, r.clock()) })
	b.get("/p/office/export").wants(200, "12月2日 赵文静 约号1行、到日子的事1行").without("没有下完")
	b.post("/p/office/export", "what", "bookings", "what", "plans", "how", "changed").wants(200)
	for name, rows := range b.sheets() {
		if len(rows) != 2 || strings.TrimSpace(strings.Join(rows[1], "")) != "1撤回" {
			t.Errorf("%s: who is gone: %q", name, rows)
		}
	}
}

// TestChangesFromTheOfficesPage: first the whole, then what changed; a town's own
// table has its name on the page.
func TestChangesFromTheOfficesPage(t *testing.T) {
	r := newRig(t)
	b := r.browser().open(r.link(zhao, "office", "", "")).get("/p/office/export")
	b.post("/p/office/export", "how", "changed").wants(http.StatusUnprocessableEntity, "没有勾表")
	b.post("/p/office/export", "what", "visits", "how", "changed").wants(http.StatusConflict, "还没交过全部")
	b.post("/p/office/export", "what", "visits", "from", "2025-01-01", "to", "2026-12-02").wants(200)
	b.get("/p/office/export").wants(200, "上回：12月2日 赵文静")
	r.restart()
	b = r.browser().open(r.link(zhao, "office", "", "")).get("/p/office/export")
	b.post("/p/office/export", "what", "visits", "how", "again").wants(http.StatusConflict, "选“全部”")
	b.post("/p/office/export", "what", "visits", "how", "changed").wants(200)
	if rows := b.sheets()["走访"]; len(rows) != 1 {
		t.Errorf("nothing changed, and there is %q", rows)
	}
	who := r.find("孟丽")[0].ID
	r.as(wang, func(_ *record.Tx, s person.Scope) error {
		_, err := visits.Add(s, visits.Visit{Resident: who, Day: today, Way: "home", Kind: "greet", Finding: "well", At: r.clock().Unix()}, "new")
		return err
	})
	for _, how := range []string{"changed", "again"} {
		b.get("/p/office/export").post("/p/office/export", "what", "visits", "how", how).wants(200)
		rows := b.sheets()["走访"]
		if len(rows) != 2 || of(rows, "变动")[0] != "新增" || of(rows, "姓名")[0] != "孟丽" {
			t.Errorf("%s: %q", how, rows)
		}
	}
	b.get("/p/office/export").wants(200, "走访1行（变的）")
	data := site.Builtin()
	data.Columns = []townconfig.TableColumn{{Table: "civil", Title: "民政月报", Source: "visits", Order: 1, Header: "哪天", Field: "day", Format: "yyyy.mm.dd"}}
	r.update(func(tx *record.Tx) error { return storage.PutSite(tx, data, "", r.clock()) })
	b.get("/p/office/export").wants(200, "民政月报", "只能交全部").post("/p/office/export", "what", "civil", "how", "changed").wants(http.StatusConflict, "没有序号")
	b.post("/p/office/export", "what", "civil", "from", today.String(), "to", today.String()).wants(200)
	if got := of(b.sheets()["民政月报"], "哪天"); len(got) == 0 || got[0] != "2026.12.02" {
		t.Errorf("the town's own table: %q", got)
	}
}

// TestADownloadThatBreaksOffIsGivenAgain: whoever asked goes away after the first
// bytes.
func TestADownloadThatBreaksOffIsGivenAgain(t *testing.T) {
	r := newRig(t)
	b := r.browser().open(r.link(zhao, "office", "", "")).get("/p/office/export")
	b.post("/p/office/export", "what", "visits", "from", "2025-01-01", "to", "2026-12-02").wants(200)
	b.get("/p/office/export")
	who := r.find("孟丽")[0].ID
	const many = 20000 // more than a connection takes on its own
	for i := range many / 500 {
		r.as(wang, func(_ *record.Tx, s person.Scope) error {
			for n := range 500 {
				cause := time.Duration(i*500 + n).String()
				v := visits.Visit{Resident: who, Day: today - calendar.Day(n%300), Way: "home", Kind: "greet", Finding: "well", Need: strings.Repeat(cause, 20), At: r.clock().Unix()}
				if _, err := visits.Add(s, v, cause); err != nil {
					return err
				}
			}
			return nil
		})
	}
	r.breakOff(b, url.Values{"mark": {b.mark()}, "what": {"visits"}, "how": {"changed"}})
	taken := func() (n int) {
		r.view(func(tx *record.Tx) error {
			h, err := changes.LoadSequence(tx, "visits")
			n = h.Took
			return err
		})
		return n
	}
	for end := time.Now().Add(20 * time.Second); !strings.Contains(r.log.String(), "broke off"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("nobody noticed; taken %d", taken())
		}
	}
	if taken() != 1 {
		t.Fatalf("taking %d counts", taken())
	}
	b.get("/p/office/export").wants(200, "没有下完")
	b.post("/p/office/export", "what", "visits", "how", "changed").wants(200)
	if len(b.page) < 100_000 || taken() != 3 { // the third that was begun is the second that counts
		t.Errorf("%d bytes, taking %d counts", len(b.page), taken())
	}
}

// breakOff posts an order, reads the head of the answer, and goes away.
func (r *rig) breakOff(b *browser, form url.Values) {
	r.t.Helper()
	at, err := url.Parse(r.server.URL)
	if err != nil {
		r.t.Fatal(err)
	}
	conn, err := net.Dial("tcp", at.Host)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		r.t.Fatal(err)
	}
	var cookies []string
	for _, c := range b.client.Jar.Cookies(&url.URL{Scheme: "http", Host: at.Host, Path: "/p/office/export"}) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	body := form.Encode()
	req, err := http.NewRequest(http.MethodPost, r.server.URL+"/p/office/export", strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Cookie", strings.Join(cookies, "; "))
	if err := req.Write(conn); err != nil {
		r.t.Fatal(err)
	}
	head := make([]byte, 512)
	if n, err := conn.Read(head); err != nil || !strings.Contains(string(head[:n]), "200 OK") {
		r.t.Fatalf("%q %v", head, err)
	}
	conn.Close()
}
