package wechat

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Client calls the platform's API. Its methods may be used at once by many;
// its fields are set before the first call. Errors are of use to ClassOf; each
// call is repeated once if the access token was refused, and never otherwise.
type Client struct {
	Config  Config
	HTTP    *http.Client     // nil: one of its own; each call has its own time limit
	Timeout time.Duration    // of one request; 0: 8 s
	Now     func() time.Time // nil: time.Now

	// Load and Save keep the access token over a restart. Both may be nil.
	Load func(context.Context) (Token, error)
	Save func(context.Context, Token)

	tokens  tokens
	tickets tokens
	once    sync.Once
	own     *http.Client
}

// idle is how many connections are kept open for the next calls: as many as may be
// under way at once. net/http's own keeps two, and would connect anew for each of
// 500 messages a second.
const idle = 200

func (c *Client) client() *http.Client {
	if c.HTTP != nil {
		return c.HTTP
	}
	c.once.Do(func() {
		c.own = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }} // the token would go along
		if t, ok := http.DefaultTransport.(*http.Transport); ok {
			t = t.Clone()
			t.MaxIdleConns, t.MaxIdleConnsPerHost = idle, idle
			c.own.Transport = t
		}
	})
	return c.own
}

func (c *Client) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// call posts in as JSON (gets, if in is nil), and reads the answer into out,
// which may be nil.
func (c *Client) call(ctx context.Context, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = encode(in); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	for try := 1; ; try++ {
		token, err := c.token(ctx)
		if err != nil {
			return err
		}
		err = c.request(ctx, path, url.Values{"access_token": {token}}, body, out)
		var e *Error
		if !errors.As(err, &e) || e.Class() != RefreshToken {
			return err
		}
		c.Invalidate(token)
		if try == 2 {
			e.class = Alarm // a fresh one was refused too: a second bot, or a wrong account
			return err
		}
	}
}

// request sends one request to the API and reads one answer.
func (c *Client) request(ctx context.Context, path string, query url.Values, body []byte, out any) error {
	address := c.Config.api() + path
	if len(query) > 0 {
		sign := "?"
		if strings.Contains(path, "?") {
			sign = "&"
		}
		address += sign + query.Encode()
	}
	return c.send(ctx, path, address, body, out)
}

// get sends one request to another server, which answers as the API does. What has
// no outcome there was not done.
func (c *Client) get(ctx context.Context, call, address string, out any) error {
	err := c.send(ctx, call, address, nil, out)
	var u *uncertain
	if errors.As(err, &u) && u.class == Unknown {
		u.class = Backoff
	}
	return err
}

// send sends one request, a POST where there is a body. call is its name in errors.
func (c *Client) send(ctx context.Context, call, address string, body []byte, out any) error {
	timeout := c.Timeout
	if timeout == 0 {
		timeout = 8 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	method, content := http.MethodGet, io.Reader(nil)
	if body != nil {
		method, content = http.MethodPost, bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return fmt.Errorf("%s: the API address is no address", call)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	res, err := c.client().Do(req)
	if err != nil {
		return transport(call, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	if err != nil {
		return transport(call, err)
	}
	if res.StatusCode >= 500 {
		return &uncertain{call, Unknown, fmt.Errorf("status %d", res.StatusCode)}
	}
	if res.StatusCode != http.StatusOK { // the API itself always says 200: somebody else answered
		return &uncertain{call, Alarm, fmt.Errorf("status %d", res.StatusCode)}
	}
	return c.read(call, answer, out)
}

func (c *Client) read(path string, answer []byte, out any) error {
	var status struct {
		Code int    `json:"errcode"`
		Msg  string `json:"errmsg"`
	}
	if err := json.Unmarshal(answer, &status); err != nil {
		return &uncertain{path, Unknown, errors.New("the answer is not JSON")}
	}
	if status.Code != 0 {
		msg, rid := split(status.Msg)
		return &Error{Call: path, Code: status.Code, Msg: c.redact(msg), Rid: rid}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return &uncertain{path, Unknown, errors.New("the answer does not hold what it should")}
	}
	return nil
}

// redact takes our secrets, and what may be an openid, out of a text from outside.
func (c *Client) redact(s string) string {
	for _, secret := range []string{c.Config.Secret, c.tokens.current(), c.tickets.current()} {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "…")
		}
	}
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r >= 0x80 || !only(string(r), "-_") }) {
		if len(word) >= 24 && word[0] == 'o' {
			s = strings.ReplaceAll(s, word, "…")
		}
	}
	return s
}

// encode writes raw UTF-8: the platform refuses \u escapes (40033).
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// refused is an error of the platform's that we foresee and spare it.
func refused(call string, code int, msg string) error {
	return &Error{Call: call, Code: code, Msg: msg}
}

// SendText sends a customer message: at most 2,048 bytes, to a follower who
// wrote within 48 hours, while her quota lasts. It has no key against doubles:
// after an Unknown outcome, prefer not to repeat it.
func (c *Client) SendText(ctx context.Context, openid, text string) error {
	const path = "/cgi-bin/message/custom/send"
	text = clean(text)
	switch {
	case strings.TrimSpace(text) == "":
		return refused(path, 44004, "empty text")
	case len(text) > 2048:
		return refused(path, 45002, "text longer than 2048 bytes")
	}
	type content struct {
		Content string `json:"content"`
	}
	return c.call(ctx, path, struct {
		To   string  `json:"touser"`
		Type string  `json:"msgtype"`
		Text content `json:"text"`
	}{openid, "text", content{text}}, nil)
}

// Template is a template message. Data is by keyword (thing1, time4), without
// .DATA. A ClientMsgID (≤ 32 bytes) makes it safe to repeat for 10 minutes.
type Template struct {
	To, TemplateID, URL, ClientMsgID string
	Data                             map[string]string
}

// SendTemplate sends t and returns the platform's msgid, which the later event
// templatesendjobfinish repeats (Message.TemplateMsgID). A value that
// ValidTemplateValue refuses is 47003 without asking the platform.
func (c *Client) SendTemplate(ctx context.Context, t Template) (msgid int64, err error) {
	const path = "/cgi-bin/message/template/send"
	data, err := values(path, t.Data)
	if err != nil {
		return 0, err
	}
	var out struct {
		MsgID int64 `json:"msgid"`
	}
	err = c.call(ctx, path, struct {
		To       string           `json:"touser"`
		Template string           `json:"template_id"`
		URL      string           `json:"url,omitempty"`
		Client   string           `json:"client_msg_id,omitempty"`
		Data     map[string]value `json:"data"`
	}{t.To, t.TemplateID, t.URL, t.ClientMsgID, data}, &out)
	return out.MsgID, err
}

// value is a keyword's, as a card holds it.
type value struct {
	Value string `json:"value"`
}

// values are the data of a card, or 47003 for one that the platform would refuse.
func values(path string, data map[string]string) (map[string]value, error) {
	out := make(map[string]value, len(data))
	for k, v := range data {
		if err := ValidTemplateValue(k, v); err != nil {
			return nil, refused(path, 47003, err.Error())
		}
		out[k] = value{v}
	}
	return out, nil
}

// TemplateInfo is a template that the account owns. Keys are its keywords, in
// order; their numbers differ from account to account.
type TemplateInfo struct {
	ID, Title, Content string
	Keys               []string
}

// Templates returns the account's templates.
func (c *Client) Templates(ctx context.Context) ([]TemplateInfo, error) {
	var out struct {
		List []struct {
			ID      string `json:"template_id"`
			Title   string `json:"title"`
			Content string `json:"content"`
		} `json:"template_list"`
	}
	if err := c.call(ctx, "/cgi-bin/template/get_all_private_template", nil, &out); err != nil {
		return nil, err
	}
	var list []TemplateInfo
	for _, t := range out.List {
		list = append(list, TemplateInfo{t.ID, t.Title, t.Content, Keywords(t.Content)})
	}
	return list, nil
}

// SetMenu makes menuJSON ({"button":[…]}) everybody's menu.
func (c *Client) SetMenu(ctx context.Context, menuJSON []byte) error {
	menu, err := raw(menuJSON)
	if err != nil {
		return fmt.Errorf("menu: %w", err)
	}
	return c.call(ctx, "/cgi-bin/menu/create", menu, nil)
}

// AddConditionalMenu adds a menu for some ({"button":[…],"matchrule":{"tag_id":…}})
// and returns its id. There must be a menu for everybody first.
func (c *Client) AddConditionalMenu(ctx context.Context, menuJSON []byte) (menuID string, err error) {
	menu, err := raw(menuJSON)
	if err != nil {
		return "", fmt.Errorf("menu: %w", err)
	}
	var out struct {
		ID looseID `json:"menuid"`
	}
	err = c.call(ctx, "/cgi-bin/menu/addconditional", menu, &out)
	return string(out.ID), err
}

// looseID is a number or a string, as the platform likes.
type looseID string

func (id *looseID) UnmarshalJSON(b []byte) error {
	*id = looseID(bytes.Trim(b, `"`))
	return nil
}

// ConditionalMenu is a menu for those who have a tag.
type ConditionalMenu struct {
	ID  string
	Tag int // 0 if it is for others
}

const noMenu = 46003

// Menus returns the menus for some, none if the account has no menu at all.
func (c *Client) Menus(ctx context.Context) ([]ConditionalMenu, error) {
	var out struct {
		Some []struct {
			ID   looseID `json:"menuid"`
			Rule struct {
				Tag   looseID `json:"tag_id"`
				Group looseID `json:"group_id"` // as it was called before
			} `json:"matchrule"`
		} `json:"conditionalmenu"`
	}
	err := c.call(ctx, "/cgi-bin/menu/get", nil, &out)
	var e *Error
	if errors.As(err, &e) && e.Code == noMenu {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []ConditionalMenu
	for _, m := range out.Some {
		tag := number(string(cmp.Or(m.Rule.Tag, m.Rule.Group)))
		all = append(all, ConditionalMenu{string(m.ID), int(tag)})
	}
	return all, nil
}

// HasMenu reports whether the account has a menu.
func (c *Client) HasMenu(ctx context.Context) (bool, error) {
	err := c.call(ctx, "/cgi-bin/menu/get", nil, nil)
	var e *Error
	if errors.As(err, &e) && e.Code == noMenu {
		return false, nil
	}
	return err == nil, err
}

// DropMenu removes one menu for some.
func (c *Client) DropMenu(ctx context.Context, id string) error {
	return c.call(ctx, "/cgi-bin/menu/delconditional", struct {
		ID string `json:"menuid"`
	}{id}, nil)
}

// DeleteMenu removes all menus, also those for some.
func (c *Client) DeleteMenu(ctx context.Context) error {
	return c.call(ctx, "/cgi-bin/menu/delete", nil, nil)
}

// raw reads JSON such that encode writes it without escapes.
func raw(text []byte) (any, error) {
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if v == nil {
		return nil, errors.New("empty")
	}
	return v, nil
}

// TagInfo is a tag and how many users have it.
type TagInfo struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Tags returns the account's tags.
func (c *Client) Tags(ctx context.Context) ([]TagInfo, error) {
	var out struct {
		Tags []TagInfo `json:"tags"`
	}
	err := c.call(ctx, "/cgi-bin/tags/get", nil, &out)
	return out.Tags, err
}

// CreateTag makes a tag (name of at most 30 bytes, 100 tags in all) and returns its id.
func (c *Client) CreateTag(ctx context.Context, name string) (id int, err error) {
	var in, out struct {
		Tag struct {
			ID   int    `json:"id,omitempty"`
			Name string `json:"name"`
		} `json:"tag"`
	}
	in.Tag.Name = name
	err = c.call(ctx, "/cgi-bin/tags/create", in, &out)
	return out.Tag.ID, err
}

// Tag gives the users the tag. If the error is not nil, failed are those who
// have to be tried again.
func (c *Client) Tag(ctx context.Context, id int, openids ...string) (failed []string, err error) {
	return c.batch(ctx, "/cgi-bin/tags/members/batchtagging", id, openids)
}

// Untag takes the tag from the users, as Tag gives it.
func (c *Client) Untag(ctx context.Context, id int, openids ...string) (failed []string, err error) {
	return c.batch(ctx, "/cgi-bin/tags/members/batchuntagging", id, openids)
}

// TagMembers returns everybody who has the tag.
func (c *Client) TagMembers(ctx context.Context, id int) (all []string, err error) {
	next := ""
	for {
		var out struct {
			Count int `json:"count"`
			Data  struct {
				OpenIDs []string `json:"openid"`
			} `json:"data"`
			Next string `json:"next_openid"`
		}
		err := c.call(ctx, "/cgi-bin/user/tag/get", struct {
			ID   int    `json:"tagid"`
			Next string `json:"next_openid"`
		}{id, next}, &out)
		if err != nil {
			return nil, err
		}
		all = append(all, out.Data.OpenIDs...)
		if len(out.Data.OpenIDs) == 0 || out.Next == "" || out.Next == next {
			return all, nil
		}
		next = out.Next
	}
}

func (c *Client) batch(ctx context.Context, path string, id int, openids []string) (failed []string, err error) {
	const most = 50 // of one call
	type request struct {
		OpenIDs []string `json:"openid_list"`
		ID      int      `json:"tagid"`
	}
	for len(openids) > 0 {
		n := min(most, len(openids))
		if err := c.call(ctx, path, request{openids[:n], id}, nil); err != nil {
			return openids, err // who of them has it already does no harm to give it again
		}
		openids = openids[n:]
	}
	return nil, nil
}

// CreateQR makes a temporary QR code (certified service accounts only). The
// scene has 1 to 64 characters; it comes back in Message.Scene. expire is cut
// to 30 days. The url is what the code's picture says; QRPicture shows it.
func (c *Client) CreateQR(ctx context.Context, scene string, expire time.Duration) (ticket, url string, err error) {
	if expire < time.Second {
		return "", "", refused(qrPath, 40053, "expires within a second")
	}
	return c.createQR(ctx, "QR_STR_SCENE", scene, int64(min(expire, 30*24*time.Hour)/time.Second))
}

// CreateLastingQR makes a QR code for good, as CreateQR makes one for a while: for
// what hangs on a wall. An account has 100,000 of them.
func (c *Client) CreateLastingQR(ctx context.Context, scene string) (ticket, url string, err error) {
	return c.createQR(ctx, "QR_LIMIT_STR_SCENE", scene, 0)
}

const qrPath = "/cgi-bin/qrcode/create"

func (c *Client) createQR(ctx context.Context, action, scene string, seconds int64) (ticket, url string, err error) {
	if n := utf8.RuneCountInString(scene); n < 1 || n > 64 {
		return "", "", refused(qrPath, 40053, "scene must have 1 to 64 characters")
	}
	var in struct {
		Expire int64  `json:"expire_seconds,omitempty"`
		Action string `json:"action_name"`
		Info   struct {
			Scene struct {
				Str string `json:"scene_str"`
			} `json:"scene"`
		} `json:"action_info"`
	}
	in.Expire, in.Action = seconds, action
	in.Info.Scene.Str = scene
	var out struct {
		Ticket string `json:"ticket"`
		URL    string `json:"url"`
	}
	err = c.call(ctx, qrPath, in, &out)
	return out.Ticket, out.URL, err
}

// QRPicture is the address of the picture of a QR code.
func QRPicture(ticket string) string {
	return "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=" + url.QueryEscape(ticket)
}

// Addresses returns how many addresses the platform's API has.
func (c *Client) Addresses(ctx context.Context) (int, error) {
	var out struct {
		List []string `json:"ip_list"`
	}
	err := c.call(ctx, "/cgi-bin/get_api_domain_ip", nil, &out)
	return len(out.List), err
}

// Ping returns nil if the platform takes our credentials and our token.
func (c *Client) Ping(ctx context.Context) error {
	return c.call(ctx, "/cgi-bin/get_api_domain_ip", nil, nil)
}
