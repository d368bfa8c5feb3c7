package dialog

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

// Card is a notice of a day: a text, and what stands on the card.
func Card(text, event, at, remark string, day calendar.Day) Words {
	if day == 0 {
		return Words{Text: text, Fields: map[string]string{"event": event, "time": at, "date": at[:len(at)-len(" 15:04")], "remark": remark}}
	}
	return Words{Text: text, Fields: map[string]string{"event": event, "time": at, "date": Dated(day), "remark": remark}}
}

// Dated writes a day as a notice card does.
func Dated(day calendar.Day) string {
	y, m, d := day.Date()
	return fmt.Sprintf("%d年%d月%d日", y, m, d)
}

// CountCard is a notice of how many wait, said in the text and on the card.
func CountCard(d outbox.Delivery, text, event, remark string) Words {
	day, _ := calendar.ParseDay(d.Facts["day"])
	at := time.Unix(d.Earliest, 0).In(calendar.Zone).Format("2006年1月2日 15:04")
	w := Card(fmt.Sprintf(text, d.Facts["count"]), fmt.Sprintf(event, d.Facts["count"]), at, remark, day)
	w.Fields["count"] = d.Facts["count"]
	return w
}
