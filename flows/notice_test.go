package flows_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"xintiexin/bot/wechat"
	"xintiexin/flows"
	"xintiexin/storage/outbox"
)

// forbidden are the words that no push to a resident may hold (domain.md 8.4).
var forbidden = strings.Fields("体检 检查 孕 产 育 避孕 妇 环 药 病 结果 随访 宝宝 医院 卫生院 复诊 转诊 复查 计划")

func TestEveryNoticeCanBeSentAsATemplateAndSaysNothingPrivate(t *testing.T) {
	for _, d := range []outbox.Delivery{
		{Kind: "morning", To: "c:a", Facts: map[string]string{"count": "3", "day": "2026-12-09"}},
		{Kind: "morning", To: "c:a", Facts: map[string]string{"count": "0", "parked": "1", "day": "2026-12-09"}},
		{Kind: "month", To: "c:a", Facts: map[string]string{"count": "<10", "month": "2026-12-01", "day": "2027-01-04"}, Booked: 1796000000},
		{Kind: "visit_eve", To: "r:a", Facts: map[string]string{"day": "2026-12-09"}},
		{Kind: "visit_eve", To: "r:a", Facts: map[string]string{"day": "2026-12-09", "part": "上午"}},
		{Kind: "recorded", To: "r:a", Facts: map[string]string{"day": "2026-12-09"}, Booked: 1796000000},
	} {
		words := flows.Notice(d)
		if words.Text == "" {
			t.Errorf("%s: no text", d.Kind)
		}
		for field, key := range map[string]string{"event": "thing1", "time": "time2", "date": "date3", "remark": "thing4"} {
			if err := wechat.ValidTemplateValue(key, words.Fields[field]); err != nil {
				t.Errorf("%s: %s %q: %v", d.Kind, field, words.Fields[field], err)
			}
		}
		all := words.Text
		for _, v := range words.Fields {
			all += v
		}
		for _, w := range forbidden {
			if strings.Contains(all, w) {
				t.Errorf("%s says %s: %s", d.Kind, w, all)
			}
		}
		for line := range strings.SplitSeq(words.Text, "\n") {
			if utf8.RuneCountInString(line) > 40 {
				t.Errorf("%s: a line of %d characters", d.Kind, utf8.RuneCountInString(line))
			}
		}
	}
	if words := flows.Notice(outbox.Delivery{Kind: "unheard of"}); words.Text != "" {
		t.Error("an unknown kind says", words.Text)
	}
}
