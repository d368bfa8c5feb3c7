package simulator

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"xintiexin/bot/wechat/fake"
)

// pageInput is what a page of the account's asks of WeChat's script (jweixin.js).
type pageInput struct {
	Who       string `json:"who"`
	URL       string `json:"url"` // as the browser has it
	App       string `json:"app"`
	Nonce     string `json:"nonce"`
	Time      string `json:"time"`
	Hash      string `json:"hash"`
	Templates string `json:"templates"` // of the open tag
}

// noticeTitle is a notice as WeChat's dialog names it.
type noticeTitle struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// openPage does what WeChat does before it draws a page's open tag: it holds the
// signature against the account's ticket and the very address, and answers with what
// the tag asks for.
func (s *Simulator) openPage(w http.ResponseWriter, r *http.Request) error {
	var in pageInput
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&in); err != nil {
		return refusal{http.StatusBadRequest, "看不懂这个请求。"}
	}
	if _, err := s.follower(r.Context(), in.Who); err != nil {
		return err
	}
	if !s.Platform.Signed(in.App, in.Nonce, in.Time, in.Hash, in.URL) {
		return refusal{http.StatusForbidden, "invalid signature"}
	}
	notices := []noticeTitle{}
	for id := range strings.SplitSeq(in.Templates, ",") {
		t := s.template(id)
		if t.Title == id { // no template of the account's
			return refusal{http.StatusBadRequest, "20001"}
		}
		notices = append(notices, noticeTitle{t.ID, t.Title})
	}
	answer(w, http.StatusOK, map[string]any{"notices": notices})
	return nil
}

// consent is what was answered to WeChat's dialog: the platform counts it and
// tells the bot.
func (s *Simulator) consent(ctx context.Context, in input) error {
	p, err := s.follower(ctx, in.Who)
	if err != nil {
		return err
	}
	if len(in.Accepted) == 0 {
		return refusal{http.StatusBadRequest, "没有问要不要通知。"}
	}
	for id := range in.Accepted {
		if s.template(id).Title == id {
			return refusal{http.StatusBadRequest, "没有这种通知。"}
		}
	}
	return s.tell(ctx, func(d *fake.Driver) (fake.Answer, error) { return d.Subscribe(p.OpenID, in.Accepted) })
}
