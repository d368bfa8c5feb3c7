package wechat

import (
	"errors"
	"html"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A visitor is told of the elements below the root <xml>. The path is valid
// during the call only.
type visitor interface {
	open(path []string)              // an element begins
	leaf(path []string, text string) // an element without children has ended
}

// Errors of scan. They hold nothing of the message.
var (
	errNoRoot  = errors.New("no <xml> element")
	errCut     = errors.New("XML ends too early")
	errTag     = errors.New("XML with a broken tag")
	errClosing = errors.New("XML closes an element before one inside it")
	errDeep    = errors.New("XML nested too deep")
)

// maxDepth is how deep elements may be nested. The platform uses three levels.
const maxDepth = 100

// typedNames are the elements whose text may come from a person's keyboard,
// voice or camera. The platform puts it into CDATA without escaping "]]>".
var typedNames = [...]string{"Content", "Recognition", "Label", "Poiname", "Title", "Description", "Url", "EventKey", "ScanResult"}

func typed(name string) bool { return slices.Contains(typedNames[:], name) }

// scan reads a message and tells v of its elements. It takes whatever can be
// told from each other, and returns an error at the first place beyond which
// nothing can; what was read up to there stands. What a person typed cannot end
// its element (see words).
// Document types, comments and entities that XML does not define have no effect.
func scan(s string, v visitor) error {
	s = clean(s)
	i := root(s)
	if i < 0 {
		return errNoRoot
	}
	var room [8]string
	path := room[:0]
	var text run
	leaf := false
	for {
		lt := strings.IndexByte(s[i:], '<')
		if lt < 0 {
			return errCut
		}
		text.add(unescape(s[i : i+lt]))
		i += lt
		if size, cdata, ok := aside(s[i:]); ok {
			if size == 0 {
				return errCut
			}
			text.add(cdata)
			i += size
			continue
		}
		gt := strings.IndexByte(s[i:], '>')
		if gt < 0 {
			return errCut
		}
		name, closes := strings.CutPrefix(s[i+1:i+gt], "/")
		i += gt + 1
		if closes {
			name = strings.TrimRight(name, " \n\t")
			if len(path) == 0 && name == "xml" {
				return nil
			}
			if len(path) > 0 && name == path[len(path)-1] {
				if leaf {
					v.leaf(path, text.String())
				}
				path = path[:len(path)-1]
			} else if name == "xml" || slices.Contains(path, name) {
				return errClosing
			} // else it was opened where words were looked for
			text, leaf = run{}, false
			continue
		}
		name, empty := strings.CutSuffix(name, "/")
		if at := strings.IndexAny(name, " \n\t"); at >= 0 { // attributes
			name = name[:at]
		}
		if !named(name) {
			return errTag
		}
		if len(path) == maxDepth {
			return errDeep
		}
		path = append(path, name)
		text, leaf = run{}, true
		v.open(path)
		switch {
		case empty:
			v.leaf(path, "")
		case typed(name):
			size := words(s[i:], path, v)
			if size == 0 {
				return errCut
			}
			i += size
		default:
			continue
		}
		leaf, path = false, path[:len(path)-1]
	}
}

// root returns where the content of the root element begins, or -1.
func root(s string) int {
	i := strings.Index(s, "<xml>")
	if j := strings.Index(s, "<xml "); j >= 0 && (i < 0 || j < i) {
		gt := strings.IndexByte(s[j:], '>')
		if gt < 0 {
			return -1
		}
		return j + gt + 1
	}
	if i < 0 {
		return -1
	}
	return i + len("<xml>")
}

const (
	cdataBegin = "<![CDATA["
	cdataEnd   = "]]>"
	cdataSplit = "]]]]><![CDATA[>" // an end mark as XML has it written inside CDATA
)

// aside reads what begins with s and is no tag: CDATA, whose text it returns, a
// comment, an instruction, a declaration. size is 0 where that has no end.
func aside(s string) (size int, cdata string, ok bool) {
	for _, kind := range [...][2]string{{cdataBegin, cdataEnd}, {"<!--", "-->"}, {"<?", "?>"}, {"<!", ">"}} {
		body, is := strings.CutPrefix(s, kind[0])
		if !is {
			continue
		}
		end := strings.Index(body, kind[1])
		if end < 0 {
			return 0, "", true
		}
		if kind[0] == cdataBegin {
			cdata = body[:end]
		}
		return len(kind[0]) + end + len(kind[1]), cdata, true
	}
	return 0, "", false
}

// words tells v of the typed element that path ends with and whose content s
// begins with, and of the typed elements that follow it, and returns how much of
// s they take; 0 where the element has no end. All between its begin and the last
// end of a typed element may be somebody's text: nothing else is looked for there.
func words(s string, path []string, v visitor) int {
	own := path[len(path)-1]
	text, size := content(s, own)
	if size == 0 {
		return 0
	}
	v.leaf(path, text)
	end := size
	for _, name := range typedNames {
		mark := cdataEnd + "</" + name + ">"
		if at := strings.LastIndex(s[end:], mark); at >= 0 {
			end += at + len(mark)
		}
	}
	for _, name := range typedNames {
		begin := "<" + name + ">"
		at := strings.Index(s[size:end], begin+cdataBegin)
		if at < 0 || name == own {
			continue
		}
		text, _ := content(s[size+at+len(begin):end], name)
		path[len(path)-1] = name
		v.leaf(path, text)
	}
	path[len(path)-1] = own
	return end
}

// content returns the text of a typed element whose content s begins with, and
// its length up to and with its end tag, which is the last one of that name;
// the length is 0 where there is none.
func content(s, name string) (text string, size int) {
	mark := cdataEnd + "</" + name + ">"
	if body, ok := strings.CutPrefix(strings.TrimLeft(s, " \n\t"), cdataBegin); ok {
		end := strings.LastIndex(body, mark)
		if name == "EventKey" { // of our own menus and codes, with what a person chose behind it
			end = strings.Index(body, mark)
		}
		if end >= 0 {
			return strings.ReplaceAll(body[:end], cdataSplit, cdataEnd), len(s) - len(body) + end + len(mark)
		}
	}
	mark = mark[len(cdataEnd):]
	end := strings.LastIndex(s, mark)
	if end < 0 {
		return "", 0
	}
	if body, ok := strings.CutPrefix(strings.TrimSpace(s[:end]), cdataBegin); ok && strings.HasSuffix(body, cdataEnd) {
		return strings.ReplaceAll(strings.TrimSuffix(body, cdataEnd), cdataSplit, cdataEnd), end + len(mark)
	}
	return unescape(s[:end]), end + len(mark)
}

// unescape resolves the entities in text outside CDATA. One that is not known
// stays as it is.
func unescape(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	return html.UnescapeString(s)
}

// run is the text of an element, most often one part of the message.
type run struct {
	first string
	more  []byte // all of it, where there are several parts
}

func (r *run) add(part string) {
	switch {
	case part == "":
	case r.first == "":
		r.first = part
	default:
		if r.more == nil {
			r.more = append(r.more, r.first...)
		}
		r.more = append(r.more, part...)
	}
}

func (r *run) String() string {
	if r.more == nil {
		return r.first
	}
	return string(r.more)
}

// named reports whether s is the name of an element.
func named(s string) bool {
	return s != "" && only(s, "_-.:") && (s[0] < '0' || s[0] > '9')
}

// plain reports whether s is UTF-8 and holds only characters that XML takes
// as they are (a carriage return would become a newline).
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\n' && s[i] != '\t' {
			return false
		}
	}
	return utf8.ValidString(s) && !strings.Contains(s, "\uFFFE") && !strings.Contains(s, "\uFFFF")
}

// clean leaves out what neither XML nor a text message can carry: control
// characters and broken UTF-8. Line ends become plain newlines.
func clean(s string) string {
	if plain(s) && !strings.ContainsAny(s, "\u2028\u2029") {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r' || r == '\u2028' || r == '\u2029': // JSON would escape the last two, and the platform refuses escapes
			return '\n'
		case r < ' ' && r != '\n' && r != '\t', r == '\uFFFE', r == '\uFFFF', r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
}

// builder makes a Message of what it is told. The first element of a name
// counts. What says who sent it, when and what it is counts only in front of
// the first typed element, where the platform writes it: behind, it could be
// part of what a person typed.
type builder struct {
	m     Message
	typed bool   // a typed element has been seen
	seen  uint64 // bit i: fieldNames[i] has been seen below the root
}

// fieldNames are the elements below the root that are read, in front those that
// say who sent the message, when and what it is.
var fieldNames = [...]string{"ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "OpenID",
	"MsgId", "Content", "bizmsgmenuid", "EventKey", "ScanResult", "Ticket", "MediaId", "MediaId16K", "ThumbMediaId", "PicUrl", "Format",
	"Recognition", "Title", "Description", "Url", "MsgID", "Status", "ExpiredTime", "Location_X", "Location_Y", "Scale", "Label"}

const headNames = 6 // of fieldNames

func (b *builder) open(path []string) {
	if isSubscription(path) && len(path) == 2 {
		b.m.Subscriptions = append(b.m.Subscriptions, Subscription{})
	}
}

func isSubscription(path []string) bool {
	return len(path) >= 2 && path[1] == "List" && strings.HasPrefix(path[0], "SubscribeMsg")
}

func (b *builder) leaf(path []string, text string) {
	switch {
	case len(path) == 1:
		if b.first(path[0]) {
			b.field(path[0], text)
		}
	case len(path) == 2 && path[0] == "ScanCodeInfo" && path[1] == "ScanResult":
		b.m.ScanResult = text
	case len(path) == 2 && path[0] == "SendLocationInfo":
		b.m.Location.field(path[1], text)
	case len(path) == 3 && isSubscription(path):
		b.m.Subscriptions[len(b.m.Subscriptions)-1].field(path[2], text)
	}
	b.typed = b.typed || typed(path[len(path)-1])
}

// first reports whether an element of that name counts.
func (b *builder) first(name string) bool {
	i := slices.Index(fieldNames[:], name)
	if i < 0 || b.seen&(1<<i) != 0 {
		return false
	}
	b.seen |= 1 << i
	return !b.typed || i >= headNames
}

// message returns what was read, of each kind what it has.
func (b *builder) message() Message {
	m := b.m
	if m.Type != "event" {
		m.Event, m.EventKey, m.Ticket, m.User, m.Expires = "", "", "", "", time.Time{}
	}
	if m.Type != "voice" {
		m.Recognition = ""
	}
	if m.Type != "text" {
		m.Content, m.Tapped, m.MenuID = "", false, 0
	}
	if m.Type != "link" {
		m.Title, m.Description, m.URL = "", "", ""
	}
	if m.Type != "location" && m.Event != "location_select" {
		m.Location = Location{}
	}
	if !strings.HasPrefix(m.Event, "scancode_") {
		m.ScanResult = ""
	}
	if !strings.HasPrefix(m.Event, "user_") {
		m.User = ""
	}
	if m.Event != "templatesendjobfinish" {
		m.TemplateMsgID, m.Status = 0, ""
	}
	if !strings.HasPrefix(m.Event, "subscribe_msg_") {
		m.Subscriptions = nil
	}
	return m
}

func (b *builder) field(name, text string) {
	m := &b.m
	switch name {
	case "ToUserName":
		m.To = text
	case "FromUserName":
		m.From = text
	case "CreateTime":
		m.At = moment(text)
	case "MsgType":
		m.Type = text
	case "OpenID": // of the platform's events about a user
		m.User = text
	case "Recognition":
		m.Recognition = text
	case "MsgId":
		if m.MsgID = strings.TrimSpace(text); m.MsgID == "0" {
			m.MsgID = ""
		}
	case "Content":
		m.Content = text
	case "bizmsgmenuid":
		// Whatever the id, it was a tap; the words say what was meant.
		id, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
		m.Tapped = true
		if m.MenuID = 0; err == nil {
			m.MenuID = uint32(id)
		}
	case "Event":
		m.Event = strings.ToLower(text)
	case "EventKey":
		m.EventKey = text
	case "ScanResult": // behind an EventKey it is found without its parent
		m.ScanResult = text
	case "Ticket":
		m.Ticket = text
	case "MediaId":
		m.MediaID = text
	case "MediaId16K":
		m.MediaID16K = text
	case "ThumbMediaId":
		m.ThumbMediaID = text
	case "PicUrl":
		m.PicURL = text
	case "Format":
		m.Format = text
	case "Title":
		m.Title = text
	case "Description":
		m.Description = text
	case "Url":
		m.URL = text
	case "MsgID": // of a template message: the capital D is the platform's
		m.TemplateMsgID = number(text)
	case "Status":
		m.Status = text
	case "ExpiredTime":
		m.Expires = moment(text)
	default:
		m.Location.field(name, text)
	}
}

func (l *Location) field(name, text string) {
	switch name {
	case "Location_X":
		l.Latitude = degrees(text)
	case "Location_Y":
		l.Longitude = degrees(text)
	case "Scale":
		l.Scale = int(number(text))
	case "Label":
		l.Label = text
	}
}

func (s *Subscription) field(name, text string) {
	switch name {
	case "TemplateId":
		s.TemplateID = text
	case "SubscribeStatusString":
		s.Status = text
	case "PopupScene":
		s.Scene = text
	case "MsgID":
		s.MsgID = number(text)
	case "ErrorCode":
		s.ErrorCode = int(number(text))
	case "ErrorStatus":
		s.ErrorText = text
	}
}

// moment is the time of a number of seconds, or of milliseconds, since 1970, or
// zero. A year beyond 2500 is a mistake, and could not be written down again.
func moment(text string) time.Time {
	const last = 1 << 34
	s := number(text)
	if s >= last {
		s /= 1000
	}
	if s <= 0 || s >= last {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}

// number is what the digits say, or 0.
func number(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// degrees is what the digits say, or 0.
func degrees(text string) float64 {
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > 180 {
		return 0
	}
	return f
}
