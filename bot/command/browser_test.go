package command

import (
	"bufio"
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"xintiexin/bot/browsertest"
)

// startDemo runs the demo as a newcomer does and returns the simulator's address.
func startDemo(t *testing.T, args ...string) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, append([]string{"demo", "-listen", "127.0.0.1:0"}, args...), func(string) string { return "" }, w)
		w.Close()
	}()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		stop()
		t.Fatal(err, <-done)
	}
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("demo ended with %v", err)
		}
	})
	go io.Copy(io.Discard, r)
	_, address, ok := strings.Cut(strings.TrimSpace(line), "open ")
	if !ok {
		t.Fatalf("no address in %q", line)
	}
	return address
}

// page opens an address in a headless Chromium, or skips the test where none is
// installed.
func page(t *testing.T, address string, width, height int64) context.Context {
	t.Helper()
	ctx := browsertest.Open(t, width, height, 40*time.Second)
	browsertest.Do(t, ctx, chromedp.Navigate(address), chromedp.WaitReady(chromedp.CSS(`[data-persona]`)))
	return ctx
}

// answered waits until the last answer in the chat holds text.
func answered(t *testing.T, ctx context.Context, text string) {
	t.Helper()
	js := `[...document.querySelectorAll("#chat .in .bubble")].at(-1)?.textContent.includes("` + text + `") === true`
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](js)); err != nil {
		t.Fatalf("the last answer does not say %q: %v", text, err)
	}
}

// tap clicks the option that holds text in the last answer.
func tap(t *testing.T, ctx context.Context, text string) {
	t.Helper()
	js := `(() => { const a = [...document.querySelectorAll("#chat a.tap")].filter(a => a.textContent.includes("` + text + `")).at(-1);
		if (a) a.click(); return !!a })()`
	ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](js))
	if err != nil || !ok {
		t.Fatalf("no option %q to tap: %v", text, err)
	}
}

// hold takes up the phone of a person.
func hold(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	js := `(() => { const p = [...document.querySelectorAll("[data-persona]")].find(p => p.textContent.includes("` + name + `"));
		if (p) p.click(); return !!p })()`
	ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](js))
	if err != nil || !ok {
		t.Fatalf("no %s among the phones: %v", name, err)
	}
}

// shoot writes a screenshot where the variable says (docs/simulator.png is made
// by XINTIEXIN_SHOT=docs/simulator.png).
func shoot(t *testing.T, ctx context.Context, variable string) {
	t.Helper()
	file := os.Getenv(variable)
	if file == "" {
		return
	}
	time.Sleep(time.Second) // bubbles fade in
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestInABrowserACadreLogsAVisit(t *testing.T) {
	address := startDemo(t)
	ctx := page(t, address, 1280, 860)
	hold(t, ctx, "王桂英")
	browsertest.Do(t, ctx, chromedp.WaitVisible(chromedp.CSS("#menu .top-item")), browsertest.Click("#menu .top-item"))
	answered(t, ctx, "走访了谁")
	browsertest.Do(t, ctx, browsertest.Click("#to-keyboard"), chromedp.SendKeys(chromedp.CSS("#input"), "刘小燕"), browsertest.Click("#send"))
	answered(t, ctx, "刘小燕")
	tap(t, ctx, "她说行")
	answered(t, ctx, "今天是什么事")
	tap(t, ctx, "看望")
	answered(t, ctx, "她怎么样")
	tap(t, ctx, "都好")
	answered(t, ctx, "记成这样")
	shoot(t, ctx, "XINTIEXIN_SHOT")
	tap(t, ctx, "保存")
	answered(t, ctx, "存好了")
	// The morning after, the list that she asked for arrives by itself.
	browsertest.Do(t, ctx, browsertest.Click(`[data-move="morning"]`))
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`document.querySelector("#clock-time").textContent === "07:30"`)); err != nil {
		t.Fatal(err)
	}
	shoot(t, ctx, "XINTIEXIN_SHOT_MORNING")
}

// TestInABrowserSheAcceptsANotice: she asks for reminders, opens the link, and what
// WeChat would do is done by the script in its place: it holds the page's signature
// against its address, asks her, and tells the bot.
func TestInABrowserSheAcceptsANotice(t *testing.T) {
	ctx := page(t, startDemo(t), 1280, 860)
	hold(t, ctx, "孟丽")
	ask := []chromedp.Action[chromedp.Void]{chromedp.WaitVisible(chromedp.CSS("#menu .top-item")), browsertest.Click("#to-keyboard"), chromedp.SendKeys(chromedp.CSS("#input"), "要提醒"), browsertest.Click("#send")}
	browsertest.Do(t, ctx, ask...)
	answered(t, ctx, "提醒您一回")
	link, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(() => { const a = document.querySelector("#chat a.web");
		a.addEventListener("click", (e) => e.preventDefault()); a.click(); return a.href })()`)) // it would open beside this page
	if err != nil {
		t.Fatal("no link", err)
	}
	wait := func(js string) {
		t.Helper()
		if _, err := chromedp.Run(ctx, chromedp.Poll[bool](js)); err != nil {
			t.Fatalf("%s: %v", js, err)
		}
	}
	browsertest.Do(t, ctx, chromedp.Navigate(link), browsertest.Click("main form button"), chromedp.WaitReady(chromedp.CSS("wx-open-subscribe")))
	const inside = `document.querySelector("wx-open-subscribe")?.shadowRoot?.querySelector("button")`
	wait(inside + ` != null`)
	shoot(t, ctx, "XINTIEXIN_SHOT_NOTICE")
	wait(inside + `.click() === undefined`)
	browsertest.Do(t, ctx, chromedp.WaitVisible(chromedp.CSS("#allow")))
	shoot(t, ctx, "XINTIEXIN_SHOT_NOTICE_ASKED")
	browsertest.Do(t, ctx, browsertest.Click("#allow"))
	wait(`document.querySelector("#said").textContent.includes("好了，到时候提醒您一回")`)
	shoot(t, ctx, "XINTIEXIN_SHOT_NOTICE_DONE")
	browsertest.Do(t, ctx, chromedp.Navigate(originOf(ctx)+"/simulator/"), chromedp.WaitReady(chromedp.CSS(`[data-persona]`)))
	hold(t, ctx, "孟丽")
	browsertest.Do(t, ctx, ask...)
	answered(t, ctx, "您要过的还有2回没用")
}

// originOf is where the page lies that the browser shows, without its path.
func originOf(ctx context.Context) string {
	at, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.origin`))
	return at
}

func TestInABrowserOnANarrowPhone(t *testing.T) {
	address := startDemo(t)
	ctx := page(t, address, 390, 844)
	hold(t, ctx, "王桂英")
	browsertest.Do(t, ctx, chromedp.WaitVisible(chromedp.CSS("#menu .top-item")))
	ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(() => { const b = [...document.querySelectorAll("#menu .top-item")].find(b => b.textContent.includes("今日"));
		if (b) b.click(); return !!b })()`))
	if err != nil || !ok {
		t.Fatal("no 今日 on the menu", err)
	}
	answered(t, ctx, "件：")
	shoot(t, ctx, "XINTIEXIN_SHOT_NARROW")
}
