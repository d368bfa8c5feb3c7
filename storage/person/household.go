package person

import (
	"xintiexin/storage/record"
)

// Household is a house with the people in it and the one cadre they can turn
// to (包户). Contact and Deputy are empty where the group's serve.
type Household struct {
	ID, Village, Group string
	House              string `json:",omitempty"` // plate, "12号"
	Landmark           string `json:",omitempty"` // free words, seen by staff, never exported
	Contact, Deputy    string `json:",omitempty"` // cadre ids
}

// PutHousehold keeps a household, and by which words of its landmark it is found.
func PutHousehold(tx *record.Tx, h Household) error {
	if err := unmarkHouse(tx, h.ID); err != nil {
		return err
	}
	for _, k := range marks(h) {
		if err := tx.PutRaw(k, nil); err != nil {
			return err
		}
	}
	return tx.Put(record.Key("household", h.ID), h)
}

func unmarkHouse(tx *record.Tx, id string) error {
	old, err := record.Optional(LoadHousehold(tx, id))
	if err != nil {
		return err
	}
	for _, k := range marks(old) {
		if err := tx.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// DropHousehold takes a household out of the store.
func DropHousehold(tx *record.Tx, id string) error {
	if err := unmarkHouse(tx, id); err != nil {
		return err
	}
	return tx.Delete(record.Key("household", id))
}

// LoadHousehold returns ErrNotFound when there is no such household.
func LoadHousehold(tx *record.Tx, id string) (Household, error) {
	return record.Get[Household](tx, record.Key("household", id))
}

// ContactOf returns the cadre a resident can turn to: the household's, else the
// group's, else the first village worker of her village; "" where nobody is. Of a
// household or a group whose contact has left the deputy is the contact.
func ContactOf(tx *record.Tx, r Resident) (contact, deputy string, err error) {
	if r.Household != "" {
		h, err := record.Optional(LoadHousehold(tx, r.Household))
		if err != nil {
			return "", "", err
		}
		if contact, deputy, err = inOffice(tx, h.Contact, h.Deputy); err != nil || contact != "" {
			return contact, deputy, err
		}
	}
	v, err := record.Optional(LoadVillage(tx, r.Village))
	if err != nil {
		return "", "", err
	}
	if g, ok := v.Group(r.Group); ok {
		if contact, deputy, err = inOffice(tx, g.Contact, g.Deputy); err != nil || contact != "" {
			return contact, deputy, err
		}
	}
	for p, err := range tx.Parts(record.Prefix("serves", r.Village)) {
		if err != nil {
			return "", "", err
		}
		return p[0], "", nil
	}
	return "", "", nil
}

// inOffice returns a contact and a deputy without those who have left: the deputy
// takes the contact's place.
func inOffice(tx *record.Tx, contact, deputy string) (string, string, error) {
	for _, id := range []*string{&contact, &deputy} {
		c, err := record.Optional(LoadStaff(tx, *id))
		if err != nil {
			return "", "", err
		}
		if c.Left { // who is not in the store yet is somebody of a list that comes later
			*id = ""
		}
	}
	if contact == "" {
		contact, deputy = deputy, ""
	}
	return contact, deputy, nil
}
