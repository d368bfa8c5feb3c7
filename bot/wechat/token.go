package wechat

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// Token is an access token and until when it may be used.
type Token struct {
	Value string
	Until time.Time
}

// tokens holds a token of the platform's, the access token or the ticket of its
// pages; one caller at a time fetches, the others wait for it.
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

// source says where a token comes from: load is asked once, for what the last run
// kept, and save keeps a fresh one. Both may be nil.
type source struct {
	path string
	load func(context.Context) (Token, error)
	ask  func(context.Context) (Token, error)
	save func(context.Context, Token)
}

// token returns an access token that is good for now. What went wrong here went
// wrong before anything was sent, so no outcome is Unknown.
func (c *Client) token(ctx context.Context) (string, error) {
	return c.tokens.get(ctx, c.now, source{stablePath, c.Load, c.fetch, c.Save})
}

// get returns the token, from where it comes if none is good now.
func (t *tokens) get(ctx context.Context, clock func() time.Time, from source) (string, error) {
	for {
		t.mu.Lock()
		now := clock()
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
			return t.lead(ctx, clock, from, f)
		}
		t.mu.Unlock()
		select {
		case <-ctx.Done():
			return "", &uncertain{from.path, Backoff, ctx.Err()}
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
func (t *tokens) lead(ctx context.Context, clock func() time.Time, from source, f *fetch) (string, error) {
	f.err = errors.New("fetching the token was cut short")
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if f.err == nil {
			t.token = f.token
		}
		t.alarm = nil
		switch e := (*Error)(nil); {
		case ClassOf(f.err) == Alarm:
			t.alarm, t.quiet = f.err, clock().Add(time.Minute)
		case errors.As(f.err, &e) && e.Rule().Reach == TokenCalls: // too many were asked for
			t.alarm, t.quiet = f.err, clock().Add(tokenQuiet)
		}
		t.fetch = nil
		close(f.done)
	}()
	f.token, f.err = t.stored(ctx, clock, from.load)
	if f.err == nil && f.token.Value != "" {
		return f.token.Value, nil
	}
	f.token, f.err = from.ask(ctx)
	if f.err == nil && from.save != nil {
		from.save(ctx, f.token)
	}
	return f.token.Value, f.err
}

// stored returns the token of the last run, once, if it is still good. One
// that cannot be loaded is fetched.
func (t *tokens) stored(ctx context.Context, clock func() time.Time, load func(context.Context) (Token, error)) (Token, error) {
	t.mu.Lock()
	first := !t.loaded
	t.loaded = true
	t.mu.Unlock()
	if !first || load == nil {
		return Token{}, nil
	}
	token, err := load(ctx)
	if err != nil || !clock().Before(token.Until) {
		return Token{}, nil
	}
	return token, nil
}

// tokenQuiet is how long no token is asked for after the platform said that there
// were too many calls for one.
const tokenQuiet = 10 * time.Minute

const stablePath = "/cgi-bin/stable_token"

// fetch asks for the stable token: asking again returns the same one, so two
// processes do not take it from each other.
func (c *Client) fetch(ctx context.Context) (Token, error) {
	if c.Config.TokenURL != "" {
		return c.borrow(ctx)
	}
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
	return Token{out.Token, until(asked, out.Expires)}, nil
}

// borrow asks the server in front for its token. The call is signed as the platform
// signs its own: sha1 of the Token, the timestamp and the nonce.
func (c *Client) borrow(ctx context.Context) (Token, error) {
	const call = "the token of the server in front"
	address, err := url.Parse(c.Config.TokenURL)
	if err != nil {
		return Token{}, &uncertain{call, Alarm, errors.New("no address")}
	}
	asked := c.now()
	stamp, nonce := strconv.FormatInt(asked.Unix(), 10), rand.Text()
	q := address.Query()
	q.Set("timestamp", stamp)
	q.Set("nonce", nonce)
	q.Set("signature", signature(c.Config.Token, stamp, nonce))
	address.RawQuery = q.Encode()
	var out struct {
		Token   string `json:"access_token"`
		Expires int64  `json:"expires_in"`
	}
	if err := c.get(ctx, call, address.String(), &out); err != nil {
		return Token{}, err
	}
	if out.Token == "" {
		return Token{}, &uncertain{call, Backoff, errors.New("no token in the answer")}
	}
	return Token{out.Token, until(asked, out.Expires)}, nil
}

// until is when a token ends that was asked for at an instant and is good for so
// many seconds: half a minute early, so that it does not end on its way.
func until(asked time.Time, seconds int64) time.Time {
	return asked.Add(time.Duration(seconds)*time.Second - 30*time.Second)
}
