package command

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"xintiexin/bot/settings"
	"xintiexin/bot/web"
	"xintiexin/bot/web/office"
	"xintiexin/bot/web/session"
	"xintiexin/bot/wechat"
	"xintiexin/flows"
)

// pagesAt reads the public address of the pages.
func pagesAt(address string) (string, error) {
	if address == "" {
		return "", nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return "", fmt.Errorf("settings: %s wants an address like https://town.example.cn", settings.PagesURL)
	}
	return u.Scheme + "://" + u.Host, nil
}

// webPages are the private pages, and the office's, over this program's store.
func (a *app) webPages() *session.Pages {
	p := &session.Pages{Store: a.store, Now: a.now, Log: a.log, Base: a.url, Dir: a.dir, Importing: &a.importing}
	if talk, err := flows.New(); err == nil {
		p.Keywords, p.Talk = talk.Keywords(), talk
	}
	if a.client != nil {
		p.QR, p.Sign, p.Script, p.DropMenu = a.makeQR, a.signPage, a.script, a.dropMenu
	}
	return p
}

// signPage signs the address of a page for WeChat's browser.
func (a *app) signPage(ctx context.Context, url string) (session.Signature, error) {
	ticket, err := a.client.JSTicket(ctx)
	if err != nil {
		return session.Signature{}, err
	}
	s := session.Signature{AppID: a.client.Config.AppID, Nonce: rand.Text(), Timestamp: a.now().Unix()}
	s.Hash = wechat.JSSignature(ticket, s.Nonce, s.Timestamp, url)
	return s, nil
}

// makeQR returns what the platform's QR code of a scene says.
func (a *app) makeQR(ctx context.Context, scene string, expire time.Duration) (says string, err error) {
	if expire == 0 {
		_, says, err = a.client.CreateLastingQR(ctx, scene)
	} else {
		_, says, err = a.client.CreateQR(ctx, scene, expire)
	}
	return says, err
}

// mountPages serves the pages beside the webhook, where there is an address for
// them.
func (a *app) mountPages(mux *http.ServeMux) {
	if a.url != "" {
		mux.Handle(session.Prefix, web.Handler(a.webPages()))
	}
}

// posters writes the villages' posters as a page to print.
func (a *app) posters(ctx context.Context, flags *flag.FlagSet, args []string, o order, out io.Writer) error {
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return wrongUsage("qr")
	}
	if a.client == nil {
		return errors.New("no WECHAT_SECRET: the platform's API cannot be called")
	}
	return writeNew(o.path(words[0]), out, func(w io.Writer) error {
		n, err := office.WritePosters(a.webPages(), ctx, w)
		if err == nil {
			fmt.Fprintf(out, "%d posters\n", n)
		}
		return err
	})
}
