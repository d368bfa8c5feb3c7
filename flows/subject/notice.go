package subject

import (
	"time"

	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

// recordedNotice is the word that staff wrote down that somebody agreed.
func recordedNotice(d outbox.Delivery) dialog.Words {
	day, _ := calendar.ParseDay(d.Facts["day"])
	return dialog.Words{Text: "您的登记有一处更新，回复“看”。\n不想收回复 T。",
		Fields: map[string]string{"event": "您的登记有一处更新", "time": time.Unix(d.Booked, 0).In(calendar.Zone).Format("2006年1月2日 15:04"), "date": dialog.Dated(day), "remark": "请回复 看，退订回T"}}
}
