package outbox

import (
	"xintiexin/storage/record"
)

// undone are the reasons for which a promise may come to stand again: whoever
// moves a booking away and back again is reminded of it.
var undone = map[string]bool{"moved": true, "cancelled": true, "left": true, "coming": true, "came": true, "rebooked": true}

// Promise books a delivery, also where one of the same cause was dropped unsent
// because it did not stand for a while.
func Promise(tx *record.Tx, d Delivery) error {
	booked, err := Enqueue(tx, d)
	if err != nil || booked {
		return err
	}
	old, err := DeliveryOf(tx, d.Cause)
	if err != nil || old.State != Dropped || !undone[old.Reason] || old.MsgID != 0 || old.Doubt != 0 {
		return err
	}
	d.ID, d.State = old.ID, Booked
	return Put(tx, d)
}
