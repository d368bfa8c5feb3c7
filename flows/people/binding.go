package people

import (
	"fmt"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dialog"
	"xintiexin/storage/access"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
)

// scenePrefix heads the scene of a binding code's QR.
const scenePrefix = "bind_"

// Scene returns the scene that a QR for a binding code carries.
func Scene(code string) string { return scenePrefix + code }

// scene answers a scanned code: a binding code, or the poster of a village.
func scene(c *dialog.Turn, scene string) (dialog.Reply, error) {
	if code, ok := strings.CutPrefix(scene, scenePrefix); ok {
		return enterCode(c, code)
	}
	if id, ok := strings.CutPrefix(scene, posterPrefix); ok {
		return poster(c, id)
	}
	var r dialog.Reply
	var err error
	if c.Who.Staff() {
		r, err = c.Menu("")
	} else {
		r, err = c.Greet()
	}
	r.Lost = true // a code of somebody else's, or none
	return r, err
}

// poster keeps from which village's poster somebody came; it says nothing about
// where she lives.
func poster(c *dialog.Turn, village string) (dialog.Reply, error) {
	v, err := person.LoadVillage(c.Tx, village)
	if dialog.IsNotFound(err) {
		return c.Menu("")
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	l, err := person.LoadAccount(c.Tx, c.M.From)
	if err != nil {
		return dialog.Reply{}, err
	}
	if l.OpenID, l.Village = c.M.From, village; l.Followed == 0 {
		l.Followed = c.M.At.Unix()
	}
	if err := person.PutAccount(c.Tx, l); err != nil {
		return dialog.Reply{}, err
	}
	if c.Who.Staff() {
		return c.Menu("")
	}
	return dialog.GreetAt(c, v.Name)
}

// binding answers words that are, or hold, a binding code.
func binding(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	rest, asked := answer.CutHead(text, "绑定")
	if !asked {
		rest = text
	}
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, rest)
	words := strings.Trim(rest, "0123456789 -:,，：。")
	switch {
	case len(digits) == 14 && words == "" && (asked || !c.Who.Staff()):
	case asked && words == "":
		if digits == "" {
			return dialog.Reply{Text: sayBindHow}, true, nil
		}
		return dialog.Reply{Text: fmt.Sprintf(sayBindLength, len(digits))}, true, nil
	case len(digits) == 14 && words == "":
	default:
		return dialog.Reply{}, false, nil
	}
	r, err := enterCode(c, digits)
	return r, true, err
}

// enterCode looks a binding code up. A wrong check digit costs no attempt: it is a
// slip of the finger, not a guess.
func enterCode(c *dialog.Turn, code string) (dialog.Reply, error) {
	if !person.CheckCode(code) {
		return dialog.Reply{Text: sayBindTypo}, nil
	}
	locked, err := person.Locked(c.Tx, c.M.From, c.M.At)
	if err != nil || locked {
		return dialog.Reply{Text: dialog.SayBindLocked}, err
	}
	invite, err := person.Invitation(c.Tx, code, c.M.At)
	if err == nil && invite.Resident != "" {
		return claimAsk(c, code, invite.Resident)
	}
	cadre, err := person.Invited(c.Tx, code, c.M.At)
	if dialog.IsNotFound(err) {
		left, err := person.CountTry(c.Tx, c.M.From, c.M.At)
		if left == 0 {
			return dialog.Reply{Text: dialog.SayBindLocked}, err
		}
		return dialog.Reply{Text: sayBindUnknown}, err
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	place, err := dialog.Places(c, cadre)
	if err != nil {
		return dialog.Reply{}, err
	}
	return c.Offer(fmt.Sprintf(sayBindAsk, place, cadre.Name, place),
		dialogstate.Option{Label: "是我", Do: "bind " + person.InviteKey(c.Tx, code)},
		dialogstate.Option{Label: "不是我", Do: "none"}), nil
}

// claimAsk asks whoever holds a resident's code whether it is for her.
func claimAsk(c *dialog.Turn, code, resident string) (dialog.Reply, error) {
	r, err := person.LoadResident(c.Tx, resident)
	if dialog.IsNotFound(err) {
		return dialog.Reply{Text: sayBindUnknown}, nil
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	return c.Offer(fmt.Sprintf(sayCodeAsk, r.Name),
		dialogstate.Option{Label: "是", Do: "claim " + person.InviteKey(c.Tx, code)},
		dialogstate.Option{Label: "不是", Do: "none"}), nil
}

// bind makes this WeChat the cadre's, if the code that was shown is still good.
func bind(c *dialog.Turn, invite string) (dialog.Reply, error) {
	id, err := person.UseInvite(c.Tx, invite, c.M.At)
	if dialog.IsNotFound(err) {
		return dialog.Reply{Text: sayBindUnknown}, nil
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	if err := access.Bind(c.Tx, c.M.From, id); err != nil {
		return dialog.Reply{}, fmt.Errorf("bind %s: %w", id, err)
	}
	return c.Offer(sayBound,
		dialogstate.Option{Label: "发", Do: "morning yes"},
		dialogstate.Option{Label: "不发，我自己看", Do: "morning no"}), nil
}

// morning keeps whether a cadre wants the list at 07:30.
func morning(c *dialog.Turn, want person.Answer) (dialog.Reply, error) {
	cadre, err := person.LoadStaff(c.Tx, c.Who.Cadre.ID)
	if err != nil {
		return dialog.Reply{}, err
	}
	cadre.Morning = want
	if err := person.PutStaff(c.Tx, cadre); err != nil {
		return dialog.Reply{}, err
	}
	if want == person.Yes {
		return dialog.Reply{Text: sayMorningYes}, nil
	}
	return dialog.Reply{Text: sayMorningNo}, outbox.DropDeliveries(c.Tx, "c:"+cadre.ID, "morning", "not wanted", c.M.At)
}
