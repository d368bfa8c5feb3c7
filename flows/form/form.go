// Package form runs a form as a conversation: it asks, understands, refuses,
// goes back, sums up. It is pure: a Session goes in with what a person typed,
// the Session and a Screen come out; nothing is stored and nothing is sent.
//
// The open question is never kept: it is the first that applies and has no
// answer, so a form may be changed while people are half-way through. Beside
// the answers a Session holds only the options last shown, because by the time
// "2" comes back the list may have changed.
package form

import "time"

// Type is the type of a question. The names are XLSForm's.
type Type string

const (
	Text           Type = "text"
	Integer        Type = "integer"
	Decimal        Type = "decimal"
	Range          Type = "range"
	SelectOne      Type = "select_one"
	SelectMultiple Type = "select_multiple"
	Rank           Type = "rank"
	Note           Type = "note"
	Acknowledge    Type = "acknowledge"
	Date           Type = "date"
	Time           Type = "time"
	DateTime       Type = "dateTime"
	Calculate      Type = "calculate"
	Hidden         Type = "hidden"
	Group          Type = "group"
	Repeat         Type = "repeat"
	Meta           Type = "metadata" // start, end, today, username, …; Appearance holds which
	Media          Type = "media"    // image, audio, video, geopoint, …: degraded or refused by xlsform
)

// Question is one row of the survey sheet, or a group or repeat with its rows.
// xlsform fills the upper part; Compile the lower.
type Question struct {
	Type              Type
	Name              string
	Label             string // may hold ${name}
	Hint              string
	Guidance          string // shown on 帮助, after Hint
	Required          string // "", "yes", or an expression
	RequiredMessage   string
	Relevant          string
	Constraint        string
	ConstraintMessage string
	Calculation       string
	Trigger           []string
	Default           string // constant or expression
	DefaultIsExpr     bool
	ChoiceFilter      string
	RepeatCount       string
	ReadOnly          string
	Appearance        string
	Parameters        map[string]string
	List              string // choice list, or table of select_one_from_file without ".csv"
	FromFile          bool   // the list is attached or live (Lists)
	OrOther           bool
	Summary           bool   // column chat=summary: the default is taken, shown in the summary and changed there
	Short             string // column short: the name of the line in the summary ("怎么见的"); empty: the label
	Children          []*Question
	Row               int // Excel row in the survey sheet, for messages to the author
	compiled
}

// Choice is one row of a choice list. Label never begins with a digit.
type Choice struct {
	Value   string
	Label   string
	Aliases []string          // column alias: other words people use, separated by spaces ("行 中 管")
	Columns map[string]string // any further column, for choice_filter and lookups
}

// AuthorProblem is said to the author of a form: the row of the survey sheet,
// the column under its XLSForm name, the character in the cell (from 1; 0 is
// the whole cell), what is wrong and what to do.
type AuthorProblem struct {
	Row     int
	Column  string
	Pos     int
	Text    string
	Warning bool
}

// Form is a form as its author wrote it; Compile makes it runnable. It is not
// changed after Compile and may be used by many goroutines at once.
type Form struct {
	ID, Title, Version string
	Questions          []*Question
	Lists              map[string][]Choice
	Tables             map[string][]Choice // sheets that serve as attached files
	InstanceName       string
	Settings           map[string]string // every other setting, by name
	program
}

// Lists are the choice lists that live in storage (residents.csv, away.csv …).
// It is the one thing a form must ask of the world above; flows answers it.
type Lists interface {
	// Choices returns what the person may choose from list, at most max, best
	// first. typed is what she typed to search, "" when the question is only
	// being asked. Say is said above the options ("没有找到…"). A search that
	// returns exactly one Choice with Sure set is taken as answered.
	Choices(list, typed string, max int) (Found, error)
	// Label returns the label of a stored value, for the summary.
	Label(list, value string) (string, error)
}

// Found is what a search in a live list gives.
type Found struct {
	Say     string
	Choices []Choice
	Sure    bool // the one Choice is meant beyond doubt
	More    bool // there are more than max
}

// Env is what a step needs from outside.
type Env struct {
	Now   time.Time // when the message was written (its CreateTime)
	Seed  uint64    // from the message's key: seeds uuid() and random()
	Lists Lists
	// Preset are answers known before the first message, by name; Start takes
	// them as if Set had been called. A metadata row takes the value of its own
	// name or of its kind (username, phonenumber, deviceid …).
	Preset map[string]string
	// Last returns what the same person answered to the form the last time, by
	// Answer.Path, for ${last-saved#name}; nil is nothing. It is asked once a step
	// at most.
	Last func() (map[string]string, error)
	// Token is the base of the session's step tokens at Start: the first screen
	// has a higher one.
	Token uint32
	// Answered is called after a question got a new answer (typed, tapped,
	// prefilled or corrected), before anything further is asked. It may Set
	// other answers (hidden ones: what storage knows of the person chosen). A
	// Problem refuses the answer: it is said, and the question asked again.
	// An error stops the step; the caller then keeps the old session.
	Answered func(s *Session, name string) (*Problem, error)
}

// Problem is said to the person: what is wrong and what to type.
type Problem struct {
	Text string
	Anew bool // the choices of a live list are shown anew, not those that a search had found
}

// Input is one message for the open form.
type Input struct {
	Text  string
	Token uint32 // msgmenuid of a tap, 0 when typed or unknown
	Media bool   // a voice message, picture, sticker or place instead of text
	Again bool   // show the open screen once more; Text is ignored
}

// Status says where a session stands after a step.
type Status uint8

const (
	Asking    Status = iota // Screen asks something
	Done                    // the person said 保存; Answers are final
	Discarded               // the person confirmed 取消
)

// Option is one numbered line of a Screen.
type Option struct {
	Label string
	Value string
}

// Screen is what is shown next. The texts hold no markup.
type Screen struct {
	Say     []string // what became of the last answer: a refusal, an echo, a note
	Ask     string   // the open question, or the summary; may have several lines
	Options []Option // numbered from 1 in this order
	Token   uint32   // step token for the options' taps; a tap with another token is an older screen's
}

// Question returns the question of that name, or an empty one.
func (f *Form) Question(name string) *Question {
	if q := f.byName[name]; q != nil {
		return q
	}
	return &Question{}
}

// ChoiceLabel returns the label of a value in a choice list, or the value.
func (f *Form) ChoiceLabel(list, value string) string {
	for _, c := range f.Lists[list] {
		if c.Value == value {
			return c.Label
		}
	}
	return value
}

// Asks returns the type of the question on the screen, "" while the summary is
// shown.
func (s *Session) Asks() Type {
	if s.Summing() {
		return ""
	}
	return s.f.all[s.open.q].Type
}

// Open returns the question on the screen and its rows as Answer has them; nil
// while the summary is shown. A repeat stands for whether there is another row.
func (s *Session) Open() (q *Question, rows []int) {
	if s.Summing() {
		return nil, nil
	}
	q = s.f.all[s.open.q]
	for _, r := range s.open.row[:q.depth] {
		rows = append(rows, int(r)+1)
	}
	return q, rows
}

// Leaving reports whether the screen asks if the form is to be thrown away.
func (s *Session) Leaving() bool { return s.leaving }

// Refused reports whether the last step did not take what was typed, and how often in a
// row.
func (s *Session) Refused() (bool, int) { return s.refused, int(s.tries) }

// Unsure reports whether the last step answered what was typed by choices that are not
// quite what was said.
func (s *Session) Unsure() bool { return s.unsure }
