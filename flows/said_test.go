package flows

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"xintiexin/flows/dates"
	"xintiexin/flows/form"
	"xintiexin/flows/migration"
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

// understood is what the bot makes of a row, in the words of the table: a reply to the
// question of a form, a sentence, or a place.
func understood(t *testing.T, r saidRow) string {
	switch r.question {
	case "预约":
		return repliedDay(t, r, "future")
	case "走访":
		return repliedDay(t, r, "past")
	case "走":
		return heardLeaving(r, dates.Any)
	case "走了":
		return heardLeaving(r, dates.Past)
	case "回":
		return repliedAbout(t, r)
	case "话·预约":
		return foundDay(r, dates.Future)
	case "话·走访":
		return foundDay(r, dates.Past)
	case "几点":
		return heardTime(r.said)
	case "号":
		return heardHour(r.said)
	case "地方":
		kept, several, _ := migration.WhereTo(r.said)
		switch {
		case len(several) > 0:
			return "问 " + strings.Join(several, " ")
		case kept != "":
			return kept
		}
	}
	return "不懂"
}

// reply sends what was said to a form that asks nothing else, and returns what it kept,
// or what it shows.
func reply(t *testing.T, r saidRow, q form.Question) (string, form.Screen) {
	t.Helper()
	q.Name, q.Label, q.Required = "it", "几时？", "yes"
	f := &form.Form{ID: "said", Questions: []*form.Question{&q}}
	if problems := form.Compile(f); len(problems) > 0 {
		t.Fatal(problems[0].Text)
	}
	env := form.Env{Now: r.today.At(10, 0)}
	s, _, _, err := form.Start(f, "", env)
	if err != nil {
		t.Fatal(err)
	}
	_, screen, err := form.Step(f, s, form.Input{Text: r.said}, env)
	if err != nil {
		t.Fatal(err)
	}
	return s.Get("it"), screen
}

func repliedDay(t *testing.T, r saidRow, way string) string {
	kept, screen := reply(t, r, form.Question{Type: form.Date, Parameters: map[string]string{"direction": way}})
	if kept != "" {
		dir := map[string]dates.Direction{"past": dates.Past, "future": dates.Future}[way]
		d := dates.Date(r.said, r.today, dir)
		if d.Reason == dates.NotADate {
			d = dates.Told(r.said, r.today, dir)
		}
		return kept + part(d)
	}
	return askedBack(screen, r.today)
}

func repliedAbout(t *testing.T, r saidRow) string {
	kept, screen := reply(t, r, form.Question{Type: form.Text, Parameters: map[string]string{"when": "about"}})
	switch from, to := migration.ExpectedOn(kept, r.today); {
	case kept == "说不准":
		return kept
	case kept == "":
		return askedBack(screen, r.today)
	case from != 0:
		return "段 " + from.String() + " " + to.String()
	case to != 0:
		return to.String()
	}
	return "记成 " + kept
}

// askedBack is the question that a form asks back.
func askedBack(screen form.Screen, today calendar.Day) string {
	var out []string
	for _, o := range screen.Options {
		_, day := migration.ExpectedOn(o.Value, today)
		if d, err := calendar.ParseDay(o.Value); err == nil {
			day = d
		}
		out = append(out, day.String())
	}
	switch {
	case len(out) > 0:
		return "问 " + strings.Join(out, " ")
	case strings.Contains(strings.Join(screen.Say, ""), "”是"): // “年底”是几时？
		return "问"
	}
	return "不懂"
}

func heardLeaving(r saidRow, dir dates.Direction) string {
	d := dates.Date(r.said, r.today, dir)
	switch {
	case dates.Unsure(r.said):
		return "说不准"
	case d.To != 0:
		return "段 " + d.From.String() + " " + d.To.String()
	}
	return day(d)
}

func foundDay(r saidRow, dir dates.Direction) string {
	_, _, d := dates.FindDate(r.said, r.today, dir)
	return day(d)
}

func part(d dates.Dates) string {
	return map[dates.Part]string{dates.Morning: " 上午", dates.Noon: " 中午", dates.Afternoon: " 下午", dates.Evening: " 晚上"}[d.Part]
}

func day(d dates.Dates) string {
	switch {
	case d.Day != 0:
		return d.Day.String() + part(d)
	case len(d.Alternatives) > 0:
		out := "问"
		for _, a := range d.Alternatives {
			out += " " + a.String()
		}
		return out
	case d.Coarse != "":
		return "问"
	}
	return "不懂"
}

// heardHour is a time at a clinic that is open 8:00–11:30 and 14:00–17:00.
func heardHour(said string) string {
	hour, minute, ambiguous, ok := dates.Time(said)
	if ambiguous && ok && hour < 8 {
		hour += 12
	}
	switch at := 60*hour + minute; {
	case ok && (at >= 8*60 && at <= 11*60+30 || at >= 14*60 && at <= 17*60):
		return fmt.Sprintf("%02d:%02d", hour, minute)
	}
	return "不懂"
}

func heardTime(said string) string {
	hour, minute, ambiguous, ok := dates.Time(said)
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

// saidErrors is how many the table counts now: it may only become less.
const saidErrors = 1

func TestSaid(t *testing.T) {
	rows := saidRows(t, "answer/testdata/said.md")
	refused, right, errors := 0, 0, 0
	for _, r := range rows {
		if strings.HasPrefix(r.means, "问") || r.means == "不懂" {
			refused++
		}
		got := understood(t, r)
		n := saidWrong(r.means, got)
		if errors += n; n == 0 {
			right++
			continue
		}
		t.Logf("%2d  %s %s %s: %s, want %s", n, r.question, r.today, r.said, got, r.means)
	}
	if len(rows) < 800 || refused < 300 {
		t.Errorf("%d phrases, %d refused or asked back", len(rows), refused)
	}
	if errors > saidErrors {
		t.Errorf("%d errors, %d are known", errors, saidErrors)
	}
	t.Logf("%d of %d right (%.1f %%), score %.1f %%", right, len(rows), 100*float64(right)/float64(len(rows)), 100-100*float64(errors)/float64(len(rows)))
}
