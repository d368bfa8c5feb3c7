package townforms

import (
	"xintiexin/storage/kv"
	"xintiexin/storage/record"
)

// Kinds returns the kinds of records of this package.
func Kinds() []record.Kind {
	return []record.Kind{
		{Name: "form", Index: []string{"formdata", "formlog"}},
		{Name: "submission", Index: []string{"submitted", "wrote"}, ByResident: []string{"submission"}, Keep: record.Retention{
			Over: record.Either(record.Since(record.SubmissionPeriod, func(a Submission) int64 { return a.At }), restsOnSet),
			Drop: record.Dropping(DropSubmission)}},
	}
}

// restsOnSet is the rule of answers about a resident who took back the consent that
// the form asks for.
func restsOnSet(k record.Keeping, p kv.Pair) (bool, error) {
	a, err := record.Decode[Submission](p)
	if err != nil || a.Resident == "" {
		return false, err
	}
	return k.OverSinceWithdrawal(record.OwnerOf(p.Key), a.Set)
}
