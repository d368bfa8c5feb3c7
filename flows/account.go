package flows

import (
	"errors"
	"fmt"
	"strings"
	"time"

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
func accountWords() []word {
	return []word{{"我的账号", staff, (*chat).account}, {"离任", office, (*chat).leftOffice}}
}

func accountVerbs() map[string]action {
	return map[string]action{
		"grant-yes": forStaff(func(c *chat, id string) (Reply, error) { return c.answerGrant(id, true) }),
		"grant-no":  forStaff(func(c *chat, id string) (Reply, error) { return c.answerGrant(id, false) }),
	}
}

// account is 我的账号: first what waits for an answer, then what the asker waits for,
// else how the own account stands.
func (c *chat) account(string) (Reply, error) {
	all, err := staffing.Grants(c.scope, c.m.At)
	if err != nil {
		return Reply{}, err
	}
	for _, g := range all {
		if staffing.MayAnswer(c.scope, g, c.m.At) {
			return c.grantAsked(g)
		}
	}
	for _, g := range all {
		if g.By == c.who.Cadre.ID && g.Waits(c.m.At) {
			what, err := c.grantWhat(g)
			if err != nil {
				return Reply{}, err
			}
			return c.offer(fmt.Sprintf(sayGrantWaits, what), dialogstate.Option{Label: labelGrantBack, Do: "grant-no " + g.ID},
				dialogstate.Option{Label: labelGrantLeave, Do: "none"}), nil
		}
	}
	return c.accountState(all)
}

// grantWhat says what was asked for: 把王桂英的职责改成办事员.
func (c *chat) grantWhat(g staffing.RoleGrant) (string, error) {
	name, err := c.cadreName(g.Cadre)
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

func (c *chat) grantAsked(g staffing.RoleGrant) (Reply, error) {
	by, err := c.cadreName(g.By)
	if err != nil {
		return Reply{}, err
	}
	yes, no := dialogstate.Option{Label: labelGrantYes, Do: "grant-yes " + g.ID}, dialogstate.Option{Label: labelGrantNo, Do: "grant-no " + g.ID}
	later := dialogstate.Option{Label: labelGrantLater, Do: "none"}
	if g.Cadre == c.who.Cadre.ID {
		yes.Label, no.Label = labelGrantMine, labelGrantNotMine
		return c.offer(fmt.Sprintf(sayGrantOwn, by, askedOn(g)), yes, no, later), nil
	}
	what, err := c.grantWhat(g)
	if err != nil {
		return Reply{}, err
	}
	return c.offer(fmt.Sprintf(sayGrantAsked, by, askedOn(g), what), yes, no, later), nil
}

func askedOn(g staffing.RoleGrant) string { return calendar.DayOf(time.Unix(g.Asked, 0)).Short() }

func (c *chat) answerGrant(id string, yes bool) (Reply, error) {
	g, err := staffing.AnswerGrant(c.scope, id, yes, c.m.At)
	if isNotFound(err) || errors.Is(err, record.ErrNotAvailable) {
		return Reply{Text: sayGrantGone}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	name, err := c.cadreName(g.Cadre)
	if err != nil {
		return Reply{}, err
	}
	switch {
	case g.Why == "withdrawn":
		return Reply{Text: sayGrantBack}, nil
	case !yes:
		return Reply{Text: sayGrantRefused}, nil
	case g.Kind == staffing.GrantCode:
		return Reply{Text: fmt.Sprintf(sayGrantCodeAgreed, name)}, nil
	}
	return Reply{Text: fmt.Sprintf(sayGrantRolesAgreed, name, officeRoles(g.Roles))}, nil
}

// accountState says who the account is, and what was done with it in the last month.
func (c *chat) accountState(all []staffing.RoleGrant) (Reply, error) {
	me := c.who.Cadre
	lines := []string{fmt.Sprintf(sayAccount, me.Name, officeRoles(staffing.Office(me)))}
	if len(me.Villages) > 0 {
		names := make([]string, 0, len(me.Villages))
		for _, id := range me.Villages {
			v, err := person.LoadVillage(c.tx, id)
			if err != nil {
				return Reply{}, fmt.Errorf("village of an account: %w", err)
			}
			names = append(names, v.Name)
		}
		lines = append(lines, fmt.Sprintf(sayAccountVillages, strings.Join(names, "、")))
	}
	for _, g := range all {
		if g.Cadre != me.ID && g.By != me.ID {
			continue
		}
		line, err := c.grantLine(g)
		if err != nil {
			return Reply{}, err
		}
		lines = append(lines, line)
	}
	return Reply{Text: join(lines...)}, nil
}

// grantLine says what became of what was asked for.
func (c *chat) grantLine(g staffing.RoleGrant) (string, error) {
	what, err := c.grantWhat(g)
	if err != nil {
		return "", err
	}
	by, err := c.cadreName(g.By)
	if err != nil {
		return "", err
	}
	end := sayGrantOver
	switch {
	case g.Waits(c.m.At):
		end = sayGrantOpen
	case g.Agreed != 0:
		second, err := c.cadreName(g.Second)
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
func (c *chat) leftOffice(string) (Reply, error) {
	all, err := handovers.LeftOffice(c.scope, c.m.At)
	if err != nil {
		return Reply{}, err
	}
	if len(all) == 0 {
		return Reply{Text: sayNobodyLeft}, nil
	}
	var lines []string
	for _, h := range all[:min(len(all), mostListed)] {
		some, err := c.leftLines(h)
		if err != nil {
			return Reply{}, err
		}
		lines = append(lines, some...)
	}
	return Reply{Text: join(append(lines, sayLeftNext)...)}, nil
}

// leftLines say what somebody who left had in hand.
func (c *chat) leftLines(h handovers.Handover) ([]string, error) {
	name, err := c.cadreName(h.From)
	if err != nil {
		return nil, err
	}
	lines := []string{fmt.Sprintf(sayLeft, name, shortDay(h.Accepted))}
	villages := map[string]string{}
	village := func(id string) (string, error) {
		if villages[id] == "" {
			v, err := person.LoadVillage(c.tx, id)
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
func accountNotice(d outbox.Delivery) Words {
	day, _ := calendar.ParseDay(d.Facts["day"])
	at := dated(day) + " 08:00"
	switch d.Kind {
	case "office_ask":
		return card("有一件账号的事等您看，回复“我的账号”。", "有一件事等您看", at, "请回复 我的账号", day)
	case "office_answer":
		return card("您申请的事有回话了，回复“我的账号”。", "您申请的事有回话了", at, "请回复 我的账号", day)
	case "office_left":
		return card("有同事离任，有事要安排，回复“离任”。", "有同事离任", at, "请回复 离任", day)
	case "office_note":
		return card("您的账号有变动，回复“我的账号”看看。", "您的账号有变动", at, "请回复 我的账号", day)
	}
	return Words{}
}
