package flows

import (
	"errors"
	"fmt"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/storage/access"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// scenePrefix heads the scene of a binding code's QR.
const scenePrefix = "bind_"

// Scene returns the scene that a QR for a binding code carries.
func Scene(code string) string { return scenePrefix + code }

// scene answers a scanned code: a binding code, or the poster of a village.
func (c *chat) scene(scene string) (Reply, error) {
	if code, ok := strings.CutPrefix(scene, scenePrefix); ok {
		return c.code(code)
	}
	if id, ok := strings.CutPrefix(scene, posterPrefix); ok {
		return c.poster(id)
	}
	var r Reply
	var err error
	if c.who.Staff() {
		r, err = c.menu("")
	} else {
		r, err = c.greet()
	}
	r.Lost = true // a code of somebody else's, or none
	return r, err
}

// poster keeps from which village's poster somebody came; it says nothing about
// where she lives.
func (c *chat) poster(village string) (Reply, error) {
	v, err := person.LoadVillage(c.tx, village)
	if isNotFound(err) {
		return c.menu("")
	}
	if err != nil {
		return Reply{}, err
	}
	l, err := person.LoadAccount(c.tx, c.m.From)
	if err != nil {
		return Reply{}, err
	}
	if l.OpenID, l.Village = c.m.From, village; l.Followed == 0 {
		l.Followed = c.m.At.Unix()
	}
	if err := person.PutAccount(c.tx, l); err != nil {
		return Reply{}, err
	}
	if c.who.Staff() {
		return c.menu("")
	}
	return c.greetAt(v.Name)
}

// binding answers words that are, or hold, a binding code.
func (c *chat) binding(text string) (Reply, bool, error) {
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
	case len(digits) == 14 && words == "" && (asked || !c.who.Staff()):
	case asked && words == "":
		if digits == "" {
			return Reply{Text: sayBindHow}, true, nil
		}
		return Reply{Text: fmt.Sprintf(sayBindLength, len(digits))}, true, nil
	case len(digits) == 14 && words == "":
	default:
		return Reply{}, false, nil
	}
	r, err := c.code(digits)
	return r, true, err
}

// code looks a binding code up. A wrong check digit costs no attempt: it is a
// slip of the finger, not a guess.
func (c *chat) code(code string) (Reply, error) {
	if !person.CheckCode(code) {
		return Reply{Text: sayBindTypo}, nil
	}
	locked, err := person.Locked(c.tx, c.m.From, c.m.At)
	if err != nil || locked {
		return Reply{Text: sayBindLocked}, err
	}
	invite, err := person.Invitation(c.tx, code, c.m.At)
	if err == nil && invite.Resident != "" {
		return c.claimAsk(code, invite.Resident)
	}
	cadre, err := person.Invited(c.tx, code, c.m.At)
	if isNotFound(err) {
		left, err := person.CountTry(c.tx, c.m.From, c.m.At)
		if left == 0 {
			return Reply{Text: sayBindLocked}, err
		}
		return Reply{Text: sayBindUnknown}, err
	}
	if err != nil {
		return Reply{}, err
	}
	place, err := c.places(cadre)
	if err != nil {
		return Reply{}, err
	}
	return c.offer(fmt.Sprintf(sayBindAsk, place, cadre.Name, place),
		dialogstate.Option{Label: "是我", Do: "bind " + person.InviteKey(c.tx, code)},
		dialogstate.Option{Label: "不是我", Do: "none"}), nil
}

// claimAsk asks whoever holds a resident's code whether it is for her.
func (c *chat) claimAsk(code, resident string) (Reply, error) {
	r, err := person.LoadResident(c.tx, resident)
	if isNotFound(err) {
		return Reply{Text: sayBindUnknown}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	return c.offer(fmt.Sprintf(sayCodeAsk, r.Name),
		dialogstate.Option{Label: "是", Do: "claim " + person.InviteKey(c.tx, code)},
		dialogstate.Option{Label: "不是", Do: "none"}), nil
}

// places names what a cadre serves: “甲村、乙村”, or the town for the office.
func (c *chat) places(cadre person.Staff) (string, error) {
	if cadre.Has(person.Clerk, person.Admin) || len(cadre.Villages) == 0 {
		town, err := townconfig.LoadTown(c.tx)
		return town.Name, err
	}
	names := make([]string, 0, len(cadre.Villages))
	for _, id := range cadre.Villages {
		v, err := person.LoadVillage(c.tx, id)
		if err != nil {
			return "", fmt.Errorf("village of %s: %w", cadre.ID, err)
		}
		names = append(names, v.Name)
	}
	return strings.Join(names, "、"), nil
}

// bind makes this WeChat the cadre's, if the code that was shown is still good.
func (c *chat) bind(invite string) (Reply, error) {
	id, err := person.UseInvite(c.tx, invite, c.m.At)
	if isNotFound(err) {
		return Reply{Text: sayBindUnknown}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	if err := access.Bind(c.tx, c.m.From, id); err != nil {
		return Reply{}, fmt.Errorf("bind %s: %w", id, err)
	}
	return c.offer(sayBound,
		dialogstate.Option{Label: "发", Do: "morning yes"},
		dialogstate.Option{Label: "不发，我自己看", Do: "morning no"}), nil
}

// morning keeps whether a cadre wants the list at 07:30.
func (c *chat) morning(want person.Answer) (Reply, error) {
	cadre, err := person.LoadStaff(c.tx, c.who.Cadre.ID)
	if err != nil {
		return Reply{}, err
	}
	cadre.Morning = want
	if err := person.PutStaff(c.tx, cadre); err != nil {
		return Reply{}, err
	}
	if want == person.Yes {
		return Reply{Text: sayMorningYes}, nil
	}
	return Reply{Text: sayMorningNo}, outbox.DropDeliveries(c.tx, "c:"+cadre.ID, "morning", "not wanted", c.m.At)
}

func isNotFound(err error) bool { return errors.Is(err, record.ErrNotFound) }
func isChanged(err error) bool  { return errors.Is(err, record.ErrChanged) }
