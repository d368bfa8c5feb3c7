package dialog

import (
	"fmt"
	"strings"

	"xintiexin/storage/dialogstate"
	"xintiexin/storage/person"
	"xintiexin/storage/townconfig"
)

// Places names what a cadre serves: “甲村、乙村”, or the town for the office.
func Places(c *Turn, cadre person.Staff) (string, error) {
	if cadre.Has(person.Clerk, person.Admin) || len(cadre.Villages) == 0 {
		town, err := townconfig.LoadTown(c.Tx)
		return town.Name, err
	}
	names := make([]string, 0, len(cadre.Villages))
	for _, id := range cadre.Villages {
		v, err := person.LoadVillage(c.Tx, id)
		if err != nil {
			return "", fmt.Errorf("village of %s: %w", cadre.ID, err)
		}
		names = append(names, v.Name)
	}
	return strings.Join(names, "、"), nil
}

// Office names who runs the bot, for consent texts.
func (c *Turn) Office() string {
	t, err := townconfig.LoadTown(c.Tx)
	if err != nil || t.Office == "" {
		return "镇卫健办"
	}
	return t.Office
}

// Menu says something and offers what can be done.
func (c *Turn) Menu(said string) (Reply, error) {
	if !c.Who.Staff() {
		r, err := c.Greet()
		switch {
		case said == sayLost && len(c.Who.Residents) == 0: // who this is, besides
			r.Text = Join(SayUnclear, r.Text)
		case said != "":
			r.Text = said
		}
		return r, err
	}
	offers := menuOffers(c, c.T.Catalog.menu)
	if len(c.S.Parked) > 0 {
		offers = append(offers, dialogstate.Option{Label: "继续：" + c.S.Parked[0].Title, Do: "say 继续"})
	}
	switch {
	case said != "":
	case c.Is(Clinic) && !c.Is(Village):
		said = sayClinicMenu
	default:
		said = sayStaffMenu
	}
	return c.Offer(said, offers...), nil
}

// Greet welcomes somebody who is not staff: one who is known by her name.
func (c *Turn) Greet() (Reply, error) { return GreetAt(c, "") }

// GreetAt is greet for somebody who just scanned the poster of a village.
func GreetAt(c *Turn, village string) (Reply, error) {
	family, err := c.Family()
	if err != nil {
		return Reply{}, err
	}
	if len(family) > 0 {
		return c.Offer(fmt.Sprintf(sayHelloAgain, family[0].Name), menuOffers(c, c.T.Catalog.home)...), nil
	}
	offers := menuOffers(c, c.T.Catalog.home)
	t, err := townconfig.LoadTown(c.Tx)
	if err != nil {
		return Reply{}, err
	}
	title, office := t.Title, t.Office
	if title == "" {
		title, office = "心贴心", "镇卫健办"
	}
	said := fmt.Sprintf(sayHello, title, office)
	if village == "" {
		l, err := person.LoadAccount(c.Tx, c.M.From)
		if err != nil || l.Village != "" { // she came by a village's poster: she is no staff
			return c.Offer(said, offers...), err
		}
		return c.Offer(Join(said, sayStaffHint), offers...), nil
	}
	return c.Offer(Join(said, fmt.Sprintf(sayPoster, village)), offers...), nil
}

// ContactName is whom people hear named as their contact: who stands in, while
// somebody does.
func (c *Turn) ContactName(id string) (string, error) {
	id, err := person.Delegate(c.Tx, id)
	if err != nil {
		return "", err
	}
	cadre, err := person.LoadStaff(c.Tx, id)
	if IsNotFound(err) {
		return "村里", nil
	}
	return cadre.Name, err
}

// FindHelp says whom to call.
func (c *Turn) FindHelp(string) (Reply, error) {
	t, err := townconfig.LoadTown(c.Tx)
	if err != nil {
		return Reply{}, err
	}
	if t.Phone == "" {
		return Reply{Text: fmt.Sprintf(sayPersonNoPhone, c.Office())}, nil
	}
	return Reply{Text: fmt.Sprintf(sayPerson, t.Office, t.Phone)}, nil
}
