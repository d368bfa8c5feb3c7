package info

import (
	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

// lectureNotice returns the words of what is sent about meetings.
func lectureNotice(d outbox.Delivery) dialog.Words {
	day, _ := calendar.ParseDay(d.Facts["day"])
	switch d.Kind {
	case "lecture_eve":
		when := day.Chinese() + " " + dialog.ClockWord(d.Facts["time"])
		on := "明天"
		if d.Facts["late"] != "" { // the evening went by in an outage
			on = "今天"
		}
		return lectureCard("您报名的时间在"+on, when, "不来了", d.Facts["time"], day)
	case "lecture_moved":
		when := day.Chinese() + " " + dialog.ClockWord(d.Facts["time"])
		if d.Facts["again"] != "" { // it was missing from the town's data for a while
			return lectureCard("您报名的那场照常办", when, "不来了", d.Facts["time"], day)
		}
		return lectureCard("您报名的时间改了", when, "不来了", d.Facts["time"], day)
	case "lecture_off":
		when := day.Chinese() + " " + dialog.ClockWord(d.Facts["time"])
		return lectureCard("您报名的那场不办了", when, "看别的", d.Facts["time"], day)
	}
	return dialog.Words{}
}

// lectureCard is a word about a meeting: what, when, and what to send for what.
func lectureCard(what, when, why, at string, day calendar.Day) dialog.Words {
	return dialog.Card(what+"，"+when+"。\n"+why+"回复“讲堂”，不想收回复 T。", what, dialog.Dated(day)+" "+at, "回复 讲堂，退订回T", day)
}
