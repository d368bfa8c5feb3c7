package document

import (
	"fmt"
	"time"

	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

// paperNotice returns the words of what is sent about papers, and of days on which
// somebody is asked back.
func paperNotice(d outbox.Delivery) dialog.Words {
	day, _ := calendar.ParseDay(d.Facts["day"])
	until, _ := calendar.ParseDay(d.Facts["until"])
	booked := time.Unix(d.Earliest, 0).In(calendar.Zone).Format("2006年1月2日 15:04")
	switch d.Kind {
	case "paper_ready", "paper_reminder":
		event := "有一份资料可领取"
		if d.Facts["self"] != "" {
			event = "有一份资料请本人领取"
		}
		if d.Kind == "paper_reminder" {
			event = "有一份资料还在等您"
		}
		return dialog.Card(event+"，回复“看”。\n不想收回复 T。", event, booked, "请回复 看，退订回T", day)
	case "paper_last":
		text := fmt.Sprintf("替您留着的资料留到%s，回复“看”。\n不想收回复 T。", until.Short())
		return dialog.Card(text, "资料留到"+until.Short(), dialog.Dated(until)+" 18:00", "请回复 看，退订回T", until)
	case "paper_here":
		text := d.Facts["number"] + " 到了一位，来领资料。"
		return dialog.Card(text, d.Facts["number"]+"到了一位", booked, "来领资料", day)
	case "paper_return":
		event := "您约的时间快到了"
		if d.Facts["before"] == "1" {
			event = "您约的时间在明天"
		}
		return dialog.Card(event+"，"+day.Chinese()+"。\n不来了回复“不来了”，不想收回复 T。", event, dialog.Dated(day)+" 08:00", "回复 看，不想收回T", day)
	}
	return dialog.Words{}
}
