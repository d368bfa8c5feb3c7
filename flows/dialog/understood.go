package dialog

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"xintiexin/flows/answer"
	"xintiexin/flows/form"
	"xintiexin/flows/understand"
	"xintiexin/flows/understand/danger"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/person"
	"xintiexin/storage/townconfig"
)

// What is said where a sentence is understood in part, or not at all.
const (
	sayYouMean      = "您是说…？点一行，或发前面的数。"
	labelNoneOfThem = "都不是，联系工作人员"
	sayLostWay      = "急的话打%s电话%s，或发“找人”，让人给您回话。"
	sayLostNoPhone  = "也可以发“找人”，让人给您回话。"
	sayLostSorry    = "不好意思，这句我还是没弄明白。"
)

// role is what flows/understand calls whoever writes.
func (c *Turn) role() string {
	switch {
	case c.Who.Staff() && c.Who.Cadre.Has(person.Clerk, person.Admin):
		return "clerk"
	case c.Who.Staff() && c.Who.Cadre.Has(person.VillageWorker):
		return "cadre"
	case c.Who.Staff():
		return "clinic"
	case len(c.Who.Residents) > 0:
		return "resident"
	}
	return "stranger"
}

// shortest is of how many Chinese characters a sentence is at least.
const shortest = 4

// sentence reports whether text may be one: typed, and no number, code or single word.
func (c *Turn) sentence(text string) bool {
	if c.M.Kind != Text || c.M.Tapped || c.M.Token != 0 {
		return false
	}
	n := 0
	for _, r := range text {
		if unicode.Is(unicode.Han, r) {
			n++
		}
	}
	return n >= shortest
}

// reading reads a sentence in the state in which the chat is.
func (c *Turn) reading(text, state string, offers []string) (understand.Reading, error) {
	names, err := newDirectory(c)
	if err != nil {
		return understand.Reading{}, err
	}
	r := understand.Default().Read(understand.Asked{Text: text, Role: c.role(), State: state, Offers: offers, Day: c.Today, Names: names})
	return r, names.err
}

// understoodSaid answers, while no form is open, what no word caught: a sentence that is
// sure is acted on, of one that is not it is asked what was meant.
func understoodSaid(c *Turn, text string) (Reply, bool, error) {
	if c.S.Flow != "" || !c.sentence(text) {
		return Reply{}, false, nil
	}
	read, err := c.reading(strings.TrimSpace(c.M.Text), "idle", nil)
	if err != nil {
		return Reply{}, false, err
	}
	c.beforehand(read)
	switch read.Outcome.Kind {
	case understand.Do:
		in, ok := c.intent(read.Outcome.Intent)
		if !ok {
			return c.youMean(text, read)
		}
		return c.meant(in, saidOf(c, read))
	case understand.Ask:
		return c.youMean(text, read)
	}
	return Reply{}, false, nil
}

// beforehand puts a line before the answer to what may be a sign of danger.
func (c *Turn) beforehand(read understand.Reading) {
	if in, ok := c.intent("danger." + string(read.Danger.Kind)); ok && c.Soft == "" && read.Danger.Tier == danger.Possible {
		c.Soft = in.Before
	}
}

func saidOf(c *Turn, read understand.Reading) Understood {
	return Understood{Intent: read.Outcome.Intent, Text: strings.TrimSpace(c.M.Text), Slots: read.Outcome.Slots, Facts: read.Facts}
}

// meant acts on an intent.
func (c *Turn) meant(in Intent, s Understood) (Reply, bool, error) {
	c.S.Wrong, c.S.Offers = 0, nil
	r, err := in.Do(c, s)
	return r, true, err
}

// youMean offers at most three meanings; ok is false where none is for whoever writes.
func (c *Turn) youMean(text string, read understand.Reading) (Reply, bool, error) {
	var offers []dialogstate.Option
	for _, x := range read.Candidates {
		if len(offers) == 3 || x.P < 0.05 {
			break
		}
		in, ok := c.intent(x.Intent)
		if !ok || in.label() == "" || slices.ContainsFunc(offers, func(o dialogstate.Option) bool { return o.Label == in.label() }) {
			continue
		}
		offers = append(offers, dialogstate.Option{Label: in.label(), Do: "mean " + x.Intent + " " + FirstOf(strings.TrimSpace(c.M.Text), 120)})
	}
	if len(offers) == 0 || c.alreadyAsked(offers) {
		return Reply{}, false, nil
	}
	c.S.Wrong = 0
	way, err := c.wayToPerson()
	if err != nil {
		return Reply{}, false, err
	}
	return c.Offer(Join(sayYouMean, way), append(offers, dialogstate.Option{Label: labelNoneOfThem, Do: "say 找人"})...), true, nil
}

// alreadyAsked reports whether the same meanings stand on offer: they are not asked twice
// in a row.
func (c *Turn) alreadyAsked(offers []dialogstate.Option) bool {
	if len(c.S.Offers) != len(offers)+1 {
		return false
	}
	for i, o := range offers {
		if o.Label != c.S.Offers[i].Label || !strings.HasPrefix(c.S.Offers[i].Do, "mean ") {
			return false
		}
	}
	return true
}

// mean acts on a meaning that was chosen: the intent, and the sentence behind it.
func mean(c *Turn, rest string) (Reply, error) {
	name, text, _ := strings.Cut(rest, " ")
	in, ok := c.intent(name)
	if !ok {
		return c.Menu("")
	}
	c.M.Text, c.M.Token, c.M.Tapped = text, 0, false
	read, err := c.reading(text, "idle", nil)
	if err != nil {
		return Reply{}, err
	}
	s := saidOf(c, read)
	if s.Intent != name {
		s.Intent, s.Facts = name, nil
		if s.Slots, err = c.slotsLeft(text); err != nil {
			return Reply{}, err
		}
	}
	r, _, err := c.meant(in, s)
	return r, err
}

// slotsLeft are the slots that are found without knowing what a sentence means.
func (c *Turn) slotsLeft(text string) (understand.Slots, error) {
	s := understand.Slots{"note": text}
	names, err := c.NamesIn(text)
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		s["who"] = names
	}
	if from, to, d := answer.FindDate(text, c.Today, answer.Any); to > from && d.Day != 0 {
		s["day"] = d.Day.String()
	}
	return s, nil
}

// wayToPerson is the line that says how a person is reached.
func (c *Turn) wayToPerson() (string, error) {
	t, err := townconfig.LoadTown(c.Tx)
	if err != nil {
		return "", err
	}
	if t.Phone == "" {
		return sayLostNoPhone, nil
	}
	return fmt.Sprintf(sayLostWay, t.Office, t.Phone), nil
}

// stateOf is what flows/understand calls the open question, with its options; "" where
// its answer is free words, or whether somebody agrees.
func (c *Turn) stateOf() (state string, offers []string, err error) {
	s, f, err := c.Decode()
	if err != nil || f == nil || s.Leaving() {
		return "", nil, err
	}
	if s.Summing() {
		return "at:summary", nil, nil
	}
	q, _ := s.Open()
	switch {
	case q == nil || q.Type == form.Text:
		return "", nil, nil
	case strings.Contains(q.List, "residents") || q.FromFile && q.List == "away":
		return "at:who", nil, nil
	case q.Name == "finding" && f.Name == "visit":
		return "at:finding", nil, nil
	case q.List == "consent":
		return "at:consent", nil, nil
	case q.Type == form.Date && q.Parameters["direction"] == "past":
		return "at:past_day", nil, nil
	case q.Type == form.Date || q.List == "days":
		return "at:day", nil, nil
	}
	for _, o := range f.Form.Lists[q.List] {
		offers = append(offers, o.Label)
	}
	return "at:offer", offers, nil
}

// findingWords are the words of the visit's form for how somebody is.
var findingWords = map[string]string{understand.Well: "都好", understand.NeedsHelp: "需要帮助", understand.NotMet: "没见到", understand.Unwilling: "不愿谈"}

// refused answers what the open form did not take: another subject puts the form aside,
// an answer in other words is handed to the form in its own. ok is false where it is
// neither.
func (c *Turn) refused(text string) (Reply, bool, error) {
	state, offers, err := c.stateOf()
	if err != nil || state == "" {
		return Reply{}, false, err
	}
	read, err := c.reading(strings.TrimSpace(c.M.Text), state, offers)
	if err != nil {
		return Reply{}, false, err
	}
	c.beforehand(read)
	switch read.Outcome.Kind {
	case understand.Do:
		in, ok := c.intent(read.Outcome.Intent)
		if ok && in.Class == IsDanger { // what is open stays open
			r, err := in.Do(c, saidOf(c, read))
			return r, true, err
		}
		if !ok || !c.sentence(text) || in.Name == "discard" || in.Name == "park" || in.Name == "resume" {
			return Reply{}, false, nil
		}
		said := saidOf(c, read)
		r, err := c.leaveFor(func() (Reply, error) {
			r, _, err := c.meant(in, said)
			return r, err
		})
		return r, true, err
	case understand.Answer:
		if words := answerWords(state, read.Outcome.Slots, offers); words != "" && words != text {
			r, err := c.Step(form.Input{Text: words})
			return r, true, err
		}
	}
	return Reply{}, false, nil
}

// answerWords are the form's own words for an answer that was understood; "" where the
// form is to decide, as whether somebody agrees.
func answerWords(state string, s understand.Slots, offers []string) string {
	value := Understood{Slots: s}
	switch state {
	case "at:finding":
		return findingWords[value.Str("finding")]
	case "at:who":
		return value.Str("who")
	case "at:day", "at:past_day":
		if day := value.Day("day"); day != 0 && !strings.Contains(value.Str("day"), "/") {
			return day.Short()
		}
	case "at:offer":
		if n, _, ok := answer.Index(value.Str("value")); ok && n >= 1 && n <= len(offers) {
			return offers[n-1]
		}
	}
	return ""
}
