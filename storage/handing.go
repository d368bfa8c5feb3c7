package storage

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"xintiexin/storage/calendar"
	"xintiexin/storage/kv"
)

// A town hands tables on, again and again; whoever gets one needs to be told what
// changed since, not everything anew. So the store knows of each line of a table
// its running number and what it said when it was given last.
//
// It knows so for each table, not for each who downloads: the office that gets the
// table has one sequence of lines, whichever clerk is at work that day.
//
// A download is a taking. What it gives is noted with each line under the number
// of the taking, and counts from the moment when the taking is said to have ended:
// one small write. One that broke off never counts, so that the next gives the
// same again.
//
// What changed is found by people: every write of a record that tables are made of
// notes at touch/<resident> the number of the transaction, and a taking of what
// changed reads those whose number is behind where the last ended. That looks through
// everybody's number, which is little beside an index by number: this cost three
// writes a person, and a third of the processor of a morning of 20,000 care plans.

// Handing is where a table stands that is handed on.
type Handing struct {
	Table   string
	Last    int          // the taking begun last
	Open    int          `json:",omitempty"` // the one under way
	Took    int          `json:",omitempty"` // the last one that counts
	Broken  []int        `json:",omitempty"` // those that did not end
	Shape   string       `json:",omitempty"` // of the columns, at the last one that counts
	Seq     uint64       `json:",omitempty"` // changes up to this one are given
	From    calendar.Day `json:",omitempty"` // the first day that was ever given
	Lines   int          `json:",omitempty"` // running numbers given out
	Since   int64        `json:",omitempty"` // Unix seconds of the last taking that counts
	By      string       `json:",omitempty"` // who took it: cadre id, "" from the command line
	Changed bool         `json:",omitempty"` // it gave what changed, not everything

	// Before is where it stood before the last taking that counts, so that who did
	// not get it, though all of it was sent, can have the same once more.
	Before *Handing `json:",omitempty"`
}

// counts reports whether a taking ended.
func (h Handing) counts(taking int) bool {
	return taking != 0 && taking != h.Open && !slices.Contains(h.Broken, taking)
}

// Handing returns where a table stands; the zero Handing of one that was never
// taken.
func (tx *Tx) Handing(table string) (Handing, error) {
	h, err := optional(get[Handing](tx, key("handing", table)))
	h.Table = table
	return h, err
}

// Take begins a taking of a table and returns its number in Open. One that is under
// way ends by it, uncounted.
func (tx *Tx) Take(table string) (Handing, error) {
	h, err := tx.Handing(table)
	if err != nil {
		return h, err
	}
	if h.Open != 0 {
		h.Broken = append(h.Broken, h.Open)
	}
	h.Last++
	h.Open = h.Last
	return h, tx.put(key("handing", table), h)
}

// TakeAgain is Take after it is as if the last taking that counts had not been; it
// returns ErrNotFound when there was none since.
func (tx *Tx) TakeAgain(table string) (Handing, error) {
	h, err := tx.Handing(table)
	if err != nil {
		return h, err
	}
	if h.Before == nil {
		return h, ErrNotFound
	}
	was := *h.Before
	was.Table, was.Last, was.Open, was.Lines, was.Before = table, h.Last, h.Open, h.Lines, nil
	was.Broken = append(slices.Clone(h.Broken), h.Took)
	if err := tx.put(key("handing", table), was); err != nil {
		return h, err
	}
	return tx.Take(table)
}

// Taken says that a taking ended: everything it noted counts. It returns ErrChanged
// when another was begun since.
func (tx *Tx) Taken(h Handing) error {
	now, err := tx.Handing(h.Table)
	if err != nil {
		return err
	}
	if now.Open != h.Open || h.Open == 0 {
		return ErrChanged
	}
	before := now
	before.Before = nil
	h.Last, h.Broken, h.Lines, h.Took, h.Open, h.Before = now.Last, now.Broken, now.Lines, now.Open, 0, &before
	return tx.put(key("handing", h.Table), h)
}

// HandedLine is what is known of a line of a table: its number, what it said when
// it was given, and what the last taking that had it gives.
type HandedLine struct {
	No    int
	Given string `json:",omitempty"` // a hash; "" was never given
	Try   int    `json:",omitempty"` // a taking
	Tried string `json:",omitempty"` // the hash in it
}

// withdrawnLine stands for the hash of a line that is there no more.
const withdrawnLine = "-"

// given is what the line said when it was given last.
func (l HandedLine) given(h Handing) string {
	if h.counts(l.Try) {
		return l.Tried
	}
	return l.Given
}

// TableLine is one line of a table that is being taken.
type TableLine struct {
	Resident, Record string // whose, and the id of the record
	Hash             string // of what it says; "" where the record is there no more
	No               int
	Change           LineChange
}

// LineChange is what became of a line since it was given.
type LineChange uint8

const (
	Same LineChange = iota
	Fresh
	Corrected
	Withdrew // only its number is told
)

// NoteLines gives numbers to lines of a taking and says of each what became of it;
// all (or, with changed, those that are not the same) count as given when the taking
// ends. It returns ErrChanged when another taking was begun since.
func (tx *Tx) NoteLines(h Handing, lines []TableLine) ([]TableLine, error) {
	now, err := tx.Handing(h.Table)
	if err != nil {
		return nil, err
	}
	if now.Open != h.Open || h.Open == 0 {
		return nil, ErrChanged
	}
	out, given := slices.Clone(lines), now.Lines
	for i := range out {
		if err := tx.noteLine(&now, &out[i]); err != nil {
			return nil, err
		}
	}
	if now.Lines == given {
		return out, nil
	}
	return out, tx.put(key("handing", h.Table), now)
}

func (tx *Tx) noteLine(h *Handing, l *TableLine) error {
	k := key("handed", l.Resident, h.Table, l.Record)
	old, err := optional(get[HandedLine](tx, k))
	if err != nil {
		return err
	}
	given := old.given(*h)
	if old.No == 0 {
		if l.Hash == "" {
			return nil
		}
		h.Lines++
		old.No = h.Lines
	}
	l.No, l.Change = old.No, became(given, l.Hash)
	switch {
	case l.Hash == "" && (given == "" || given == withdrawnLine) && (old.Try == 0 || old.Try != h.Took): // nobody has it
		return tx.delete(k)
	case l.Change == Same:
		return nil
	}
	next := HandedLine{No: old.No, Given: given, Try: h.Open, Tried: l.Hash}
	if l.Hash == "" {
		next.Tried = withdrawnLine
	}
	return tx.put(k, next)
}

// became compares what was given with what stands there.
func became(given, hash string) LineChange {
	switch {
	case given == hash, hash == "" && (given == "" || given == withdrawnLine):
		return Same
	case hash == "":
		return Withdrew
	case given == "" || given == withdrawnLine:
		return Fresh
	}
	return Corrected
}

// HandedOf returns the records of a person that have lines in a table: those that
// are there no more, too.
func (tx *Tx) HandedOf(resident, table string) (records []string, err error) {
	for p, err := range tx.parts(prefix("handed", resident, table)) {
		if err != nil {
			return nil, err
		}
		records = append(records, p[0])
	}
	return records, nil
}

// Withdrawn returns the numbers of lines that went with people who had themselves
// deleted and that no taking has told yet, and notes them in this one.
func (tx *Tx) Withdrawn(h Handing) (numbers []int, err error) {
	pre := prefix("withdrawn", h.Table)
	for p, err := range tx.scan(pre, end(pre)) {
		if err != nil {
			return nil, err
		}
		l, err := record[HandedLine](p)
		if err != nil {
			return nil, err
		}
		if h.counts(l.Try) { // told; the last taking may be wanted once more
			if l.Try != h.Took {
				if err := tx.delete(p.Key); err != nil {
					return nil, err
				}
			}
			continue
		}
		l.Try = h.Open
		if err := tx.put(p.Key, l); err != nil {
			return nil, err
		}
		numbers = append(numbers, l.No)
	}
	return numbers, nil
}

// leaveTables keeps of the lines of a person who is deleted the numbers of those
// that were given, and nothing of her.
func (tx *Tx) leaveTables(resident string) error {
	pre := prefix("handed", resident)
	for p, err := range tx.scan(pre, end(pre)) {
		if err != nil {
			return err
		}
		l, err := record[HandedLine](p)
		if err != nil {
			return err
		}
		table, _, _ := strings.Cut(string(p.Key[len(pre):]), "/")
		h, err := tx.Handing(table)
		if err != nil {
			return err
		}
		given := l.given(h) != withdrawnLine && (l.given(h) != "" || l.Try == h.Open && h.Open != 0)
		if given {
			if err := tx.put(key("withdrawn", table, fmt.Sprintf("%08d", l.No)), HandedLine{No: l.No}); err != nil {
				return err
			}
		}
		if err := tx.delete(p.Key); err != nil {
			return err
		}
	}
	return nil
}

// ageLines forgets the lines of a record whose time of keeping is over: the office
// that has them keeps them by its own time.
func (tx *Tx) ageLines(resident, record string) error {
	for p, err := range tx.parts(prefix("handed", resident)) {
		if err != nil {
			return err
		}
		if len(p) == 2 && (p[1] == record || len(p[1]) > len(record) && p[1][:len(record)+1] == record+".") {
			if err := tx.delete(key("handed", resident, p[0], p[1])); err != nil {
				return err
			}
		}
	}
	return nil
}

// ---- what changed ----

// tabled are the kinds of records that tables are made of; all but appointment are
// keyed by the person.
var tabled = map[string]bool{"visit": true, "away": true, "plan": true, "consent": true, "resident": true, "appointment": true}

// touching notes whom a write at k is about, before it is done; now is what will
// stand there, nil nothing. The lines of those people may say something else from
// now on. It is no part of what a save can take back: taking it back is a change.
func (tx *Tx) touching(k, now []byte) error {
	kind := kindOf(k)
	if !tabled[kind] {
		return nil
	}
	if kind != "appointment" {
		return tx.touch(ownerOf(k), kind == "resident")
	}
	old, err := tx.getRaw(k)
	if err != nil && !errors.Is(err, kv.ErrNotFound) {
		return fmt.Errorf("get %s: %w", kind, err)
	}
	for _, value := range [][]byte{old, now} {
		h := headOf(value)
		for _, id := range []string{h.Resident, h.Spouse} {
			if id == "" {
				continue
			}
			if err := tx.touch(id, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// touch notes that a person changed in this transaction. A directory line, which
// stands in no table, is passed over.
func (tx *Tx) touch(resident string, line bool) error {
	if tx.touched[resident] {
		return nil
	}
	if line {
		in, err := tx.inTables(resident)
		if err != nil || !in {
			return err
		}
	}
	if tx.touches == 0 {
		seq, err := tx.Touches()
		if err != nil {
			return err
		}
		tx.touches = seq + 1
		if err := tx.putTouch(key("touches")); err != nil {
			return err
		}
	}
	tx.leaveAlone(resident)
	return tx.putTouch(key("touch", resident))
}

func (tx *Tx) putTouch(k []byte) error {
	if err := tx.kv.Put(k, strconv.AppendUint(nil, tx.touches, 10)); err != nil {
		return fmt.Errorf("put %s: %w", kindOf(k), err)
	}
	return nil
}

// leaveAlone says that a person is noted in this transaction, or is never to be.
func (tx *Tx) leaveAlone(resident string) {
	if tx.touched == nil {
		tx.touched = map[string]bool{}
	}
	tx.touched[resident] = true
}

// inTables reports whether a person agreed to anything, or stands in a table.
func (tx *Tx) inTables(resident string) (bool, error) {
	for _, kind := range []string{"consent", "handed"} {
		for _, err := range tx.parts(prefix(kind, resident)) {
			return err == nil, err
		}
	}
	return false, nil
}

// untouch takes a person out of those that changed.
func (tx *Tx) untouch(resident string) error {
	if err := tx.kv.Delete(key("touch", resident)); err != nil {
		return fmt.Errorf("delete touch: %w", err)
	}
	return nil
}

// Touches returns the number of the last transaction in which people changed.
func (tx *Tx) Touches() (uint64, error) { return optional(get[uint64](tx, key("touches"))) }

// Touched returns the people who changed behind a number, by their ids, having
// looked at those of max people at most.
func (tx *Tx) Touched(after uint64, page Page, max int) (residents []string, next Page, err error) {
	pre, looked := prefix("touch"), 0
	for p, err := range tx.scan(page.start(pre), end(pre)) {
		if err != nil {
			return nil, page, err
		}
		seq, err := record[uint64](p)
		if err != nil {
			return nil, page, err
		}
		if seq > after {
			residents = append(residents, string(p.Key[len(pre):]))
		}
		page.After = string(p.Key)
		if looked++; looked == max {
			return residents, page, nil
		}
	}
	return residents, Page{Done: true}, nil
}

// stepRecord is the id under which a step of a plan has its line.
func stepRecord(p CarePlan, s Step) string { return p.ID + "." + s.Name + "." + strconv.Itoa(s.Round) }
