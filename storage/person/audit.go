package person

import (
	"fmt"
	"time"

	"xintiexin/storage/record"
)

// AuditStaff keeps a line about an account of the staff: what was done, to whose, by
// whom.
func AuditStaff(tx *record.Tx, what, cadre, by string, roles []Role, now time.Time) error {
	return AddAudit(tx, Audit{At: now.Unix(), What: what, Cadre: cadre, By: by, Roles: roles})
}

// Audit is a line of what the program deleted: how many records of which kinds,
// or that a person was, by her id alone; and of what was done with the accounts of
// the staff.
type Audit struct {
	At       int64          // Unix seconds
	What     string         // forgotten, purged, restored, exported …
	Resident string         `json:",omitempty"`
	Counts   map[string]int `json:",omitempty"`
	By       string         `json:",omitempty"` // cadre id, or AtServer: who did it
	Cadre    string         `json:",omitempty"` // whose account it was about
	Roles    []Role         `json:",omitempty"` // which office roles
	Tables   []string       `json:",omitempty"` // what those are called
	Taking   string         `json:",omitempty"` // of those: the same in the line that they were sent, and that all of it was
}

// What the audit says of tables: that they were sent, and that all of it was.
const (
	TablesSent  = "exported"
	TablesTaken = "taken"
)

// AddAudit keeps a line behind those of the same second.
func AddAudit(tx *record.Tx, a Audit) error {
	pre := record.Prefix("audit", record.Stamp(time.Unix(a.At, 0)))
	n, err := tx.NextNumber(pre)
	if err != nil {
		return err
	}
	return tx.Put(append(pre, fmt.Sprintf("%06d", n)...), a)
}

// Audits returns the lines of the audit from an instant on, oldest first, at
// most max.
func Audits(tx *record.Tx, since time.Time, max int) ([]Audit, error) {
	var out []Audit
	for p, err := range tx.Scan(record.Key("audit", record.Stamp(since)), record.PrefixEnd(record.Prefix("audit"))) {
		if err != nil {
			return nil, err
		}
		a, err := record.Decode[Audit](p)
		if err != nil {
			return nil, err
		}
		if out = append(out, a); len(out) == max {
			break
		}
	}
	return out, nil
}
