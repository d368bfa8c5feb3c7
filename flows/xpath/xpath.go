// Package xpath is the expression language of forms: XPath 1.0 cut down plus
// the functions of ODK, as spreadsheets forms use it. An expression is parsed
// once, with positions for its author, and compiled to closures.
package xpath

import (
	"math/rand/v2"
	"time"
)

// FieldKind says what a field of the form tree holds.
type FieldKind uint8

const (
	TextField     FieldKind = iota // text, one choice, or several joined by spaces
	NumberField                    // integer, decimal, range
	BoolField                      // a calculation that gave a boolean keeps its type
	DateField                      // YYYY-MM-DD
	DateTimeField                  // ISO with offset
	AutoField                      // a calculation: keeps the type of its result
	GroupField
	RepeatField
)

// Field is a node of the form's static tree: the root (a group without a
// name), groups, repeats and questions. Package form builds it; Index is the
// owner's to use (form puts the question's number there).
type Field struct {
	Name     string
	Kind     FieldKind
	Parent   *Field
	Children []*Field
	Index    int
	List     string // name of the choice list, for checks and jr:choice-name
}

// Data is what an expression reads while it is evaluated.
type Data interface {
	// Value returns the answer of f in the row that rows names (from 0, one
	// number for each enclosing repeat, outermost first); the empty Value when
	// it is unanswered or not relevant.
	Value(f *Field, rows []int) Value
	// Rows returns how many rows the repeat f has inside rows.
	Rows(f *Field, rows []int) int
	// Items returns the items of a choice list or attached table, nil if there
	// is none of that name.
	Items(list string) []Item
}

// Item is a row of a choice list or attached table. Columns always hold "name"
// and "label".
type Item interface {
	Column(name string) (string, bool)
}

// Context is where and when an expression is evaluated.
type Context struct {
	Data Data
	Now  time.Time  // instant of the message; civil time is UTC+8
	Rand *rand.Rand // source of uuid() and random(); seeded from the message's key
	Self Value      // "." : the new answer in a constraint
	Rows []int      // rows of the repeats around Env.Field, from 0
	Item Item       // the row under test in a choice_filter, else nil

	// Trouble is what went wrong in an evaluation that gave a value all the same:
	// date() of a day that does not exist is empty. It is for the log and names
	// no answer. It stays until the owner clears it.
	Trouble error

	frame     // of the evaluation going on
	depth int // evaluations around it
	work  int // what they may still look at
}

// Env is what is known when an expression is compiled.
type Env struct {
	Root    *Field
	Field   *Field   // the question the expression belongs to; nil is Root
	Filter  bool     // a choice_filter: bare names are columns of the item
	Columns []string // the columns a choice_filter may name
	Lists   []string // lists that instance() and pulldata() may name

	// Choices returns the names in a choice list, nil if they are not known. It
	// is for warnings about misspelled literals and may itself be nil.
	Choices func(list string) []string
	// Many says that a reference to all rows of a repeat is welcome as the
	// result (see Value.All): a select from a repeat.
	Many bool
	// Names is Names(Root), for who compiles many expressions of one form; nil
	// is built anew each time.
	Names map[string][]*Field
}

// Value is a text, a number, a boolean, a date or a set of fields' values. The
// zero Value is the empty text: a question that has no answer.
type Value struct {
	kind valueKind
	num  float64
	str  string
	set  []Value
}

type valueKind uint8

// Expr is a compiled expression. It holds no state and may be used by many
// goroutines at once.
type Expr struct {
	eval     func(*Context) Value
	uses     []*Field
	constant *Value // nil when it is not always the same
}

// Problem is what the author of an expression is told: where (the character
// within the expression, counted in characters from 1), what is wrong and what
// to do, in Chinese.
type Problem struct {
	Pos     int
	End     int // the character after the last one meant
	Text    string
	Warning bool
}

func (p *Problem) Error() string { return p.Text }
