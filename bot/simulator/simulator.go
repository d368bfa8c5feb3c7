// Package simulator is a web page that plays WeChat on a phone, for invented
// people only: what is typed or tapped there goes to the bot through the same
// signed and encrypted webhook that the platform uses, and what the bot
// answers or pushes arrives in the phone.
//
// It keeps its messages in memory and forgets them when it ends. It shows
// everybody's phone to whoever opens the page, so it belongs to the demo and
// never to a server with real people.
//
// Its parts: a phone is what one person's chat shows (phone.go, markup.go); an
// act is what a person does on it (act.go; notice.go on a page of the account's); a
// form's workbook is tried on it (form.go); the page learns of changes by
// server-sent events and then asks for what is new (state.go, watch.go).
package simulator

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"xintiexin/bot/wechat/fake"
)

// Simulator is filled by its caller and then served by Handler. The Platform
// is made with Options.OnPush set to the Simulator's Pushed, and its Config is
// what the posts to the webhook are signed and encrypted with.
type Simulator struct {
	Webhook  http.Handler   // the bot's, to which the phones talk
	Platform *fake.Platform // quotas, menus and templates of the account
	Personas func(context.Context) ([]Persona, error)
	Posters  []Poster
	Clock    Clock
	Account  string       // the account's name as the phone shows it
	Log      *slog.Logger // nil: nothing is logged

	Templates []fake.Template // those of the Platform, of both families: they name a notice's rows

	// Try checks a form that was dropped on the page while who's phone was open,
	// and keeps it to be tried; nil: the page takes none.
	Try func(ctx context.Context, who, file string, src []byte) (Trial, error)

	mu       sync.Mutex // neither Clock nor Webhook is called with it held: they push
	run      string     // tells one life of the server from the next
	seq      int64      // of the last message of all
	phones   map[string]*phone
	pushes   []push
	pushed   int // how many there were, forgotten ones too
	refused  int // how many of the platform's refusals are in the log
	moving   bool
	closed   bool
	watchers map[chan struct{}]bool
}

// Persona is an invented person whose phone can be held.
type Persona struct {
	OpenID  string
	Name    string
	Role    string // 村干部, 居民, 办事员 …; may be empty
	Village string
	Note    string // a line on what to try with this person
	Follows bool   // at first; afterwards what was done on the phone counts
}

// Poster is a QR code that hangs on some wall, to be scanned by one click.
type Poster struct{ Name, Scene string }

// Clock is the demo's time. Advance plays each job that is due up to to, each
// at its own instant and in order, and returns when the clock shows to. It is
// not called again before it has returned.
type Clock interface {
	Now() time.Time
	Advance(ctx context.Context, to time.Time) error
}

//go:embed static
var static embed.FS

// Handler serves everything below /simulator/, where it is to be mounted.
func (s *Simulator) Handler() http.Handler {
	files, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	mux := http.NewServeMux()
	mux.Handle("GET /simulator/", http.StripPrefix("/simulator/", http.FileServerFS(files)))
	mux.Handle("GET /simulator/api/state", s.serve(s.state))
	mux.Handle("GET /simulator/api/events", s.serve(s.watch))
	mux.Handle("POST /simulator/api/text", s.serve(act(s.text)))
	mux.Handle("POST /simulator/api/tap", s.serve(act(s.tap)))
	mux.Handle("POST /simulator/api/send", s.serve(act(s.send)))
	mux.Handle("POST /simulator/api/menu", s.serve(act(s.menu)))
	mux.Handle("POST /simulator/api/follow", s.serve(act(s.follow)))
	mux.Handle("POST /simulator/api/unfollow", s.serve(act(s.unfollow)))
	mux.Handle("POST /simulator/api/scan", s.serve(act(s.scan)))
	mux.Handle("POST /simulator/api/read", s.serve(act(s.read)))
	mux.Handle("POST /simulator/api/form", s.serve(s.form))
	mux.Handle("POST /simulator/api/clock", s.serve(act(s.move)))
	mux.Handle("POST /simulator/api/page", s.serve(s.openPage))
	mux.Handle("POST /simulator/api/subscribe", s.serve(act(s.consent)))
	return http.NewCrossOriginProtection().Handler(guarded(mux))
}

// Close ends the pages' event streams, so that a server can shut down (give it
// to http.Server.RegisterOnShutdown). It may be called more than once.
func (s *Simulator) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for w := range s.watchers {
		close(w)
	}
	s.watchers = nil
}

// guarded tells the browser that nothing on the page may come from elsewhere
// and no script from a text.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; "+
			"connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// A refusal is an error with words for the person at the page.
type refusal struct {
	status int
	text   string
}

func (r refusal) Error() string { return r.text }

// serve answers the error of a handler: a refusal with its words, any other
// with a general one, itself going to the log.
func (s *Simulator) serve(handle func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := handle(w, r)
		if err == nil {
			return
		}
		var no refusal
		if !errors.As(err, &no) {
			no = refusal{http.StatusInternalServerError, "系统忙，请稍后再试。"}
			s.log().Error("simulator", "path", r.URL.Path, "err", err)
		}
		answer(w, no.status, map[string]string{"error": no.text})
	})
}

func (s *Simulator) log() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}

// answer writes v as JSON. That the page has gone meanwhile is no error.
func answer(w http.ResponseWriter, status int, v any) {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		panic(fmt.Errorf("encode %T: %w", v, err)) // our own types
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}
