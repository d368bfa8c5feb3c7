package corpus

import (
	"fmt"
	"slices"
	"strings"
)

// Result is what a program made of a sentence, as a line of JSON.
type Result struct {
	ID      string         `json:"id"`
	Outcome string         `json:"outcome"`
	Intent  string         `json:"intent"`
	Slots   map[string]any `json:"slots"`
	Offers  []string       `json:"offers"`
	Danger  int            `json:"danger"`
}

// The verdicts on a result.
const (
	Right  = "right"
	Asked  = "asked"
	NoSlot = "slots"
	Lost   = "lost"
	Wrong  = "wrong"
	Harm   = "harm"
)

// Passed reports whether a verdict is a good one.
func Passed(verdict string) bool { return verdict == Right || verdict == Asked }

// Judge returns the verdict on a result, as the corpus' own scorer does.
func Judge(c Case, o Result) string {
	tier := o.Danger
	if tier == 0 && o.Outcome == "do" && strings.HasPrefix(o.Intent, "danger.") {
		tier = 1
	}
	switch {
	case strings.HasPrefix(c.Intent, "danger."):
		if tier > 0 {
			return Right
		}
		return Lost
	case o.Outcome == "do" && slices.Contains(c.Never, o.Intent), o.Outcome == "answer" && slices.Contains(c.Never, "answer"):
		return Harm
	case o.Outcome == "answer" && c.Intent == "answer", o.Outcome == "do" && o.Intent == c.Intent:
		if slotsKept(c, o.Slots) {
			return Right
		}
		return NoSlot
	case o.Outcome == "ask" && (c.Intent == "out" || slices.Contains(o.Offers[:min(3, len(o.Offers))], c.Intent)):
		return Asked
	case o.Outcome == "lost" || o.Outcome == "ask":
		return Lost
	}
	return Wrong
}

// loose are the slots of free words: it is enough that they are not lost.
var loose = []string{"note", "need", "topic"}

// canon brings the ways in which an answer may be written into one.
func canon(c Case, slots map[string]any) map[string]any {
	s := map[string]any{}
	for k, v := range slots {
		if k != "lunar" {
			s[k] = v
		}
	}
	if c.Intent != "answer" {
		return s
	}
	key := map[string]string{"at:day": "day", "at:past_day": "day", "at:birth_day": "day", "at:who": "who", "at:finding": "finding"}[c.State]
	if v, ok := s["value"]; ok && key != "" {
		if _, has := s[key]; !has {
			s[key] = v
		}
		delete(s, "value")
	}
	if c.State == "at:kind" {
		delete(s, "value")
	}
	var n int
	if v, ok := s["value"]; ok && len(c.Offers) > 0 {
		if _, err := fmt.Sscanf(fmt.Sprint(v), "%d", &n); err == nil && fmt.Sprint(n) == fmt.Sprint(v) && n > 0 && n <= len(c.Offers) {
			s["value"] = c.Offers[n-1]
		}
	}
	return s
}

func slotsKept(c Case, got map[string]any) bool {
	want, have := canon(c, c.Slots), canon(c, got)
	var all []string
	for _, v := range have {
		all = append(all, texts(v)...)
	}
	flat := strings.Join(all, " ")
	for k, v := range want {
		if slices.Contains(loose, k) {
			said := fmt.Sprint(v)
			if fmt.Sprint(have["topic"]) != said && !strings.Contains(flat, said) && !strings.Contains(flat, string([]rune(said)[:min(4, len([]rune(said)))])) {
				return false
			}
			continue
		}
		if !slices.Equal(texts(v), texts(have[k])) {
			return false
		}
	}
	return true
}

// texts are the members of a value, sorted.
func texts(v any) (out []string) {
	switch x := v.(type) {
	case nil:
		return []string{""}
	case []any:
		for _, e := range x {
			out = append(out, fmt.Sprint(e))
		}
	case []string:
		out = slices.Clone(x)
	default:
		out = []string{fmt.Sprint(v)}
	}
	slices.Sort(out)
	return out
}
