package outbox

import (
	"strconv"
	"time"

	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// DropDeferredOf drops what waits for a resident's next reply, when no WeChat is left
// that she could write from.
func DropDeferredOf(tx *record.Tx, resident string, now time.Time) error {
	if other, err := person.WeChatOf(tx, resident); err != nil || other != "" {
		return err
	}
	return DropDeferred(tx, "r:"+resident, now)
}

func DropDeferred(tx *record.Tx, to string, now time.Time) error {
	owed, err := DeferredTo(tx, to, 1<<30)
	if err != nil {
		return err
	}
	for _, d := range owed {
		d.State, d.Reason, d.Settled = Dropped, "unfollowed", now.Unix()
		if err := Put(tx, d); err != nil {
			return err
		}
	}
	return nil
}

// Remove deletes a delivery and what leads to it.
func Remove(tx *record.Tx, d Delivery) error {
	keys := append(places(d), record.Key("delivery", d.ID))
	if d.MsgID != 0 {
		keys = append(keys, record.Key("msgid", strconv.FormatInt(d.MsgID, 10)))
	}
	for _, k := range keys {
		if err := tx.Delete(k); err != nil {
			return err
		}
	}
	return nil
}
