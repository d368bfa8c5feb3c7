package understand

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"xintiexin/flows/understand/danger"
	"xintiexin/flows/understand/model"
	"xintiexin/storage/calendar"
)

// Asked is a sentence to be understood, with all that its meaning depends on.
type Asked struct {
	Text   string
	Role   string   // cadre, resident, stranger, clinic, clerk
	State  string   // idle, or what is open: at:who, at:day …
	Offers []string // options on the screen
	Day    calendar.Day
	Names  Names
}

// Candidate is a meaning that a sentence may have.
type Candidate struct {
	Intent string  `json:"intent"` // answer: to what is open
	P      float64 `json:"p"`
}

// Reading is what a sentence is understood as.
type Reading struct {
	Outcome    Outcome
	Candidates []Candidate // the likeliest first
	Facts      []Fact      // what it tells, one by one
	Danger     danger.Sign // Tier is None where there is no sign
	Right      Right
	Why        []string // in words, for a person
}

// Fact is one thing that a sentence tells, with the part of it that does.
type Fact struct {
	Intent string
	Slots  Slots
	Span   string
}

// Reader understands sentences. It may be used by many goroutines at once.
type Reader struct {
	model  *model.Model
	danger *danger.Table
}

// New returns the reader of a model.
func New(m *model.Model) *Reader { return &Reader{model: m, danger: danger.Builtin()} }

// nobody is the directory of who has none.
var nobody = NewDirectory(nil, nil)

// Read returns what a sentence is understood as.
func (u *Reader) Read(a Asked) Reading {
	if a.Names == nil {
		a.Names = nobody
	}
	if a.State == "" {
		a.State = "idle"
	}
	r := read(a.Text, a.Day, a.Names)
	out := Reading{}
	in := r.input(a.Role, a.State)
	scored := u.model.Score(in)
	out.Danger = u.dangerOf(r, in, scored)
	if a.Role == "resident" || a.Role == "stranger" {
		out.Right = RightSaid(a.Text, a.State != "idle")
	}
	answered, how := r.answerOf(a, u.small)
	out.Why = u.reasons(a, r, &out, how)
	out.Candidates = u.candidates(a, r, scored, out.Right, how)
	out.Outcome = u.decide(a, r, &out, answered, how)
	if out.Outcome.Kind == Do || out.Outcome.Kind == Ask {
		out.Facts = u.facts(a, r, out.Outcome)
	}
	return out
}

// small chooses by a small classifier.
func (u *Reader) small(name, text string) string {
	if u == nil || u.model == nil {
		return ""
	}
	s := u.model.Small(name)
	if s == nil {
		return ""
	}
	c, _ := s.Choose(text)
	return c
}

// How likely danger must be: to be taken for one without a frame, to be taken for possible,
// and for a frame to be believed as sure.
const (
	markSure     = 0.62
	markPossible = 0.17
	markBelieved = 0.05
)

// dangerOf returns the worst sign of danger, by frames and by the scores: a frame that the
// scores do not believe at all is only possible.
func (u *Reader) dangerOf(r *reading, in model.Input, scored []model.Likely) danger.Sign {
	sign := u.danger.Worst(r.text)
	p := u.model.DangerScore(in)
	for _, l := range scored {
		if strings.HasPrefix(l.Name, "danger.") {
			p += l.P
		}
	}
	p /= 2
	switch {
	case sign.Tier == danger.Sure && p < markBelieved:
		sign.Tier = danger.Possible
	case sign.Tier == danger.Sure:
	case p >= markSure:
		sign = danger.Sign{Kind: kindOf(scored, sign), Tier: danger.Sure, Words: cmp.Or(sign.Words, r.raw), Line: sign.Line}
	case sign.Tier == danger.None && p >= markPossible:
		sign = danger.Sign{Kind: kindOf(scored, sign), Tier: danger.Possible, Words: r.raw}
	}
	return sign
}

// kindOf returns the likeliest kind of danger, of a sign's own where it has one.
func kindOf(scored []model.Likely, sign danger.Sign) danger.Kind {
	if sign.Tier != danger.None {
		return sign.Kind
	}
	for _, l := range scored {
		if k, ok := strings.CutPrefix(l.Name, "danger."); ok {
			return danger.Kind(k)
		}
	}
	return danger.Breath
}

// candidates returns what a sentence may mean, an answer as one of them.
func (u *Reader) candidates(a Asked, r *reading, scored []model.Likely, right Right, how parse) (out []Candidate) {
	rule := ruled(a.Role, r.masked)
	for _, l := range scored {
		out = append(out, Candidate{l.Name, l.P})
	}
	if right != NoRight {
		rule = append(rule, string(right))
	}
	if len(rule) > 0 {
		out = favour(out, rule)
	}
	s := u.model.Small("answer@" + a.State)
	if s == nil {
		return out
	}
	class, margin := s.Choose(r.masked + parses[how])
	p := 1 / (1 + math.Exp(-margin))
	if class == "no" {
		p = 1 - p
	}
	for i := range out {
		out[i].P = rounded(out[i].P * (1 - p))
	}
	out = append(out, Candidate{"answer", rounded(p)})
	sortCandidates(out)
	return out
}

func rounded(p float64) float64 { return math.Round(p*1000) / 1000 }

func sortCandidates(list []Candidate) {
	slices.SortStableFunc(list, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.P, a.P), strings.Compare(a.Intent, b.Intent))
	})
}

// favour lifts what a rule names.
func favour(list []Candidate, names []string) []Candidate {
	for _, n := range names {
		if !slices.ContainsFunc(list, func(c Candidate) bool { return c.Intent == n }) {
			list = append(list, Candidate{Intent: n, P: 0.02})
		}
	}
	rest, lifted := 0.0, 0.0
	for _, c := range list {
		if slices.Contains(names, c.Intent) {
			lifted += c.P
		} else {
			rest += c.P
		}
	}
	const weight = 6 // a rule is worth this much
	total := rest + weight*lifted
	for i, c := range list {
		if slices.Contains(names, c.Intent) {
			c.P *= weight
		}
		list[i].P = rounded(c.P / total)
	}
	sortCandidates(list)
	return list
}

// facts returns what a sentence tells one by one: of several persons one fact each.
func (u *Reader) facts(a Asked, r *reading, o Outcome) []Fact {
	if o.Kind != Do {
		return nil
	}
	who, many := o.Slots["who"].([]string)
	if !many || o.Intent != "visit.log" {
		return []Fact{{Intent: o.Intent, Slots: o.Slots, Span: r.raw}}
	}
	finding, each := o.Slots["finding"].([]string)
	var facts []Fact
	for i, name := range who {
		s := Slots{}
		for k, v := range o.Slots {
			s[k] = v
		}
		s["who"] = name
		if each && i < len(finding) {
			s["finding"] = finding[i]
		}
		span := r.spanOf(name, who)
		s["note"] = span
		facts = append(facts, Fact{Intent: o.Intent, Slots: s, Span: span})
	}
	return facts
}

// spanOf returns what is said of one of several persons.
func (r *reading) spanOf(name string, all []string) string {
	for i, m := range r.names {
		if m.said != name {
			continue
		}
		end := len(r.text)
		for _, next := range r.names[i+1:] {
			if next.said != name && slices.Contains(all, next.said) {
				end = next.start
				break
			}
		}
		return strings.Trim(r.text[m.start:end], ",，。;； ")
	}
	return ""
}

// reasons says what was found in a sentence.
func (u *Reader) reasons(a Asked, r *reading, out *Reading, how parse) (why []string) {
	why = append(why, "read as: "+r.masked)
	for _, m := range r.names {
		fit := map[Fit]string{Exact: "as written", Sounds: "by its sound", NoOne: "somebody new"}[m.fit]
		why = append(why, "name: "+m.said+" ("+fit+")")
	}
	for _, d := range r.days {
		why = append(why, "day: "+d.said)
	}
	if out.Right != NoRight {
		why = append(why, "right: "+string(out.Right))
	}
	if s := out.Danger; s.Tier != danger.None {
		why = append(why, fmt.Sprintf("danger: %s, tier %d, line %d of danger.txt, “%s”", s.Kind, s.Tier, s.Line, s.Words))
	}
	if a.State != "idle" {
		why = append(why, "as an answer: "+map[parse]string{parseNone: "does not parse", parseLoose: "parses in part", parseWhole: "parses as a whole"}[how])
	}
	for _, rule := range ruled(a.Role, r.masked) {
		why = append(why, "rule: "+rule)
	}
	return why
}
