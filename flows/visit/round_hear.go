package visit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/storage/calendar"
)

// hearRound understands “1都好 2办了 3没见到 4明天”, glued too, and “1、2都好”. max is how
// many lines there are. bad is every part that is not understood, in the words it
// was said in; heard is false for a text that is no round at all. A line is closed
// only by its own number.
func hearRound(text string, max int, today calendar.Day) (out []closing, bad []string, heard bool) {
	text = strings.Trim(answer.Fold(text), " ")
	if _, _, ok := lineNumber(text); !ok {
		return nil, nil, false
	}
	rest := text
	var open []int // numbers said without an ending: the next one's is theirs
	glued := 0     // where the first of them stands
	for rest != "" {
		n, after, ok := lineNumber(rest)
		if !ok {
			end := nextPart(rest)
			bad, rest = append(bad, strings.Trim(rest[:end], " ,、;。")), strings.TrimLeft(rest[end:], " ,、;。")
			continue
		}
		if len(open) == 0 {
			glued = len(text) - len(rest)
		}
		open = append(open, n)
		if after == "" {
			bad, open, rest = append(bad, strings.TrimSpace(text[glued:])), nil, ""
			break
		}
		if _, _, again := lineNumber(strings.TrimLeft(after, " ,、和跟")); again && strings.TrimLeft(after, " ,、和跟") != after {
			rest = strings.TrimLeft(after, " ,、和跟")
			continue
		}
		how, day, left := hearEnding(after, today)
		if how == "" {
			end := nextPart(after)
			bad = append(bad, strings.TrimSpace(text[glued:len(text)-len(after)+end]))
			open, rest = nil, strings.TrimLeft(after[end:], " ,、;。")
			continue
		}
		for _, n := range open {
			out = append(out, closing{n, how, day})
		}
		open, heard, rest = nil, true, strings.TrimLeft(left, " ,、;。!")
	}
	for i, b := range bad {
		bad[i] = fmt.Sprintf(sayRoundUnclear, short(b, 16))
	}
	return beyondDoubt(out, max), append(bad, doubtful(out, max)...), heard
}

// doubtful says of the numbers that there are not, and of those of which two things
// were said, that nothing is done.
func doubtful(all []closing, max int) (said []string) {
	for i, a := range all {
		if slices.ContainsFunc(all[:i], func(b closing) bool { return a.n == b.n }) {
			continue
		}
		switch {
		case a.n < 1 || a.n > max:
			said = append(said, fmt.Sprintf(sayRoundNoLine, a.n))
		case a.differs(all):
			said = append(said, fmt.Sprintf(sayRoundTwice, a.n))
		}
	}
	return said
}

// differs reports whether something else is said of the same line.
func (a closing) differs(all []closing) bool {
	return slices.ContainsFunc(all, func(b closing) bool { return a.n == b.n && (a.how != b.how || a.day != b.day) })
}

// beyondDoubt leaves the lines that one thing was said of, in their order.
func beyondDoubt(all []closing, max int) []closing {
	var out []closing
	for _, a := range all {
		if a.n >= 1 && a.n <= max && !a.differs(all) && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b closing) int { return a.n - b.n })
	return out
}

// lineNumber reads the number of a line at the head of s: 1, ①, 第1件.
func lineNumber(s string) (n int, rest string, ok bool) {
	s = strings.TrimPrefix(s, "第")
	i := 0
	for i < len(s) && i < 3 && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i > 0 && i < 3 {
		n, _ = strconv.Atoi(s[:i])
		rest = s[i:]
	} else if at := strings.IndexRune("①②③④⑤⑥⑦⑧⑨⑩", []rune(s + " ")[0]); at >= 0 {
		n, rest = at/len("①")+1, s[len("①"):]
	} else {
		return 0, s, false
	}
	for _, w := range []string{"件", "个", "位"} {
		rest = strings.TrimPrefix(rest, w)
	}
	if strings.HasPrefix(rest, "组") || strings.HasPrefix(rest, "月") || strings.HasPrefix(rest, "号") || strings.HasPrefix(rest, "点") {
		return 0, s, false
	}
	return n, strings.TrimLeft(rest, ".:"), true
}

// hearEnding reads an ending at the head of s: one of its words, or a day.
func hearEnding(s string, today calendar.Day) (how ending, day calendar.Day, rest string) {
	s = strings.TrimLeft(s, " :.、")
	if rest, ok := strings.CutPrefix(s, "都"); ok && !strings.HasPrefix(rest, "好") && !strings.HasPrefix(rest, "中") {
		s = rest // “都办了”
	}
	best := ""
	for h, words := range endings {
		for _, w := range words {
			if strings.HasPrefix(s, w) && len(w) > len(best) {
				how, best = h, w
			}
		}
	}
	if how != "" {
		rest = s[len(best):]
		for again := true; again; {
			again = false
			for _, t := range strings.Fields(endingTails) {
				if cut, ok := strings.CutPrefix(rest, t); ok {
					rest, again = cut, true
				}
			}
		}
		if !partEnds(rest) {
			return "", 0, s
		}
		return how, 0, rest
	}
	// A day goes on to the next blank: “4 12月10号 5都好”. Glued it ends where the next
	// line's number begins: “4赶明儿5好”.
	for _, end := range []int{blank(s), nextPart(s)} {
		said := strings.TrimLeft(strings.TrimLeft(s[:end], "改到约"), " ")
		d := dates.Date(said, today, dates.Future)
		if len(d.Alternatives) == 1 { // 赶明儿: the summary says the day
			d.Day = d.Alternatives[0]
		}
		if d.Day > today && d.Day <= today+92 {
			return endLater, d.Day, s[end:]
		}
	}
	return "", 0, s
}

// partEnds reports whether s begins behind one part of a round.
func partEnds(s string) bool {
	if s == "" || strings.ContainsAny(s[:1], " ,;!") || strings.HasPrefix(s, "、") || strings.HasPrefix(s, "。") {
		return true
	}
	_, _, ok := lineNumber(s)
	return ok
}

// nextPart is where the next part may begin in s: at a blank, or at a number.
func nextPart(s string) int {
	for i := range s {
		if i == 0 {
			continue
		}
		if strings.HasPrefix(s[i:], " ") || strings.HasPrefix(s[i:], ",") || strings.HasPrefix(s[i:], "、") || strings.HasPrefix(s[i:], ";") {
			return i
		}
		if s[i] >= '0' && s[i] <= '9' && (s[i-1] < '0' || s[i-1] > '9') {
			return i
		}
	}
	return len(s)
}

func blank(s string) int {
	if i := strings.IndexAny(s, " ,;"); i > 0 {
		return i
	}
	return len(s)
}
