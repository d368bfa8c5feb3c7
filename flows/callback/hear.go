package callback

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/storage/calls"
)

// calledAs is how one call ended, as it was said.
type calledAs struct {
	n    int           // which of those shown, from 1
	how  calls.CallEnd // SaidMoved is another day; "" is none of those that are noted
	rest string        // the day that was said
}

// callHeads are the words for each ending; of two that begin alike the longer is
// meant.
var callHeads = map[calls.CallEnd][]string{
	calls.SaidComing: {"会来", "能来", "准来", "要来", "来", "会去", "能去", "去", "中", "行", "好", "可以"},
	calls.SaidNo:     {"不会来", "不能来", "不会去", "不来", "来不了", "不去", "去不了", "不约", "退号", "退", "不要", "不想来"},
	calls.SaidMoved:  {"改天", "改期", "改到", "改成", "改", "换天", "换到", "换个天", "换一天", "换"},
	calls.NobodyThere: {"没打通", "打不通", "没通", "没人接", "没接", "不接", "没打着", "关机", "停机", "空号", "占线",
		"没信号", "不通", "没找着", "没找到"},
}

const callLead = `[ .、:,。]*(?:她|他)?(?:就|也|都)?(?:说|讲)?(?:她|他)?(?:想|要)?`

var (
	callPhrase  = regexp.MustCompile(`^` + callLead + callHeadPattern())
	callNumber  = regexp.MustCompile(`([1-4]|[①②③④])(?:位|个)?`)
	callInDay   = regexp.MustCompile(`(?:[0-9周期拜月初十廿:/-]|[0-9]\.)$`)    // before a number that names no call
	callOfDay   = regexp.MustCompile(`^(?:[0-9月日号点时分半]|[.:/-] ?[0-9])`) // and behind it
	callAll     = regexp.MustCompile(`^(?:全|都|全都|两个都|两位都|几个都)`)
	callNothing = regexp.MustCompile(`^[了吧的啊呢哈呀 ,。.、;!]*$`)
	callPickup  = regexp.MustCompile(`接|电话|打`) // words of a call that say nothing of its end
)

func callHeadPattern() string {
	var all []string
	for _, words := range callHeads {
		all = append(all, words...)
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return "(" + strings.Join(all, "|") + ")"
}

func callEnd(head string) calls.CallEnd {
	for how, words := range callHeads {
		if slices.Contains(words, head) {
			return how
		}
	}
	return ""
}

// hearCalls understands “1会来 2没打通 3改到2月2日”, names in place of numbers, 都没打通,
// and of a single call the word alone. heard is false for words that are about no
// call; clear is false where words that are not noted stand before the first. A call
// of which something else is said, or two things, has no ending.
func hearCalls(text string, names []string) (out []calledAs, heard, clear bool) {
	for i, name := range names {
		if name != "" && slices.Index(names, name) == i && !slices.Contains(names[i+1:], name) {
			text = strings.ReplaceAll(text, name, fmt.Sprintf(" %d", i+1))
		}
	}
	if a := callSaid(1, text); a.how != "" && len(names) == 1 {
		return []calledAs{a.noted()}, true, true
	}
	if all := callAll.FindString(text); all != "" {
		if a := callSaid(1, text[len(all):]); a.how != "" {
			for i := range names {
				a.n = i + 1
				out = append(out, a.noted())
			}
			return out, true, true
		}
	}
	spans := slices.DeleteFunc(callNumber.FindAllStringSubmatchIndex(text, -1), func(at []int) bool {
		return callInDay.MatchString(text[:at[0]]) || callOfDay.MatchString(text[at[3]:])
	})
	for i, at := range spans {
		end := len(text)
		if i+1 < len(spans) {
			end = spans[i+1][0]
		}
		n, _, _ := answer.Index(text[at[2]:at[3]])
		a := callSaid(n, strings.TrimSuffix(strings.TrimRight(text[at[1]:end], " "), "第"))
		heard = heard || a.how != "" || callPickup.MatchString(a.rest)
		a = a.noted()
		if twice := slices.IndexFunc(out, func(b calledAs) bool { return b.n == n }); twice >= 0 {
			out[twice].how = ""
			continue
		}
		out = append(out, a)
	}
	if !heard {
		return nil, false, false
	}
	return out, true, strings.Trim(text[:spans[0][0]], " 第") == ""
}

// callSaid is what is said of a call, with the words behind the ending.
func callSaid(n int, text string) calledAs {
	at := callPhrase.FindStringSubmatchIndex(text)
	if at == nil {
		return calledAs{n: n, rest: text}
	}
	return calledAs{n, callEnd(text[at[2]:at[3]]), strings.Trim(text[at[1]:], " ,。、;")}
}

// noted leaves the ending where nothing stands behind it but, for another day,
// which.
func (a calledAs) noted() calledAs {
	if a.how != calls.SaidMoved && !callNothing.MatchString(a.rest) {
		a.how = ""
	}
	return a
}
