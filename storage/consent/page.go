package consent

import (
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// Agrees reports whether a person agrees to each of the sets; "" is agreed to by
// everybody.
func Agrees(tx *record.Tx, resident string, sets ...purpose.Purpose) (bool, error) {
	for _, set := range sets {
		if set == "" {
			continue
		}
		if c, err := Load(tx, resident, set); err != nil || !c.Given() {
			return false, err
		}
	}
	return true, nil
}

// Reachable reports whether somebody can be told of what a consent set allows.
func Reachable(tx *record.Tx, resident string, set purpose.Purpose) (bool, error) {
	r, err := person.LoadResident(tx, resident)
	if err != nil || r.NoPush {
		return false, err
	}
	c, err := Load(tx, resident, set)
	if err != nil || !c.Given() {
		return false, err
	}
	openid, err := person.WeChatOf(tx, resident)
	return openid != "", err
}
