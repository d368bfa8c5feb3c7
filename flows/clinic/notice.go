package clinic

import (
	"fmt"
	"time"

	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

// releaseNotice returns the words of what is sent about released seats.
func releaseNotice(d outbox.Delivery) dialog.Words {
	day, _ := calendar.ParseDay(d.Facts["day"])
	booked := time.Unix(d.Earliest, 0).In(calendar.Zone).Format("2006年1月2日 15:04")
	switch d.Kind {
	case "release_offer":
		return dialog.Card("您问过的日子新放了号："+day.Chinese()+"。\n回复“约号”，不想收回复 T。", "您问过的日子新放了号", dialog.Dated(day)+" 08:00", "请回复 约号", day)
	case "release_digest":
		if d.Facts["seats"] == "" {
			return dialog.Card(day.Short()+"放的号，发“放号”看约了几个。", "放的号有数了", booked, "请回复 放号", day)
		}
		text := fmt.Sprintf("%s：放%s，约走%s，还有%s。", day.Short(), d.Facts["seats"], d.Facts["taken"], d.Facts["free"])
		if d.Facts["missed"] != "0" {
			text += "\n没送到" + d.Facts["missed"] + "人。"
		}
		return dialog.Card(text, day.Short()+"放的号", booked, "请回复 放号", day)
	}
	return dialog.Words{}
}
