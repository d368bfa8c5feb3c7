package dialog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
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
	if _, _, edits := answer.Edit(text); edits || c.othersWord(text) {
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

// othersWord reports whether text begins with a keyword that is not for whoever writes.
func (c *Turn) othersWord(text string) bool {
	for _, w := range c.T.Catalog.words {
		if !c.Is(w.For) && len(w.Text) > len("来了") && strings.HasPrefix(text, w.Text) {
			return true
		}
	}
	return slices.ContainsFunc(c.T.Flows, func(f *Flow) bool {
		return !c.Is(f.For) && f.Keyword != "" && strings.HasPrefix(text, f.Keyword)
	})
}

// reading reads a sentence in the state in which the chat is.
func (c *Turn) reading(text, state string, offers []string) (understand.Reading, error) {
	names, err := newDirectory(c)
	if err != nil {
		return understand.Reading{}, err
	}
	asked := understand.Asked{Text: text, Role: c.role(), State: state, Offers: offers, Day: c.Today, Names: names}
	r := understand.Default().Read(asked)
	if in, ok := c.intent(r.Outcome.Intent); ok && in.For == Village && asked.Role != "cadre" { // a village's work is told as a cadre tells it
		asked.Role = "cadre"
		if again := understand.Default().Read(asked); again.Outcome.Kind == understand.Do && again.Outcome.Intent == in.Name {
			r = again
		}
	}
	return r, names.err
}

// overWords answers a sentence that surely means something else than a word in it is known
// for. What begins with a keyword and a space, and what is a label, is left to them.
func overWords(c *Turn, text string) (Reply, bool, error) {
	if c.S.Flow != "" || !c.sentence(text) || whole(c, text) || c.labelled(text) {
		return Reply{}, false, nil
	}
	if verb, _ := c.head(); c.T.Catalog.free[verb].Take != nil {
		return Reply{}, false, nil
	}
	if f, rest := c.Keyword(text); f != nil && rest != "" && strings.HasPrefix(text, f.Keyword+" ") {
		return Reply{}, false, nil
	}
	read, err := c.reading(strings.TrimSpace(c.M.Text), "idle", nil)
	if err != nil {
		return Reply{}, false, err
	}
	if said, ok, err := c.besideKeyword(text, read); err != nil {
		return Reply{}, false, err
	} else if ok {
		in, _ := c.intent(said.Intent)
		return c.meant(in, said)
	}
	in, ok := c.intent(read.Outcome.Intent)
	if read.Outcome.Kind != understand.Do || !ok || !in.Over {
		return Reply{}, false, nil
	}
	c.beforehand(read)
	return c.meant(in, saidOf(c, read))
}

// questions are how a sentence asks something.
var questions = regexp.MustCompile(`[吗呢吧]$|不$|多久|多长|咋|怎么|疼|几点|啥时|哪|谁|多少|？|\?`)

// questionSaid asks which of a few is meant by a question, before one of its words opens a
// booking.
func questionSaid(c *Turn, text string) (Reply, bool, error) {
	if c.S.Flow != "" || c.Who.Staff() || !c.sentence(text) || !questions.MatchString(text) || RingTalk(text) || whole(c, text) || c.labelled(text) {
		return Reply{}, false, nil
	}
	read, err := c.reading(strings.TrimSpace(c.M.Text), "idle", nil)
	if err != nil || read.Outcome.Kind != understand.Ask || len(read.Candidates) == 0 || !aboutService(read.Candidates[0].Intent) {
		return Reply{}, false, err
	}
	return c.youMean(text, read)
}

// aboutService reports whether an intent asks about a service rather than for it.
func aboutService(name string) bool {
	return strings.HasPrefix(name, "check.") || strings.HasPrefix(name, "clinic.") || name == "result.when"
}

// opens are the intents of the forms that are begun by a keyword.
var opens = map[string]string{"visit.log": "visit", "away.log": "away", "return.log": "back"}

// besideKeyword is what a sentence means that begins with the keyword of the form that it
// means, where the form would find nobody by what stands behind it (走访郭敏没见着).
func (c *Turn) besideKeyword(text string, read understand.Reading) (said Understood, ok bool, err error) {
	f, rest := c.Keyword(text)
	if f == nil || rest == "" || strings.Contains(rest, " ") || !strings.HasPrefix(text, f.Keyword) || len(read.Candidates) == 0 {
		return said, false, nil
	}
	said = saidOf(c, read)
	if said.Intent == "" {
		said.Intent = read.Candidates[0].Intent
		if said.Slots, err = c.slotsLeft(text); err != nil {
			return said, false, err
		}
	}
	if _, declared := c.intent(said.Intent); !declared || opens[said.Intent] != f.Name || len(said.All("who")) == 0 {
		return said, false, nil
	}
	hits, err := c.Scope.FindResidents(person.Query{Name: rest}, 1)
	return said, err == nil && len(hits) == 0, err
}

// severalSaid answers a sentence about several people where a form asks for one; ok is
// false where it is none.
func (c *Turn) severalSaid(text string) (Reply, bool, error) {
	if c.S.Flow != "visit" || !c.sentence(text) {
		return Reply{}, false, nil
	}
	if state, _, err := c.stateOf(); err != nil || state != "at:who" {
		return Reply{}, false, err
	}
	names, err := c.NamesIn(text)
	if err != nil || len(names) < 2 {
		return Reply{}, false, err
	}
	read, err := c.reading(strings.TrimSpace(c.M.Text), "idle", nil)
	if err != nil || read.Outcome.Kind != understand.Do || read.Outcome.Intent != "visit.log" {
		return Reply{}, false, err
	}
	in, ok := c.intent("visit.log")
	if !ok {
		return Reply{}, false, nil
	}
	return c.otherSubject(in, read)
}

// labelled reports whether text is what an option says, or begins one.
func (c *Turn) labelled(text string) bool {
	return slices.ContainsFunc(c.S.Offers, func(o dialogstate.Option) bool {
		return strings.HasPrefix(answer.Fold(o.Label), text) || strings.HasPrefix(text, answer.Fold(o.Label))
	})
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
		if in.Class == IsRight && denies.MatchString(text) {
			return Reply{}, false, nil
		}
		return c.meant(in, saidOf(c, read))
	case understand.Ask:
		return c.youMean(text, read)
	}
	return Reply{}, false, nil
}

// denies are words that say that a right is not demanded: 不想都删掉.
var denies = regexp.MustCompile(`(?:不想|不要|不用|不能|别|没想|不是要|先不)(?:都|全|把.{0,6})?(?:删|撤|退订|注销)`)

// working reports whether something else than a menu stands on offer: work is not put
// away for a question of which meaning was meant.
func (c *Turn) working() bool {
	verb, _ := c.head()
	k := c.T.Catalog
	_, asks := k.asks[verb]
	return verb != "mean" && k.onOffer[verb] != nil || k.free[verb].Take != nil || asks
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
	if c.working() {
		return Reply{}, false, nil
	}
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
	if len(offers) == 0 || read.Candidates[0].P < markOffered || len(offers) == 1 && read.Candidates[0].P < markAlone || c.alreadyAsked(offers) {
		return Reply{}, false, nil
	}
	c.S.Wrong = 0
	way, err := c.wayToPerson()
	if err != nil {
		return Reply{}, false, err
	}
	r := c.Offer(Join(sayYouMean, way), append(offers, dialogstate.Option{Label: labelNoneOfThem, Do: "say 找人"})...)
	r.Lost = true // it may have been meant for somebody else
	return r, true, nil
}

// markOffered is how likely the likeliest meaning must be to be offered.
const (
	markOffered = 0.2
	markAlone   = 0.4 // where it is the only one
)

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

// meantNothing ends the question of which meaning was meant.
func meantNothing(c *Turn, text string) (Reply, bool, error) {
	switch answer.Command(text) {
	case answer.Cancel, answer.Back, answer.Skip, answer.Park:
		c.S.Offers = nil
		return Reply{Text: SayFine}, true, nil
	}
	return Reply{}, false, nil
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
	if from, to, d := dates.FindDate(text, c.Today, dates.Any); to > from && d.Day != 0 {
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
// neither. unsure: the form offers what may have been meant, and keeps that.
func (c *Turn) refused(text string, unsure bool) (Reply, bool, error) {
	state, offers, err := c.stateOf()
	if err != nil || state == "" {
		return Reply{}, false, err
	}
	read, err := c.reading(strings.TrimSpace(c.M.Text), state, offers)
	if err != nil {
		return Reply{}, false, err
	}
	if c.sentence(text) {
		c.beforehand(read)
	}
	switch read.Outcome.Kind {
	case understand.Do:
		in, ok := c.intent(read.Outcome.Intent)
		if ok && in.Class == IsDanger { // what is open stays open
			r, err := in.Do(c, saidOf(c, read))
			return r, true, err
		}
		if !ok || !c.sentence(text) {
			return Reply{}, false, nil
		}
		return c.otherSubject(in, read)
	case understand.Answer:
		if unsure {
			return Reply{}, false, nil
		}
		if words := answerWords(state, read.Outcome.Slots, offers); words != "" && words != text {
			r, err := c.Step(form.Input{Text: words})
			return r, true, err
		}
	}
	if !c.sentence(text) {
		return Reply{}, false, nil
	}
	if read, err = c.reading(strings.TrimSpace(c.M.Text), "idle", nil); err != nil { // what it means by itself
		return Reply{}, false, err
	}
	in, ok := c.intent(read.Outcome.Intent)
	if read.Outcome.Kind == understand.Do && ok && (in.Class == ShowsPage || in.Class == IsRight || in.Class == OutOfScope) {
		return c.otherSubject(in, read)
	}
	return Reply{}, false, nil
}

// otherSubject puts the open form aside for what a sentence means. What is about the form
// itself leaves it as it is.
func (c *Turn) otherSubject(in Intent, read understand.Reading) (Reply, bool, error) {
	booking := c.S.Flow == "appointment" || c.S.Flow == "bookfor" || c.S.Flow == "rebook"
	switch {
	case in.Name == "discard", in.Name == "booking.cancel" && booking:
		r, err := c.Step(form.Input{Text: "取消"})
		return r, true, err
	case in.Name == "park", in.Name == "resume", in.Name == "undo", in.Name == "greet", in.Name == "thanks",
		booking && strings.HasPrefix(in.Name, "booking."):
		return Reply{}, false, nil
	}
	said := saidOf(c, read)
	r, err := c.leaveFor(func() (Reply, error) {
		r, _, err := c.meant(in, said)
		return r, err
	})
	return r, true, err
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
