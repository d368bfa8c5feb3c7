package fake

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"xintiexin/bot/wechat"
)

// unsaid are the words that no push to a resident may hold (domain.md 8.4):
// notices lie on lock screens and family phones.
var unsaid = []string{"体检", "检查", "孕", "产", "育", "妇", "环", "药", "病", "结果", "随访", "宝宝", "医院", "卫生院", "复诊", "转诊", "复查", "计划"}

type special struct {
	id   string
	tag  int
	menu []byte
}

type tag struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Count int    `json:"count"`
}

type object = map[string]any

// no is an answer of the platform's with an errcode.
type no struct {
	code int
	msg  string
}

// call is one of the API's: how it is made, and what answers it.
type call struct {
	method string
	do     func(*http.Request, []byte) (object, *no)
}

func (p *Platform) routes() *http.ServeMux {
	gets := func(f func([]byte) (object, *no)) call {
		return call{http.MethodGet, func(_ *http.Request, b []byte) (object, *no) { return f(b) }}
	}
	posts := func(f func([]byte) (object, *no)) call {
		return call{http.MethodPost, func(_ *http.Request, b []byte) (object, *no) { return f(b) }}
	}
	asks := func(f func(*http.Request) (object, *no)) call {
		return call{http.MethodGet, func(r *http.Request, _ []byte) (object, *no) { return f(r) }}
	}
	is := func(o object) func([]byte) (object, *no) { return func([]byte) (object, *no) { return o, nil } }
	mux := http.NewServeMux()
	mux.HandleFunc("/cgi-bin/stable_token", p.stableToken)
	mux.HandleFunc("/cgi-bin/token", p.plainToken)
	for path, c := range map[string]call{
		"/cgi-bin/get_api_domain_ip":                 gets(is(object{"ip_list": []string{"127.0.0.1"}})),
		"/cgi-bin/getcallbackip":                     gets(is(object{"ip_list": []string{"127.0.0.1"}})),
		"/cgi-bin/message/custom/send":               posts(p.custom),
		"/cgi-bin/message/template/send":             posts(p.template),
		"/cgi-bin/message/subscribe/bizsend":         posts(p.notice),
		"/cgi-bin/template/get_all_private_template": gets(p.templates),
		"/wxaapi/newtmpl/gettemplate":                gets(p.noticeTemplates),
		"/cgi-bin/ticket/getticket":                  gets(is(object{"errcode": 0, "errmsg": "ok", "ticket": Ticket, "expires_in": 7200})),
		"/cgi-bin/menu/create":                       posts(p.menuCreate),
		"/cgi-bin/menu/addconditional":               posts(p.menuAdd),
		"/cgi-bin/menu/delconditional":               posts(p.menuDrop),
		"/cgi-bin/menu/trymatch":                     posts(p.menuTry),
		"/cgi-bin/menu/get":                          gets(p.menuGet),
		"/cgi-bin/menu/delete":                       gets(p.menuDelete),
		"/cgi-bin/get_current_selfmenu_info":         gets(p.menuInfo),
		"/cgi-bin/tags/create":                       posts(p.tagCreate),
		"/cgi-bin/tags/get":                          gets(p.tagList),
		"/cgi-bin/tags/getidlist":                    posts(p.tagsOf),
		"/cgi-bin/user/tag/get":                      posts(p.tagMembers),
		"/cgi-bin/tags/members/batchtagging":         posts(func(b []byte) (object, *no) { return p.tagging(b, true) }),
		"/cgi-bin/tags/members/batchuntagging":       posts(func(b []byte) (object, *no) { return p.tagging(b, false) }),
		"/cgi-bin/user/get":                          asks(p.userGet),
		"/cgi-bin/user/info":                         asks(p.userInfo),
		"/cgi-bin/qrcode/create":                     posts(p.qr),
		"/cgi-bin/clear_quota":                       posts(p.clearQuota),
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { p.answer(w, r, c) })
	}
	return mux
}

// ServeHTTP answers one call, unless there is bad weather on its path.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.calls[r.URL.Path]++
	bad, found := p.next(r.URL.Path)
	p.mu.Unlock()
	if found && bad.Lost {
		p.mux.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler) // net/http's way to break the connection
	}
	if !found || bad.let(w, r) {
		p.mux.ServeHTTP(w, r)
	}
}

func (p *Platform) answer(w http.ResponseWriter, r *http.Request, c call) {
	token := r.URL.Query().Get("access_token")
	p.mu.Lock()
	good := p.good(token)
	p.mu.Unlock()
	switch {
	case token == "":
		write(w, nil, &no{41001, "access_token missing"})
		return
	case !good:
		write(w, nil, &no{40001, "invalid credential, access_token is invalid or not latest"})
		return
	case r.Method != c.method && c.method == http.MethodPost:
		write(w, nil, &no{43002, "require POST method"})
		return
	case r.Method != c.method:
		write(w, nil, &no{43001, "require GET method"})
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	switch {
	case err != nil:
		http.Error(w, "unreadable", http.StatusBadRequest)
		return
	case r.Method == http.MethodPost && len(body) == 0:
		write(w, nil, &no{44002, "empty post data"})
		return
	case r.Method == http.MethodPost && !json.Valid(body):
		write(w, nil, &no{47001, "data format error"})
		return
	}
	out, refusal := c.do(r, body)
	if refusal != nil && refusal.code == violation {
		http.Error(w, "the fake platform takes no such push", http.StatusInternalServerError)
		return
	}
	write(w, out, refusal)
}

func write(w http.ResponseWriter, out object, refusal *no) {
	if refusal != nil {
		out = object{"errcode": refusal.code, "errmsg": refusal.msg + " rid: 6543210f-0a1b2c3d-4e5f6071"}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(out)                             // maps of our own
	w.Write(bytes.TrimRight(b.Bytes(), "\n")) // the platform ends in none; the caller may be gone
}

func ok() object { return object{"errcode": 0, "errmsg": "ok"} }

func (p *Platform) stableToken(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Grant  string `json:"grant_type"`
		AppID  string `json:"appid"`
		Secret string `json:"secret"`
		Force  bool   `json:"force_refresh"`
	}
	if r.Method != http.MethodPost {
		write(w, nil, &no{43002, "require POST method"})
		return
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		write(w, nil, &no{47001, "data format error"})
		return
	}
	refusal := p.credentials(in.Grant, in.AppID, in.Secret)
	p.mu.Lock()
	defer p.mu.Unlock()
	if refusal == nil && in.Force {
		refusal = p.force()
	}
	if refusal == nil && !p.valid {
		p.token++
		p.valid = true
	}
	write(w, object{"access_token": fmt.Sprintf("T%d", p.token), "expires_in": 7200}, refusal)
}

// violation marks a push that the platform would take but nobody should send.
const violation = -500

// allowed is called with the lock held.
func (p *Platform) allowed(to string, texts ...string) bool {
	words := p.o.Forbidden
	if p.o.Staff == nil || !p.o.Staff(to) {
		words = append(slices.Clone(words), unsaid...)
	}
	text := strings.Join(texts, "\n")
	for _, word := range words {
		if word != "" && strings.Contains(text, word) {
			p.violations = append(p.violations, fmt.Sprintf("push to %s holds %q: %s", to, word, text))
			return false
		}
	}
	return true
}

// accept books a push, with the lock held; tell must follow without it.
func (p *Platform) accept(push Push) Push {
	push.At = p.o.Now()
	push.MsgID = p.id()
	p.pushes = append(p.pushes, push)
	return push
}

func (p *Platform) tell(push Push) {
	if p.o.OnPush != nil {
		p.o.OnPush(push)
	}
}

func (p *Platform) custom(body []byte) (object, *no) {
	var in struct {
		To   string `json:"touser"`
		Type string `json:"msgtype"`
		Text struct {
			Content string `json:"content"`
		} `json:"text"`
	}
	if json.Unmarshal(body, &in) != nil {
		return nil, &no{47001, "data format error"}
	}
	push, refusal := func() (Push, *no) {
		p.mu.Lock()
		defer p.mu.Unlock()
		u, q := p.users[in.To], Quota{}
		if u != nil {
			q = p.quota(u)
		}
		switch {
		case !likeOpenID(in.To):
			return Push{}, &no{40003, "invalid openid"}
		case in.Type == "msgmenu":
			return Push{}, &no{40200, "invalid account type"}
		case in.Type != "text":
			return Push{}, &no{40008, "invalid message type"}
		case in.Text.Content == "":
			return Push{}, &no{44004, "empty content"}
		case len(in.Text.Content) > 2048:
			return Push{}, &no{45002, "content size out of limit"}
		case u == nil, !u.follows, q.Trigger == "":
			return Push{}, &no{45015, "response out of time limit or subscription is canceled"}
		case q.Left == 0:
			return Push{}, &no{45047, "out of response count limit"}
		case !p.allowed(in.To, in.Text.Content):
			return Push{}, &no{violation, ""}
		}
		u.quota.Left--
		return p.accept(Push{To: in.To, Channel: Custom, Text: in.Text.Content}), nil
	}()
	if refusal != nil {
		return nil, refusal
	}
	p.tell(push)
	return ok(), nil
}

type templateBody struct {
	To       string `json:"touser"`
	Template string `json:"template_id"`
	URL      string `json:"url"`
	Page     string `json:"page"`
	Client   string `json:"client_msg_id"`
	Data     map[string]struct {
		Value string `json:"value"`
	} `json:"data"`
}

// values checks the data against the typed keywords of one of the templates.
func values(all []Template, in templateBody) (data map[string]string, texts []string, refusal *no) {
	i := slices.IndexFunc(all, func(t Template) bool { return t.ID == in.Template })
	if i < 0 {
		return nil, nil, &no{40037, "invalid template_id"}
	}
	data = map[string]string{}
	for _, key := range wechat.Keywords(all[i].Content) {
		v := in.Data[key].Value
		if v == "" {
			return nil, nil, &no{47003, "argument invalid! data." + key + ".value is empty"}
		}
		if !valid(key, v) {
			return nil, nil, &no{47003, "argument invalid! data." + key + ".value invalid"}
		}
		data[key] = v
		texts = append(texts, v)
	}
	return data, texts, nil
}

// valid holds the lengths of the platform's table of keyword types, and that
// no value has lines.
func valid(key, value string) bool {
	most := map[string]int{"thing": 20, "character_string": 32, "number": 32, "letter": 32, "symbol": 5,
		"phone_number": 17, "car_number": 8, "name": 20, "phrase": 5}
	n, known := most[strings.TrimRight(key, "0123456789")]
	if known && utf8.RuneCountInString(value) > n || strings.ContainsAny(value, "\r\n") {
		return false
	}
	return wechat.ValidTemplateValue(key, value) == nil
}

func (p *Platform) template(body []byte) (object, *no) {
	var in templateBody
	if json.Unmarshal(body, &in) != nil {
		return nil, &no{47001, "data format error"}
	}
	push, fresh, refusal := func() (Push, bool, *no) {
		p.mu.Lock()
		defer p.mu.Unlock()
		u := p.users[in.To]
		if !likeOpenID(in.To) {
			return Push{}, false, &no{40003, "invalid openid"}
		}
		if u == nil || !u.follows {
			return Push{}, false, &no{43004, "require subscribe"}
		}
		data, texts, refusal := values(p.o.Templates, in)
		if refusal != nil {
			return Push{}, false, refusal
		}
		if u.off[in.Template] {
			return Push{}, false, &no{43101, "user refuse to accept the msg"}
		}
		key := [2]string{in.To, in.Client}
		if before, found := p.sent[key]; in.Client != "" && found && p.o.Now().Sub(before.At) < 10*time.Minute {
			return before, false, nil
		}
		if !p.allowed(in.To, texts...) {
			return Push{}, false, &no{violation, ""}
		}
		push := p.accept(Push{To: in.To, Channel: TemplateSend, TemplateID: in.Template, Data: data, URL: in.URL, ClientMsgID: in.Client})
		p.sent[key] = push
		p.unfinished = append(p.unfinished, push)
		return push, true, nil
	}()
	if refusal != nil {
		return nil, refusal
	}
	if fresh {
		p.tell(push)
	}
	out := ok()
	out["msgid"] = push.MsgID
	return out, nil
}

func (p *Platform) notice(body []byte) (object, *no) {
	var in templateBody
	if json.Unmarshal(body, &in) != nil {
		return nil, &no{47001, "data format error"}
	}
	push, refusal := func() (Push, *no) {
		p.mu.Lock()
		defer p.mu.Unlock()
		data, texts, refusal := values(p.o.Notices, in)
		u := p.users[in.To]
		switch {
		case refusal != nil:
			return Push{}, refusal
		case u == nil || u.consent[in.Template] == 0:
			return Push{}, &no{43101, "user refuse to accept the msg"}
		case !p.allowed(in.To, texts...):
			return Push{}, &no{violation, ""}
		}
		u.consent[in.Template]--
		push := p.accept(Push{To: in.To, Channel: Notice, TemplateID: in.Template, Data: data, URL: in.Page})
		p.unfinished = append(p.unfinished, push)
		return push, nil
	}()
	if refusal != nil {
		return nil, refusal
	}
	p.tell(push)
	return ok(), nil
}

func (p *Platform) templates([]byte) (object, *no) {
	list := []object{}
	for _, t := range p.o.Templates {
		list = append(list, object{"template_id": t.ID, "title": t.Title, "content": t.Content})
	}
	return object{"template_list": list}, nil
}

func (p *Platform) noticeTemplates([]byte) (object, *no) {
	list := []object{}
	for _, t := range p.o.Notices {
		list = append(list, object{"priTmplId": t.ID, "title": t.Title, "content": t.Content, "example": "", "type": 2})
	}
	return object{"errcode": 0, "errmsg": "ok", "data": list}, nil
}

// Ticket is the account's ticket for its pages.
const Ticket = "bxLdikRXVbTPdHSM05e5u4RbEYQn7pNQMPrfzl8lJNb1foLDa3HIwI3BRMkQmSO_5F64VFa75uURcq6Uz7QHgA"

// Signed reports whether a page's signature is the account's over its address.
func (p *Platform) Signed(appID, nonce, timestamp, signature, url string) bool {
	sum := sha1.Sum([]byte("jsapi_ticket=" + Ticket + "&noncestr=" + nonce + "&timestamp=" + timestamp + "&url=" + url))
	return appID == p.o.Config.AppID && signature == hex.EncodeToString(sum[:])
}

type button struct {
	Type string   `json:"type,omitempty"`
	Name string   `json:"name"`
	Key  string   `json:"key,omitempty"`
	URL  string   `json:"url,omitempty"`
	Sub  []button `json:"sub_button,omitempty"`
}

var buttonTypes = []string{"click", "view", "miniprogram", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin",
	"location_select", "media_id", "article_id", "article_view_limited"}

// mostSpecial is how many menus for some there may be. The real limit is not known.
const mostSpecial = 20

// checkMenu holds the platform's limits of menus.
func checkMenu(body []byte) ([]byte, *no) {
	var in struct {
		Button []button `json:"button"`
	}
	if strings.Contains(string(body), `\u`) {
		return nil, &no{40033, "invalid charset"}
	}
	if json.Unmarshal(body, &in) != nil {
		return nil, &no{47001, "data format error"}
	}
	if len(in.Button) == 0 || len(in.Button) > 3 {
		return nil, &no{40016, "invalid button size"}
	}
	for _, b := range in.Button {
		if len(b.Name) == 0 || len(b.Name) > 16 {
			return nil, &no{40018, "invalid button name size"}
		}
		if len(b.Sub) > 5 {
			return nil, &no{40023, "invalid sub button size"}
		}
		if len(b.Sub) == 0 {
			b.Sub = []button{b}
		}
		for _, s := range b.Sub {
			switch {
			case len(s.Name) == 0 || len(s.Name) > 60:
				return nil, &no{40025, "invalid sub button name size"}
			case !slices.Contains(buttonTypes, s.Type):
				return nil, &no{40017, "invalid button type"}
			case len(s.Key) > 128 || s.Type == "click" && s.Key == "":
				return nil, &no{40019, "invalid button key size"}
			case len(s.URL) > 1024 || s.Type == "view" && s.URL == "":
				return nil, &no{40020, "invalid button url size"}
			case s.Type == "view" && !strings.HasPrefix(s.URL, "http://") && !strings.HasPrefix(s.URL, "https://"):
				return nil, &no{40055, "invalid button url domain"}
			}
		}
	}
	return slices.Clone(body), nil
}

func (p *Platform) menuCreate(body []byte) (object, *no) {
	menu, refusal := checkMenu(body)
	if refusal != nil {
		return nil, refusal
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.menu = menu
	return ok(), nil
}

func (p *Platform) menuAdd(body []byte) (object, *no) {
	menu, refusal := checkMenu(body)
	if refusal != nil {
		return nil, refusal
	}
	var in struct {
		Rule struct {
			Tag any `json:"tag_id"`
			Sex any `json:"sex"`
		} `json:"matchrule"`
	}
	json.Unmarshal(body, &in) // checked above
	id, err := strconv.Atoi(fmt.Sprint(in.Rule.Tag))
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.menu == nil:
		return nil, &no{65303, "there is no selfmenu, please create selfmenu first"}
	case in.Rule.Sex != nil:
		return nil, &no{65320, "abolished match rule"}
	case err != nil:
		return nil, &no{65304, "match rule empty"}
	case len(p.special) == mostSpecial:
		return nil, &no{65305, "too many conditional menus"}
	}
	s := special{strconv.FormatInt(p.id(), 10), id, menu}
	p.special = append(p.special, s)
	return object{"menuid": s.id}, nil
}

func (p *Platform) menuDelete([]byte) (object, *no) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.menu, p.special = nil, nil
	return ok(), nil
}

func (p *Platform) tagCreate(body []byte) (object, *no) {
	var in struct {
		Tag tag `json:"tag"`
	}
	json.Unmarshal(body, &in)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch name := in.Tag.Name; {
	case name == "" || slices.ContainsFunc(p.tags, func(t tag) bool { return t.Name == name }):
		return nil, &no{45157, "invalid tag name"}
	case utf8.RuneCountInString(name) > 30:
		return nil, &no{45158, "tag name too long"}
	case len(p.tags) == 100:
		return nil, &no{45056, "too many tags"}
	}
	t := tag{ID: 100 + len(p.tags), Name: in.Tag.Name} // 0, 1 and 2 are the system's
	p.tags = append(p.tags, t)
	return object{"tag": object{"id": t.ID, "name": t.Name}}, nil
}

func (p *Platform) tagList([]byte) (object, *no) {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := slices.Clone(p.tags)
	for i := range list {
		for _, u := range p.users {
			if slices.Contains(u.tags, list[i].ID) {
				list[i].Count++
			}
		}
	}
	return object{"tags": list}, nil
}

func (p *Platform) tagging(body []byte, on bool) (object, *no) {
	var in struct {
		OpenIDs []string `json:"openid_list"`
		ID      int      `json:"tagid"`
	}
	json.Unmarshal(body, &in)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(in.OpenIDs) == 0 || len(in.OpenIDs) > 50 {
		return nil, &no{40032, "invalid openid list size"}
	}
	if !slices.ContainsFunc(p.tags, func(t tag) bool { return t.ID == in.ID }) {
		return nil, &no{45159, "invalid tag id"}
	}
	for _, openid := range in.OpenIDs {
		u := p.users[openid]
		switch {
		case u == nil || !u.follows:
			return nil, &no{40003, "invalid openid"}
		case on && !slices.Contains(u.tags, in.ID) && len(u.tags) == 20:
			return nil, &no{45059, "too many tags on a user"}
		}
	}
	for _, openid := range in.OpenIDs {
		u := p.user(openid)
		u.tags = slices.DeleteFunc(u.tags, func(id int) bool { return id == in.ID })
		if on {
			u.tags = append(u.tags, in.ID)
		}
	}
	return ok(), nil
}

func (p *Platform) qr(body []byte) (object, *no) {
	var in struct {
		Expire int64  `json:"expire_seconds"`
		Action string `json:"action_name"`
		Info   struct {
			Scene struct {
				Str string `json:"scene_str"`
				ID  int64  `json:"scene_id"`
			} `json:"scene"`
		} `json:"action_info"`
	}
	json.Unmarshal(body, &in)
	n := utf8.RuneCountInString(in.Info.Scene.Str)
	switch in.Action {
	case "QR_STR_SCENE", "QR_LIMIT_STR_SCENE":
		if n < 1 || n > 64 {
			return nil, &no{40053, "invalid action info"}
		}
	case "QR_SCENE", "QR_LIMIT_SCENE":
		if in.Info.Scene.ID == 0 {
			return nil, &no{40053, "invalid action info"}
		}
	default:
		return nil, &no{40052, "invalid action name"}
	}
	if in.Expire > 2592000 {
		return nil, &no{40053, "invalid action info"}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	ticket := fmt.Sprintf("gQ%d==", p.id())
	out := object{"ticket": ticket, "url": "http://weixin.qq.com/q/" + ticket}
	if !strings.HasPrefix(in.Action, "QR_LIMIT") {
		out["expire_seconds"] = in.Expire
	}
	return out, nil
}

// Weather is what befalls one call instead of its answer.
type Weather struct {
	Code  int    // answer this errcode …
	Msg   string // … with this errmsg, "scripted" without
	Hang  bool   // answer nothing until the caller goes away
	Reset bool   // break the connection
	Lost  bool   // do what is asked, then break the connection: the outcome is unknown
	HTTP  int    // answer this status
}

// Fail makes the next calls of the path fail so, one after the other.
func (p *Platform) Fail(path string, next ...Weather) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.weather[path] = append(p.weather[path], next...)
}

// FailOften makes any call fail so with the chance (0 to 1), as random (from
// 0 to 1, such as a seeded rand.Float64) decides; nothing if the chance is 0.
func (p *Platform) FailOften(chance float64, random func() float64, w Weather) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.chance, p.random, p.often = chance, random, w
}

// Script has f decide what befalls each call that Fail says nothing of; ok is false
// for fair weather. Nil ends it. f is called by one at a time, and calls nothing of
// the Platform.
func (p *Platform) Script(f func(path string, at time.Time) (w Weather, ok bool)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script = f
}

func (p *Platform) next(path string) (Weather, bool) {
	if queue := p.weather[path]; len(queue) > 0 {
		p.weather[path] = queue[1:]
		return queue[0], true
	}
	if p.script != nil {
		return p.script(path, p.o.Now())
	}
	if p.chance > 0 && p.random() < p.chance {
		return p.often, true
	}
	return Weather{}, false
}

// let does the weather, and reports whether the call is to be served too.
func (b Weather) let(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case b.Code != 0:
		write(w, nil, &no{b.Code, cmp.Or(b.Msg, "scripted")})
	case b.HTTP != 0:
		http.Error(w, "scripted", b.HTTP)
	case b.Hang:
		io.Copy(io.Discard, r.Body) // else net/http does not notice that the caller is gone
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case b.Reset:
		panic(http.ErrAbortHandler)
	default:
		return true
	}
	return false
}
