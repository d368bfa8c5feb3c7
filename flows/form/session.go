package form

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"slices"

	"xintiexin/flows/xpath"
)

// Session is one form being filled in by one person: the answers, the options
// last shown and where in the conversation she is. It belongs to one goroutine.
type Session struct {
	f     *Form
	plain []cell      // by Question.index: what stands outside repeats
	inner map[at]cell // what stands in rows

	token   uint32
	mode    mode
	leaving bool // the screen asks whether to throw the form away
	open    at   // the question on the screen, in the modes that show one
	tries   uint8
	print   uint32   // fingerprint of the listed choices when shown is empty
	shown   []Option // options that are not simply the question's list
	typed   string   // what was searched for in a live list
	skip    int      // choices of a live list shown on earlier pages

	moment
}

// moment is what a Session needs during one step only.
type moment struct {
	env      Env
	ctx      xpath.Context
	gen      uint32
	gates    []gate
	judged   *Question // the group whose relevant, which reads its own questions, is being evaluated
	results  []result
	inRows   map[at]*known // both, of questions in rows
	changed  bits
	log      []logged
	say      []string
	err      error             // of Lists or Answered
	last     map[string]string // what Last gave
	troubles []Trouble
	brief    bool // the summary without its lines
	refused  bool // this step's text was not taken
	unsure   bool // it was answered by choices that are not quite what was said
}

// when is the state of a session that gates and results follow from: the
// answers, counted, and the group that is being judged as if it were open, by
// its index from 1.
type when struct{ gen, judged uint32 }

type gate struct {
	when when
	open bool
}

type result struct {
	when  when
	value xpath.Value
}

// known is gate and result of a question in a row.
type known struct {
	gate
	result
}

type logged struct {
	at  at
	old cell
}

// mode is what the screen is about.
type mode uint8

const (
	asking   mode = iota // the first question that applies and has no answer
	visiting             // an answered question, reached by going back
	changing             // a line of the summary
	summing              // the summary
	choosing             // which line to change
	modes
)

// at is a question in a row: row[0] of the outermost repeat around it.
type at struct {
	q   int32
	row [maxDepth]uint8
}

// cell is what a Session knows of a question in a row.
type cell struct {
	text string
	n    uint8 // of a repeat: its rows
	flag flag
}

type flag uint8

const (
	answered flag = 1 << iota // the person answered or skipped, or a flow Set it; of a repeat: no more rows
	auto                      // text is the default, taken without asking
	seen                      // a note or heading was said
	flags    = answered | auto | seen
)

// maxRows is the most rows that a repeat has.
const maxRows = 99

type bits []uint64

func (b bits) set(i int) { b[i>>6] |= 1 << (i & 63) }

func (b bits) has(i int) bool { return b[i>>6]&(1<<(i&63)) != 0 }

func (b bits) any() bool {
	for _, w := range b {
		if w != 0 {
			return true
		}
	}
	return false
}

func (b bits) meets(o bits) bool {
	for i := range min(len(b), len(o)) {
		if b[i]&o[i] != 0 {
			return true
		}
	}
	return false
}

func newSession(f *Form) *Session {
	return &Session{f: f, plain: make([]cell, len(f.all))}
}

// begin readies s for a step.
func (s *Session) begin(env Env) {
	before := s.log // what was Set since the session was read
	s.moment = moment{env: env, gen: 1}
	s.ctx.Data = (*data)(s)
	s.ctx.Now = env.Now
	if s.f.random {
		s.ctx.Rand = rand.New(rand.NewPCG(env.Seed, 0))
	}
	s.changed = make(bits, (len(s.f.all)+63)/64)
	for _, l := range before {
		s.changed.set(int(l.at.q))
	}
}

func (s *Session) cell(a at) cell {
	if s.f.depths[a.q] == 0 {
		return s.plain[a.q]
	}
	return s.inner[a]
}

// put changes what is known of a question. Everything worked out from answers
// is worked out anew when it is next read.
func (s *Session) put(a at, c cell) {
	old := s.cell(a)
	if old == c {
		return
	}
	s.log = append(s.log, logged{a, old})
	s.write(a, c)
	if old.text != c.text || old.n != c.n {
		s.gen++
		if s.changed != nil {
			s.changed.set(int(a.q))
		}
	}
}

func (s *Session) write(a at, c cell) {
	switch {
	case s.f.depths[a.q] == 0:
		s.plain[a.q] = c
	case c == cell{}:
		delete(s.inner, a)
	default:
		if s.inner == nil {
			s.inner = map[at]cell{}
		}
		s.inner[a] = c
	}
}

// rollback undoes every put since the log was n long.
func (s *Session) rollback(n int) {
	for i := len(s.log) - 1; i >= n; i-- {
		s.write(s.log[i].at, s.log[i].old)
	}
	s.log = s.log[:n]
	s.gen++
}

// Get returns the stored text of the answer name (of a select the choice's
// value, of a date 2006-01-02); "" when it is unanswered or does not apply now.
// In a repeat it is the first row's.
func (s *Session) Get(name string) string {
	q := s.f.byName[name]
	if q == nil {
		return ""
	}
	return s.text(at{q: int32(q.index)})
}

// Set stores value as the answer name; "" is Clear. It does nothing when the
// form has no such question.
func (s *Session) Set(name, value string) {
	q := s.f.byName[name]
	if q == nil {
		return
	}
	if value == "" {
		s.Clear(name)
		return
	}
	s.put(at{q: int32(q.index)}, cell{text: value, flag: answered})
}

// Clear makes name unanswered, so that it is asked when it applies.
func (s *Session) Clear(name string) {
	if q := s.f.byName[name]; q != nil {
		s.put(at{q: int32(q.index)}, cell{})
	}
}

// Answered reports whether the person answered or skipped name, or Set gave it
// a value; a default taken for the summary does not count.
func (s *Session) Answered(name string) bool {
	q := s.f.byName[name]
	return q != nil && s.plain[q.index].flag&answered != 0
}

// Say adds a line above the next question; for Env.Answered.
func (s *Session) Say(text string) { s.say = append(s.say, text) }

// Token returns the step token of the screen last shown.
func (s *Session) Token() uint32 { return s.token }

// SetToken makes the tokens of further screens higher than base.
func (s *Session) SetToken(base uint32) { s.token = max(s.token, base) }

// Summing reports whether everything is answered and the summary is shown.
func (s *Session) Summing() bool { return s.mode == summing || s.mode == choosing }

// errDamaged is every reason why bytes are no session.
var errDamaged = errors.New("session is damaged")

// version is the first byte of a stored session.
const version = 1

// MarshalBinary is AppendBinary to nothing; it never fails.
func (s *Session) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil), nil }

// AppendBinary appends s as Decode reads it.
//
// The text is: version, token, mode and leaving, open question, tries, shown
// options, answers, checksum. A question is the hash of its path, so that a
// form may be changed meanwhile; numbers are uvarints.
func (s *Session) AppendBinary(b []byte) []byte {
	start := len(b)
	b = slices.Grow(b, 64+s.size())
	b = append(b, version)
	b = binary.AppendUvarint(b, uint64(s.token))
	depth := s.f.all[s.open.q].depth
	m := byte(s.mode)<<1 | byte(depth)<<5
	if s.leaving {
		m |= 1
	}
	b = append(b, m, s.tries)
	b = binary.LittleEndian.AppendUint32(b, s.f.all[s.open.q].hash)
	b = append(b, s.open.row[:depth]...)
	b = binary.LittleEndian.AppendUint32(b, s.print)
	b = binary.AppendUvarint(b, uint64(len(s.shown)))
	for _, o := range s.shown {
		b = appendText(appendText(b, o.Label), o.Value)
	}
	b = appendText(b, s.typed)
	b = binary.AppendUvarint(b, uint64(s.skip))
	for i, c := range s.plain {
		if c != (cell{}) {
			b = s.appendCell(b, at{q: int32(i)}, c)
		}
	}
	if len(s.inner) > 0 {
		keys := make([]at, 0, len(s.inner))
		for a := range s.inner {
			keys = append(keys, a)
		}
		slices.SortFunc(keys, at.compare)
		for _, a := range keys {
			b = s.appendCell(b, a, s.inner[a])
		}
	}
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b[start:]))
}

func (a at) compare(b at) int {
	if a.q != b.q {
		return int(a.q - b.q)
	}
	return slices.Compare(a.row[:], b.row[:])
}

// size is about how long the stored answers are.
func (s *Session) size() int {
	n := 0
	for _, c := range s.plain {
		if c.flag != 0 {
			n += 6 + len(c.text)
		}
	}
	for _, o := range s.shown {
		n += 4 + len(o.Label) + len(o.Value)
	}
	return n + 32*len(s.inner)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// Flags of a stored answer beside those of a cell.
const (
	hasText flag = 1 << (iota + 3)
	hasRows
)

// appendCell writes hash, flags and depth, rows, and what the flags tell.
func (s *Session) appendCell(b []byte, a at, c cell) []byte {
	depth := s.f.depths[a.q]
	fl := c.flag
	if c.text != "" {
		fl |= hasText
	}
	if c.n > 0 {
		fl |= hasRows
	}
	b = binary.LittleEndian.AppendUint32(b, s.f.hashes[a.q])
	b = append(b, byte(fl)|depth<<6)
	b = append(b, a.row[:depth]...)
	if c.n > 0 {
		b = append(b, c.n)
	}
	if c.text != "" {
		b = appendText(b, c.text)
	}
	return b
}

// Decode reads a stored session of f. Answers to questions that f no longer
// has are dropped. Any other text than AppendBinary's is an error.
func Decode(f *Form, b []byte) (*Session, error) {
	if len(b) < 5 || b[0] != version {
		return nil, errDamaged
	}
	body := b[:len(b)-4]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(b[len(body):]) {
		return nil, errDamaged
	}
	return decode(f, string(body[1:]))
}

func decode(f *Form, text string) (*Session, error) {
	s := newSession(f)
	if len(f.all) == 0 {
		return nil, errDamaged
	}
	d := decoder{all: text}
	s.token = uint32(d.number(1<<32 - 1))
	m := d.byte()
	s.mode, s.leaving = mode(m>>1&15), m&1 != 0
	s.tries = d.byte()
	s.decodeOpen(&d, int(m>>5))
	s.print = d.uint32()
	if n := d.number(maxRows + 1); n > 0 {
		s.shown = make([]Option, 0, n)
		for range n {
			s.shown = append(s.shown, Option{Label: d.text(), Value: d.text()})
		}
	}
	s.typed = d.text()
	s.skip = int(d.number(1 << 20))
	for guess := int32(0); d.more(); guess++ {
		guess = s.decodeCell(&d, guess)
	}
	if d.bad || s.mode >= modes {
		return nil, errDamaged
	}
	return s, nil
}

func (s *Session) decodeOpen(d *decoder, depth int) {
	q := s.f.byHash[d.uint32()]
	rows := d.take(min(depth, maxDepth+1))
	if q != nil && q.depth == depth {
		s.open.q = int32(q.index)
		copy(s.open.row[:], rows)
	} else if s.mode != summing && s.mode != choosing {
		s.mode, s.shown, s.print = asking, nil, 0
	}
}

// decodeCell reads one answer. Answers stand in the order of the form, so the
// question is probably a guess or soon after it; its index is returned.
func (s *Session) decodeCell(d *decoder, guess int32) int32 {
	h := d.uint32()
	index, known := s.indexOf(h, guess)
	fl := d.byte()
	depth := fl >> 6
	if depth > maxDepth {
		d.bad = true
		return guess
	}
	a := at{q: index}
	if depth > 0 {
		copy(a.row[:], d.take(int(depth)))
	}
	c := cell{flag: flag(fl) & flags}
	if flag(fl)&hasRows != 0 {
		c.n = min(d.byte(), maxRows)
	}
	if flag(fl)&hasText != 0 {
		c.text = d.text()
	}
	if !known || s.f.depths[index] != depth || d.bad {
		return guess
	}
	s.write(a, c)
	return index
}

func (s *Session) indexOf(h uint32, guess int32) (int32, bool) {
	for i := guess; i < min(guess+3, int32(len(s.f.hashes))); i++ {
		if s.f.hashes[i] == h {
			return i, true
		}
	}
	q := s.f.byHash[h]
	if q == nil {
		return guess, false
	}
	return int32(q.index), true
}

// decoder reads a stored session; after the first fault it reads nothing more.
// The texts it gives are parts of the one it was given.
type decoder struct {
	all string
	pos int
	bad bool
}

func (d *decoder) more() bool { return d.pos < len(d.all) && !d.bad }

func (d *decoder) take(n int) string {
	if n > len(d.all)-d.pos || d.bad {
		d.bad = true
		return ""
	}
	d.pos += n
	return d.all[d.pos-n : d.pos]
}

func (d *decoder) byte() byte {
	if !d.more() {
		d.bad = true
		return 0
	}
	d.pos++
	return d.all[d.pos-1]
}

func (d *decoder) uint32() uint32 {
	s := d.take(4)
	if s == "" {
		return 0
	}
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// number reads a uvarint of at most most.
func (d *decoder) number(most uint64) uint64 {
	var n uint64
	for shift := 0; shift < 64; shift += 7 {
		c := d.byte()
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			if n > most {
				d.bad, n = true, 0
			}
			return n
		}
	}
	d.bad = true
	return 0
}

func (d *decoder) text() string { return d.take(int(d.number(1 << 20))) }
