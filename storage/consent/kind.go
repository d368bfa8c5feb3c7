package consent

import (
	"bytes"

	"xintiexin/storage/kv"
	"xintiexin/storage/record"
)

// Kinds returns the kinds of records of this package.
func Kinds() []record.Kind {
	return []record.Kind{{Name: "consent", ByResident: []string{"consent"}, Changes: record.ByKey, Joins: true,
		Keep: record.Retention{Over: superseded}}}
}

// superseded is the rule of an answer after which another was given: it goes when its
// time as evidence is over. The last answer for a purpose stays as long as the person.
func superseded(k record.Keeping, p kv.Pair) (bool, error) {
	c, err := record.Decode[Consent](p)
	if err != nil {
		return false, err
	}
	behind := append(bytes.Clone(p.Key), 0)
	for next, err := range k.Tx.Scan(behind, record.PrefixEnd(record.Prefix("consent", c.Resident, string(c.Set)))) {
		if err != nil {
			return false, err
		}
		after, err := record.Decode[Consent](next)
		if err != nil {
			return false, err
		}
		return k.Over(record.EvidencePeriod, after.At)
	}
	return false, nil
}
