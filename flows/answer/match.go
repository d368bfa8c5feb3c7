package answer

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Match returns which options a reply means: labels[i] holds the label of option
// i and other words for it. In order of certainty: its number; a label exactly;
// one that sounds the same; a part of a label, or a label within the reply ("她说
// 都好"). Several hits are returned for the caller to ask about, none when the
// reply fits nothing, when its number and its words disagree ("1 都好" where 1 is
// 保存), or when the words are negated or a question. Digits alone are only ever
// an option's number, never a part of a label.
func Match(typed string, labels [][]string) (hits []int) {
	folded := Fold(typed)
	s := Bare(folded)
	if s == "" {
		return nil
	}
	if hits = matchWhole(s, labels); hits != nil {
		return hits
	}
	if n, rest, ok := Index(s); ok {
		if n > len(labels) {
			return nil
		}
		if rest == "" || agrees(Bare(rest), labels[n-1]) {
			return []int{n - 1}
		}
		return nil
	}
	if onlyDigits(s) {
		return nil
	}
	return matchPart(s, question(folded), labels)
}

func matchWhole(s string, labels [][]string) (hits []int) {
	for i, names := range labels {
		if slices.ContainsFunc(names, func(name string) bool { return Bare(name) == s }) {
			hits = append(hits, i)
		}
	}
	if hits != nil || !Han(First(s)) {
		return hits
	}
	for i, names := range labels {
		if slices.ContainsFunc(names, func(name string) bool { return SameSound(Bare(name), s) }) {
			hits = append(hits, i)
		}
	}
	return hits
}

// agrees reports whether what stands behind an option's number is said of that
// option: its label or a part of it, or a sentence that holds it.
func agrees(rest string, names []string) bool {
	for _, name := range names {
		name = Bare(name)
		if name == rest || SameSound(name, rest) || hasHan(rest) && within(rest, name) || heldBy(rest, name) != "" {
			return true
		}
	}
	return false
}

func matchPart(s string, asks bool, labels [][]string) (hits []int) {
	if hasHan(s) {
		for i, names := range labels {
			if slices.ContainsFunc(names, func(name string) bool { return within(s, Bare(name)) }) {
				hits = append(hits, i)
			}
		}
	}
	if hits != nil || asks {
		return hits
	}
	var heads []string
	for i, names := range labels {
		longest := ""
		for _, name := range names {
			if h := heldBy(s, Bare(name)); len(h) > len(longest) {
				longest = h
			}
		}
		if longest != "" {
			hits, heads = append(hits, i), append(heads, longest)
		}
	}
	return longestOnly(hits, heads)
}

// longestOnly drops the hits whose words are only a part of another hit's: 秀兰
// says nothing where 王秀兰 was typed.
func longestOnly(hits []int, heads []string) (kept []int) {
	for k, hit := range hits {
		if !slices.ContainsFunc(heads, func(h string) bool { return len(h) > len(heads[k]) && strings.Contains(h, heads[k]) }) {
			kept = append(kept, hit)
		}
	}
	return kept
}

// within reports whether typed is a part of a label, spaces aside, and the label
// does not negate it: 行 is in 她说行, and not in 她说不行.
func within(typed, label string) bool {
	if strings.Contains(typed, " ") {
		typed = strings.ReplaceAll(typed, " ", "")
	}
	if strings.Contains(label, " ") {
		label = strings.ReplaceAll(label, " ", "")
	}
	i := strings.Index(label, typed)
	if i < 0 || typed == "" {
		return false
	}
	// A part must not cut a number in two: 月2日 is not in 12月22日.
	if Digit(First(typed)) && Digit(Last(label[:i])) || Digit(Last(typed)) && Digit(First(label[i+len(typed):])) {
		return false
	}
	return !negated(label[:i], 1)
}

// heldBy returns the label's head if it stands in the reply, has two characters
// at least and is not negated there; else "".
func heldBy(typed, label string) string {
	label = head(label)
	if utf8.RuneCountInString(label) < 2 || !hasHan(label) {
		return ""
	}
	i := strings.Index(typed, label)
	if i < 0 || negated(typed[:i], 3) || Digit(First(label)) && Digit(Last(typed[:i])) ||
		Digit(Last(label)) && Digit(First(typed[i+len(label):])) {
		return ""
	}
	return label
}

// head returns a label without what explains it: "约号(免费检查)" is 约号.
func head(label string) string {
	if i := strings.IndexAny(label, "( ,、:;。"); i > 0 {
		return label[:i]
	}
	return label
}

// negated reports whether one of the last n characters before a word denies it.
func negated(before string, n int) bool {
	for ; n > 0 && before != ""; n-- {
		r, size := utf8.DecodeLastRuneInString(before)
		if strings.ContainsRune("不没别无未勿甭非", r) {
			return true
		}
		before = before[:len(before)-size]
	}
	return false
}

// question reports whether a reply asks instead of answering.
func question(s string) bool {
	s = strings.TrimRight(s, " 。.!~…")
	for _, end := range [...]string{"?", "吗", "么", "不", "呢", "没", "没有", "咋办", "咋弄", "怎么办"} {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}

func hasHan(s string) bool {
	for _, r := range s {
		if Han(r) {
			return true
		}
	}
	return false
}

func onlyDigits(s string) bool {
	return strings.Trim(s, "0123456789 .,、-") == ""
}

// MatchMany returns the options that a reply to "可多选" names, in the order of
// the list: "1 3 4", "1、3", "134" of at most nine options, labels too. 无 and 没有
// are none: an empty list and true. It is false when a part fits no option or
// several.
func MatchMany(typed string, labels [][]string) ([]int, bool) {
	hits, ok := MatchOrder(typed, labels)
	slices.Sort(hits)
	return hits, ok
}

// MatchOrder is MatchMany in the order in which the options were typed.
func MatchOrder(typed string, labels [][]string) ([]int, bool) {
	s := Bare(typed)
	if s == "" {
		return nil, false
	}
	if whole := matchWhole(s, labels); len(whole) == 1 {
		return whole, true
	}
	switch s {
	case "无", "没有", "都没有", "没", "都不是", "都不要":
		return nil, true
	}
	if Digits(s) == len(s) && len(s) > 1 && len(labels) <= 9 {
		return matchDigits(s, len(labels))
	}
	hits := make([]int, 0, 8)
	for s != "" {
		part := s
		if i := strings.IndexAny(s, " ,、;。./+和"); i >= 0 {
			_, size := utf8.DecodeRuneInString(s[i:])
			part, s = s[:i], s[i+size:]
		} else {
			s = ""
		}
		if part == "" {
			continue
		}
		one := Match(part, labels)
		if len(one) != 1 {
			return nil, false
		}
		if !slices.Contains(hits, one[0]) {
			hits = append(hits, one[0])
		}
	}
	return hits, len(hits) > 0
}

// matchDigits reads "134" as 1, 3 and 4: each must be an option, and none twice.
func matchDigits(s string, options int) ([]int, bool) {
	hits := make([]int, 0, len(s))
	for _, c := range s {
		i := int(c - '1')
		if i < 0 || i >= options || slices.Contains(hits, i) {
			return nil, false
		}
		hits = append(hits, i)
	}
	return hits, true
}
