package dialog

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
	For      Audience
	Set      purpose.Purpose                                                                     // the consent that it needs
	Instant  bool                                                                                // saved without a summary
	Sentence func(c *Turn, sentence string, known map[string]string) (string, map[string]string) // takes out what only the flow can read
	Answered func(c *Turn, f *Flow, s *form.Session, name string) (*form.Problem, error)
	Save     func(c *Turn, f *Flow, s *form.Session) (Reply, error)
	Ended    func(c *Turn, f *Flow, s *form.Session, why string) (Reply, error) // the form set its row "stop"; nil is the cadre's endings
	After    func(c *Turn) (Reply, error)                                       // goes on behind a save that cannot be taken back; its reply is the answer
	Final    bool                                                               // what was saved is not taken back by 撤销
	Choices  func(c *Turn, list, typed string, max int) (form.Found, error)     // of the live lists that the flow alone has; nil without
	Label    func(c *Turn, list, value string) (string, error)
	Typed    func(c *Turn, text string) string                 // what is said to the open question, where it is to be read as a whole; "" for all else
	Keep     func(c *Turn, s *form.Session)                    // keeps in the session what the next message needs
	Last     func(c *Turn, f *Flow) (map[string]string, error) // what whoever writes answered the last time, by path
	SignUp   bool                                              // it asks who somebody is and whether she agrees
	Form     *form.Form
	Begin    func(c *Turn, f *Flow, sentence string) (known map[string]string, r Reply, asked bool, err error) // what comes before the form; asked: r is a question of its own
	Town     *Town                                                                                             // of a town's own form; nil of a built-in one
	Builtin  *form.Form                                                                                        // the form that a town's workbook stands in place of
	Version  string                                                                                            // id of the town's tables
	Trial    bool                                                                                              // nothing of it is kept
	Old      bool                                                                                              // only for what is half-way
}

const (
	Anyone  Audience = iota
	Staff            // bound as a cadre, whatever the role
	Village          // village worker or clerk: who looks after people at home
	Clinic           // clinician or clerk
	Clerk
	Office // clerk or administrator
	Admin  // who keeps the system

	ByRole       Audience = 0x80 // with any of those below: who has one of the roles
	RoleWorker   Audience = 1
	RoleClerk    Audience = 2
	RoleClinic   Audience = 4
	RoleAdmin    Audience = 8
	RoleResident Audience = 16
)

// Live are the lists that a form may name and that come out of storage.
var Live = []string{"residents", "away", "days", "hours", "rings", "villages", "cadres"}

// LiveLists returns the names of the lists that come out of storage.
func LiveLists() []string { return slices.Clone(Live) }

// Talk holds the forms and answers messages. It is filled by New and may be
// used by many goroutines at once.
type Talk struct {
	Flows  []*Flow
	Labels map[string]bool // every word that a choice of a form is known by: no name of a person
	kept   *kept           // the town's own forms that were read
	base   *Talk           // with the built-in forms alone; nil is this one

	Catalog *catalog // what the capabilities handed over
	forms   fs.FS    // the built-in forms
}

// Handle answers one message. It returns an error only for what should become
// "the system is busy"; everything a person can do wrong is a Reply.
func (t *Talk) Handle(tx *record.Tx, m Message) (Reply, error) {
	if m.Kind == Unfollow {
		return Reply{}, enrolment.Unfollow(tx, m.From, m.At)
	}
	c, err := t.turn(tx, m)
	if err != nil {
		return Reply{}, err
	}
	r, err := c.careful()
	if err != nil {
		return Reply{}, err
	}
	if c.woke && r.Text != "" && !r.Raw {
		r.Text = Join(sayParkedFor, r.Text)
	}
	if err := finish(c, &r); err != nil {
		return Reply{}, err
	}
	c.S.Last, c.S.Page = m.At.Unix(), c.Page
	return r, dialogstate.Put(tx, m.From, c.S)
}

// Turn is one message being answered.
type Turn struct {
	T       *Talk
	Tx      *record.Tx
	M       Message
	Who     person.Person
	Scope   person.Scope
	S       dialogstate.Session
	Today   calendar.Day
	known   []Keyword // the keywords of whoever writes
	Page    string    // the page of the site that is read by this answer
	Soft    string    // the line before an answer to what may be a sign of danger
	Draft   any       // what the lists of the open form need, for this one message
	refusal refusal   // what the open form made of this message
	open    openForm  // the open form as it was decoded last
	woke    bool      // a form that lay open for hours was put aside by this message

	ToTell  []string // kinds of messages that this answer promised her
	RingToo bool     // nobody rings her, and nothing is sent but what she accepts
}

func (t *Talk) turn(tx *record.Tx, m Message) (*Turn, error) {
	c := &Turn{T: t, Tx: tx, M: m, Today: calendar.DayOf(m.At)}
	var err error
	if c.Who, err = person.Identify(tx, m.From); err != nil {
		return nil, err
	}
	if c.Scope, err = person.ScopeOf(tx, c.Who); err != nil {
		return nil, err
	}
	if c.S, err = dialogstate.Load(tx, m.From); err != nil {
		return nil, err
	}
	if c.T, err = t.inForce(tx, c.S); err != nil {
		return nil, err
	}
	window(c)
	return c, dropForeign(c)
}

// dropForeign closes what is not for whoever writes now: the office is gone, and with
// it what its chat held of people; or the person of a form put aside is outside the
// scope: moved, deleted, another's by now.
func dropForeign(c *Turn) error {
	foreign := func(name string) bool {
		f := c.T.Flow(name)
		return f != nil && !c.Is(f.For)
	}
	if c.S.Flow != "" && foreign(c.S.Flow) {
		c.S.Flow, c.S.Form, c.S.Offers, c.S.More = "", nil, nil, nil
	}
	var failed error
	c.S.Parked = slices.DeleteFunc(c.S.Parked, func(p dialogstate.SuspendedForm) bool {
		if foreign(p.Flow) {
			return true
		}
		out, err := c.parkedOutside(p)
		failed = cmp.Or(failed, err)
		return out
	})
	return failed
}

func (c *Turn) parkedOutside(p dialogstate.SuspendedForm) (bool, error) {
	f := c.T.Flow(p.Flow)
	if f == nil || !c.Who.Staff() {
		return false, nil
	}
	s, err := form.Decode(f.Form, p.Form)
	if err != nil { // damaged: whoever opens it says so
		return false, nil
	}
	return c.outside(f, s)
}

// outside reports whether a form of a member of staff is about somebody whom they may
// not see today.
func (c *Turn) outside(f *Flow, s *form.Session) (bool, error) {
	if !c.Who.Staff() {
		return false, nil
	}
	for _, name := range []string{f.Row("resident"), "person"} {
		id := s.Get(name)
		if id == "" || strings.HasPrefix(id, Newcomer) {
			continue
		}
		if _, err := c.Scope.Client(id); IsNotFound(err) {
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
func window(c *Turn) {
	now := c.M.At.Unix()
	if c.S.Muted = false; (c.M.Kind == Text || c.M.Kind == Media || c.M.Kind == Heard) && !c.M.Tapped {
		c.S.Window, c.S.Left = now+48*3600, 5
	} else {
		c.S.Window, c.S.Left = now+60, 3
	}
}

func dispatch(c *Turn) (Reply, error) {
	switch c.M.Kind {
	case Follow:
		l, err := person.LoadAccount(c.Tx, c.M.From)
		if err != nil {
			return Reply{}, err
		}
		l.OpenID, l.Followed = c.M.From, c.M.At.Unix()
		if err := person.PutAccount(c.Tx, l); err != nil {
			return Reply{}, err
		}
		return c.T.Catalog.scene(c, c.M.Text)
	case Scan:
		return c.T.Catalog.scene(c, c.M.Text)
	case Media:
		if c.S.Flow != "" {
			return c.Step(form.Input{Media: true})
		}
		r, err := c.Again(sayMedia)
		r.Lost = true
		return r, err
	case Click:
		return c.say(c.M.Text)
	case Heard: // nothing is done before it is sent as words
		r, ok, err := c.inDanger(answer.Fold(c.M.Text))
		if !ok {
			r = Reply{Text: fmt.Sprintf(sayHeard, c.M.Text), Lost: c.S.Flow == ""}
		}
		return r, err
	}
	return c.say(c.M.Text)
}

// Sentence reports whether text is a keyword with more behind it ("走访 郭敏"):
// that is no choice among offers, though one of them may be called 走访.
func (c *Turn) Sentence(text string) bool {
	if c.M.Tapped || c.M.Token != 0 {
		return false
	}
	for _, o := range c.S.Offers {
		if text == answer.Fold(o.Label) {
			return false
		}
	}
	for _, w := range c.Words() {
		if rest, ok := strings.CutPrefix(text, w.Text); ok && rest != "" {
			return true
		}
	}
	if _, _, numbered := answer.Index(text); numbered {
		return false
	}
	f, rest := c.Keyword(text)
	return f != nil && rest != ""
}

// Other reports whether text is a whole keyword that is no form's.
func (c *Turn) Other(text string) bool {
	for _, w := range c.Words() {
		if answer.SameWord(text, w.Text) {
			return true
		}
	}
	return false
}

// Keyword finds the flow whose keyword stands in text, and the rest of it.
func (c *Turn) Keyword(text string) (*Flow, string) {
	for _, f := range c.T.Flows {
		if !c.Is(f.For) {
			continue
		}
		for _, head := range f.Heads() {
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

// Keyword is a keyword that opens no form.
type Keyword struct {
	Text string
	For  Audience
	Do   func(c *Turn, rest string) (Reply, error) // rest is what stands behind the word
}

// Phrase is a word that is heard when nothing is open; a whole one stands alone.
type Phrase struct {
	Text  string
	Whole bool
	Do    func(*Turn, string) (Reply, error)
}

// Words are the keywords of whoever writes, each file's own, matched whole, at
// the head of what is typed, and by sound; longer ones come before those that
// they begin with. Of two that are the same the first for her audience counts.
func (c *Turn) Words() []Keyword {
	if c.known != nil {
		return c.known
	}
	c.known = slices.DeleteFunc(slices.Clone(c.T.Catalog.words), func(w Keyword) bool { return !c.Is(w.For) })
	return c.known
}

// Seed makes the same "random" numbers for each delivery of one message.
func (c *Turn) Seed() uint64 {
	h := fnv.New64a()
	h.Write([]byte(c.M.ID))
	return h.Sum64()
}

// spoken returns the keyword that text is with what is said around it (嗯，今日; 我想换天),
// "" where there is none. It is asked only of what nothing else understood: a name
// or an answer of hers may begin with the same words.
func (c *Turn) spoken(text string) string {
	plain, opened := answer.Opened(text)
	if opened && c.S.Flow == "" && replies(c, answer.Bare(plain)) && len(c.Who.Residents) > 0 { // “嗯，来”
		return answer.Bare(plain)
	}
	for _, said := range append([]string{plain}, answer.Wished(plain)...) {
		if said != text && whole(c, said) {
			return said
		}
	}
	if f, rest := c.Keyword(plain); opened && f != nil && rest != "" && strings.HasPrefix(plain, f.Keyword) { // “嗯，走访 郭敏”
		return plain
	}
	return ""
}

// replies reports whether text answers a reminder.
func replies(c *Turn, text string) bool {
	return slices.ContainsFunc(c.T.Catalog.all, func(p Capability) bool { return slices.Contains(p.Replies, text) })
}

// whole reports whether text is, as a whole, a word that means something: when
// nothing is open also one that may as well be an answer (补贴).
func whole(c *Turn, text string) bool {
	if f, rest := c.Keyword(text); f != nil && rest == "" || c.Other(text) {
		return true
	}
	if slices.ContainsFunc(c.T.Catalog.all, func(p Capability) bool { return p.Whole != nil && p.Whole(c, text) }) {
		return true
	}
	return c.S.Flow == "" && slices.ContainsFunc(c.T.Catalog.Phrases, func(w Phrase) bool { return answer.SameWord(text, w.Text) })
}

// Join puts parts on lines of their own, leaving out empty ones.
func Join(parts ...string) string {
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

// WillTell notes that she was promised messages of these kinds, for the page to be
// offered on which she accepts them.
func (c *Turn) WillTell(kinds ...string) { c.ToTell = append(c.ToTell, kinds...) }
