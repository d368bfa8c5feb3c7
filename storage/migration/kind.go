package migration

import (
	"xintiexin/storage/calendar"
	"xintiexin/storage/kv"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// Kinds returns the kinds of records of this package.
func Kinds() []record.Kind {
	asked := record.After(record.MessageDays, func(m HomeAsk) calendar.Day { return m.Day })
	return []record.Kind{
		{Name: "away", Index: []string{"out"}, ByResident: []string{"away"}, Changes: record.ByKey,
			Keep:      record.Retention{Over: absenceOver, Drop: record.Dropping(Remove), Table: purpose.Migration},
			Withdrawn: Withdrawn},
		{Name: "homeask", Keep: record.Retention{Over: record.Either(asked, record.RestsOn(purpose.Migration))}},
		{Name: "hometold", Keep: record.Retention{Over: asked}},
		{Name: "homecoming", Keep: record.Retention{Over: record.After(record.MessageDays, func(r HomeRun) calendar.Day { return r.Day })}},
	}
}

// absenceOver is the rule of absences: a while after the return, longer after the last
// change, or when the consent was taken back.
func absenceOver(k record.Keeping, p kv.Pair) (bool, error) {
	a, err := record.Decode[Absence](p)
	if err != nil {
		return false, err
	}
	if a.Back != 0 {
		if yes, err := k.Over(record.AwayBackPeriod, record.StartOf(a.Back)); yes || err != nil {
			return yes, err
		}
	}
	changed := max(a.At, record.StartOf(a.Since), record.StartOf(a.Back))
	if yes, err := k.Over(record.AwayIdlePeriod, changed); yes || err != nil {
		return yes, err
	}
	return k.OverSinceWithdrawal(record.OwnerOf(p.Key), purpose.Migration)
}
