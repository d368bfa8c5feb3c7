// Package fake is the platform's API as tests and the simulator need it: the
// calls of wechat.Client with the platform's checks, quotas and error codes,
// bad weather on demand, and a Driver that plays the users.
//
// It does its own signing and encrypting, so that a mistake in package wechat
// does not cancel itself out. It starts nothing by itself: what the platform
// would post later waits until Driver.Finish.
package fake

import (
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"xintiexin/bot/wechat"
)

// Options set up a Platform.
type Options struct {
	Config    wechat.Config    // the account; AppID, Secret and Token are checked
	Now       func() time.Time // required
	Templates []Template
	Notices   []Template               // those of subscription notices: another family, with ids of its own
	Forbidden []string                 // words (names of people) that no push may hold
	Staff     func(openid string) bool // who may be sent words of domain.md 8.4; nil: nobody
	OnPush    func(Push)               // told of each accepted push before its caller is
}

// Template is a template of the account's. Its Content holds the keywords:
// "事项：{{thing1.DATA}}\n时间：{{time4.DATA}}".
type Template struct{ ID, Title, Content string }

// Channel is how a push goes.
type Channel string

const (
	Custom       Channel = "custom"
	TemplateSend Channel = "template"
	Notice       Channel = "notice" // a subscription notice
)

// Push is one accepted message.
type Push struct {
	At          time.Time
	To          string
	Channel     Channel
	Text        string            // custom
	TemplateID  string            // the others
	Data        map[string]string // by keyword
	URL         string
	ClientMsgID string
	MsgID       int64
}

// Quota says how many customer messages a user may still be sent.
type Quota struct {
	Follows bool
	Trigger string // message, menu, follow, scan, or empty
	Left    int
	Until   time.Time
}

type user struct {
	follows bool
	blocks  bool // template messages
	quota   Quota
	tags    []int
	consent map[string]int  // notices left, by template
	off     map[string]bool // templates switched off
}

// Platform is an http.Handler: mount it, and point wechat.Config.API at it.
// All its methods may be used at once.
type Platform struct {
	o   Options
	mux *http.ServeMux

	mu         sync.Mutex
	token      int // T1, T2 …
	valid      bool
	forced     []time.Time // when a new one was forced
	plain      int         // P1, P2 …: the older kind
	cleared    int         // how often the quotas were set back
	users      map[string]*user
	pushes     []Push
	violations []string
	sent       map[[2]string]Push // by openid and client_msg_id
	unfinished []Push             // template messages and notices whose result has not been posted
	menu       []byte
	special    []special
	tags       []tag
	weather    map[string][]Weather
	random     func() float64
	chance     float64
	often      Weather
	script     func(string, time.Time) (Weather, bool)
	calls      map[string]int
	ids        int64
}

// New makes a platform on which nobody follows yet.
func New(o Options) *Platform {
	p := &Platform{o: o, users: map[string]*user{}, sent: map[[2]string]Push{}, weather: map[string][]Weather{},
		calls: map[string]int{}, ids: 24534412345678900} // beyond 2^53, as the real ones
	p.mux = p.routes()
	return p
}

// user is called with the lock held.
func (p *Platform) user(openid string) *user {
	u := p.users[openid]
	if u == nil {
		u = &user{consent: map[string]int{}}
		p.users[openid] = u
	}
	return u
}

func (p *Platform) id() int64 { p.ids++; return p.ids }

// Followed makes the user a follower; without a trigger there is no quota.
func (p *Platform) Followed(openid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.user(openid).follows = true
}

// Wrote books that the user wrote, without a post to the webhook.
func (p *Platform) Wrote(openid string) { p.act(openid, "message") }

// Unfollow makes the user leave.
func (p *Platform) Unfollow(openid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.users, openid)
}

// Block makes template messages to the user fail after they were accepted.
func (p *Platform) Block(openid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.user(openid).blocks = true
}

// Consent gives n more subscription notices of the template to the user.
func (p *Platform) Consent(openid, templateID string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.user(openid).consent[templateID] += n
}

// Consents returns how many notices of the template the user may still be sent.
func (p *Platform) Consents(openid, templateID string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.user(openid).consent[templateID]
}

// withdraw takes every notice of the template from the user that she accepted.
func (p *Platform) withdraw(openid, templateID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.user(openid).consent, templateID)
}

// Invalidate makes the access token that is out useless (40001).
func (p *Platform) Invalidate() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.valid = false
}

// Pushes returns what has been accepted, in order.
func (p *Platform) Pushes() []Push {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.pushes)
}

// Violations returns what was refused because no push may say it.
func (p *Platform) Violations() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.violations)
}

// Calls returns how often each path was called.
func (p *Platform) Calls() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.calls)
}

// Tags returns the ids of the user's tags.
func (p *Platform) Tags(openid string) []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.user(openid).tags)
}

// Menu returns the menu that the user sees, as JSON: the newest of those for
// some that her tags match, else everybody's; nil if there is none.
func (p *Platform) Menu(openid string) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	tags := p.user(openid).tags
	for _, s := range slices.Backward(p.special) {
		if slices.Contains(tags, s.tag) {
			return s.menu
		}
	}
	return p.menu
}

// Quota returns what the user may still be sent as customer messages.
func (p *Platform) Quota(openid string) Quota {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.quota(p.user(openid))
}

func (p *Platform) quota(u *user) Quota {
	q := u.quota
	q.Follows = u.follows
	if !p.o.Now().Before(q.Until) {
		q.Trigger, q.Left = "", 0
	}
	return q
}

// act books a user's act. Whether triggers add up is not documented; here the
// last one alone counts, so that what works here works there.
func (p *Platform) act(openid, trigger string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u := p.user(openid)
	u.follows = true
	left, window := 3, time.Minute
	switch trigger {
	case "":
		return
	case "message":
		left, window = 5, 48*time.Hour
	}
	u.quota = Quota{Trigger: trigger, Left: left, Until: p.o.Now().Add(window)}
}
