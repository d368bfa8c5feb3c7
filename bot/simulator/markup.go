package simulator

import (
	"net/url"
	"regexp"
	"strings"
)

// A part is a run of a text: plain words, a link to a page, or an option that
// can be tapped. The page shows Text as it is, whatever signs it holds.
type part struct {
	Text    string `json:"text"`
	Href    string `json:"href,omitempty"`    // a page, http or https
	Content string `json:"content,omitempty"` // what a tap sends
	ID      string `json:"id,omitempty"`      // the option's msgmenuid
}

// A link is an <a> with a double-quoted href and a label without signs; all
// else is words, as WeChat shows other markup as it was written.
var link = regexp.MustCompile(`<a\s+href="([^"<>]*)"[^<>]*>([^<>]*)</a>`)

// parts divides a text as a WeChat client does.
func parts(text string) []part {
	var out []part
	words := func(s string) {
		if n := len(out); n > 0 && out[n-1].Href == "" && out[n-1].Content == "" {
			out[n-1].Text += s
		} else if s != "" {
			out = append(out, part{Text: s})
		}
	}
	end := 0
	for _, at := range link.FindAllStringSubmatchIndex(text, -1) {
		words(text[end:at[0]])
		if p, ok := anchor(text[at[2]:at[3]], text[at[4]:at[5]]); ok {
			out = append(out, p)
		} else {
			words(text[at[0]:at[1]])
		}
		end = at[1]
	}
	words(text[end:])
	return out
}

// anchor is the part that a link becomes, or false for a link that no client
// would follow.
func anchor(href, label string) (part, bool) {
	if query, ok := strings.CutPrefix(href, "weixin://bizmsgmenu?"); ok {
		p := part{Text: label, Content: value(query, "msgmenucontent"), ID: value(query, "msgmenuid")}
		return p, p.Content != ""
	}
	href = strings.ReplaceAll(href, "&amp;", "&")
	u, err := url.Parse(href)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return part{}, false
	}
	return part{Text: label, Href: href}, label != ""
}

// value is a query's value, percent-decoded; a + stays a +, as clients have it.
func value(query, key string) string {
	for pair := range strings.SplitSeq(query, "&") {
		if v, ok := strings.CutPrefix(pair, key+"="); ok {
			if decoded, err := url.PathUnescape(v); err == nil {
				return decoded
			}
			return v
		}
	}
	return ""
}

// words is what parts show, without their links.
func words(ps []part) string {
	var b strings.Builder
	for _, p := range ps {
		b.WriteString(p.Text)
	}
	return b.String()
}
