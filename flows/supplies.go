package flows

import (
	"errors"
	"fmt"
	"strings"

	"xintiexin/storage"
)

// supplies is 药具: fetched or brought sealed; no paper, no reason, and nothing of
// it for the village to see.
func (c *chat) supplies(rest string) (Reply, error) {
	if strings.HasPrefix(rest, "单") { // the desk's word, which the village has not
		return c.lost()
	}
	id, r, asked, err := c.forWhom(storage.C1, "药具")
	if err != nil || asked {
		return r, err
	}
	return c.offer(saySupplies, storage.Offer{Label: labelSupplyTake, Do: "supply take " + id},
		storage.Offer{Label: labelSupplyBring, Do: "supply deliver " + id}, storage.Offer{Label: labelNotNow, Do: "none"}), nil
}

func (c *chat) supply(rest string) (Reply, error) {
	way, id, _ := strings.Cut(rest, " ")
	q, err := c.scope.Ask(storage.Request{Resident: id, Kind: "supplies", Text: way}, c.m.ID, c.m.At)
	switch {
	case errors.Is(err, storage.ErrTwice):
		return Reply{Text: fmt.Sprintf(saySupplyTwice, q.Number)}, nil
	case errors.Is(err, storage.ErrOften):
		return Reply{Text: sayManyOpen}, nil
	case isNotFound(err), errors.Is(err, storage.ErrConsent):
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
	all, err := c.scope.Supplies(8)
	if errors.Is(err, storage.ErrScope) {
		return c.lost()
	}
	if err != nil {
		return Reply{}, err
	}
	if len(all) == 0 {
		return Reply{Text: saySuppliesNone}, nil
	}
	offers := make([]storage.Offer, len(all))
	for i, a := range all {
		offers[i] = storage.Offer{Label: a.Name + " 编号" + a.Number + " " + supplyState(a.Request), Do: "ask " + a.Resident + "/" + a.ID}
	}
	return c.offer(fmt.Sprintf(saySuppliesHead, len(all)), offers...), nil
}

func supplyState(r storage.Request) string {
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

func (c *chat) supplyCard(a storage.Asking) (Reply, error) {
	ref := a.Resident + "/" + a.ID
	said := join(strings.TrimSpace(a.Name+" "+a.Phone), supplyState(a.Request)+"，编号"+a.Number, saySupplyHow)
	if a.Holder != "" && a.Holder != c.who.Cadre.ID {
		who, err := c.contactName(a.Holder)
		return Reply{Text: join(said, fmt.Sprintf(sayAskTaken, who))}, err
	}
	var offers []storage.Offer
	if a.Ready == 0 {
		offers = append(offers, storage.Offer{Label: labelSupplySet, Do: "supply-set " + ref})
	}
	return c.offer(said, append(offers, storage.Offer{Label: labelSupplyDone, Do: "ask-done " + ref}, storage.Offer{Label: labelAskDrop, Do: "ask-drop " + ref})...), nil
}

func (c *chat) supplyReady(ref string) (Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	a, err := c.scope.SuppliesReady(resident, id, c.m.At)
	if r, ok := c.refused(a, err); ok || err != nil {
		return r, skip(ok, err)
	}
	return Reply{Text: fmt.Sprintf(saySupplyReady, a.Number)}, nil
}
