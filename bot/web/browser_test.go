package web_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	chromium "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/xuri/excelize/v2"

	"xintiexin/bot/browsertest"
	"xintiexin/storage/bookings"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// A headless Chromium goes through the pages as a phone of 360 by 740 does, with
// JavaScript switched off. XINTIEXIN_SHOTS=DIR keeps a picture of each page.

// phone opens a browser, or skips the test where none is installed.
func phone(t *testing.T, width, height int64) context.Context {
	t.Helper()
	ctx := browsertest.Open(t, width, height, 3*time.Minute)
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	return ctx
}

func keys(selector, text string) chromedp.Action[chromedp.Void] {
	return chromedp.SendKeys(chromedp.CSS(selector), text)
}

// shows waits until the page says each part, and holds that nothing is cut off.
func shows(t *testing.T, ctx context.Context, shot string, parts ...string) {
	t.Helper()
	var text string
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		var err error
		text, err = chromedp.Run(ctx, chromedp.Evaluate[string](`document.body ? document.body.innerText : ""`))
		if err == nil && all(text, parts) {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%s: %v; the page does not say %q:\n%s", shot, err, parts, text)
		}
	}
	shoot(t, ctx, shot)
	wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > document.documentElement.clientWidth`))
	if err != nil || wide {
		t.Errorf("%s: the page is wider than the phone (%v)", shot, err)
	}
	small, err := chromedp.Run(ctx, chromedp.Evaluate[string](`[...document.querySelectorAll("main *")].filter(e => e.getClientRects().length &&
		!["OPTION"].includes(e.tagName) && parseFloat(getComputedStyle(e).fontSize) < 18).map(e => e.tagName + " " + e.className).join()`))
	if err != nil || small != "" {
		t.Errorf("%s: smaller than 18 px: %s (%v)", shot, small, err)
	}
	flat, err := chromedp.Run(ctx, chromedp.Evaluate[string](`[...document.querySelectorAll("button, a.button, input:not([type=hidden]):not([type=radio]):not([type=checkbox])")].filter(e =>
		e.getClientRects().length && e.getBoundingClientRect().height < 44).map(e => e.outerHTML).join()`))
	if err != nil || flat != "" {
		t.Errorf("%s: too flat for a thumb: %s (%v)", shot, flat, err)
	}
}

func all(text string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return false
		}
	}
	return true
}

// shoot keeps a picture of the whole page.
func shoot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv("XINTIEXIN_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

const pressOpen = `form:not(.close) button`

func TestInABrowserTheCard(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	a := r.book(xiaoyan, id)
	link := r.link(xiaoyan, "card", id, "")
	ctx := phone(t, 360, 740)
	browsertest.Do(t, ctx, chromedp.Navigate(r.server.URL+link))
	shows(t, ctx, "card-1-open", "打开", "只能打开一次")
	browsertest.Do(t, ctx, browsertest.Click(pressOpen))
	shows(t, ctx, "card-2-pin", "设4位密码")
	browsertest.Do(t, ctx, keys("#pin", "1234"), keys("#again", "1234"), browsertest.Click(pressOpen))
	shows(t, ctx, "card-3-easy", "太好猜")
	browsertest.Do(t, ctx, keys("#pin", pin), keys("#again", pin), browsertest.Click(pressOpen))
	shows(t, ctx, "card-4", a.Number, "2位")
	browsertest.Do(t, ctx, browsertest.Click(".close button"))
	shows(t, ctx, "card-5-closed", "关好了")
	browsertest.Do(t, ctx, chromedp.NavigateBack())
	shows(t, ctx, "card-6-back", "关上了") // no-store: going back shows nothing
	browsertest.Do(t, ctx, chromedp.Navigate(r.server.URL+link))
	shows(t, ctx, "card-7-used", "用过了")
	browsertest.Do(t, ctx, chromedp.Navigate(r.server.URL+r.link(xiaoyan, "prepare", "", a.ID)), browsertest.Click(pressOpen))
	shows(t, ctx, "prepare", "来之前要准备的", "打电话问")
	browsertest.Do(t, ctx, chromedp.Navigate(r.server.URL+r.link(xiaoyan, "card", id, "")), browsertest.Click(pressOpen))
	for range 5 {
		browsertest.Do(t, ctx, keys("#pin", "9999"), browsertest.Click(pressOpen))
		time.Sleep(100 * time.Millisecond)
	}
	shows(t, ctx, "card-8-locked", "锁住了")
}

func TestInABrowserMine(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	a := r.book(xiaoyan, id)
	r.as(zhao, func(_ *record.Tx, s person.Scope) error {
		_, err := bookings.Guest(s, a, id, "called", r.clock())
		return err
	})
	ctx := phone(t, 360, 740)
	browsertest.Do(t, ctx, chromedp.Navigate(r.server.URL+r.link(xiaoyan, "mine", id, "")), browsertest.Click(pressOpen), keys("#pin", pin), keys("#again", pin), browsertest.Click(pressOpen))
	shows(t, ctx, "mine-1", "小燕", "赵文静（镇上）打电话", "村里没有人看过", a.Number)
	browsertest.Do(t, ctx, browsertest.Click(`a[href="/p/mine/change"]`))
	shows(t, ctx, "mine-2-change", "改成什么")
	browsertest.Do(t, ctx, keys("#phone", "9"), browsertest.Click(pressOpen))
	shows(t, ctx, "mine-3-wrong", "多1位")
	browsertest.Do(t, ctx, browsertest.Click(`a[href="/p/mine"]`), browsertest.Click(`a[href="/p/mine/copy"]`))
	shows(t, ctx, "mine-4-copy", "长按")
	browsertest.Do(t, ctx, browsertest.Click(`a[href="/p/mine"]`), browsertest.Click(`form[action$="/stop"] button`))
	shows(t, ctx, "mine-5-stopped", "停了")
	browsertest.Do(t, ctx, browsertest.Click(`a[href^="/p/mine/withdraw"]`))
	shows(t, ctx, "mine-6-withdraw", "撤回“约号、通知”")
	browsertest.Do(t, ctx, browsertest.Click(`a[href="/p/mine"]`), browsertest.Click(`a[href="/p/mine/erase"]`))
	shows(t, ctx, "mine-7-erase", "都删掉？", "也会退掉")
	browsertest.Do(t, ctx, browsertest.Click(`button.danger`))
	shows(t, ctx, "mine-8-erased", "从现在起谁也看不到")
}

func TestInABrowserTheOffice(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	a := r.book(xiaoyan, id)
	dir := t.TempDir()
	save := func(name, phone string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, list(t, phone), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	ctx := phone(t, 1100, 800)
	browsertest.Do(t, ctx, chromedp.Navigate(r.server.URL+r.link(zhao, "office", "", "")))
	shows(t, ctx, "office-0-open", "30分钟")
	browsertest.Do(t, ctx, browsertest.Click(pressOpen))
	shows(t, ctx, "office-1", "赵文静")

	browsertest.Do(t, ctx, browsertest.Click(`a[href="/p/office/import"]`), keys("#from", "各村11月自愿报名"), keys("#ground", "本人同意"),
		chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{save("样庄.xlsx", "1790000550")}))
	shows(t, ctx, "office-2-import", "人员表")
	browsertest.Do(t, ctx, browsertest.Click(pressOpen))
	shows(t, ctx, "office-3-report", "居民C3", "先存能存的")
	browsertest.Do(t, ctx, browsertest.Click(`a[href="/p/office/import"]`), keys("#from", "各村11月自愿报名"), keys("#ground", "本人同意"),
		chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{save("样庄2.xlsx", "17900005502")}), browsertest.Click(pressOpen))
	shows(t, ctx, "office-4-good", "没有要改的")
	browsertest.Do(t, ctx, browsertest.Click(`form[action$="/apply"] button`))
	shows(t, ctx, "office-5-saved", "存好了")

	browsertest.Do(t, ctx, browsertest.Click(`.home a`), browsertest.Click(`a[href="/p/office/export"]`))
	shows(t, ctx, "office-6-export", "走访")
	if file := download(t, ctx, dir, browsertest.Click(pressOpen)); file != "" {
		f, err := excelize.OpenFile(file)
		if err != nil {
			t.Fatalf("the table: %v", err)
		}
		f.Close()
	}
	browsertest.Do(t, ctx, browsertest.Click(`.home a`), browsertest.Click(`a[href="/p/office/site"]`))
	shows(t, ctx, "office-7-site", "现在用的")
	browsertest.Do(t, ctx, browsertest.Click(`.home a`), browsertest.Click(`a[href="/p/office/codes"]`))
	shows(t, ctx, "office-8-codes", "田春兰")
	browsertest.Do(t, ctx, browsertest.Click(`button[value="give"]`))
	shows(t, ctx, "office-9-slips", "田春兰的绑定码")
	pdf(t, ctx, "office-9-slips")
	browsertest.Do(t, ctx, browsertest.Click(`.home a`), browsertest.Click(`a[href="/p/office/posters"]`))
	shows(t, ctx, "office-10-posters", "甲村")
	pdf(t, ctx, "office-10-posters")
	browsertest.Do(t, ctx, browsertest.Click(`.home a`), browsertest.Click(`a[href="/p/office/cards"]`))
	shows(t, ctx, "office-11-cards", "哪天")
	y, m, d := a.Day.Date()
	browsertest.Do(t, ctx, chromedp.SetAttributeValue(chromedp.CSS("#day"), "value", a.Day.String()), browsertest.Click(pressOpen))
	shows(t, ctx, "office-12-printed", a.Number, "小燕")
	if n := pdf(t, ctx, "office-12-printed"); n != 1 {
		t.Errorf("the cards of %d-%d-%d print on %d pages", y, m, d, n)
	}
}

// TestInABrowserTablesAreHandedIn: 交表 opens the month's tables, on a phone and on a
// desk; first the whole, then what changed.
func TestInABrowserTablesAreHandedIn(t *testing.T) {
	r := newRig(t)
	dir := t.TempDir()
	ctx := phone(t, 360, 740)
	browsertest.Do(t, ctx, chromedp.Navigate(r.server.URL+r.link(zhao, "office", "", "export")), browsertest.Click(pressOpen))
	shows(t, ctx, "handin-1-phone", "哪几张表", "走访", "约号", "到日子的事")
	browsertest.Do(t, ctx, browsertest.Click(`input[value="changed"]`), browsertest.Click(pressOpen))
	shows(t, ctx, "handin-2-first", "还没交过全部")
	browsertest.Do(t, ctx, browsertest.Click(`input[value="whole"]`))
	if file := download(t, ctx, dir, browsertest.Click(pressOpen)); file == "" {
		t.Error("nothing was downloaded")
	}
	browsertest.Do(t, ctx, chromedp.EmulateViewport(1100, 800), browsertest.Click(`.home a`), browsertest.Click(`a[href="/p/office/export"]`))
	shows(t, ctx, "handin-3-desk", "上回：12月2日 赵文静", "近来下载过的")
}

// download presses something and waits for the file that comes of it.
func download(t *testing.T, ctx context.Context, dir string, press chromedp.Action[chromedp.Void]) string {
	t.Helper()
	progress := chromedp.Events(ctx, chromium.DownloadProgress)
	yes := true
	_, err := chromedp.Call(ctx, chromium.SetDownloadBehavior, chromium.SetDownloadBehaviorParams{
		Behavior: chromium.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: dir, EventsEnabled: &yes})
	if err != nil {
		t.Fatal(err)
	}
	browsertest.Do(t, ctx, press)
	for ev, err := range progress {
		if err != nil {
			t.Fatal(err)
		}
		if ev.State == chromium.DownloadProgressStateCompleted {
			return filepath.Join(dir, ev.GUID)
		}
	}
	return ""
}

// pdf prints the page as its style says and returns on how many sheets.
func pdf(t *testing.T, ctx context.Context, name string) int {
	t.Helper()
	b, err := chromedp.Run(ctx, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("XINTIEXIN_SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".pdf"), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return strings.Count(string(b), "/Type /Page\n")
}

func TestInABrowserANote(t *testing.T) {
	r := newRig(t)
	ctx := phone(t, 360, 740)
	browsertest.Do(t, ctx, chromedp.Navigate(r.server.URL+r.link(hejing, "note", "", "")), browsertest.Click(pressOpen))
	shows(t, ctx, "note-1", "没有人看得到")
	browsertest.Do(t, ctx, keys("#text", "这两天有点出血"), browsertest.Click(pressOpen))
	shows(t, ctx, "note-2-danger", "您写到“出血”", "120")
	browsertest.Do(t, ctx, browsertest.Click(pressOpen))
	shows(t, ctx, "note-3-sent", "请记住")
	browsertest.Do(t, ctx, browsertest.Click(`button[value="yes"]`))
	shows(t, ctx, "note-4-told", "有回音就发您一条")
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("p.number").innerText`))
	if err != nil {
		t.Fatal(err)
	}
	no := strings.TrimSpace(text)
	browsertest.Do(t, ctx, chromedp.Navigate(r.server.URL+r.link(lijing, "reply", "", no)), browsertest.Click(pressOpen))
	shows(t, ctx, "note-5-reply", "这两天有点出血")
	browsertest.Do(t, ctx, keys("#text", "方便时来二楼，说“看纸条”就行。"), browsertest.Click(pressOpen))
	shows(t, ctx, "note-6-replied", "回好了")
	browsertest.Do(t, ctx, chromedp.Navigate(r.server.URL+r.link(hejing, "answer", "", no)), browsertest.Click(pressOpen))
	shows(t, ctx, "note-7-answer", "方便时来二楼", "看过7天")
	browsertest.Do(t, ctx, browsertest.Click(`button.danger`))
	shows(t, ctx, "note-8-deleted", "删了")
}
