package wechat

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A visitor is told of the elements below the root <xml>. The path is valid
// during the call only; an empty one says that all told so far is void.
type visitor interface {
	open(path []string)              // an element begins
	leaf(path []string, text string) // an element without children has ended
}

// quick reads the flat XML that the platform writes: plain names, text and
// CDATA. It returns false for anything beyond, which is thorough's to judge;
// what it does read, thorough would read alike (FuzzXML). Texts are parts of s.
func quick(s string, v visitor) bool {
	if !plain(s) {
		return false
	}
	i := len(s) - len(strings.TrimLeft(s, " \n\t"))
	if !strings.HasPrefix(s[i:], "<xml>") {
		return false
	}
	i += len("<xml>")
	var path [8]string
	var text string
	depth, leaf := 0, false
	for {
		lt := strings.IndexByte(s[i:], '<')
		if lt < 0 {
			return false
		}
		if run := s[i : i+lt]; run != "" {
			if strings.Contains(run, "&") || strings.Contains(run, "]]>") {
				return false
			}
			text += run
		}
		i += lt
		if cdata, ok := strings.CutPrefix(s[i:], "<![CDATA["); ok {
			end := strings.Index(cdata, "]]>")
			if end < 0 {
				return false
			}
			text += cdata[:end]
			i = len(s) - len(cdata) + end + len("]]>")
			continue
		}
		gt := strings.IndexByte(s[i:], '>')
		if gt < 0 {
			return false
		}
		name, closes := strings.CutPrefix(s[i+1:i+gt], "/")
		i += gt + 1
		switch {
		case closes && depth == 0:
			return name == "xml" && strings.Trim(s[i:], " \n\t") == ""
		case closes:
			if name != path[depth-1] {
				return false
			}
			if leaf {
				v.leaf(path[:depth], text)
			}
			text, leaf = "", false
			depth--
		default:
			if depth == len(path) || !named(name) {
				return false
			}
			path[depth] = name
			depth++
			text, leaf = "", true
			v.open(path[:depth])
		}
	}
}

// named reports whether s is an element's name of the simple kind.
func named(s string) bool {
	return s != "" && only(s, "_") && (s[0] < '0' || s[0] > '9')
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

// thorough reads any XML. Characters that XML forbids are left out first: a
// person whose keyboard slipped one in is to be answered all the same.
func thorough(s string, v visitor) error {
	d := xml.NewDecoder(strings.NewReader(clean(s)))
	var path []string
	var text strings.Builder
	inside, leaf := false, false
	for {
		token, err := d.Token()
		if err == io.EOF {
			if !inside && path != nil {
				return nil
			}
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if !inside {
				if t.Name.Local != "xml" || path != nil {
					return errors.New("not one <xml> element")
				}
				inside, path = true, []string{}
				continue
			}
			path = append(path, t.Name.Local)
			text.Reset()
			leaf = true
			v.open(path)
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			if len(path) == 0 {
				inside = false
				continue
			}
			if leaf {
				v.leaf(path, text.String())
			}
			text.Reset()
			leaf = false
			path = path[:len(path)-1]
		}
	}
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

// builder makes a Message of what it is told.
type builder struct {
	m   Message
	err error
}

func (b *builder) open(path []string) {
	switch {
	case len(path) == 0:
		*b = builder{}
	case isSubscription(path) && len(path) == 2:
		b.m.Subscriptions = append(b.m.Subscriptions, Subscription{})
	}
}

func isSubscription(path []string) bool {
	return len(path) >= 2 && path[1] == "List" && strings.HasPrefix(path[0], "SubscribeMsg")
}

func (b *builder) leaf(path []string, text string) {
	switch {
	case len(path) == 1:
		b.field(path[0], text)
	case len(path) == 2 && path[0] == "ScanCodeInfo" && path[1] == "ScanResult":
		b.m.ScanResult = text
	case len(path) == 2 && path[0] == "SendLocationInfo":
		b.m.Location.field(path[1], text)
	case len(path) == 3 && isSubscription(path):
		b.m.Subscriptions[len(b.m.Subscriptions)-1].field(path[2], text)
	}
}

func (b *builder) field(name, text string) {
	m := &b.m
	switch name {
	case "ToUserName":
		m.To = text
	case "FromUserName":
		m.From = text
	case "CreateTime":
		// A year beyond 2500 is a mistake, and could not be written down again.
		if s := number(text); s > 0 && s < 1<<34 {
			m.At = time.Unix(s, 0).UTC()
		} else {
			b.err = errors.New("CreateTime is not a time")
		}
	case "MsgType":
		m.Type = text
	case "MsgId":
		m.MsgID = number(text)
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
		if s := number(text); s > 0 && s < 1<<34 {
			m.Expires = time.Unix(s, 0).UTC()
		}
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
