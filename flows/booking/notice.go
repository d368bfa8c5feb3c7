package booking

import (
	"fmt"
	"time"

	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

// appointmentNotice returns the words of a delivery about a booking or about a
// seat offered. They say that something waits,
// when, and which word to send: not what is booked, nor where, nor with whom.
func appointmentNotice(d outbox.Delivery) dialog.Words {
	day, _ := calendar.ParseDay(d.Facts["day"])
	when := day.Chinese() + " " + dialog.ClockWord(d.Facts["time"])
	text, event, remark := "", "", ""
	switch d.Kind {
	case "appointment_ahead":
		event, remark = "您约的时间快到了", "回复 来 或 改期 或 不来了"
		text = "您约的时间快到了：\n" + when + "。\n回复“来”“改期”或“不来了”。"
	case "appointment_eve":
		event, remark = "您约的时间在明天", "回复 来 或 改期 或 不来了"
		text = "您约的时间在明天：\n" + when + "。\n回复“来”“改期”或“不来了”。"
	case "appointment_morning":
		event, remark = "您约的时间在今天", "回复 来 或 改期 或 不来了"
		text = "您约的时间在今天，" + dialog.ClockWord(d.Facts["time"]) + "。\n回复“来”“改期”或“不来了”。"
	case "appointment_missed":
		event, remark = "没赶上不要紧，可以换天", "回复 换天 或 先不约"
		text = "您约的时间没赶上，不要紧，可以换天。\n回复“换天”或“先不约”。"
	case "appointment_booked":
		event, remark = "替您约好了时间", "请回复 我的预约"
		text = "替您约好了时间：\n" + when + "。\n看一眼回复“我的预约”，不合适回“退号”。"
	case "appointment_moved":
		event, remark = "您约的时间改了", "请回复 我的预约"
		text = "您约的时间改到：\n" + when + "。\n看一眼回复“我的预约”，不合适回“退号”。"
	case "appointment_cancelled":
		event, remark = "您约的时间退掉了", "想再约回复 约号"
		text = "您约的时间退掉了：\n" + when + "。\n想再约，回复“约号”。"
	case "offer":
		by := "请回复"
		if until := untilWord(d); until != "" {
			by = until + "前回复"
		}
		event, remark = "您等的时间有空位了", by+" 要"
		text = "您等的时间有空位了：\n" + when + "。\n" + by + "“要”就留给您。"
	default:
		return dialog.Words{}
	}
	y, m, dd := day.Date()
	date := fmt.Sprintf("%d年%d月%d日", y, m, dd)
	return dialog.Words{Text: text + "\n不想收回复 T。", Fields: map[string]string{
		"event": event, "time": date + " " + d.Facts["time"], "date": date, "remark": remark}}
}

// untilWord is the hour until which an offer stands, with its day where that is
// not the day on which it is sent.
func untilWord(d outbox.Delivery) string {
	until, day := d.Facts["until"], d.Facts["until_day"]
	if until == "" {
		return ""
	}
	sent := calendar.DayOf(time.Unix(max(d.Settled, d.Earliest), 0))
	if on, err := calendar.ParseDay(day); err == nil && on != sent {
		return on.Short() + until
	}
	return until
}
