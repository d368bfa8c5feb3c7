package wechat

import (
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2/util"
)

const (
	// MaxBody is the largest post that Open takes, in bytes: far more than any
	// message has. Read one byte more, so that Open sees what is too large.
	MaxBody = 64 << 10
	// Fresh is how far a request's timestamp may be from now: a signed address
	// found in some log is of no use later.
	Fresh = 10 * time.Minute
)

// Refusal is the error of Verify and Open: the request is not answered but
// with Status (400, 403 or 413). Reason is for the log and holds nothing that
// was sent.
type Refusal struct {
	Status int
	Reason string
}

func (r *Refusal) Error() string { return r.Reason }

func forbidden(reason string) *Refusal { return &Refusal{http.StatusForbidden, reason} }
func malformed(reason string) *Refusal { return &Refusal{http.StatusBadRequest, reason} }

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

// Open checks a POST and returns its message. With an AES key set it takes
// encrypted posts only, whatever else the body holds; the plain signature does
// not cover the body, so there is no way down. The error is a *Refusal.
func Open(cfg Config, query url.Values, body []byte, now time.Time) (Message, error) {
	if len(body) > MaxBody {
		return Message{}, &Refusal{http.StatusRequestEntityTooLarge, "body too large"}
	}
	if err := genuine(cfg, query, now); err != nil {
		return Message{}, err
	}
	text, old := string(body), false
	if cfg.AESKey != "" {
		var err error
		if text, old, err = decrypt(cfg, query, text); err != nil {
			return Message{}, err
		}
	}
	m, err := parse(text)
	if err != nil {
		return Message{}, malformed(err.Error())
	}
	if cfg.Account != "" && m.To != cfg.Account {
		return Message{}, forbidden("addressed to another account")
	}
	if sender := query.Get("openid"); sender != "" && sender != m.From && !m.fromPlatform() {
		return Message{}, forbidden("another sender than the address says")
	}
	m.old = old
	return m, nil
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
		return forbidden("stale timestamp")
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

// parse reads a decrypted message.
func parse(text string) (Message, error) {
	var b builder
	if err := scan(text, &b); err != nil {
		return Message{}, err
	}
	if b.err != nil {
		return Message{}, b.err
	}
	m := b.message()
	if m.From == "" || m.Type == "" || m.At.IsZero() {
		return Message{}, errors.New("no FromUserName, MsgType or CreateTime")
	}
	return m, nil
}
