package visit

import (
	"fmt"

	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

// visitNotice are the words of the list of the morning, to staff, and of the evening
// before an agreed visit.
func visitNotice(d outbox.Delivery) dialog.Words {
	day, _ := calendar.ParseDay(d.Facts["day"])
	date := func() string { return dialog.Dated(day) }
	switch d.Kind {
	case "morning":
		text, event, remark := "早上好。", "有没记完的一份", "请回复 继续"
		if d.Facts["count"] != "0" {
			text += fmt.Sprintf("今天有%s件，发“今日”看。", d.Facts["count"])
			event, remark = d.Facts["count"]+"件事在等您", "请回复 今日"
		}
		if d.Facts["home"] != "" {
			text += fmt.Sprintf("\n%s前后有%s位说要回来，发“返乡安排”看。", d.Facts["when"], d.Facts["home"])
			if d.Facts["count"] == "0" {
				event, remark = "这一阵有人说要来", "请回复 返乡安排"
			}
		}
		if d.Facts["parked"] != "" {
			text += fmt.Sprintf("\n有%s份没记完，发“继续”接着记。", d.Facts["parked"])
		}
		return dialog.Words{Text: text, Fields: map[string]string{
			"event": event, "time": date() + " 07:30", "date": date(), "remark": remark, "count": d.Facts["count"]}}
	case "visit_eve":
		if d.Facts["late"] != "" { // the evening went by in an outage
			return dialog.Words{Text: "您约的时间在今天，" + day.Chinese() + "。\n不方便回复“改天”，不想收回复 T。",
				Fields: map[string]string{"event": "您约的时间在今天", "time": date() + " " + hours(d.Facts["part"]), "date": date(), "remark": "回复 看 或 改天，退订回T"}}
		}
		return dialog.Words{Text: "您约的时间在明天，" + day.Chinese() + "。\n不方便回复“改天”，不想收回复 T。",
			Fields: map[string]string{"event": "您约的时间在明天", "time": date() + " " + hours(d.Facts["part"]), "date": date(), "remark": "回复 看 或 改天，退订回T"}}
	}
	return dialog.Words{}
}

// hours are the hours that a part of the day means: a time keyword of a notice
// card must hold one.
func hours(part string) string {
	switch part {
	case "上午":
		return "08:00~12:00"
	case "下午":
		return "14:00~18:00"
	}
	return "08:00~18:00"
}
