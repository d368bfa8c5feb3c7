package site_test

import (
	"strings"
	"testing"

	"xintiexin/flows/site"
	"xintiexin/storage/calendar"
	"xintiexin/storage/purpose"
)

func TestMistakesInASchedule(t *testing.T) {
	const head = "| schedules | |\n| | schedule | title | step | event | opens | due | closes | every | until | who | visits | label | neutral | set | hidden |\n"
	for _, c := range []struct{ rows, want string }{
		{"| | pre | 孕前 | a | checkup | 2m | 1m | 3m | | | clinic | | 问 | 到日子了 | C2 | |", "F2（due）：1m 比 opens 的 2m 还早。"},
		{"| | pre | 孕前 | a | checkup | 1m | 2m | 8w | | | clinic | | 问 | 到日子了 | C2 | |", "G2（closes）：8w 比 due 的 2m 还早。"},
		{"| | pre | 孕前 | a | checkup | 0d | 30d | 1m | | | clinic | | 问 | 到日子了 | C2 | |", "G2（closes）：1m 比 due 的 30d 还早。"},
		{"| | pre | 孕前 | a | chekup | 0d | 0d | 1m | | | clinic | | 问 | 到日子了 | C2 | |", "D2（event）：没有 “chekup”。是不是 checkup？"},
		{"| | pre | 孕前 | a | checkup | 三个月 | 4m | 5m | | | clinic | | 问 | 到日子了 | C2 | |", "E2（opens）：“三个月” 看不懂，写数和单位"},
		{"| | pre | 孕前 | a | checkup | 0d | 0d | 1m | -1m | | clinic | | 问 | 到日子了 | C2 | |", "H2（every）：“-1m” 要往后算。"},
		{"| | pre | 孕前 | a | checkup | 0d | 0d | 1m | | bith | clinic | | 问 | 到日子了 | C2 | |", "I2（until）：没有 “bith”。有：checkup、lmp"},
		{"| | pre | 孕前 | a | checkup | 0d | 0d | 1m | | checkup | clinic | | 问 | 到日子了 | C2 | |", "I2（until）：“checkup” 就是它算起的那件事。"},
		{"| | pre | 孕前 | a | checkup | 0d | 0d | 1m | | | doctor | | 问 | 到日子了 | C2 | |", "J2（who）：没有 “doctor”。"},
		{"| | pre | 孕前 | a | checkup | 0d | 0d | 1m | | | village | | 问 | 到日子了 | C2 | |", "K2（visits）：村里办的，要写哪种走访算办了"},
		{"| | pre | 孕前 | a | checkup | 0d | 0d | 1m | | | clinic | followup | 问 | 到日子了 | C2 | |", "K2（visits）：不是村里办的"},
		{"| | pre | 孕前 | a | checkup | 0d | 0d | 1m | | | village | visit | 问 | 到日子了 | C2 | |", "K2（visits）：没有 “visit”。"},
		{"| | pre | 孕前 | a | checkup | 0d | 0d | 1m | | | clinic | | 应检的 | 到日子了 | C2 | |", "L2（label）：不说 “应检”"},
		{"| | pre | 孕前 | a | checkup | 0d | 0d | 1m | | | clinic | | 问 | 产检到日子了 | C2 | |", "M2（neutral）：通知里不能带 “产”"},
		{"| | pre | 孕前 | a | checkup | 0d | 0d | 1m | | | clinic | | 问 | 有一件您约好的事情到了该办的日子了 | C2 | |", "M2（neutral）：太长，最多 16 个字。"},
		{"| | pre | 孕前 | a | checkup | 0d | 0d | 1m | | | clinic | | 问 | 到日子了 | C0 | |", "N2（set）：没有 “C0”。"},
		{"| | coil | 放环后 | a | operation | 0d | 0d | 1m | | | clinic | | 复查提醒 | 有一件事到日子了 | C2 | yes |", "J2（who）：只有她自己能看的，要写 self。"},
		{"| | coil | 放环后 | a | operation | 0d | 0d | 1m | | | self | | 复查提醒 | 您设的到日子了 | C2 | yes |", "M2（neutral）：只有她自己能看的，只写 “有一件事到日子了”。"},
		{"| | coil | 放环后 | a | operation | 0d | 0d | 1m | | | self | | 看环 | 有一件事到日子了 | C2 | yes |", "L2（label）：只有她自己能看的，只写 “复查提醒”。"},
		{"| | pre | 孕前 | a | checkup | 0d | 0d | 1m | | | clinic | | 问 | 到日子了 | C2 | |\n| | pre | 孕前 | a | checkup | 0d | 0d | 1m | | | clinic | | 问 | 到日子了 | C2 | |", "C3（step）：“pre a” 和第 2 行重了。"},
		{"| | pre | 孕前 | a | checkup | 0d | 0d | 1m | | | clinic | | 问 | 到日子了 | C2 | |\n| | pre | 孕 | b | checkup | 0d | 0d | 1m | | | clinic | | 问 | 到日子了 | C2 | |", "B3（title）：pre 前面写的是 “孕前”，一套里要一样。"},
		{"| | pre | 孕前 | a | checkup | 0d | 0d | 1m | | | clinic | | 问 | 到日子了 | C2 | |\n| | post | 孕前 | b | checkup | 0d | 0d | 1m | | | clinic | | 问 | 到日子了 | C2 | |", "B3（title）：“孕前” 已经是 pre 的叫法。"},
		{"| | pre | 孕前 | a | birth | 0d | 0d | 1m | | | clinic | | 问 | 到日子了 | C2 | |\n| | pre | 孕前 | b | birth | 0d | 0d | 1m | | | clinic | | 问 | 到日子了 | C5 | |", "N3（set）：pre 前面写的是 “C2”，一套里要一样。"},
	} {
		_, findings := site.Read(tables(t, head+c.rows), options(t))
		if !strings.Contains(lines(findings), "schedules!"+c.want) {
			t.Errorf("%s\nwant %s, got\n%s", c.rows, c.want, lines(findings))
		}
	}
}

// TestTheNormsSchedules: the days that the built-in table gives are those of the
// norms, whatever is written in it.
func TestTheNormsSchedules(t *testing.T) {
	town := site.Builtin()
	h := town.Holidays()
	for _, c := range []struct{ schedule, step, event, opens, due, closes string }{
		{"孕期", "visit1", "2026-11-03", "2026-12-15", "2026-12-29", "2027-02-01"}, // 12 weeks and 6 days
		{"孕期", "visit2", "2026-11-03", "2027-02-23", "2027-03-02", "2027-03-29"},
		{"孕期", "visit3", "2026-11-03", "2027-03-30", "2027-04-06", "2027-04-26"},
		{"孕期", "visit4", "2026-11-03", "2027-05-18", "2027-06-01", "2027-07-19"},
		{"孕期", "visit5", "2026-11-03", "2027-07-20", "2027-07-27", "2027-08-16"},
		{"产后", "day42", "2027-08-10", "2027-09-19", "2027-09-21", "2027-10-05"},
		{"产后", "home", "2027-10-01", "2027-10-01", "2027-10-04", "2027-10-08"}, // the 4th is the first worked day
		{"孩子", "month1", "2028-01-31", "2028-02-28", "2028-02-28", "2028-03-01"},
		{"孩子", "month6", "2027-08-31", "2028-02-29", "2028-02-29", "2028-03-31"},
		{"孩子", "year4", "2028-02-29", "2032-02-29", "2032-03-01", "2032-08-29"},
		{"孕前", "early", "2026-11-03", "2026-12-08", "2026-12-29", "2027-01-26"},
		{"孕前", "outcome", "2027-08-10", "2027-08-10", "2027-09-07", "2027-09-21"},
		{"放环后", "month3", "2026-11-30", "2027-02-28", "2027-02-28", "2027-03-30"},
	} {
		event, err := calendar.ParseDay(c.event)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, r := range town.Schedule(c.schedule) {
			if r.Step != c.step {
				continue
			}
			found = true
			if s := r.Dated(event, h); s.Opens.String() != c.opens || s.Due.String() != c.due || s.Closes.String() != c.closes {
				t.Errorf("%s %s from %s: %s, %s, %s; want %s, %s, %s", c.schedule, c.step, c.event, s.Opens, s.Due, s.Closes, c.opens, c.due, c.closes)
			}
		}
		if !found {
			t.Errorf("no step %s in %s", c.step, c.schedule)
		}
	}
	for _, r := range town.Schedules {
		if after := map[string]bool{"coil": true, "after_loss": true, "implant": true, "tubes": true, "vasectomy": true, "refill": true}; after[r.Schedule] != r.Hidden {
			t.Errorf("%s is hidden: %v", r.Schedule, r.Hidden)
		}
		if (r.Schedule == "child") != (r.Set == purpose.ChildReminders) {
			t.Errorf("%s rests on %s", r.Schedule, r.Set)
		}
	}
}
