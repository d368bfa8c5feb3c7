package calendar

import (
	"strings"
	"testing"
	"time"
)

func holidays(t *testing.T) Holidays {
	t.Helper()
	h, err := ParseHolidays(BaseHolidays, nil)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestWorkingDays(t *testing.T) {
	h := holidays(t)
	for _, c := range []struct {
		days    string
		working bool
	}{
		{"2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10", true}, // made up
		{"2026-01-01 2026-01-03 2026-02-15 2026-02-23 2026-04-06 2026-05-05 2026-06-19 2026-09-25 2026-10-07", false},
		{"2026-11-23 2026-02-13 2026-02-24 2026-05-06 2026-10-08 2026-06-22", true},
		{"2026-11-21 2026-11-22 2026-10-11", false},
		// 2027 has no notice in the table: the days of the regulation only.
		{"2027-01-01 2027-02-05 2027-02-08 2027-04-05 2027-05-01 2027-05-02 2027-06-09 2027-09-15 2027-10-01 2027-10-03", false},
		{"2027-01-04 2027-02-09 2027-02-04 2027-04-06 2027-05-03 2027-10-04 2027-06-10", true},
		// 2028: 端午 is a Sunday, 闰五月初五 (27 June) is no festival, 除夕 is 25 January.
		{"2028-05-28 2028-01-25 2028-01-28 2028-10-03 2028-04-04", false},
		{"2028-06-27 2028-01-24 2028-01-31 2028-04-05", true},
	} {
		for _, s := range strings.Fields(c.days) {
			if got := h.Working(day(t, s)); got != c.working {
				t.Errorf("%s: working %v, want %v", s, got, c.working)
			}
		}
	}
	if !h.Known(2026) || h.Known(2027) {
		t.Errorf("known: 2026 %v, 2027 %v; want only 2026", h.Known(2026), h.Known(2027))
	}
}

func TestNextWorkingDay(t *testing.T) {
	h := holidays(t)
	for from, want := range map[string]string{
		"2026-11-23": "2026-11-24", "2026-11-20": "2026-11-23", "2026-02-14": "2026-02-24",
		"2026-02-27": "2026-02-28", "2026-09-30": "2026-10-08", "2026-12-31": "2027-01-04",
	} {
		if got := h.NextWorking(day(t, from)).String(); got != want {
			t.Errorf("after %s: %s, want %s", from, got, want)
		}
	}
}

func TestAnOverrideReplacesItsYear(t *testing.T) {
	h, err := ParseHolidays(BaseHolidays, []byte(`{"year":2027,"papers":["x"],"days":[
		{"name":"元旦","date":"2027-01-01","isOffDay":true},
		{"name":"春节","date":"2027-02-09","isOffDay":true},
		{"name":"春节","date":"2027-02-20","isOffDay":false}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if !h.Known(2027) || h.Working(day(t, "2027-02-09")) || !h.Working(day(t, "2027-02-20")) {
		t.Error("the rows of the override do not count")
	}
	if !h.Known(2026) || h.Working(day(t, "2026-10-07")) {
		t.Error("the other years were lost")
	}
	h, err = ParseHolidays(BaseHolidays, []byte(`[{"year":2026,"days":[{"name":"元旦","date":"2026-01-01","isOffDay":true}]}]`))
	if err != nil || !h.Working(day(t, "2026-10-07")) {
		t.Errorf("the replaced year keeps old rows (%v)", err)
	}
}

func TestMistakesInAHolidayTableAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		`{`: "unexpected end", `[]x`: "invalid character",
		`{"year":26,"days":[]}`:   "year 26: not a year",
		`{"year":2027,"days":[]}`: "has no days",
		`[{"year":2027,"days":[{"name":"a","date":"2027-01-01","isOffDay":true}]},{"year":2027,"days":[{"name":"a","date":"2027-01-01","isOffDay":true}]}]`: "stands twice",
		`{"year":2027,"days":[{"name":"a","date":"2027-02-29","isOffDay":true}]}`:                                                                           "row 1: date \"2027-02-29\" is not a date",
		`{"year":2027,"days":[{"name":"a","date":"","isOffDay":true}]}`:                                                                                     "is not a date",
		`{"year":2027,"days":[{"name":"a","date":"2028-01-01","isOffDay":true}]}`:                                                                           "not in the year",
		`{"year":2027,"days":[{"name":"a","date":"2027-01-01"}]}`:                                                                                           "does not say isOffDay",
		`{"year":2027,"days":[{"name":"","date":"2027-01-01","isOffDay":true}]}`:                                                                            "has no name",
		`{"year":2027,"days":[{"name":"a","date":"2027-01-04","isOffDay":false}]}`:                                                                          "work day already",
		`{"year":2027,"days":[{"name":"a","date":"2027-01-01","isOffDay":true},{"name":"a","date":"2027-01-01","isOffDay":true}]}`:                          "row 2: date 2027-01-01 stands twice",
	} {
		if _, err := ParseHolidays(BaseHolidays, []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func FuzzParseHolidays(f *testing.F) {
	f.Add(BaseHolidays)
	f.Add([]byte(`{"year":2027,"days":[{"name":"a","date":"2027-01-01","isOffDay":true}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if h, err := ParseHolidays(BaseHolidays, text); err == nil && !h.Known(2026) {
			t.Error("a year was lost")
		}
	})
}

func TestDecentHours(t *testing.T) {
	h := holidays(t)
	list := []Window{{From: 450, To: 540, WorkingDaysOnly: true}}       // 07:30–09:00
	residents := []Window{{From: 1110, To: 1200}, {From: 540, To: 660}} // 18:30–20:00, 09:00–11:00
	always := []Window{{From: 0, To: 24 * 60}}
	for _, c := range []struct {
		name    string
		windows []Window
		at      string
		want    string
	}{
		{"inside a window it is now", residents, "2026-11-23 09:59", "2026-11-23 09:59"},
		{"before the first window it opens", residents, "2026-11-23 07:10", "2026-11-23 09:00"},
		{"between windows the next opens", residents, "2026-11-23 11:00", "2026-11-23 18:30"},
		{"the end of a window is outside", residents, "2026-11-23 20:00", "2026-11-24 09:00"},
		{"over the end of the year", residents, "2026-12-31 23:59", "2027-01-01 09:00"},
		{"the staff list waits for Monday", list, "2026-11-21 07:30", "2026-11-23 07:30"},
		{"a made-up Saturday counts", list, "2026-02-28 06:00", "2026-02-28 07:30"},
		{"over the Spring Festival", list, "2026-02-14 09:00", "2026-02-24 07:30"},
		{"quiet hours bind every window", always, "2026-11-23 21:30", "2026-11-24 07:30"},
		{"quiet hours in the morning", always, "2026-11-23 03:00", "2026-11-23 07:30"},
		{"a minute before quiet", always, "2026-11-23 21:29", "2026-11-23 21:29"},
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", c.at, Zone)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := h.Decent(c.windows, at.UTC())
		if s := got.In(Zone).Format("2006-01-02 15:04"); !ok || s != c.want {
			t.Errorf("%s: %s, want %s", c.name, s, c.want)
		}
		if ok && Quiet(got) {
			t.Errorf("%s: %v is quiet", c.name, got)
		}
	}
	for name, windows := range map[string][]Window{
		"no window": nil, "an empty window": {{From: 600, To: 600}}, "a window in the quiet hours": {{From: 1300, To: 1400}},
	} {
		if got, ok := h.Decent(windows, time.Unix(0, 0)); ok {
			t.Errorf("%s opens at %v", name, got)
		}
	}
}

func TestADayOffIsNoWeekend(t *testing.T) {
	h := holidays(t)
	for s, want := range map[string]bool{
		"2026-10-01": true, "2026-10-03": true, "2026-10-10": false, "2026-11-21": false, "2026-11-23": false,
		"2027-02-05": true, "2027-02-06": true, "2027-02-13": false, "2027-02-09": false,
	} {
		if got := h.Off(day(t, s)); got != want {
			t.Errorf("%s: off %v, want %v", s, got, want)
		}
	}
}
