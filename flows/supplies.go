package flows

import (
	"errors"
	"fmt"
	"strings"

	"xintiexin/storage/dialogstate"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
)

// supplies is 药具: fetched or brought sealed; no paper, no reason, and nothing of
// it for the village to see.
func (c *chat) supplies(rest string) (Reply, error) {
	if strings.HasPrefix(rest, "单") { // the desk's word, which the village has not
		return c.lost()
	}
	id, r, asked, err := c.forWhom(purpose.Booking, "药具")
	if err != nil || asked {
		return r, err
	}
	return c.offer(saySupplies, dialogstate.Option{Label: labelSupplyTake, Do: "supply take " + id},
		dialogstate.Option{Label: labelSupplyBring, Do: "supply deliver " + id}, dialogstate.Option{Label: labelNotNow, Do: "none"}), nil
}

func (c *chat) supply(rest string) (Reply, error) {
	way, id, _ := strings.Cut(rest, " ")
	q, err := requests.Create(c.scope, requests.Request{Resident: id, Kind: "supplies", Text: way}, c.m.ID, c.m.At)
	switch {
	case errors.Is(err, record.ErrAlreadyExists):
		return Reply{Text: fmt.Sprintf(saySupplyTwice, q.Number)}, nil
	case errors.Is(err, record.ErrRateLimited):
		return Reply{Text: sayManyOpen}, nil
	case isNotFound(err), errors.Is(err, record.ErrConsent):
		return c.menu(sayGone)
	case err != nil:
		return Reply{}, err
	}
	said := saySupplyTake
	if way == "deliver" {
		said = saySupplyBring
	}
	c.willTell("request_ready")
	return Reply{Text: fmt.Sprintf(said, q.Number)}, nil
}

// suppliesList is 药具单, for clinician and clerk: a count first, names on asking.
func (c *chat) suppliesList(rest string) (Reply, error) {
	all, err := requests.Supplies(c.scope, 8)
	if errors.Is(err, record.ErrScope) {
		return c.lost()
	}
	if err != nil {
		return Reply{}, err
	}
	if len(all) == 0 {
		return Reply{Text: saySuppliesNone}, nil
	}
	offers := make([]dialogstate.Option, len(all))
	for i, a := range all {
		offers[i] = dialogstate.Option{Label: a.Name + " 编号" + a.Number + " " + supplyState(a.Request), Do: "ask " + a.Resident + "/" + a.ID}
	}
	return c.offer(fmt.Sprintf(saySuppliesHead, len(all)), offers...), nil
}

func supplyState(r requests.Request) string {
	switch {
	case r.Ready != 0 && r.Text == "deliver":
		return "在送"
	case r.Ready != 0:
		return "等来取"
	case r.Text == "deliver":
		return "封好送"
	}
	return "自己来取"
}

func (c *chat) supplyCard(a requests.RequestView) (Reply, error) {
	ref := a.Resident + "/" + a.ID
	said := join(strings.TrimSpace(a.Name+" "+a.Phone), supplyState(a.Request)+"，编号"+a.Number, saySupplyHow)
	if a.Holder != "" && a.Holder != c.who.Cadre.ID {
		who, err := c.contactName(a.Holder)
		return Reply{Text: join(said, fmt.Sprintf(sayAskTaken, who))}, err
	}
	var offers []dialogstate.Option
	if a.Ready == 0 {
		offers = append(offers, dialogstate.Option{Label: labelSupplySet, Do: "supply-set " + ref})
	}
	return c.offer(said, append(offers, dialogstate.Option{Label: labelSupplyDone, Do: "ask-done " + ref}, dialogstate.Option{Label: labelAskDrop, Do: "ask-drop " + ref})...), nil
}

func (c *chat) supplyReady(ref string) (Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	a, err := requests.SuppliesReady(c.scope, resident, id, c.m.At)
	if r, ok := c.refused(a, err); ok || err != nil {
		return r, skip(ok, err)
	}
	return Reply{Text: fmt.Sprintf(saySupplyReady, a.Number)}, nil
}
