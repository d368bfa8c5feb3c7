package request

import (
	"errors"
	"fmt"
	"strings"

	"xintiexin/flows/dialog"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
)

// supplies is 药具: fetched or brought sealed; no paper, no reason, and nothing of
// it for the village to see.
func supplies(c *dialog.Turn, rest string) (dialog.Reply, error) {
	if strings.HasPrefix(rest, "单") { // the desk's word, which the village has not
		return c.Lost()
	}
	id, r, asked, err := c.ForWhom(purpose.Booking, "药具")
	if err != nil || asked {
		return r, err
	}
	return c.Offer(saySupplies, dialogstate.Option{Label: labelSupplyTake, Do: "supply take " + id},
		dialogstate.Option{Label: labelSupplyBring, Do: "supply deliver " + id}, dialogstate.Option{Label: dialog.LabelNotNow, Do: "none"}), nil
}

func supply(c *dialog.Turn, rest string) (dialog.Reply, error) {
	way, id, _ := strings.Cut(rest, " ")
	q, err := requests.Create(c.Scope, requests.Request{Resident: id, Kind: "supplies", Text: way}, c.M.ID, c.M.At)
	switch {
	case errors.Is(err, record.ErrAlreadyExists):
		return dialog.Reply{Text: fmt.Sprintf(saySupplyTwice, q.Number)}, nil
	case errors.Is(err, record.ErrRateLimited):
		return dialog.Reply{Text: sayManyOpen}, nil
	case dialog.IsNotFound(err), errors.Is(err, record.ErrConsent):
		return c.Menu(dialog.SayGone)
	case err != nil:
		return dialog.Reply{}, err
	}
	said := saySupplyTake
	if way == "deliver" {
		said = saySupplyBring
	}
	c.WillTell("request_ready")
	return dialog.Reply{Text: fmt.Sprintf(said, q.Number)}, nil
}

// suppliesList is 药具单, for clinician and clerk: a count first, names on asking.
func suppliesList(c *dialog.Turn, rest string) (dialog.Reply, error) {
	all, err := requests.Supplies(c.Scope, 8)
	if errors.Is(err, record.ErrScope) {
		return c.Lost()
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(all) == 0 {
		return dialog.Reply{Text: saySuppliesNone}, nil
	}
	offers := make([]dialogstate.Option, len(all))
	for i, a := range all {
		offers[i] = dialogstate.Option{Label: a.Name + " 编号" + a.Number + " " + supplyState(a.Request), Do: "ask " + a.Resident + "/" + a.ID}
	}
	return c.Offer(fmt.Sprintf(saySuppliesHead, len(all)), offers...), nil
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

func supplyCard(c *dialog.Turn, a requests.RequestView) (dialog.Reply, error) {
	ref := a.Resident + "/" + a.ID
	said := dialog.Join(strings.TrimSpace(a.Name+" "+a.Phone), supplyState(a.Request)+"，编号"+a.Number, saySupplyHow)
	if a.Holder != "" && a.Holder != c.Who.Cadre.ID {
		who, err := c.ContactName(a.Holder)
		return dialog.Reply{Text: dialog.Join(said, fmt.Sprintf(sayAskTaken, who))}, err
	}
	var offers []dialogstate.Option
	if a.Ready == 0 {
		offers = append(offers, dialogstate.Option{Label: labelSupplySet, Do: "supply-set " + ref})
	}
	return c.Offer(said, append(offers, dialogstate.Option{Label: labelSupplyDone, Do: "ask-done " + ref}, dialogstate.Option{Label: labelAskDrop, Do: "ask-drop " + ref})...), nil
}

func supplyReady(c *dialog.Turn, ref string) (dialog.Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	a, err := requests.SuppliesReady(c.Scope, resident, id, c.M.At)
	if r, ok := refused(c, a, err); ok || err != nil {
		return r, skip(ok, err)
	}
	return dialog.Reply{Text: fmt.Sprintf(saySupplyReady, a.Number)}, nil
}
