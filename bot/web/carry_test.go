package web_test

import (
	"testing"

	"xintiexin/storage/consent"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/migration"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// TestCarryHoldsNothingOfHealthNorWhereSheIs: what she takes along says who she is
// and whom to ask, and is hers alone.
func TestCarryHoldsNothingOfHealthNorWhereSheIs(t *testing.T) {
	r := newRig(t)
	id := r.signUp()
	a := r.book(xiaoyan, id)
	r.as(xiaoyan, func(_ *record.Tx, s person.Scope) error {
		if err := enrolment.Agree(s, consent.Consent{Resident: id, Set: purpose.Migration, Answer: person.Yes, Version: "1"}, r.clock()); err != nil {
			return err
		}
		_, err := migration.KeepOwnAway(s, migration.Absence{Resident: id, Place: "江苏苏州"}, "c", r.clock())
		return err
	})
	r.browser().open(r.link(xiaoyan, "carry", id, "")).wants(200, "带着走的一页", "小燕", "<svg", "截个图").without("17900000317", a.Number, "苏州", "检查", "密码")
}
