package simulator

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"xintiexin/bot/wechat/fake"
)

// view is what the page knows: everything but messages anew each time, of
// messages those that it does not have yet.
type view struct {
	Run      string    `json:"run"`
	Since    int64     `json:"since"`
	Seq      int64     `json:"seq"`
	Now      int64     `json:"now"` // Unix milliseconds
	Moving   bool      `json:"moving"`
	Forms    bool      `json:"forms"` // the page takes forms to try
	Account  string    `json:"account"`
	Personas []person  `json:"personas"`
	Posters  []poster  `json:"posters"`
	Messages []message `json:"messages"`
	Pushes   []push    `json:"pushes"`
	Menu     []button  `json:"menu"`  // of the person whose phone is open
	Quota    quota     `json:"quota"` // of the same
}

// person is a Persona and the state of the phone.
type person struct {
	OpenID  string `json:"openid"`
	Name    string `json:"name"`
	Role    string `json:"role"`
	Village string `json:"village"`
	Note    string `json:"note"`
	Follows bool   `json:"follows"`
	Unread  int    `json:"unread"`
	Last    string `json:"last"`
	LastAt  int64  `json:"lastAt"`
}

type poster struct {
	Name  string `json:"name"`
	Scene string `json:"scene"`
}

// quota is how many customer messages may still be sent to a person.
type quota struct {
	Left  int   `json:"left"`
	Limit int   `json:"limit"`
	Until int64 `json:"until"` // Unix milliseconds
	Open  bool  `json:"open"`  // something was done lately that earns messages
}

// state answers with a view. since is the last message that the page has, run
// the life of the server that it had it from, who the phone that is open.
func (s *Simulator) state(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	people, err := s.people(r.Context())
	if err != nil {
		return err
	}
	v := view{Now: s.Clock.Now().UnixMilli(), Account: s.Account, Forms: s.Try != nil, Posters: []poster{}, Messages: []message{}, Menu: []button{}}
	for _, p := range s.Posters {
		v.Posters = append(v.Posters, poster(p))
	}
	names := map[string]string{}
	for _, p := range people {
		names[p.OpenID] = p.Name
		if p.OpenID == q.Get("who") {
			v.Quota = s.quota(p.OpenID)
			if v.Menu, err = s.buttons(p.OpenID); err != nil {
				return err
			}
		}
	}
	s.refusals(v.Now)
	since, err := strconv.ParseInt(q.Get("since"), 10, 64)
	if err != nil {
		since = 0
	}
	s.fill(&v, people, names, q.Get("run"), since)
	answer(w, http.StatusOK, v) // without the lock: a page may read slowly
	return nil
}

// fill puts in what the simulator remembers: of messages those after since, or
// all if the page had them from another life of the server.
func (s *Simulator) fill(v *view, people []Persona, names map[string]string, run string, since int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.name()
	v.Run, v.Seq, v.Moving = s.run, s.seq, s.moving
	if run == s.run {
		v.Since = since
	}
	for _, p := range people {
		v.Personas = append(v.Personas, s.person(p))
		for _, m := range s.phone(p.OpenID).messages {
			if m.Seq > v.Since {
				v.Messages = append(v.Messages, m)
			}
		}
	}
	v.Pushes = s.lately(names)
}

// name gives this life of the server a name; s.mu is held.
func (s *Simulator) name() {
	if s.run == "" {
		s.run = rand.Text()
	}
}

// people are the personas. The platform is told once who follows the account
// at first; afterwards it knows better.
func (s *Simulator) people(ctx context.Context) ([]Persona, error) {
	people, err := s.Personas(ctx)
	if err != nil {
		return nil, fmt.Errorf("personas: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range people {
		if ph := s.phone(p.OpenID); !ph.known {
			ph.known = true
			if p.Follows {
				s.Platform.Followed(p.OpenID)
			}
		}
	}
	return people, nil
}

// person is what the list shows of p; s.mu is held.
func (s *Simulator) person(p Persona) person {
	ph := s.phone(p.OpenID)
	out := person{OpenID: p.OpenID, Name: p.Name, Role: p.Role, Village: p.Village, Note: p.Note, Follows: s.follows(p.OpenID), Unread: ph.unread}
	if n := len(ph.messages); n > 0 {
		m := ph.messages[n-1]
		out.Last, out.LastAt = oneLine(m), m.At
	}
	return out
}

// oneLine is a message as the list of chats shows it.
func oneLine(m message) string {
	if m.Kind == kindTemplate {
		return "[服务通知] " + m.Title
	}
	line, _, _ := strings.Cut(words(m.Parts), "\n")
	if r := []rune(line); len(r) > 40 {
		line = string(r[:40])
	}
	if name := mediaName(m.Kind); name != "" {
		return "[" + name + "]"
	}
	return line
}

// lately is the end of the push log with names in place of openids; s.mu is held.
func (s *Simulator) lately(names map[string]string) []push {
	var pairs []string
	for openid, name := range names {
		pairs = append(pairs, openid, name)
	}
	named := strings.NewReplacer(pairs...)
	out := append([]push{}, s.pushes[max(0, len(s.pushes)-100):]...)
	for i := range out {
		out[i].Name = named.Replace(out[i].To)
		out[i].Text = named.Replace(out[i].Text)
	}
	return out
}

// follows asks the platform, which sees who comes and goes.
func (s *Simulator) follows(openid string) bool { return s.Platform.Quota(openid).Follows }

// limit is how many customer messages an act of the person's earns.
func limit(q fake.Quota) int {
	if q.Trigger == "" || q.Trigger == "message" {
		return 5
	}
	return 3
}

// quota is what the platform would still take for openid.
func (s *Simulator) quota(openid string) quota {
	q := s.Platform.Quota(openid)
	return quota{Left: q.Left, Limit: limit(q), Until: q.Until.UnixMilli(), Open: q.Trigger != ""}
}

// button is one of the menu's, as the platform keeps it.
type button struct {
	Name string   `json:"name"`
	Type string   `json:"type"`
	Key  string   `json:"key"`
	URL  string   `json:"url"`
	Sub  []button `json:"sub_button"`
}

// buttons are those of the menu that openid sees, none if she follows not.
func (s *Simulator) buttons(openid string) ([]button, error) {
	menu := s.Platform.Menu(openid)
	if menu == nil || !s.follows(openid) {
		return []button{}, nil
	}
	var m struct {
		Button []button `json:"button"`
	}
	if err := json.Unmarshal(menu, &m); err != nil {
		return nil, fmt.Errorf("menu: %w", err)
	}
	return m.Button, nil
}
