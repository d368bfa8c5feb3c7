package outbox

import (
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/kv"
	"xintiexin/storage/record"
)

// Kinds returns the kinds of records of this package. Reports are swept within days
// (PurgeReports).
func Kinds() []record.Kind {
	return []record.Kind{
		{Name: "delivery", Index: []string{"outbox", "booked", "claimed", "owed", "msgid"},
			Keep: record.Retention{Over: settledLongAgo, Drop: record.Dropping(Remove)}},
		{Name: "report"},
		{Name: "sendings"},
		{Name: "subscription"},
		{Name: "told"},
	}
}

// settledLongAgo is the rule of deliveries. One that waits is sent, or found stale, by
// the outbox.
func settledLongAgo(k record.Keeping, p kv.Pair) (bool, error) {
	d, err := record.Decode[Delivery](p)
	if err != nil {
		return false, err
	}
	switch d.State {
	case Booked, Claimed:
		return false, nil
	}
	return calendar.DayOf(time.Unix(max(d.Settled, d.Latest), 0))+record.MessageDays <= k.Today, nil
}
