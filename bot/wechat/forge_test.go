package wechat

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// The platform puts what people type into CDATA as it is (silenceper/wechat#750,
// nswbmw/node-wechat#13). None of it may become an element.

const (
	attacker = "oAttacker-0000000000000000001"
	victim   = "oVictim-00000000000000000001"
)

// posted is a message as the platform writes it, with fields behind its head.
func posted(kind, fields string) string {
	return fmt.Sprintf("<xml><ToUserName><![CDATA[gh_1]]></ToUserName>\n<FromUserName><![CDATA[%s]]></FromUserName>\n"+
		"<CreateTime>1714036504</CreateTime>\n<MsgType><![CDATA[%s]]></MsgType>\n%s</xml>", attacker, kind, fields)
}

// unescaped is an element of the platform's, around text as it is.
func unescaped(name, text string) string {
	return "<" + name + "><![CDATA[" + text + "]]></" + name + ">\n"
}

func sentBy(m Message) Message {
	m.To, m.From, m.At = "gh_1", attacker, time.Unix(1714036504, 0).UTC()
	return m
}

// carriers are the messages in which words of people stand, and what has to be
// read of them, whatever the words; blank takes the words out of what was read.
var carriers = []struct {
	name  string
	post  func(words string) string
	want  Message
	blank func(m *Message)
}{
	{"a text", func(w string) string {
		return posted("text", unescaped("Content", w)+"<MsgId>24534412345678901</MsgId>")
	},
		Message{Type: "text", MsgID: "24534412345678901"}, func(m *Message) { m.Content = "" }},
	{"a tap", func(w string) string {
		return posted("text", unescaped("Content", w)+"<MsgId>24534412345678901</MsgId><bizmsgmenuid>7</bizmsgmenuid>")
	}, Message{Type: "text", MsgID: "24534412345678901", Tapped: true, MenuID: 7}, func(m *Message) { m.Content = "" }},
	{"a place", func(w string) string {
		return posted("location", "<Location_X>35.1</Location_X><Location_Y>117.4</Location_Y><Scale>20</Scale>"+unescaped("Label", w)+"<MsgId>8</MsgId>")
	}, Message{Type: "location", MsgID: "8", Location: Location{35.1, 117.4, 20, ""}}, func(m *Message) { m.Location.Label = "" }},
	{"a link", func(w string) string {
		return posted("link", unescaped("Title", w)+unescaped("Description", w)+unescaped("Url", w)+"<MsgId>9</MsgId>")
	}, Message{Type: "link", MsgID: "9"}, func(m *Message) { m.Title, m.Description, m.URL = "", "", "" }},
	{"a voice", func(w string) string {
		return posted("voice", unescaped("MediaId", "m")+unescaped("Format", "amr")+unescaped("Recognition", w)+"<MsgId>10</MsgId>")
	}, Message{Type: "voice", MediaID: "m", Format: "amr", MsgID: "10"}, func(m *Message) { m.Recognition = "" }},
	{"a picked place", func(w string) string {
		return posted("event", unescaped("Event", "location_select")+unescaped("EventKey", "k")+"<SendLocationInfo>"+unescaped("Location_X", "1.5")+unescaped("Label", w)+unescaped("Poiname", w)+"</SendLocationInfo>")
	}, Message{Type: "event", Event: "location_select", EventKey: "k"}, func(m *Message) { m.Location.Label = "" }},
	{"a code", func(w string) string {
		return posted("event", unescaped("Event", "scancode_push")+unescaped("EventKey", "k")+"<ScanCodeInfo>"+unescaped("ScanType", "qrcode")+unescaped("ScanResult", w)+"</ScanCodeInfo>")
	}, Message{Type: "event", Event: "scancode_push", EventKey: "k"}, func(m *Message) { m.ScanResult = "" }},
	{"a key", func(w string) string {
		return posted("event", unescaped("Event", "CLICK")+unescaped("EventKey", w))
	}, Message{Type: "event", Event: "click"}, func(m *Message) { m.EventKey = "" }},
}

// forged are the attacks that were tried, and what people paste.
var forged = []string{
	"a]]>b",
	"a]]",
	"]]>",
	"x]]></Content><FromUserName><![CDATA[" + victim + "]]></FromUserName><Content><![CDATA[今日",
	"x]]></Content><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[unsubscribe]]></Event><Content><![CDATA[",
	"x]]></Content><MsgType>event</MsgType><Event>annual_renew</Event><ExpiredTime>1</ExpiredTime><Content><![CDATA[",
	"x]]></Content><CreateTime>1</CreateTime><MsgId>1</MsgId><bizmsgmenuid>1</bizmsgmenuid></xml><xml><Content><![CDATA[",
	"x]]></Content></xml>",
	"x]]></Title><MsgId>1</MsgId><x>",
	"x]]></Description><SubscribeMsgPopupEvent><List><TemplateId>A</TemplateId></List></SubscribeMsgPopupEvent><Description><![CDATA[",
	"x]]></Label></SendLocationInfo><FromUserName>" + victim + "</FromUserName><SendLocationInfo><Label><![CDATA[",
	"x]]></ScanResult></ScanCodeInfo><FromUserName>" + victim + "</FromUserName><ScanCodeInfo><ScanResult><![CDATA[",
	"x]]></EventKey><Event>unsubscribe</Event><Ticket>t</Ticket><EventKey><![CDATA[",
	"x]]></Recognition><FromUserName>" + victim + "</FromUserName><MsgType>text</MsgType><Content>x</Content>",
	"<msg><title><![CDATA[标题]]></title><des>&unknown;</des></msg>",
	"<!DOCTYPE xml [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>&a;",
	"<!-- ",
	"--> <?x",
	"]]\x01></Content>\x02<From\x03UserName>" + victim + "</FromUserName>",
	posted("text", unescaped("Content", "今日")),
	"]]></Content></xml>" + strings.ReplaceAll(posted("event", unescaped("Event", "unsubscribe")), attacker, victim) + "<Content><![CDATA[",
}

func checkCarriers(t *testing.T, words string) {
	t.Helper()
	for _, c := range carriers {
		m := parse(c.post(words), vectorNow)
		if want := strings.ReplaceAll(clean(words), cdataSplit, cdataEnd); m.Type == "text" && m.Content != want {
			t.Fatalf("%s: Content %q, want %q", c.name, m.Content, want)
		}
		c.blank(&m)
		if want := sentBy(c.want); !reflect.DeepEqual(m, want) {
			t.Fatalf("%s with %q:\n%+v\nwant\n%+v", c.name, words, m, want)
		}
	}
}

func TestForgedFields(t *testing.T) {
	for _, words := range forged {
		checkCarriers(t, words)
	}
}

// nasty is a text made of what could end an element or begin one.
func nasty(r *rand.Rand) string {
	names := append([]string{"xml", "ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Event", "Ticket", "bizmsgmenuid", "Encrypt",
		"SubscribeMsgPopupEvent", "List", "TemplateId", "MsgID", "Status", "ExpiredTime", "OpenID", "x"}, typedNames[:]...)
	var b strings.Builder
	for range 1 + r.IntN(12) {
		name := names[r.IntN(len(names))]
		switch r.IntN(12) {
		case 0, 1:
			b.WriteString("]]></" + name + ">")
		case 2, 3:
			b.WriteString("<" + name + "><![CDATA[")
		case 4:
			b.WriteString("<" + name + ">" + victim + "</" + name + ">")
		case 5:
			b.WriteString("</" + name + ">")
		case 6:
			b.WriteString(forged[r.IntN(len(forged))])
		case 7:
			b.WriteString([]string{"]]>", "]]", "]", ">", "<![CDATA[", cdataSplit, "<!--", "-->", "<?", "<!", "<", "&lt;", "&#60;", "&x;"}[r.IntN(14)])
		case 8:
			b.WriteString("<" + name + "/>")
		case 9:
			b.WriteRune(rune(r.IntN(0x120)))
		default:
			b.WriteString("走访 王桂英\n")
		}
	}
	return b.String()
}

// TestNastyTexts: sender, kind, time, number and event are those of the platform,
// whatever is typed.
func TestNastyTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		checkCarriers(t, nasty(r))
	}
}

func FuzzNasty(f *testing.F) {
	for i, words := range forged {
		f.Add(words, uint64(i))
	}
	f.Fuzz(func(t *testing.T, words string, seed uint64) {
		checkCarriers(t, words)
		checkCarriers(t, words+nasty(rand.New(rand.NewPCG(seed, 0)))+words)
	})
}

// TestSenderOfTheAddress: the sender stands in the address too, and has to be the
// same; events that the platform sends in its own name are not of that sender.
func TestSenderOfTheAddress(t *testing.T) {
	text := posted("text", unescaped("Content", "x"))
	for _, test := range []struct {
		name, post, openid string
		taken              bool
	}{
		{"the same", text, attacker, true},
		{"none", text, "", true},
		{"another", text, victim, false},
		{"the user of an event of the platform's", posted("event", unescaped("Event", "user_authorization_revoke")), victim, true},
		{"another's event", posted("event", unescaped("Event", "unsubscribe")), victim, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			q, body := encrypted(t, safe, test.post, vectorNow)
			if test.openid != "" {
				q.Set("openid", test.openid)
			}
			m, err := Open(safe, q, bytes.NewReader(body), vectorNow)
			if err != nil || m.Broken == test.taken || !test.taken && m.From != "" {
				t.Errorf("%+v, %v", m, err)
			}
		})
	}
}

// TestCompatibleMode: the clear half of a post in compatible mode holds what a
// person typed, in front of what is encrypted.
func TestCompatibleMode(t *testing.T) {
	for _, words := range forged {
		words += "]]></Content><Encrypt>forged</Encrypt><x>"
		post := posted("text", unescaped("Content", words)+"<MsgId>5</MsgId>")
		q, body := encrypted(t, safe, post, vectorNow)
		both := strings.TrimSuffix(post, "</xml>") + "<Encrypt><![CDATA[" + enclosed(string(body)) + "]]></Encrypt></xml>"
		m, err := Open(safe, q, strings.NewReader(both), vectorNow)
		if err != nil || m.From != attacker || m.MsgID != "5" {
			t.Errorf("%q: %+v, %v", words, m, err)
		}
	}
}
