package migration

import (
	"testing"

	"xintiexin/storage/calendar"
)

// TestWhenSheIsExpected: what is said of coming home lies between two days (4.3).
func TestWhenSheIsExpected(t *testing.T) {
	for _, c := range []struct{ today, said, from, to string }{
		{"2027-01-10", "过年", "2027-01-27", "2027-02-11"},
		{"2027-01-10", "年前", "2027-01-27", "2027-02-05"},
		{"2027-01-10", "年后", "2027-02-06", "2027-02-21"},
		{"2027-02-20", "过年", "2028-01-16", "2028-01-31"},
		{"2027-01-10", "中秋", "2027-09-15", "2027-09-17"},
		{"2027-01-10", "清明", "2027-04-04", "2027-04-06"},
		{"2027-01-10", "五一", "2027-05-01", "2027-05-05"},
		{"2027-01-10", "国庆", "2027-10-01", "2027-10-07"},
		{"2027-01-10", "麦收", "2027-05-25", "2027-06-15"},
		{"2027-10-02", "秋收", "2027-10-02", "2027-10-25"},
		{"2027-01-10", "3月", "2027-03-01", "2027-03-31"},
		{"2027-12-10", "下个月", "2028-01-01", "2028-01-31"},
		{"2027-01-10", "1月20日", "", "2027-01-20"},
		{"2027-01-10", "腊月二十", "", "2027-01-27"},
		{"2027-01-10", "说不准", "", ""},
		{"2027-01-10", "有空", "", ""},
	} {
		today, err := calendar.ParseDay(c.today)
		if err != nil {
			t.Fatal(err)
		}
		from, to := ExpectedOn(c.said, today)
		if got := say(from) + " " + say(to); got != c.from+" "+c.to {
			t.Errorf("%s, %s: %s, want %s %s", c.today, c.said, got, c.from, c.to)
		}
	}
}

func say(d calendar.Day) string {
	if d == 0 {
		return ""
	}
	return d.String()
}
