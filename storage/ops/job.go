package ops

import (
	"errors"
	"fmt"
	"time"

	"xintiexin/storage/kv"
	"xintiexin/storage/record"
)

// JobRun is what is kept of a job: when it last ran for, and what it did.
type JobRun struct {
	Name  string
	Last  int64  // Unix seconds of the instant it ran for; what failed since does not count
	Did   string `json:",omitempty"`
	Err   string `json:",omitempty"` // why it failed since, "" if it did not
	Tried int64  `json:",omitempty"` // Unix seconds of that failure
	Spec  string `json:",omitempty"` // the line by which it was last looked at; SpecOff while switched off
	Since int64  `json:",omitempty"` // Unix seconds from which a line counts that was changed: it makes nothing up from before
}

// SpecOff stands for the line of a job that is switched off.
const SpecOff = "off"

// LoadJobRun returns the zero JobRun for a job that never ran.
func LoadJobRun(tx *record.Tx, name string) (JobRun, error) {
	return record.Optional(record.Get[JobRun](tx, record.Key("job", name)))
}

// JobRuns returns what is kept of all jobs, by name.
func JobRuns(tx *record.Tx) ([]JobRun, error) {
	return record.Collect(record.List[JobRun](tx, record.Prefix("job")))
}

// PutJobRun keeps what a job did.
func PutJobRun(tx *record.Tx, j JobRun) error { return tx.Put(record.Key("job", j.Name), j) }

// LastSeen returns the last instant at which the program noted the time, zero for
// a new store.
func LastSeen(tx *record.Tx) (time.Time, error) {
	b, err := tx.GetRaw(record.Key("clock"))
	if errors.Is(err, kv.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("get clock: %w", err)
	}
	return record.Unstamp(string(b))
}

// PutLastSeen notes the time.
func PutLastSeen(tx *record.Tx, now time.Time) error {
	return tx.PutRaw(record.Key("clock"), []byte(record.Stamp(now)))
}

// Limits of a clock that can be believed (see ClockSound).
const (
	clockAhead  = 48 * time.Hour
	clockBehind = time.Minute
)

// ClockSound reports whether now can be believed, given the last time seen. A
// clock that stands days ahead or behind would purge or send what is not due;
// then both wait until somebody says that it is right.
func ClockSound(seen, now time.Time) bool {
	seen, now = seen.Round(0), now.Round(0) // the clock on the wall is the one in question
	return seen.IsZero() || now.After(seen.Add(-clockBehind)) && now.Before(seen.Add(clockAhead))
}
