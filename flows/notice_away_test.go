package flows_test

import (
	"strings"
	"testing"

	"xintiexin/bot/wechat"
	"xintiexin/flows"
	"xintiexin/storage/outbox"
)

// TestNoticesOfAwayCards: each fits its template, asks for a word, and says neither
// where she is nor anything private.
func TestNoticesOfAwayCards(t *testing.T) {
	for kind, word := range map[string]string{"away_told": "看", "away_book": "约号", "away_day": "在外", "away_home": "约号", "profile": "看"} {
		words := flows.Notice(outbox.Delivery{Kind: kind, To: "r:a", Facts: map[string]string{"day": "2027-01-27", "card": "x"}, Booked: 1800000000})
		if !strings.Contains(words.Text, word) || !strings.Contains(words.Fields["remark"], word) {
			t.Errorf("%s asks for no word: %s", kind, words.Text)
		}
		for field, key := range map[string]string{"event": "thing1", "time": "time2", "date": "date3", "remark": "thing4"} {
			if err := wechat.ValidTemplateValue(key, words.Fields[field]); err != nil {
				t.Errorf("%s: %s %q: %v", kind, field, words.Fields[field], err)
			}
		}
		for _, w := range append(forbidden, "苏州", "外出", "返乡", "回家") {
			if strings.Contains(words.Text+words.Fields["event"]+words.Fields["remark"], w) {
				t.Errorf("%s says %s", kind, w)
			}
		}
	}
}
