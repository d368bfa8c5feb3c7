package session

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"xintiexin/storage/access"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// Visit is one request of a browser whose door is open.
type Visit struct {
	S     *Server             `json:"-"`
	W     http.ResponseWriter `json:"-"`
	R     *http.Request       `json:"-"`
	Now   time.Time           `json:"-"`
	Pass  access.MagicLink    `json:"-"`
	Door  string              `json:"-"`
	Idle  time.Duration       `json:"-"` // for how long the door stays open when nothing is done
	Cadre person.Staff        `json:"-"` // whose the office is
	Frame
}

// Frame is what every page behind a door shows.
type Frame struct {
	Kind string
	Mark string // stands in every form: it was made for this door and no other
}

// Show is the page that a link leads to: a button. It never uses the link up.
func (s *Server) Show(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	var p access.MagicLink
	var stays access.DoorTime
	err := s.Store.View(r.Context(), func(tx *record.Tx) (err error) {
		if p, err = access.PeekLink(tx, token, s.Now()); err != nil {
			return err
		}
		stays, err = openFor(tx, p.Kind)
		return err
	})
	if errors.Is(err, record.ErrNotFound) {
		return s.over(w, r, token)
	}
	if err != nil {
		return err
	}
	return s.Render(w, http.StatusOK, "open", struct {
		Kind, Path string
		Idle       int // minutes
	}{p.Kind, Prefix + token, Minutes(stays.Idle)})
}

// over answers a link that opens nothing: it was used, its time is past, or it
// never was. The browser that used it goes on where it was.
func (s *Server) over(w http.ResponseWriter, r *http.Request, token string) error {
	var of string
	err := s.Store.View(r.Context(), func(tx *record.Tx) (err error) {
		of, err = access.LinkKind(tx, token)
		return err
	})
	if errors.Is(err, record.ErrNotFound) {
		if !s.guesses.more(r, s.Now()) {
			return Refuse(http.StatusTooManyRequests, "tooMany")
		}
		return Refuse(http.StatusNotFound, "linkUnknown")
	}
	if err != nil {
		return err
	}
	if c, err := r.Cookie(s.cookie(of)); err == nil && strings.HasSuffix(c.Value, "."+linkMark(token)) {
		door, _, _ := strings.Cut(c.Value, ".")
		if _, _, err := s.enter(w, r, of, door); err == nil {
			http.Redirect(w, r, Prefix+of, http.StatusSeeOther)
			return nil
		}
	}
	return Refuse(http.StatusGone, "linkOver", Say("again."+of))
}

// Open uses a link up and lets the browser in.
func (s *Server) Open(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	cause, err := Random()
	if err != nil {
		return err
	}
	var door string
	var p access.MagicLink
	err = s.Store.Update(r.Context(), func(tx *record.Tx) error {
		var err error
		if p, err = access.PeekLink(tx, token, s.Now()); err != nil {
			return err
		}
		stays, err := openFor(tx, p.Kind)
		if err != nil {
			return err
		}
		door, p, err = access.UseLink(tx, token, cause, stays, s.Now())
		return err
	})
	if errors.Is(err, record.ErrNotFound) {
		return s.over(w, r, token)
	}
	if err != nil {
		return err
	}
	s.setCookie(w, s.cookie(p.Kind), door+"."+linkMark(token))
	at := Prefix + p.Kind
	if p.Kind == "office" && p.Subject == "export" { // 交表
		at += "/export"
	}
	http.Redirect(w, r, at, http.StatusSeeOther)
	return nil
}

// openFor returns how long a door of a kind stays open. The error is the store's.
func openFor(tx *record.Tx, of string) (access.DoorTime, error) {
	if of != "office" {
		return access.DoorTime{Idle: idle, Whole: longest}, nil
	}
	site, err := townconfig.Current(tx)
	return access.DoorTime{Idle: time.Duration(access.OfficeMinutes.Of(site)) * time.Minute, Whole: longestOffice}, err
}

// Minutes are the whole minutes of a time.
func Minutes(d time.Duration) int { return int(d / time.Minute) }

// secure reports whether people reach the pages by https alone.
func (s *Server) secure() bool { return strings.HasPrefix(s.Base, "https:") }

// cookie is the name of the cookie that holds the door of a kind. By https it is one
// that no other host, and no page without https, can set.
func (s *Server) cookie(of string) string {
	if s.secure() {
		return "__Host-xtx-" + of
	}
	return "xtx-" + of
}

// cookiePath is what a cookie is sent with; the name __Host- wants the whole host.
func (s *Server) cookiePath() string {
	if s.secure() {
		return "/"
	}
	return Prefix
}

func (s *Server) setCookie(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: s.cookiePath(), HttpOnly: true,
		SameSite: http.SameSiteStrictMode, Secure: s.secure()})
}

func (s *Server) dropCookie(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{Name: name, Path: s.cookiePath(), MaxAge: -1, HttpOnly: true,
		SameSite: http.SameSiteStrictMode, Secure: s.secure()})
}

// linkMark lets a browser know the link again that it used; nothing can be opened
// with it.
func linkMark(token string) string { return digest("link", token) }

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

func Random() (string, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}

// enter returns what a door leads to and for how long it stays open when nothing is
// done, and keeps it open for as long again. It returns storage.ErrNotFound for a door that is shut or of another kind.
func (s *Server) enter(w http.ResponseWriter, r *http.Request, of, door string) (p access.MagicLink, idle time.Duration, err error) {
	now := s.Now()
	err = s.Store.View(r.Context(), func(tx *record.Tx) error {
		if p, err = access.LoadWebSession(tx, door, now); err != nil {
			return err
		}
		stays, err := openFor(tx, p.Kind)
		idle = stays.Idle
		return err
	})
	if err != nil {
		return p, idle, err
	}
	if p.Kind != of {
		return p, idle, record.ErrNotFound
	}
	if p.Until == p.Ends || time.Unix(p.Until, 0).Sub(now) > idle-30*time.Second { // nothing to write for the next click
		return p, idle, nil
	}
	err = s.Store.Update(r.Context(), func(tx *record.Tx) error { return access.ExtendWebSession(tx, door, now.Add(idle), now) })
	return p, idle, err
}

// Door lets a handler be reached only through an open door of a kind. It returns
// what serve takes.
func (s *Server) Door(of string, handle func(*Server, *Visit) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := s.visit(w, r, of)
		if err != nil {
			return err
		}
		if err := v.post(); err != nil {
			return err
		}
		return handle(s, v)
	}
}

func (s *Server) visit(w http.ResponseWriter, r *http.Request, of string) (*Visit, error) {
	shut := Refuse(http.StatusGone, "doorShut", Say("again."+of))
	c, err := r.Cookie(s.cookie(of))
	if err != nil {
		return nil, shut
	}
	door, _, _ := strings.Cut(c.Value, ".")
	p, idle, err := s.enter(w, r, of, door)
	if errors.Is(err, record.ErrNotFound) {
		s.dropCookie(w, s.cookie(of))
		if !s.guesses.more(r, s.Now()) {
			return nil, Refuse(http.StatusTooManyRequests, "tooMany")
		}
		return nil, shut
	}
	if err != nil {
		return nil, err
	}
	return &Visit{S: s, W: w, R: r, Now: s.Now(), Pass: p, Door: door, Idle: idle,
		Frame: Frame{Kind: of, Mark: digest("mark", door)}}, nil
}

// Close shuts the door and takes the cookies away.
func (s *Server) Close(w http.ResponseWriter, r *http.Request) error {
	of := r.PathValue("kind")
	if !kinds[of] {
		return Refuse(http.StatusNotFound, "linkUnknown")
	}
	v, err := s.visit(w, r, of)
	if err == nil {
		if err := v.post(); err != nil {
			return err
		}
		if err := v.Leave(); err != nil {
			return err
		}
	}
	return s.Render(w, http.StatusOK, "message", struct{ Lines []string }{Lines(Say("closed." + whose(of)))})
}

// whose says whether a page is a member of staff's or a person's own.
func whose(of string) string {
	if of == "office" || of == "reply" {
		return "staff"
	}
	return "own"
}

// Leave shuts the door.
func (v *Visit) Leave() error {
	err := v.S.Store.Update(v.R.Context(), func(tx *record.Tx) error { return access.RevokeWebSession(tx, v.Door) })
	if err != nil {
		return err
	}
	v.S.Desk.Drop(v.Door)
	for _, name := range []string{v.S.cookie(v.Kind), v.S.cookie(v.Kind) + "-pin"} {
		v.S.dropCookie(v.W, name)
		v.W.Header().Set("Clear-Site-Data", `"cache"`)
	}
	return nil
}

// as runs a transaction as the WeChat that the link was sent to; whether she may
// still see what the link was for is asked anew each time.
func (v *Visit) as(update bool, fn func(tx *record.Tx, scope person.Scope) error) error {
	run := v.S.Store.View
	if update {
		run = v.S.Store.Update
	}
	return run(v.R.Context(), func(tx *record.Tx) error {
		who, err := person.Identify(tx, v.Pass.OpenID)
		if err != nil {
			return err
		}
		scope, err := person.ScopeOf(tx, who)
		if err != nil {
			return err
		}
		return fn(tx, scope)
	})
}

func (v *Visit) View(fn func(tx *record.Tx, scope person.Scope) error) error {
	return v.as(false, fn)
}

func (v *Visit) Update(fn func(tx *record.Tx, scope person.Scope) error) error {
	return v.as(true, fn)
}

// unlocked is what a browser holds that gave the right PIN at this door.
func (v *Visit) unlocked() string {
	h := hmac.New(sha256.New, v.S.Key[:])
	h.Write([]byte("pin\x00" + v.Door + "\x00" + v.Pass.Resident))
	return hex.EncodeToString(h.Sum(nil))
}

// Pinned is door for what stands under the resident's PIN: whoever has not given
// it at this door is asked for it instead.
func (s *Server) Pinned(of string, handle func(*Server, *Visit) error) func(http.ResponseWriter, *http.Request) error {
	return s.Door(of, func(s *Server, v *Visit) error {
		c, err := v.R.Cookie(s.cookie(of) + "-pin")
		if err == nil && subtle.ConstantTimeCompare([]byte(c.Value), []byte(v.unlocked())) == 1 {
			return handle(s, v)
		}
		return v.askPin("", http.StatusOK)
	})
}

// pinPage asks for the PIN, or for a new one, twice.
type pinPage struct {
	Frame
	Set    bool   // there is one: it is asked for
	Locked string // until this hour: 15:42
	Wrong  string // what was wrong with the one before
}

// askPin shows the page that asks for the PIN.
func (v *Visit) askPin(wrong string, status int) error {
	var state access.PINState
	err := v.View(func(tx *record.Tx, scope person.Scope) error {
		if _, err := scope.Mine(v.Pass.Resident); err != nil {
			return err
		}
		var err error
		state, err = access.PINOf(tx, v.Pass.Resident, v.Now)
		return err
	})
	if errors.Is(err, record.ErrNotFound) {
		return Refuse(http.StatusGone, "notYours")
	}
	if err != nil {
		return err
	}
	page := pinPage{Frame: v.Frame, Set: state.Set, Wrong: wrong}
	if state.Locked {
		page.Locked, page.Wrong = Hour(state.Until), ""
	}
	return v.S.Render(v.W, status, "pin", page)
}

// takePin holds what was typed against the PIN, or sets the first; wrong says why
// not.
//
// The hash is made outside the transactions; what counts is how the PIN stands in the
// second.
func (v *Visit) takePin() (wrong string, err error) {
	typed := digits(v.R.PostForm.Get("pin"))
	again := digits(v.R.PostForm.Get("again"))
	locked := false
	err = v.View(func(tx *record.Tx, scope person.Scope) error {
		if _, err := scope.Mine(v.Pass.Resident); err != nil {
			return err
		}
		state, err := access.PINOf(tx, v.Pass.Resident, v.Now)
		locked = state.Locked
		return err
	})
	if err != nil {
		return "", err
	}
	if locked {
		return Say("pinWrong", 0), nil
	}
	hash, err := access.HashPin(v.S.Store, v.Pass.Resident, typed)
	if err != nil {
		return "", err
	}
	err = v.Update(func(tx *record.Tx, scope person.Scope) error {
		wrong = ""
		if _, err := scope.Mine(v.Pass.Resident); err != nil {
			return err
		}
		state, err := access.PINOf(tx, v.Pass.Resident, v.Now)
		if err != nil {
			return err
		}
		if !state.Set {
			wrong, err = setPin(tx, v.Pass.Resident, typed, again, hash)
			return err
		}
		right, state, err := access.TryPIN(tx, v.Pass.Resident, hash, v.Now)
		if err == nil && !right {
			wrong = Say("pinWrong", state.Left)
		}
		return err
	})
	return wrong, err
}

// setPin sets the first PIN; wrong says why not.
func setPin(tx *record.Tx, resident, typed, again string, hash access.PinHash) (wrong string, err error) {
	switch {
	case len(typed) != 4:
		return Say("pinFour"), nil
	case typed != again:
		return Say("pinTwice"), nil
	}
	err = access.SetPIN(tx, resident, hash)
	if errors.Is(err, access.ErrPIN) {
		return Say("pinEasy"), nil
	}
	return "", err
}

// digits reads what was typed into a PIN's field: full-width digits and blanks
// are what a phone's keyboard makes of them.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ' ' || r == '　':
			return -1
		}
		return r
	}, s)
}

func (s *Server) Pin(v *Visit) error {
	if why := s.pins.begin(v.Pass.Resident, v.Now); why != "" {
		return Refuse(http.StatusTooManyRequests, why)
	}
	defer s.pins.end(v.Pass.Resident)
	wrong, err := v.takePin()
	if errors.Is(err, record.ErrNotFound) {
		return Refuse(http.StatusGone, "notYours")
	}
	if err != nil {
		return err
	}
	if wrong != "" {
		return v.askPin(wrong, http.StatusForbidden)
	}
	s.setCookie(v.W, s.cookie(v.Kind)+"-pin", v.unlocked())
	return v.See(v.Kind)
}
