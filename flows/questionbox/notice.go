package questionbox

import (
	"time"

	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

// noteNotice returns the words of what is sent about questions of the box: to
// clinicians a count, to the asker that there is an answer.
func noteNotice(d outbox.Delivery) dialog.Words {
	day, _ := calendar.ParseDay(d.Facts["day"])
	at := time.Unix(d.Earliest, 0).In(calendar.Zone).Format("2006年1月2日 15:04")
	switch d.Kind {
	case "note_waiting":
		return dialog.CountCard(d, "有%s张小纸条等您回，回复“纸条”。", "有%s张小纸条等您回", "请回复 纸条")
	case "note_answered":
		return dialog.Card("有回音了，回复“回音”。\n不想收回复 T。", "有回音了", at, "请回复 回音，退订回T", day)
	}
	return dialog.Words{}
}
