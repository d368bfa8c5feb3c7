package flows

import (
	"fmt"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

// Words is what a delivery becomes: a text for the chat, and the same as fields
// of a notice card (template message). Neither says anything of health, of a
// place or of another person (domain.md 8.4), and each asks for a word to send
// back, never for a digit: digits belong to the question that is open.
type Words struct {
	Text   string
	Fields map[string]string // event, time, date, remark, count
}

// Notice returns the words of a delivery by its kind; the zero Words for a kind
// that this program does not know.
func Notice(d outbox.Delivery) Words {
	day, _ := calendar.ParseDay(d.Facts["day"])
	date := func() string {
		y, m, dd := day.Date()
		return fmt.Sprintf("%d年%d月%d日", y, m, dd)
	}
	if w, ok := appointmentNotice(d); ok {
		return w
	}
	if w, ok := paperNotice(d); ok {
		return w
	}
	if w, ok := callNotice(d); ok {
		return w
	}
	if w, ok := requestNotice(d); ok {
		return w
	}
	if w, ok := broadcastNotice(d); ok {
		return w
	}
	if w, ok := planNotice(d); ok {
		return w
	}
	if w, ok := awayNotice(d); ok {
		return w
	}
	if w, ok := profileNotice(d); ok {
		return w
	}
	if w, ok := handOverNotice(d); ok {
		return w
	}
	if d.Kind == "erased_note" {
		return card(sayErasedNote, "您的登记已经删除", date()+" 09:00", "有疑问请联系镇上", day)
	}
	if w, ok := accountNotice(d); ok {
		return w
	}
	if w, ok := alarmNotice(d); ok {
		return w
	}
	if w, ok := monthNotice(d); ok {
		return w
	}
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
		return Words{Text: text, Fields: map[string]string{
			"event": event, "time": date() + " 07:30", "date": date(), "remark": remark, "count": d.Facts["count"]}}
	case "visit_eve":
		if d.Facts["late"] != "" { // the evening went by in an outage
			return Words{Text: "您约的时间在今天，" + day.Chinese() + "。\n不方便回复“改天”，不想收回复 T。",
				Fields: map[string]string{"event": "您约的时间在今天", "time": date() + " " + hours(d.Facts["part"]), "date": date(), "remark": "回复 看 或 改天，退订回T"}}
		}
		return Words{Text: "您约的时间在明天，" + day.Chinese() + "。\n不方便回复“改天”，不想收回复 T。",
			Fields: map[string]string{"event": "您约的时间在明天", "time": date() + " " + hours(d.Facts["part"]), "date": date(), "remark": "回复 看 或 改天，退订回T"}}
	case "recorded":
		return Words{Text: "您的登记有一处更新，回复“看”。\n不想收回复 T。",
			Fields: map[string]string{"event": "您的登记有一处更新", "time": time.Unix(d.Booked, 0).In(calendar.Zone).Format("2006年1月2日 15:04"), "date": date(), "remark": "请回复 看，退订回T"}}
	}
	return Words{}
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
