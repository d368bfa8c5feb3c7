package flows

import (
	"fmt"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

// requestNotice returns the words of what is sent about requests, questions of the
// box and meetings; ok is false for other kinds. Staff hear a count, she that there
// is an answer: not of what, nor from whom.
func requestNotice(d outbox.Delivery) (w Words, ok bool) {
	day, _ := calendar.ParseDay(d.Facts["day"])
	at := time.Unix(d.Earliest, 0).In(calendar.Zone).Format("2006年1月2日 15:04")
	count := func(text, event, remark string) (Words, bool) {
		w := card(fmt.Sprintf(text, d.Facts["count"]), fmt.Sprintf(event, d.Facts["count"]), at, remark, day)
		w.Fields["count"] = d.Facts["count"]
		return w, true
	}
	switch d.Kind {
	case "request_done", "request_ready", "request_list":
		return card("您办的事有回复了，回复“看”。\n不想收回复 T。", "您办的事有回复了", at, "请回复 看，退订回T", day), true
	case "request_times":
		return card("您说的时间有回复了，回复“看”。\n不想收回复 T。", "您说的时间有回复了", at, "请回复 看，退订回T", day), true
	case "request_offer":
		return card("有1件事请您接手，回复“接”。", "有1件事请您接手", at, "请回复 接", day), true
	case "request_waiting":
		return count("%s件事还没人接，回复“接”。", "%s件事等人接", "请回复 接")
	case "note_waiting":
		return count("有%s张小纸条等您回，回复“纸条”。", "有%s张小纸条等您回", "请回复 纸条")
	case "note_answered":
		return card("有回音了，回复“回音”。\n不想收回复 T。", "有回音了", at, "请回复 回音，退订回T", day), true
	case "lecture_eve":
		when := day.Chinese() + " " + clockWord(d.Facts["time"])
		on := "明天"
		if d.Facts["late"] != "" { // the evening went by in an outage
			on = "今天"
		}
		return lectureCard("您报名的时间在"+on, when, "不来了", d.Facts["time"], day), true
	case "lecture_moved":
		when := day.Chinese() + " " + clockWord(d.Facts["time"])
		if d.Facts["again"] != "" { // it was missing from the town's data for a while
			return lectureCard("您报名的那场照常办", when, "不来了", d.Facts["time"], day), true
		}
		return lectureCard("您报名的时间改了", when, "不来了", d.Facts["time"], day), true
	case "lecture_off":
		when := day.Chinese() + " " + clockWord(d.Facts["time"])
		return lectureCard("您报名的那场不办了", when, "看别的", d.Facts["time"], day), true
	}
	return Words{}, false
}

// lectureCard is a word about a meeting: what, when, and what to send for what.
func lectureCard(what, when, why, at string, day calendar.Day) Words {
	return card(what+"，"+when+"。\n"+why+"回复“讲堂”，不想收回复 T。", what, dated(day)+" "+at, "回复 讲堂，退订回T", day)
}
