package answer

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// The commands, each by the word that people are told.
const (
	None   = ""
	Back   = "返回"
	Skip   = "跳过"
	Park   = "先放着"
	Cancel = "取消"
	Resume = "继续"
	Help   = "帮助"
	Menu   = "菜单"
	Undo   = "撤销"
	More   = "更多"
	Change = "改记录"
)

// commands are the whole words that mean a command.
var commands = [...]struct{ word, command string }{
	{"返回", Back}, {"上一题", Back}, {"上一步", Back}, {"退一步", Back},
	{"跳过", Skip}, {"不填", Skip}, {"跳过去", Skip},
	{"退出", Park}, {"先放着", Park}, {"等会", Park}, {"等会儿", Park}, {"待会", Park}, {"待会儿", Park},
	{"回头", Park}, {"回头再说", Park}, {"一会", Park}, {"一会儿", Park}, {"等一会", Park}, {"等一会儿", Park}, {"等等", Park},
	{"取消", Cancel}, {"不记了", Cancel}, {"算了", Cancel}, {"不弄了", Cancel},
	{"继续", Resume}, {"接着", Resume}, {"接着记", Resume}, {"接着来", Resume},
	{"帮助", Help}, {"怎么用", Help}, {"咋用", Help}, {"?", Help}, {"help", Help},
	{"菜单", Menu}, {"主菜单", Menu},
	{"撤销", Undo}, {"退回", Undo}, {"退回去", Undo},
	{"更多", More}, {"下一页", More},
	{"改记录", Change},
}

// Command returns the command that s is as a whole, or None. Same sound is same
// word (撤消), but not where it may be a name (蔡丹, 樊辉). Two may open a sentence:
// "等会俺接个电话" parks, "接着夜来哩" resumes.
func Command(s string) string {
	s = Fold(s)
	if s == "?" || s == "??" {
		return Help
	}
	s = strings.TrimRight(Bare(s), "?吧啊哈哩")
	if s == "" || len(s) > 60 {
		return None
	}
	for i := range commands {
		if commands[i].word == s {
			return commands[i].command
		}
	}
	for _, head := range [...]string{"等会", "等一会", "待会", "回头再"} {
		if strings.HasPrefix(s, head) {
			return Park
		}
	}
	if rest, ok := strings.CutPrefix(s, "接着"); ok && resumes(rest) {
		return Resume
	}
	// A sound of one syllable could be anything; all commands have two or more.
	n := utf8.RuneCountInString(s)
	if n < 2 || n > 4 {
		return None
	}
	for i := range commands {
		if c := &commands[i]; len(c.word) == len(s) && SameSound(s, c.word) && !likeName(s, c.word) {
			return c.command
		}
	}
	return None
}

// resumes reports whether what follows 接着 speaks of what was left open.
func resumes(rest string) bool {
	for _, w := range [...]string{"夜来", "昨", "刚才", "上回", "上次", "那个", "头里", "前头", "记", "弄", "填"} {
		if strings.HasPrefix(rest, w) {
			return true
		}
	}
	return false
}

// Edit reads a change of one line of the summary: 改3, 改 3, 改3电话, "改三 电话",
// 3改电话, 改③电话. value is "" when only the line was named.
func Edit(s string) (n int, value string, ok bool) {
	s = Bare(s)
	if rest, cut := strings.CutPrefix(s, "改"); cut {
		rest = strings.TrimLeft(strings.TrimPrefix(strings.TrimLeft(rest, " "), "第"), " ")
		n, rest, ok = line(rest)
		if !ok {
			return 0, "", false
		}
		return n, newValue(rest), true
	}
	if n, s, ok = line(strings.TrimPrefix(s, "第")); ok {
		if rest, cut := strings.CutPrefix(strings.TrimLeft(s, " "), "改"); cut {
			return n, newValue(rest), true
		}
	}
	return 0, "", false
}

// lineWeekday is what stands behind a line's number in 改1周二 9点: 改1周 is none.
var lineWeekday = regexp.MustCompile(`^周(?:[一二三四五六日天末1-7])`)

// line reads the number of a line. "改3月5号" or "改28号" names a day, not a line.
func line(s string) (n int, rest string, ok bool) {
	if r, size := utf8.DecodeRuneInString(s); r >= '①' && r <= '⑳' {
		return int(r-'①') + 1, s[size:], true
	}
	n, size, inHan := Small(s)
	rest = s[size:]
	if inHan && n == 1 && rest != "" && strings.ContainsRune("改处下些点遍回个", First(rest)) {
		return 0, s, false // 改一改, 改一处
	}
	if size == 0 || n == 0 || n > 20 || rest != "" && strings.ContainsRune("月号日点天周./-:", First(rest)) && !lineWeekday.MatchString(rest) {
		return 0, s, false
	}
	return n, rest, true
}

// newValue takes off what people put between the line's number and its new value.
func newValue(s string) string {
	s = strings.TrimLeft(s, " ,:、")
	for _, w := range [...]string{"改成", "改为", "成", "为"} {
		if rest, ok := strings.CutPrefix(s, w); ok {
			return strings.TrimLeft(rest, " ,:、")
		}
	}
	return s
}
