package simulator

import (
	"testing"
	"time"

	"xintiexin/storage/calendar"
)

func TestLater(t *testing.T) {
	at := func(d calendar.Day, h, m int) time.Time { return d.At(h, m) }
	day := calendar.Date(2026, 12, 31)
	for _, tt := range []struct {
		name, button string
		now, want    time.Time
	}{
		{"an hour", "hour", at(day, 23, 40), at(day+1, 0, 40)},
		{"a day", "day", at(day, 10, 20), at(day+1, 10, 20)},
		{"a week", "week", at(day, 10, 20), at(day+7, 10, 20)},
		{"the morning after an evening", "morning", at(day, 22, 0), at(day+1, 7, 30)},
		{"the morning after a night is the same day's", "morning", at(day, 2, 0), at(day, 7, 30)},
		{"the morning at half past seven is the next", "morning", at(day, 7, 30), at(day+1, 7, 30)},
		{"the days are the village's, not Greenwich's", "morning", at(day, 7, 29).UTC(), at(day, 7, 30)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := later(tt.now, tt.button); !ok || !got.Equal(tt.want) {
				t.Errorf("got %v, %v", got, ok)
			}
		})
	}
	if _, ok := later(time.Now(), "back"); ok {
		t.Error("the clock went back")
	}
}
