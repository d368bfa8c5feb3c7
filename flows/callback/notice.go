package callback

import (
	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

// callNotice returns the words of what staff is sent about the call list, counts
// alone.
func callNotice(d outbox.Delivery) dialog.Words {
	day, _ := calendar.ParseDay(d.Facts["day"])
	at := dialog.Dated(day) + " " + d.Facts["time"]
	n := d.Facts["count"]
	var w dialog.Words
	switch d.Kind {
	case "call_list":
		w = dialog.Card("有"+n+"位要打个电话，发“电话”看。", n+"位居民等您的电话", at, "请回复 电话", day)
	case "call_digest":
		w = dialog.Card(digestText(d.Facts), n+"位居民还在等", at, digestRemark(d.Facts), day)
	default:
		return dialog.Words{}
	}
	w.Fields["count"] = n
	return w
}

func digestText(facts map[string]string) string {
	lines := []string{"还没有人接手的："}
	for _, l := range [...]struct{ count, text string }{
		{facts["calls"], "个电话，发“电话”看"},
		{facts["village"], "个电话要村里打，还没打上"},
		{facts["waiting"], "件约好的事，发“今日 全村”看"},
	} {
		if l.count != "" && l.count != "0" {
			lines = append(lines, l.count+l.text)
		}
	}
	return dialog.Join(lines...)
}

func digestRemark(facts map[string]string) string {
	if facts["calls"] == "0" && facts["village"] == "0" {
		return "请回复 今日 全村"
	}
	return "请回复 电话"
}
