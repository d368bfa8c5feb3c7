package understand

import (
	"slices"
	"strings"
	"unicode/utf8"

	"xintiexin/flows/answer"
	"xintiexin/storage/pinyin"
)

// Fit says how well a written name fits somebody of a directory.
type Fit int

// NoOne is not in the directory; Sounds is called so but is written otherwise, Exact as it
// is written.
const (
	NoOne Fit = iota
	Sounds
	Exact
)

// Names is the directory of whoever writes: the people in scope.
type Names interface {
	// Called says whether somebody's whole name is so.
	Called(name string) Fit
	// Given says whether somebody's given name, of two characters, is so.
	Given(name string) bool
	// Staff says whether a whole or given name is a colleague's.
	Staff(name string) bool
}

// Directory is a Names of a list.
type Directory struct {
	exact, given, staff map[string]bool
	sound               map[string][]string
}

// NewDirectory returns the directory of some people and of the staff of the town.
func NewDirectory(people, staff []string) *Directory {
	d := &Directory{exact: map[string]bool{}, given: map[string]bool{}, staff: map[string]bool{}, sound: map[string][]string{}}
	for _, n := range slices.Concat(people, staff) {
		d.exact[n] = true
		k := soundOf(n)
		d.sound[k] = append(d.sound[k], n)
		if r := []rune(n); len(r) == 3 {
			d.given[string(r[1:])] = true
		}
	}
	for _, n := range staff {
		d.staff[n] = true
		if r := []rune(n); len(r) == 3 {
			d.staff[string(r[1:])] = true
		}
	}
	return d
}

// Called implements Names.
func (d *Directory) Called(name string) Fit {
	if d.exact[name] {
		return Exact
	}
	first, _ := utf8.DecodeRuneInString(name)
	for _, n := range d.sound[soundOf(name)] {
		own, _ := utf8.DecodeRuneInString(n)
		if own == first || !commonRunes(name) {
			return Sounds
		}
	}
	return NoOne
}

// Given implements Names.
func (d *Directory) Given(name string) bool { return d.given[name] }

// Staff implements Names.
func (d *Directory) Staff(name string) bool { return d.staff[name] }

// soundOf is how a name sounds to those who do not tell n from l.
func soundOf(name string) string {
	var b strings.Builder
	for _, r := range name {
		b.WriteString(pinyin.Of(r).Near().String())
		b.WriteByte(' ')
	}
	return b.String()
}

// commonRunes reports whether a word holds a character that is hardly ever in a name.
func commonRunes(s string) bool {
	return strings.ContainsAny(s, "的了在里下上不我你他她它们来去到是有没就都也还会过这那吗呢吧啊得着给让被把和跟又再要能可以说看问打电话天月日号点个几多少什么怎样人家门口外头出回走做干活钱事情查检约改换取消退领拿")
}

// givenRunes are the characters of usual given names.
const givenRunes = "芳艳丽霞敏静娟秀英玉兰梅红云燕琴雪莲玲桂香凤娥翠春花萍慧娜莉倩婷洁琪彩巧珍素银金文志强建国军伟明华超勇磊涛鹏林海波峰杰美淑菊荣琳璐蕊颖雯萌悦欣怡佳晶瑶蓉薇珠芬芝菲菁菲蓓娇媛婉妍姣嫣岚晓雅桃杏莹桦爱喜贞贵珊茹荷竹冬秋夏青兵刚斌宁庆振东永树德根旺宝长福全生龙虎飞宇浩然子涵轩俊仁义礼智信成光亮富有才学友忠良民祥瑞敬洪山河川江源莎莹绢粉霖卉卿妹娣弟苗叶苹亚亭仙佩依俐君咏品哲嘉圆坤城增壮奇如孝安宏宗家小少尚帅平广庭廷彤彦彬影徐心忆恒恩惠意愉懿承振捷敏新方旭昌星昊映景智月朋朝木柏柔栋楠毅水汉沁沛洋润清渝滨漫炎炜烨焕煜熙爽玄玮珂珍珏理琛琼瑛瑜璇甜田畅白皓盈盛真睿磊祺福秀程立章童笑筠简红纪纯绍维缘羽翔翠胜腾舒良艺芙花芸若苑英茜荔莎菡萱葵蒙蓝薪虹蝶衡裕言诗诚语谦侠曼芹满枝丹勤妮蕾连贝贤赫超跃辉辰远逸道邦采锋锐锦长雁雄霄露青靖静韵韬顺颜风飞馨骏鸿鹤黎"

// moreSurnames are rarer surnames, which only begin a name before characters of given names.
const moreSurnames = "闻蒲晏麦佘蔺冼娄桑郜岑冀蒙屠闫肖付代敬羊亓仝"

// surname reports whether a character is a surname.
func surname(r rune) bool { return answer.Surname(r) || strings.ContainsRune(moreSurnames, r) }

// unknownName returns how many characters at a place look like a name that no directory
// knows: a usual surname before two characters of usual given names, or before one where
// what follows lets it be a name.
func unknownName(text []rune, i int) int {
	if !surname(text[i]) {
		return 0
	}
	for _, n := range [...]int{3, 2} {
		if i+n > len(text) {
			continue
		}
		w := string(text[i : i+n])
		if strings.ContainsFunc(string(text[i+1:i+n]), func(r rune) bool { return !strings.ContainsRune(givenRunes, r) }) || commonRunes(w) ||
			slices.ContainsFunc(notNames, func(x string) bool { return len(x) > 3 && (strings.HasPrefix(w, x) || strings.HasPrefix(x, w)) }) {
			continue
		}
		if text[i+n-1] == '小' || text[i] == text[i+1] || strings.ContainsRune("庄车边连时成单管", text[i]) {
			continue
		}
		before := i == 0 || isStop(text[i-1]) || strings.ContainsRune("去看给跟和叫替帮到把是找给俺我个姓人了家的上说来嫁妇有娶新那就瞧约见络着罢妹讲访户只连逮", text[i-1])
		before = before || n == 3 && nameThen.MatchString(string(text[i+n:]))
		if before && (nameThen.MatchString(string(text[i+n:])) || n == 3 || i == 0) {
			return n
		}
	}
	return 0
}

// unknownAfterName returns how many characters right behind a name look like one more.
func unknownAfterName(text []rune, i int) int {
	if !surname(text[i]) || i+3 > len(text) {
		return 0
	}
	if w := string(text[i+1 : i+3]); commonRunes(w) || strings.ContainsFunc(w, func(r rune) bool { return !strings.ContainsRune(givenRunes, r) }) {
		return 0
	}
	return 3
}

// newName returns a name of somebody new behind words that announce one (叫李雪, 加人 王燕):
// a usual surname and one or two characters more.
func newName(text []rune, at int) int {
	if at >= len(text) || !answer.Surname(text[at]) {
		return 0
	}
	n := 1
	for n < 3 && at+n < len(text) && !isStop(text[at+n]) && text[at+n] > 0x2e80 && !strings.ContainsRune("的了在不我俺你她他们来去到是有没就都也还会过这那吗呢吧啊得着给让被把和跟又再要能说看问打电今明后昨岁住嫁从搬刚才对啥咋哪", text[at+n]) {
		n++
	}
	if n < 2 {
		return 0
	}
	return n
}
