package safety

import (
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dialog"
	"xintiexin/flows/understand"
	"xintiexin/flows/understand/danger"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/requests"
	"xintiexin/storage/townconfig"
)

// signs are the words of danger where no site data is in force: the site's table,
// which a doctor approves, takes their place.
// nothing changes it.
var signs = []townconfig.Danger{
	{Words: []string{"出血", "抽搐", "胎动少", "喘不上气", "叫不醒"}, Phones: []string{"120", "clinic"}},
	{Words: []string{"不想活", "自杀", "喝农药"}, Phones: []string{"120", "110"}},
	{Words: []string{"挨打", "家暴"}, Phones: []string{"110", "12338"}},
}

// innocent are words of danger inside others, by what stands before or after:
// 测出血压, 年轻生, 不想活动, 看见红. What is not here is taken at its word: one
// answer too many harms less than one too few.
// nothing changes it.
var innocent = map[string]struct{ before, after []string }{
	"出血":  {after: []string{"压", "糖", "型", "脂", "小板", "色素", "常规", "汗", "本", "液", "管"}},
	"流血":  {after: []string{"汗"}},
	"见红":  {before: []string{"看", "听", "碰", "遇", "再", "会", "望", "意", "常"}},
	"不想活": {after: []string{"动", "跃", "泼", "得", "获", "奖"}},
	"轻生":  {before: []string{"年"}},
	"破水":  {before: []string{"打", "划", "刺", "冲"}, after: []string{"管", "缸", "盆", "壶", "瓶", "桶", "杯", "费"}},
	"抽风":  {after: []string{"机", "扇"}},
	"挨打":  {after: []string{"针"}},
	"动手打": {after: []string{"扫", "字", "包", "水", "电话", "草", "药"}},
	"自杀":  {after: []string{"虫"}},
	"想不开": {after: []string{"车", "门", "会", "店", "灯", "窗", "学", "花", "空调", "电"}},
	"都是血": {after: []string{"管", "糖", "压", "脂", "型", "缘"}},
	"全是血": {after: []string{"管", "丝虫"}},
	"想喝药": {after: []string{"酒", "茶"}},
}

// ringing is what may stand behind a word that ends in 打我 or 打俺: then it is
// the phone (他打我电话没接).
// nothing changes it.
var ringing = []string{"电话", "手机", "座机", "微信", "号", "这个", "那个", "的电话", "的手机", "办公室", "家里"}

// denied are what stands right before a word and says that it is not so: 没出血.
// 是不是, 止不住 and 会不会 deny nothing, and are none of these.
// nothing changes it.
var denied = []string{"没", "没有", "没再", "没怎么", "没啥", "没见", "从没", "未", "不再", "不会", "无"}

// hearDanger answers words that say that somebody may be in danger, before anything
// else and in every state (domain.md 8.5); ok is false where none are. What is
// open stays open and is asked again. Nothing of the words is kept. A tap, a
// keyword and a label are no words of hers.
func hearDanger(c *dialog.Turn, text string) (r dialog.Reply, ok bool, err error) {
	if c.M.Kind != dialog.Text && c.M.Kind != dialog.Heard || c.M.Tapped || c.M.Token != 0 || len(text) < len("出血") {
		return dialog.Reply{}, false, nil
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, false, err
	}
	table := site.Dangers
	if len(table) == 0 {
		table = signs
	}
	found, soft := Dangers(table, text, role(c))
	if len(found) == 0 && soft == "" || alone(c, site, text) {
		return dialog.Reply{}, false, nil
	}
	if len(found) == 0 {
		c.Soft = sayDangerSoft(soft)
		return dialog.Reply{}, false, nil
	}
	if c.Who.Staff() && slices.ContainsFunc(found, func(s Sign) bool { return s.kind == danger.Minor }) {
		found = append(found, Sign{Danger: townconfig.Danger{Answer: sayMinorDuty}})
	}
	if err := requests.CountDanger(c.Tx, c.Today); err != nil {
		return dialog.Reply{}, false, err
	}
	said, err := helpline(c, site, found)
	if err != nil {
		return dialog.Reply{}, false, err
	}
	r, err = goOnAfter(c, said, text)
	return r, true, err
}

// Sign is a row of the table that was said, and by which of its words.
type Sign struct {
	townconfig.Danger
	Word string
	kind danger.Kind // "" of a row of the site's table
}

// role is whose words package understand reads.
func role(c *dialog.Turn) string {
	switch {
	case c.Is(dialog.Clinic):
		return "clinic"
	case c.Who.Staff():
		return "cadre"
	}
	return "resident"
}

// Dangers returns the signs of danger that a text says: by the words of a table, or else
// by the frames and scores of package understand for a role. Where none is sure, soft is
// what may be one.
func Dangers(table []townconfig.Danger, text, role string) (found []Sign, soft danger.Kind) {
	found = Signs(table, text)
	for _, s := range understand.Default().Dangers(text, role) {
		switch {
		case s.Tier == danger.Possible:
			if soft == "" {
				soft = s.Kind
			}
		case len(found) == 0 || found[0].kind != "" || s.Kind == danger.Minor: // the doctors' words go first
			found = append(found, Sign{townconfig.Danger{Phones: s.Kind.Phones(), Answer: sayDangerKind(s.Kind)}, s.Words, s.Kind})
		}
	}
	return found, soft
}

// What is said besides the phones, and before the ordinary answer where words may be a
// sign.
const sayMinorDuty = "发现未成年人可能受到伤害，工作人员按规定要马上报告，请打110。"

func sayDangerKind(k danger.Kind) string {
	switch k {
	case danger.SelfHarm:
		return "先别一个人待着，叫身边的人陪着。"
	case danger.Violence:
		return "先离开，到人多的地方去。"
	case danger.Minor:
		return "不是孩子的错。孩子先离开那个人，找信得过的大人陪着。"
	case danger.Coercion:
		return "不愿意就可以不做，谁也不能逼。"
	}
	return ""
}

func sayDangerSoft(k danger.Kind) string {
	switch k {
	case danger.SelfHarm:
		return "心里难受、撑不住的时候，可以打12356，有人听您说。"
	case danger.Violence, danger.Coercion:
		return "要是有人打您、逼您，请打110，也可以打12338。"
	case danger.Minor:
		return "要是有孩子受了伤害，请打110，也可以打12355。"
	}
	return "如果情况急，请马上打120。"
}

// Signs returns the rows of a table of dangers that words say, each with the word
// that did: none for one that is denied (没出血), part of another (不想活动), or that
// only sounds like it in short. It costs a few microseconds for a usual message.
func Signs(table []townconfig.Danger, text string) (found []Sign) {
	text = answer.Fold(text)
	if strings.Contains(text, " ") {
		text = strings.ReplaceAll(text, " ", "")
	}
	var runes []rune
	for _, row := range table {
		for _, w := range row.Words {
			if says(text, w) {
				found = append(found, Sign{Danger: row, Word: w})
				break
			}
		}
	}
	if len(found) > 0 {
		return found
	}
	for _, row := range table {
		for _, w := range row.Words {
			if len(w) < len("不想活") {
				continue
			}
			if runes == nil {
				runes = []rune(text)
			}
			if sounds(runes, []rune(w), w) {
				found = append(found, Sign{Danger: row, Word: w})
				break
			}
		}
	}
	return found
}

// says reports whether a word stands in a text at one place at least where it is
// neither denied nor part of another word.
func says(text, word string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		i += from
		if meant(word, text[:i], text[i+len(word):]) {
			return true
		}
		from = i + len(word)
	}
}

// meant reports whether a word between what stands before and after it is meant.
func meant(word, before, after string) bool {
	for _, ask := range []string{"会不会", "有没有", "是不是"} {
		before = strings.TrimSuffix(before, ask)
	}
	for _, d := range denied {
		if strings.HasSuffix(before, d) {
			return false
		}
	}
	if strings.HasSuffix(before, "不") && !strings.HasSuffix(before, "是不") && !strings.HasSuffix(before, "住不") && !strings.HasSuffix(before, "止不") {
		return false
	}
	in := innocent[word]
	if strings.HasSuffix(word, "打我") || strings.HasSuffix(word, "打俺") {
		in.after = ringing
	}
	return !slices.ContainsFunc(in.before, func(w string) bool { return strings.HasSuffix(before, w) }) &&
		!slices.ContainsFunc(in.after, func(w string) bool { return strings.HasPrefix(after, w) })
}

// sounds reports whether a word of three characters or more stands in a text with
// one character, of four or more with two, written as it sounds (不想火).
func sounds(text, want []rune, word string) bool {
	most := 1
	if len(want) > 3 {
		most = 2
	}
	for i := 0; i+len(want) <= len(text); i++ {
		wrong := 0
		for k, w := range want {
			if text[i+k] != w {
				if wrong++; wrong > most {
					break
				}
			}
		}
		if wrong > most {
			continue
		}
		if answer.SameSound(string(text[i:i+len(want)]), word) && meant(word, string(text[:i]), string(text[i+len(want):])) {
			return true
		}
	}
	return false
}

// alone reports whether a text is, as a whole, a word that the bot knows: a
// keyword, a label that stands on offer, a page of the site.
func alone(c *dialog.Turn, site *townconfig.Site, text string) bool {
	if f, rest := c.Keyword(text); c.T.Labels[text] || c.Other(text) || f != nil && rest == "" {
		return true
	}
	for _, o := range c.S.Offers {
		if text == answer.Fold(o.Label) {
			return true
		}
	}
	if _, rest, ok := answer.Index(text); ok && slices.ContainsFunc(c.S.Offers, func(o dialogstate.Option) bool { return rest == answer.Fold(o.Label) }) {
		return true
	}
	_, ok := site.Guide(text)
	return ok
}

// helpline says whom to ring.
func helpline(c *dialog.Turn, site *townconfig.Site, found []Sign) (string, error) {
	town, err := townconfig.LoadTown(c.Tx)
	if err != nil {
		return "", err
	}
	var lines, seen, besides []string
	for _, row := range found {
		for _, name := range row.Phones {
			p := dial(site, town, name)
			if p.Number == "" || slices.Contains(seen, p.Number) {
				continue
			}
			seen = append(seen, p.Number)
			line := strings.TrimSpace(p.Label + " " + p.Number)
			if name == "clinic" {
				line += "，有人接"
			}
			lines = append(lines, line)
		}
		if row.Answer != "" && !slices.Contains(besides, row.Answer) {
			besides = append(besides, row.Answer)
		}
	}
	if len(lines) == 0 {
		lines = []string{"120"}
	}
	said := fmt.Sprintf(sayDanger, found[0].Word, lines[0])
	for _, l := range lines[1:] {
		said += fmt.Sprintf(sayDangerOr, l)
	}
	return dialog.Join(said+"。", dialog.Join(besides...), sayDangerNot), nil
}

// dial is whom a name of the table means: a number of the site, or a bare one.
func dial(site *townconfig.Site, town townconfig.Town, name string) townconfig.Phone {
	if strings.Trim(name, "0123456789") == "" {
		return townconfig.Phone{Number: name}
	}
	if p, ok := site.Phone(name); ok {
		return p
	}
	if name == "clinic" {
		return townconfig.Phone{Label: "卫生院", Number: town.Phone}
	}
	return townconfig.Phone{}
}

// goOnAfter shows again what was open: the form's question, the offers, or, of a
// keyword that headed the words, whether it is still wanted. None of her words
// goes along.
func goOnAfter(c *dialog.Turn, said, text string) (dialog.Reply, error) {
	if c.S.Flow != "" {
		return c.Again(said)
	}
	if w := heading(c, text); w != "" {
		return c.Offer(dialog.Join(said, fmt.Sprintf(sayDangerStill, w)),
			dialogstate.Option{Label: w, Do: "say " + w}, dialogstate.Option{Label: fmt.Sprintf(labelDangerNot, w), Do: "none"}), nil
	}
	if len(c.S.Offers) == 0 {
		return dialog.Reply{Text: said}, nil
	}
	return c.ShowAgain(said)
}

// heading is the keyword that a text begins with, "" without.
func heading(c *dialog.Turn, text string) string {
	for _, w := range c.Words() {
		if strings.HasPrefix(text, w.Text) {
			return w.Text
		}
	}
	for _, f := range c.T.Flows {
		if f.Keyword != "" && c.Is(f.For) && strings.HasPrefix(text, f.Keyword) {
			return f.Keyword
		}
	}
	for _, w := range c.T.Catalog.Phrases {
		if strings.HasPrefix(text, w.Text) {
			return w.Text
		}
	}
	return ""
}

// isDanger reports whether text says that somebody may be in danger, by the table of a
// town or the program's own.
func isDanger(site *townconfig.Site, text string) bool {
	table := signs
	if site != nil && len(site.Dangers) > 0 {
		table = site.Dangers
	}
	return len(Signs(table, text)) > 0
}
