package info

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dialog"
	"xintiexin/flows/form"
	"xintiexin/flows/subject"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/townconfig"
)

func guideVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){
		"guide":         guide,
		"guides":        guidesFrom,
		"wish":          wish,
		"hearing":       hearing,
		"lecture-join":  lectureJoin,
		"lecture-leave": lectureLeave,
	}
}

// maxGuides is how many pages a list offers.
const maxGuides = 8

// guides lists the pages of a kind, or finds the one that is named behind the word.
func guides(c *dialog.Turn, word, rest, kind string) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	if g, ok := guideIn(site, word+rest); ok {
		return sayGuide(c, site, g), nil
	}
	if g, ok := guideIn(site, rest); ok {
		return sayGuide(c, site, g), nil
	}
	said := sayGuidesWhich
	if kind == "health" {
		said = sayTopicsWhich
	}
	if rest != "" && !asks(rest) {
		said = fmt.Sprintf(sayGuideNone, rest)
	}
	return guidePage(c, site, said, kind, 0)
}

// guidePage offers the pages of a kind ("" is any) from one on, and what comes
// behind them.
func guidePage(c *dialog.Turn, site *townconfig.Site, said, kind string, from int) (dialog.Reply, error) {
	var offers []dialogstate.Option
	for _, g := range site.Guides {
		if g.Kind == kind || kind == "" && g.Kind != "doctor" {
			offers = append(offers, dialogstate.Option{Label: g.Title, Do: "guide " + g.ID})
		}
	}
	if offers = offers[min(from, len(offers)):]; len(offers) == 0 {
		r, err := c.FindHelp("")
		r.Text = dialog.Join(sayNoGuides, r.Text)
		return r, err
	}
	if len(offers) > maxGuides {
		next := dialogstate.Option{Label: labelGuidesMore, Do: fmt.Sprintf("guides %d %s", from+maxGuides-1, kind)}
		offers = append(offers[:maxGuides-1], next)
	}
	return c.Offer(said, offers...), nil
}

func guidesFrom(c *dialog.Turn, rest string) (dialog.Reply, error) {
	n, kind, _ := strings.Cut(rest, " ")
	from, err := strconv.Atoi(n)
	if err != nil {
		return dialog.Reply{}, fmt.Errorf("offer %q: no place in a list", rest)
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	return guidePage(c, site, sayGuidesWhich, kind, from)
}

func guide(c *dialog.Turn, id string) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	for _, g := range site.Guides {
		if g.ID == id {
			return sayGuide(c, site, g), nil
		}
	}
	return dialog.Reply{Text: dialog.SayNoGuide}, nil
}

// sayGuide says a page. Papers and benefits can be had once more by 再说一遍; that a
// page about health or the hotline was read is not kept.
func sayGuide(c *dialog.Turn, site *townconfig.Site, g townconfig.Guide) dialog.Reply {
	if c.Page = g.ID; g.Kind == "health" || g.Kind == "hotline" {
		c.Page = dialog.Unkept
	}
	return dialog.Reply{Text: dialog.GuideText(site, g)}
}

// onceMore is 再说一遍: the question that is open, what is on offer, or the page that was
// read last; and who explains it by word of mouth.
func onceMore(c *dialog.Turn, _ string) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	switch page := c.S.Page; {
	case page == dialog.Unkept:
		c.Page = dialog.Unkept
	case page != "":
		r, err := guide(c, page)
		r.Text = dialog.Join(r.Text, sayExplain)
		return r, err
	case len(c.S.Offers) > 0:
		return c.Show(sayOfferAgain), nil
	}
	p, ok := site.Phone("advice")
	if !ok {
		r, err := c.FindHelp("")
		r.Text = dialog.Join(sayScroll, r.Text)
		return r, err
	}
	return dialog.Reply{Text: dialog.Join(sayScroll, fmt.Sprintf(dialog.SayGuideAsk, p.Label, p.Number), sayExplain)}, nil
}

// saysAgain reports whether text asks for what was just said once more.
func saysAgain(text string) bool {
	return dialog.OneOf(strings.TrimRight(text, "?了呢吧"), onceMoreWords...)
}

// againSaid answers who asks for the same once more.
func againSaid(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	if !saysAgain(text) || c.M.Token != 0 || c.M.Tapped {
		return dialog.Reply{}, false, nil
	}
	if c.S.Flow != "" {
		return dialog.Answered(c.StepAgain())
	}
	return dialog.Answered(onceMore(c, ""))
}

// onceMoreWords ask for the same once more.
// nothing changes it.
var onceMoreWords = []string{"再说一遍", "再说一次", "再讲一遍", "重说一遍", "没听懂", "没看明白", "没听明白", "啥意思", "什么意思", "再问一遍", "再发一遍"}

// guideTalk answers words that name a page of the site: its keyword, or a sentence
// that asks about it (生育登记要带什么); ok is false for all else.
func guideTalk(c *dialog.Turn, text string) (r dialog.Reply, ok bool, err error) {
	if f, _ := c.Keyword(text); f != nil { // “走访 孟丽 问育儿补贴”
		return dialog.Reply{}, false, nil
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, false, err
	}
	g, ok := guideIn(site, text)
	if !ok && strings.Contains(text, "补贴") && asks(text) && len([]rune(text)) <= 30 { // 有什么补贴
		r, err := guides(c, "补贴", "", "benefit")
		return r, true, err
	}
	if !ok {
		return dialog.Reply{}, false, nil
	}
	return sayGuide(c, site, g), true, nil
}

// askingWords are by what a sentence asks about a page.
// nothing changes it.
var askingWords = []string{"带", "要", "怎么", "咋", "办", "材料", "手续", "领", "多少", "电话", "什么", "啥", "哪", "问", "有", "能", "吗", "几", "?"}

func asks(text string) bool {
	return strings.HasSuffix(text, "不") || slices.ContainsFunc(askingWords, func(w string) bool { return strings.Contains(text, w) })
}

// guideIn finds the page that a text means: of the keywords in it the longest, when
// nothing stands beside it or the rest asks.
func guideIn(site *townconfig.Site, text string) (best townconfig.Guide, ok bool) {
	text = strings.ReplaceAll(answer.Fold(text), " ", "")
	longest := 0
	for _, g := range site.Guides {
		if g.Kind == "doctor" { // its words stand for what is said, and call up nothing
			continue
		}
		for _, k := range g.Keywords {
			if answer.SameWord(text, k) || text == answer.Fold(g.Title) {
				return g, true
			}
			before, after, found := strings.Cut(text, k)
			if !found || len(k) <= longest || len(k) < len("补贴") || len([]rune(text)) > 30 {
				continue
			}
			beside := len([]rune(before + after))
			if asks(before+"\n"+after) || asks(k) && beside <= 4 { // 你们几点上班
				best, longest, ok = g, len(k), true
			}
		}
	}
	return best, ok
}

// phones is 咨询, 监督: the numbers that the town gives out.
func phones(c *dialog.Turn, _ string) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	lines := []string{sayPhones}
	for _, p := range site.Phones {
		if p.Number != "" {
			lines = append(lines, p.Label+" "+p.Number)
		}
	}
	if len(lines) == 1 {
		return c.FindHelp("")
	}
	return dialog.Reply{Text: dialog.Join(lines...)}, nil
}

// sendList is 发清单 and a name: which list of papers goes to her phone.
func sendList(c *dialog.Turn, rest string) (dialog.Reply, error) {
	if rest == "" {
		return dialog.Reply{Text: sayListWhom}, nil
	}
	name, what, _ := strings.Cut(rest, " ")
	if id, ok := strings.CutPrefix(name, "#"); ok {
		return listPick(c, id+" "+what)
	}
	found, err := subject.SearchResidents(c, name, 5)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(found.Choices) == 0 || strings.HasPrefix(found.Choices[0].Value, dialog.Newcomer) {
		return dialog.Reply{Text: fmt.Sprintf(dialog.SayNoSuchName, name)}, nil
	}
	if len(found.Choices) == 1 {
		return listPick(c, found.Choices[0].Value+" "+what)
	}
	return c.Offer(found.Say, choiceOffers(found.Choices, what)...), nil
}

func choiceOffers(all []form.Choice, what string) (offers []dialogstate.Option) {
	for _, h := range all {
		offers = append(offers, dialogstate.Option{Label: h.Label, Do: "list-pick " + h.Value + " " + what})
	}
	return offers
}

// listPick offers the lists of papers for one person; one that is named goes at
// once.
func listPick(c *dialog.Turn, rest string) (dialog.Reply, error) {
	id, what, _ := strings.Cut(rest, " ")
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	if g, ok := guideIn(site, what); ok && what != "" {
		return listSend(c, id+" "+g.ID)
	}
	return listOffers(c, site, func(g townconfig.Guide) string { return "list-send " + id + " " + g.ID })
}

func listOffers(c *dialog.Turn, site *townconfig.Site, do func(townconfig.Guide) string) (dialog.Reply, error) {
	var offers []dialogstate.Option
	for _, g := range site.Guides {
		if (g.Kind == "errand" || g.Kind == "benefit") && len(offers) < maxGuides-1 {
			offers = append(offers, dialogstate.Option{Label: g.Title, Do: do(g)})
		}
	}
	if len(offers) == 0 {
		return dialog.Reply{Text: sayNoGuides}, nil
	}
	return c.Offer(sayListWhich, append(offers, dialogstate.Option{Label: dialog.LabelNotNow, Do: "none"})...), nil
}

// listSend gives her the list, and the cadre the words to read out.
func listSend(c *dialog.Turn, rest string) (dialog.Reply, error) {
	f := strings.Fields(rest)
	if len(f) < 2 {
		return c.Menu(dialog.SayGone)
	}
	if _, err := requests.SendErrand(c.Scope, f[0], f[1], c.M.ID, c.M.At); errors.Is(err, record.ErrConsent) {
		text, err := dialog.ErrandText(c, f[1])
		return dialog.Reply{Text: dialog.Join(sayListNoYes, text)}, err
	} else if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	} else if err != nil {
		return dialog.Reply{}, err
	}
	said := sayListSent
	if len(f) > 2 { // it answers a request: the list alone is told
		if _, err := requests.EndRequest(c.Scope, f[0], f[2], "replaced", c.M.At); err != nil && !dialog.IsNotFound(err) && !errors.Is(err, requests.ErrTaken) && !errors.Is(err, record.ErrNotAvailable) {
			return dialog.Reply{}, err
		}
		said = sayListDone
	}
	text, err := dialog.ErrandText(c, f[1])
	return dialog.Reply{Text: dialog.Join(said, text)}, err
}

// askList offers the lists of papers as the answer to a request.
func askList(c *dialog.Turn, ref string) (dialog.Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	return listOffers(c, site, func(g townconfig.Guide) string { return "list-send " + resident + " " + g.ID + " " + id })
}
