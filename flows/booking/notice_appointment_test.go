package booking

import (
	"fmt"
	"strings"
	"testing"

	"xintiexin/bot/wechat"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

func TestNoticesOfABookingFitACardAndSayNothingPrivate(t *testing.T) {
	for _, kind := range []string{"appointment_ahead", "appointment_eve", "appointment_morning", "appointment_missed",
		"appointment_booked", "appointment_moved", "appointment_cancelled", "offer"} {
		facts := map[string]string{"day": "2027-01-28", "time": "08:30", "until": "10:30", "until_day": "2027-01-27"}
		words := appointmentNotice(outbox.Delivery{Kind: kind, Facts: facts, Settled: calendar.Date(2027, 1, 26).At(20, 0).Unix()})
		if words.Text == "" {
			t.Errorf("%s: no words", kind)
		}
		for field, key := range map[string]string{"event": "thing1", "time": "time2", "date": "date3", "remark": "thing4"} {
			if err := wechat.ValidTemplateValue(key, words.Fields[field]); err != nil {
				t.Errorf("%s: %s %q: %v", kind, field, words.Fields[field], err)
			}
		}
		for _, w := range strings.Fields("体检 检查 孕 产 育 避孕 妇 环 药 病 结果 随访 宝宝 医院 卫生院 复诊 转诊 复查 计划") {
			if strings.Contains(words.Text+fmt.Sprint(words.Fields), w) {
				t.Errorf("%s says %s: %s", kind, w, words.Text)
			}
		}
	}
	if words := appointmentNotice(outbox.Delivery{Kind: "morning"}); words.Text != "" {
		t.Error("another kind has the words of a booking")
	}
}
