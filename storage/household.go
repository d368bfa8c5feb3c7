package storage

// Household is a house with the people in it and the one cadre they can turn
// to (包户). Contact and Deputy are empty where the group's serve.
type Household struct {
	ID, Village, Group string
	House              string `json:",omitempty"` // plate, "12号"
	Landmark           string `json:",omitempty"` // free words, seen by staff, never exported
	Contact, Deputy    string `json:",omitempty"` // cadre ids
}

// PutHousehold keeps a household, and by which words of its landmark it is found.
func (tx *Tx) PutHousehold(h Household) error {
	if err := tx.unmarkHouse(h.ID); err != nil {
		return err
	}
	for _, k := range marks(h) {
		if err := tx.putRaw(k, nil); err != nil {
			return err
		}
	}
	return tx.put(key("household", h.ID), h)
}

func (tx *Tx) unmarkHouse(id string) error {
	old, err := optional(tx.Household(id))
	if err != nil {
		return err
	}
	for _, k := range marks(old) {
		if err := tx.delete(k); err != nil {
			return err
		}
	}
	return nil
}

// dropHousehold takes a household out of the store.
func (tx *Tx) dropHousehold(id string) error {
	if err := tx.unmarkHouse(id); err != nil {
		return err
	}
	return tx.delete(key("household", id))
}

// Household returns ErrNotFound when there is no such household.
func (tx *Tx) Household(id string) (Household, error) {
	return get[Household](tx, key("household", id))
}

// ContactOf returns the cadre a resident can turn to: the household's, else the
// group's, else the first village worker of her village; "" where nobody is. Of a
// household or a group whose contact has left the deputy is the contact.
func (tx *Tx) ContactOf(r Resident) (contact, deputy string, err error) {
	if r.Household != "" {
		h, err := optional(tx.Household(r.Household))
		if err != nil {
			return "", "", err
		}
		if contact, deputy, err = tx.inOffice(h.Contact, h.Deputy); err != nil || contact != "" {
			return contact, deputy, err
		}
	}
	v, err := optional(tx.Village(r.Village))
	if err != nil {
		return "", "", err
	}
	if g, ok := v.Group(r.Group); ok {
		if contact, deputy, err = tx.inOffice(g.Contact, g.Deputy); err != nil || contact != "" {
			return contact, deputy, err
		}
	}
	for p, err := range tx.parts(prefix("serves", r.Village)) {
		if err != nil {
			return "", "", err
		}
		return p[0], "", nil
	}
	return "", "", nil
}

// inOffice returns a contact and a deputy without those who have left: the deputy
// takes the contact's place.
func (tx *Tx) inOffice(contact, deputy string) (string, string, error) {
	for _, id := range []*string{&contact, &deputy} {
		c, err := optional(tx.Cadre(*id))
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
