package dialog

import (
	"fmt"
	"slices"

	"xintiexin/flows/answer"
	"xintiexin/storage/access"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/townconfig"
)

// ForWhom returns for which of her family a resident's service is meant; she has
// signed up by then, and has agreed to the set that the service needs. When
// something had to be asked first, asked is true and r is the question; then
// ("约号 28号") is said again by itself once that is answered.
func (c *Turn) ForWhom(set purpose.Purpose, then string) (resident string, r Reply, asked bool, err error) {
	family, err := c.Family()
	if err != nil {
		return "", Reply{}, false, err
	}
	chosen := c.S.For
	c.S.For = ""
	switch {
	case len(family) == 0:
		r, err := c.Ask(set, "", then)
		return "", r, true, err
	case slices.ContainsFunc(family, func(r person.Resident) bool { return r.ID == chosen }):
	case len(family) == 1:
		chosen = family[0].ID
	default:
		c.S.Then = then
		offers := make([]dialogstate.Option, 0, len(family)+1)
		for _, r := range family {
			offers = append(offers, dialogstate.Option{Label: r.Name, Do: "for " + r.ID})
		}
		if len(family) < access.MaxFamily {
			offers = append(offers, dialogstate.Option{Label: LabelOther, Do: "new " + string(set)})
		}
		return "", c.Offer(sayForWhom, offers...), true, nil
	}
	need, err := consent.Needed(c.Scope, chosen, set, true)
	if err != nil {
		return "", Reply{}, false, err
	}
	if need {
		r, err := c.Ask(set, chosen, then)
		return "", r, true, err
	}
	return chosen, Reply{}, false, nil
}

// Family are the residents whom this WeChat stands for.
func (c *Turn) Family() ([]person.Resident, error) {
	var out []person.Resident
	for _, id := range c.Who.Residents {
		r, err := c.Scope.Mine(id)
		if IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// Ask opens the questions that come before a service. resident is "" for
// somebody who signs up.
func (c *Turn) Ask(set purpose.Purpose, resident, then string) (Reply, error) {
	text, err := ConsentText(c, set)
	if err != nil {
		return Reply{}, err
	}
	if text.Own != "" {
		text.Short = text.Own
	}
	r, err := c.StartWith(c.T.signUp(), "", map[string]string{
		"resident": resident, "set": string(set), "version": text.Version, "text": consent.Hash(text), "full": text.Full, "consent_text": text.Short})
	c.S.Then = then
	return r, err
}

// ConsentText is what the site says before a set is agreed to.
func ConsentText(c *Turn, set purpose.Purpose) (townconfig.ConsentText, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return townconfig.ConsentText{}, err
	}
	for _, t := range site.Consents {
		if t.Set == set {
			return t, nil
		}
	}
	return townconfig.ConsentText{Set: set, Version: "0", Short: fmt.Sprintf(sayConsentAny, c.Office()), Full: sayConsentFull}, nil
}

// forOne goes on for the one of the family who was chosen.
func forOne(c *Turn, id string) (Reply, error) {
	if !slices.Contains(c.Who.Residents, id) {
		return c.Menu(SayGone)
	}
	c.S.For = id
	return c.GoOn()
}

// ForNew signs another of the family up: it is said whose name is asked for, and
// that she has to agree.
func ForNew(c *Turn, set string) (Reply, error) {
	r, err := c.Ask(purpose.Purpose(set), "", c.S.Then)
	r.Text = Join(sayFamilyNew, r.Text)
	return r, err
}

// GoOn says what was waiting for her answer.
func (c *Turn) GoOn() (Reply, error) {
	then := c.S.Then
	c.S.Then = ""
	if then == "" {
		return c.Menu(SayFine)
	}
	c.M.Token, c.M.Tapped, c.M.Text = 0, false, then
	return c.AtLarge(answer.Fold(then))
}

// WhoNow looks up anew who writes, after what she is has changed.
func (c *Turn) WhoNow() (err error) {
	if c.Who, err = person.Identify(c.Tx, c.M.From); err != nil {
		return err
	}
	c.Scope, err = person.ScopeOf(c.Tx, c.Who)
	return err
}

// OfFamily does something about the one of her family of whom something is kept; of
// several it is asked whom, by a verb that takes the person, with what else may be said.
func OfFamily(c *Turn, do Action, ask, verb string, more ...dialogstate.Option) (Reply, error) {
	family, err := c.Family()
	if err != nil {
		return Reply{}, err
	}
	switch len(family) {
	case 0:
		return c.Menu(SayNothingKept)
	case 1:
		return do(c, family[0].ID)
	}
	if err := c.Aside(); err != nil {
		return Reply{}, err
	}
	var offers []dialogstate.Option
	for _, r := range family {
		offers = append(offers, dialogstate.Option{Label: r.Name, Do: verb + " " + r.ID})
	}
	return c.Offer(ask, append(offers, more...)...), nil
}
