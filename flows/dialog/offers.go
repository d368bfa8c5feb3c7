package dialog

import (
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/form"
	"xintiexin/storage/dialogstate"
)

// head is the verb of the first offer and what follows it, "" without offers.
func (c *Turn) head() (verb, rest string) {
	if len(c.S.Offers) == 0 {
		return "", ""
	}
	verb, rest, _ = strings.Cut(c.S.Offers[0].Do, " ")
	return verb, rest
}

// ShowAgain shows what stands on offer again, below what is said.
func (c *Turn) ShowAgain(said string) (Reply, error) {
	verb, _ := c.head()
	if show := c.T.Catalog.shown[verb]; show != nil {
		return show(c, said)
	}
	return c.Show(said), nil
}

// oldOption reports whether text looks like the words of a tapped option.
func oldOption(text string) bool {
	n, rest, ok := answer.Index(text)
	return ok && n > 0 && rest != ""
}

// Again says something and shows the open question or offers once more.
func (c *Turn) Again(said string) (Reply, error) {
	if c.S.Flow != "" {
		r, err := c.Step(form.Input{Again: true})
		r.Text = said + "\n" + r.Text
		return r, err
	}
	if len(c.S.Offers) > 0 {
		return c.Show(said), nil
	}
	return c.Menu(said)
}

// Offer puts options on offer outside a form; the answer shows them.
func (c *Turn) Offer(text string, offers ...dialogstate.Option) Reply {
	c.S.Offers = offers
	return c.Show(text)
}

func (c *Turn) Show(text string) Reply {
	c.S.Step++
	r := Reply{Text: text, Token: c.S.Step}
	for i, o := range c.S.Offers {
		r.Options = append(r.Options, o.Label)
		if o.Head != "" && r.Heads == nil {
			r.Heads = make([]string, len(c.S.Offers))
		}
		if o.Head != "" {
			r.Heads[i] = o.Head
		}
	}
	return r
}

// offered answers words that may mean one of the offers; ok is false when they
// mean none, and then the offers are gone.
func offered(c *Turn, text string) (Reply, bool, error) {
	if len(c.S.Offers) == 0 {
		return Reply{}, false, nil
	}
	if c.M.Token != 0 && c.M.Token != c.S.Step {
		return c.Show(sayOldOption), true, nil
	}
	labels := make([][]string, len(c.S.Offers))
	for i, o := range c.S.Offers {
		labels[i] = []string{o.Label}
	}
	switch hits := meant(c, text, answer.Match(text, labels)); {
	case len(hits) == 1:
		do := c.S.Offers[hits[0]].Do
		c.S.Offers = nil
		r, err := c.Do(do)
		return r, true, err
	case len(hits) > 1 || oldOption(text) && c.M.Tapped:
		return c.Show(sayWhich), true, nil
	}
	if n, rest, ok := answer.Index(text); ok && n > 0 && rest == "" {
		return c.Show(fmt.Sprintf(sayNoSuch, n)), true, nil
	}
	return Reply{}, false, nil
}

// meant leaves of the offers that words may mean those whose label they begin, or
// that they begin with: “今天” in the middle of a label means nothing.
func meant(c *Turn, text string, hits []int) []int {
	if _, _, numbered := answer.Index(text); numbered {
		return hits
	}
	return slices.DeleteFunc(hits, func(i int) bool {
		label := answer.Fold(c.S.Offers[i].Label)
		head, _, _ := strings.Cut(label, ":")
		n := min(len([]rune(text)), len([]rune(label)))
		if len([]rune(text)) >= 3 && strings.Contains(label, text) {
			return false
		}
		return !strings.HasPrefix(text, head) && !answer.SameSound(text, string([]rune(label)[:n]))
	})
}
