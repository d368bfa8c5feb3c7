package author

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/flows/form"
	"xintiexin/flows/xlsform"
	"xintiexin/storage/calendar"
)

// corpus are real forms of other projects. They are not part of this
// repository.
const corpus = "../../../shared/xlsforms"

// reviewed are the findings of those forms, reviewed by hand.
const reviewed = "../xlsform/testdata/corpus"

var noon = time.Date(2026, 12, 2, 12, 0, 0, 0, calendar.Zone)

func corpusFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(corpus, "*.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("no forms in %s: these real forms are kept outside of the repository", corpus)
	}
	return files
}

// Each real form either goes live and is answered to its end, whichever way
// through it is taken, or is refused, as its reviewed list says. A form that is
// refused is answered too, without the cells that were complained about.
func TestRealFormsAreAnsweredToTheirEndOrRefused(t *testing.T) {
	for _, file := range corpusFiles(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".xlsx")
		t.Run(name, func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			f, findings := xlsform.ReadWorkbook(name, src, xlsform.Options{})
			list, err := os.ReadFile(filepath.Join(reviewed, name+".txt"))
			if os.IsNotExist(err) {
				t.Skip("not reviewed yet")
			}
			if err != nil {
				t.Fatal(err)
			}
			if live := !slices.ContainsFunc(strings.Split(strings.TrimSpace(string(list)), "\n"), isError); live != (f != nil) {
				t.Fatalf("live %v, but reviewed as %v: %v", f != nil, live, findings)
			}
			if f == nil {
				book, findings := xlsform.ParseWorkbook(src)
				if book == nil {
					t.Fatal(findings)
				}
				attach(book, name)
				f = mended(t, name, book)
			}
			answeredToTheEnd(t, f)
		})
	}
}

func isError(line string) bool { return line != "" && !strings.Contains(line, "：提醒：") }

// known are answers that the world around these forms would give.
var known = map[string]map[string]string{"trace_follow_up": {"trace_reasons": "IC3"}}

// attach adds sheets in place of the files that a form reads.
func attach(book *xlsform.Workbook, name string) {
	if name != "pma-crvs-kap" {
		return
	}
	sheet := xlsform.Sheet{Name: "R6_DataFiles"}
	for i, row := range [][]string{
		{"name", "label", "householdid", "num_HH_members", "memberid_byhh", "hhqid_key", "HHQ_result", "firstname", "age"},
		{"1", "户一", "householdid", "2", "1", "hhqid", "completed", "Abebe", "40"},
		{"2", "户二", "other", "2", "2", "hhqid2", "completed", "Almaz", "3"},
	} {
		r := xlsform.Row{Number: i + 1}
		for _, text := range row {
			r.Cells = append(r.Cells, xlsform.Cell{Text: text})
		}
		sheet.Rows = append(sheet.Rows, r)
	}
	book.Sheets = append(book.Sheets, sheet)
}

// mended reads a form without the cells, or where the type is wrong the rows,
// that are complained about.
func mended(t testing.TB, name string, book *xlsform.Workbook) *form.Form {
	t.Helper()
	for range 20 {
		f, findings := xlsform.Read(name, book, xlsform.Options{AllowMedia: true})
		if f != nil {
			return f
		}
		for _, x := range findings {
			if !x.Warning && !blank(book, x) {
				t.Fatalf("%v cannot be mended", x)
			}
		}
	}
	_, findings := xlsform.Read(name, book, xlsform.Options{AllowMedia: true})
	t.Fatal("still wrong after 20 rounds", findings)
	return nil
}

// blank empties the cell of a finding; it is false when there is none.
func blank(book *xlsform.Workbook, x xlsform.Finding) bool {
	for i := range book.Sheets {
		s := &book.Sheets[i]
		if s.Name != x.Sheet {
			continue
		}
		for j := range s.Rows {
			letters := strings.TrimRight(x.Cell, "0123456789")
			if x.Cell != fmt.Sprint(letters, s.Rows[j].Number) {
				continue
			}
			col := 0
			for _, c := range letters {
				col = col*26 + int(c-'A') + 1
			}
			switch {
			case x.Column == "type" || col > len(s.Rows[j].Cells) || s.Rows[j].Cells[col-1].Text == "":
				s.Rows = slices.Delete(s.Rows, j, j+1)
			case strings.Contains(s.Rows[j].Cells[col-1].Text, "trim("): // as the finding advises
				s.Rows[j].Cells[col-1].Text = strings.ReplaceAll(s.Rows[j].Cells[col-1].Text, "trim(", "normalize-space(")
			case x.Column == "calculation":
				s.Rows[j].Cells[col-1] = xlsform.Cell{Text: "''"}
			default:
				s.Rows[j].Cells[col-1] = xlsform.Cell{}
			}
			return true
		}
	}
	return false
}

func answeredToTheEnd(t *testing.T, f *form.Form) {
	t.Helper()
	asked, escaped := map[string]bool{}, map[string]bool{}
	for seed := range uint64(ways) {
		r, err := Answerer{Form: f, Lists: Invented{}, Now: noon, Seed: seed, Preset: known[f.ID]}.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range r.Asked {
			asked[q.Name] = true
		}
		for _, d := range r.DeadEnds {
			escaped[d.String()] = true
		}
		if !r.Done {
			t.Errorf("seed %d: %d messages, %d answers, dead ends %v", seed, r.Messages, len(r.Turns), r.DeadEnds)
		}
	}
	var never []string
	for _, name := range askable(f.Questions) {
		if !asked[name] {
			never = append(never, name)
		}
	}
	t.Logf("%d questions asked; escaped from %v; never asked %v", len(asked), slices.Sorted(maps.Keys(escaped)), never)
	if len(asked) == 0 && len(never) > 0 && known[f.ID] != nil {
		t.Error("nothing was asked")
	}
}

// TestTableOfExpressions checks the whole table as form eval -cases does.
func TestTableOfExpressions(t *testing.T) {
	table := filepath.Join(corpus, "expressions.csv")
	if _, err := os.Stat(table); err != nil {
		t.Skipf("no table of expressions in %s: it is kept outside of the repository", corpus)
	}
	var out strings.Builder
	err := Run(context.Background(), []string{"eval", "-cases", table}, nil, &out, options)
	if err != nil || !strings.HasSuffix(out.String(), " passed, 0 failed\n") || strings.HasPrefix(out.String(), "0 ") {
		t.Errorf("%v:\n%s", err, out.String())
	}
}

// BenchmarkStepInTheLargestForm is one message in the middle of the longest way
// that is found through the largest real form: stored bytes in, stored bytes
// out.
func BenchmarkStepInTheLargestForm(b *testing.B) {
	src, err := os.ReadFile(filepath.Join(corpus, "pma-crvs-kap.xlsx"))
	if os.IsNotExist(err) {
		b.Skipf("no forms in %s: these real forms are kept outside of the repository", corpus)
	}
	book, findings := xlsform.ParseWorkbook(src)
	if book == nil {
		b.Fatal(findings)
	}
	attach(book, "pma-crvs-kap")
	f := mended(b, "pma-crvs-kap", book)
	states, typed := longestWay(b, f)
	b.ReportAllocs()
	buf := make([]byte, 0, 1<<16)
	for i := 0; b.Loop(); i = (i + 1) % len(typed) {
		s, err := form.Decode(f, states[i])
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := form.Step(f, s, form.Input{Text: typed[i]}, form.Env{Now: noon, Seed: uint64(i), Lists: Invented{}}); err != nil {
			b.Fatal(err)
		}
		buf = s.AppendBinary(buf[:0])
	}
	b.ReportMetric(float64(len(typed)), "answers")
}

// longestWay returns the stored session before each message of the longest of
// some ways through f, and the messages.
func longestWay(b *testing.B, f *form.Form) (states [][]byte, typed []string) {
	for seed := range uint64(ways) {
		r, err := Answerer{Form: f, Lists: Invented{}, Now: noon, Seed: seed}.Run(context.Background())
		if err != nil || !r.Done {
			b.Fatalf("seed %d: %v %v", seed, err, r.DeadEnds)
		}
		if len(r.Turns)-1 <= len(typed) {
			continue
		}
		t, _, err := begin(f, "", noon)
		if err != nil {
			b.Fatal(err)
		}
		states, typed = nil, nil
		for _, turn := range r.Turns[1:] {
			states, typed = append(states, t.stored), append(typed, turn.Typed)
			if _, err := t.say(turn.Typed); err != nil {
				b.Fatal(err)
			}
		}
	}
	return states, typed
}

// ways is how many ways through each form are walked.
const ways = 10

func askable(qs []*form.Question) []string {
	var out []string
	for _, q := range qs {
		out = append(out, askable(q.Children)...)
		switch q.Type {
		case form.Note, form.Calculate, form.Hidden, form.Group, form.Meta, form.Media, form.Repeat:
			continue
		}
		if q.Calculation == "" && q.ReadOnly == "" {
			out = append(out, q.Name)
		}
	}
	return out
}
