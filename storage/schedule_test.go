package storage_test

import (
	"testing"

	"xintiexin/storage/calendar"
	"xintiexin/storage/townconfig"
)

func date(t *testing.T, s string) calendar.Day {
	t.Helper()
	d, err := calendar.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestOffsets(t *testing.T) {
	for _, c := range []struct{ offset, from, want string }{
		{"0d", "2026-12-02", "2026-12-02"},
		{"12w6d", "2026-12-02", "2027-03-02"},
		{"40w", "2027-05-01", "2028-02-05"}, // over a 29 February that has not come
		{"40w", "2027-06-01", "2028-03-07"}, // over one
		{"42d", "2028-01-20", "2028-03-02"},
		{"1m", "2027-01-31", "2027-02-28"},
		{"1m", "2028-01-31", "2028-02-29"},
		{"1m", "2027-03-31", "2027-04-30"},
		{"12m", "2028-02-29", "2029-02-28"},
		{"1y", "2028-02-29", "2029-02-28"},
		{"4y", "2028-02-29", "2032-02-29"},
		{"-3m", "2027-05-31", "2027-02-28"},
		{"-3d", "2027-01-02", "2026-12-30"},
		{"1m3d", "2027-01-31", "2027-03-03"}, // the month first
		{"-1w", "2027-01-03", "2026-12-27"},
	} {
		o, ok := townconfig.ParseOffset(c.offset)
		if got := o.From(date(t, c.from)).String(); !ok || got != c.want {
			t.Errorf("%s from %s: %s, want %s", c.offset, c.from, got, c.want)
		}
	}
	for _, bad := range []string{"", "-", "12", "w", "3x", "3d2w", "+3d", "1.5m", "三个月", "3 d", "--3d"} {
		if o, ok := townconfig.ParseOffset(bad); ok {
			t.Errorf("%q is read as %+v", bad, o)
		}
	}
}

func TestWhenABirthIsExpected(t *testing.T) {
	for _, c := range []struct{ lmp, days, form string }{
		{"2026-11-03", "2027-08-10", "2027-08-10"},
		{"2027-05-25", "2028-02-29", "2028-03-03"}, // nine months later is 25 February
		{"2027-05-01", "2028-02-05", "2028-02-08"},
		{"2027-12-31", "2028-10-06", "2028-10-07"}, // from 30 September, which has no 31st
		{"2028-02-29", "2028-12-05", "2028-12-06"},
		{"2027-02-28", "2027-12-05", "2027-12-05"},
	} {
		days, form := townconfig.DueDate(date(t, c.lmp))
		if days.String() != c.days || form.String() != c.form {
			t.Errorf("%s: %s and %s, want %s and %s", c.lmp, days, form, c.days, c.form)
		}
	}
}

// TestStepsOnHolidays: what people work for goes to the next day of work inside
// the window, else to the one before; a reminder that is hers alone stays.
func TestStepsOnHolidays(t *testing.T) {
	h := (&townconfig.Site{}).Holidays()
	for _, c := range []struct{ name, who, opens, due, closes, event, want string }{
		{"a working day", "clinic", "40d", "42d", "56d", "2026-11-02", "2026-12-14"},
		{"a Saturday goes to Monday", "clinic", "40d", "42d", "56d", "2026-10-31", "2026-12-14"},
		{"the Spring Festival of 2026 ends on the 24th", "clinic", "0d", "7d", "21d", "2026-02-08", "2026-02-24"},
		{"a made-up Saturday is worked", "village", "0d", "7d", "14d", "2026-02-21", "2026-02-28"},
		{"the window is over in the holiday: the day before it", "village", "-7d", "3d", "7d", "2026-02-13", "2026-02-14"},
		{"nobody works in the whole window", "village", "0d", "1d", "3d", "2026-02-16", "2026-02-17"},
		{"her own day stays", "self", "0d", "7d", "21d", "2026-02-08", "2026-02-15"},
		{"the end of a month", "clinic", "1m", "1m", "2m", "2027-01-31", "2027-03-01"}, // 28 February is a Sunday
	} {
		row := townconfig.ScheduleStep{Step: "x", Who: c.who, Opens: c.opens, Due: c.due, Closes: c.closes}
		s := row.Dated(date(t, c.event), h)
		if s.Due.String() != c.want || s.Due < s.Opens || s.Due > s.Closes {
			t.Errorf("%s: %s (%s to %s), want %s", c.name, s.Due, s.Opens, s.Closes, c.want)
		}
	}
}

func TestAStepThatComesAgain(t *testing.T) {
	h := (&townconfig.Site{}).Holidays()
	row := townconfig.ScheduleStep{Step: "yearly", Who: "clinic", Opens: "12m", Due: "12m", Closes: "15m", Every: "12m"}
	first := row.Dated(date(t, "2025-10-03"), h)
	if first.Due.String() != "2026-10-08" { // over the National Day
		t.Fatal(first.Due)
	}
	next, ok := row.Again(first, first.Closes, h)
	if !ok || next.Round != 1 || next.Due.String() != "2027-10-04" { // from the 3rd, a Sunday, not from the 8th
		t.Errorf("the second: %+v", next)
	}
	late, ok := row.Again(first, date(t, "2031-01-05"), h)
	if !ok || late.Round != 5 || late.Closes < date(t, "2031-01-05") || late.Closes.String() != "2032-01-03" {
		t.Errorf("years later: %+v", late)
	}
	for _, every := range []string{"", "0d", "-1m", "never"} {
		row.Every = every
		if again, ok := row.Again(first, first.Closes, h); ok {
			t.Errorf("%q comes again: %+v", every, again)
		}
	}
}
