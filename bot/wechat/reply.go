package wechat

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2/util"
)

// Success is the body that says: taken, nothing to say. It is sent as it is in
// every mode.
const Success = "success"

// MaxText is how many bytes of text one message may have. The platform's own
// limits are 2,048 for pushes and, by report, a little less for answers.
const MaxText = 1800

// Reply returns the body that answers m with text: encrypted if the account
// has an AES key, Success if there is no text. What is beyond MaxText is cut
// off: the caller pages (Pages). The error is that of encrypting with a key
// that Check would refuse.
func Reply(cfg Config, m Message, text string, now time.Time) ([]byte, error) {
	text = clean(text)
	if strings.TrimSpace(text) == "" {
		return []byte(Success), nil
	}
	if len(text) > MaxText {
		text, _ = cut(text, MaxText)
	}
	b := make([]byte, 0, len(text)+len(m.From)+len(m.To)+256)
	b = element(append(b, "<xml>"...), "ToUserName", m.From)
	b = element(b, "FromUserName", m.To)
	b = strconv.AppendInt(append(b, "<CreateTime>"...), now.Unix(), 10)
	b = element(append(b, "</CreateTime>"...), "MsgType", "text")
	b = append(element(b, "Content", text), "</xml>"...)
	if cfg.AESKey == "" {
		return b, nil
	}
	key := cfg.AESKey
	if m.old {
		key = cfg.PreviousAESKey
	}
	return seal(cfg, key, b, now)
}

// seal encrypts an answer, with randomness of its own: the inbound one is not
// used again.
func seal(cfg Config, key string, message []byte, now time.Time) ([]byte, error) {
	var random [24]byte
	rand.Read(random[:]) // never fails
	secret, err := util.EncryptMsg(random[:16], message, cfg.AppID, key)
	if err != nil {
		return nil, fmt.Errorf("encrypt the answer: %w", err)
	}
	stamp := strconv.FormatInt(now.Unix(), 10)
	nonce := strconv.FormatUint(binary.BigEndian.Uint64(random[16:]), 10)
	encrypted := string(secret)
	b := make([]byte, 0, len(encrypted)+256)
	b = element(append(b, "<xml>"...), "Encrypt", encrypted)
	b = element(b, "MsgSignature", signature(cfg.Token, stamp, nonce, encrypted))
	b = append(append(append(b, "<TimeStamp>"...), stamp...), "</TimeStamp>"...)
	return append(element(b, "Nonce", nonce), "</xml>"...), nil
}

// element appends <name><![CDATA[text]]></name>. The end mark of CDATA cannot
// stand inside it and is divided between two.
func element(b []byte, name, text string) []byte {
	b = append(append(append(b, '<'), name...), "><![CDATA["...)
	for {
		i := strings.Index(text, "]]>")
		if i < 0 {
			break
		}
		b = append(append(b, text[:i+2]...), "]]><![CDATA["...)
		text = text[i+2:]
	}
	b = append(append(b, text...), "]]></"...)
	return append(append(b, name...), '>')
}
