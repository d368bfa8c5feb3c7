package dialog

import (
	"xintiexin/storage/person"
)

// Everybody, known and unknown say for whom a line of the menu of residents is: known
// is who stands for somebody.
func Everybody(*Turn) bool { return true }

func Known(c *Turn) bool {
	family, _ := c.Family()
	return len(family) > 0
}

func Unknown(c *Turn) bool { return !Known(c) }

// OnlyClinic holds for who works at the clinic and in no village.
func OnlyClinic(c *Turn) bool { return c.Is(Clinic) && !c.Is(Village) }

// IsFor holds for an audience.
func IsFor(a Audience) func(*Turn) bool { return func(c *Turn) bool { return c.Is(a) } }

// ForClinic guards a verb of the desk, as forStaff does.
func ForClinic(act func(c *Turn, rest string) (Reply, error)) func(*Turn, string) (Reply, error) {
	return func(c *Turn, rest string) (Reply, error) {
		if !c.Is(Clinic) {
			return c.Menu("")
		}
		return act(c, rest)
	}
}

// Audience is who a word or a flow is for.
type Audience uint8

// Is reports whether whoever writes belongs to an audience.
func (c *Turn) Is(a Audience) bool {
	if a&ByRole != 0 {
		return hasRole(c, a)
	}
	switch a {
	case Anyone:
		return true
	case Staff:
		return c.Who.Staff()
	case Village:
		return c.Who.Cadre.Has(person.VillageWorker, person.Clerk)
	case Clinic:
		return c.Who.Cadre.Has(person.Clinician, person.Clerk)
	case Office:
		return c.Who.Cadre.Has(person.Clerk, person.Admin)
	case Admin:
		return c.Who.Cadre.Has(person.Admin)
	}
	return c.Who.Cadre.Has(person.Clerk)
}

func ForClerk(act func(c *Turn, rest string) (Reply, error)) func(*Turn, string) (Reply, error) {
	return func(c *Turn, rest string) (Reply, error) {
		if !c.Is(Clerk) {
			return c.Menu("")
		}
		return act(c, rest)
	}
}

// ForStaff guards a verb: an offer made while she was staff greets anybody else.
func ForStaff(act func(c *Turn, rest string) (Reply, error)) func(*Turn, string) (Reply, error) {
	return func(c *Turn, rest string) (Reply, error) {
		if !c.Who.Staff() {
			return c.Greet()
		}
		return act(c, rest)
	}
}

// hasRole is is for an audience of roles.
func hasRole(c *Turn, a Audience) bool {
	for bit, role := range map[Audience]person.Role{RoleWorker: person.VillageWorker, RoleClerk: person.Clerk, RoleClinic: person.Clinician, RoleAdmin: person.Admin} {
		if a&bit != 0 && c.Who.Staff() && c.Who.Cadre.Has(role) {
			return true
		}
	}
	return a&RoleResident != 0 && (!c.Who.Staff() || len(c.Who.Residents) > 0)
}
