package answer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fold returns s as all other functions compare it: full-width letters, digits
// and signs made half-width, letters in lower case, spaces trimmed and runs of
// them made one. The stops 。 and 、 are kept.
func Fold(s string) string {
	if Folded(s) {
		return s
	}
	out, _ := FoldAt(s, false)
	return out
}

// Folded reports whether Fold would change nothing, which is the usual case.
func Folded(s string) bool {
	last := ' '
	for _, r := range s {
		if foldRune(r) != r || r == ' ' && last == ' ' {
			return false
		}
		last = r
	}
	return s == "" || last != ' '
}

// FoldAt also returns, when asked to, where each byte of the result stood in s.
func FoldAt(s string, places bool) (string, []int) {
	var b strings.Builder
	b.Grow(len(s))
	var at []int
	space := false
	for i, r := range s {
		r = foldRune(r)
		switch {
		case r == 0:
			continue
		case r == ' ':
			space = b.Len() > 0
			continue
		case space:
			b.WriteByte(' ')
			if places {
				at = append(at, i-1)
			}
			space = false
		}
		n, _ := b.WriteRune(r)
		for ; places && n > 0; n-- {
			at = append(at, i)
		}
	}
	return b.String(), at
}

// foldRune returns what one character counts as, 0 for none at all.
func foldRune(r rune) rune {
	switch {
	case r >= 'A' && r <= 'Z':
		return r + 'a' - 'A'
	case r < 0x80 && r > ' ':
		return r
	case r >= '！' && r <= '～':
		return foldRune(r - '！' + '!')
	case r == utf8.RuneError, r == '\u200b', r == '\u200d', r == '\ufeff', r == '\ufe0f', r == '\u20e3':
		return 0 // invisible, or what makes a keycap of a digit
	case r == ' ', r < ' ', r == 0x7f, unicode.IsSpace(r):
		return ' '
	}
	return r
}

// SameWord reports whether text is the whole word, or sounds like it. What may
// as well be a name is not taken by its sound: 蔡丹 is not 菜单, nor 邹芳 走访.
func SameWord(text, word string) bool {
	text = Bare(text)
	return text == word || SameSound(text, word) && !likeName(text, word)
}

// CutHead returns what follows when text begins with word, or with what sounds
// like it ("走方郭敏" begins with 走访).
func CutHead(text, word string) (rest string, ok bool) {
	text = Fold(text)
	if rest, ok = strings.CutPrefix(text, word); ok {
		return strings.TrimLeft(rest, " ,:"), true
	}
	n := 0
	for range utf8.RuneCountInString(word) {
		_, size := utf8.DecodeRuneInString(text[n:])
		if size == 0 {
			return "", false
		}
		n += size
	}
	if !SameSound(text[:n], word) || likeName(text[:n], word) {
		return "", false
	}
	return strings.TrimLeft(text[n:], " ,:"), true
}

// CutWord takes word out of text and returns what is left: word stands at the
// head (then also by its sound), or after a few characters that say who or when
// ("夜来走访秀兰" leaves "夜来 秀兰").
func CutWord(text, word string) (rest string, ok bool) {
	if rest, ok = CutHead(text, word); ok {
		return rest, true
	}
	text = Fold(text)
	i := strings.Index(text, word)
	if i < 0 || word == "" || utf8.RuneCountInString(text[:i]) > 12 {
		return "", false
	}
	return strings.TrimSpace(strings.TrimSpace(text[:i]) + " " + strings.TrimLeft(text[i+len(word):], " ,:")), true
}

// Bare returns s folded, without the stops that dictation puts at its end.
func Bare(s string) string {
	return strings.TrimRight(Fold(s), " 。.,!~、;…")
}

// Surnames are those that make a word sounding like a command probably a name.
const Surnames = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌银扬明沙薄伏岑习胥和蔺"

// Surname reports whether r is the first character of a usual surname.
func Surname(r rune) bool { return strings.ContainsRune(Surnames, r) }

// likeName reports whether text, which sounds like word, begins as a name does
// and not as the word does.
func likeName(text, word string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	w, _ := utf8.DecodeRuneInString(word)
	return r != w && strings.ContainsRune(Surnames, r)
}

func Han(r rune) bool { return r >= 0x3400 && unicode.Is(unicode.Han, r) }

func Digit(r rune) bool { return r >= '0' && r <= '9' }

// First and last return the character at an end of s, or 0 for "".
func First(s string) rune {
	if s == "" {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func Last(s string) rune {
	if s == "" {
		return 0
	}
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

func TrimTail(s string) string {
tail:
	for s = strings.TrimLeft(s, " ,)"); s != ""; s = strings.TrimLeft(s, " ") {
		for _, w := range [...]string{"那天", "当天", "这天", "回来", "回去", "到家", "回家", "都行", "都可以", "都中", "也行", "行不行", "行不", "行吗", "中不中", "中不", "可以吗", "可不可以", "好吗", "肯定", "一定", "才", "上坟", "扫墓", "放假", "就走", "再走", "就回", "再回", "吧", "的", "了", "哈", "啊", "呀", "哩", "去", "来", "走", "到", "回", "见", "行", "中"} {
			if rest, ok := strings.CutPrefix(s, w); ok {
				s = rest
				continue tail
			}
		}
		return s
	}
	return ""
}
