package command

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"xintiexin/bot"
	"xintiexin/storage/handovers"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/staffing"
)

// officeRole reads a role of the office as it is typed.
func officeRole(word string) (person.Role, bool) {
	switch word {
	case "clerk", "办事员":
		return person.Clerk, true
	case "clinician", "医生":
		return person.Clinician, true
	case "admin", "管理员":
		return person.Admin, true
	}
	return "", false
}

// staffCommand lists the staff and sets the roles of the office, which no list does.
func (a *app) staffCommand(ctx context.Context, flags *flag.FlagSet, args []string, out io.Writer) error {
	words, err := parse(flags, args)
	switch {
	case err != nil:
		return err
	case len(words) == 0:
		return a.listStaff(ctx, out)
	case len(words) >= 3 && words[0] == "role":
		return a.setRoles(ctx, words[1], words[2:], out)
	case len(words) == 2 && words[0] == "leave":
		return a.leaveOffice(ctx, words[1], out)
	case len(words) == 2 && words[0] == "back":
		return a.backToOffice(ctx, words[1], out)
	}
	return wrongUsage("staff")
}

func (a *app) listStaff(ctx context.Context, out io.Writer) error {
	return a.store.View(ctx, func(tx *record.Tx) error {
		all, err := person.AllStaff(tx)
		if err != nil {
			return err
		}
		for _, c := range all {
			bound := "not bound"
			switch {
			case c.Left:
				bound = "left"
			case c.OpenID != "":
				bound = "bound"
			}
			fmt.Fprintf(out, "%s  %s  %s  %s\n", c.ID, c.Name, rolesOf(c.Roles), bound)
		}
		return nil
	})
}

func rolesOf(roles []person.Role) string {
	if len(roles) == 0 {
		return "no role"
	}
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return strings.Join(words, ",")
}

func (a *app) setRoles(ctx context.Context, name string, words []string, out io.Writer) error {
	var roles []person.Role
	for _, w := range words {
		r, ok := officeRole(w)
		if !ok && (w != "none" || len(words) > 1) {
			return fmt.Errorf("there is no role %q: write clerk, clinician, admin, or none alone", w)
		}
		if ok {
			roles = append(roles, r)
		}
	}
	var c person.Staff
	err := a.store.Update(ctx, func(tx *record.Tx) (err error) {
		if c, err = findCadre(tx, name); err != nil {
			return err
		}
		if err := staffing.SetRoles(tx, c.ID, roles, staffing.AtServer, a.now()); err != nil {
			return fmt.Errorf("set roles of %s: %w", c.Name, err)
		}
		c, err = person.LoadStaff(tx, c.ID)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %s\n", c.Name, rolesOf(c.Roles))
	return nil
}

// leaveOffice closes an account and lists the work that waits for others.
func (a *app) leaveOffice(ctx context.Context, name string, out io.Writer) error {
	var lines []string
	var openid string
	err := a.store.Update(ctx, func(tx *record.Tx) error {
		c, err := findCadre(tx, name)
		if err != nil {
			return err
		}
		var work handovers.LeftWork
		if openid, work, err = handovers.LeaveAs(tx, c.ID, staffing.AtServer, a.now()); err != nil {
			return fmt.Errorf("take %s out of office: %w", c.Name, err)
		}
		lines, err = workLines(tx, c, work)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, strings.Join(lines, "\n"))
	if a.client == nil || openid == "" {
		return nil
	}
	if err := a.dropMenu(ctx, openid); err != nil {
		return fmt.Errorf("the account is closed, but the staff's menu still stands on that WeChat, where it does nothing: %w", err)
	}
	return nil
}

// dropMenu takes the staff's menu from a WeChat.
func (a *app) dropMenu(ctx context.Context, openid string) error {
	return bot.DropMenu(ctx, a.client, openid)
}

func workLines(tx *record.Tx, c person.Staff, work handovers.LeftWork) ([]string, error) {
	lines := []string{c.Name + " has left the office: nothing is bound, open, or on its way there any more"}
	for _, id := range work.Villages {
		v, err := person.LoadVillage(tx, id)
		if err != nil {
			return nil, fmt.Errorf("village of %s: %w", c.ID, err)
		}
		lines = append(lines, "  "+v.Name+" has lost a worker")
	}
	for _, g := range work.Groups {
		v, err := person.LoadVillage(tx, g.Village)
		if err != nil {
			return nil, fmt.Errorf("group of %s: %w", c.ID, err)
		}
		lines = append(lines, "  "+v.Name+" "+g.Group+" has no contact, or no deputy")
	}
	return append(lines, fmt.Sprintf("  for the clerk: %d follow-ups, %d requests, %d notes, %d papers", work.FollowUps, work.Requests, work.Notes, work.Papers)), nil
}

func (a *app) backToOffice(ctx context.Context, name string, out io.Writer) error {
	var c person.Staff
	err := a.store.Update(ctx, func(tx *record.Tx) (err error) {
		if c, err = findLeft(tx, name); err != nil {
			return err
		}
		return handovers.ReturnToOffice(tx, c.ID, staffing.AtServer, a.now())
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, c.Name+" is of the staff again: villages by a list, roles of the office by staff role, a WeChat by invite")
	return nil
}

// findLeft returns the one of a name, or an id, who has left.
func findLeft(tx *record.Tx, name string) (person.Staff, error) {
	all, err := person.AllStaff(tx)
	if err != nil {
		return person.Staff{}, err
	}
	var hits []person.Staff
	for _, c := range all {
		if c.Left && (c.ID == name || c.Name == name) {
			hits = append(hits, c)
		}
	}
	if len(hits) != 1 {
		return person.Staff{}, fmt.Errorf("%d who left are called %s; take the id, see staff", len(hits), name)
	}
	return hits[0], nil
}
