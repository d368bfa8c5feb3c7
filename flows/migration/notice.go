package migration

import (
	"time"

	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

// awayNotice returns the words of what somebody is told of her own card: that
// something was written down, that she can book, that a day has come. Not which, nor
// where she is. ok is false for other kinds.
func awayNotice(d outbox.Delivery) dialog.Words {
	day, _ := calendar.ParseDay(d.Facts["day"])
	at := time.Unix(d.Booked, 0).In(calendar.Zone).Format("2006年1月2日 15:04")
	switch d.Kind {
	case "away_told":
		return dialog.Card("您的登记有一处更新，回复“看”。\n不想收回复 T。", "您的登记有一处更新", at, "请回复 看，退订回T", day)
	case "away_book":
		return dialog.Card("想约号回复“约号”，不约不用回。\n不想收回复 T。", "您问过约号", at, "想约号回复 约号，退订T", day)
	case "away_home":
		return dialog.Card("您说过的日子快到了，想约号回复“约号”。\n日子变了回复“在外”。不想收回复 T。", "您登记的日子快到了", at, "回复 约号 或 在外，退订T", day)
	case "away_day":
		return dialog.Card("您登记的日子到了，回复“在外”看看。\n不想收回复 T。", "您登记的日子到了", at, "请回复 在外，退订回T", day)
	}
	return dialog.Words{}
}
