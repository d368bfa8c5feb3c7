package author

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/flows/form"
	"xintiexin/flows/xlsform"
)

var update = flag.Bool("update", false, "write what the commands say under testdata anew")

var options = Options{Live: []string{"residents", "away", "days", "hours", "rings"}, Builtin: os.DirFS("../forms"), Now: func() time.Time { return noon }}

// TestCommands plays testdata/*.txt. "-- NAME" begins a file, which goes on to
// the next such line or the first command; "$ form …" is a command, " < NAME"
// at its end what is typed; "$ cat NAME" shows a file. Below a command stands
// what it says, and last, after "! ", the error that it returns.
func TestCommands(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range scripts {
		t.Run(filepath.Base(script), func(t *testing.T) {
			src, err := os.ReadFile(script)
			if err != nil {
				t.Fatal(err)
			}
			o := options
			o.Builtin = os.DirFS(filepath.Join(here, "../forms"))
			t.Chdir(t.TempDir())
			got := playCommands(t, string(src), o)
			if *update {
				if err := os.WriteFile(filepath.Join(here, script), []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			compareLines(t, got, string(src))
		})
	}
}

func compareLines(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Fatalf("line %d differs; got\n%s", i+1, got)
		}
	}
}

func playCommands(t *testing.T, src string, o Options) string {
	var out strings.Builder
	file, inFile, said := "", false, false
	var text strings.Builder
	keep := func() {
		if inFile {
			if err := os.WriteFile(file, []byte(text.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		text.Reset()
		inFile = false
	}
	for line := range strings.Lines(src) {
		name, begins := strings.CutPrefix(line, "-- ")
		args, commanded := strings.CutPrefix(line, "$ ")
		switch {
		case begins:
			keep()
			file, inFile, said = strings.TrimSpace(name), true, false
		case commanded:
			keep()
			said = true
			out.WriteString(line + runLine(t, splitLine(args), o))
			continue
		case inFile:
			text.WriteString(line)
		case strings.HasPrefix(line, "# "):
			said = false
		case said:
			continue
		}
		out.WriteString(line)
	}
	return out.String()
}

// splitLine takes a command line apart; '…' is one word.
func splitLine(line string) []string {
	var out []string
	for i, part := range strings.Split(strings.TrimSpace(line), "'") {
		if i%2 == 1 {
			out = append(out, part)
		} else {
			out = append(out, strings.Fields(part)...)
		}
	}
	return out
}

func runLine(t *testing.T, args []string, o Options) string {
	var out bytes.Buffer
	var in io.Reader = strings.NewReader("")
	if n := len(args); n > 2 && args[n-2] == "<" {
		src, err := os.ReadFile(args[n-1])
		if err != nil {
			t.Fatal(err)
		}
		in, args = bytes.NewReader(src), args[:n-2]
	}
	if args[0] == "cat" {
		src, err := os.ReadFile(args[1])
		if err != nil {
			t.Fatal(err)
		}
		return string(src)
	}
	err := Run(context.Background(), args[1:], in, &out, o)
	said := out.String()
	if said != "" && !strings.HasSuffix(said, "\n") {
		said += "\n"
	}
	if err != nil {
		said += fmt.Sprintf("! %v\n", err)
	}
	return said
}

func TestWhatIsNoCommandIsRefused(t *testing.T) {
	tests := []struct {
		name string
		args []string
		help bool
	}{
		{"nothing at all", nil, true},
		{"a word that is no command", []string{"paint"}, false},
		{"check without a file", []string{"check"}, true},
		{"check of two files", []string{"check", "a", "b"}, true},
		{"an unknown flag", []string{"check", "visit", "-loud"}, false},
		{"a file that is not there", []string{"check", "nothing.xlsx"}, false},
		{"test without a chat", []string{"test", "visit"}, true},
		{"a chat that is not there", []string{"test", "visit", "nothing.txt"}, false},
		{"export of what is not built in", []string{"export", "nothing", "x.xlsx"}, false},
		{"eval of nothing", []string{"eval"}, false},
		{"eval with a name alone", []string{"eval", "1", "x"}, false},
		{"cases without a file", []string{"eval", "-cases"}, false},
		{"cases in a file that is not there", []string{"eval", "-cases", "nothing.csv"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := Run(context.Background(), tt.args, strings.NewReader(""), io.Discard, options)
			if err == nil || errors.Is(err, flag.ErrHelp) != tt.help {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	in, typed := io.Pipe()
	defer typed.Close()
	asked := &watch{seen: make(chan struct{})}
	done := make(chan error, 1)
	go func() { done <- Run(ctx, []string{"run", "visit"}, in, asked, options) }()
	<-asked.seen
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// watch tells when a prompt was written.
type watch struct{ seen chan struct{} }

func (w *watch) Write(b []byte) (int, error) {
	if bytes.HasSuffix(b, []byte("> ")) {
		close(w.seen)
	}
	return len(b), nil
}

func TestColumnsStandUnderEachOther(t *testing.T) {
	got := columns([][]string{{"题目", "存的"}, {"n", "3"}, {"finding", "都好"}})
	want := []string{"题目     存的", "n        3", "finding  都好"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestAFormThatCannotGoLiveHereIsRefused(t *testing.T) {
	o := options
	o.Check = func(f *form.Form) []xlsform.Finding {
		return []xlsform.Finding{{Sheet: "settings", Text: "“" + f.Title + "”已经有了。"}}
	}
	var out strings.Builder
	err := Run(t.Context(), []string{"check", "visit"}, nil, &out, o)
	if err == nil || out.String() != "settings：“走访”已经有了。\n" {
		t.Errorf("got %v and %q", err, out.String())
	}
}
