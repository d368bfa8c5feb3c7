package bot_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"xintiexin/bot"
	"xintiexin/bot/wechat"
	"xintiexin/bot/wechat/fake"
)

// postKinds are the messages of the platform, with the fields of their own.
var postKinds = map[string]string{
	"text":            "<Content><![CDATA[帮助]]></Content>",
	"image":           "<PicUrl><![CDATA[http://a.example/0]]></PicUrl><MediaId><![CDATA[m]]></MediaId>",
	"voice":           "<MediaId><![CDATA[m]]></MediaId><Format><![CDATA[amr]]></Format><Recognition><![CDATA[]]></Recognition>",
	"video":           "<MediaId><![CDATA[m]]></MediaId><ThumbMediaId><![CDATA[t]]></ThumbMediaId>",
	"shortvideo":      "<MediaId><![CDATA[m]]></MediaId><ThumbMediaId><![CDATA[t]]></ThumbMediaId>",
	"location":        "<Location_X>35.1</Location_X><Location_Y>117.4</Location_Y><Scale>20</Scale><Label><![CDATA[老槐树]]></Label>",
	"link":            "<Title><![CDATA[t]]></Title><Description><![CDATA[d]]></Description><Url><![CDATA[http://a.example]]></Url>",
	"file":            "<Title><![CDATA[a.pdf]]></Title><FileKey><![CDATA[k]]></FileKey>",
	"miniprogrampage": "<Title><![CDATA[t]]></Title><AppId><![CDATA[wx]]></AppId>",
}

// postEvents are the events of the platform.
var postEvents = map[string]string{
	"subscribe": "<EventKey><![CDATA[]]></EventKey>", "unsubscribe": "<EventKey><![CDATA[]]></EventKey>",
	"SCAN":  "<EventKey><![CDATA[v_1]]></EventKey><Ticket><![CDATA[t]]></Ticket>",
	"CLICK": "<EventKey><![CDATA[帮助]]></EventKey>", "VIEW": "<EventKey><![CDATA[http://a.example]]></EventKey><MenuId>1</MenuId>",
	"view_miniprogram":   "<EventKey><![CDATA[p]]></EventKey><MenuId>1</MenuId>",
	"scancode_push":      "<EventKey><![CDATA[k]]></EventKey><ScanCodeInfo><ScanType><![CDATA[qrcode]]></ScanType><ScanResult><![CDATA[1]]></ScanResult></ScanCodeInfo>",
	"scancode_waitmsg":   "<EventKey><![CDATA[k]]></EventKey><ScanCodeInfo><ScanType><![CDATA[qrcode]]></ScanType><ScanResult><![CDATA[1]]></ScanResult></ScanCodeInfo>",
	"pic_sysphoto":       "<EventKey><![CDATA[k]]></EventKey><SendPicsInfo><Count>1</Count><PicList><item><PicMd5Sum>x</PicMd5Sum></item></PicList></SendPicsInfo>",
	"pic_photo_or_album": "<EventKey><![CDATA[k]]></EventKey><SendPicsInfo><Count>0</Count></SendPicsInfo>", "pic_weixin": "<EventKey><![CDATA[k]]></EventKey>",
	"location_select": "<EventKey><![CDATA[k]]></EventKey><SendLocationInfo><Location_X><![CDATA[1]]></Location_X><Label><![CDATA[l]]></Label><Poiname><![CDATA[]]></Poiname></SendLocationInfo>",
	"LOCATION":        "<Latitude>1</Latitude><Longitude>2</Longitude><Precision>3</Precision>", "ENTER": "", "media_id": "", "article_id": "",
	"TEMPLATESENDJOBFINISH":      "<MsgID>9</MsgID><Status><![CDATA[success]]></Status>",
	"MASSSENDJOBFINISH":          "<MsgID>9</MsgID><Status><![CDATA[send success]]></Status>",
	"subscribe_msg_popup_event":  "<SubscribeMsgPopupEvent><List><TemplateId><![CDATA[A]]></TemplateId><SubscribeStatusString><![CDATA[accept]]></SubscribeStatusString><PopupScene>1</PopupScene></List></SubscribeMsgPopupEvent>",
	"subscribe_msg_change_event": "<SubscribeMsgChangeEvent><List><TemplateId><![CDATA[A]]></TemplateId><SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString></List></SubscribeMsgChangeEvent>",
	"subscribe_msg_sent_event":   "<SubscribeMsgSentEvent><List><TemplateId><![CDATA[A]]></TemplateId><MsgID>7</MsgID><ErrorCode>0</ErrorCode><ErrorStatus><![CDATA[success]]></ErrorStatus></List></SubscribeMsgSentEvent>",
	"user_info_modified":         "<OpenID><![CDATA[oU]]></OpenID><AppID>wx</AppID><RevokeInfo>1</RevokeInfo>", "user_authorization_revoke": "<OpenID><![CDATA[oU]]></OpenID><RevokeInfo>1</RevokeInfo>",
	"user_authorization_cancellation": "<OpenID><![CDATA[oU]]></OpenID>", "annual_renew": "<ExpiredTime>1799999999</ExpiredTime>", "verify_expired": "<ExpiredTime>1799999999</ExpiredTime>",
	"qualification_verify_success": "<ExpiredTime>1799999999</ExpiredTime>", "qualification_verify_fail": "<FailTime>1</FailTime><FailReason><![CDATA[r]]></FailReason>",
	"naming_verify_success": "<ExpiredTime>1799999999</ExpiredTime>", "naming_verify_fail": "<FailTime>1</FailTime><FailReason><![CDATA[r]]></FailReason>",
	"kf_create_session": "<KfAccount><![CDATA[k]]></KfAccount>", "kf_close_session": "<KfAccount><![CDATA[k]]></KfAccount>", "some_new_event": "<New><A>1</A></New>",
}

// damages are what may be wrong with a post of the platform's.
var damages = map[string]func(string) string{
	"whole":                func(s string) string { return s },
	"cut short":            func(s string) string { return s[:len(s)-len("</xml>")-3] },
	"an unknown entity":    func(s string) string { return strings.Replace(s, "</xml>", "<Idx>&nothing;</Idx></xml>", 1) },
	"a document type":      func(s string) string { return "<!DOCTYPE xml [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>\n" + s },
	"control characters":   func(s string) string { return strings.Replace(s, "</CreateTime>", "</CreateTime>\x02\x1d\xff", 1) },
	"an element that ends": func(s string) string { return strings.Replace(s, "</xml>", "<a><b></a></xml>", 1) },
}

// deliveries are how a post comes: how often, and whether at once.
var deliveries = []struct {
	name  string
	times int
	once  bool
}{{"once", 1, false}, {"three times", 3, false}, {"three times at once", 3, true}}

// TestMatrix: every kind of post, in every mode, with every damage, however often it
// is delivered, is answered with 200, alike each time, and breaks nothing.
func TestMatrix(t *testing.T) {
	modes := map[string]struct {
		mode   fake.Mode
		change func(*wechat.Config)
	}{
		"safe":       {fake.Safe, func(*wechat.Config) {}},
		"compatible": {fake.Compatible, func(*wechat.Config) {}},
		"plain":      {fake.Plain, func(c *wechat.Config) { c.AESKey = "" }},
		"an old key": {fake.Safe, func(c *wechat.Config) {
			c.AESKey, c.PreviousAESKey = "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba", c.AESKey
		}},
	}
	posts := map[string]string{}
	for kind, fields := range postKinds {
		posts[kind] = "<MsgType><![CDATA[" + kind + "]]></MsgType>" + fields
	}
	for event, fields := range postEvents {
		posts["event "+event] = "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[" + event + "]]></Event>" + fields
	}
	if len(posts) != 9+33 {
		t.Fatalf("%d posts", len(posts))
	}
	for name, m := range modes {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			m.change(&r.bot.Config)
			r.driver.Mode = m.mode
			n := 0
			for kind, post := range posts {
				for damage, spoil := range damages {
					for _, how := range deliveries {
						n++
						body := fmt.Sprintf("<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName><FromUserName><![CDATA[oM%d]]></FromUserName><CreateTime>%d</CreateTime>%s<MsgId>%d</MsgId></xml>",
							n, morning.Unix(), post, 24534412345678901+n)
						if err := matrixCase(r, spoil(body), how.times, how.once, strings.HasPrefix(kind, "event")); err != nil {
							t.Errorf("%s, %s, %s: %v", kind, damage, how.name, err)
						}
					}
				}
			}
			r.bot.Wait()
			for _, l := range r.log.lines() {
				if strings.Contains(l, "level=ERROR") && !strings.Contains(l, "ALARM certificate") {
					t.Errorf("logged %s", l)
				}
			}
		})
	}
}

// matrixCase delivers one post, and returns what is wrong with the answers.
func matrixCase(r *rig, body string, times int, atOnce, event bool) error {
	deliver, err := r.driver.RepeatRaw(body)
	if err != nil {
		return err
	}
	answers, errs := make([]fake.Answer, times), make([]error, times)
	var wg sync.WaitGroup
	for i := range times {
		if atOnce {
			wg.Go(func() { answers[i], errs[i] = deliver() })
		} else {
			answers[i], errs[i] = deliver()
		}
	}
	wg.Wait()
	for i, a := range answers {
		switch {
		case errs[i] != nil || a.Status != 200:
			return fmt.Errorf("delivery %d: status %d, %w", i+1, a.Status, errs[i])
		case a.Text == bot.Busy:
			return fmt.Errorf("delivery %d is met with “busy”", i+1)
		case a.Text != answers[0].Text:
			return fmt.Errorf("%q and %q", answers[0].Text, a.Text)
		case !event && a.Text == "":
			return fmt.Errorf("a message is met with silence")
		}
	}
	return nil
}
