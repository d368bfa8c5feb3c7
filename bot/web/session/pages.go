package session

import (
	"bytes"
	"context"
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

// How long a door stays open when nothing is done, and whatever is done; that of the
// office, when nothing is done, is access.OfficeMinutes.
const (
	idle          = 10 * time.Minute
	longest       = 30 * time.Minute
	longestOffice = 12 * time.Hour
)

// Bodies that are read at most, in bytes.
const (
	maxForm   = 64 << 10
	maxUpload = 12 << 20
)

// Server is the pages being served.
type Server struct {
	*Pages
	Key     [32]byte `json:"-"` // signs that a browser gave the right PIN; a restart asks for it again
	guesses guesses
	pins    pinTries
	Desk    desk `json:"-"`
}

// kinds are the private pages: a link of a kind leads to Prefix and its name.
var kinds = map[string]bool{"prepare": true, "carry": true, "card": true, "mine": true, "note": true, "answer": true, "reply": true, "office": true, "notice": true}

// Guarded stands before every page: nothing is taken from other sites, nothing is
// loaded from them, nothing is kept by whoever carries it.
func (s *Server) Guarded(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	if u, err := url.Parse(s.Base); err == nil && u.Host != "" {
		if err := cross.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			s.Log.Warn("address of the pages is no origin", "err", err)
		}
	}
	cross.SetDenyHandler(s.Serve(func(http.ResponseWriter, *http.Request) error { return Refuse(http.StatusForbidden, "elsewhere") }))
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

func Refuse(status int, say string, args ...any) error { return refusal{status, say, args} }

// Serve answers the error of a handler, a refusal with its words, any other with
// "busy"; the error itself goes to the log, without the address: that can hold a
// token.
func (s *Server) Serve(handle func(http.ResponseWriter, *http.Request) error) http.Handler {
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
		page := struct{ Lines []string }{Lines(Say(no.say, no.args...))}
		if err := s.Render(w, no.status, "message", page); err != nil {
			s.Log.Error("page", "route", r.Pattern, "err", err)
		}
	})
}

//go:embed html
var Files embed.FS

var Templates = template.Must(template.New("").Funcs(template.FuncMap{"say": known, "lines": Lines, "styleAt": styleAt}).ParseFS(Files, "html/*.html"))

// Render writes a page once it is whole.
func (s *Server) Render(w http.ResponseWriter, status int, name string, data any) error {
	var b bytes.Buffer
	if err := Templates.ExecuteTemplate(&b, name+".html", data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b.Bytes()) // whoever asked may be gone
	return nil
}

// post reads a form's body and holds its mark against the door's. A body that is
// too large, or a page left open from another door, is refused.
func (v *Visit) post() error {
	if v.R.Method != http.MethodPost || uploads[v.R.URL.Path] { // whoever reads a file holds its mark too
		return nil
	}
	if v.R.PostForm == nil {
		if err := v.R.ParseForm(); err != nil {
			return tooLarge(err)
		}
	}
	if v.R.PostForm.Get("mark") != v.Mark {
		return Refuse(http.StatusForbidden, "otherDoor")
	}
	return nil
}

// tooLarge is the refusal of a body that was not read to its end.
func tooLarge(err error) error {
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return Refuse(http.StatusRequestEntityTooLarge, "tooLarge")
	}
	return Refuse(http.StatusBadRequest, "notRead")
}

func (v *Visit) See(path string) error {
	http.Redirect(v.W, v.R, Prefix+path, http.StatusSeeOther)
	return nil
}
