// Package fake is the platform's API as tests and the simulator need it.
package fake

import (
	"net/http"
	"time"

	"xintiexin/bot/wechat"
)

// Options set up a Platform.
type Options struct {
	Config    wechat.Config
	Now       func() time.Time
	Templates []Template
	Staff     func(openid string) bool
	Forbidden []string
	OnPush    func(Push)
}

// Template is a template the account owns, e.g. {"T1", "预约进度", "…{{thing1.DATA}}…"}.
type Template struct{ ID, Title, Content string }

// Push is one accepted message.
type Push struct {
	At                        time.Time
	To, Channel, Text         string
	TemplateID, URL, ClientID string
	Data                      map[string]string
	MsgID                     int64
}

// Quota says how many customer messages a user may still get.
type Quota struct {
	Follows bool
	Trigger string
	Left    int
	Until   time.Time
}

// Platform is an http.Handler.
type Platform struct{}

// New makes a platform.
func New(o Options) *Platform { return &Platform{} }

func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {}
