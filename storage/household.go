package storage

// Household is a house with the people in it and the one cadre they can turn
// to (包户). Contact and Deputy are empty where the group's serve.
type Household struct {
	ID, Village, Group string
	House              string `json:",omitempty"` // plate, "12号"
	Landmark           string `json:",omitempty"` // free words, seen by staff, never exported
	Contact, Deputy    string `json:",omitempty"` // cadre ids
}

// PutHousehold keeps a household.
func (tx *Tx) PutHousehold(h Household) error { return tx.put(key("household", h.ID), h) }

// Household returns ErrNotFound when there is no such household.
func (tx *Tx) Household(id string) (Household, error) {
	return get[Household](tx, key("household", id))
}

// ContactOf returns the cadre a resident can turn to: the household's, else the
// group's, else the first village worker of her village; "" where nobody is.
func (tx *Tx) ContactOf(r Resident) (contact, deputy string, err error) {
	if r.Household != "" {
		h, err := optional(tx.Household(r.Household))
		if err != nil || h.Contact != "" {
			return h.Contact, h.Deputy, err
		}
	}
	v, err := optional(tx.Village(r.Village))
	if err != nil {
		return "", "", err
	}
	if g, ok := v.Group(r.Group); ok && g.Contact != "" {
		return g.Contact, g.Deputy, nil
	}
	for p, err := range tx.parts(prefix("serves", r.Village)) {
		if err != nil {
			return "", "", err
		}
		return p[0], "", nil
	}
	return "", "", nil
}
