package simulator

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"xintiexin/bot/wechat"
)

// browser opens the page in a headless Chromium, or skips the test where none
// is installed.
func browser(t *testing.T, w *town, width, height int64) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium is installed: the page itself is not tried out")
	}
	alloc, cancel := chromedp.NewExecAllocator(t.Context(),
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // starts it, without a limit of time
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(ctx, 30*time.Second)
	t.Cleanup(cancel)
	do(t, ctx, chromedp.EmulateViewport(width, height),
		chromedp.Navigate(w.server.URL+"/simulator/"), chromedp.WaitReady(chromedp.CSS(`[data-persona]`)))
	return ctx
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	for i, step := range steps {
		if err := chromedp.Do(ctx, step); err != nil {
			t.Fatalf("step %d: %v", i+1, err)
		}
	}
}

func click(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.CSS(selector))
}

func keys(text string) chromedp.Action[chromedp.Void] {
	return chromedp.SendKeys(chromedp.CSS("#input"), text)
}

// until waits until an expression is true on the page.
func until(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](expression)); err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
}

func eval[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// shows is an expression: the last answer in the chat holds text.
func shows(text string) string {
	return `[...document.querySelectorAll("#chat .in .bubble")].at(-1)?.textContent.includes("` + text + `") === true`
}

func TestInABrowserACadreTypesAndTaps(t *testing.T) {
	w := newTown(t)
	if err := w.client(t).SetMenu(t.Context(), []byte(menuJSON)); err != nil {
		t.Fatal(err)
	}
	ctx := browser(t, w, 1280, 800)
	do(t, ctx, click(`[data-persona="`+cadre+`"]`), click("#menu .top-item"))
	until(t, ctx, shows("事件 click visit"))
	do(t, ctx, click("#menu .has"), click("#menu .sub button"))
	until(t, ctx, shows("事件 click return"))
	do(t, ctx, click("#to-keyboard"), keys("走访 王桂英"), click("#send"))
	until(t, ctx, shows("您说 走访 王桂英"))
	do(t, ctx, click("#chat a.tap"))
	until(t, ctx, shows("您点了 1 行，4711"))
	if got := eval[string](t, ctx, `document.querySelector("#input").value`); got != "" {
		t.Errorf("what was sent stands in the input still: %q", got)
	}
	until(t, ctx, `document.querySelector('[data-persona="`+cadre+`"] .badge') === null`) // the open chat is read

	do(t, ctx, click(`[data-persona="`+stranger+`"]`), click("#follow"))
	until(t, ctx, shows("事件 subscribe"))
	do(t, ctx, click("#more"), click("#unfollow"))
	until(t, ctx, `document.querySelector("#follow").offsetParent !== null`)
	do(t, ctx, click(`#profile [data-open="scanner"]`), click(`[data-scene="village-1"]`))
	until(t, ctx, shows("qrscene_village-1"))

	do(t, ctx, click(`[data-move="morning"]`))
	until(t, ctx, `document.querySelector("#clock-time").textContent === "07:30"`)
}

func TestInABrowserEnterSendsButNotWhileComposing(t *testing.T) {
	w := newTown(t)
	ctx := browser(t, w, 1280, 800)
	do(t, ctx, click(`[data-persona="`+cadre+`"]`), keys("zoufang"))
	for _, event := range []string{`{isComposing: true}`, `{keyCode: 229}`, `{shiftKey: true}`} {
		eval[bool](t, ctx, `document.querySelector("#input").dispatchEvent(
			new KeyboardEvent("keydown", Object.assign({key: "Enter", bubbles: true, cancelable: true}, `+event+`)))`)
		if got := eval[string](t, ctx, `document.querySelector("#input").value`); got != "zoufang" {
			t.Fatalf("Enter with %s sent what was typed", event)
		}
	}
	do(t, ctx, keys("\r"))
	until(t, ctx, shows("您说 zoufang"))
	equal(t, w.chat(t, cadre)[:1], "> zoufang")
}

func TestInABrowserMarkupStaysWords(t *testing.T) {
	w := newTown(t)
	nasty := `<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>终`
	w.bot.say = func(wechat.Message) string { return nasty }
	ctx := browser(t, w, 1280, 800)
	do(t, ctx, click(`[data-persona="`+cadre+`"]`), keys(nasty), click("#send"))
	until(t, ctx, shows("终"))
	if n := eval[int](t, ctx, `document.querySelectorAll("#chat img, #chat script").length`); n != 0 {
		t.Errorf("%d elements out of a text", n)
	}
	if got := eval[string](t, ctx, `[...document.querySelectorAll("#chat .in .bubble")].at(-1).textContent`); got != nasty {
		t.Errorf("the bubble shows %q", got)
	}
	if eval[bool](t, ctx, `window.harmed === 1`) {
		t.Error("a text ran")
	}
}

func TestInABrowserANarrowWindowHasTabs(t *testing.T) {
	w := newTown(t)
	ctx := browser(t, w, 360, 640)
	visible := func(selector string) bool {
		return eval[bool](t, ctx, `document.querySelector("`+selector+`").getClientRects().length > 0`)
	}
	if visible("#people") || visible("#side") || !visible("#chat") {
		t.Error("at first not the phone alone is shown")
	}
	do(t, ctx, click(`[data-tab="people"]`), click(`[data-persona="`+resident+`"]`), keys("您好"), click("#send"))
	until(t, ctx, shows("您说 您好"))
	if visible("#people") {
		t.Error("the list stands beside the phone")
	}
	do(t, ctx, click(`[data-tab="side"]`), click(`[data-move="hour"]`))
	until(t, ctx, `document.querySelector("#clock-time").textContent === "11:20"`)
	do(t, ctx, click(`[data-tab="phone"]`))
	if wide := eval[int](t, ctx, `document.documentElement.scrollWidth`); wide > 360 {
		t.Errorf("the page is %d wide", wide)
	}
	if !eval[bool](t, ctx, `document.querySelector("#send, #plus").getBoundingClientRect().right <= 360`) {
		t.Error("the bar is cut off")
	}
	// Whatever can be pressed has a name for those who do not see it.
	if n := eval[int](t, ctx, `[...document.querySelectorAll("button")].filter(b => !b.textContent.trim() && !b.getAttribute("aria-label")).length`); n != 0 {
		t.Errorf("%d buttons without a name", n)
	}
}
