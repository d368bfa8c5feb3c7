package fake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What the product calls seldom or not at all, and other clients do.

// plainToken is the older way to a token: each call makes a new one, and the one
// before it dies. It is apart from the stable one.
func (p *Platform) plainToken(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if refusal := p.credentials(q.Get("grant_type"), q.Get("appid"), q.Get("secret")); refusal != nil {
		write(w, nil, refusal)
		return
	}
	p.mu.Lock()
	p.plain++
	token := fmt.Sprintf("P%d", p.plain)
	p.mu.Unlock()
	write(w, object{"access_token": token, "expires_in": 7200}, nil)
}

func (p *Platform) credentials(grant, appID, secret string) *no {
	switch {
	case grant != "client_credential":
		return &no{40002, "invalid grant_type"}
	case appID == "":
		return &no{41002, "appid missing"}
	case appID != p.o.Config.AppID:
		return &no{40013, "invalid appid"}
	case secret == "":
		return &no{41004, "appsecret missing"}
	case secret != p.o.Config.Secret:
		return &no{40125, "invalid appsecret"}
	}
	return nil
}

// Limits of a forced new stable token.
const (
	forcedDay   = 20
	forcedApart = 30 * time.Second
)

// force makes a new stable token, with the lock held; it returns 45009 where that
// was done too often.
func (p *Platform) force() *no {
	now := p.o.Now()
	p.forced = slices.DeleteFunc(p.forced, func(at time.Time) bool { return now.Sub(at) >= 24*time.Hour })
	if n := len(p.forced); n >= forcedDay || n > 0 && now.Sub(p.forced[n-1]) < forcedApart {
		return &no{45009, "reach max api daily quota limit"}
	}
	p.forced = append(p.forced, now)
	p.valid = false
	return nil
}

// good reports whether a token is one of those that are out, with the lock held.
func (p *Platform) good(token string) bool {
	return p.valid && token == fmt.Sprintf("T%d", p.token) || p.plain > 0 && token == fmt.Sprintf("P%d", p.plain)
}

// likeOpenID reports whether s has the shape of an openid.
func likeOpenID(s string) bool {
	return strings.HasPrefix(s, "o") && len(s) > 1 && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r == '-')
	})
}

// SwitchOff has the user switch off the template messages of one template.
func (p *Platform) SwitchOff(openid, templateID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u := p.user(openid)
	if u.off == nil {
		u.off = map[string]bool{}
	}
	u.off[templateID] = true
}

// buttons are those of a menu, as menu/get tells them.
func buttons(menu []byte) json.RawMessage {
	var in struct {
		Button json.RawMessage `json:"button"`
	}
	json.Unmarshal(menu, &in) // checked when it was set
	return in.Button
}

func (p *Platform) menuGet([]byte) (object, *no) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.menu == nil {
		return nil, &no{46003, "menu no exist"}
	}
	out := object{"menu": object{"button": buttons(p.menu)}}
	var some []object
	for _, s := range p.special {
		some = append(some, object{"button": buttons(s.menu), "matchrule": object{"tag_id": strconv.Itoa(s.tag)}, "menuid": json.Number(s.id)})
	}
	if some != nil {
		out["menu"].(object)["menuid"] = 208396938
		out["conditionalmenu"] = some
	}
	return out, nil
}

func (p *Platform) menuDrop(body []byte) (object, *no) {
	var in struct {
		ID any `json:"menuid"`
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.UseNumber()
	d.Decode(&in) // valid JSON
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.special, func(s special) bool { return s.id == fmt.Sprint(in.ID) })
	if i < 0 {
		return nil, &no{65301, "menuid not exist"}
	}
	p.special = slices.Delete(p.special, i, i+1)
	return ok(), nil
}

func (p *Platform) menuTry(body []byte) (object, *no) {
	var in struct {
		User string `json:"user_id"`
	}
	json.Unmarshal(body, &in)
	p.mu.Lock()
	known := p.users[in.User] != nil
	p.mu.Unlock()
	menu := p.Menu(in.User)
	switch {
	case !known:
		return nil, &no{65309, "invalid user"}
	case menu == nil:
		return nil, &no{46003, "menu no exist"}
	}
	return object{"button": buttons(menu)}, nil
}

func (p *Platform) menuInfo([]byte) (object, *no) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.menu == nil {
		return object{"is_menu_open": 0}, nil
	}
	var in []button
	json.Unmarshal(buttons(p.menu), &in)
	var list []object
	for _, b := range in {
		one := object{"name": b.Name}
		if b.Type != "" {
			one["type"], one["key"] = b.Type, b.Key
		}
		if len(b.Sub) > 0 {
			one["sub_button"] = object{"list": b.Sub}
		}
		list = append(list, one)
	}
	return object{"is_menu_open": 1, "selfmenu_info": object{"button": list}}, nil
}

func (p *Platform) tagsOf(body []byte) (object, *no) {
	var in struct {
		OpenID string `json:"openid"`
	}
	json.Unmarshal(body, &in)
	p.mu.Lock()
	defer p.mu.Unlock()
	u := p.users[in.OpenID]
	if u == nil || !u.follows {
		return nil, &no{40003, "invalid openid"}
	}
	return object{"tagid_list": append([]int{}, u.tags...)}, nil
}

// tagMembers are all who have a tag; a real page of them has 10,000.
func (p *Platform) tagMembers(body []byte) (object, *no) {
	var in struct {
		ID   int    `json:"tagid"`
		Next string `json:"next_openid"`
	}
	json.Unmarshal(body, &in)
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.ContainsFunc(p.tags, func(t tag) bool { return t.ID == in.ID }) {
		return nil, &no{45159, "invalid tag id"}
	}
	all := p.followers(func(u *user) bool { return slices.Contains(u.tags, in.ID) })
	if in.Next != "" || len(all) == 0 {
		return object{"count": 0}, nil
	}
	return object{"count": len(all), "data": object{"openid": all}, "next_openid": all[len(all)-1]}, nil
}

// followers are the openids of those who follow and of whom want is true, sorted.
func (p *Platform) followers(want func(*user) bool) (all []string) {
	for openid, u := range p.users {
		if u.follows && want(u) {
			all = append(all, openid)
		}
	}
	slices.Sort(all)
	return all
}

func (p *Platform) userGet(r *http.Request) (object, *no) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.followers(func(*user) bool { return true })
	total := len(all)
	if next := r.URL.Query().Get("next_openid"); next != "" {
		all = slices.DeleteFunc(all, func(o string) bool { return o <= next })
	}
	out := object{"total": total, "count": len(all), "next_openid": ""}
	if len(all) > 0 {
		out["data"], out["next_openid"] = object{"openid": all}, all[len(all)-1]
	}
	return out, nil
}

func (p *Platform) userInfo(r *http.Request) (object, *no) {
	openid := r.URL.Query().Get("openid")
	if !likeOpenID(openid) {
		return nil, &no{40003, "invalid openid"}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	u := p.users[openid]
	if u == nil || !u.follows {
		return object{"subscribe": 0, "openid": openid, "tagid_list": []int{}}, nil
	}
	return object{"subscribe": 1, "openid": openid, "nickname": "", "language": "zh_CN", "subscribe_time": p.o.Now().Unix(), "remark": "",
		"groupid": 0, "tagid_list": append([]int{}, u.tags...), "subscribe_scene": "ADD_SCENE_QR_CODE", "qr_scene": 0, "qr_scene_str": ""}, nil
}

// resets is how often a month the quotas may be set back.
const resets = 10

func (p *Platform) clearQuota(body []byte) (object, *no) {
	var in struct {
		AppID string `json:"appid"`
	}
	json.Unmarshal(body, &in)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case in.AppID != p.o.Config.AppID:
		return nil, &no{40013, "invalid appid"}
	case p.cleared == resets:
		return nil, &no{48006, "forbid to clear quota because of reaching the limit"}
	}
	p.cleared++
	return ok(), nil
}
