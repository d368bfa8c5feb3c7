package changes

import (
	"fmt"
	"slices"
	"strings"

	"xintiexin/storage/calendar"
	recordstore "xintiexin/storage/record"
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

// ExportSequence is where a table stands that is handed on.
type ExportSequence struct {
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
	Before *ExportSequence `json:",omitempty"`
}

// counts reports whether a taking ended.
func (h ExportSequence) counts(taking int) bool {
	return taking != 0 && taking != h.Open && !slices.Contains(h.Broken, taking)
}

// LoadSequence returns where a table stands; the zero Handing of one that was never
// taken.
func LoadSequence(tx *recordstore.Tx, table string) (ExportSequence, error) {
	h, err := recordstore.Optional(recordstore.Get[ExportSequence](tx, recordstore.Key("handing", table)))
	h.Table = table
	return h, err
}

// BeginBatch begins a taking of a table and returns its number in Open. One that is under
// way ends by it, uncounted.
func BeginBatch(tx *recordstore.Tx, table string) (ExportSequence, error) {
	h, err := LoadSequence(tx, table)
	if err != nil {
		return h, err
	}
	if h.Open != 0 {
		h.Broken = append(h.Broken, h.Open)
	}
	h.Last++
	h.Open = h.Last
	return h, tx.Put(recordstore.Key("handing", table), h)
}

// RetryBatch is Take after it is as if the last taking that counts had not been; it
// returns ErrNotFound when there was none since.
func RetryBatch(tx *recordstore.Tx, table string) (ExportSequence, error) {
	h, err := LoadSequence(tx, table)
	if err != nil {
		return h, err
	}
	if h.Before == nil {
		return h, recordstore.ErrNotFound
	}
	was := *h.Before
	was.Table, was.Last, was.Open, was.Lines, was.Before = table, h.Last, h.Open, h.Lines, nil
	was.Broken = append(slices.Clone(h.Broken), h.Took)
	if err := tx.Put(recordstore.Key("handing", table), was); err != nil {
		return h, err
	}
	return BeginBatch(tx, table)
}

// CommitBatch says that a taking ended: everything it noted counts. It returns ErrChanged
// when another was begun since.
func CommitBatch(tx *recordstore.Tx, h ExportSequence) error {
	now, err := LoadSequence(tx, h.Table)
	if err != nil {
		return err
	}
	if now.Open != h.Open || h.Open == 0 {
		return recordstore.ErrChanged
	}
	before := now
	before.Before = nil
	h.Last, h.Broken, h.Lines, h.Took, h.Open, h.Before = now.Last, now.Broken, now.Lines, now.Open, 0, &before
	return tx.Put(recordstore.Key("handing", h.Table), h)
}

// ExportedRow is what is known of a line of a table: its number, what it said when
// it was given, and what the last taking that had it gives.
type ExportedRow struct {
	No    int
	Given string `json:",omitempty"` // a hash; "" was never given
	Try   int    `json:",omitempty"` // a taking
	Tried string `json:",omitempty"` // the hash in it
}

// withdrawnLine stands for the hash of a line that is there no more.
const withdrawnLine = "-"

// given is what the line said when it was given last.
func (l ExportedRow) given(h ExportSequence) string {
	if h.counts(l.Try) {
		return l.Tried
	}
	return l.Given
}

// Row is one line of a table that is being taken.
type Row struct {
	Resident, Record string // whose, and the id of the record
	Hash             string // of what it says; "" where the record is there no more
	No               int
	Change           RowChange
}

// RowChange is what became of a line since it was given.
type RowChange uint8

const (
	Same RowChange = iota
	Fresh
	Corrected
	Withdrew // only its number is told
)

// NumberRows gives numbers to lines of a taking and says of each what became of it;
// all (or, with changed, those that are not the same) count as given when the taking
// ends. It returns ErrChanged when another taking was begun since.
func NumberRows(tx *recordstore.Tx, h ExportSequence, lines []Row) ([]Row, error) {
	now, err := LoadSequence(tx, h.Table)
	if err != nil {
		return nil, err
	}
	if now.Open != h.Open || h.Open == 0 {
		return nil, recordstore.ErrChanged
	}
	out, given := slices.Clone(lines), now.Lines
	for i := range out {
		if err := noteLine(tx, &now, &out[i]); err != nil {
			return nil, err
		}
	}
	if now.Lines == given {
		return out, nil
	}
	return out, tx.Put(recordstore.Key("handing", h.Table), now)
}

func noteLine(tx *recordstore.Tx, h *ExportSequence, l *Row) error {
	k := recordstore.Key("handed", l.Resident, h.Table, l.Record)
	old, err := recordstore.Optional(recordstore.Get[ExportedRow](tx, k))
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
		return tx.Delete(k)
	case l.Change == Same:
		return nil
	}
	next := ExportedRow{No: old.No, Given: given, Try: h.Open, Tried: l.Hash}
	if l.Hash == "" {
		next.Tried = withdrawnLine
	}
	return tx.Put(k, next)
}

// became compares what was given with what stands there.
func became(given, hash string) RowChange {
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

// ExportedOf returns the records of a person that have lines in a table: those that
// are there no more, too.
func ExportedOf(tx *recordstore.Tx, resident, table string) (records []string, err error) {
	for p, err := range tx.Parts(recordstore.Prefix("handed", resident, table)) {
		if err != nil {
			return nil, err
		}
		records = append(records, p[0])
	}
	return records, nil
}

// Withdrawn returns the numbers of lines that went with people who had themselves
// deleted and that no taking has told yet, and notes them in this one.
func Withdrawn(tx *recordstore.Tx, h ExportSequence) (numbers []int, err error) {
	pre := recordstore.Prefix("withdrawn", h.Table)
	for p, err := range tx.Scan(pre, recordstore.PrefixEnd(pre)) {
		if err != nil {
			return nil, err
		}
		l, err := recordstore.Decode[ExportedRow](p)
		if err != nil {
			return nil, err
		}
		if h.counts(l.Try) { // told; the last taking may be wanted once more
			if l.Try != h.Took {
				if err := tx.Delete(p.Key); err != nil {
					return nil, err
				}
			}
			continue
		}
		l.Try = h.Open
		if err := tx.Put(p.Key, l); err != nil {
			return nil, err
		}
		numbers = append(numbers, l.No)
	}
	return numbers, nil
}

// LeaveTables keeps of the lines of a person who is deleted the numbers of those
// that were given, and nothing of her.
func LeaveTables(tx *recordstore.Tx, resident string) error {
	pre := recordstore.Prefix("handed", resident)
	for p, err := range tx.Scan(pre, recordstore.PrefixEnd(pre)) {
		if err != nil {
			return err
		}
		l, err := recordstore.Decode[ExportedRow](p)
		if err != nil {
			return err
		}
		table, _, _ := strings.Cut(string(p.Key[len(pre):]), "/")
		h, err := LoadSequence(tx, table)
		if err != nil {
			return err
		}
		given := l.given(h) != withdrawnLine && (l.given(h) != "" || l.Try == h.Open && h.Open != 0)
		if given {
			if err := tx.Put(recordstore.Key("withdrawn", table, fmt.Sprintf("%08d", l.No)), ExportedRow{No: l.No}); err != nil {
				return err
			}
		}
		if err := tx.Delete(p.Key); err != nil {
			return err
		}
	}
	return nil
}

// ForgetRows forgets the lines of a record whose time of keeping is over: the office
// that has them keeps them by its own time.
func ForgetRows(tx *recordstore.Tx, resident, record string) error {
	for p, err := range tx.Parts(recordstore.Prefix("handed", resident)) {
		if err != nil {
			return err
		}
		if len(p) == 2 && (p[1] == record || len(p[1]) > len(record) && p[1][:len(record)+1] == record+".") {
			if err := tx.Delete(recordstore.Key("handed", resident, p[0], p[1])); err != nil {
				return err
			}
		}
	}
	return nil
}

// Changed returns the people who changed behind a number, by their ids, having
// looked at those of max people at most.
func Changed(tx *recordstore.Tx, after uint64, page recordstore.Page, max int) (residents []string, next recordstore.Page, err error) {
	pre, looked := recordstore.Prefix("touch"), 0
	for p, err := range tx.Scan(page.Start(pre), recordstore.PrefixEnd(pre)) {
		if err != nil {
			return nil, page, err
		}
		seq, err := recordstore.Decode[uint64](p)
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
	return residents, recordstore.Page{Done: true}, nil
}
