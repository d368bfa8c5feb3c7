// Package wechat speaks the protocol of a WeChat official account: it checks
// and decrypts what the platform posts (Verify, Open), writes the passive
// answer (Reply), and calls the platform's API (Client). It knows no villages
// and holds no words for people.
//
// The encryption of the webhook is that of silenceper/wechat/v2 (its util
// package, of which we use nothing that keeps state). Its API calls are not used: they can be
// pointed at another base address, and given a time limit, only through two
// variables of the whole process, take no context, and put the access token
// and now and then the secret into their errors. Client has none of that.
package wechat

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// API is the platform's own base address, used where Config.API is empty.
const API = "https://api.weixin.qq.com"

// Config is what an account and its webhook are set up with. The zero value of
// a field that is not used is fine; Check says which combination is not.
type Config struct {
	AppID          string
	Secret         string // for the API only: an account without it can still answer
	Token          string // 3 to 32 letters and digits, shared with the platform
	AESKey         string // 43 characters; when set, only encrypted posts are taken (safe mode)
	PreviousAESKey string // still accepted while a new key spreads; it answers what it opened
	Account        string // the original id, gh_…; when set, plain posts to another account are refused
	API            string // base address of the platform's API; empty means API
	TokenURL       string // where access tokens are asked for, if not of the platform: the server in front has them
}

// Check returns one clear line on the first setting that cannot work, or nil.
// It never repeats a secret.
func (c Config) Check() error {
	switch {
	case c.Token == "":
		return errors.New("the webhook's token is empty: without it anybody could post")
	case len(c.Token) < 3 || len(c.Token) > 32 || !only(c.Token, ""):
		return fmt.Errorf("the webhook's token must be 3 to 32 letters and digits, it has %d characters", len(c.Token))
	}
	for _, k := range []struct{ name, key string }{{"AES key", c.AESKey}, {"previous AES key", c.PreviousAESKey}} {
		if k.key != "" && len(k.key) != 43 {
			return fmt.Errorf("the %s must be 43 characters, it has %d", k.name, len(k.key))
		}
		if !only(k.key, "+/") {
			return fmt.Errorf("the %s holds a character that is neither a letter nor a digit", k.name)
		}
	}
	if c.AESKey == "" && c.PreviousAESKey != "" {
		return errors.New("a previous AES key is set, but no AES key")
	}
	if c.AESKey != "" && c.AppID == "" {
		return errors.New("an AES key is set, but no app id: encrypted posts are checked against it")
	}
	if c.Account != "" && (!strings.HasPrefix(c.Account, "gh_") || !only(c.Account, "_")) {
		return errors.New("the account's original id must begin with gh_: it stands in the console, under the account's details")
	}
	if u, err := url.Parse(c.api()); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("the API address must begin with http:// or https:// and name a host")
	}
	if c.TokenURL != "" {
		if u, err := url.Parse(c.TokenURL); err != nil || u.Host == "" || u.Scheme != "https" && !local(u.Hostname()) {
			return errors.New("the address of the access token must begin with https://")
		}
	}
	return nil
}

// local reports whether a host is this machine, where nobody listens on the way.
func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Calls reports whether the API can be called: with a secret, or with tokens of the
// server in front.
func (c Config) Calls() bool { return c.Secret != "" || c.TokenURL != "" }

// ForwardPath is the part of the webhook's address that only those know who have the
// account's Token: the server in front posts there.
func (c Config) ForwardPath() string {
	h := hmac.New(sha256.New, []byte(c.Token))
	h.Write([]byte("xintiexin forwarded posts"))
	return hex.EncodeToString(h.Sum(nil))[:32]
}

func (c Config) api() string {
	if c.API == "" {
		return API
	}
	return strings.TrimRight(c.API, "/")
}

// only reports whether s is made of ASCII letters, digits and the bytes in more.
func only(s, more string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte(more, c) >= 0) {
			return false
		}
	}
	return true
}
