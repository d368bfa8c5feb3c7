package wechat

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Token is an access token and until when it may be used.
type Token struct {
	Value string
	Until time.Time
}

// tokens holds the current access token; one caller at a time fetches, the
// others wait for it.
type tokens struct {
	mu     sync.Mutex
	loaded bool
	token  Token
	fetch  *fetch
	alarm  error     // a refusal that only a person can lift …
	quiet  time.Time // … is not asked about again until then: asking can lock the address out
}

type fetch struct {
	done  chan struct{}
	token Token
	err   error
}

func (t *tokens) current() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.token.Value
}

// Invalidate forgets the token if it is still the one in use: of many callers
// who had it refused, the first makes a new one necessary, and only once.
func (c *Client) Invalidate(token string) {
	c.tokens.mu.Lock()
	defer c.tokens.mu.Unlock()
	if c.tokens.token.Value == token {
		c.tokens.token = Token{}
	}
}

// token returns a token that is good for now. What went wrong here went wrong
// before anything was sent, so no outcome is Unknown.
func (c *Client) token(ctx context.Context) (string, error) {
	t := &c.tokens
	for {
		t.mu.Lock()
		now := c.now()
		if t.token.Value != "" && now.Before(t.token.Until) {
			defer t.mu.Unlock()
			return t.token.Value, nil
		}
		if t.alarm != nil && now.Before(t.quiet) {
			defer t.mu.Unlock()
			return "", t.alarm
		}
		f := t.fetch
		if f == nil {
			f = &fetch{done: make(chan struct{})}
			t.fetch = f
			t.mu.Unlock()
			return c.lead(ctx, f)
		}
		t.mu.Unlock()
		select {
		case <-ctx.Done():
			return "", &uncertain{stablePath, Backoff, ctx.Err()}
		case <-f.done:
		}
		if f.err == nil {
			return f.token.Value, nil
		}
		if !errors.Is(f.err, context.Canceled) { // the leader gave up, not the platform
			return "", f.err
		}
	}
}

// lead fetches for all who wait. It clears the way even if what it calls panics.
func (c *Client) lead(ctx context.Context, f *fetch) (string, error) {
	t := &c.tokens
	f.err = errors.New("fetching the token was cut short")
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if f.err == nil {
			t.token = f.token
		}
		t.alarm = nil
		if ClassOf(f.err) == Alarm {
			t.alarm, t.quiet = f.err, c.now().Add(time.Minute)
		}
		t.fetch = nil
		close(f.done)
	}()
	f.token, f.err = c.stored(ctx)
	if f.err == nil && f.token.Value != "" {
		return f.token.Value, nil
	}
	f.token, f.err = c.fetch(ctx)
	if f.err == nil && c.Save != nil {
		c.Save(ctx, f.token)
	}
	return f.token.Value, f.err
}

// stored returns the token of the last run, once, if it is still good. One
// that cannot be loaded is fetched.
func (c *Client) stored(ctx context.Context) (Token, error) {
	t := &c.tokens
	t.mu.Lock()
	first := !t.loaded
	t.loaded = true
	t.mu.Unlock()
	if !first || c.Load == nil {
		return Token{}, nil
	}
	token, err := c.Load(ctx)
	if err != nil || !c.now().Before(token.Until) {
		return Token{}, nil
	}
	return token, nil
}

const stablePath = "/cgi-bin/stable_token"

// fetch asks for the stable token: asking again returns the same one, so two
// processes do not take it from each other.
func (c *Client) fetch(ctx context.Context) (Token, error) {
	body, err := encode(struct {
		Grant  string `json:"grant_type"`
		AppID  string `json:"appid"`
		Secret string `json:"secret"`
	}{"client_credential", c.Config.AppID, c.Config.Secret})
	if err != nil {
		return Token{}, err
	}
	var out struct {
		Token   string `json:"access_token"`
		Expires int64  `json:"expires_in"`
	}
	asked := c.now()
	err = c.request(ctx, stablePath, nil, body, &out)
	var e *Error
	var u *uncertain
	switch {
	case errors.As(err, &e) && e.Class() == RefreshToken:
		e.class = Alarm // here it means a wrong secret
		return Token{}, err
	case errors.As(err, &u) && u.class == Unknown:
		u.class = Backoff
		return Token{}, err
	case err != nil:
		return Token{}, err
	case out.Token == "":
		return Token{}, &uncertain{stablePath, Backoff, errors.New("no token in the answer")}
	}
	// Half a minute early, so that it does not end on its way.
	return Token{out.Token, asked.Add(time.Duration(out.Expires)*time.Second - 30*time.Second)}, nil
}
