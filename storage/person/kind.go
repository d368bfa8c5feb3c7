package person

import (
	"xintiexin/storage/kv"
	"xintiexin/storage/record"
)

// Kinds returns the kinds of records of this package. Invites and tries are swept
// within days (access.PurgeLinks).
func Kinds() []record.Kind {
	return []record.Kind{
		{Name: "resident", Person: true, Index: []string{"find", "in"}, Changes: record.ByKey, Keep: record.Retention{Over: unusedLine}},
		{Name: "former"},
		{Name: "gone"},
		{Name: "household", Index: []string{"home", "mark"}},
		{Name: "village", Index: []string{"merged"}},
		{Name: "cadre", Index: []string{"serves"}},
		{Name: "link", Index: []string{"wechat"}, ByResident: []string{"wechat"}},
		{Name: "invite"},
		{Name: "tries"},
		{Name: "audit", Keep: record.Retention{Over: record.Since(record.AuditPeriod, func(a Audit) int64 { return a.At })}},
		{Name: "look", Keep: record.Retention{Over: record.Since(record.AuditPeriod, func(l AccessLogEntry) int64 { return l.At })}},
	}
}

// unusedLine is the rule of a line of an imported list of which nothing else was ever
// kept. A later list may bring it back.
func unusedLine(k record.Keeping, p kv.Pair) (bool, error) {
	r, err := record.Decode[Resident](p)
	if err != nil || r.Added == 0 || r.Erased != 0 {
		return false, err
	}
	if yes, err := k.Over(record.DirectoryPeriod, record.StartOf(r.Added)); !yes || err != nil {
		return false, err
	}
	kept, err := AnythingKept(k.Tx, r)
	return !kept, err
}

// AnythingKept reports whether more is kept of a person than the directory
// line: an answer, something written down, an account.
func AnythingKept(tx *record.Tx, r Resident) (bool, error) {
	if r.Self || r.NoAsk || r.NoPush || r.NoVisit || r.NoProfile {
		return true, nil
	}
	for _, kind := range tx.PersonalKinds() {
		for _, err := range tx.Parts(record.Prefix(kind, r.ID)) {
			return err == nil, err
		}
	}
	return false, nil
}
