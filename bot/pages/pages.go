// Package pages is the few web pages: what a person opens by a private link from
// her chat, and the office's page.
//
// A link (/p/TOKEN) opens once. Fetching it only shows a button, because
// previews and scanners fetch whatever stands in a chat; pressing the button uses
// the link up and opens a door: a session of that browser, which shuts by itself
// after ten minutes in which nothing was done (thirty for the office), after half an
// hour in any case (twelve for the office), and at once by the button at the foot of each page. The pages themselves stand under
// addresses that say nothing of a person (/p/card), behind the door's cookie.
//
// Everything works without JavaScript, in WeChat's own browser on a small phone,
// and loads nothing from elsewhere; but for the one page on which notices are
// accepted, which is WeChat's script and nothing else.
package pages

import (
	"bytes"
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"xintiexin/flows/dialog"
	"xintiexin/storage/record"
)

// Pages is filled by its caller and then served by Handler.
type Pages struct {
	Store     *record.Store
	Now       func() time.Time
	Log       *slog.Logger
	Base      string      // public address, https://…: says whether cookies are for https alone
	Dir       string      // data folder: what is uploaded lies there in office-… until it is used
	Importing *sync.Mutex // held by whoever imports; nil: nobody else does
	Keywords  []string    // words that mean something to the bot: no guide of the site data may take them

	Talk *dialog.Talk // reads the town's own forms

	// QR asks the platform for the QR code of a scene and returns what the
	// code's picture says; expire 0 is for good. nil where there is no account.
	QR func(ctx context.Context, scene string, expire time.Duration) (says string, err error)

	// DropMenu takes the staff's own menu from a WeChat; nil where there is no account.
	DropMenu func(ctx context.Context, openid string) error

	// Sign signs the address of a page for WeChat's browser; nil where there is no
	// account. Script is where that browser's script lies; "" is the platform's.
	Sign   func(ctx context.Context, url string) (Signature, error)
	Script string
}

// Prefix heads the path of every page.
const Prefix = "/p/"

// How long a door stays open when nothing is done, and whatever is done.
const (
	idle          = 10 * time.Minute
	idleOffice    = 30 * time.Minute
	longest       = 30 * time.Minute
	longestOffice = 12 * time.Hour
)

// Bodies that are read at most, in bytes.
const (
	maxForm   = 64 << 10
	maxUpload = 12 << 20
)

// server is the pages being served.
type server struct {
	*Pages
	key     [32]byte // signs that a browser gave the right PIN; a restart asks for it again
	guesses guesses
	pins    pinTries
	desk    desk
}

// kinds are the private pages: a link of a kind leads to Prefix and its name.
var kinds = map[string]bool{"prepare": true, "carry": true, "card": true, "mine": true, "note": true, "answer": true, "reply": true, "office": true, "notice": true}

// Handler serves everything below Prefix, where it is to be mounted.
func (p *Pages) Handler() http.Handler {
	s := &server{Pages: p}
	if _, err := rand.Read(s.key[:]); err != nil {
		panic(err) // never returned (crypto/rand)
	}
	mux := http.NewServeMux()
	route := func(pattern string, handle func(http.ResponseWriter, *http.Request) error) {
		mux.Handle(pattern, s.serve(handle))
	}
	mux.HandleFunc("GET /p/style.css", style)
	route("GET /p/{token}", s.show)
	route("POST /p/{token}", s.open)
	route("POST /p/{kind}/close", s.close)

	mux.HandleFunc("GET /p/notice.js", script)
	route("GET /p/notice", s.door("notice", (*server).notice))
	route("GET /p/prepare", s.door("prepare", (*server).prepare))
	route("GET /p/carry", s.door("carry", (*server).carry))
	route("GET /p/card", s.pinned("card", (*server).card))
	route("POST /p/card/pin", s.door("card", (*server).pin))
	route("GET /p/mine", s.pinned("mine", (*server).mine))
	route("POST /p/mine/pin", s.door("mine", (*server).pin))
	route("GET /p/mine/looks", s.pinned("mine", (*server).looks))
	route("GET /p/mine/change", s.pinned("mine", (*server).askChange))
	route("POST /p/mine/change", s.pinned("mine", (*server).change))
	route("GET /p/mine/copy", s.pinned("mine", (*server).copy))
	route("GET /p/mine/copy.txt", s.pinned("mine", (*server).copyText))
	route("GET /p/mine/copy.json", s.pinned("mine", (*server).copyJSON))
	route("POST /p/mine/stop", s.pinned("mine", (*server).stop))
	route("POST /p/mine/resume", s.pinned("mine", (*server).resume))
	route("GET /p/mine/withdraw", s.pinned("mine", (*server).askWithdraw))
	route("POST /p/mine/withdraw", s.pinned("mine", (*server).withdraw))
	route("GET /p/mine/erase", s.pinned("mine", (*server).askErase))
	route("POST /p/mine/erase", s.pinned("mine", (*server).erase))

	route("GET /p/note", s.door("note", (*server).askNote))
	route("POST /p/note", s.door("note", (*server).note))
	route("POST /p/note/tell", s.door("note", (*server).tellNote))
	route("GET /p/answer", s.door("answer", (*server).answer))
	route("POST /p/answer/delete", s.door("answer", (*server).deleteNote))
	route("GET /p/reply", s.door("reply", (*server).askReply))
	route("POST /p/reply", s.door("reply", (*server).reply))

	route("GET /p/office", s.office(both, (*server).home))
	route("GET /p/office/import", s.office(both, (*server).askImport))
	route("POST /p/office/import", s.office(both, (*server).upload))
	route("GET /p/office/import/report", s.office(both, (*server).report))
	route("GET /p/office/import/marked", s.office(both, (*server).marked))
	route("GET /p/office/import/template", s.office(both, (*server).importTemplate))
	route("POST /p/office/import/apply", s.office(both, (*server).applyImport))
	route("POST /p/office/import/drop", s.office(both, (*server).dropImport))
	route("GET /p/office/site", s.office(both, (*server).askSite))
	route("POST /p/office/site", s.office(both, (*server).uploadSite))
	route("GET /p/office/site/file", s.office(both, (*server).siteFile))
	route("POST /p/office/site/apply", s.office(both, (*server).applySite))
	route("GET /p/office/forms", s.office(both, (*server).askForms))
	route("POST /p/office/forms", s.office(both, (*server).uploadForm))
	route("POST /p/office/forms/apply", s.office(both, (*server).applyForm))
	route("POST /p/office/forms/answers", s.office(clerk, (*server).formAnswers))
	route("GET /p/office/export", s.office(clerk, (*server).askExport))
	route("POST /p/office/export", s.office(clerk, (*server).export))
	route("GET /p/office/cards", s.office(clerk, (*server).askCards))
	route("POST /p/office/cards", s.office(clerk, (*server).cards))
	route("GET /p/office/codes", s.office(both, (*server).askCodes))
	route("POST /p/office/codes", s.office(both, (*server).codes))
	route("POST /p/office/codes/leave", s.office(both, (*server).leaveOffice))
	route("GET /p/office/staff", s.office(both, (*server).askRoles))
	route("POST /p/office/staff", s.office(both, (*server).roles))
	route("GET /p/office/posters", s.office(both, (*server).posters))

	return s.guarded(mux)
}

// guarded stands before every page: nothing is taken from other sites, nothing is
// loaded from them, nothing is kept by whoever carries it.
func (s *server) guarded(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	if u, err := url.Parse(s.Base); err == nil && u.Host != "" {
		if err := cross.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			s.Log.Warn("address of the pages is no origin", "err", err)
		}
	}
	cross.SetDenyHandler(s.serve(func(http.ResponseWriter, *http.Request) error { return refuse(http.StatusForbidden, "elsewhere") }))
	next = cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Robots-Tag", "noindex, nofollow")
		h.Set("Cache-Control", "no-store")
		// Told to send no referrer, a browser calls its origin "null" when it posts.
		// Newer ones say beside it whether the site is the same; of older ones that
		// is not known, and what protects then is the cookie, which no other site's
		// form takes along, and the mark in every form.
		if r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "null" {
			r.Header.Del("Origin")
		}
		if r.Body != nil && !uploads[r.URL.Path] {
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		}
		next.ServeHTTP(w, r)
	})
}

// uploads are the addresses that take a file.
var uploads = map[string]bool{"/p/office/import": true, "/p/office/site": true, "/p/office/forms": true}

// refusal is an error with a page for the person: what is wrong, and what to do.
type refusal struct {
	status int
	say    string // key of texts
	args   []any
}

func (r refusal) Error() string { return r.say }

func refuse(status int, say string, args ...any) error { return refusal{status, say, args} }

// serve answers the error of a handler, a refusal with its words, any other with
// "busy"; the error itself goes to the log, without the address: that can hold a
// token.
func (s *server) serve(handle func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := handle(w, r)
		if err == nil {
			return
		}
		var no refusal
		if !errors.As(err, &no) {
			no = refusal{status: http.StatusInternalServerError, say: "busy"}
			s.Log.Error("page", "route", r.Pattern, "err", err)
		}
		page := struct{ Lines []string }{lines(say(no.say, no.args...))}
		if err := s.render(w, no.status, "message", page); err != nil {
			s.Log.Error("page", "route", r.Pattern, "err", err)
		}
	})
}

//go:embed html
var files embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{"say": known, "lines": lines, "styleAt": styleAt}).ParseFS(files, "html/*.html"))

// render writes a page once it is whole.
func (s *server) render(w http.ResponseWriter, status int, name string, data any) error {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name+".html", data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b.Bytes()) // whoever asked may be gone
	return nil
}

// post reads a form's body and holds its mark against the door's. A body that is
// too large, or a page left open from another door, is refused.
func (v *visit) post() error {
	if v.r.Method != http.MethodPost || uploads[v.r.URL.Path] { // whoever reads a file holds its mark too
		return nil
	}
	if v.r.PostForm == nil {
		if err := v.r.ParseForm(); err != nil {
			return tooLarge(err)
		}
	}
	if v.r.PostForm.Get("mark") != v.Mark {
		return refuse(http.StatusForbidden, "otherDoor")
	}
	return nil
}

// tooLarge is the refusal of a body that was not read to its end.
func tooLarge(err error) error {
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return refuse(http.StatusRequestEntityTooLarge, "tooLarge")
	}
	return refuse(http.StatusBadRequest, "notRead")
}

func (v *visit) see(path string) error {
	http.Redirect(v.w, v.r, Prefix+path, http.StatusSeeOther)
	return nil
}
