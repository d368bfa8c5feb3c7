package wechat

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Whether a client turns &lt; back into < in a text is not documented, so the
// signs that could make or break a link become their full-width twins.
var escaper = strings.NewReplacer("<", "＜", ">", "＞", "&", "＆")

// Escape makes s, written by a person, safe to stand in a text beside links.
func Escape(s string) string { return escaper.Replace(s) }

// Tap is an option that can be tapped: the client then sends content as the
// user's text, with token as its bizmsgmenuid. The label is escaped.
func Tap(label, content string, token uint32) string {
	var b strings.Builder
	b.Grow(80 + 3*len(content) + len(label))
	b.WriteString(`<a href="weixin://bizmsgmenu?msgmenucontent=`)
	percent(&b, content)
	b.WriteString(`&msgmenuid=`)
	b.WriteString(strconv.FormatUint(uint64(token), 10))
	b.WriteString(`">`)
	b.WriteString(Escape(label))
	b.WriteString(`</a>`)
	return b.String()
}

// percent writes s with all but RFC 3986's unreserved bytes encoded. Package
// url would write a space as +, which clients show as it is.
func percent(b *strings.Builder, s string) {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		if c := s[i : i+1]; only(c, "-._~") {
			b.WriteString(c)
		} else {
			b.Write([]byte{'%', hex[s[i]>>4], hex[s[i]&15]})
		}
	}
}

// Pages packs blocks, each on lines of its own, into pages of at most limit
// bytes (MaxText if limit is 0). A block stays whole unless it is longer than
// a page; then it is cut at a line's end or between characters, never inside
// a link.
func Pages(blocks []string, limit int) []string {
	if limit <= 0 {
		limit = MaxText
	}
	var pages []string
	page := ""
	flush := func() {
		if page = strings.TrimRight(page, "\n"); page != "" {
			pages = append(pages, page)
		}
		page = ""
	}
	for _, block := range blocks {
		if page != "" && len(page)+1+len(block) <= limit {
			page += "\n" + block
			continue
		}
		flush()
		for len(block) > limit {
			var head string
			if head, block = cut(block, limit); head != "" {
				pages = append(pages, head)
			}
		}
		page = block
	}
	flush()
	return pages
}

// cut divides s, longer than limit, so that the head fits: at a line's end if
// one is in the second half, else between characters. The newlines at the cut
// are dropped. A link that fits on no page is replaced by its label.
func cut(s string, limit int) (head, rest string) {
	n, line := 0, 0
	for n < len(s) {
		size := atom(s[n:])
		if n+size > limit {
			break
		}
		if n += size; s[n-1] == '\n' {
			line = n
		}
	}
	switch size := atom(s); {
	case n == 0 && s[0] == '<' && size > 1:
		return "", label(s[:size]) + s[size:]
	case n == 0: // limit is smaller than one character
		n = size
	case n < len(s) && line > n/2:
		n = line
	}
	return strings.TrimRight(s[:n], "\n"), strings.TrimLeft(s[n:], "\n")
}

// atom is the length of what s begins with and must not be divided: a link or
// a character.
func atom(s string) int {
	if strings.HasPrefix(s, "<a ") {
		if end := strings.Index(s, "</a>"); end >= 0 {
			return end + len("</a>")
		}
	}
	_, size := utf8.DecodeRuneInString(s)
	return size
}

// label is what a link shows.
func label(link string) string {
	_, after, _ := strings.Cut(link, ">")
	return strings.TrimSuffix(after, "</a>")
}
