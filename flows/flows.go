// Package flows is what the bot can talk about. Handle takes one message of one
// person inside a transaction and returns the answer; everything that the
// message changes is written in the same transaction. It knows villages, forms
// and consent, and nothing of WeChat.
package flows

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"io/fs"
	"slices"
	"strings"
	"time"

	"xintiexin/flows/answer"
	"xintiexin/flows/form"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// Kind is what arrived.
type Kind uint8

const (
	Text     Kind = iota // typed, or the words of a tapped option
	Media                // a voice message, a picture, a sticker, a place
	Follow               // Text is the scene of the code that was scanned, or ""
	Unfollow             //
	Scan                 // a follower scanned a code; Text is its scene
	Click                // a tap on the account's menu; Text is its key
	Heard                // a voice message that the platform wrote down; Text is what it made of it
)

// Message is one message of one person.
type Message struct {
	ID     string // what the platform calls it: the same for each repeated delivery
	From   string // openid
	Kind   Kind
	Text   string
	Token  uint32 // step token of a tapped option, 0 without
	Tapped bool   // an option was tapped: no new 48 h window
	At     time.Time
}

// Reply is the answer: what is said, and the options under it, numbered from 1.
// The zero Reply means that nothing is answered.
type Reply struct {
	Text    string
	Options []string
	Heads   []string // what stands above each option ("一组，同一家："), "" nothing; nil where none has one
	Token   uint32
	Raw     bool // Text is a page rendered before
	Links   []Link
	Lost    bool     // nothing that this bot knows was meant
	Trouble []string // for the log: what could not be worked out in a town's form, without answers
}

// Link opens a private page: it stands below the text, above the options. The
// address of the pages is added where the answer is rendered.
type Link struct {
	Label string // 打开看卡
	Path  string // /p/<token>
}

// Flow is a form with what becomes of it.
type Flow struct {
	Name     string // of the form, forms/<name>.md
	Keyword  string
	For      audience
	Set      purpose.Purpose                                                                     // the consent that it needs
	Instant  bool                                                                                // saved without a summary
	Sentence func(c *chat, sentence string, known map[string]string) (string, map[string]string) // takes out what only the flow can read
	Answered func(c *chat, f *Flow, s *form.Session, name string) (*form.Problem, error)
	Save     func(c *chat, f *Flow, s *form.Session) (Reply, error)
	Ended    func(c *chat, f *Flow, s *form.Session, why string) (Reply, error) // the form set its row "stop"; nil is the cadre's endings
	After    func(c *chat) (Reply, error)                                       // goes on behind a save that cannot be taken back; its reply is the answer
	Final    bool                                                               // what was saved is not taken back by 撤销
	Choices  func(c *chat, list, typed string, max int) (form.Found, error)     // of the live lists that the flow alone has; nil without
	Label    func(c *chat, list, value string) (string, error)
	Typed    func(c *chat, text string) string                 // what is said to the open question, where it is to be read as a whole; "" for all else
	Keep     func(c *chat, s *form.Session)                    // keeps in the session what the next message needs
	Last     func(c *chat, f *Flow) (map[string]string, error) // what whoever writes answered the last time, by path
	SignUp   bool                                              // it asks who somebody is and whether she agrees
	form     *form.Form
	Begin    func(c *chat, f *Flow, sentence string) (known map[string]string, r Reply, asked bool, err error) // what comes before the form; asked: r is a question of its own
	town     *town                                                                                             // of a town's own form; nil of a built-in one
	builtin  *form.Form                                                                                        // the form that a town's workbook stands in place of
	version  string                                                                                            // id of the town's tables
	trial    bool                                                                                              // nothing of it is kept
	old      bool                                                                                              // only for what is half-way
}

// audience is who a word or a flow is for.
type audience uint8

const (
	anyone  audience = iota
	staff            // bound as a cadre, whatever the role
	village          // village worker or clerk: who looks after people at home
	clinic           // clinician or clerk
	clerk
	office // clerk or administrator
	admin  // who keeps the system

	byRole       audience = 0x80 // with any of those below: who has one of the roles
	roleWorker   audience = 1
	roleClerk    audience = 2
	roleClinic   audience = 4
	roleAdmin    audience = 8
	roleResident audience = 16
)

// is reports whether whoever writes belongs to an audience.
func (c *chat) is(a audience) bool {
	if a&byRole != 0 {
		return c.hasRole(a)
	}
	switch a {
	case anyone:
		return true
	case staff:
		return c.who.Staff()
	case village:
		return c.who.Cadre.Has(person.VillageWorker, person.Clerk)
	case clinic:
		return c.who.Cadre.Has(person.Clinician, person.Clerk)
	case office:
		return c.who.Cadre.Has(person.Clerk, person.Admin)
	case admin:
		return c.who.Cadre.Has(person.Admin)
	}
	return c.who.Cadre.Has(person.Clerk)
}

// live are the lists that a form may name and that come out of storage.
var live = []string{"residents", "away", "days", "hours", "rings", "villages", "cadres"}

// LiveLists returns the names of the lists that come out of storage.
func LiveLists() []string { return slices.Clone(live) }

// Talk holds the forms and answers messages. It is filled by New and may be
// used by many goroutines at once.
type Talk struct {
	flows  []*Flow
	labels map[string]bool // every word that a choice of a form is known by: no name of a person
	kept   *kept           // the town's own forms that were read
	base   *Talk           // with the built-in forms alone; nil is this one

	catalog *catalog // what the capabilities handed over
	forms   fs.FS    // the built-in forms
}

// learn keeps the words by which the choices of a form are known.
func (t *Talk) learn(f *form.Form) {
	for _, list := range f.Lists {
		for _, c := range list {
			for _, w := range append(slices.Clone(c.Aliases), c.Label) {
				t.labels[w] = true
			}
		}
	}
}

func (t *Talk) flow(name string) *Flow {
	for _, f := range t.flows {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// signUp is the form that asks who somebody is and whether she agrees.
func (t *Talk) signUp() *Flow {
	for _, f := range t.flows {
		if f.SignUp {
			return f
		}
	}
	return nil
}

// Handle answers one message. It returns an error only for what should become
// "the system is busy"; everything a person can do wrong is a Reply.
func (t *Talk) Handle(tx *record.Tx, m Message) (Reply, error) {
	if m.Kind == Unfollow {
		return Reply{}, enrolment.Unfollow(tx, m.From, m.At)
	}
	c, err := t.open(tx, m)
	if err != nil {
		return Reply{}, err
	}
	r, err := c.careful()
	if err != nil {
		return Reply{}, err
	}
	if c.woke && r.Text != "" && !r.Raw {
		r.Text = join(sayParkedFor, r.Text)
	}
	if err := c.finish(&r); err != nil {
		return Reply{}, err
	}
	c.s.Last, c.s.Page = m.At.Unix(), c.page
	return r, dialogstate.Put(tx, m.From, c.s)
}

// chat is one message being answered.
type chat struct {
	t     *Talk
	tx    *record.Tx
	m     Message
	who   person.Person
	scope person.Scope
	s     dialogstate.Session
	today calendar.Day
	known []word // the keywords of whoever writes
	page  string // the page of the site that is read by this answer
	soft  string // the line before an answer to what may be a sign of danger
	draft any    // what the lists of the open form need, for this one message
	woke  bool   // a form that lay open for hours was put aside by this message

	toTell  []string // kinds of messages that this answer promised her
	ringToo bool     // nobody rings her, and nothing is sent but what she accepts
}

func (t *Talk) open(tx *record.Tx, m Message) (*chat, error) {
	c := &chat{t: t, tx: tx, m: m, today: calendar.DayOf(m.At)}
	var err error
	if c.who, err = person.Identify(tx, m.From); err != nil {
		return nil, err
	}
	if c.scope, err = person.ScopeOf(tx, c.who); err != nil {
		return nil, err
	}
	if c.s, err = dialogstate.Load(tx, m.From); err != nil {
		return nil, err
	}
	if c.t, err = t.inForce(tx, c.s); err != nil {
		return nil, err
	}
	c.window()
	return c, c.dropForeign()
}

// dropForeign closes what is not for whoever writes now: the office is gone, and with
// it what its chat held of people; or the person of a form put aside is outside the
// scope: moved, deleted, another's by now.
func (c *chat) dropForeign() error {
	foreign := func(name string) bool {
		f := c.t.flow(name)
		return f != nil && !c.is(f.For)
	}
	if c.s.Flow != "" && foreign(c.s.Flow) {
		c.s.Flow, c.s.Form, c.s.Offers, c.s.More = "", nil, nil, nil
	}
	var failed error
	c.s.Parked = slices.DeleteFunc(c.s.Parked, func(p dialogstate.SuspendedForm) bool {
		if foreign(p.Flow) {
			return true
		}
		out, err := c.parkedOutside(p)
		failed = cmp.Or(failed, err)
		return out
	})
	return failed
}

func (c *chat) parkedOutside(p dialogstate.SuspendedForm) (bool, error) {
	f := c.t.flow(p.Flow)
	if f == nil || !c.who.Staff() {
		return false, nil
	}
	s, err := form.Decode(f.form, p.Form)
	if err != nil { // damaged: whoever opens it says so
		return false, nil
	}
	return c.outside(f, s)
}

// outside reports whether a form of a member of staff is about somebody whom they may
// not see today.
func (c *chat) outside(f *Flow, s *form.Session) (bool, error) {
	if !c.who.Staff() {
		return false, nil
	}
	for _, name := range []string{f.row("resident"), "person"} {
		id := s.Get(name)
		if id == "" || strings.HasPrefix(id, newcomer) {
			continue
		}
		if _, err := c.scope.Client(id); isNotFound(err) {
			return true, nil
		} else if err != nil {
			return false, err
		}
	}
	return false, nil
}

// window counts the customer messages that may follow (the platform's rule since
// 2023-06): five in 48 hours after a message of her own, three in a minute after
// a tap, a follow or a scan. Whether triggers add up is not known, so the last
// one alone counts.
func (c *chat) window() {
	now := c.m.At.Unix()
	if c.s.Muted = false; (c.m.Kind == Text || c.m.Kind == Media || c.m.Kind == Heard) && !c.m.Tapped {
		c.s.Window, c.s.Left = now+48*3600, 5
	} else {
		c.s.Window, c.s.Left = now+60, 3
	}
}

func (c *chat) dispatch() (Reply, error) {
	switch c.m.Kind {
	case Follow:
		l, err := person.LoadAccount(c.tx, c.m.From)
		if err != nil {
			return Reply{}, err
		}
		l.OpenID, l.Followed = c.m.From, c.m.At.Unix()
		if err := person.PutAccount(c.tx, l); err != nil {
			return Reply{}, err
		}
		return c.t.catalog.scene(c, c.m.Text)
	case Scan:
		return c.t.catalog.scene(c, c.m.Text)
	case Media:
		if c.s.Flow != "" {
			return c.step(form.Input{Media: true})
		}
		r, err := c.again(sayMedia)
		r.Lost = true
		return r, err
	case Click:
		return c.say(c.m.Text)
	case Heard: // nothing is done before it is sent as words
		r, ok, err := c.inDanger(answer.Fold(c.m.Text))
		if !ok {
			r = Reply{Text: fmt.Sprintf(sayHeard, c.m.Text), Lost: c.s.Flow == ""}
		}
		return r, err
	}
	return c.say(c.m.Text)
}

// sentence reports whether text is a keyword with more behind it ("走访 郭敏"):
// that is no choice among offers, though one of them may be called 走访.
func (c *chat) sentence(text string) bool {
	if c.m.Tapped || c.m.Token != 0 {
		return false
	}
	for _, o := range c.s.Offers {
		if text == answer.Fold(o.Label) {
			return false
		}
	}
	for _, w := range c.words() {
		if rest, ok := strings.CutPrefix(text, w.word); ok && rest != "" {
			return true
		}
	}
	if _, _, numbered := answer.Index(text); numbered {
		return false
	}
	f, rest := c.keyword(text)
	return f != nil && rest != ""
}

// inForm answers words while a form is open. Only commands that leave the form
// are taken here; all else is the form's.
func (c *chat) inForm(text string, command string) (Reply, error) {
	tap := c.m.Token != 0 && c.m.Token != c.s.Step
	if f := c.t.flow(c.s.Flow); f != nil && f.Typed != nil && c.m.Token == 0 && !c.m.Tapped {
		if said := f.Typed(c, text); said != "" {
			return c.step(form.Input{Text: said})
		}
	}
	switch {
	case tap: // an older screen's words are no command
	case c.leaving() && oneOf(answer.Bare(text), "留着", "留着吧", "先留着", "不退", "不退了"):
		return c.step(form.Input{Text: answer.Resume})
	case !c.who.Staff() && !c.m.Tapped && thanks.MatchString(text) && !c.wordsAsked():
		return c.again(sayWelcome)
	case c.m.Kind == Click:
		return c.switchTo(text)
	case command == answer.Park && !c.sentenceAsked(text):
		return c.park()
	case command == answer.Menu:
		if _, err := c.park(); err != nil {
			return Reply{}, err
		}
		return c.menu(sayParkedFor)
	case command == answer.Resume && !c.leaving():
		return c.step(form.Input{Again: true})
	case command == answer.Undo:
		return c.undoInForm()
	default:
		switches, err := c.switches(text)
		if err != nil {
			return Reply{}, err
		}
		if switches {
			return c.switchTo(text)
		}
	}
	return c.step(form.Input{Text: c.m.Text, Token: c.m.Token})
}

// undoInForm takes back what was saved before this form was opened, if that can
// still be; the open form is put aside.
func (c *chat) undoInForm() (Reply, error) {
	if _, err := c.tx.LoadUndo(c.m.From, c.m.At); isNotFound(err) {
		return c.again(sayUndoInForm)
	} else if err != nil {
		return Reply{}, err
	}
	return c.switchTo(answer.Undo)
}

// sentenceAsked reports whether free words are asked for and text is more than
// a command: “等会来拿补贴表” is an answer there.
func (c *chat) sentenceAsked(text string) bool {
	s, f, err := c.decode()
	return err == nil && f != nil && s.Asks() == form.Text && len([]rune(text)) > 3
}

// wordsAsked reports whether free words are asked for: thanks may be what she says
// there.
func (c *chat) wordsAsked() bool {
	s, f, err := c.decode()
	return err == nil && f != nil && s.Asks() == form.Text
}

// leaving reports whether the open question is if the form is to be thrown away.
func (c *chat) leaving() bool {
	s, f, err := c.decode()
	return err == nil && f != nil && s.Leaving()
}

// switches reports whether words mean another thing to do rather than an answer:
// a whole keyword, or a sentence that begins with one where no free words are
// asked for.
func (c *chat) switches(text string) (bool, error) {
	if c.openChoice(text) {
		return false, nil
	}
	if s, _, err := c.decode(); err != nil {
		return false, err
	} else if s != nil && s.Asks() != form.Text && c.spoken(text) != "" {
		return true, nil
	}
	f, rest := c.keyword(text)
	if f != nil && rest == "" {
		return true, nil
	}
	s, open, err := c.decode()
	if err != nil || open == nil {
		return false, err
	}
	words := s.Asks() == form.Text // free words are asked for: “约号” may be what she needs
	if c.other(text) && !(words && open.For != anyone && !c.ownWork(text)) {
		return true, nil
	}
	begins, spaced := false, false // “走访 郭敏” is hardly said to anything else
	if f != nil {
		for _, head := range f.heads() {
			begins, spaced = begins || strings.HasPrefix(text, head), spaced || strings.HasPrefix(text, head+" ")
		}
	}
	for _, w := range c.words() {
		begins = begins || strings.HasPrefix(text, w.word)
	}
	return begins && (spaced || !words), nil
}

// ownWork reports whether text is a keyword of the cadre's own work.
func (c *chat) ownWork(text string) bool {
	return slices.ContainsFunc(c.t.catalog.work, func(w word) bool { return answer.SameWord(text, w.word) })
}

// switchTo puts the open form aside for a keyword or a tap on the menu.
func (c *chat) switchTo(text string) (Reply, error) {
	text = cmp.Or(c.spoken(text), text)
	s, open, err := c.decode()
	if err != nil {
		return Reply{}, err
	}
	if open == nil || !open.touched(s) { // nothing was answered yet
		c.close()
		return c.atLarge(text)
	}
	if _, err := c.park(); err != nil {
		return Reply{}, err
	}
	r, err := c.atLarge(text)
	if err == nil && r.Text != "" {
		r.Text = sayParkedFor + "\n" + r.Text
	}
	return r, err
}

// other reports whether text is a whole keyword that is no form's.
func (c *chat) other(text string) bool {
	for _, w := range c.words() {
		if answer.SameWord(text, w.word) {
			return true
		}
	}
	return false
}

// keyword finds the flow whose keyword stands in text, and the rest of it.
func (c *chat) keyword(text string) (*Flow, string) {
	for _, f := range c.t.flows {
		if !c.is(f.For) {
			continue
		}
		for _, head := range f.heads() {
			rest, ok := answer.CutWord(text, head)
			if !ok {
				continue
			}
			words := strings.Fields(rest)
			for i, w := range words { // “走访了孟丽”
				words[i] = strings.TrimPrefix(w, "了")
			}
			return f, strings.TrimSpace(strings.Join(words, " "))
		}
	}
	return nil, ""
}

// word is a keyword that opens no form.
type word struct {
	word string
	who  audience
	do   func(c *chat, rest string) (Reply, error) // rest is what stands behind the word
}

// talk is a word that is heard when nothing is open; a whole one stands alone.
type talk struct {
	word  string
	whole bool
	do    func(*chat, string) (Reply, error)
}

// words are the keywords of whoever writes, each file's own, matched whole, at
// the head of what is typed, and by sound; longer ones come before those that
// they begin with. Of two that are the same the first for her audience counts.
func (c *chat) words() []word {
	if c.known != nil {
		return c.known
	}
	c.known = slices.DeleteFunc(slices.Clone(c.t.catalog.words), func(w word) bool { return !c.is(w.who) })
	return c.known
}

// oldOption reports whether text looks like the words of a tapped option.
func oldOption(text string) bool {
	n, rest, ok := answer.Index(text)
	return ok && n > 0 && rest != ""
}

// again says something and shows the open question or offers once more.
func (c *chat) again(said string) (Reply, error) {
	if c.s.Flow != "" {
		r, err := c.step(form.Input{Again: true})
		r.Text = said + "\n" + r.Text
		return r, err
	}
	if len(c.s.Offers) > 0 {
		return c.show(said), nil
	}
	return c.menu(said)
}

// offer puts options on offer outside a form; the answer shows them.
func (c *chat) offer(text string, offers ...dialogstate.Option) Reply {
	c.s.Offers = offers
	return c.show(text)
}

func (c *chat) show(text string) Reply {
	c.s.Step++
	r := Reply{Text: text, Token: c.s.Step}
	for i, o := range c.s.Offers {
		r.Options = append(r.Options, o.Label)
		if o.Head != "" && r.Heads == nil {
			r.Heads = make([]string, len(c.s.Offers))
		}
		if o.Head != "" {
			r.Heads[i] = o.Head
		}
	}
	return r
}

// offered answers words that may mean one of the offers; ok is false when they
// mean none, and then the offers are gone.
func (c *chat) offered(text string) (Reply, bool, error) {
	if len(c.s.Offers) == 0 {
		return Reply{}, false, nil
	}
	if c.m.Token != 0 && c.m.Token != c.s.Step {
		return c.show(sayOldOption), true, nil
	}
	labels := make([][]string, len(c.s.Offers))
	for i, o := range c.s.Offers {
		labels[i] = []string{o.Label}
	}
	switch hits := c.meant(text, answer.Match(text, labels)); {
	case len(hits) == 1:
		do := c.s.Offers[hits[0]].Do
		c.s.Offers = nil
		r, err := c.do(do)
		return r, true, err
	case len(hits) > 1 || oldOption(text) && c.m.Tapped:
		return c.show(sayWhich), true, nil
	}
	if n, rest, ok := answer.Index(text); ok && n > 0 && rest == "" {
		return c.show(fmt.Sprintf(sayNoSuch, n)), true, nil
	}
	return Reply{}, false, nil
}

// meant leaves of the offers that words may mean those whose label they begin, or
// that they begin with: “今天” in the middle of a label means nothing.
func (c *chat) meant(text string, hits []int) []int {
	if _, _, numbered := answer.Index(text); numbered {
		return hits
	}
	return slices.DeleteFunc(hits, func(i int) bool {
		label := answer.Fold(c.s.Offers[i].Label)
		head, _, _ := strings.Cut(label, ":")
		n := min(len([]rune(text)), len([]rune(label)))
		if len([]rune(text)) >= 3 && strings.Contains(label, text) {
			return false
		}
		return !strings.HasPrefix(text, head) && !answer.SameSound(text, string([]rune(label)[:n]))
	})
}

// seed makes the same "random" numbers for each delivery of one message.
func (c *chat) seed() uint64 {
	h := fnv.New64a()
	h.Write([]byte(c.m.ID))
	return h.Sum64()
}

// spoken returns the keyword that text is with what is said around it (嗯，今日; 我想换天),
// "" where there is none. It is asked only of what nothing else understood: a name
// or an answer of hers may begin with the same words.
func (c *chat) spoken(text string) string {
	plain, opened := answer.Opened(text)
	if opened && c.s.Flow == "" && c.replies(answer.Bare(plain)) && len(c.who.Residents) > 0 { // “嗯，来”
		return answer.Bare(plain)
	}
	for _, said := range append([]string{plain}, answer.Wished(plain)...) {
		if said != text && c.whole(said) {
			return said
		}
	}
	if f, rest := c.keyword(plain); opened && f != nil && rest != "" && strings.HasPrefix(plain, f.Keyword) { // “嗯，走访 郭敏”
		return plain
	}
	return ""
}

// replies reports whether text answers a reminder.
func (c *chat) replies(text string) bool {
	return slices.ContainsFunc(c.t.catalog.all, func(p Capability) bool { return slices.Contains(p.Replies, text) })
}

// whole reports whether text is, as a whole, a word that means something: when
// nothing is open also one that may as well be an answer (补贴).
func (c *chat) whole(text string) bool {
	if f, rest := c.keyword(text); f != nil && rest == "" || c.other(text) {
		return true
	}
	if slices.ContainsFunc(c.t.catalog.all, func(p Capability) bool { return p.Whole != nil && p.Whole(c, text) }) {
		return true
	}
	return c.s.Flow == "" && slices.ContainsFunc(c.t.catalog.phrases, func(w talk) bool { return answer.SameWord(text, w.word) })
}

// join puts parts on lines of their own, leaving out empty ones.
func join(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		if p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p)
	}
	return b.String()
}
