package broadcast

import (
	"time"

	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

// broadcastNotice is the word that there is something to read: nothing of what it
// says.
func broadcastNotice(d outbox.Delivery) dialog.Words {
	if d.Kind != "broadcast" {
		return dialog.Words{}
	}
	at := time.Unix(d.Earliest, 0).In(calendar.Zone)
	return dialog.Words{Text: sayBroadcastPush + "\n不想收回复 T。", Fields: map[string]string{"event": "镇上有一条通知", "time": at.Format("2006年1月2日 15:04"),
		"date": at.Format("2006年1月2日"), "remark": "回复 看通知，退订回T"}}
}
