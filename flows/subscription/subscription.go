package subscription

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"xintiexin/flows/dialog"
	"xintiexin/storage/access"
	"xintiexin/storage/outbox"
	"xintiexin/storage/townconfig"
)

// mostTemplates is for how many kinds of notice one tap asks: WeChat takes no more
// in one dialog (three in mini programs; for pages none is documented).
const mostTemplates = 3

func subscriptionWords() []dialog.Keyword {
	return []dialog.Keyword{{Text: "要提醒", For: dialog.Anyone, Do: wantNotices}}
}

// offerNotices adds to an answer that promised something the link to the page on
// which one message of each kind can be accepted: where the town has notices of the
// kind, she has none left, and was not asked lately; nor while a form is open. Where
// a booking would stay without a word, it says that somebody can ring.
func offerNotices(c *dialog.Turn, r *dialog.Reply) error {
	if len(c.ToTell) == 0 || c.S.Flow != "" || r.Raw {
		return nil
	}
	all, err := outbox.SubscriptionTemplates(c.Tx)
	if err != nil || len(all) == 0 {
		return err
	}
	s, err := outbox.LoadSubscription(c.Tx, c.M.From)
	if err != nil {
		return err
	}
	ids, err := askable(c, all, s)
	switch {
	case err != nil:
		return err
	case len(ids) == 0:
		if t, _ := all.For(c.ToTell[0]); c.RingToo && s.Left[t.ID] == 0 {
			r.Text = dialog.Join(r.Text, sayRingOnly)
		}
		return nil
	}
	link, err := noticeLink(c, ids[:min(len(ids), mostTemplates)])
	if err != nil {
		return err
	}
	r.Text = dialog.Join(r.Text, sayNotices, dialog.PickWord(c.RingToo, sayRingToo, ""))
	r.Links = append(r.Links, link)
	return nil
}

// askable are the templates of what this answer promised for which she may be asked
// now.
func askable(c *dialog.Turn, all townconfig.Templates, s outbox.Subscription) (ids []string, err error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return nil, err
	}
	over := func(at int64, days townconfig.Limit) bool {
		return c.M.At.Unix()-at >= int64(days.Of(site))*24*3600
	}
	if !over(s.Refused, outbox.NoticeRefusedDays) {
		return nil, nil
	}
	for _, kind := range c.ToTell {
		t, ok := all.For(kind)
		if ok && !slices.Contains(ids, t.ID) && s.Left[t.ID] == 0 && over(s.Offered[t.ID], outbox.NoticeAgainDays) {
			ids = append(ids, t.ID)
		}
	}
	return ids, nil
}

// noticeLink is the link to the page that asks for one message of each template.
func noticeLink(c *dialog.Turn, ids []string) (dialog.Link, error) {
	subject := strings.Join(ids, ",")
	token, err := access.NewLink(c.Scope, "notice", "", subject, c.M.ID+subject, c.M.At)
	if err != nil {
		return dialog.Link{}, err
	}
	return dialog.Link{Label: labelNotices, Path: "/p/" + token}, outbox.OfferNotice(c.Tx, c.M.From, ids, c.M.At)
}

// wantNotices is 要提醒: whoever asks gets the page, however often, for those of
// which she has the fewest left.
func wantNotices(c *dialog.Turn, _ string) (dialog.Reply, error) {
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, err
	}
	all, err := outbox.SubscriptionTemplates(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(all) == 0 {
		said, err := noPage(c)
		return dialog.Reply{Text: said}, err
	}
	s, err := outbox.LoadSubscription(c.Tx, c.M.From)
	if err != nil {
		return dialog.Reply{}, err
	}
	var ids []string
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		if id := all[kind].ID; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(s.Left[a], s.Left[b]) })
	link, err := noticeLink(c, ids[:min(len(ids), mostTemplates)])
	left := 0
	for _, id := range ids {
		left += s.Left[id]
	}
	said := sayNoticesAsked
	if left > 0 {
		said = dialog.Join(fmt.Sprintf(sayNoticesLeft, left), said)
	}
	return dialog.Reply{Text: said, Links: []dialog.Link{link}}, err
}

// noPage says what there is instead of a page of notices.
func noPage(c *dialog.Turn) (string, error) {
	templates, err := townconfig.LoadTemplates(c.Tx)
	if err != nil {
		return "", err
	}
	return dialog.PickWord(len(templates) > 0, sayNoticesCome, sayNoNotices), nil
}
