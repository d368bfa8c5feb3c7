package careplans

import (
	"xintiexin/storage/kv"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// Kinds returns the kinds of records of this package: plans, and those that a
// resident keeps from the village.
func Kinds() []record.Kind {
	over := record.Either(record.Since(record.BookingPeriod, CarePlan.Over), restsOnPurpose)
	return []record.Kind{
		{Name: "plan", Index: []string{"planday", "plandesk"}, ByResident: []string{"plan"}, Changes: record.ByKey,
			Keep:      record.Retention{Over: over, Drop: record.Dropping(Remove), Table: purpose.HealthReminders},
			Withdrawn: Withdrawn},
		{Name: "hiddenplan", ByResident: []string{"hiddenplan"},
			Keep: record.Retention{Over: over, Drop: record.Dropping(Remove)}},
	}
}

// restsOnPurpose is the rule of a plan whose schedule's consent was taken back.
func restsOnPurpose(k record.Keeping, p kv.Pair) (bool, error) {
	a, err := record.Decode[CarePlan](p)
	if err != nil {
		return false, err
	}
	site, err := townconfig.Current(k.Tx)
	if err != nil {
		return false, err
	}
	return k.OverSinceWithdrawal(record.OwnerOf(p.Key), PurposeOf(site, a))
}
