package simulator

import (
	"regexp"
	"strings"

	"xintiexin/bot/wechat/fake"
)

// kept is how many messages a phone remembers, and how many pushes the log.
const kept = 200

// A phone is one person's chat with the account.
type phone struct {
	messages []message
	unread   int
	known    bool // the platform has been told whether she follows
}

// message is one line of a chat, as the page gets it.
type message struct {
	Seq   int64  `json:"seq"`
	Who   string `json:"who"`
	At    int64  `json:"at"`  // Unix milliseconds
	Out   bool   `json:"out"` // written by the person
	Kind  string `json:"kind"`
	Parts []part `json:"parts"`

	Title string `json:"title,omitempty"` // of a template message, as the next two
	Rows  []row  `json:"rows,omitempty"`
	Href  string `json:"href,omitempty"`
}

// Kinds of message, beside the media that a person sends: voice, image,
// location, sticker.
const (
	kindText     = "text"
	kindTemplate = "template"
	kindSystem   = "system" // a grey line between the bubbles
)

// row is a line of a template message.
type row struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// push is a line of the push log.
type push struct {
	N       int    `json:"n"`
	At      int64  `json:"at"`
	To      string `json:"to"`
	Name    string `json:"name"`
	Channel string `json:"channel"`
	OK      bool   `json:"ok"`
	Result  string `json:"result"`
	Text    string `json:"text"`
}

// phone returns a person's phone; s.mu is held.
func (s *Simulator) phone(openid string) *phone {
	if s.phones == nil {
		s.phones = map[string]*phone{}
	}
	p := s.phones[openid]
	if p == nil {
		p = &phone{}
		s.phones[openid] = p
	}
	return p
}

// show adds a message to a phone.
func (s *Simulator) show(m message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(m)
}

// add is show with s.mu held. What the person did not write is unread.
func (s *Simulator) add(m message) {
	s.seq++
	m.Seq = s.seq
	p := s.phone(m.Who)
	if p.messages = append(p.messages, m); len(p.messages) > kept {
		p.messages = append([]message(nil), p.messages[len(p.messages)-kept:]...)
	}
	if !m.Out && m.Kind != kindSystem {
		p.unread++
	}
	s.changed()
}

// Pushed shows what the platform delivered: the message in the phone, the fact
// in the push log. It is meant as fake.Options.OnPush.
func (s *Simulator) Pushed(p fake.Push) {
	m := message{Who: p.To, At: p.At.UnixMilli(), Kind: kindText, Parts: parts(p.Text)}
	line := push{At: m.At, To: p.To, Channel: channelName(p.Channel), OK: true, Result: "已送到", Text: words(m.Parts)}
	if p.TemplateID != "" {
		m.Kind, m.Parts, m.Href = kindTemplate, []part{}, page(p.URL)
		m.Title, m.Rows = card(s.template(p.TemplateID), p.Data)
		line.Text = m.Title
		for _, r := range m.Rows {
			line.Text += " " + r.Name + "：" + r.Value
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(m)
	s.record(line)
}

// refusals notes pushes that the platform refused because no push may say
// what they said. It tells nobody of them by itself, so it is asked.
// now is in Unix milliseconds.
func (s *Simulator) refusals(now int64) {
	all := s.Platform.Violations()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range all[min(s.refused, len(all)):] {
		s.record(push{At: now, Channel: "推送", Result: "拒发", Text: text})
	}
	s.refused = len(all)
}

// record adds a line to the push log; s.mu is held.
func (s *Simulator) record(line push) {
	s.pushed++
	line.N = s.pushed
	if s.pushes = append(s.pushes, line); len(s.pushes) > kept {
		s.pushes = append([]push(nil), s.pushes[len(s.pushes)-kept:]...)
	}
	s.changed()
}

// field is a line of a template's content: a name and the key of its value.
var field = regexp.MustCompile(`^\s*(.*?)\s*[:：]?\s*\{\{\s*(\w+)\.DATA\s*\}\}\s*$`)

// card lays a template's data out as the notice that the phone shows: a row
// for each line of the content that names a value (first and remark of old
// templates have no name, and WeChat no longer shows them).
func card(t fake.Template, data map[string]string) (title string, rows []row) {
	for line := range strings.Lines(t.Content) {
		if f := field.FindStringSubmatch(strings.TrimSpace(line)); f != nil && f[1] != "" {
			rows = append(rows, row{Name: f[1], Value: data[f[2]]})
		}
	}
	return t.Title, rows
}

// page is a template message's address if a browser may open it.
func page(address string) string {
	if p, ok := anchor(address, address); ok {
		return p.Href
	}
	return ""
}

func channelName(c fake.Channel) string {
	switch c {
	case fake.Custom:
		return "客服消息"
	case fake.TemplateSend:
		return "模板消息"
	case fake.Notice:
		return "订阅通知"
	}
	return string(c)
}

// template returns the account's template, or one of its name alone.
func (s *Simulator) template(id string) fake.Template {
	for _, t := range s.Templates {
		if t.ID == id {
			return t
		}
	}
	return fake.Template{ID: id, Title: id}
}
