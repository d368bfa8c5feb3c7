package town

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"time"
)

// What people do with the page on which notices are accepted, where domain.md says
// nothing: who accepts once does so each time, and who does not says no once.

var (
	noticeLink = regexp.MustCompile(`<a href="[^"]*(/p/[^"]+)">要一次提醒</a>`)
	asksFor    = regexp.MustCompile(`<wx-open-subscribe template="([^"]+)"`)
)

// noticePage is the path of the page in an answer, "" where there is none.
func noticePage(answer string) string {
	if m := noticeLink.FindStringSubmatch(answer); m != nil {
		return m[1]
	}
	return ""
}

// accepting draws, once for each, whether somebody accepts notices.
func (t *Town) accepting(p *person) bool {
	return t.source("notices "+p.ID+" "+p.openid).Float64() < t.Accepts
}

// subscribes has those on WeChat answer the page that they were given when they
// signed up, before the month: one message of each kind of which the sign-up tells.
func (t *Town) subscribes() error {
	for _, p := range t.people {
		if p.openid == "" || !p.agreed {
			continue
		}
		if err := t.answersNotice(p.openid, t.AtSignUp, t.accepting(p)); err != nil {
			return err
		}
	}
	return nil
}

func (t *Town) answersNotice(openid string, templates []string, yes bool) error {
	if len(templates) == 0 {
		return nil
	}
	answers := map[string]bool{}
	for _, id := range templates {
		answers[id] = yes
	}
	if _, err := t.Phones.Subscribe(openid, answers); err != nil {
		return fmt.Errorf("answer about notices: %w", err)
	}
	if t.count.asked++; yes {
		t.count.accepted++
	}
	return nil
}

// pageOf is an answer that holds the link to the page of notices: whoever accepts
// opens it within a few minutes, by the very pages of the program.
func (t *Town) pageOf(openid, answer string) error {
	p, path := t.holders[openid], noticePage(answer)
	if p == nil || path == "" {
		return nil
	}
	t.at(t.Clock.Now().Add(90*time.Second), func() error {
		ids, err := t.noticesOf(path)
		if err != nil || len(ids) == 0 { // the link is over by now
			return err
		}
		return t.answersNotice(openid, ids, t.accepting(p))
	})
	return nil
}

// noticesOf opens a link and reads for which templates its page asks.
func (t *Town) noticesOf(path string) ([]string, error) {
	door := t.get(http.MethodPost, path, nil)
	if door.Code != http.StatusSeeOther {
		return nil, nil
	}
	page := t.get(http.MethodGet, door.Header().Get("Location"), door.Result().Cookies())
	m := asksFor.FindStringSubmatch(page.Body.String())
	if m == nil {
		return nil, fmt.Errorf("the page of notices asks for none: status %d", page.Code)
	}
	return strings.Split(m[1], ","), nil
}

func (t *Town) get(method, path string, cookies []*http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	t.Pages.ServeHTTP(w, r)
	return w
}
