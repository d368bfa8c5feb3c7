package visit

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
	"xintiexin/flows/subject"
	"xintiexin/flows/understand"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	visitsstore "xintiexin/storage/visits"
)

// intents are what staff says of visits in whole sentences.
func intents() []dialog.Intent {
	return dialog.BeforeWords(declared(), "visit.plan", "person.phone", "person.last_visit")
}

// declared are the intents.
func declared() []dialog.Intent {
	page := func(name string, do func(*dialog.Turn, dialog.Understood) (dialog.Reply, error)) dialog.Intent {
		return dialog.Intent{Name: name, For: dialog.Staff, Class: dialog.ShowsPage, Do: do}
	}
	return []dialog.Intent{
		{Name: "visit.log", For: dialog.Village, Class: dialog.OpensForm, Do: visitTold},
		{Name: "visit.plan", For: dialog.Village, Class: dialog.Undoable, Do: visitPlanned},
		{Name: "visit.correct", For: dialog.Village, Class: dialog.OpensForm, Do: dialog.Act(changeable, "")},
		page("day.list", dialog.Act(day, "")),
		page("day.village", dialog.Act(day, "全村")),
		page("day.close", dialog.Act(day, "")),
		page("person.show", ofPerson("card", card)),
		page("person.phone", ofPerson("phone-of", phoneOf)),
		page("person.last_visit", ofPerson("last-of", lastVisit)),
	}
}

// ofPerson answers a question about somebody who was named; of several that the name may
// mean it is asked which.
func ofPerson(verb string, do func(*dialog.Turn, string) (dialog.Reply, error)) func(*dialog.Turn, dialog.Understood) (dialog.Reply, error) {
	return func(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
		name := s.Str("who")
		if name == "" {
			return dialog.Reply{Text: sayFindWhom}, nil
		}
		id, r, err := whom(c, name, verb)
		if err != nil || id == "" {
			return r, err
		}
		return do(c, id)
	}
}

// whom finds who is meant by a name; id is "" where r says that nobody is, or asks.
func whom(c *dialog.Turn, name, verb string) (id string, r dialog.Reply, err error) {
	hits, err := c.Scope.FindResidents(person.Query{Name: name}, 9)
	if err != nil {
		return "", r, err
	}
	switch {
	case len(hits) == 0:
		return "", dialog.Reply{Text: fmt.Sprintf(dialog.SayNoSuchName, name)}, nil
	case len(hits) == 1 && hits[0].Rank < 2, len(hits) == 1 && len([]rune(hits[0].Name)) == len([]rune(name)):
		return hits[0].ID, r, nil
	}
	offers := make([]dialogstate.Option, 0, len(hits)+1)
	for _, h := range hits[:min(len(hits), 8)] {
		offers = append(offers, dialogstate.Option{Label: subject.Label(h.Resident), Do: verb + " " + h.ID})
	}
	return "", c.Offer(fmt.Sprintf(dialog.SayHits, name, len(offers)), append(offers, dialogstate.Option{Label: dialog.SayNotHer, Do: "none"})...), nil
}

// phoneOf shows a person's phone.
func phoneOf(c *dialog.Turn, id string) (dialog.Reply, error) {
	r, err := c.Scope.Open(id, c.M.At)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	if r.Phone == "" {
		return dialog.Reply{Text: fmt.Sprintf(sayPhoneNone, subject.Brief(r))}, nil
	}
	return dialog.Reply{Text: fmt.Sprintf(sayPhoneOf, subject.Brief(r), r.Phone)}, nil
}

// lastVisit shows the last visit to a person.
func lastVisit(c *dialog.Turn, id string) (dialog.Reply, error) {
	r, err := c.Scope.Open(id, c.M.At)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	agreed, err := consent.Get(c.Scope, id, purpose.VisitRecord)
	if err != nil {
		return dialog.Reply{}, err
	}
	var all []visitsstore.Visit
	if agreed.Given() {
		if all, err = visitsstore.List(c.Scope, id, 1); err != nil {
			return dialog.Reply{}, err
		}
	}
	more := []dialogstate.Option{{Label: dialog.LabelVisit, Do: "visit " + id}, {Label: labelCard, Do: "card " + id}}
	if len(all) == 0 {
		return c.Offer(fmt.Sprintf(sayLastNone, subject.Brief(r)), more...), nil
	}
	return c.Offer(fmt.Sprintf(sayLast, subject.Brief(r), visitLine(c, all[0])), more...), nil
}

// told is a visit that a sentence tells of.
type told struct {
	name, id           string // id is "" where the name is nobody's, or several persons'
	day                calendar.Day
	way, finding, note string
}

// visitTold opens the form with all that a sentence tells; of several people one summary
// is made where that can be, and else one form after the other.
func visitTold(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
	all, err := toldOf(c, s)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(all) == 1 {
		return openTold(c, all[0])
	}
	return sumTold(c, all)
}

func toldOf(c *dialog.Turn, s dialog.Understood) ([]told, error) {
	var all []told
	facts := slices.Clone(s.Facts)
	if len(facts) == 0 {
		for _, name := range s.All("who") {
			slots := understand.Slots{"who": name, "day": s.Slots["day"], "note": s.Text}
			if notMetWords.MatchString(s.Text) {
				slots["finding"] = understand.NotMet
			}
			facts = append(facts, understand.Fact{Slots: slots})
		}
	}
	for _, f := range facts {
		one := dialog.Understood{Text: s.Text, Slots: f.Slots}
		t := told{name: one.Str("who"), day: one.Day("day"), way: one.Str("way"), finding: one.Str("finding")}
		if t.day > c.Today {
			t.day = 0
		}
		if t.finding != understand.NotMet {
			t.note = leftOver(c, strings.Trim(one.Str("note"), " ，,。"), s.All("who"))
		}
		hits, err := c.Scope.FindResidents(person.Query{Name: t.name}, 2)
		if err != nil {
			return nil, err
		}
		if t.name != "" && len(hits) == 1 && len([]rune(hits[0].Name)) == len([]rune(t.name)) {
			t.id = hits[0].ID
		}
		all = append(all, t)
	}
	if len(all) == 0 {
		all = []told{{}}
	}
	return all, nil
}

// known is what the form of a visit is told beforehand.
func (t told) known(c *dialog.Turn) map[string]string {
	known := map[string]string{"resident": t.id, "day": t.day.String(), "way": t.way, "finding": t.finding}
	if t.finding == understand.NeedsHelp {
		known["need"] = t.note
	} else {
		known["note"] = t.note
	}
	if t.id != "" && lastKind(c, t.id) == "" {
		known["kind"] = "greet"
	}
	for k, v := range known {
		if v == "" {
			delete(known, k)
		}
	}
	return known
}

// lastKind is what the last visit to a person was for, "" where there is none.
func lastKind(c *dialog.Turn, id string) string {
	last, err := visitsstore.List(c.Scope, id, 1)
	if err != nil || len(last) == 0 {
		return ""
	}
	return last[0].Kind
}

func openTold(c *dialog.Turn, t told) (dialog.Reply, error) {
	sentence := ""
	if t.id == "" {
		sentence = t.name
	}
	return c.StartWith(c.T.Flow("visit"), sentence, t.known(c))
}

// notMetWords say that nobody was met, where a sentence was not read as a whole.
var notMetWords = regexp.MustCompile(`(?:没见着|没见到|没在家|不在家|没人|锁着门|扑了?个?空)`)

// maxTold is how many people one sentence may tell of.
const maxTold = 8

// sumTold shows what is to be kept of several people at once. Who has not agreed yet, or
// of whom it was not said how they are, is opened by a tap.
func sumTold(c *dialog.Turn, all []told) (dialog.Reply, error) {
	var lines, parts []string
	var single []dialogstate.Option
	for _, t := range all[:min(len(all), maxTold)] {
		ready, err := sure(c, t)
		if err != nil {
			return dialog.Reply{}, err
		}
		if ready {
			lines, parts = append(lines, t.line(c)), append(parts, t.encode())
			continue
		}
		single = append(single, dialogstate.Option{Label: fmt.Sprintf(labelToldOne, t.name), Do: "told-one " + t.encode()})
	}
	if len(parts) == 0 {
		var each []string
		for _, o := range single {
			each = append(each, strings.TrimPrefix(o.Do, "told-one "))
		}
		for i := range single {
			single[i].Do += "#" + strings.Join(each, ";")
		}
	}
	if len(parts) == 0 {
		return c.Offer(sayToldEach, append(single, dialogstate.Option{Label: labelNoMore, Do: "none"})...), nil
	}
	var rest []string
	for _, o := range single {
		rest = append(rest, strings.TrimPrefix(o.Do, "told-one "))
	}
	said := dialog.Join(append([]string{sayRoundSum}, lines...)...)
	if len(rest) > 0 {
		var names []string
		for _, p := range rest {
			names = append(names, readTold(p).name)
		}
		said = dialog.Join(said, fmt.Sprintf(sayToldAfter, strings.Join(names, "、")))
	}
	offers := []dialogstate.Option{{Label: labelRoundSave, Do: "told-save " + strings.Join(parts, ";") + "#" + strings.Join(rest, ";")}}
	for _, p := range parts {
		t := readTold(p)
		others := append(slices.DeleteFunc(slices.Clone(parts), func(o string) bool { return o == p }), rest...)
		offers = append(offers, dialogstate.Option{Label: fmt.Sprintf(labelToldChange, t.name), Do: "told-one " + p + "#" + strings.Join(others, ";")})
	}
	return c.Offer(said, append(offers, dialogstate.Option{Label: labelRoundDrop, Do: "none"})...), nil
}

// sure reports whether a visit can be kept as it was told.
func sure(c *dialog.Turn, t told) (bool, error) {
	if t.id == "" || t.finding == "" || t.finding == understand.NeedsHelp && t.note == "" {
		return false, nil
	}
	agreed, err := consent.Get(c.Scope, t.id, purpose.VisitRecord)
	return agreed.Given(), err
}

func (t told) line(c *dialog.Turn) string {
	f := c.T.Flow("visit").Form
	day := c.Today
	if t.day != 0 {
		day = t.day
	}
	parts := []string{t.name, day.Chinese(), f.ChoiceLabel("finding", t.finding)}
	if t.way != "" {
		parts = slices.Insert(parts, 2, f.ChoiceLabel("way", t.way))
	}
	line := strings.Join(parts, " ")
	if t.note != "" {
		line = dialog.Join(line, fmt.Sprintf(sayToldNote, t.note))
	}
	return line
}

// encode writes a visit into an offer; readTold reads it.
func (t told) encode() string {
	note := strings.NewReplacer("|", " ", ";", "，", "#", " ", "\n", " ").Replace(t.note)
	return strings.Join([]string{t.name, t.id, t.day.String(), t.way, t.finding, note}, "|")
}

func readTold(s string) told {
	p := append(strings.Split(s, "|"), "", "", "", "", "", "")
	t := told{name: p[0], id: p[1], way: p[3], finding: p[4], note: p[5]}
	if d, err := calendar.ParseDay(p[2]); err == nil {
		t.day = d
	}
	return t
}

// toldOne opens the form of one of several; those behind # are put aside meanwhile.
func toldOne(c *dialog.Turn, rest string) (dialog.Reply, error) {
	first, others, _ := strings.Cut(rest, "#")
	var waiting []string
	for p := range strings.SplitSeq(others, ";") {
		if p != "" && p != first && len(waiting) < 3 {
			waiting = append(waiting, p)
		}
	}
	var names []string
	for i := len(waiting) - 1; i >= 0; i-- {
		t := readTold(waiting[i])
		if _, err := openTold(c, t); err != nil {
			return dialog.Reply{}, err
		}
		if c.S.Flow == "" { // it is kept already: nobody was met
			continue
		}
		if _, err := c.Park(); err != nil {
			return dialog.Reply{}, err
		}
		names = append([]string{t.name}, names...)
	}
	r, err := openTold(c, readTold(first))
	if err == nil && len(names) > 0 {
		r.Text = dialog.Join(fmt.Sprintf(sayToldWait, strings.Join(names, "、")), r.Text)
	}
	return r, err
}

// saveTold keeps several visits at once, to be taken back at once.
func saveTold(c *dialog.Turn, draft string) (dialog.Reply, error) {
	draft, later, _ := strings.Cut(draft, "#")
	var names []string
	for _, p := range strings.Split(draft, ";") {
		names = append(names, readTold(p).name)
	}
	err := c.Undoable(fmt.Sprintf(sayToldTitle, strings.Join(names, "、")), func() error {
		for i, p := range strings.Split(draft, ";") {
			if err := keepTold(c, readTold(p), fmt.Sprintf("%s/%d", c.M.ID, i)); err != nil {
				return err
			}
		}
		return nil
	})
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, fmt.Errorf("keep visits: %w", err)
	}
	var offers []dialogstate.Option
	for p := range strings.SplitSeq(later, ";") {
		if p != "" {
			offers = append(offers, dialogstate.Option{Label: fmt.Sprintf(labelToldOne, readTold(p).name), Do: "told-one " + p})
		}
	}
	if len(offers) == 0 {
		return dialog.Reply{Text: dialog.SaySaved}, nil
	}
	return c.Offer(dialog.Join(dialog.SaySaved, sayToldRest), append(offers, dialogstate.Option{Label: labelNoMore, Do: "none"})...), nil
}

// keepTold keeps one of them; of who was not met only the attempt is kept.
func keepTold(c *dialog.Turn, t told, cause string) error {
	r, err := c.Scope.Resident(t.id)
	if err != nil {
		return err
	}
	day := c.Today
	if t.day != 0 {
		day = t.day
	}
	open, err := visitsstore.OpenFollowUps(c.Scope, r.ID)
	if err != nil {
		return err
	}
	for _, f := range open {
		if f.Kind != "visit" || f.Plan != "" || f.Due > day+7 {
			continue
		}
		if t.finding == understand.NotMet {
			return visitsstore.Attempted(c.Scope, f, day, max(f.Due, c.Today+1))
		}
		if err := visitsstore.CloseFollowUp(c.Scope, f, "done", c.M.At); err != nil {
			return err
		}
	}
	if t.finding == understand.NotMet {
		return nil
	}
	v := visitsstore.Visit{Resident: r.ID, Day: day, Way: orElse(t.way, "home"), Kind: orElse(lastKind(c, r.ID), "greet"), Finding: t.finding, Note: t.note, At: c.M.At.Unix()}
	if t.finding == understand.NeedsHelp {
		v.Need, v.Note = t.note, ""
	}
	if v, err = visitsstore.Add(c.Scope, v, cause); err != nil {
		return err
	}
	return promise(c, r, v, "")
}

func orElse(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// usual are the words of a visit that its other lines say already.
var usual = regexp.MustCompile(`(?:今天|今儿|今日|昨天|昨儿|夜来|前天|刚才|刚刚|头午|上午|下午|后晌|早上|晚上|中午|走访|看望|看了看|看看|探望|去看|看了|看|打了?个?电话|电话|联系|通话|上门|去了?一?趟|一趟|来了?|去了?|上|到了?|家里|家|见着|见到|见了|问了问|问了|问候|聊了聊|聊了|说了说|都?怪?挺?好着?哩?|都?还中|不孬|没啥?事儿?|没事|都中|老样子|就那样|凑合|没在家|不在家|没见着|没见到|她|他|人家|俺|我|咱|给|跟|和|还有|跑|三家|两家|这|那|都|也|了|的|呢|吧|啊|哈|在|把)`)

// leftOver is what a sentence tells beside names, a day, a way and how somebody is: the
// clauses that hold more; "" where none does.
func leftOver(c *dialog.Turn, text string, names []string) string {
	var kept []string
	for _, clause := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("，,。；; 、！!", r) }) {
		if tellsMore(c, clause, names) {
			kept = append(kept, clause)
		}
	}
	return dialog.FirstOf(strings.Join(kept, "，"), 100)
}

func tellsMore(c *dialog.Turn, clause string, names []string) bool {
	rest := answer.Fold(clause)
	for _, n := range names {
		rest = strings.ReplaceAll(rest, n, " ")
	}
	if from, to, _ := dates.FindDate(rest, c.Today, dates.Past); to > from {
		rest = rest[:from] + " " + rest[to:]
	}
	rest = usual.ReplaceAllString(rest, "")
	n := 0
	for _, r := range rest {
		if r >= 0x3400 {
			n++
		}
	}
	return n >= 3
}
