package pages

import (
	"context"
	"net/http"
	"strings"
)

// Signature lets WeChat's browser take a page for the account's.
type Signature struct {
	AppID, Nonce, Hash string
	Timestamp          int64 // Unix seconds
}

// platformScript is where WeChat's browser gets its script; the open tag wants 1.6.0.
const platformScript = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js"

// noticePolicy is looser than that of the other pages: the open tag evaluates code
// and draws frames of the client's own, and by several reports shows nothing where
// frame-src, child-src or default-src is set at all. The page holds nothing of her.
const noticePolicy = "script-src 'self' 'unsafe-eval' https://res.wx.qq.com; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

type noticePage struct {
	frame
	Signature
	Templates string // the ids that one tap asks for
	Script    string
}

// notice is the page on which she accepts a message, by WeChat's own tag. Whose
// answer it was the platform says in its event, and no address of ours: who has the
// page open by another's link answers for herself.
func (s *server) notice(v *visit) error {
	if s.Sign == nil || v.pass.Subject == "" {
		return refuse(http.StatusServiceUnavailable, "noticeNow")
	}
	signature, err := s.sign(v.r.Context(), v.r)
	if err != nil {
		s.Log.Warn("page of notices not signed", "err", err)
		return refuse(http.StatusServiceUnavailable, "noticeNow")
	}
	page := noticePage{frame: v.frame, Signature: signature, Templates: v.pass.Subject, Script: s.Script}
	if page.Script == "" {
		page.Script = platformScript
	}
	v.w.Header().Set("Content-Security-Policy", noticePolicy)
	return s.render(v.w, http.StatusOK, "notice", page)
}

// sign signs the address under which a page was asked for, to the letter.
func (s *server) sign(ctx context.Context, r *http.Request) (Signature, error) {
	return s.Sign(ctx, strings.TrimSuffix(s.Base, "/")+r.URL.RequestURI())
}

// script is the one script of ours.
func script(w http.ResponseWriter, _ *http.Request) {
	js, err := files.ReadFile("html/notice.js")
	if err != nil {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Write(js)
}
