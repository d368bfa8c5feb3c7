// Package bot is the front door: WeChat's words become the village's, and back.
// It verifies and decodes what the platform posts, has it answered once, and
// answers; and it sends what the outbox holds.
package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"xintiexin/bot/wechat"
	"xintiexin/flows/dialog"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/kv"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
)

// busy is said when the fault is ours.
const busy = "系统忙，请稍后再试。"

// unread is said to a message of which only the sender could be read.
const unread = "不好意思，这条消息没能看懂，请换个说法再发一遍。"

// watchdog is how long the platform may wait for an answer: it gives up at 5 s
// and shows an error. What takes longer is answered by a customer message.
const watchdog = 4 * time.Second

// Bot is the webhook and the sender.
type Bot struct {
	Config   wechat.Config
	Client   *wechat.Client // nil: nothing is pushed
	Store    *record.Store
	Talk     *dialog.Talk
	Now      func() time.Time
	Log      *slog.Logger
	Watchdog time.Duration // 0 is 4 s
	Pages    string        // address of the private pages, https://…; "" when they are not served
	Metrics  *Metrics      // nil: nothing is counted

	// Forwarded says that another server stands in front, whose account this is: only
	// what is meant for this bot is answered, and the rest leaves nothing behind.
	Forwarded bool

	late    sync.WaitGroup // answers that outlive their request
	pushed  pushed         // late answers that are pushed
	clock   drift          // whether this server's clock can be right
	full    atomic.Bool    // the disk was full at the last try: one alarm, not thousands
	alarms  sync.Map       // string → true: said once
	refused atomic.Value   // string: this server's address, where the platform refused it
	stops   stops          // what is not sent for a while
}

// Wait returns when every answer under way is given.
func (b *Bot) Wait() { b.late.Wait() }

// Full reports whether the disk was full at the last message.
func (b *Bot) Full() bool { return b.full.Load() }

// ServeHTTP is the webhook. It answers 4xx to whom it does not know, and the
// platform always with 200.
func (b *Bot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	switch r.Method {
	case http.MethodGet:
		echo, err := wechat.Verify(b.Config, query, b.Now())
		if err != nil {
			b.refuse(w, err)
			return
		}
		b.heard()
		write(w, []byte(echo))
	case http.MethodPost:
		m, err := wechat.Open(b.Config, query, r.Body, b.Now())
		if err != nil {
			b.refuse(w, err)
			return
		}
		b.heard()
		if m.Odd != "" {
			b.Log.Warn("a post that is not as it should be", "what", m.Odd, "type", known(m))
		}
		b.receive(w, r, m)
	default:
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	}
}

func (b *Bot) refuse(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	var r *wechat.Refusal
	if errors.As(err, &r) {
		status = r.Status
		if r.Stale && b.clock.stale(b.Now()) {
			b.Log.Error("ALARM clock: the platform's posts carry another time than this server's: set its clock", "status", status)
			http.Error(w, http.StatusText(status), status)
			return
		}
	}
	b.Log.Warn("webhook refused", "reason", err.Error(), "status", status)
	http.Error(w, http.StatusText(status), status)
}

func write(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Write(body) // the client may be gone; it asks again, and the answer is kept
}

// receive answers one message, in time.
func (b *Bot) receive(w http.ResponseWriter, r *http.Request, m wechat.Message) {
	limit := b.Watchdog
	if limit == 0 {
		limit = watchdog
	}
	b.Metrics.received(m)
	answered, began := make(chan string, 1), time.Now()
	b.late.Go(func() {
		text := b.answer(context.WithoutCancel(r.Context()), m)
		b.Metrics.answered(time.Since(began))
		answered <- text
	})
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case text := <-answered:
		body, err := wechat.Reply(b.Config, m, text, b.Now())
		if err != nil {
			b.Log.Error("reply not sealed", "err", err)
			body = []byte(wechat.Success)
		}
		write(w, body)
	case <-timer.C:
		b.Log.Warn("answer late", "type", known(m))
		b.Metrics.tooLate()
		if b.pushed.first(m.Key(), b.Now()) { // it is delivered again and again until it is answered
			b.late.Go(func() { b.pushLate(context.WithoutCancel(r.Context()), m, <-answered) })
		}
		write(w, []byte(wechat.Success))
	}
}

// pushLate sends an answer that came after the platform stopped waiting.
func (b *Bot) pushLate(ctx context.Context, m wechat.Message, text string) {
	if text == "" || b.Client == nil {
		return
	}
	err := b.Client.SendText(ctx, m.From, text)
	if err == nil {
		err = b.Store.Update(ctx, func(tx *record.Tx) error { // it took one of her window's
			s, err := dialogstate.Load(tx, m.From)
			if err != nil {
				return err
			}
			s.Left = max(s.Left-1, 0)
			return dialogstate.Put(tx, m.From, s)
		})
	}
	if err != nil {
		b.Log.Error("late answer not sent or not counted", "err", private(err, m.From))
	}
}

// answer does what a message asks for, once, and returns what is said: the same
// for each of its deliveries. It never panics; what goes wrong on our side is
// logged here, and is “busy” to the person.
func (b *Bot) answer(ctx context.Context, m wechat.Message) (text string) {
	defer func() {
		if p := recover(); p != nil {
			b.Log.Error("panic in answer", "type", known(m), "panic", private(p, m.From), "stack", string(debug.Stack()))
			text = b.sorry(m)
		}
	}()
	if !m.Broken && b.account(ctx, m) {
		return ""
	}
	if !m.Broken && m.User != "" {
		b.aboutUser(ctx, m)
		return ""
	}
	if !openid(m.From) {
		if !m.Broken { // else it is logged
			b.Log.Warn("sender without a proper id", "type", known(m))
		}
		return ""
	}
	switch {
	case m.Broken && b.Forwarded:
		return ""
	case m.Broken:
		return unread
	case m.Event == "templatesendjobfinish":
		b.finish(ctx, m)
		return ""
	case len(m.Subscriptions) > 0:
		b.subscribed(ctx, m)
		return ""
	}
	in, ok := message(m)
	if !ok {
		b.Log.Info("not answered", "type", known(m))
		return ""
	}
	var troubles []string
	err := b.Store.Update(ctx, func(tx *record.Tx) (err error) {
		text, troubles, err = b.once(tx, m, in)
		return err
	})
	switch {
	case errors.Is(err, errNotOurs):
		return ""
	case err == nil:
		for _, t := range troubles {
			b.Log.Warn("not worked out", "what", t)
		}
		if b.full.Swap(false) {
			b.Log.Info("disk has room again")
		}
		return text
	case errors.Is(err, kv.ErrFull):
		if !b.full.Swap(true) {
			b.Log.Error("ALARM disk full: nothing is kept until there is room", "err", private(err, m.From))
		}
	default:
		b.Log.Error("message not answered", "type", known(m), "err", private(err, m.From))
	}
	return b.sorry(m)
}

// sorry is the word for our own fault; an event that nobody typed gets none.
func (b *Bot) sorry(m wechat.Message) string {
	if m.Event == "unsubscribe" {
		return ""
	}
	return busy
}

// errNotOurs undoes what a message did that was meant for the server in front.
var errNotOurs = errors.New("not meant for this bot")

// once answers a message that is new, and repeats the kept answer to one that
// is not. troubles are for the log.
func (b *Bot) once(tx *record.Tx, m wechat.Message, in dialog.Message) (text string, troubles []string, err error) {
	text, again, err := dialogstate.LoadReceipt(tx, m.At, in.ID)
	if again || err != nil {
		return text, nil, err
	}
	reply, err := b.Talk.Handle(tx, in)
	if err != nil {
		return "", nil, err
	}
	if b.Forwarded && reply.Lost {
		return "", nil, errNotOurs
	}
	pages := render(reply, b.Pages)
	if len(pages) == 0 {
		pages = []string{""}
	}
	if in.Kind == dialog.Heard {
		last := &pages[len(pages)-1]
		*last += "\n" + wechat.Tap(in.Text, in.Text, 0)
	}
	if len(pages) > 1 {
		if err := dialogstate.KeepPages(tx, m.From, pages[1:]); err != nil {
			return "", nil, err
		}
	}
	return pages[0], reply.Trouble, dialogstate.PutReceipt(tx, m.At, in.ID, pages[0])
}

// message is what the platform posted in the words of flows; ok is false for
// what is not answered.
func message(m wechat.Message) (in dialog.Message, ok bool) {
	in = dialog.Message{ID: m.Key(), From: m.From, At: m.At, Text: m.Content, Token: m.MenuID, Tapped: m.Tapped}
	switch m.Type {
	case "text":
		if strings.HasPrefix(m.Content, "【收到不支持的消息类型") || strings.HasPrefix(m.Content, "[收到不支持的消息类型") {
			in.Kind, in.Text = dialog.Media, "" // a sticker or a file
		}
		return in, true
	case "voice":
		if words := heard(m.Recognition); words != "" {
			in.Kind, in.Text = dialog.Heard, words
			return in, true
		}
	case "event":
		switch m.Event {
		case "subscribe":
			in.Kind, in.Text = dialog.Follow, m.Scene()
			return in, true
		case "unsubscribe":
			in.Kind = dialog.Unfollow
			return in, true
		case "scan":
			in.Kind, in.Text = dialog.Scan, m.Scene()
			return in, true
		case "click":
			in.Kind, in.Text = dialog.Click, m.EventKey
			return in, true
		}
		return in, false
	}
	in.Kind = dialog.Media // a picture, a file, a mini program's page, and what is yet to come
	return in, true
}

// mostHeard is how many characters of a voice message can be shown and sent back by
// a tap.
const mostHeard = 60

// heard is what the platform wrote down of a voice message, "" where it is nothing
// to go by.
func heard(recognition string) string {
	words := strings.Trim(strings.TrimSpace(recognition), "。.")
	if utf8.RuneCountInString(words) > mostHeard || strings.ContainsAny(words, "\n") {
		return ""
	}
	return words
}

// aboutUser takes an event that the platform sends in its own name about a user: who
// closed the WeChat account is gone as if unfollowing. Profile data that a user
// changed or withdrew is none that is kept here.
func (b *Bot) aboutUser(ctx context.Context, m wechat.Message) {
	b.Log.Info("event about a user", "event", known(m))
	if m.Event != "user_authorization_cancellation" || !openid(m.User) {
		return
	}
	err := b.Store.Update(ctx, func(tx *record.Tx) error {
		_, err := b.Talk.Handle(tx, dialog.Message{ID: m.Key(), From: m.User, Kind: dialog.Unfollow, At: m.At})
		return err
	})
	if err != nil {
		b.Log.Error("closed account not kept", "err", private(err, m.User))
	}
}

// finish settles a template message by the platform's report. To whom wants none
// nothing is sent until she writes.
func (b *Bot) finish(ctx context.Context, m wechat.Message) {
	status := "failed"
	switch {
	case m.Delivered():
		status = "delivered"
	case m.Blocked():
		status = "blocked"
	}
	b.Metrics.reported(status)
	err := b.Store.Update(ctx, func(tx *record.Tx) error {
		if _, err := outbox.Finish(tx, m.TemplateMsgID, m.Delivered(), "platform: "+m.Status, b.Now()); err != nil || !m.Blocked() {
			return err
		}
		return mute(tx, m.From)
	})
	if err != nil {
		b.Log.Error("report not kept", "err", private(err, m.From))
	}
}

// private is an error as the log may have it: the keys in it can hold the id of
// the WeChat that it is about.
func private(err any, openid string) string {
	text := fmt.Sprint(err)
	if openid == "" {
		return text
	}
	return strings.ReplaceAll(text, openid, "…")
}

// openid reports whether s can be a WeChat's id: it becomes part of a key.
func openid(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r == '-')
	}) < 0
}
