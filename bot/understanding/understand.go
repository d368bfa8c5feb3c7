package understanding

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"xintiexin/flows/understand"
	"xintiexin/flows/understand/corpus"
	"xintiexin/flows/understand/train"
)

// Flags makes the flags of a command, which print how it is called.
type Flags func(name string, out io.Writer) *flag.FlagSet

// ReadSentences is the command understand.
func ReadSentences(args []string, out io.Writer, newFlags Flags) error {
	if len(args) > 0 && args[0] == "train" {
		return trainWeights(args[1:], out, newFlags)
	}
	set := newFlags("understand", out)
	role := set.String("role", "resident", "cadre, resident, stranger, clinic or clerk")
	state := set.String("state", "idle", "what is open: idle, at:who, at:day …")
	offers := set.String("offers", "", "options on the screen, ; between")
	asJSON := set.String("json", "", "a file of sentences, of which outcomes are printed as JSON")
	cases := set.String("cases", "", "a file of sentences, of which differences are printed")
	if err := set.Parse(args); err != nil {
		return err
	}
	var words []string
	for set.NArg() > 0 { // flags may stand behind the text
		words = append(words, set.Arg(0))
		if err := set.Parse(set.Args()[1:]); err != nil {
			return err
		}
	}
	switch {
	case *asJSON != "":
		return outcomesOf(*asJSON, out)
	case *cases != "":
		return differences(*cases, out)
	case len(words) == 0:
		set.Usage()
		return flag.ErrHelp
	}
	c := corpus.Case{Text: strings.Join(words, " "), Role: *role, State: *state}
	for o := range strings.SplitSeq(*offers, ";") {
		if o != "" {
			c.Offers = append(c.Offers, o)
		}
	}
	explain(c, out)
	return nil
}

func trainWeights(args []string, out io.Writer, newFlags Flags) error {
	set := newFlags("understand", out)
	dir := set.String("dir", ".", "the folder flows/understand")
	if err := set.Parse(args); err != nil {
		return err
	}
	return train.Write(*dir, out)
}

// understood reads a sentence in the invented town of the corpus.
func understood(c corpus.Case, names understand.Names) understand.Reading {
	return understand.Default().Read(understand.Asked{Text: c.Text, Role: c.Role, State: c.State, Offers: c.Offers, Day: understand.Invented().Day, Names: names})
}

func resultOf(c corpus.Case, r understand.Reading) corpus.Result {
	return corpus.Result{ID: c.ID, Outcome: string(r.Outcome.Kind), Intent: r.Outcome.Intent, Slots: r.Outcome.Slots, Offers: r.Outcome.Offers, Danger: int(r.Danger.Tier)}
}

func outcomesOf(file string, out io.Writer) error {
	cases, err := corpus.ReadFile(file)
	if err != nil {
		return err
	}
	names, lines := understand.Invented().Names(), json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	for _, c := range cases {
		if err := lines.Encode(resultOf(c, understood(c, names))); err != nil {
			return fmt.Errorf("print outcomes: %w", err)
		}
	}
	return nil
}

var errCases = errors.New("some sentences were read otherwise")

func differences(file string, out io.Writer) error {
	cases, err := corpus.ReadFile(file)
	if err != nil {
		return err
	}
	names, passed := understand.Invented().Names(), 0
	for _, c := range cases {
		r := understood(c, names)
		verdict := corpus.Judge(c, resultOf(c, r))
		if corpus.Passed(verdict) {
			passed++
			continue
		}
		want, _ := json.Marshal(c.Slots)
		got, _ := json.Marshal(r.Outcome.Slots)
		fmt.Fprintf(out, "%s: %s [%s %s] %s\n  want %s %s\n  got  %s %s %s %s\n", verdict, c.ID, c.Role, c.State, c.Text, c.Intent, want,
			r.Outcome.Kind, r.Outcome.Intent, strings.Join(r.Outcome.Offers, " "), got)
	}
	fmt.Fprintf(out, "%d passed, %d failed\n", passed, len(cases)-passed)
	if passed < len(cases) {
		return errCases
	}
	return nil
}

// explain prints a reading with its reasons.
func explain(c corpus.Case, out io.Writer) {
	r := understood(c, understand.Invented().Names())
	for _, w := range r.Why {
		fmt.Fprintln(out, w)
	}
	for i, x := range r.Candidates {
		if i == 5 || x.P < 0.01 {
			break
		}
		fmt.Fprintf(out, "%5.1f %% %s %s\n", x.P*100, x.Intent, understand.Label(x.Intent))
	}
	fmt.Fprintf(out, "outcome: %s %s", r.Outcome.Kind, r.Outcome.Intent)
	if len(r.Outcome.Offers) > 0 {
		fmt.Fprintf(out, "%s", strings.Join(r.Outcome.Offers, ", "))
	}
	fmt.Fprintln(out)
	if len(r.Facts) == 0 && len(r.Outcome.Slots) > 0 {
		printSlots(out, r.Outcome.Slots)
	}
	for _, f := range r.Facts {
		fmt.Fprintf(out, "fact: %s “%s”\n", f.Intent, f.Span)
		printSlots(out, f.Slots)
	}
}

func printSlots(out io.Writer, s understand.Slots) {
	for _, k := range []string{"who", "day", "time", "finding", "way", "count", "place", "phone", "next", "topic", "value", "need", "note"} {
		if v, ok := s[k]; ok {
			b, _ := json.Marshal(v)
			fmt.Fprintf(out, "  %s: %s\n", k, b)
		}
	}
}
