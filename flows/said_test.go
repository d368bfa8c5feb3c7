package flows

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"xintiexin/flows/answer"
	"xintiexin/storage/calendar"
)

// saidRow is a line of answer/testdata/said.md: what is typed, at which question and
// on which day, and what it means.
type saidRow struct {
	said, question string
	today          calendar.Day
	means          string
}

func saidRows(t *testing.T, file string) []saidRow {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rows []saidRow
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 4 {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if today, err := calendar.ParseDay(cells[2]); err == nil && today != 0 {
			rows = append(rows, saidRow{cells[0], cells[1], today, cells[3]})
		}
	}
	return rows
}

// understood is what the bot makes of a row, in the words of the table.
func understood(r saidRow) string {
	switch q, talk := strings.CutPrefix(r.question, "话·"); q {
	case "预约":
		return heardDay(r, answer.Future, talk)
	case "走访":
		return heardDay(r, answer.Past, talk)
	case "走":
		return heardDay(r, answer.Any, talk)
	case "回":
		return heardExpected(r)
	case "几点":
		return heardTime(r.said)
	case "地方":
		kept, several, _ := whereTo(r.said)
		switch {
		case len(several) > 0:
			return "问 " + strings.Join(several, " ")
		case kept != "":
			return kept
		}
	}
	return "不懂"
}

func heardDay(r saidRow, dir answer.Direction, talk bool) string {
	d := answer.Date(r.said, r.today, dir)
	if talk {
		_, _, d = answer.FindDate(r.said, r.today, dir)
	}
	part := map[answer.Part]string{answer.Morning: " 上午", answer.Noon: " 中午", answer.Afternoon: " 下午", answer.Evening: " 晚上"}[d.Part]
	switch {
	case d.Day != 0:
		return d.Day.String() + part
	case len(d.Alternatives) > 0:
		return "问 " + days(d.Alternatives)
	case d.Coarse != "":
		return "问"
	}
	return "不懂"
}

func days(all []calendar.Day) string {
	var out []string
	for _, d := range all {
		out = append(out, d.String())
	}
	return strings.Join(out, " ")
}

func heardExpected(r saidRow) string {
	d := answer.Date(r.said, r.today, answer.Future)
	from, to := expectedOn(r.said, r.today)
	switch {
	case d.Reason == answer.WrongDirection:
		return "不懂"
	case d.Day != 0:
		return d.Day.String()
	case len(d.Alternatives) > 0:
		return "问 " + days(d.Alternatives)
	case to != 0:
		return "段 " + from.String() + " " + to.String()
	}
	return "记成 " + r.said
}

func heardTime(said string) string {
	hour, minute, ambiguous, ok := answer.Time(said)
	switch {
	case !ok:
		return "不懂"
	case ambiguous:
		return fmt.Sprintf("问 %02d:%02d %02d:%02d", hour%12, minute, hour%12+12, minute)
	}
	return fmt.Sprintf("%02d:%02d", hour, minute)
}

// saidWrong is how many errors a row counts: 0 as the table says, 1 for a question too
// many or too few, 20 for a wrong value that nobody asks about.
func saidWrong(means, got string) int {
	want := strings.Fields(means)
	if want[0] == "段" {
		want = slices.Delete(want, 1, 2) // its name is for the reader
	}
	has := strings.Fields(got)
	if slices.Equal(want, has) {
		return 0
	}
	switch {
	case want[0] == "问" && has[0] == "问":
		for _, w := range want[1:] {
			if !slices.Contains(has, w) {
				return 1
			}
		}
		return 0
	case has[0] == "问", has[0] == "不懂":
		return 1
	}
	return 20
}

func TestSaid(t *testing.T) {
	rows := saidRows(t, "answer/testdata/said.md")
	refused, right, errors := 0, 0, 0
	for _, r := range rows {
		if strings.HasPrefix(r.means, "问") || r.means == "不懂" {
			refused++
		}
		got := understood(r)
		n := saidWrong(r.means, got)
		if errors += n; n == 0 {
			right++
			continue
		}
		t.Logf("%2d  %s %s %s: %s, want %s", n, r.question, r.today, r.said, got, r.means)
	}
	if len(rows) < 400 || refused < 150 {
		t.Errorf("%d phrases, %d refused or asked back", len(rows), refused)
	}
	t.Logf("%d of %d right (%.1f %%), score %.1f %%", right, len(rows), 100*float64(right)/float64(len(rows)), 100-100*float64(errors)/float64(len(rows)))
}
