package flows

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/form"
	"xintiexin/storage"
)

func guideWords() []word { return nil }

func guideVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){
		"guide":         (*chat).guide,
		"guides":        (*chat).guidesFrom,
		"lecture-join":  (*chat).lectureJoin,
		"lecture-leave": (*chat).lectureLeave,
	}
}

// maxGuides is how many pages a list offers.
const maxGuides = 8

// guides lists the pages of a kind, or finds the one that is named behind the word.
func (c *chat) guides(word, rest, kind string) (Reply, error) {
	site, err := c.tx.Site()
	if err != nil {
		return Reply{}, err
	}
	if g, ok := guideIn(site, word+rest); ok {
		return Reply{Text: g.Text}, nil
	}
	if g, ok := guideIn(site, rest); ok {
		return Reply{Text: g.Text}, nil
	}
	said := sayGuidesWhich
	if rest != "" && !asks(rest) {
		said = fmt.Sprintf(sayGuideNone, rest)
	}
	return c.guidePage(site, said, kind, 0)
}

// guidePage offers the pages of a kind ("" is any) from one on, and what comes
// behind them.
func (c *chat) guidePage(site *storage.Site, said, kind string, from int) (Reply, error) {
	var offers []storage.Offer
	for _, g := range site.Guides {
		if kind == "" || g.Kind == kind {
			offers = append(offers, storage.Offer{Label: g.Title, Do: "guide " + g.ID})
		}
	}
	if offers = offers[min(from, len(offers)):]; len(offers) == 0 {
		r, err := c.findHelp("")
		r.Text = join(sayNoGuides, r.Text)
		return r, err
	}
	if len(offers) > maxGuides {
		next := storage.Offer{Label: labelGuidesMore, Do: fmt.Sprintf("guides %d %s", from+maxGuides-1, kind)}
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
	site, err := c.tx.Site()
	if err != nil {
		return Reply{}, err
	}
	return c.guidePage(site, sayGuidesWhich, kind, from)
}

func (c *chat) guide(id string) (Reply, error) {
	said, err := c.errandText(id)
	return Reply{Text: said}, err
}

// guideTalk answers words that name a page of the site: its keyword, or a sentence
// that asks about it (生育登记要带什么); ok is false for all else.
func (c *chat) guideTalk(text string) (r Reply, ok bool, err error) {
	if f, _ := c.keyword(text); f != nil { // “走访 孟丽 问育儿补贴”
		return Reply{}, false, nil
	}
	site, err := c.tx.Site()
	if err != nil {
		return Reply{}, false, err
	}
	g, ok := guideIn(site, text)
	return Reply{Text: g.Text}, ok, err
}

// askingWords are by what a sentence asks about a page.
// nothing changes it.
var askingWords = []string{"带", "要", "怎么", "咋", "办", "材料", "手续", "领", "多少", "电话", "什么", "啥", "哪", "问", "有", "?"}

func asks(text string) bool {
	return slices.ContainsFunc(askingWords, func(w string) bool { return strings.Contains(text, w) })
}

// guideIn finds the page that a text means: of the keywords in it the longest, when
// nothing stands beside it or the rest asks.
func guideIn(site *storage.Site, text string) (best storage.Guide, ok bool) {
	text = strings.ReplaceAll(answer.Fold(text), " ", "")
	longest := 0
	for _, g := range site.Guides {
		for _, k := range g.Keywords {
			if answer.SameWord(text, k) {
				return g, true
			}
			before, after, found := strings.Cut(text, k)
			if !found || len(k) <= longest || len(k) < len("补贴") || len([]rune(text)) > 30 {
				continue
			}
			if asks(before + "\n" + after) {
				best, longest, ok = g, len(k), true
			}
		}
	}
	return best, ok
}

// phones is 咨询, 监督: the numbers that the town gives out.
func (c *chat) phones(string) (Reply, error) {
	site, err := c.tx.Site()
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
	found, err := (&lists{c: c, f: &Flow{}}).residents(name, 5)
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

func choiceOffers(all []form.Choice, what string) (offers []storage.Offer) {
	for _, h := range all {
		offers = append(offers, storage.Offer{Label: h.Label, Do: "list-pick " + h.Value + " " + what})
	}
	return offers
}

// listPick offers the lists of papers for one person; one that is named goes at
// once.
func (c *chat) listPick(rest string) (Reply, error) {
	id, what, _ := strings.Cut(rest, " ")
	site, err := c.tx.Site()
	if err != nil {
		return Reply{}, err
	}
	if g, ok := guideIn(site, what); ok && what != "" {
		return c.listSend(id + " " + g.ID)
	}
	return c.listOffers(site, func(g storage.Guide) string { return "list-send " + id + " " + g.ID })
}

func (c *chat) listOffers(site *storage.Site, do func(storage.Guide) string) (Reply, error) {
	var offers []storage.Offer
	for _, g := range site.Guides {
		if (g.Kind == "errand" || g.Kind == "benefit") && len(offers) < maxGuides-1 {
			offers = append(offers, storage.Offer{Label: g.Title, Do: do(g)})
		}
	}
	if len(offers) == 0 {
		return Reply{Text: sayNoGuides}, nil
	}
	return c.offer(sayListWhich, append(offers, storage.Offer{Label: labelNotNow, Do: "none"})...), nil
}

// listSend gives her the list, and the cadre the words to read out.
func (c *chat) listSend(rest string) (Reply, error) {
	f := strings.Fields(rest)
	if len(f) < 2 {
		return c.menu(sayGone)
	}
	if _, err := c.scope.SendErrand(f[0], f[1], c.m.ID, c.m.At); errors.Is(err, storage.ErrConsent) {
		text, err := c.errandText(f[1])
		return Reply{Text: join(sayListNoYes, text)}, err
	} else if isNotFound(err) {
		return c.menu(sayGone)
	} else if err != nil {
		return Reply{}, err
	}
	said := sayListSent
	if len(f) > 2 { // it answers a request: the list alone is told
		if _, err := c.scope.EndRequest(f[0], f[2], "replaced", c.m.At); err != nil && !isNotFound(err) && !errors.Is(err, storage.ErrTaken) && !errors.Is(err, storage.ErrPast) {
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
	site, err := c.tx.Site()
	if err != nil {
		return Reply{}, err
	}
	return c.listOffers(site, func(g storage.Guide) string { return "list-send " + resident + " " + g.ID + " " + id })
}
