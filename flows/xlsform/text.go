package xlsform

import (
	"html"
	"regexp"
	"strings"
)

var (
	lineBreak = regexp.MustCompile(`(?i)<\s*(br|/p|/div|/h[1-6]|/li)\s*/?\s*>`)
	ruler     = regexp.MustCompile(`(?i)<\s*hr\b[^<>]*>`)
	anyTag    = regexp.MustCompile(`</?[a-zA-Z][^<>]*>|<!--.*?-->`)
	bold      = regexp.MustCompile(`\*\*([^*\n]+)\*\*`)
	emphasis  = regexp.MustCompile(`(^|[\s\p{P}])_([^_\n$]+)_($|[\s\p{P}])`)
	heading   = regexp.MustCompile(`(?m)^#{1,6}[ \t]+`)
	blanks    = regexp.MustCompile(`[ \t]+`)
	blankLine = regexp.MustCompile(`\s*\n\s*`)
)

// plain is a label as a chat can show it: a line break for <br>, no other tag,
// no marks of bold or emphasis.
func plain(s string) string {
	if !strings.ContainsAny(s, "<*_#&\n\u00a0") {
		return strings.TrimSpace(s)
	}
	s = lineBreak.ReplaceAllString(s, "\n")
	s = ruler.ReplaceAllString(s, "\n———\n")
	s = anyTag.ReplaceAllString(s, "")
	s = bold.ReplaceAllString(s, "$1")
	s = emphasis.ReplaceAllString(s, "$1$2$3")
	s = heading.ReplaceAllString(s, "")
	s = html.UnescapeString(s)
	s = strings.ReplaceAll(s, "\u00a0", " ")
	s = blankLine.ReplaceAllString(s, "\n")
	return strings.TrimSpace(s)
}

// label is a text for people.
func (r *reader) label(t *table, row Row, key string) string {
	return plain(r.value(t, row, key))
}

// value is a text whose runs of spaces do not count, unless the author says so.
func (r *reader) value(t *table, row Row, key string) string {
	s := t.text(row, key)
	if r.clean {
		s = blanks.ReplaceAllString(s, " ")
	}
	return s
}
