package resident

import (
	"context"
	"net/http"
	"strings"

	"xintiexin/bot/web/session"
)

// platformScript is where WeChat's browser gets its script; the open tag wants 1.6.0.
const platformScript = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js"

// noticePolicy is looser than that of the other pages: the open tag evaluates code
// and draws frames of the client's own, and by several reports shows nothing where
// frame-src, child-src or default-src is set at all. The page holds nothing of her.
const noticePolicy = "script-src 'self' 'unsafe-eval' https://res.wx.qq.com; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

type noticePage struct {
	session.Frame
	session.Signature
	Templates string // the ids that one tap asks for
	Script    string
}

// Notice is the page on which she accepts a message, by WeChat's own tag. Whose
// answer it was the platform says in its event, and no address of ours: who has the
// page open by another's link answers for herself.
func Notice(s *session.Server, v *session.Visit) error {
	if s.Sign == nil || v.Pass.Subject == "" {
		return session.Refuse(http.StatusServiceUnavailable, "noticeNow")
	}
	signature, err := sign(s, v.R.Context(), v.R)
	if err != nil {
		s.Log.Warn("page of notices not signed", "err", err)
		return session.Refuse(http.StatusServiceUnavailable, "noticeNow")
	}
	page := noticePage{Frame: v.Frame, Signature: signature, Templates: v.Pass.Subject, Script: s.Script}
	if page.Script == "" {
		page.Script = platformScript
	}
	v.W.Header().Set("Content-Security-Policy", noticePolicy)
	return s.Render(v.W, http.StatusOK, "notice", page)
}

// sign signs the address under which a page was asked for, to the letter.
func sign(s *session.Server, ctx context.Context, r *http.Request) (session.Signature, error) {
	return s.Sign(ctx, strings.TrimSuffix(s.Base, "/")+r.URL.RequestURI())
}

// Script is the one script of ours.
func Script(w http.ResponseWriter, _ *http.Request) {
	js, err := session.Files.ReadFile("html/notice.js")
	if err != nil {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Write(js)
}
