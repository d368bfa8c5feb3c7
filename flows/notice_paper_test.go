package flows_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"xintiexin/bot/wechat"
	"xintiexin/flows"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
)

func TestWhatIsSentAboutPapersCanBeSentAndSaysNothingPrivate(t *testing.T) {
	at := calendar.Date(2027, 12, 26).At(10, 21).Unix()
	for _, d := range []outbox.Delivery{
		{Kind: "paper_ready", To: "r:a", Facts: map[string]string{"until": "2028-12-22", "self": "yes"}},
		{Kind: "paper_ready", To: "r:a", Facts: map[string]string{"until": "2028-12-22", "self": ""}},
		{Kind: "paper_reminder", To: "r:a", Facts: map[string]string{"until": "2028-12-22", "self": "yes"}},
		{Kind: "paper_last", To: "r:a", Facts: map[string]string{"until": "2028-12-22"}},
		{Kind: "paper_here", To: "c:a", Facts: map[string]string{"number": "1226-120", "day": "2027-12-26"}},
		{Kind: "paper_return", To: "r:a", Facts: map[string]string{"day": "2027-12-26", "before": "3"}},
		{Kind: "paper_return", To: "r:a", Facts: map[string]string{"day": "2027-12-26", "before": "1"}},
		{Kind: "release_offer", To: "r:a", Facts: map[string]string{"day": "2027-12-26"}},
		{Kind: "release_digest", To: "c:a", Facts: map[string]string{"day": "2027-12-26"}},
		{Kind: "release_digest", To: "c:a", Facts: map[string]string{"day": "2027-12-26", "seats": "140", "taken": "51", "free": "89", "missed": "12"}},
	} {
		d.Earliest = at
		words := flows.Notice(d)
		if words.Text == "" {
			t.Errorf("%s: no text", d.Kind)
		}
		for field, key := range map[string]string{"event": "thing1", "time": "time2", "date": "date3", "remark": "thing4"} {
			if err := wechat.ValidTemplateValue(key, words.Fields[field]); err != nil {
				t.Errorf("%s: %s %q: %v", d.Kind, field, words.Fields[field], err)
			}
		}
		all := words.Text + strings.Join(slices.Collect(maps.Values(words.Fields)), "")
		for _, w := range forbidden {
			if strings.Contains(all, w) {
				t.Errorf("%s says %s: %s", d.Kind, w, all)
			}
		}
		for line := range strings.SplitSeq(words.Text, "\n") {
			if len([]rune(line)) > 24 {
				t.Errorf("%s: a line of %d characters: %s", d.Kind, len([]rune(line)), line)
			}
		}
	}
}
