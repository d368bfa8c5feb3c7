package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"xintiexin/storage"
)

const staffUsage = `usage: staff                         who is of the staff, and with which roles
       staff role NAME ROLE [ROLE …]  the roles of the office, in place of those before: clerk clinician admin (办事员 医生 管理员), or none`

// officeRole reads a role of the office as it is typed.
func officeRole(word string) (storage.Role, bool) {
	switch word {
	case "clerk", "办事员":
		return storage.Clerk, true
	case "clinician", "医生":
		return storage.Clinician, true
	case "admin", "管理员":
		return storage.Admin, true
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
	}
	return errors.New(staffUsage)
}

func (a *app) listStaff(ctx context.Context, out io.Writer) error {
	return a.store.View(ctx, func(tx *storage.Tx) error {
		all, err := tx.Cadres()
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

func rolesOf(roles []storage.Role) string {
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
	var roles []storage.Role
	for _, w := range words {
		r, ok := officeRole(w)
		if !ok && (w != "none" || len(words) > 1) {
			return fmt.Errorf("no role %q\n%s", w, staffUsage)
		}
		if ok {
			roles = append(roles, r)
		}
	}
	var c storage.Cadre
	err := a.store.Update(ctx, func(tx *storage.Tx) (err error) {
		if c, err = findCadre(tx, name); err != nil {
			return err
		}
		if err := tx.SetRoles(c.ID, roles, storage.AtServer, a.now()); err != nil {
			return fmt.Errorf("set roles of %s: %w", c.Name, err)
		}
		c, err = tx.Cadre(c.ID)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %s\n", c.Name, rolesOf(c.Roles))
	return nil
}
