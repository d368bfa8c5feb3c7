package simulator

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"xintiexin/bot/wechat/fake"
	"xintiexin/storage/calendar"
)

// input is what the page posts; which fields count depends on the act.
type input struct {
	Who  string `json:"who"`  // whose phone
	Text string `json:"text"` // what is said, or the scene of a code
	ID   string `json:"id"`   // a tapped option's msgmenuid
	Kind string `json:"kind"` // send: voice, image, location, sticker
	Type string `json:"type"` // menu: click, view …
	Key  string `json:"key"`  // menu: key or address
	To   string `json:"to"`   // clock: hour, morning, day, week

	Accepted map[string]bool `json:"accepted"` // subscribe: by template
}

// longest is how many characters WeChat lets one type into a message.
const longest = 2000

// act reads an input, has it done and answers that it was.
func act(do func(context.Context, input) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		// A week of jobs may take longer than the server's write limit. A writer
		// that knows no limits needs none moved.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
		var in input
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&in); err != nil {
			return refusal{http.StatusBadRequest, "看不懂这个请求。"}
		}
		if utf8.RuneCountInString(in.Text) > longest {
			return refusal{http.StatusBadRequest, "太长了，最多2000字。"}
		}
		if err := do(r.Context(), in); err != nil {
			return err
		}
		answer(w, http.StatusOK, map[string]bool{"ok": true})
		return nil
	}
}

// persona returns who acts, or a refusal if it is nobody of the list.
func (s *Simulator) persona(ctx context.Context, openid string) (Persona, error) {
	people, err := s.people(ctx)
	if err != nil {
		return Persona{}, err
	}
	for _, p := range people {
		if p.OpenID == openid {
			return p, nil
		}
	}
	return Persona{}, refusal{http.StatusNotFound, "没有这个人。"}
}

// follower returns who acts, or a refusal if she does not follow the account:
// then her phone has no chat to act in.
func (s *Simulator) follower(ctx context.Context, openid string) (Persona, error) {
	p, err := s.persona(ctx, openid)
	if err == nil && !s.follows(openid) {
		err = refusal{http.StatusConflict, "还没关注，先点“关注公众号”。"}
	}
	return p, err
}

// text says what was typed.
func (s *Simulator) text(ctx context.Context, in input) error {
	p, err := s.follower(ctx, in.Who)
	if err != nil {
		return err
	}
	text := strings.TrimSpace(in.Text)
	if text == "" {
		return refusal{http.StatusBadRequest, "没有写字。"}
	}
	s.wrote(p, kindText, text)
	return s.hear(ctx, p, func(d *fake.Driver) (fake.Answer, error) { return d.Text(p.OpenID, text) })
}

// tap sends an option's words with its id, however old the option is.
func (s *Simulator) tap(ctx context.Context, in input) error {
	p, err := s.follower(ctx, in.Who)
	if err != nil {
		return err
	}
	if in.Text == "" {
		return refusal{http.StatusBadRequest, "这个选项是空的。"}
	}
	s.wrote(p, kindText, in.Text)
	return s.hear(ctx, p, func(d *fake.Driver) (fake.Answer, error) { return d.Tap(p.OpenID, in.Text, in.ID) })
}

// mediaName is what a list of chats calls a kind of media, or empty.
func mediaName(kind string) string {
	switch kind {
	case "voice":
		return "语音"
	case "image":
		return "图片"
	case "location":
		return "位置"
	case "sticker":
		return "表情"
	}
	return ""
}

// send sends what is not text.
func (s *Simulator) send(ctx context.Context, in input) error {
	p, err := s.follower(ctx, in.Who)
	if err != nil {
		return err
	}
	shown, say := media(in)
	if say == nil {
		return refusal{http.StatusBadRequest, "这个发不了。"}
	}
	s.wrote(p, in.Kind, shown)
	return s.hear(ctx, p, say)
}

// media is what the phone shows of what is not text, and how it is sent; nil
// if it is not known.
func media(in input) (shown string, say func(*fake.Driver) (fake.Answer, error)) {
	switch in.Kind {
	case "voice":
		return "语音", func(d *fake.Driver) (fake.Answer, error) { return d.Voice(in.Who) }
	case "image":
		return "一张照片", func(d *fake.Driver) (fake.Answer, error) { return d.Image(in.Who) }
	case "location":
		return "样庄镇政府", func(d *fake.Driver) (fake.Answer, error) { return d.Location(in.Who, 34.1, 117.1, "样庄镇政府") }
	case "sticker":
		return in.Text, func(d *fake.Driver) (fake.Answer, error) { return d.Text(in.Who, unsupported) }
	}
	return "", nil
}

// menu presses a button of the account's menu; the chat shows nothing but the
// answer, and none if a page was opened.
func (s *Simulator) menu(ctx context.Context, in input) error {
	p, err := s.follower(ctx, in.Who)
	if err != nil {
		return err
	}
	switch in.Type {
	case "click":
		return s.hear(ctx, p, func(d *fake.Driver) (fake.Answer, error) { return d.Click(p.OpenID, in.Key) })
	case "view":
		return s.tell(ctx, func(d *fake.Driver) (fake.Answer, error) { return opened(d, p.OpenID, in.Key) })
	}
	return refusal{http.StatusBadRequest, "模拟器里没有这种按钮。"}
}

// follow follows the account from its profile.
func (s *Simulator) follow(ctx context.Context, in input) error {
	p, err := s.persona(ctx, in.Who)
	if err != nil || s.follows(in.Who) {
		return err
	}
	return s.join(ctx, p, "")
}

func (s *Simulator) join(ctx context.Context, p Persona, scene string) error {
	s.remark(p, "你已关注"+s.Account)
	return s.hear(ctx, p, func(d *fake.Driver) (fake.Answer, error) { return d.Follow(p.OpenID, scene) })
}

// unfollow leaves the account. What it says then, nobody hears.
func (s *Simulator) unfollow(ctx context.Context, in input) error {
	p, err := s.follower(ctx, in.Who)
	if err != nil {
		return err
	}
	s.remark(p, "你不再关注"+s.Account)
	err = s.tell(ctx, func(d *fake.Driver) (fake.Answer, error) { return d.Unfollow(p.OpenID) })
	s.Platform.Unfollow(p.OpenID) // whatever happened meanwhile, she is gone
	return err
}

// scan scans a code with a scene: a follower's phone opens the chat, anybody
// else's follows the account by it.
func (s *Simulator) scan(ctx context.Context, in input) error {
	p, err := s.persona(ctx, in.Who)
	if err != nil {
		return err
	}
	scene := strings.TrimSpace(in.Text)
	if scene == "" || len(scene) > 64 {
		return refusal{http.StatusBadRequest, "码里要有1到64个字符。"}
	}
	if !s.follows(in.Who) {
		return s.join(ctx, p, scene)
	}
	s.remark(p, "你扫了一个码")
	return s.hear(ctx, p, func(d *fake.Driver) (fake.Answer, error) { return d.Scan(p.OpenID, scene) })
}

// read marks a chat as seen.
func (s *Simulator) read(ctx context.Context, in input) error {
	if _, err := s.persona(ctx, in.Who); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.phone(in.Who); p.unread > 0 {
		p.unread = 0
		s.changed()
	}
	return nil
}

// move moves the clock on. The jobs that fall due deliver meanwhile. One who
// leaves the page stops it between two jobs.
func (s *Simulator) move(ctx context.Context, in input) error {
	to, ok := later(s.Clock.Now(), in.To)
	if !ok {
		return refusal{http.StatusBadRequest, "不知道要拨到几点。"}
	}
	if !s.setMoving(true) {
		return refusal{http.StatusConflict, "钟正在走，等它停下。"}
	}
	defer s.setMoving(false)
	if err := s.Clock.Advance(ctx, to); err != nil {
		return fmt.Errorf("move the clock: %w", err)
	}
	return s.Finish(ctx)
}

// later is the instant to which a button of the clock moves.
func later(now time.Time, button string) (time.Time, bool) {
	switch button {
	case "hour":
		return now.Add(time.Hour), true
	case "day":
		return now.Add(24 * time.Hour), true
	case "week":
		return now.Add(7 * 24 * time.Hour), true
	case "morning": // at two in the night, that is in five hours and a half
		today := calendar.DayOf(now)
		if t := today.At(7, 30); t.After(now) {
			return t, true
		}
		return (today + 1).At(7, 30), true
	}
	return time.Time{}, false
}

// setMoving returns false if the clock is moving already and is to begin.
func (s *Simulator) setMoving(on bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on && s.moving {
		return false
	}
	s.moving = on
	s.changed()
	return true
}

// wrote shows in her own phone what p has just sent.
func (s *Simulator) wrote(p Persona, kind, text string) {
	s.show(message{Who: p.OpenID, At: s.Clock.Now().UnixMilli(), Out: true, Kind: kind, Parts: []part{{Text: text}}})
}

// remark shows a grey line.
func (s *Simulator) remark(p Persona, text string) {
	s.show(message{Who: p.OpenID, At: s.Clock.Now().UnixMilli(), Kind: kindSystem, Parts: []part{{Text: text}}})
}
