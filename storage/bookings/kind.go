package bookings

import (
	"xintiexin/storage/kv"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// Kinds returns the kinds of records of this package.
func Kinds() []record.Kind {
	return []record.Kind{
		{Name: "appointment",
			Index:      []string{"appointment_of", "appointments", "number", "numbers", "on", "spouse"},
			ByResident: []string{"appointments"}, Changes: record.ByValue,
			Keep: record.Retention{
				Over:  record.Either(record.Since(record.BookingPeriod, func(a Appointment) int64 { return record.StartOf(a.Day) }), withdrawnFrom),
				Drop:  record.Dropping(remove),
				Table: purpose.Booking},
			Ties: Ties, Withdrawn: Withdrawn},
		{Name: "waiting", Index: []string{"waiting_of", "offered", "queue"}, ByResident: []string{"waiting_of"}},
		{Name: "slot"},
		{Name: "rating"},
		{Name: "return", ByResident: []string{"return"},
			Keep: record.Retention{
				Over: record.Either(record.Since(record.BookingPeriod, func(r Recall) int64 { return record.StartOf(r.Day) }), record.RestsOn(purpose.HealthReminders))},
			Withdrawn: ReturnsWithdrawn},
	}
}

// withdrawnFrom is the rule of a booking of one person that is not expected any more:
// it goes after its person took the consent back.
func withdrawnFrom(k record.Keeping, p kv.Pair) (bool, error) {
	a, err := record.Decode[Appointment](p)
	if err != nil || a.State == Expected || a.Resident == "" || a.Spouse != "" {
		return false, err
	}
	return k.OverSinceWithdrawal(a.Resident, purpose.Booking)
}

// remove deletes a booking with its index entries. Seats are left as they are: the
// day has gone by, or the booking was given up.
func remove(tx *record.Tx, a Appointment) error {
	for k := range AppointmentKeys(tx, a) {
		if err := tx.Delete([]byte(k)); err != nil {
			return err
		}
	}
	if a.Number != "" {
		if err := tx.Delete(record.Key("number", a.Number, a.Day.String())); err != nil {
			return err
		}
	}
	return tx.Delete(record.Key("appointment", a.ID))
}
