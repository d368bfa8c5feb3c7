package answer

import (
	"slices"
	"strings"
)

// What people say before a word and behind it: the longer first.
// nothing changes them.
var (
	openers = []string{"嗯嗯", "嗯哪", "嗯", "恩", "哦", "噢", "喔", "唔", "昂", "诶", "哎", "欸", "喂", "你好", "您好", "好的", "好嘞", "好吧", "好", "行", "中", "对", "是的", "那个", "那就", "那"}
	wishes  = []string{"我想要", "我想", "俺想", "想要", "想", "我要", "俺要", "我就", "就要", "就", "要", "帮我", "给我", "麻烦", "请", "我", "俺"}
	picks   = []string{"我就选", "我选", "俺选", "就选", "那就", "我要", "俺要", "就", "要", "点", "是"}
)

// particles stand behind what is said and change nothing of it.
const particles = "吧啊呀哈呗哩"

// Opened returns text without what opens a sentence as it is spoken: “嗯，今日” is
// 今日. A stop or a space has to follow it, for 那 and 好 are heads of names and of
// words too. ok is false where there is none.
func Opened(text string) (rest string, ok bool) {
	for _, w := range openers {
		if rest, ok := strings.CutPrefix(text, w); ok {
			if trimmed := strings.TrimLeft(rest, " ,、。;!~"); trimmed != rest && trimmed != "" {
				return trimmed, true
			}
		}
	}
	return text, false
}

// Wished returns what text may be without the words that say that something is
// wished, the shortest first: “我想听” is 听 or 想听. What is left may be anything: 想去苏州
// is no 去苏州.
func Wished(text string) (left []string) {
	for _, w := range wishes {
		if rest, ok := strings.CutPrefix(text, w); ok && strings.Trim(rest, " ,") != "" {
			left = append(left, strings.TrimLeft(rest, " ,"))
		}
	}
	return left
}

// spokenIndex reads an option's number with what is said around it: 1吧, 嗯，2, 就3吧,
// 选第1个吧. Beside the number nothing may be left.
func spokenIndex(s string) (n int, ok bool) {
	s = strings.TrimRight(Bare(s), particles+" ")
	if rest, opened := Opened(s); opened {
		s = rest
	} else if head := strings.IndexAny(s, "0123456789第"); head > 0 {
		if w := s[:head]; slices.Contains(picks, w) || slices.Contains(openers, w) {
			s = s[head:]
		}
	}
	if rest, opened := cutAny(s, picks); opened && rest != "" && (Digit(First(rest)) || First(rest) == '第') {
		s = rest
	}
	n, rest, ok := index(s)
	return n, ok && rest == ""
}

func cutAny(s string, heads []string) (rest string, ok bool) {
	for _, w := range heads {
		if rest, ok := strings.CutPrefix(s, w); ok {
			return rest, true
		}
	}
	return s, false
}
