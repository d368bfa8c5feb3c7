package account

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/handovers"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/staffing"
)

// accountWords are for everybody of the staff: how the own account stands, and what
// waits for an answer about one.
func accountWords() []dialog.Keyword {
	return []dialog.Keyword{{Text: "我的账号", For: dialog.Staff, Do: account}, {Text: "离任", For: dialog.Office, Do: leftOffice}}
}

func accountVerbs() map[string]dialog.Action {
	return map[string]dialog.Action{
		"grant-yes": dialog.ForStaff(func(c *dialog.Turn, id string) (dialog.Reply, error) { return answerGrant(c, id, true) }),
		"grant-no":  dialog.ForStaff(func(c *dialog.Turn, id string) (dialog.Reply, error) { return answerGrant(c, id, false) }),
	}
}

// account is 我的账号: first what waits for an answer, then what the asker waits for,
// else how the own account stands.
func account(c *dialog.Turn, _ string) (dialog.Reply, error) {
	all, err := staffing.Grants(c.Scope, c.M.At)
	if err != nil {
		return dialog.Reply{}, err
	}
	for _, g := range all {
		if staffing.MayAnswer(c.Scope, g, c.M.At) {
			return grantAsked(c, g)
		}
	}
	for _, g := range all {
		if g.By == c.Who.Cadre.ID && g.Waits(c.M.At) {
			what, err := grantWhat(c, g)
			if err != nil {
				return dialog.Reply{}, err
			}
			return c.Offer(fmt.Sprintf(sayGrantWaits, what), dialogstate.Option{Label: labelGrantBack, Do: "grant-no " + g.ID},
				dialogstate.Option{Label: labelGrantLeave, Do: "none"}), nil
		}
	}
	return accountState(c, all)
}

// grantWhat says what was asked for: 把王桂英的职责改成办事员.
func grantWhat(c *dialog.Turn, g staffing.RoleGrant) (string, error) {
	name, err := c.CadreName(g.Cadre)
	if err != nil {
		return "", err
	}
	if g.Kind == staffing.GrantCode {
		return fmt.Sprintf(sayGrantCode, name), nil
	}
	return fmt.Sprintf(sayGrantRoles, name, officeRoles(g.Roles)), nil
}

// officeRoles names roles of the office: 办事员、医生.
func officeRoles(roles []person.Role) string {
	if len(roles) == 0 {
		return sayNoOfficeRole
	}
	var names []string
	for _, r := range roles {
		names = append(names, officeRoleNames[r])
	}
	return strings.Join(names, "、")
}

func grantAsked(c *dialog.Turn, g staffing.RoleGrant) (dialog.Reply, error) {
	by, err := c.CadreName(g.By)
	if err != nil {
		return dialog.Reply{}, err
	}
	yes, no := dialogstate.Option{Label: labelGrantYes, Do: "grant-yes " + g.ID}, dialogstate.Option{Label: labelGrantNo, Do: "grant-no " + g.ID}
	later := dialogstate.Option{Label: labelGrantLater, Do: "none"}
	if g.Cadre == c.Who.Cadre.ID {
		yes.Label, no.Label = labelGrantMine, labelGrantNotMine
		return c.Offer(fmt.Sprintf(sayGrantOwn, by, askedOn(g)), yes, no, later), nil
	}
	what, err := grantWhat(c, g)
	if err != nil {
		return dialog.Reply{}, err
	}
	return c.Offer(fmt.Sprintf(sayGrantAsked, by, askedOn(g), what), yes, no, later), nil
}

func askedOn(g staffing.RoleGrant) string { return calendar.DayOf(time.Unix(g.Asked, 0)).Short() }

func answerGrant(c *dialog.Turn, id string, yes bool) (dialog.Reply, error) {
	g, err := staffing.AnswerGrant(c.Scope, id, yes, c.M.At)
	if dialog.IsNotFound(err) || errors.Is(err, record.ErrNotAvailable) {
		return dialog.Reply{Text: sayGrantGone}, nil
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	name, err := c.CadreName(g.Cadre)
	if err != nil {
		return dialog.Reply{}, err
	}
	switch {
	case g.Why == "withdrawn":
		return dialog.Reply{Text: sayGrantBack}, nil
	case !yes:
		return dialog.Reply{Text: sayGrantRefused}, nil
	case g.Kind == staffing.GrantCode:
		return dialog.Reply{Text: fmt.Sprintf(sayGrantCodeAgreed, name)}, nil
	}
	return dialog.Reply{Text: fmt.Sprintf(sayGrantRolesAgreed, name, officeRoles(g.Roles))}, nil
}

// accountState says who the account is, and what was done with it in the last month.
func accountState(c *dialog.Turn, all []staffing.RoleGrant) (dialog.Reply, error) {
	me := c.Who.Cadre
	lines := []string{fmt.Sprintf(sayAccount, me.Name, officeRoles(staffing.Office(me)))}
	if len(me.Villages) > 0 {
		names := make([]string, 0, len(me.Villages))
		for _, id := range me.Villages {
			v, err := person.LoadVillage(c.Tx, id)
			if err != nil {
				return dialog.Reply{}, fmt.Errorf("village of an account: %w", err)
			}
			names = append(names, v.Name)
		}
		lines = append(lines, fmt.Sprintf(sayAccountVillages, strings.Join(names, "、")))
	}
	for _, g := range all {
		if g.Cadre != me.ID && g.By != me.ID {
			continue
		}
		line, err := grantLine(c, g)
		if err != nil {
			return dialog.Reply{}, err
		}
		lines = append(lines, line)
	}
	return dialog.Reply{Text: dialog.Join(lines...)}, nil
}

// grantLine says what became of what was asked for.
func grantLine(c *dialog.Turn, g staffing.RoleGrant) (string, error) {
	what, err := grantWhat(c, g)
	if err != nil {
		return "", err
	}
	by, err := c.CadreName(g.By)
	if err != nil {
		return "", err
	}
	end := sayGrantOver
	switch {
	case g.Waits(c.M.At):
		end = sayGrantOpen
	case g.Agreed != 0:
		second, err := c.CadreName(g.Second)
		if err != nil {
			return "", err
		}
		end = fmt.Sprintf(sayGrantBySecond, second)
	case g.Why == "refused":
		end = sayGrantNo
	case g.Why == "withdrawn":
		end = sayGrantTaken
	}
	return fmt.Sprintf(sayGrantLine, askedOn(g), by, what, end), nil
}

// leftOffice is 离任: who left the office of late, and what waits of each.
func leftOffice(c *dialog.Turn, _ string) (dialog.Reply, error) {
	all, err := handovers.LeftOffice(c.Scope, c.M.At)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(all) == 0 {
		return dialog.Reply{Text: sayNobodyLeft}, nil
	}
	var lines []string
	for _, h := range all[:min(len(all), dialog.MostListed)] {
		some, err := leftLines(c, h)
		if err != nil {
			return dialog.Reply{}, err
		}
		lines = append(lines, some...)
	}
	return dialog.Reply{Text: dialog.Join(append(lines, sayLeftNext)...)}, nil
}

// leftLines say what somebody who left had in hand.
func leftLines(c *dialog.Turn, h handovers.Handover) ([]string, error) {
	name, err := c.CadreName(h.From)
	if err != nil {
		return nil, err
	}
	lines := []string{fmt.Sprintf(sayLeft, name, dialog.ShortDay(h.Accepted))}
	villages := map[string]string{}
	village := func(id string) (string, error) {
		if villages[id] == "" {
			v, err := person.LoadVillage(c.Tx, id)
			if err != nil {
				return "", fmt.Errorf("village of who left: %w", err)
			}
			villages[id] = v.Name
		}
		return villages[id], nil
	}
	for _, id := range h.Left.Villages {
		v, err := village(id)
		if err != nil {
			return nil, err
		}
		lines = append(lines, fmt.Sprintf(sayLeftVillage, v))
	}
	for _, g := range h.Left.Groups {
		v, err := village(g.Village)
		if err != nil {
			return nil, err
		}
		lines = append(lines, fmt.Sprintf(sayLeftGroup, v, g.Group))
	}
	var open []string
	for _, n := range []struct {
		say string
		n   int
	}{{sayLeftDue, h.Left.FollowUps}, {sayLeftRequests, h.Left.Requests}, {sayLeftNotes, h.Left.Notes}, {sayLeftPapers, h.Left.Papers}} {
		if n.n > 0 {
			open = append(open, fmt.Sprintf(n.say, n.n))
		}
	}
	if len(open) > 0 {
		lines = append(lines, "　"+strings.Join(open, "，"))
	}
	return lines, nil
}

// accountNotice returns the words of what staff hear of an account.
func accountNotice(d outbox.Delivery) dialog.Words {
	day, _ := calendar.ParseDay(d.Facts["day"])
	at := dialog.Dated(day) + " 08:00"
	switch d.Kind {
	case "office_ask":
		return dialog.Card("有一件账号的事等您看，回复“我的账号”。", "有一件事等您看", at, "请回复 我的账号", day)
	case "office_answer":
		return dialog.Card("您申请的事有回话了，回复“我的账号”。", "您申请的事有回话了", at, "请回复 我的账号", day)
	case "office_left":
		return dialog.Card("有同事离任，有事要安排，回复“离任”。", "有同事离任", at, "请回复 离任", day)
	case "office_note":
		return dialog.Card("您的账号有变动，回复“我的账号”看看。", "您的账号有变动", at, "请回复 我的账号", day)
	}
	return dialog.Words{}
}
