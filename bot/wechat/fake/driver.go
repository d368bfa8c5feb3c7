package fake

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Mode is how the platform posts to the webhook.
type Mode int

const (
	Safe       Mode = iota // encrypted
	Plain                  // in clear
	Compatible             // both
)

// Driver plays the platform's other half: what users do becomes posts to the
// webhook, and its answers become text. Each act books its quota. Its methods
// may be used at once; its fields are set before.
type Driver struct {
	Platform *Platform
	Handler  http.Handler // the webhook, in this process …
	URL      string       // … or its address; the path counts for Handler too
	Mode     Mode
}

// Answer is what the webhook said.
type Answer struct {
	Status int
	Text   string // decrypted; empty if there was nothing to say
	Body   string // as it came
}

// An Option bends a request out of the shape that the platform gives it.
type Option func(*request)

type request struct {
	now     time.Time
	query   map[string]string // overrides; "" takes a parameter away
	appID   string
	mode    Mode
	padding int
}

// Stale gives the request a timestamp of so long ago.
func Stale(age time.Duration) Option { return func(r *request) { r.now = r.now.Add(-age) } }

// With sets a parameter of the address; an empty value takes it away.
func With(name, value string) Option { return func(r *request) { r.query[name] = value } }

// Unsigned gives the request a wrong signature.
func Unsigned() Option { return With("signature", strings.Repeat("0", 40)) }

// NoMsgSignature takes the encrypted body's own signature away.
func NoMsgSignature() Option { return With("msg_signature", "") }

// OtherApp encrypts for another app id.
func OtherApp() Option { return func(r *request) { r.appID = "wxffffffffffffffff" } }

// Oversized makes the body so many bytes longer.
func Oversized(n int) Option { return func(r *request) { r.padding = n } }

// As posts in another mode than the Driver's.
func As(m Mode) Option { return func(r *request) { r.mode = m } }

// Text is a message typed by the user.
func (d *Driver) Text(openid, text string, o ...Option) (Answer, error) {
	return d.message(openid, "message", "text", "<Content>"+cdata(text)+"</Content>", o)
}

// Tap is a tap on an option: content is sent, with the option's menuID.
func (d *Driver) Tap(openid, content, menuID string, o ...Option) (Answer, error) {
	return d.message(openid, "menu", "text", "<Content>"+cdata(content)+"</Content><bizmsgmenuid>"+escape(menuID)+"</bizmsgmenuid>", o)
}

// Voice is a voice message.
func (d *Driver) Voice(openid string, o ...Option) (Answer, error) {
	return d.message(openid, "message", "voice", "<MediaId>"+cdata("voice8")+"</MediaId><Format>"+cdata("amr")+"</Format><MediaId16K>"+cdata("voice16")+"</MediaId16K>", o)
}

// Said is a voice message whose words the platform wrote down.
func (d *Driver) Said(openid, words string, o ...Option) (Answer, error) {
	return d.message(openid, "message", "voice", "<MediaId>"+cdata("voice8")+"</MediaId><Format>"+cdata("amr")+"</Format><MediaId16K>"+cdata("voice16")+"</MediaId16K><Recognition>"+cdata(words)+"</Recognition>", o)
}

// About is an event about a user that the platform sends in its own name.
func (d *Driver) About(openid, event string, o ...Option) (Answer, error) {
	return d.Event("o_platform", event, "<OpenID>"+cdata(openid)+"</OpenID><AppID>"+cdata(d.Platform.o.Config.AppID)+"</AppID><RevokeInfo>"+cdata("1")+"</RevokeInfo>", o...)
}

// Image is a picture.
func (d *Driver) Image(openid string, o ...Option) (Answer, error) {
	return d.message(openid, "message", "image", "<PicUrl>"+cdata("http://mmbiz.example/0")+"</PicUrl><MediaId>"+cdata("image")+"</MediaId>", o)
}

// Location is a place that the user sends.
func (d *Driver) Location(openid string, latitude, longitude float64, label string, o ...Option) (Answer, error) {
	return d.message(openid, "message", "location", fmt.Sprintf("<Location_X>%g</Location_X><Location_Y>%g</Location_Y><Scale>15</Scale><Label>%s</Label>", latitude, longitude, cdata(label)), o)
}

// Follow makes the user follow, by a QR code if scene is not empty.
func (d *Driver) Follow(openid, scene string, o ...Option) (Answer, error) {
	fields := "<EventKey>" + cdata("") + "</EventKey>"
	if scene != "" {
		fields = "<EventKey>" + cdata("qrscene_"+scene) + "</EventKey><Ticket>" + cdata("ticket") + "</Ticket>"
	}
	return d.event(openid, "follow", "subscribe", fields, o)
}

// Unfollow makes the user leave.
func (d *Driver) Unfollow(openid string, o ...Option) (Answer, error) {
	d.Platform.Unfollow(openid)
	return d.event(openid, "", "unsubscribe", "<EventKey>"+cdata("")+"</EventKey>", o)
}

// Scan is a QR code scanned by a follower.
func (d *Driver) Scan(openid, scene string, o ...Option) (Answer, error) {
	return d.event(openid, "scan", "SCAN", "<EventKey>"+cdata(scene)+"</EventKey><Ticket>"+cdata("ticket")+"</Ticket>", o)
}

// Click is a tap on the account's menu.
func (d *Driver) Click(openid, key string, o ...Option) (Answer, error) {
	return d.event(openid, "menu", "CLICK", "<EventKey>"+cdata(key)+"</EventKey>", o)
}

// Event is any other event, with its fields as XML. It earns no quota.
func (d *Driver) Event(openid, event, fields string, o ...Option) (Answer, error) {
	return d.event(openid, "", event, fields, o)
}

// Raw posts body, in clear or enclosed as the mode says.
func (d *Driver) Raw(body string, o ...Option) (Answer, error) {
	req, err := d.request(body, o)
	if err != nil {
		return Answer{}, err
	}
	return d.do(context.Background(), req)
}

// Overlap delivers one typed message n times at once, as the platform does
// when it gets no answer in time, and returns the answers.
func (d *Driver) Overlap(openid, text string, n int) ([]Answer, error) {
	d.Platform.act(openid, "message")
	req, err := d.request(d.body(openid, "text", "<Content>"+cdata(text)+"</Content>", true), nil)
	if err != nil {
		return nil, err
	}
	answers, errs := make([]Answer, n), make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { answers[i], errs[i] = d.do(context.Background(), req) })
	}
	wg.Wait()
	return answers, errors.Join(errs...)
}

// Repeat is one typed message; each call of deliver posts it once more.
func (d *Driver) Repeat(openid, text string, o ...Option) (deliver func() (Answer, error), err error) {
	d.Platform.act(openid, "message")
	return d.RepeatRaw(d.body(openid, "text", "<Content>"+cdata(text)+"</Content>", true), o...)
}

// RepeatRaw is one body, as Raw posts it; each call of deliver posts it once more.
func (d *Driver) RepeatRaw(body string, o ...Option) (deliver func() (Answer, error), err error) {
	req, err := d.request(body, o)
	return func() (Answer, error) { return d.do(context.Background(), req) }, err
}

// Verify sends the GET by which the platform tries the address out, and
// reports whether the webhook sent the right thing back.
func (d *Driver) Verify(o ...Option) (bool, error) {
	req, err := d.request("", append([]Option{As(Plain), With("echostr", "4375120948345356249")}, o...))
	if err != nil {
		return false, err
	}
	req.method = http.MethodGet
	a, err := d.do(context.Background(), req)
	return a.Status == http.StatusOK && a.Body == "4375120948345356249", err
}

// Subscribe is what the user answers, on a page of the account's, to being asked
// for notices of these templates: one more of each that she accepts; of one that
// she refuses she will have none.
func (d *Driver) Subscribe(openid string, accepted map[string]bool, o ...Option) (Answer, error) {
	var lines strings.Builder
	for _, id := range slices.Sorted(maps.Keys(accepted)) {
		status := "reject"
		if accepted[id] {
			status = "accept"
			d.Platform.Consent(openid, id, 1)
		} else {
			d.Platform.withdraw(openid, id)
		}
		fmt.Fprintf(&lines, "<List><TemplateId>%s</TemplateId><SubscribeStatusString>%s</SubscribeStatusString><PopupScene>1</PopupScene></List>", cdata(id), cdata(status))
	}
	return d.Event(openid, "subscribe_msg_popup_event", "<SubscribeMsgPopupEvent>"+lines.String()+"</SubscribeMsgPopupEvent>", o...)
}

// Decline is a notice that the user switches off in WeChat's own list of them.
func (d *Driver) Decline(openid, templateID string, o ...Option) (Answer, error) {
	d.Platform.withdraw(openid, templateID)
	return d.Event(openid, "subscribe_msg_change_event", fmt.Sprintf("<SubscribeMsgChangeEvent><List><TemplateId>%s</TemplateId>"+
		"<SubscribeStatusString>%s</SubscribeStatusString></List></SubscribeMsgChangeEvent>", cdata(templateID), cdata("reject")), o...)
}

// Finish posts the results of the template messages and notices sent so far, and
// returns how many there were.
func (d *Driver) Finish(ctx context.Context) (int, error) {
	p := d.Platform
	p.mu.Lock()
	due := p.unfinished
	p.unfinished = nil
	status := make([]string, len(due))
	for i, push := range due {
		u := p.users[push.To]
		switch {
		case u == nil:
			status[i] = "failed: system failed"
		case u.blocks && push.Channel == TemplateSend:
			status[i] = "failed:user block"
		default:
			status[i] = "success"
		}
	}
	p.mu.Unlock()
	for i, push := range due {
		fields := finished(push, status[i])
		req, err := d.request(d.body(push.To, "event", fields, false), nil)
		if err == nil {
			_, err = d.do(ctx, req)
		}
		if err != nil {
			p.mu.Lock()
			p.unfinished = append(slices.Clone(due[i:]), p.unfinished...)
			p.mu.Unlock()
			return i, err
		}
	}
	return len(due), nil
}

// finished are the fields of the event by which the platform reports on a push.
func finished(push Push, status string) string {
	if push.Channel == TemplateSend {
		return fmt.Sprintf("<Event>%s</Event><MsgID>%d</MsgID><Status>%s</Status>", cdata("TEMPLATESENDJOBFINISH"), push.MsgID, cdata(status))
	}
	code := 0
	if status != "success" {
		code = 1
	}
	return fmt.Sprintf("<Event>%s</Event><SubscribeMsgSentEvent><List><TemplateId>%s</TemplateId><MsgID>%d</MsgID><ErrorCode>%d</ErrorCode>"+
		"<ErrorStatus>%s</ErrorStatus></List></SubscribeMsgSentEvent>", cdata("subscribe_msg_sent_event"), cdata(push.TemplateID), push.MsgID, code, cdata(status))
}

func (d *Driver) message(openid, trigger, kind, fields string, o []Option) (Answer, error) {
	d.Platform.act(openid, trigger)
	return d.Raw(d.body(openid, kind, fields, true), o...)
}

func (d *Driver) event(openid, trigger, event, fields string, o []Option) (Answer, error) {
	d.Platform.act(openid, trigger)
	return d.Raw(d.body(openid, "event", "<Event>"+cdata(event)+"</Event>"+fields, false), o...)
}

// body is a message as the platform writes it.
func (d *Driver) body(openid, kind, fields string, numbered bool) string {
	id := ""
	if numbered {
		d.Platform.mu.Lock()
		id = fmt.Sprintf("<MsgId>%d</MsgId>", d.Platform.id())
		d.Platform.mu.Unlock()
	}
	return fmt.Sprintf("<xml><ToUserName>%s</ToUserName>\n<FromUserName>%s</FromUserName>\n<CreateTime>%d</CreateTime>\n<MsgType>%s</MsgType>\n%s\n%s</xml>",
		cdata(d.account()), cdata(openid), d.Platform.o.Now().Unix(), cdata(kind), fields, id)
}

func (d *Driver) account() string {
	if a := d.Platform.o.Config.Account; a != "" {
		return a
	}
	return "gh_0123456789ab"
}

// sent is a request ready to be sent, once or several times.
type sent struct {
	method string
	query  url.Values
	body   []byte
}

func (d *Driver) request(body string, o []Option) (sent, error) {
	cfg := d.Platform.o.Config
	r := request{now: d.Platform.o.Now(), query: map[string]string{}, appID: cfg.AppID, mode: d.Mode}
	for _, option := range o {
		option(&r)
	}
	stamp, nonce := strconv.FormatInt(r.now.Unix(), 10), rand.Text()[:10]
	q := url.Values{"timestamp": {stamp}, "nonce": {nonce}, "signature": {sign(cfg.Token, stamp, nonce)}}
	if from := sender(body); from != "" {
		q.Set("openid", from)
	}
	if r.mode != Plain {
		secret, err := encrypt(cfg.AESKey, r.appID, []byte(body))
		if err != nil {
			return sent{}, err
		}
		q.Set("encrypt_type", "aes")
		q.Set("msg_signature", sign(cfg.Token, stamp, nonce, secret))
		enclosed := "<Encrypt>" + cdata(secret) + "</Encrypt></xml>"
		if r.mode == Compatible {
			body = strings.TrimSuffix(body, "</xml>") + enclosed
		} else {
			body = "<xml><ToUserName>" + cdata(d.account()) + "</ToUserName>" + enclosed
		}
	}
	for name, value := range r.query {
		if q.Set(name, value); value == "" {
			q.Del(name)
		}
	}
	return sent{http.MethodPost, q, []byte(body + strings.Repeat(" ", r.padding))}, nil
}

func (d *Driver) do(ctx context.Context, s sent) (Answer, error) {
	address := d.URL
	if address == "" {
		address = "/"
	}
	req, err := http.NewRequestWithContext(ctx, s.method, address+"?"+s.query.Encode(), bytes.NewReader(s.body))
	if err != nil {
		return Answer{}, err
	}
	req.Header.Set("Content-Type", "text/xml")
	var status int
	var body []byte
	if d.Handler != nil {
		w := httptest.NewRecorder()
		d.Handler.ServeHTTP(w, req)
		status, body = w.Code, w.Body.Bytes()
	} else {
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return Answer{}, err
		}
		defer res.Body.Close()
		status = res.StatusCode
		if body, err = io.ReadAll(res.Body); err != nil {
			return Answer{}, err
		}
	}
	a := Answer{Status: status, Body: string(body)}
	if s.method == http.MethodPost && status == http.StatusOK {
		a.Text, err = d.read(body)
	}
	return a, err
}

// read is what the user sees of an answer. An answer at which she would see
// the platform's notice of a fault is an error.
func (d *Driver) read(body []byte) (string, error) {
	if len(body) == 0 || string(body) == "success" {
		return "", nil
	}
	cfg := d.Platform.o.Config
	var in struct {
		Encrypt, MsgSignature, TimeStamp, Nonce string
		MsgType, Content                        string
	}
	if err := xml.Unmarshal(body, &in); err != nil {
		return "", fmt.Errorf("the answer is no XML: %w", err)
	}
	if d.Mode == Safe && in.Encrypt == "" {
		return "", errors.New("the answer is not encrypted")
	}
	if in.Encrypt != "" {
		if sign(cfg.Token, in.TimeStamp, in.Nonce, in.Encrypt) != in.MsgSignature {
			return "", errors.New("the answer's MsgSignature is wrong")
		}
		plain, err := decrypt(cfg.AESKey, cfg.AppID, in.Encrypt)
		if err != nil {
			return "", err
		}
		if err := xml.Unmarshal(plain, &in); err != nil {
			return "", fmt.Errorf("the answer encloses no XML: %w", err)
		}
	}
	if in.MsgType != "text" || in.Content == "" {
		return "", fmt.Errorf("an answer of type %q with %d bytes of text", in.MsgType, len(in.Content))
	}
	if len(in.Content) > 2048 {
		return "", fmt.Errorf("the answer is too long: %d bytes", len(in.Content))
	}
	return in.Content, nil
}

// cdata encloses a text as the platform does: what a person typed stands there as
// it is, an end mark too.
func cdata(s string) string { return "<![CDATA[" + s + "]]>" }

// sender is the openid that stands in the address of a post.
func sender(body string) string {
	_, rest, _ := strings.Cut(body, "<FromUserName>")
	text, _, _ := strings.Cut(rest, "</FromUserName>")
	return strings.TrimSuffix(strings.TrimPrefix(text, "<![CDATA["), "]]>")
}

func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}

func sign(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

func block(key string) (cipher.Block, []byte, error) {
	k, err := base64.StdEncoding.DecodeString(key + "=")
	if err != nil || len(k) != 32 {
		return nil, nil, errors.New("the AES key is not 43 characters of base64")
	}
	b, err := aes.NewCipher(k)
	return b, k[:aes.BlockSize], err
}

// encrypt encloses message: 16 random bytes, its length, itself, the app id,
// padded to a multiple of 32.
func encrypt(key, appID string, message []byte) (string, error) {
	b, iv, err := block(key)
	if err != nil {
		return "", err
	}
	plain := make([]byte, 16, len(message)+96)
	rand.Read(plain) // never fails
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(message)))
	plain = append(append(plain, message...), appID...)
	pad := 32 - len(plain)%32
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(b, iv).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain), nil
}

func decrypt(key, appID, secret string) ([]byte, error) {
	b, iv, err := block(key)
	if err != nil {
		return nil, err
	}
	plain, err := base64.StdEncoding.DecodeString(secret)
	if err != nil || len(plain) < 32 || len(plain)%32 != 0 {
		return nil, errors.New("the answer's Encrypt is not whole blocks of base64")
	}
	cipher.NewCBCDecrypter(b, iv).CryptBlocks(plain, plain)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > 32 || !bytes.Equal(plain[len(plain)-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, errors.New("the answer's padding is wrong")
	}
	plain = plain[:len(plain)-pad]
	if len(plain) < 20 {
		return nil, errors.New("the answer is too short")
	}
	n := int(binary.BigEndian.Uint32(plain[16:]))
	if n > len(plain)-20 || string(plain[20+n:]) != appID {
		return nil, errors.New("the answer's length or app id is wrong")
	}
	return plain[20 : 20+n], nil
}
