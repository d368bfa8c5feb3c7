package seats

import (
	"fmt"
	"strings"
	"testing"

	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
)

func TestASentenceAboutABookingIsHeard(t *testing.T) {
	c := &dialog.Turn{Today: calendar.Date(2027, 1, 12)}
	for _, x := range []struct{ typed, want string }{
		{"28号 俺俩一块去行不", "2027-01-28 couple"},
		{"28号早上8点半 俺俩", "2027-01-28 08:30 couple"},
		{"俺俩后天去 九点中不", "2027-01-14 09:00 couple"},
		{"2月2号 8点", "2027-02-02 08:00"},
		{"腊月二十一头午", "2027-01-28"},
		{"还是29号吧", "2027-01-29"},
		{"我一个人 他没空 29号", "2027-01-29 alone"},
		{"不和对象一块 29号", "2027-01-29 alone"},
		{"周四 1月28日 腊月廿一 剩6", "2027-01-28"},
		{"1 俺俩", "couple"},
		{"两个人", "couple"},
		{"李秀芹 28号", "2027-01-28 [李秀芹]"},
		{"李秀芹 28号 9点 两口子", "2027-01-28 09:00 couple [李秀芹]"},
		{"啥时候有", "[啥 有]"},
		{"", ""},
	} {
		h := Hear(c, x.typed)
		var got []string
		if h.Date.Day != 0 {
			got = append(got, h.Date.Day.String())
		}
		if h.Timed {
			got = append(got, fmt.Sprintf("%02d:%02d", h.Hour, h.Minute))
		}
		if h.Party != "" {
			got = append(got, h.Party)
		}
		if h.Rest != "" {
			got = append(got, "["+h.Rest+"]")
		}
		if s := strings.Join(got, " "); s != x.want {
			t.Errorf("%q is heard as %q, want %q", x.typed, s, x.want)
		}
	}
}

func TestAPickIsReadAsItWasWritten(t *testing.T) {
	day := calendar.Date(2027, 1, 28)
	for _, p := range []Pick{
		{Day: day}, {Day: day, Hour: "08:30", Party: "couple"}, {Hour: "08:30", Party: "alone"}, {Other: true},
		{Wait: true}, {Wait: true, Day: day}, {Wait: true, After: day, Party: "couple"}, {From: true, Day: day},
	} {
		if got := ReadPick(p.String()); got != p {
			t.Errorf("%q is read as %+v, want %+v", p, got, p)
		}
	}
	if got := ReadPick("08:30"); got != (Pick{Hour: "08:30"}) {
		t.Errorf("an hour is read as %+v", got)
	}
}
