package understand

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

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
	out.Candidates = u.candidates(a, r, scored, out.Right, how)
	out.Why = u.reasons(a, r, &out, how)
	out.Outcome = u.decide(a, r, &out, answered, how)
	if out.Outcome.Kind == Do || out.Outcome.Kind == Ask {
		out.Facts = u.facts(a, r, out.Outcome)
	}
	return out
}

// sureFinding is by how much the likeliest finding must lead, to be taken before words.
const sureFinding = 0.6

// small chooses by a small classifier.
func (u *Reader) small(name, text string) string {
	if u == nil || u.model == nil {
		return ""
	}
	s := u.model.Small(name)
	if s == nil {
		return ""
	}
	c, margin := s.Choose(text)
	if name == "finding" && margin < sureFinding {
		return ""
	}
	return c
}

// How likely danger must be: to be taken for one without a frame, to be taken for possible,
// and for a frame to be believed as sure.
const (
	markSure     = 0.68
	markPossible = 0.17
	markBelieved = 0.12
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
	if hanRunes(r.text) < 2 && sign.Tier == danger.None { // codes and numbers
		return sign
	}
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

// shortest is how many Han characters words must have for the scores to speak of danger:
// codes, numbers and what is tapped have fewer.
const shortest = 5

func hanRunes(text string) (n int) {
	for _, r := range text {
		if unicode.Is(unicode.Han, r) {
			n++
		}
	}
	return n
}

// Dangers returns the signs of danger that a sentence says, the surest first: by frames,
// and by the scores where no frame knows it.
func (u *Reader) Dangers(text, role string) []danger.Sign {
	r := read(text, 0, nobody)
	found := u.danger.Find(r.text)
	if hanRunes(r.text) < shortest {
		return found
	}
	in := r.input(role, "idle")
	worst := u.dangerOf(r, in, u.model.Score(in))
	switch {
	case worst.Tier == danger.None:
		return nil
	case len(found) == 0:
		return []danger.Sign{worst}
	}
	for i := range found { // a frame that the scores do not believe is only possible
		found[i].Tier = max(found[i].Tier, worst.Tier)
	}
	found[0].Tier = worst.Tier
	return found
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
	r.ruled = ruled(a.Role, r.masked)
	rule := slices.Clone(r.ruled)
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
		share := out[i].P * (1 - p)
		if len(r.names) == 0 && slices.Contains(answers[a.State], out[i].Intent) && how != parseNone { // said without a name, it answers
			p += 0.9 * share
			share *= 0.1
		}
		out[i].P = rounded(share)
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

// answers are intents whose sentences answer what is open where they name nobody.
// nothing changes it.
var answers = map[string][]string{
	"at:finding": {"visit.log", "day.close"},
	"at:kind": {"visit.log", "away.log", "return.log", "person.died", "person.moved_away", "person.moved_village", "person.phone_changed",
		"booking.for_other", "person.new", "person.show", "booking.change", "home.coming"},
	"at:day":      {"visit.plan", "booking.new", "booking.change"},
	"at:past_day": {"visit.log"},
	"at:summary":  {"visit.correct"},
}

// favour lifts what a rule names.
func favour(list []Candidate, names []string) []Candidate {
	for _, n := range names {
		if !slices.ContainsFunc(list, func(c Candidate) bool { return c.Intent == n }) {
			list = append(list, Candidate{Intent: n, P: 0.02})
		}
	}
	const weight = 5 // a rule is worth this much
	total := 0.0
	for i, c := range list {
		if slices.Contains(names, c.Intent) {
			list[i].P *= weight
		}
		total += list[i].P
	}
	for i := range list {
		list[i].P = rounded(list[i].P / total)
	}
	sortCandidates(list)
	return list
}

// factKinds are what one sentence may tell of several persons, of each another.
// nothing changes it.
var factKinds = []string{"visit.log", "away.log", "return.log", "visit.plan", "home.coming", "person.died", "person.moved_away"}

// sureFact is how likely another meaning of a clause must be to be told apart.
const sureFact = 0.8

// facts returns what a sentence tells one by one: of several persons one fact each, of the
// kind of its own clause; day and way go along from what was said before.
func (u *Reader) facts(a Asked, r *reading, o Outcome) []Fact {
	if o.Kind != Do {
		return nil
	}
	var who []string
	for i, m := range r.names {
		if !r.namePassedOver(i, a.Role, o.Intent) && !r.staff[m.said] && !slices.Contains(who, m.said) {
			who = append(who, m.said)
		}
	}
	if len(who) < 2 || !slices.Contains(factKinds, o.Intent) {
		return []Fact{{Intent: o.Intent, Slots: o.Slots, Span: r.raw}}
	}
	finding, each := o.Slots["finding"].([]string)
	named, _ := o.Slots["who"].([]string)
	var facts []Fact
	for _, name := range who {
		span := r.spanOf(name, who)
		f := Fact{Intent: o.Intent, Span: span}
		clause := read(span, a.Day, a.Names)
		if top := u.model.Score(clause.input(a.Role, "idle"))[0]; slices.Contains(factKinds, top.Name) && top.P >= sureFact {
			f.Intent = top.Name
		}
		f.Slots = clause.slotsOf(f.Intent, a.Role, a.Day, u.small)
		if f.Intent == o.Intent {
			switch v := o.Slots["way"].(type) {
			case string:
				f.Slots["way"] = v
			case []string:
				if k := slices.Index(named, name); k >= 0 && k < len(v) {
					f.Slots["way"] = v[k]
				}
			}
			if days, ok := o.Slots["day"].([]string); ok {
				if k := slices.Index(named, name); k >= 0 && k < len(days) {
					f.Slots["day"] = days[k]
				}
			}
			if before, _, ok := strings.Cut(r.text, span); ok && f.Slots["day"] == nil { // the day that was said last
				if day := read(before+span, a.Day, a.Names).day(o.Intent, intents()[o.Intent].direction, a.Day); day != "" {
					f.Slots["day"] = day
				}
			}
			if k := slices.Index(named, name); each && k >= 0 && k < len(finding) {
				f.Slots["finding"] = finding[k]
			} else if v, ok := o.Slots["finding"].(string); ok && !each && f.Slots["finding"] == nil {
				f.Slots["finding"] = v
			}
		}
		f.Slots["who"], f.Slots["note"] = name, span
		facts = append(facts, f)
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
	for _, rule := range r.ruled {
		why = append(why, "rule: "+rule)
	}
	return why
}
