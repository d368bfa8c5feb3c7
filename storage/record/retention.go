package record

import (
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/kv"
	"xintiexin/storage/purpose"
)

// Period is a span that records are kept for, by the name under which a town may set
// it (sheet retention).
type Period struct {
	Name string
	Days int // where the town sets none: the norm's, docs/domain.md
}

// The periods of retention. Several kinds share one.
var (
	ChatPeriod         = Period{"chat", 30}        // what a chat holds, after its last message
	DraftPeriod        = Period{"draft", 7}        // a form that is not complete
	ReadQuestionPeriod = Period{"note", 7}         // an answer of the question box, after it was read
	BookingPeriod      = Period{"booking", 365}    // a booking and what is like it, after its day
	ReceiptPeriod      = Period{"receipt", 730}    // that a document was handed over
	AwayBackPeriod     = Period{"away_back", 90}   // an absence, after the return
	AwayIdlePeriod     = Period{"away_idle", 365}  // an absence, after its last change
	RequestPeriod      = Period{"request", 365}    // a request, after its end
	EvidencePeriod     = Period{"evidence", 1095}  // evidence of a consent, after its end
	AuditPeriod        = Period{"audit", 1095}     // what was deleted, and who has looked
	PurgePeriod        = Period{"purge", 15}       // what rests on a consent, after its withdrawal
	SubmissionPeriod   = Period{"submission", 730} // answers to a town's own form
	DirectoryPeriod    = Period{"directory", 365}  // a directory line without any consent, after its import
	ClosingPeriod      = Period{"closing", 90}     // the card of a resident who died or moved away
	StoodPeriod        = Period{"stood", 90}       // by a hash: for whom an account stood that unfollowed
)

// Periods returns every period that a kind of record may name.
func Periods() []Period {
	return []Period{ChatPeriod, DraftPeriod, ReadQuestionPeriod, BookingPeriod, ReceiptPeriod, AwayBackPeriod, AwayIdlePeriod, RequestPeriod, EvidencePeriod,
		AuditPeriod, PurgePeriod, SubmissionPeriod, DirectoryPeriod, ClosingPeriod, StoodPeriod}
}

// MessageDays is how many days what was sent, or came to nothing, is remembered, so
// that it is not sent again.
const MessageDays = 90

// Retention is how long the records of a kind stay, and how they go. Who had their
// data deleted is no part of it: erasure takes what stands under a person's id.
type Retention struct {
	// Over reports whether the time of a record is over; nil for a kind of which
	// nothing goes by the calendar.
	Over Rule

	// Drop takes a record out with its index entries; nil where the pair is all
	// there is of it.
	Drop func(tx *Tx, p kv.Pair) error

	// Table is the consent under which its records are rows of incremental exports,
	// "" for a kind that is in none. Of a person who still agrees, rows whose record
	// goes by age are forgotten; of others they are reported as withdrawn.
	Table purpose.Purpose
}

// Rule reports whether the time of the record at p is over.
type Rule func(k Keeping, p kv.Pair) (bool, error)

// Keeping is what a Rule may ask.
type Keeping struct {
	Tx    *Tx
	Today calendar.Day
	// Days returns for how many days the town keeps what a period names.
	Days func(Period) (int, error)
	// Withdrawn returns when a resident took a consent back, in Unix seconds; 0 where
	// it stands or was never given.
	Withdrawn func(resident string, set purpose.Purpose) (int64, error)
}

// Over reports whether what began at an instant (Unix seconds; 0 has not begun) has
// been kept for a period.
func (k Keeping) Over(period Period, at int64) (bool, error) {
	days, err := k.Days(period)
	if err != nil {
		return false, err
	}
	return at != 0 && calendar.DayOf(time.Unix(at, 0))+calendar.Day(days) <= k.Today, nil
}

// OverSinceWithdrawal reports whether a resident took a consent back, and the time
// for deleting what rests on it has passed.
func (k Keeping) OverSinceWithdrawal(resident string, set purpose.Purpose) (bool, error) {
	at, err := k.Withdrawn(resident, set)
	if err != nil {
		return false, err
	}
	return k.Over(PurgePeriod, at)
}

// Since is the rule of records whose period is counted from an instant (Unix
// seconds; 0 has not begun).
func Since[T any](period Period, at func(T) int64) Rule {
	return func(k Keeping, p kv.Pair) (bool, error) {
		v, err := Decode[T](p)
		if err != nil {
			return false, err
		}
		return k.Over(period, at(v))
	}
}

// After is the rule of records that stay for a fixed number of days from a day on.
func After[T any](days calendar.Day, day func(T) calendar.Day) Rule {
	return func(k Keeping, p kv.Pair) (bool, error) {
		v, err := Decode[T](p)
		return err == nil && day(v)+days <= k.Today, err
	}
}

// RestsOn is the rule of records that are keyed by a resident and rest on a consent.
func RestsOn(set purpose.Purpose) Rule {
	return func(k Keeping, p kv.Pair) (bool, error) { return k.OverSinceWithdrawal(OwnerOf(p.Key), set) }
}

// Either is the rule of records whose time is over by one of two.
func Either(a, b Rule) Rule {
	return func(k Keeping, p kv.Pair) (bool, error) {
		if yes, err := a(k, p); yes || err != nil {
			return yes, err
		}
		return b(k, p)
	}
}

// Dropping makes what drops a record take the pair it stands in.
func Dropping[T any](drop func(*Tx, T) error) func(*Tx, kv.Pair) error {
	return func(tx *Tx, p kv.Pair) error {
		v, err := Decode[T](p)
		if err != nil {
			return err
		}
		return drop(tx, v)
	}
}
