package storage

import (
	"errors"
	"fmt"
	"time"

	"xintiexin/storage/kv"
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

// SiteJob is a line of the site data about something that is done by the clock:
// when, and how late a missed run is still made up.
type SiteJob struct {
	Name string // as `jobs` lists it
	Spec string // a cron line of five fields, in UTC+8
	Late int    // minutes
	Off  bool   `json:",omitempty"`
}

// JobRun returns the zero JobRun for a job that never ran.
func (tx *Tx) JobRun(name string) (JobRun, error) {
	return optional(get[JobRun](tx, key("job", name)))
}

// JobRuns returns what is kept of all jobs, by name.
func (tx *Tx) JobRuns() ([]JobRun, error) { return collect(list[JobRun](tx, prefix("job"))) }

// PutJobRun keeps what a job did.
func (tx *Tx) PutJobRun(j JobRun) error { return tx.put(key("job", j.Name), j) }

// Seen returns the last instant at which the program noted the time, zero for
// a new store.
func (tx *Tx) Seen() (time.Time, error) {
	b, err := tx.getRaw(key("clock"))
	if errors.Is(err, kv.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("get clock: %w", err)
	}
	return unstamp(string(b))
}

// PutSeen notes the time.
func (tx *Tx) PutSeen(now time.Time) error { return tx.putRaw(key("clock"), []byte(stamp(now))) }

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
