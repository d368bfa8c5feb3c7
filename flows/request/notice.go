package request

import (
	"time"

	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

// requestNotice returns the words of what is sent about requests. Staff hear a count, she that there
// is an answer: not of what, nor from whom.
func requestNotice(d outbox.Delivery) dialog.Words {
	day, _ := calendar.ParseDay(d.Facts["day"])
	at := time.Unix(d.Earliest, 0).In(calendar.Zone).Format("2006年1月2日 15:04")
	switch d.Kind {
	case "request_done", "request_ready", "request_list":
		return dialog.Card("您办的事有回复了，回复“看”。\n不想收回复 T。", "您办的事有回复了", at, "请回复 看，退订回T", day)
	case "request_times":
		return dialog.Card("您说的时间有回复了，回复“看”。\n不想收回复 T。", "您说的时间有回复了", at, "请回复 看，退订回T", day)
	case "request_offer":
		return dialog.Card("有1件事请您接手，回复“接”。", "有1件事请您接手", at, "请回复 接", day)
	case "request_waiting":
		return dialog.CountCard(d, "%s件事还没人接，回复“接”。", "%s件事等人接", "请回复 接")
	}
	return dialog.Words{}
}
