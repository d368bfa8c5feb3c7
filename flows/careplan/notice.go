package careplan

import (
	"time"

	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

// planNotice returns the words of a reminder of a care plan, which are the site's
// neutral ones.
func planNotice(d outbox.Delivery) dialog.Words {
	if d.Kind != "plan_due" {
		return dialog.Words{}
	}
	day := calendar.DayOf(time.Unix(max(d.Settled, d.Earliest), 0))
	what := d.Facts["label"]
	return dialog.Card(what+"，回复“看”。\n不想收回复 T。", what, dialog.Dated(day)+" 09:00", "请回复 看，退订回T", day)
}
