package consent

import (
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// CheckAgreed returns ErrConsent unless a set is agreed to.
func CheckAgreed(tx *record.Tx, resident string, set purpose.Purpose) error {
	c, err := Load(tx, resident, set)
	if err == nil && !c.Given() {
		err = record.ErrConsent
	}
	return err
}
