package flows

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/form"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/townconfig"
)

func guideVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){
		"guide":         (*chat).guide,
		"guides":        (*chat).guidesFrom,
		"wish":          (*chat).wish,
		"hearing":       (*chat).hearing,
		"lecture-join":  (*chat).lectureJoin,
		"lecture-leave": (*chat).lectureLeave,
	}
}

// maxGuides is how many pages a list offers.
const maxGuides = 8

// guides lists the pages of a kind, or finds the one that is named behind the word.
func (c *chat) guides(word, rest, kind string) (Reply, error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	if g, ok := guideIn(site, word+rest); ok {
		return c.sayGuide(site, g), nil
	}
	if g, ok := guideIn(site, rest); ok {
		return c.sayGuide(site, g), nil
	}
	said := sayGuidesWhich
	if kind == "health" {
		said = sayTopicsWhich
	}
	if rest != "" && !asks(rest) {
		said = fmt.Sprintf(sayGuideNone, rest)
	}
	return c.guidePage(site, said, kind, 0)
}

// guidePage offers the pages of a kind ("" is any) from one on, and what comes
// behind them.
func (c *chat) guidePage(site *townconfig.Site, said, kind string, from int) (Reply, error) {
	var offers []dialogstate.Option
	for _, g := range site.Guides {
		if g.Kind == kind || kind == "" && g.Kind != "doctor" {
			offers = append(offers, dialogstate.Option{Label: g.Title, Do: "guide " + g.ID})
		}
	}
	if offers = offers[min(from, len(offers)):]; len(offers) == 0 {
		r, err := c.findHelp("")
		r.Text = join(sayNoGuides, r.Text)
		return r, err
	}
	if len(offers) > maxGuides {
		next := dialogstate.Option{Label: labelGuidesMore, Do: fmt.Sprintf("guides %d %s", from+maxGuides-1, kind)}
		offers = append(offers[:maxGuides-1], next)
	}
	return c.offer(said, offers...), nil
}

func (c *chat) guidesFrom(rest string) (Reply, error) {
	n, kind, _ := strings.Cut(rest, " ")
	from, err := strconv.Atoi(n)
	if err != nil {
		return Reply{}, fmt.Errorf("offer %q: no place in a list", rest)
	}
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	return c.guidePage(site, sayGuidesWhich, kind, from)
}

func (c *chat) guide(id string) (Reply, error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	for _, g := range site.Guides {
		if g.ID == id {
			return c.sayGuide(site, g), nil
		}
	}
	return Reply{Text: sayNoGuide}, nil
}

// sayGuide says a page. Papers and benefits can be had once more by 再说一遍; that a
// page about health or the hotline was read is not kept.
func (c *chat) sayGuide(site *townconfig.Site, g townconfig.Guide) Reply {
	if c.page = g.ID; g.Kind == "health" || g.Kind == "hotline" {
		c.page = unkept
	}
	return Reply{Text: guideText(site, g)}
}

// unkept stands for a page of which it is not kept that it was read.
const unkept = "-"

// guideText is a page with whom to ask: what a town's rules are is for its people to
// say.
func guideText(site *townconfig.Site, g townconfig.Guide) string {
	said := g.Text
	if g.Kind == "health" {
		said = join(said, sayTopicAsk)
	}
	if p, ok := site.Phone("advice"); ok && g.Kind != "guide" && g.Kind != "hotline" {
		said = join(said, fmt.Sprintf(sayGuideAsk, p.Label, p.Number))
	}
	return said
}

// onceMore is 再说一遍: the question that is open, what is on offer, or the page that was
// read last; and who explains it by word of mouth.
func (c *chat) onceMore(string) (Reply, error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	switch page := c.s.Page; {
	case page == unkept:
		c.page = unkept
	case page != "":
		r, err := c.guide(page)
		r.Text = join(r.Text, sayExplain)
		return r, err
	case len(c.s.Offers) > 0:
		return c.show(sayOfferAgain), nil
	}
	p, ok := site.Phone("advice")
	if !ok {
		r, err := c.findHelp("")
		r.Text = join(sayScroll, r.Text)
		return r, err
	}
	return Reply{Text: join(sayScroll, fmt.Sprintf(sayGuideAsk, p.Label, p.Number), sayExplain)}, nil
}

// saysAgain reports whether text asks for what was just said once more.
func saysAgain(text string) bool {
	return oneOf(strings.TrimRight(text, "?了呢吧"), onceMoreWords...)
}

// againSaid answers who asks for the same once more.
func (c *chat) againSaid(text string) (Reply, bool, error) {
	if !saysAgain(text) || c.m.Token != 0 || c.m.Tapped {
		return Reply{}, false, nil
	}
	if c.s.Flow != "" {
		return answered(c.stepAgain())
	}
	return answered(c.onceMore(""))
}

// onceMoreWords ask for the same once more.
// nothing changes it.
var onceMoreWords = []string{"再说一遍", "再说一次", "再讲一遍", "重说一遍", "没听懂", "没看明白", "没听明白", "啥意思", "什么意思", "再问一遍", "再发一遍"}

// guideTalk answers words that name a page of the site: its keyword, or a sentence
// that asks about it (生育登记要带什么); ok is false for all else.
func (c *chat) guideTalk(text string) (r Reply, ok bool, err error) {
	if f, _ := c.keyword(text); f != nil { // “走访 孟丽 问育儿补贴”
		return Reply{}, false, nil
	}
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, false, err
	}
	g, ok := guideIn(site, text)
	if !ok && strings.Contains(text, "补贴") && asks(text) && len([]rune(text)) <= 30 { // 有什么补贴
		r, err := c.guides("补贴", "", "benefit")
		return r, true, err
	}
	if !ok {
		return Reply{}, false, nil
	}
	return c.sayGuide(site, g), true, nil
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
func (c *chat) phones(string) (Reply, error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	lines := []string{sayPhones}
	for _, p := range site.Phones {
		if p.Number != "" {
			lines = append(lines, p.Label+" "+p.Number)
		}
	}
	if len(lines) == 1 {
		return c.findHelp("")
	}
	return Reply{Text: join(lines...)}, nil
}

// sendList is 发清单 and a name: which list of papers goes to her phone.
func (c *chat) sendList(rest string) (Reply, error) {
	if rest == "" {
		return Reply{Text: sayListWhom}, nil
	}
	name, what, _ := strings.Cut(rest, " ")
	if id, ok := strings.CutPrefix(name, "#"); ok {
		return c.listPick(id + " " + what)
	}
	found, err := searchResidents(c, name, 5)
	if err != nil {
		return Reply{}, err
	}
	if len(found.Choices) == 0 || strings.HasPrefix(found.Choices[0].Value, newcomer) {
		return Reply{Text: fmt.Sprintf(sayNoSuchName, name)}, nil
	}
	if len(found.Choices) == 1 {
		return c.listPick(found.Choices[0].Value + " " + what)
	}
	return c.offer(found.Say, choiceOffers(found.Choices, what)...), nil
}

func choiceOffers(all []form.Choice, what string) (offers []dialogstate.Option) {
	for _, h := range all {
		offers = append(offers, dialogstate.Option{Label: h.Label, Do: "list-pick " + h.Value + " " + what})
	}
	return offers
}

// listPick offers the lists of papers for one person; one that is named goes at
// once.
func (c *chat) listPick(rest string) (Reply, error) {
	id, what, _ := strings.Cut(rest, " ")
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	if g, ok := guideIn(site, what); ok && what != "" {
		return c.listSend(id + " " + g.ID)
	}
	return c.listOffers(site, func(g townconfig.Guide) string { return "list-send " + id + " " + g.ID })
}

func (c *chat) listOffers(site *townconfig.Site, do func(townconfig.Guide) string) (Reply, error) {
	var offers []dialogstate.Option
	for _, g := range site.Guides {
		if (g.Kind == "errand" || g.Kind == "benefit") && len(offers) < maxGuides-1 {
			offers = append(offers, dialogstate.Option{Label: g.Title, Do: do(g)})
		}
	}
	if len(offers) == 0 {
		return Reply{Text: sayNoGuides}, nil
	}
	return c.offer(sayListWhich, append(offers, dialogstate.Option{Label: labelNotNow, Do: "none"})...), nil
}

// listSend gives her the list, and the cadre the words to read out.
func (c *chat) listSend(rest string) (Reply, error) {
	f := strings.Fields(rest)
	if len(f) < 2 {
		return c.menu(sayGone)
	}
	if _, err := requests.SendErrand(c.scope, f[0], f[1], c.m.ID, c.m.At); errors.Is(err, record.ErrConsent) {
		text, err := c.errandText(f[1])
		return Reply{Text: join(sayListNoYes, text)}, err
	} else if isNotFound(err) {
		return c.menu(sayGone)
	} else if err != nil {
		return Reply{}, err
	}
	said := sayListSent
	if len(f) > 2 { // it answers a request: the list alone is told
		if _, err := requests.EndRequest(c.scope, f[0], f[2], "replaced", c.m.At); err != nil && !isNotFound(err) && !errors.Is(err, requests.ErrTaken) && !errors.Is(err, record.ErrNotAvailable) {
			return Reply{}, err
		}
		said = sayListDone
	}
	text, err := c.errandText(f[1])
	return Reply{Text: join(said, text)}, err
}

// askList offers the lists of papers as the answer to a request.
func (c *chat) askList(ref string) (Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	return c.listOffers(site, func(g townconfig.Guide) string { return "list-send " + resident + " " + g.ID + " " + id })
}
