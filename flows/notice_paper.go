package flows

import (
	"fmt"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

// paperNotice returns the words of what is sent about papers, days on which
// somebody is asked back, and released seats; ok is false for other kinds.
func paperNotice(d outbox.Delivery) (w Words, ok bool) {
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
		return card(event+"，回复“看”。\n不想收回复 T。", event, booked, "请回复 看，退订回T", day), true
	case "paper_last":
		text := fmt.Sprintf("替您留着的资料留到%s，回复“看”。\n不想收回复 T。", until.Short())
		return card(text, "资料留到"+until.Short(), dated(until)+" 18:00", "请回复 看，退订回T", until), true
	case "paper_here":
		text := d.Facts["number"] + " 到了一位，来领资料。"
		return card(text, d.Facts["number"]+"到了一位", booked, "来领资料", day), true
	case "paper_return":
		event := "您约的时间快到了"
		if d.Facts["before"] == "1" {
			event = "您约的时间在明天"
		}
		return card(event+"，"+day.Chinese()+"。\n不来了回复“不来了”，不想收回复 T。", event, dated(day)+" 08:00", "回复 看，不想收回T", day), true
	case "release_offer":
		return card("您问过的日子新放了号："+day.Chinese()+"。\n回复“约号”，不想收回复 T。", "您问过的日子新放了号", dated(day)+" 08:00", "请回复 约号", day), true
	case "release_digest":
		if d.Facts["seats"] == "" {
			return card(day.Short()+"放的号，发“放号”看约了几个。", "放的号有数了", booked, "请回复 放号", day), true
		}
		text := fmt.Sprintf("%s：放%s，约走%s，还有%s。", day.Short(), d.Facts["seats"], d.Facts["taken"], d.Facts["free"])
		if d.Facts["missed"] != "0" {
			text += "\n没送到" + d.Facts["missed"] + "人。"
		}
		return card(text, day.Short()+"放的号", booked, "请回复 放号", day), true
	}
	return Words{}, false
}

func card(text, event, at, remark string, day calendar.Day) Words {
	if day == 0 {
		return Words{Text: text, Fields: map[string]string{"event": event, "time": at, "date": at[:len(at)-len(" 15:04")], "remark": remark}}
	}
	return Words{Text: text, Fields: map[string]string{"event": event, "time": at, "date": dated(day), "remark": remark}}
}

// dated writes a day as a notice card does.
func dated(day calendar.Day) string {
	y, m, d := day.Date()
	return fmt.Sprintf("%d年%d月%d日", y, m, d)
}
