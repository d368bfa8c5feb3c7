package wechat

import (
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2/util"
)

const (
	// MaxBody is the largest post that is read, in bytes: far more than any message
	// has.
	MaxBody = 2 << 20
	// Fresh is how far a request's timestamp may be from now: a signed address
	// found in some log is of no use later.
	Fresh = 10 * time.Minute
)

// Refusal is the error of Verify and Open: the request is not the platform's, and
// is not answered but with Status (400 or 403). Reason is for the log and holds
// nothing that was sent.
type Refusal struct {
	Status int
	Reason string
	Stale  bool // the signature is right, and the timestamp is not near this server's clock
}

func (r *Refusal) Error() string { return r.Reason }

func forbidden(reason string) *Refusal { return &Refusal{Status: http.StatusForbidden, Reason: reason} }
func malformed(reason string) *Refusal {
	return &Refusal{Status: http.StatusBadRequest, Reason: reason}
}

// Verify checks the GET by which the platform tries the address out, and
// returns the echostr to be sent back as it is. The error is a *Refusal.
func Verify(cfg Config, query url.Values, now time.Time) (string, error) {
	if err := genuine(cfg, query, now); err != nil {
		return "", err
	}
	echo := query.Get("echostr")
	if echo == "" {
		return "", malformed("no echostr")
	}
	return echo, nil
}

// Open reads a POST and returns its message. With an AES key set it takes
// encrypted posts only, whatever else the body holds; the plain signature does
// not cover the body, so there is no way down. The error is a *Refusal. What the
// platform itself posted is never refused, or the user would see the platform's
// notice of a fault: Message.Odd and Message.Broken say what is wrong with it.
func Open(cfg Config, query url.Values, post io.Reader, now time.Time) (Message, error) {
	if err := genuine(cfg, query, now); err != nil {
		return Message{}, err
	}
	body, err := io.ReadAll(io.LimitReader(post, MaxBody+1))
	switch {
	case err != nil:
		return Message{}, malformed("body not read")
	case len(body) > MaxBody:
		return Message{Odd: "body too large", Broken: true}, nil
	case cfg.AESKey == "":
		return openPlain(cfg, query, string(body), now)
	}
	text, old, err := decrypt(cfg, query, string(body))
	if err != nil {
		return Message{}, err
	}
	m := parse(text, now)
	m.old = old
	if cfg.Account != "" && m.To != cfg.Account && !m.Broken { // the app id has told which account it is
		if m.To != "" {
			m.Odd = "addressed to another account than WECHAT_ACCOUNT"
		} else {
			m.To = cfg.Account
		}
	}
	return fromAddress(m, query), nil
}

// openPlain reads a post of an account without an AES key. Nothing proves that it
// is the platform's but that it looks like it.
func openPlain(cfg Config, query url.Values, body string, now time.Time) (Message, error) {
	if root(body) < 0 {
		return Message{}, malformed(errNoRoot.Error())
	}
	m := parse(body, now)
	if m.From == "" && enclosed(body) != "" {
		return Message{}, malformed("encrypted, but there is no AES key")
	}
	if cfg.Account != "" && m.To != cfg.Account && m.To != "" {
		return Message{}, forbidden("addressed to another account")
	}
	if m.To == "" {
		m.To = cfg.Account
	}
	return fromAddress(m, query), nil
}

// fromAddress compares the sender with the one in the address of the post, if there
// is one. A message of which they differ has none.
func fromAddress(m Message, query url.Values) Message {
	if sender := query.Get("openid"); sender != "" && m.From != "" && sender != m.From && !m.fromPlatform() {
		return Message{Odd: "another sender than the address says", Broken: true}
	}
	return m
}

// genuine checks the signature that every request carries, and its age.
func genuine(cfg Config, query url.Values, now time.Time) error {
	stamp := query.Get("timestamp")
	if cfg.Token == "" || !signed(query.Get("signature"), cfg.Token, stamp, query.Get("nonce")) {
		return forbidden("wrong signature")
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return forbidden("timestamp is not a number")
	}
	// Compared as numbers: a Duration cannot hold every distance.
	if at, fresh := now.Unix(), int64(Fresh/time.Second); seconds < at-fresh || seconds > at+fresh {
		return &Refusal{Status: http.StatusForbidden, Reason: "stale timestamp", Stale: true}
	}
	return nil
}

func signed(sign string, parts ...string) bool {
	return subtle.ConstantTimeCompare([]byte(sign), []byte(signature(parts...))) == 1
}

// signature is the sha1, in hex, of the parts sorted as bytes and joined. It is
// util.Signature without its eight allocations: each message needs three.
func signature(parts ...string) string {
	slices.Sort(parts)
	var room [1024]byte
	b := room[:0]
	for _, part := range parts {
		b = append(b, part...)
	}
	sum := sha1.Sum(b)
	return hex.EncodeToString(sum[:])
}

// decrypt returns what the body encloses, and whether the previous key opened it.
// msg_signature covers the body, so it is checked before anything is decrypted.
func decrypt(cfg Config, query url.Values, body string) (text string, old bool, err error) {
	if query.Get("encrypt_type") != "aes" || query.Get("msg_signature") == "" {
		return "", false, forbidden("not encrypted")
	}
	secret := enclosed(body)
	if secret == "" {
		return "", false, forbidden("no Encrypt element")
	}
	if !signed(query.Get("msg_signature"), cfg.Token, query.Get("timestamp"), query.Get("nonce"), secret) {
		return "", false, forbidden("wrong msg_signature")
	}
	// DecryptMsg checks padding, length and the app id at the end.
	_, plain, err := util.DecryptMsg(cfg.AppID, secret, cfg.AESKey)
	if err != nil && cfg.PreviousAESKey != "" {
		old = true
		_, plain, err = util.DecryptMsg(cfg.AppID, secret, cfg.PreviousAESKey)
	}
	if err != nil { // its text may hold what was sent
		return "", false, forbidden("does not decrypt with this account's key and app id")
	}
	return string(plain), old, nil
}

// enclosed returns the text of a post's Encrypt element, or "". In compatible mode
// other elements stand beside it, among them what a person typed, in front: the
// last one counts. Neither tags nor escapes can be part of what it holds.
func enclosed(body string) string {
	const begin, end = "<Encrypt>", "</Encrypt>"
	i := strings.LastIndex(body, begin)
	if i < 0 {
		return ""
	}
	text, _, ok := strings.Cut(body[i+len(begin):], end)
	if !ok {
		return ""
	}
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, cdataBegin); ok {
		text = strings.TrimSuffix(inner, cdataEnd)
	}
	return strings.TrimSpace(text)
}

// parse reads a decrypted message as far as it can be read.
func parse(text string, now time.Time) Message {
	var b builder
	err := scan(text, &b)
	m := b.message()
	switch {
	case err != nil:
		m.Odd, m.Broken = err.Error(), true
	case m.From == "":
		m.Odd, m.Broken = "no FromUserName", true
	case m.Type == "":
		m.Odd, m.Broken = "no MsgType", true
	case m.At.IsZero():
		m.Odd = "CreateTime is not a time"
	}
	if m.At.IsZero() { // near enough for a repeated delivery to be the same message
		m.At = now.Truncate(time.Minute).UTC()
	}
	return m
}
