package calendar

import (
	"testing"
	"time"

	lunargo "github.com/6tail/lunar-go/calendar"
)

func day(t *testing.T, s string) Day {
	t.Helper()
	d, err := ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The table is right if every month of every year begins where the library says
// and has as many days.
func TestLunarTableAgreesWithLunarGo(t *testing.T) {
	for year := firstLunar; year < firstLunar+len(lunarYears); year++ {
		months := lunargo.NewLunarYear(year).GetMonthsInYear()
		leap := 0
		for e := months.Front(); e != nil; e = e.Next() {
			m := e.Value.(*lunargo.LunarMonth)
			month := max(m.GetMonth(), -m.GetMonth())
			if m.IsLeap() {
				leap = month
			}
			s := lunargo.NewSolarFromJulianDay(m.GetFirstJulianDay())
			want := Date(s.GetYear(), time.Month(s.GetMonth()), s.GetDay())
			got, ok := FromLunar(year, month, m.IsLeap(), 1)
			if !ok || got != want || LunarMonthDays(year, month, m.IsLeap()) != m.GetDayCount() {
				t.Fatalf("year %d month %d: %v (%v), %d days; want %v, %d days", year, m.GetMonth(), got, ok,
					LunarMonthDays(year, month, m.IsLeap()), want, m.GetDayCount())
			}
		}
		if LeapMonth(year) != leap {
			t.Fatalf("year %d: leap month %d, want %d", year, LeapMonth(year), leap)
		}
	}
}

func TestEveryDayHasOneLunarDateAndComesBackFromIt(t *testing.T) {
	last := Lunar{}
	for d := Date(1901, 1, 1); d <= Date(2100, 12, 31); d++ {
		l := d.Lunar()
		back, ok := FromLunar(l.Year, l.Month, l.Leap, l.Day)
		if !ok || back != d || l == last {
			t.Fatalf("%v is %+v, which is %v (%v)", d, l, back, ok)
		}
		last = l
	}
}

func TestLunarDaysAsTheyAreSaid(t *testing.T) {
	for solar, want := range map[string]string{
		"2026-11-23": "十月十五", "2026-12-02": "十月廿四", "2026-12-15": "冬月初七",
		"2026-12-30": "冬月廿二", "2027-01-28": "腊月廿一", "2027-01-27": "腊月二十",
		"2027-02-05": "腊月廿九", "2027-02-06": "正月初一", "2027-02-16": "正月十一",
		"2027-02-17": "正月十二", "2028-05-28": "五月初五", "2028-06-23": "闰五月初一",
		"2028-07-07": "闰五月十五", "2027-02-20": "正月十五", "2028-02-24": "正月三十",
		"2026-02-17": "正月初一", "2025-01-28": "腊月廿九", "2024-02-29": "正月二十",
	} {
		if got := day(t, solar).Lunar().String(); got != want {
			t.Errorf("%s: %s, want %s", solar, got, want)
		}
	}
	for _, l := range []Lunar{{}, {Month: 13, Day: 1}, {Month: 1, Day: 31}} {
		if l.String() != "" {
			t.Errorf("%+v has the words %q", l, l.String())
		}
	}
	if l := Date(1899, 12, 31).Lunar(); l != (Lunar{}) {
		t.Errorf("a day before the table is %+v", l)
	}
	if l := Date(2102, 1, 1).Lunar(); l != (Lunar{}) {
		t.Errorf("a day after the table is %+v", l)
	}
}

func TestLunarDatesThatDoNotExistAreRefused(t *testing.T) {
	for _, l := range []Lunar{
		{2025, 12, false, 30}, {2026, 12, false, 30}, {2027, 12, false, 30}, {2028, 12, false, 30},
		{2026, 5, true, 1}, {2028, 4, true, 1}, {2028, 5, true, 30}, {2026, 0, false, 1},
		{2026, 13, false, 1}, {2026, 1, false, 0}, {2026, 1, false, 31}, {1899, 1, false, 1},
		{2101, 1, false, 1}, {2026, -1, false, 1}, {2026, 1, false, -1},
	} {
		if d, ok := FromLunar(l.Year, l.Month, l.Leap, l.Day); ok {
			t.Errorf("%+v is %v, want none", l, d)
		}
	}
}

func TestFestivalsOfTheYears(t *testing.T) {
	for _, c := range []struct {
		name string
		days [3]string
	}{
		{"小年", [3]string{"2026-02-10", "2027-01-30", "2028-01-19"}},
		{"除夕", [3]string{"2026-02-16", "2027-02-05", "2028-01-25"}},
		{"大年三十", [3]string{"2026-02-16", "2027-02-05", "2028-01-25"}},
		{"春节", [3]string{"2026-02-17", "2027-02-06", "2028-01-26"}},
		{"元宵", [3]string{"2026-03-03", "2027-02-20", "2028-02-09"}},
		{"清明", [3]string{"2026-04-05", "2027-04-05", "2028-04-04"}},
		{"端午", [3]string{"2026-06-19", "2027-06-09", "2028-05-28"}},
		{"中元", [3]string{"2026-08-27", "2027-08-16", "2028-09-03"}},
		{"中秋", [3]string{"2026-09-25", "2027-09-15", "2028-10-03"}},
		{"重阳", [3]string{"2026-10-18", "2027-10-08", "2028-10-26"}},
		{"十月初一", [3]string{"2026-11-09", "2027-10-29", "2028-11-16"}},
		{"五一", [3]string{"2026-05-01", "2027-05-01", "2028-05-01"}},
		{"国庆", [3]string{"2026-10-01", "2027-10-01", "2028-10-01"}},
		{"元旦", [3]string{"2026-01-01", "2027-01-01", "2028-01-01"}},
	} {
		for i, want := range c.days {
			if got, ok := Festival(c.name, 2026+i); !ok || got.String() != want {
				t.Errorf("%s %d: %v, want %s", c.name, 2026+i, got, want)
			}
		}
	}
	if d, ok := Festival("赶集", 2026); ok {
		t.Errorf("an unknown festival is on %v", d)
	}
}

func TestSolarTermsOfTheYears(t *testing.T) {
	for _, c := range []struct {
		name string
		days [3]string
	}{
		{"清明", [3]string{"2026-04-05", "2027-04-05", "2028-04-04"}},
		{"芒种", [3]string{"2026-06-05", "2027-06-06", "2028-06-05"}},
		{"秋分", [3]string{"2026-09-23", "2027-09-23", "2028-09-22"}},
		{"寒露", [3]string{"2026-10-08", "2027-10-08", "2028-10-08"}},
		{"霜降", [3]string{"2026-10-23", "2027-10-23", "2028-10-23"}},
		{"小寒", [3]string{"2026-01-05", "2027-01-05", "2028-01-06"}},
		{"冬至", [3]string{"2026-12-22", "2027-12-22", "2028-12-21"}},
	} {
		for i, want := range c.days {
			if got, ok := Term(c.name, 2026+i); !ok || got.String() != want {
				t.Errorf("%s %d: %v, want %s", c.name, 2026+i, got, want)
			}
		}
	}
	for _, name := range []string{"", "芒", "端午"} {
		if d, ok := Term(name, 2026); ok {
			t.Errorf("term %q is on %v", name, d)
		}
	}
}

func TestDaysAsTheyAreEchoed(t *testing.T) {
	d := day(t, "2026-12-02")
	for _, c := range []struct{ got, want string }{
		{d.Chinese(), "周三 12月2日"},
		{d.ChineseLunar(), "周三 12月2日 十月廿四"},
		{d.WithYear(), "2026年12月2日 周三"},
		{d.Short(), "12月2日"},
		{day(t, "2027-01-31").ChineseLunar(), "周日 1月31日 腊月廿四"},
		{Day(0).Chinese() + Day(0).ChineseLunar() + Day(0).WithYear() + Day(0).Short(), ""},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestMonthsAreAddedToTheLastDayWhereTheyAreShorter(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2027-01-31", 1, "2027-02-28"}, {"2028-01-31", 1, "2028-02-29"}, {"2026-11-23", 2, "2027-01-23"},
		{"2026-12-31", 2, "2027-02-28"}, {"2026-03-31", -1, "2026-02-28"}, {"2028-02-29", 12, "2029-02-28"},
		{"2026-01-15", -13, "2024-12-15"},
	} {
		if got := day(t, c.from).AddMonths(c.n).String(); got != c.want {
			t.Errorf("%s %+d months: %s, want %s", c.from, c.n, got, c.want)
		}
	}
}

func BenchmarkChineseLunar(b *testing.B) {
	d := Date(2027, 1, 31)
	b.ReportAllocs()
	for b.Loop() {
		if d.ChineseLunar() == "" {
			b.Fatal("no words")
		}
	}
}
