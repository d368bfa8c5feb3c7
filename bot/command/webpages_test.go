package command

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"xintiexin/bot"
	"xintiexin/bot/browsertest"
	"xintiexin/bot/web/session"
	"xintiexin/scheduler"
	"xintiexin/storage/bolt"
)

func TestTheAddressOfThePages(t *testing.T) {
	for address, want := range map[string]string{
		"": "", "https://town.example.cn": "https://town.example.cn", "https://town.example.cn/": "https://town.example.cn", "http://127.0.0.1:8080": "http://127.0.0.1:8080",
	} {
		if got, err := pagesAt(address); err != nil || got != want {
			t.Errorf("%q: %q, %v", address, got, err)
		}
	}
	for _, address := range []string{"town.example.cn", "ftp://town.example.cn", "https://", "https://town.example.cn/deep", "https://town.example.cn?x=1"} {
		if got, err := pagesAt(address); err == nil {
			t.Errorf("%q is taken as %q", address, got)
		}
	}
}

// TestPagesAreServedWithAnAddress: and without one there are none.
func TestPagesAreServedWithAnAddress(t *testing.T) {
	engine, store, err := open(t.Context(), t.TempDir(), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	for url, want := range map[string]string{"": "404 page not found", "https://town.example.cn": "没有这个链接"} {
		a := &app{url: url, store: store, bot: &bot.Bot{}, jobs: &scheduler.Scheduler{}, now: time.Now, log: slog.New(slog.DiscardHandler)}
		server := httptest.NewServer(a.routes())
		res, err := http.Get(server.URL + "/p/" + strings.Repeat("0", 32))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		server.Close()
		if res.StatusCode != http.StatusNotFound || !strings.Contains(string(body), want) {
			t.Errorf("at %q: status %d\n%s", url, res.StatusCode, body)
		}
	}
}

// TestInABrowserTheOfficeOpensFromTheChat: the word, the link, the button.
func TestInABrowserTheOfficeOpensFromTheChat(t *testing.T) {
	address := startDemo(t)
	ctx := page(t, address, 1280, 860)
	hold(t, ctx, "赵文静")
	browsertest.Do(t, ctx, browsertest.Click("#to-keyboard"), chromedp.SendKeys(chromedp.CSS("#input"), "办公室"), browsertest.Click("#send"))
	answered(t, ctx, "打开办公室")
	link, err := chromedp.Run(ctx, chromedp.Evaluate[string](`[...document.querySelectorAll("#chat a")].at(-1).href`))
	if err != nil || !strings.Contains(link, session.Prefix) {
		t.Fatalf("the link is %q, %v", link, err)
	}
	browsertest.Do(t, ctx, chromedp.Navigate(link), browsertest.Click("form button"), chromedp.WaitVisible(chromedp.CSS(`a[href="/p/office/import"]`)))
}
