package flows

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"xintiexin/storage/access"
	"xintiexin/storage/bookings"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/townconfig"
)

// mostTemplates is for how many kinds of notice one tap asks: WeChat takes no more
// in one dialog (three in mini programs; for pages none is documented).
const mostTemplates = 3

func subscriptionWords() []word {
	return []word{{"要提醒", anyone, (*chat).wantNotices}}
}

// willTell notes that she was promised messages of these kinds, for the page to be
// offered on which she accepts them.
func (c *chat) willTell(kinds ...string) { c.toTell = append(c.toTell, kinds...) }

// offerNotices adds to an answer that promised something the link to the page on
// which one message of each kind can be accepted: where the town has notices of the
// kind, she has none left, and was not asked lately; nor while a form is open. Where
// a booking would stay without a word, it says that somebody can ring.
func (c *chat) offerNotices(r *Reply) error {
	if len(c.toTell) == 0 || c.s.Flow != "" || r.Raw {
		return nil
	}
	all, err := outbox.SubscriptionTemplates(c.tx)
	if err != nil || len(all) == 0 {
		return err
	}
	s, err := outbox.LoadSubscription(c.tx, c.m.From)
	if err != nil {
		return err
	}
	ids, err := c.askable(all, s)
	switch {
	case err != nil:
		return err
	case len(ids) == 0:
		if t, _ := all.For(c.toTell[0]); c.ringToo && s.Left[t.ID] == 0 {
			r.Text = join(r.Text, sayRingOnly)
		}
		return nil
	}
	link, err := c.noticeLink(ids[:min(len(ids), mostTemplates)])
	if err != nil {
		return err
	}
	r.Text = join(r.Text, sayNotices, pickWord(c.ringToo, sayRingToo, ""))
	r.Links = append(r.Links, link)
	return nil
}

// askable are the templates of what this answer promised for which she may be asked
// now.
func (c *chat) askable(all townconfig.Templates, s outbox.Subscription) (ids []string, err error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return nil, err
	}
	over := func(at int64, limit string, days int) bool {
		return c.m.At.Unix()-at >= int64(site.Limit(limit, days))*24*3600
	}
	if !over(s.Refused, "notice_refused_days", 90) {
		return nil, nil
	}
	for _, kind := range c.toTell {
		t, ok := all.For(kind)
		if ok && !slices.Contains(ids, t.ID) && s.Left[t.ID] == 0 && over(s.Offered[t.ID], "notice_again_days", 7) {
			ids = append(ids, t.ID)
		}
	}
	return ids, nil
}

// noticeLink is the link to the page that asks for one message of each template.
func (c *chat) noticeLink(ids []string) (Link, error) {
	subject := strings.Join(ids, ",")
	token, err := access.NewLink(c.scope, "notice", "", subject, c.m.ID+subject, c.m.At)
	if err != nil {
		return Link{}, err
	}
	return Link{Label: labelNotices, Path: "/p/" + token}, outbox.OfferNotice(c.tx, c.m.From, ids, c.m.At)
}

// wantNotices is 要提醒: whoever asks gets the page, however often, for those of
// which she has the fewest left.
func (c *chat) wantNotices(string) (Reply, error) {
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	all, err := outbox.SubscriptionTemplates(c.tx)
	if err != nil {
		return Reply{}, err
	}
	if len(all) == 0 {
		said, err := c.noPage()
		return Reply{Text: said}, err
	}
	s, err := outbox.LoadSubscription(c.tx, c.m.From)
	if err != nil {
		return Reply{}, err
	}
	var ids []string
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		if id := all[kind].ID; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(s.Left[a], s.Left[b]) })
	link, err := c.noticeLink(ids[:min(len(ids), mostTemplates)])
	left := 0
	for _, id := range ids {
		left += s.Left[id]
	}
	said := sayNoticesAsked
	if left > 0 {
		said = join(fmt.Sprintf(sayNoticesLeft, left), said)
	}
	return Reply{Text: said, Links: []Link{link}}, err
}

// noPage says what there is instead of a page of notices.
func (c *chat) noPage() (string, error) {
	templates, err := townconfig.LoadTemplates(c.tx)
	if err != nil {
		return "", err
	}
	return pickWord(len(templates) > 0, sayNoticesCome, sayNoNotices), nil
}

// unreminded says of a booking for whose kind the town can send nothing that she has
// to mind it herself, and that somebody can ring; "" where it can, if she accepts it.
func (c *chat) unreminded(a bookings.Appointment) (string, error) {
	const kind = "appointment_eve"
	templates, err := townconfig.LoadTemplates(c.tx)
	if err != nil {
		return "", err
	}
	accepted, err := outbox.SubscriptionTemplates(c.tx)
	if err != nil {
		return "", err
	}
	_, sent := templates.For(kind)
	_, asked := accepted.For(kind)
	switch {
	case sent || a.Ring != person.RingNobody && asked:
		return "", nil
	case asked:
		c.ringToo = true
		return "", nil
	case a.Ring != person.RingNobody:
		return sayMindRung, nil
	}
	return sayMindRing, nil
}
