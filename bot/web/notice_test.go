package web_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"xintiexin/bot/web/session"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
)

// TestNoticePage: it is signed over the very address, asks for the templates of its
// link, holds nothing of her, and is the only page that loads something.
func TestNoticePage(t *testing.T) {
	r := newRig(t)
	r.signUp()
	var signed string
	r.pages.Base = "https://town.example.cn"
	r.pages.Sign = func(_ context.Context, url string) (session.Signature, error) {
		signed = url
		return session.Signature{AppID: "wx1", Nonce: "n0", Timestamp: 1700000000, Hash: "abc"}, nil
	}
	r.pages.Base = "" // cookies for plain http
	b := r.browser().open(r.link(xiaoyan, "notice", "", "SUB_A,SUB_B"))
	b.wants(200, `template="SUB_A,SUB_B"`, `data-app="wx1"`, `data-hash="abc"`, "https://res.wx.qq.com/open/js/jweixin-1.6.0.js", "允许一次").without(xiaoyan, "小燕", "17900000317")
	if signed != "/p/notice" || strings.Contains(b.at, xiaoyan) {
		t.Errorf("signed %q at %q", signed, b.at)
	}
	if policy := b.header.Get("Content-Security-Policy"); !strings.Contains(policy, "https://res.wx.qq.com") || regexp.MustCompile(`(default|frame|child)-src`).MatchString(policy) {
		t.Errorf("the open tag is not drawn under %q", policy)
	}
	b.get("/p/notice?from=groupmessage").wants(200)
	if signed != "/p/notice?from=groupmessage" {
		t.Errorf("signed %q", signed)
	}
	if b.get("/p/notice.js").wants(200, "wx-open-subscribe"); !strings.HasPrefix(b.header.Get("Content-Type"), "text/javascript") {
		t.Errorf("the script is %q", b.header.Get("Content-Type"))
	}
	r.browser().get("/p/notice").wants(http.StatusGone, "要提醒")

	r.pages.Sign = func(context.Context, string) (session.Signature, error) {
		return session.Signature{}, errors.New("no ticket")
	}
	r.browser().open(r.link(xiaoyan, "notice", "", "SUB_A")).wants(http.StatusServiceUnavailable, "要提醒")
	r.pages.Sign = nil
	r.browser().open(r.link(xiaoyan, "notice", "", "SUB_A")).wants(http.StatusServiceUnavailable, "要提醒")
	r.view(func(tx *record.Tx) error { // the page counts nothing
		s, err := outbox.LoadSubscription(tx, xiaoyan)
		if len(s.Left) > 0 {
			t.Errorf("counted %v", s.Left)
		}
		return err
	})
}
