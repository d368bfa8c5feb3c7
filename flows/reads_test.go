package flows_test

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"testing"

	"xintiexin/flows"
	"xintiexin/flows/dialog"
	"xintiexin/flows/form"
	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/kv"
	"xintiexin/storage/record"
)

// reads counts what one transaction asks of the engine.
type reads struct {
	gets, scans, pairs, puts int
	resident                 map[string]int // Gets of each person's record
}

// counting is an engine that counts what the last Update asked of it.
type counting struct {
	kv.Store
	last reads
}

func (c *counting) Update(ctx context.Context, fn func(kv.Tx) error) error {
	return c.Store.Update(ctx, func(tx kv.Tx) error {
		c.last = reads{resident: map[string]int{}}
		return fn(countingTx{tx, &c.last})
	})
}

type countingTx struct {
	kv.Tx
	n *reads
}

func (t countingTx) Get(key []byte) ([]byte, error) {
	t.n.gets++
	if id, ok := strings.CutPrefix(string(key), "resident/"); ok {
		t.n.resident[id]++
	}
	return t.Tx.Get(key)
}

func (t countingTx) Put(key, value []byte) error {
	t.n.puts++
	return t.Tx.Put(key, value)
}

func (t countingTx) Delete(key []byte) error {
	t.n.puts++
	return t.Tx.Delete(key)
}

func (t countingTx) Scan(start, end []byte) iter.Seq2[kv.Pair, error] {
	return t.counted(t.Tx.Scan(start, end))
}

func (t countingTx) Descend(start, end []byte) iter.Seq2[kv.Pair, error] {
	return t.counted(t.Tx.Descend(start, end))
}

func (t countingTx) counted(pairs iter.Seq2[kv.Pair, error]) iter.Seq2[kv.Pair, error] {
	return func(yield func(kv.Pair, error) bool) {
		t.n.scans++
		for p, err := range pairs {
			t.n.pairs++
			if !yield(p, err) {
				return
			}
		}
	}
}

// most are the upper bounds of what one message asks of the engine.
type most struct {
	say                                string
	gets, scans, pairs, puts, resident int
}

// TestReadsOfAMessage holds how much each message of a visit, of 今日 and of a booking
// reads and writes. The numbers are what is needed today: lower them when less is.
func TestReadsOfAMessage(t *testing.T) {
	p := &player{t: t, chat: "reads", path: filepath.Join(t.TempDir(), "x.db"), token: map[string]uint32{}, residents: map[string]string{}, codes: map[string]string{}}
	engine, err := bolt.Open(p.path, bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	c := &counting{Store: engine}
	if p.store, err = storage.Open(t.Context(), c, nil); err != nil {
		t.Fatal(err)
	}
	defer p.store.Close()
	if p.talk, err = flows.New(); err != nil {
		t.Fatal(err)
	}
	p.now = calendar.Date(2026, 12, 2).At(10, 20)
	p.town()
	p.do("site")
	p.who = "王桂英"
	for _, say := range []string{"走访 郭敏", "1", "2", "都好", "1"} { // the first visit asks for the consent
		p.send(say)
	}
	for i := range 20 { // what was saved before makes no visit dearer
		p.now = calendar.Date(2026, 12, 3).At(9, 0).AddDate(0, 0, i)
		for _, say := range []string{"走访 郭敏", "都好", "1"} {
			p.send(say)
		}
	}
	p.now = calendar.Date(2027, 1, 20).At(9, 0)
	check := func(who string, all []most) {
		p.who = who
		for _, m := range all {
			said := p.send(m.say)
			r := c.last
			same := 0
			for _, n := range r.resident {
				same = max(same, n)
			}
			got := fmt.Sprintf("{%q, %d, %d, %d, %d, %d},", m.say, r.gets, r.scans, r.pairs, r.puts, same)
			t.Log(got, strings.ReplaceAll(said, "\n", " / "))
			if r.gets > m.gets || r.scans > m.scans || r.pairs > m.pairs || r.puts > m.puts || same > m.resident {
				t.Errorf("%s: more than %+v", got, m)
			}
		}
	}
	check("王桂英", visitReads)
	p.do("agree 孟丽 C1")
	check("孟丽", bookingReads)
}

// say, gets, scans, pairs that scans met, puts and deletes, gets of the person read most often
var visitReads = []most{
	{"走访", 6, 4, 0, 1, 0},
	{"郭敏", 6, 8, 5, 2, 1},
	{"2", 5, 4, 0, 1, 1},
	{"都好", 6, 4, 0, 1, 1},
	{"1", 78, 9, 23, 52, 1}, // closes the 20 that were agreed on before
	{"今日", 7, 11, 1, 1, 1},
	{"走访 郭敏", 8, 8, 5, 2, 1},
	{"都好", 6, 5, 23, 1, 1},
	{"1", 12, 9, 25, 8, 1},
}

var bookingReads = []most{
	{"约号", 9, 3, 1, 1, 1},
	{"1", 14, 8, 3, 4, 1},
	{"1", 6, 8, 0, 1, 0},
	{"1", 4, 4, 0, 1, 0},
	{"1", 12, 4, 0, 1, 1},
	{"1", 38, 7, 1, 14, 1},
	{"我的预约", 7, 4, 1, 1, 1},
}

// TestOpenFormIsDecodedOnce: all who look at the open form before it is stepped see one
// session; after the step it is another.
func TestOpenFormIsDecodedOnce(t *testing.T) {
	p := &player{t: t, chat: "decoded", path: filepath.Join(t.TempDir(), "x.db"), token: map[string]uint32{}, residents: map[string]string{}, codes: map[string]string{}}
	p.open()
	defer func() { p.store.Close() }()
	p.now = calendar.Date(2026, 12, 2).At(10, 20)
	p.town()
	p.who = "王桂英"
	p.send("走访")
	err := p.store.Update(t.Context(), func(tx *record.Tx) error {
		c := &dialog.Turn{T: p.talk, Tx: tx, Scope: p.as(tx, p.who), M: dialog.Message{ID: "1", From: openids[p.who], Text: "郭敏", At: p.now}, Today: calendar.DayOf(p.now)}
		c.Who = c.Scope.Person
		var err error
		if c.S, err = dialogstate.Load(tx, c.M.From); err != nil {
			return err
		}
		first, f, err := c.Decode()
		if err != nil || f == nil {
			t.Fatal("no open form", err)
		}
		if again, _, _ := c.Decode(); again != first {
			t.Error("decoded twice")
		}
		if _, err := c.Step(form.Input{Text: "郭敏"}); err != nil {
			return err
		}
		after, _, err := c.Decode()
		if after == nil || after == first || after.Get("resident") != p.residents["郭敏"] {
			t.Errorf("after the step %v, %v", after, err)
		}
		c.Close()
		if s, f, err := c.Decode(); s != nil || f != nil || err != nil {
			t.Errorf("of a closed form %v, %v, %v", s, f, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
