package wechat

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/silenceper/wechat/v2/util"
)

// The vectors of the reference: the platform's own signatures, and one message
// encrypted by two independent implementations.
const (
	vectorStamp  = "1714036504"
	vectorNonce  = "1514711492"
	vectorSecret = "Q3stYC6hdFzMh9T8HCvyDMwQK6xyeRZ7UnuZsYfP7/6Yf0piNuk7kxZYuxJFeZQQ6WWSSAGv9ZFJIKURndrGs2FWSuGKbKoh+jFCL+nhblympfCTiydWkLInGji0C1OF"
)

var (
	vectorNow = time.Unix(1714036504, 0)
	safe      = Config{AppID: "wx1234567890abcdef", Token: "AAAAA", AESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"}
	clear     = Config{AppID: "wx1234567890abcdef", Token: "AAAAA"}
)

func signedQuery(token string, now time.Time, more ...string) url.Values {
	stamp := fmt.Sprint(now.Unix())
	q := url.Values{"timestamp": {stamp}, "nonce": {vectorNonce}, "signature": {util.Signature(token, stamp, vectorNonce)}}
	for i := 0; i < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return q
}

// encrypted is a post as the platform makes it.
func encrypted(t testing.TB, cfg Config, message string, now time.Time) (url.Values, []byte) {
	t.Helper()
	secret, err := util.EncryptMsg([]byte("0123456789abcdef"), []byte(message), cfg.AppID, cfg.AESKey)
	if err != nil {
		t.Fatal(err)
	}
	q := signedQuery(cfg.Token, now, "encrypt_type", "aes",
		"msg_signature", util.Signature(cfg.Token, fmt.Sprint(now.Unix()), vectorNonce, string(secret)))
	return q, []byte("<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[" + string(secret) + "]]></Encrypt></xml>")
}

func TestSignatureVectors(t *testing.T) {
	for _, v := range [][3]string{
		{vectorStamp, vectorNonce, "f464b24fc39322e44b38aa78f5edd27bd1441696"},
		{"1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78"},
	} {
		q := url.Values{"timestamp": {v[0]}, "nonce": {v[1]}, "signature": {v[2]}, "echostr": {"4375120948345356249"}}
		if echo, err := Verify(clear, q, vectorNow); err != nil || echo != "4375120948345356249" {
			t.Errorf("Verify(%v) = %q, %v", v, echo, err)
		}
	}
}

func TestDecryptVector(t *testing.T) {
	q := signedQuery("AAAAA", vectorNow, "encrypt_type", "aes", "msg_signature", "3d0a45361f21e5ac8ddd4d7761968c579e2f9919")
	text, old, err := decrypt(safe, q, "<xml><Encrypt><![CDATA["+vectorSecret+"]]></Encrypt></xml>")
	if want := "<xml><Content><![CDATA[你好]]></Content></xml>"; text != want || old || err != nil {
		t.Errorf("decrypt = %q, %v, %v; want %q", text, old, err, want)
	}
}

// TestJSSignature is the example of the platform's own page.
func TestJSSignature(t *testing.T) {
	got := JSSignature("sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg", "Wm3WZYTPz0wzccnW", 1414587457, "http://mp.weixin.qq.com?params=value")
	if want := "0f9de62fce790f9a083d5c99e95740ceb90c27ed"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestVerifyRefuses(t *testing.T) {
	ok := signedQuery("AAAAA", vectorNow, "echostr", "1")
	for _, test := range []struct {
		name   string
		cfg    Config
		query  url.Values
		now    time.Time
		status int
	}{
		{"a request without parameters", clear, url.Values{}, vectorNow, 403},
		{"another token's signature", Config{Token: "BBBBB"}, ok, vectorNow, 403},
		{"an account without a token", Config{}, signedQuery("", vectorNow, "echostr", "1"), vectorNow, 403},
		{"a stamp of eleven minutes ago", clear, ok, vectorNow.Add(11 * time.Minute), 403},
		{"a stamp of eleven minutes ahead", clear, ok, vectorNow.Add(-11 * time.Minute), 403},
		{"a stamp in milliseconds", clear, signedQuery("AAAAA", time.Unix(1714036504000, 0), "echostr", "1"), vectorNow, 403},
		{"no echostr", clear, signedQuery("AAAAA", vectorNow), vectorNow, 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Verify(test.cfg, test.query, test.now)
			wantRefusal(t, err, test.status)
		})
	}
	if _, err := Verify(clear, ok, vectorNow.Add(9*time.Minute)); err != nil {
		t.Errorf("nine minutes old: %v", err)
	}
}

func wantRefusal(t *testing.T, err error, status int) {
	t.Helper()
	var r *Refusal
	if !errors.As(err, &r) || r.Status != status {
		t.Errorf("got %v, want a refusal with %d", err, status)
	}
}

const hello = `<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName><CreateTime>1714036504</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[hello]]></Content><MsgId>5</MsgId></xml>`

func TestOpenRefuses(t *testing.T) {
	q, body := encrypted(t, safe, hello, vectorNow)
	without := func(name string) url.Values {
		c := url.Values{}
		for k, v := range q {
			c[k] = v
		}
		c.Del(name)
		return c
	}
	foreign := safe
	foreign.AppID = "wxother"
	fq, fbody := encrypted(t, foreign, hello, vectorNow)
	account := clear
	account.Account = "gh_2"
	keyless := safe
	keyless.AESKey = "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba"
	tampered := []byte(strings.Replace(string(body), "CDATA[", "CDATA[A", 2))
	for _, test := range []struct {
		name   string
		cfg    Config
		query  url.Values
		body   []byte
		now    time.Time
		status int
	}{
		{"a plain post in safe mode", safe, signedQuery("AAAAA", vectorNow), []byte(hello), vectorNow, 403},
		{"safe mode without encrypt_type", safe, without("encrypt_type"), body, vectorNow, 403},
		{"safe mode without msg_signature", safe, without("msg_signature"), body, vectorNow, 403},
		{"a plain body under an encrypted post's signature", safe, q, []byte(hello), vectorNow, 403},
		{"no signature", safe, without("signature"), body, vectorNow, 403},
		{"a changed body", safe, q, tampered, vectorNow, 403},
		{"a stale post", safe, q, body, vectorNow.Add(time.Hour), 403},
		{"another app's suffix", safe, fq, fbody, vectorNow, 403},
		{"another key", keyless, q, body, vectorNow, 403},
		{"broken XML outside", safe, q, []byte("<xml><Encr"), vectorNow, 403},
		{"another account's plain message", account, signedQuery("AAAAA", vectorNow), []byte(hello), vectorNow, 403},
		{"an encrypted post to an account without a key", clear, q, body, vectorNow, 400},
		{"JSON", clear, signedQuery("AAAAA", vectorNow), []byte(`{"a":1}`), vectorNow, 400},
		{"an empty body", clear, signedQuery("AAAAA", vectorNow), nil, vectorNow, 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Open(test.cfg, test.query, bytes.NewReader(test.body), test.now)
			wantRefusal(t, err, test.status)
		})
	}
}

// TestOpenTakes: what the platform itself posted is taken, whatever it is.
func TestOpenTakes(t *testing.T) {
	account := safe
	account.Account = "gh_2"
	change := func(old, new string) string { return strings.Replace(hello, old, new, 1) }
	minute := vectorNow.Truncate(time.Minute)
	for _, test := range []struct {
		name, post string
		cfg        Config
		holds      func(m Message) bool
	}{
		{"broken XML", "<xml><FromUserName>o1", safe, func(m Message) bool { return m.Broken }},
		{"broken XML behind the sender", "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><", safe,
			func(m Message) bool { return m.Broken && m.From == "o1" && m.To == "gh_1" }},
		{"nothing", "", safe, func(m Message) bool { return m.Broken }},
		{"no sender", change("<FromUserName><![CDATA[o1]]></FromUserName>", ""), safe, func(m Message) bool { return m.Broken }},
		{"no kind", change("<MsgType><![CDATA[text]]></MsgType>", ""), safe, func(m Message) bool { return m.Broken && m.From == "o1" }},
		{"no time", change("<CreateTime>1714036504</CreateTime>", ""), safe,
			func(m Message) bool { return !m.Broken && m.Odd != "" && m.At.Equal(minute) && m.Content == "hello" }},
		{"a time that is none", change("1714036504", "99999999999999999"), safe,
			func(m Message) bool { return !m.Broken && m.Odd != "" && m.At.Equal(minute) }},
		{"milliseconds", change("1714036504", "1714036504123"), safe,
			func(m Message) bool { return m.Odd == "" && m.At.Equal(vectorNow) }},
		{"no receiver", change("<ToUserName><![CDATA[gh_1]]></ToUserName>", ""), account,
			func(m Message) bool { return m.Odd == "" && m.To == "gh_2" && m.Content == "hello" }},
		{"another receiver, while the app id is ours", hello, account,
			func(m Message) bool { return m.Odd != "" && !m.Broken && m.To == "gh_1" && m.Content == "hello" }},
		{"a megabyte", change("hello", strings.Repeat("好", 1<<20/3)), safe,
			func(m Message) bool { return m.Odd == "" && len(m.Content) == 1<<20/3*3 }},
		{"two megabytes", change("hello", strings.Repeat("a", MaxBody)), safe, func(m Message) bool { return m.Broken && m.From == "" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			q, body := encrypted(t, test.cfg, test.post, vectorNow)
			m, err := Open(test.cfg, q, bytes.NewReader(body), vectorNow)
			if err != nil || !test.holds(m) || strings.Contains(m.Odd, "hello") {
				t.Errorf("%.300v, %v", fmt.Sprintf("%+v", m), err)
			}
		})
	}
}

// TestKeys: each message has a key of its own, whatever its id is.
func TestKeys(t *testing.T) {
	seen := map[string]string{}
	for _, post := range []string{
		hello,
		strings.Replace(hello, "[o1]", "[o2]", 1), // the same id, of another sender
		strings.Replace(hello, "<MsgId>5", "<MsgId>18446744073709551614", 1),
		strings.Replace(hello, "<MsgId>5", "<MsgId>18446744073709551615", 1),
		strings.Replace(hello, "<MsgId>5", "<MsgId>x-5", 1),
		strings.Replace(hello, "<MsgId>5", "<MsgId>", 1),
		strings.Replace(strings.Replace(hello, "<MsgId>5", "<MsgId>0", 1), "hello", "good day", 1),
		strings.Replace(strings.Replace(hello, "<MsgId>5", "<MsgId>", 1), "[text]", "[image]", 1),
	} {
		m, again := parse(post, vectorNow), parse(post, vectorNow)
		if m.Key() != again.Key() {
			t.Errorf("%s: %q, then %q", post, m.Key(), again.Key())
		}
		if other, ok := seen[m.Key()]; ok {
			t.Errorf("%q is the key of\n%s\n%s", m.Key(), other, post)
		}
		seen[m.Key()] = post
	}
}

func TestOpenAndReply(t *testing.T) {
	old := safe
	rotated := safe
	rotated.AESKey, rotated.PreviousAESKey = "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba", safe.AESKey
	for _, test := range []struct {
		name      string
		cfg, from Config
	}{
		{"safe mode", safe, safe},
		{"a key that has just been changed answers with the old one", rotated, old},
		{"the new key answers with the new one", rotated, rotated},
	} {
		t.Run(test.name, func(t *testing.T) {
			q, body := encrypted(t, test.from, hello, vectorNow)
			m, err := Open(test.cfg, q, bytes.NewReader(body), vectorNow)
			if err != nil {
				t.Fatal(err)
			}
			if m.From != "o1" || m.To != "gh_1" || m.Content != "hello" || m.MsgID != "5" || !m.At.Equal(vectorNow) || m.Key() != "o1|5" {
				t.Errorf("Open = %+v", m)
			}
			first, err := Reply(test.cfg, m, "a]]>b]]", vectorNow)
			if err != nil {
				t.Fatal(err)
			}
			second, _ := Reply(test.cfg, m, "a]]>b]]", vectorNow)
			if string(first) == string(second) {
				t.Error("two answers alike: the randomness is not fresh")
			}
			var e struct {
				Encrypt, MsgSignature, TimeStamp, Nonce string
			}
			if err := xml.Unmarshal(first, &e); err != nil {
				t.Fatal(err)
			}
			if util.Signature("AAAAA", e.TimeStamp, e.Nonce, e.Encrypt) != e.MsgSignature {
				t.Error("wrong MsgSignature")
			}
			_, plain, err := util.DecryptMsg(test.from.AppID, e.Encrypt, test.from.AESKey)
			if err != nil {
				t.Fatal(err)
			}
			wantReply(t, plain, "a]]>b]]")
		})
	}
}

func wantReply(t *testing.T, body []byte, content string) {
	t.Helper()
	var r struct {
		ToUserName, FromUserName, MsgType, Content string
		CreateTime                                 int64
	}
	if err := xml.Unmarshal(body, &r); err != nil {
		t.Fatal(err)
	}
	if r.ToUserName != "o1" || r.FromUserName != "gh_1" || r.MsgType != "text" || r.CreateTime != 1714036504 || r.Content != content {
		t.Errorf("reply %+v, want content %q", r, content)
	}
}

func TestReplyPlain(t *testing.T) {
	m := Message{From: "o1", To: "gh_1"}
	for _, empty := range []string{"", " \n", "\x00"} {
		if b, err := Reply(safe, m, empty, vectorNow); string(b) != Success || err != nil {
			t.Errorf("Reply(%q) = %s, %v", empty, b, err)
		}
	}
	b, err := Reply(clear, m, "你\x07好\r\n<a>", vectorNow)
	if err != nil {
		t.Fatal(err)
	}
	wantReply(t, b, "你好\n<a>")
	b, _ = Reply(clear, m, strings.Repeat("好", 1000), vectorNow)
	wantReply(t, b, strings.Repeat("好", 600))
}

func TestParseFixtures(t *testing.T) {
	at := time.Unix(1714036504, 0).UTC()
	event := func(m Message) Message {
		m.To, m.From, m.At, m.Type = "gh_0123456789ab", "oABC", at, "event"
		return m
	}
	for file, want := range map[string]Message{
		"text.xml": {To: "gh_0123456789ab", From: "oABCDEFGHIJKLMNOPQRSTUVWXYZ1", At: at, Type: "text",
			Content: "走访 王桂英 <b>&amp;", MsgID: "24534412345678901", Tapped: true, MenuID: 4294967295},
		"voice.xml": {To: "gh_0123456789ab", From: "oABC", At: at, Type: "voice",
			MediaID: "m8", MediaID16K: "m16", Format: "amr", MsgID: "7"},
		"location.xml": {To: "gh_0123456789ab", From: "oABC", At: at, Type: "location", MsgID: "8",
			Location: Location{35.19, 117.45, 20, "北庄"}},
		"subscribe.xml": event(Message{Event: "subscribe", EventKey: "qrscene_8842", Ticket: "gQH"}),
		"finish.xml":    event(Message{Event: "templatesendjobfinish", TemplateMsgID: 4032112345678901, Status: "failed:user block"}),
		"popup.xml": event(Message{Event: "subscribe_msg_popup_event", Subscriptions: []Subscription{
			{TemplateID: "A&1", Status: "accept", Scene: "2"}, {TemplateID: "B", Status: "reject", Scene: "1"}}}),
	} {
		t.Run(file, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join("testdata", file))
			if err != nil {
				t.Fatal(err)
			}
			m := parse(string(b), vectorNow)
			if !reflect.DeepEqual(m, want) {
				t.Errorf("parse = %+v\nwant    %+v", m, want)
			}
		})
	}
}

func TestMessageParts(t *testing.T) {
	const head = `<xml><ToUserName>g</ToUserName><FromUserName>o1</FromUserName><CreateTime>1</CreateTime>`
	for _, test := range []struct {
		name, xml string
		holds     func(m Message) bool
	}{
		{"a menu id that is no number is a tap all the same", `<MsgType>text</MsgType><Content>x</Content><bizmsgmenuid>abc</bizmsgmenuid>`,
			func(m Message) bool { return m.Tapped && m.MenuID == 0 && m.Content == "x" }},
		{"a menu id beyond 32 bits too", `<MsgType>text</MsgType><bizmsgmenuid>4294967296</bizmsgmenuid>`,
			func(m Message) bool { return m.Tapped && m.MenuID == 0 }},
		{"typed words are no tap", `<MsgType>text</MsgType><Content>x</Content>`,
			func(m Message) bool { return !m.Tapped }},
		{"a control character does not lose the message", "<MsgType>text</MsgType><Content><![CDATA[a\x02b\xffc]]></Content>",
			func(m Message) bool { return m.Content == "abc" }},
		{"CDATA in two parts", "<MsgType>text</MsgType><Content><![CDATA[a]]]]><![CDATA[>b]]></Content>",
			func(m Message) bool { return m.Content == "a]]>b" }},
		{"attributes and comments are passed over", `<MsgType a="1">text</MsgType><!-- x --><Content>1</Content>`,
			func(m Message) bool { return m.Content == "1" && m.Type == "text" }},
		{"an unknown event is a message", `<MsgType>event</MsgType><Event>NEW_Thing</Event><New><A><B>1</B></A></New>`,
			func(m Message) bool { return m.Event == "new_thing" && m.Key() == "o1|1|new_thing|" }},
		{"two notices that finish in one second have two keys", `<MsgType>event</MsgType><Event>TEMPLATESENDJOBFINISH</Event><MsgID>9</MsgID><Status>success</Status>`,
			func(m Message) bool {
				return m.Key() == "o1|1|templatesendjobfinish|9|" && m.Delivered() && !m.Blocked()
			}},
		{"a follower's scan has the bare scene", `<MsgType>event</MsgType><Event>SCAN</Event><EventKey>77</EventKey>`,
			func(m Message) bool { return m.Scene() == "77" }},
		{"a new follower's scene has a prefix", `<MsgType>event</MsgType><Event>subscribe</Event><EventKey>qrscene_77</EventKey>`,
			func(m Message) bool { return m.Scene() == "77" }},
		{"following without a code has no scene", `<MsgType>event</MsgType><Event>subscribe</Event><EventKey></EventKey>`,
			func(m Message) bool { return m.Scene() == "" }},
		{"the change event under its own wrapper", `<MsgType>event</MsgType><Event>subscribe_msg_change_event</Event><SubscribeMsgChangeEvent><List><TemplateId>A</TemplateId><SubscribeStatusString>reject</SubscribeStatusString></List></SubscribeMsgChangeEvent>`,
			func(m Message) bool { return len(m.Subscriptions) == 1 && m.Subscriptions[0].Status == "reject" }},
		{"what a QR scan read", `<MsgType>event</MsgType><Event>scancode_push</Event><ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>r</ScanResult></ScanCodeInfo>`,
			func(m Message) bool { return m.ScanResult == "r" }},
		{"a picked place", `<MsgType>event</MsgType><Event>location_select</Event><SendLocationInfo><Location_X>1.5</Location_X><Label>l</Label></SendLocationInfo>`,
			func(m Message) bool { return m.Location.Latitude == 1.5 && m.Location.Label == "l" }},
		{"what stands behind the root is passed over", `<MsgType>text</MsgType></xml><MsgId>5</MsgId>`,
			func(m Message) bool { return m.Type == "text" && m.MsgID == "" }},
		{"an entity that is not known stays as it is", `<MsgType>text</MsgType><Content>a&foo;&lt;b</Content>`,
			func(m Message) bool { return m.Content == "a&foo;<b" }},
		{"a document type has no effect", `<MsgType>text</MsgType><Content>1</Content><!DOCTYPE x SYSTEM "file:///x">`,
			func(m Message) bool { return m.Content == "1" }},
		{"the first of two elements counts", `<MsgType>text</MsgType><MsgType>event</MsgType><FromUserName>o2</FromUserName><MsgId>1</MsgId><MsgId>2</MsgId>`,
			func(m Message) bool { return m.Type == "text" && m.From == "o1" && m.MsgID == "1" }},
		{"who sent it is not looked for behind words", `<MsgType>text</MsgType><Content>1</Content><Event>unsubscribe</Event>`,
			func(m Message) bool { return m.Event == "" }},
		{"a tag inside words is words", `<MsgType>text</MsgType><Content>a<b/>c</Content>`,
			func(m Message) bool { return m.Content == "a<b/>c" }},
		{"very deep nesting is passed over", `<MsgType>text</MsgType>` + strings.Repeat("<a>", maxDepth) + strings.Repeat("</a>", maxDepth),
			func(m Message) bool { return m.Type == "text" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := parse(head+test.xml+"</xml>", vectorNow)
			if m.Odd != "" || !test.holds(m) {
				t.Errorf("%+v", m)
			}
		})
	}
	for _, bad := range []string{"", "<xml>", "<xml></xml>", "<xml><A></B></xml>", "<yml></yml>", "<xml/><xml/>", head + "</xml>", head + "<MsgType>text</MsgType><Content>", head + "<MsgType>text</MsgType><A><B></A>"} {
		if m := parse(bad, vectorNow); !m.Broken || m.Odd == "" || m.At.IsZero() {
			t.Errorf("parse(%q) = %+v", bad, m)
		}
	}
}

func TestConfigCheck(t *testing.T) {
	key := safe.AESKey
	for _, test := range []struct {
		name string
		cfg  Config
		says string // "" if all is well
	}{
		{"safe mode", safe, ""},
		{"plain mode", Config{Token: "abc"}, ""},
		{"a fake's address", Config{Token: "abc", API: "http://127.0.0.1:1/"}, ""},
		{"no token", Config{}, "empty"},
		{"a short token", Config{Token: "ab"}, "3 to 32"},
		{"a long token", Config{Token: strings.Repeat("a", 33)}, "3 to 32"},
		{"a token with a sign", Config{Token: "abc-def"}, "letters and digits"},
		{"a key of 42", Config{Token: "abc", AppID: "a", AESKey: key[:42]}, "43"},
		{"a key with a space", Config{Token: "abc", AppID: "a", AESKey: key[:42] + " "}, "character"},
		{"a short previous key", Config{Token: "abc", AppID: "a", AESKey: key, PreviousAESKey: "x"}, "previous"},
		{"a key without an app", Config{Token: "abc", AESKey: key}, "app id"},
		{"an original id", Config{Token: "abc", Account: "gh_0123456789ab"}, ""},
		{"another kind of id", Config{Token: "abc", Account: "wx0123456789ab"}, "gh_"},
		{"an original id with a space", Config{Token: "abc", Account: "gh_01 "}, "gh_"},
		{"an address without scheme", Config{Token: "abc", API: "api.example"}, "address"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.cfg.Check()
			if (err == nil) != (test.says == "") || err != nil && (!strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "\n")) {
				t.Errorf("Check() = %v, want %q", err, test.says)
			}
		})
	}
}

func TestTap(t *testing.T) {
	want := `<a href="weixin://bizmsgmenu?msgmenucontent=1%20%E6%98%AF%26%22%3C&msgmenuid=7">是＜＆</a>`
	if got := Tap("是<&", `1 是&"<`, 7); got != want {
		t.Errorf("Tap = %s, want %s", got, want)
	}
}

func TestPages(t *testing.T) {
	link := Tap("好", "1 好", 1)
	for _, test := range []struct {
		name   string
		blocks []string
		limit  int
		want   []string
	}{
		{"nothing", nil, 10, nil},
		{"what fits stays together", []string{"ab", "cd"}, 5, []string{"ab\ncd"}},
		{"a block that does not fit begins a page", []string{"ab", "cd"}, 4, []string{"ab", "cd"}},
		{"a long block is cut between characters", []string{"你好吗"}, 7, []string{"你好", "吗"}},
		{"or at a line's end", []string{"abcd\nefgh"}, 8, []string{"abcd", "efgh"}},
		{"the rest of a long block shares its page", []string{"abcdef", "g"}, 4, []string{"abcd", "ef\ng"}},
		{"a link is not divided", []string{"abc" + link}, len(link) + 2, []string{"abc", link}},
		{"a link longer than a page is its label", []string{link}, 5, []string{"好"}},
		{"a page smaller than a character holds one", []string{"好好"}, 1, []string{"好", "好"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Pages(test.blocks, test.limit); !reflect.DeepEqual(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func FuzzPages(f *testing.F) {
	f.Add("你好\n"+Tap("a", "b", 1), "x<a >", 20)
	f.Fuzz(func(t *testing.T, a, b string, limit int) {
		if limit < 4 || limit > 3000 {
			return
		}
		for _, p := range Pages([]string{a, b}, limit) {
			if len(p) > limit || p == "" || utf8.ValidString(a) && utf8.ValidString(b) && !utf8.ValidString(p) {
				t.Fatalf("page %q of limit %d", p, limit)
			}
		}
	})
}

func TestTemplateValues(t *testing.T) {
	for _, test := range []struct {
		key, value, fit string // fit == value: valid as it is
	}{
		{"thing1", "您约的时间到了", "您约的时间到了"},
		{"thing1", strings.Repeat("好", 21), strings.Repeat("好", 20)},
		{"thing2", "行\n二 😀①", "行 二"},
		{"thing3", "①", ""},
		{"character_string1", "A-1", "A-1"},
		{"character_string1", "号A1", "A1"},
		{"number1", "12.5", "12.5"},
		{"number1", "十二", ""},
		{"time4", "15:01", "15:01"},
		{"time4", "2019年10月1日 15:01", "2019年10月1日 15:01"},
		{"time4", "2023-09-05 12:51:14", "2023-09-05 12:51:14"},
		{"time4", "2019年10月1日 15:01~2019年10月1日 16:00", "2019年10月1日 15:01~2019年10月1日 16:00"},
		{"time4", "25:00", ""},
		{"time4", "明天上午", ""},
		{"date1", "2026年11月24日", "2026年11月24日"},
		{"date1", "15:01", ""},
		{"amount1", "¥100.5", "¥100.5"},
		{"amount1", "12345678901", ""},
		{"phone_number1", "0632-1234567", "0632-1234567"},
		{"car_number1", "鲁D12345", "鲁D12345"},
		{"name1", "欧阳娜娜", "欧阳娜娜"},
		{"name1", "Ann Marie Smith", "Ann Marie Smith"},
		{"name1", "王Ann Marie Smith", "王Ann Marie"},
		{"phrase1", "已预约", "已预约"},
		{"phrase1", "已预约OK", "已预约"},
		{"symbol1", "！", "！"},
		{"first", "x", ""},
	} {
		t.Run(test.key+" "+test.value, func(t *testing.T) {
			if got := Fit(test.key, test.value); got != test.fit {
				t.Errorf("Fit = %q, want %q", got, test.fit)
			}
			err := ValidTemplateValue(test.key, test.value)
			if (err == nil) != (test.fit == test.value) {
				t.Errorf("ValidTemplateValue: %v", err)
			}
			if err != nil && len(test.value) > 3 && strings.Contains(err.Error(), test.value) {
				t.Errorf("the error repeats the value: %v", err)
			}
		})
	}
	if err := ValidTemplateValue("thing1", " "); err == nil {
		t.Error("an empty value is valid")
	}
}

// Whatever it is, it is read without a panic, and what encoding/xml reads alike
// too: documents with one element of a name and none that a person types.
func FuzzXML(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.xml")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Add("<xml><a>]]></a></xml>")
	f.Add("<xml><a>x<b/>&lt;\r\n</a ></xml>\uFFFF")
	f.Add("<xml><FromUserName a='>'>o<!-- x --><![CDATA[1]]>2</FromUserName><MsgType>&amp;&lt;</MsgType></xml>")
	f.Fuzz(func(t *testing.T, s string) {
		var b builder
		if err := scan(s, &b); err == nil {
			compare(t, s, b.message())
		}
		m := parse(s, vectorNow)
		m.Key()
		m.Scene()
	})
}

func compare(t *testing.T, s string, m Message) {
	if strings.ContainsAny(s, "'\":") || strings.Contains(s, "&#") || !plain(s) { // attributes with > in them, name spaces
		return
	}
	for _, name := range typedNames {
		if strings.Contains(s, name) {
			return
		}
	}
	var w struct {
		FromUserName []string
		MsgType      []string
	}
	if err := xml.Unmarshal([]byte(s), &w); err != nil {
		return
	}
	if len(w.FromUserName) == 1 && m.From != "" && w.FromUserName[0] != m.From {
		t.Fatalf("FromUserName %q, encoding/xml has %q", m.From, w.FromUserName[0])
	}
	if len(w.MsgType) == 1 && m.Type != "" && w.MsgType[0] != m.Type {
		t.Fatalf("MsgType %q, encoding/xml has %q", m.Type, w.MsgType[0])
	}
}

// Whatever is inside, Open refuses or returns a message that can be answered.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(hello), false)
	f.Add([]byte("0123456789abcdef\x00\x00\x00\x05hello"), true)
	f.Add([]byte(vectorSecret), true)
	f.Fuzz(func(t *testing.T, b []byte, outside bool) {
		q, body := encrypted(t, safe, string(b), vectorNow)
		if outside { // b is the ciphertext itself
			body = []byte("<xml><Encrypt><![CDATA[" + string(b) + "]]></Encrypt></xml>")
			q.Set("msg_signature", util.Signature("AAAAA", vectorStamp, vectorNonce, string(b)))
		}
		m, err := Open(safe, q, bytes.NewReader(body), vectorNow)
		if err != nil {
			var r *Refusal
			if !errors.As(err, &r) {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		if outside {
			return
		}
		if _, err := Reply(safe, m, m.Content+"x", vectorNow); err != nil {
			t.Fatal(err)
		}
	})
}

// One encrypted message in, one encrypted answer out, as at the webhook.
func BenchmarkOpenReply(b *testing.B) {
	text, err := os.ReadFile("testdata/text.xml")
	if err != nil {
		b.Fatal(err)
	}
	cfg := safe
	q, body := encrypted(b, cfg, string(text), vectorNow)
	answer := strings.Repeat("走访了谁?\n", 10)
	b.ReportAllocs()
	for b.Loop() {
		m, err := Open(cfg, q, bytes.NewReader(body), vectorNow)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Reply(cfg, m, answer, vectorNow); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzSignature(f *testing.F) {
	f.Add("AAAAA", vectorStamp, vectorNonce, vectorSecret)
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		if got, want := signature(a, b, c, d), util.Signature(a, b, c, d); got != want {
			t.Errorf("signature %s, the SDK's %s", got, want)
		}
	})
}
