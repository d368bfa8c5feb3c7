package wechat

import (
	"strconv"
	"strings"
	"time"
)

// Message is what the platform posts: a message of a user or an event. Fields
// that its kind does not have are zero.
type Message struct {
	From string    // the user's openid
	To   string    // the account, gh_…
	At   time.Time // CreateTime, whole seconds, UTC
	Type string    // text, image, voice, video, shortvideo, location, link, event, or one not known yet

	MsgID   string // empty for events
	Content string // of a text
	Tapped  bool   // the text comes from a tap on a menu option
	MenuID  uint32 // that option's id; 0 if it was no number

	Event    string // lower case: subscribe, unsubscribe, scan, click, view, templatesendjobfinish …
	EventKey string
	Ticket   string // of the QR code that was scanned

	MediaID      string // image, voice, video; gone after 3 days
	MediaID16K   string // voice at 16 kHz
	ThumbMediaID string
	PicURL       string
	Format       string // of a voice: amr, speex
	Recognition  string // of a voice, where the platform still writes down what was said
	Title        string // of a link, as the next two
	Description  string
	URL          string

	Location Location

	ScanResult    string // scancode_push, scancode_waitmsg
	TemplateMsgID int64  // templatesendjobfinish: what SendTemplate returned
	Status        string // templatesendjobfinish: see Delivered and Blocked
	Subscriptions []Subscription
	User          string    // user_info_…, user_authorization_…: the openid that it is about; From is the platform's
	Expires       time.Time // annual_renew, verify_expired, …: when the account's certification ends

	Odd    string // what is wrong with the post, for the log; it holds nothing of it
	Broken bool   // it could not be read as a whole: nothing is to be done but to say so

	old bool // opened with the previous AES key, so answered with it
}

// Location is a point that a user sent.
type Location struct {
	Latitude, Longitude float64
	Scale               int
	Label               string
}

// Subscription is one line of a subscribe_msg_… event.
type Subscription struct {
	TemplateID string
	Status     string // accept or reject; empty for a sent event
	Scene      string // 1 a page, 2 an article; popup event only
	MsgID      int64  // sent event only, as the next two
	ErrorCode  int
	ErrorText  string
}

// Key is the same for each delivery of one message or event, and for nothing
// else: sender and MsgId for messages; sender, second, event, event key and what
// was answered to which notice for events, which have no id. A message without
// an id is told by its kind and content.
func (m *Message) Key() string {
	if m.MsgID != "" && m.Type != "event" {
		return m.From + "|" + m.MsgID
	}
	key := m.From + "|" + strconv.FormatInt(m.At.Unix(), 10) + "|" + m.Event + "|"
	if m.Type != "event" {
		return key + m.Type + "|" + m.Content + m.MediaID + m.Title + m.URL + m.Location.Label
	}
	if m.TemplateMsgID != 0 { // two notices to one person may finish in one second
		key += strconv.FormatInt(m.TemplateMsgID, 10) + "|"
	}
	if m.User != "" {
		key += m.User + "|"
	}
	key += m.EventKey
	for _, s := range m.Subscriptions { // she may answer twice in one second
		key += "|" + s.TemplateID + " " + s.Status
		if s.MsgID != 0 {
			key += " " + strconv.FormatInt(s.MsgID, 10)
		}
	}
	return key
}

// Scene is the scene of the QR code by which the user came (subscribe) or that
// a follower scanned (scan), or empty.
func (m *Message) Scene() string {
	switch m.Event {
	case "subscribe":
		scene, ok := strings.CutPrefix(m.EventKey, "qrscene_")
		if ok {
			return scene
		}
	case "scan":
		return m.EventKey
	}
	return ""
}

// Accepted reports whether she accepted one notice of the template.
func (s Subscription) Accepted() bool { return s.Status == "accept" }

// Refused reports whether she wants none of the template.
func (s Subscription) Refused() bool { return s.Status == "reject" }

// Delivered reports whether a template message arrived. Spellings of failure
// vary, so only the beginning counts.
func (m *Message) Delivered() bool { return strings.HasPrefix(m.Status, "success") }

// Blocked reports whether a template message failed because its receiver does
// not want any.
func (m *Message) Blocked() bool {
	why, failed := strings.CutPrefix(m.Status, "failed:")
	return failed && strings.HasPrefix(strings.TrimSpace(why), "user block")
}

// fromPlatform reports whether m is an event about the account or a user that the
// platform sends in its own name: its sender is no user.
func (m *Message) fromPlatform() bool {
	if m.Type != "event" {
		return false
	}
	for _, kind := range [...]string{"user_info_", "user_authorization_", "qualification_verify_", "naming_verify_", "annual_renew", "verify_expired"} {
		if strings.HasPrefix(m.Event, kind) {
			return true
		}
	}
	return false
}
