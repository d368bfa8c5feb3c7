package simulator

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"xintiexin/bot/browsertest"
	"xintiexin/bot/wechat"
)

// browser opens the page in a headless Chromium, or skips the test where none
// is installed.
func browser(t *testing.T, w *town, width, height int64) context.Context {
	t.Helper()
	ctx := browsertest.Open(t, width, height, 30*time.Second)
	browsertest.Do(t, ctx, chromedp.Navigate(w.server.URL+"/simulator/"), chromedp.WaitReady(chromedp.CSS(`[data-persona]`)))
	return ctx
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
	browsertest.Do(t, ctx, browsertest.Click(`[data-persona="`+cadre+`"]`), browsertest.Click("#menu .top-item"))
	until(t, ctx, shows("事件 click visit"))
	browsertest.Do(t, ctx, browsertest.Click("#menu .has"), browsertest.Click("#menu .sub button"))
	until(t, ctx, shows("事件 click return"))
	browsertest.Do(t, ctx, browsertest.Click("#to-keyboard"), keys("走访 王桂英"), browsertest.Click("#send"))
	until(t, ctx, shows("您说 走访 王桂英"))
	browsertest.Do(t, ctx, browsertest.Click("#chat a.tap"))
	until(t, ctx, shows("您点了 1 行，4711"))
	if got := eval[string](t, ctx, `document.querySelector("#input").value`); got != "" {
		t.Errorf("what was sent stands in the input still: %q", got)
	}
	until(t, ctx, `document.querySelector('[data-persona="`+cadre+`"] .badge') === null`) // the open chat is read

	browsertest.Do(t, ctx, browsertest.Click(`[data-persona="`+stranger+`"]`), browsertest.Click("#follow"))
	until(t, ctx, shows("事件 subscribe"))
	browsertest.Do(t, ctx, browsertest.Click("#more"), browsertest.Click("#unfollow"))
	until(t, ctx, `document.querySelector("#follow").offsetParent !== null`)
	browsertest.Do(t, ctx, browsertest.Click(`#profile [data-open="scanner"]`), browsertest.Click(`[data-scene="village-1"]`))
	until(t, ctx, shows("qrscene_village-1"))

	browsertest.Do(t, ctx, browsertest.Click(`[data-move="morning"]`))
	until(t, ctx, `document.querySelector("#clock-time").textContent === "07:30"`)
}

func TestInABrowserEnterSendsButNotWhileComposing(t *testing.T) {
	w := newTown(t)
	ctx := browser(t, w, 1280, 800)
	browsertest.Do(t, ctx, browsertest.Click(`[data-persona="`+cadre+`"]`), keys("zoufang"))
	for _, event := range []string{`{isComposing: true}`, `{keyCode: 229}`, `{shiftKey: true}`} {
		eval[bool](t, ctx, `document.querySelector("#input").dispatchEvent(
			new KeyboardEvent("keydown", Object.assign({key: "Enter", bubbles: true, cancelable: true}, `+event+`)))`)
		if got := eval[string](t, ctx, `document.querySelector("#input").value`); got != "zoufang" {
			t.Fatalf("Enter with %s sent what was typed", event)
		}
	}
	browsertest.Do(t, ctx, keys("\r"))
	until(t, ctx, shows("您说 zoufang"))
	equal(t, w.chat(t, cadre)[:1], "> zoufang")
}

func TestInABrowserMarkupStaysWords(t *testing.T) {
	w := newTown(t)
	nasty := `<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>终`
	w.bot.say = func(wechat.Message) string { return nasty }
	ctx := browser(t, w, 1280, 800)
	browsertest.Do(t, ctx, browsertest.Click(`[data-persona="`+cadre+`"]`), keys(nasty), browsertest.Click("#send"))
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
	browsertest.Do(t, ctx, browsertest.Click(`[data-tab="people"]`), browsertest.Click(`[data-persona="`+resident+`"]`), keys("您好"), browsertest.Click("#send"))
	until(t, ctx, shows("您说 您好"))
	if visible("#people") {
		t.Error("the list stands beside the phone")
	}
	browsertest.Do(t, ctx, browsertest.Click(`[data-tab="side"]`), browsertest.Click(`[data-move="hour"]`))
	until(t, ctx, `document.querySelector("#clock-time").textContent === "11:20"`)
	browsertest.Do(t, ctx, browsertest.Click(`[data-tab="phone"]`))
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
