package town

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/kvtest"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
)

func TestNoiseComesAtItsRate(t *testing.T) {
	rng, changed := rand.New(rand.NewPCG(1, 1)), 0
	for range 10_000 {
		if got := noisy(rng, "走访 王桂英 都好"); got != "走访 王桂英 都好" {
			changed++
		}
		if noisy(rng, "1") == "" {
			t.Fatal("an empty message cannot be sent")
		}
	}
	if changed < 1800 || changed > 2600 { // a sixth of it finds nothing to change
		t.Errorf("%d of 10,000 came in with noise", changed)
	}
}

func TestTheSeasonsOfAYearAreOneYear(t *testing.T) {
	for name, of := range map[string][]season{"returns": returns, "departures": departures} {
		sum := 0.0
		for d := calendar.Date(2027, time.January, 1); d <= calendar.Date(2027, time.December, 31); d++ {
			sum += share(of, d)
		}
		if math.Abs(sum-1) > 0.1 { // spans overlap a little
			t.Errorf("%s: %.2f of a year's in a year", name, sum)
		}
	}
	if eve, march := share(returns, calendar.Date(2027, time.February, 4)), share(returns, calendar.Date(2027, time.March, 10)); eve < 20*march {
		t.Errorf("as many come home in March (%.4f) as before the New Year (%.4f)", march, eve)
	}
}

func TestAnAnswerIsReadAsOnAPhone(t *testing.T) {
	s := read("哪天来？\n" + `<a href="weixin://bizmsgmenu?msgmenucontent=1&amp;msgmenuid=7">1 周四 1月14日 剩12</a>` + "\n2 周五 &lt;1月15日&gt; 剩0\n① 哪天：周四\n③ 几个人：俺俩")
	if s.number("周五") != "2" || s.line("几个人") != "3" || s.number("周六") != "" || strings.Contains(s.text, "href") || s.options[1] != "周五 <1月15日> 剩0" {
		t.Errorf("read as %+v", s)
	}
	if !read("没看懂，请点一行。").lost() || read("其余的话没记上。\n哪天来？").lost() {
		t.Error("what is not understood is mistaken for what is")
	}
}

// The ledger counts what was kept, once, and goes on knowing what was deleted.
func TestTheLedgerKeepsAccount(t *testing.T) {
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	l := Keep(kvtest.Twice(engine))
	store, err := storage.Open(t.Context(), l, nil)
	if err != nil {
		t.Fatal(err)
	}
	update := func(fn func(*record.Tx) error) error { return store.Update(context.Background(), fn) }
	book := func(tx *record.Tx) error {
		_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "a", Kind: "morning", To: "c:w", Earliest: 1, Latest: 2})
		return err
	}
	undo := errors.New("undone")
	if err := update(func(tx *record.Tx) error { return errors.Join(book(tx), undo) }); !errors.Is(err, undo) || len(l.deliveries) != 0 {
		t.Fatalf("%v, and what was not kept is counted: %v", err, l.deliveries)
	}
	owed := func(tx *record.Tx) error {
		d, err := outbox.DeliveryOf(tx, "a")
		d.State = outbox.Deferred
		return errors.Join(err, outbox.Put(tx, d))
	}
	dropped := func(tx *record.Tx) error { return outbox.DropDeliveries(tx, "c:w", "", "came", time.Unix(9, 0)) }
	for _, fn := range []func(*record.Tx) error{book, owed, dropped} {
		if err := update(fn); err != nil {
			t.Fatal(err)
		}
	}
	if len(l.deliveries) != 1 {
		t.Fatalf("%d deliveries counted", len(l.deliveries))
	}
	for _, e := range l.deliveries {
		if e.State != outbox.Dropped || !e.owed || !failed(e, 100) {
			t.Errorf("what came to nothing in its hour is %+v", e)
		}
	}
}

func TestEachDeliveryIsCountedOnce(t *testing.T) {
	at := func(s outbox.DeliveryState, channel, reason string, latest int64) entry {
		return entry{Delivery: outbox.Delivery{Kind: "k", State: s, Channel: channel, Reason: reason, Latest: latest, Settled: 50}}
	}
	for name, row := range map[string]struct {
		e      entry
		called bool
		want   Row
	}{
		"a template message that arrived":  {at(outbox.Delivered, "template", "", 60), true, Row{Delivered: 1}},
		"a customer message":               {at(outbox.Sent, "customer", "", 60), false, Row{Customer: 1}},
		"at the head of an answer":         {at(outbox.Delivered, "reply", "", 60), false, Row{Reply: 1}},
		"owed and past":                    {at(outbox.Deferred, "", "", 60), false, Row{Unreached: 1}},
		"owed and rung up":                 {at(outbox.Deferred, "", "", 60), true, Row{Called: 1}},
		"owed, and there is still time":    {at(outbox.Deferred, "", "", 160), true, Row{Waiting: 1}},
		"blocked by her":                   {at(outbox.Dropped, "template", "platform: failed:user block", 60), false, Row{Dropped: map[string]int{"failed:user_block": 1}}},
		"no longer true":                   {at(outbox.Dropped, "", "moved", 60), true, Row{Dropped: map[string]int{"moved": 1}}},
		"its hour is to come":              {at(outbox.Booked, "", "", 160), false, Row{Waiting: 1}},
		"forgotten with her, not yet sent": {entry{Delivery: at(outbox.Booked, "", "", 60).Delivery, gone: true}, false, Row{Dropped: map[string]int{"forgotten": 1}}},
		"owed past its hour, then dropped": {entry{Delivery: at(outbox.Dropped, "", "came", 40).Delivery, owed: true}, false, Row{Unreached: 1}},
	} {
		got := Row{Dropped: map[string]int{}}
		if err := got.count(row.e, row.called, 100); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got.Booked != 1 || got.sum() != 1 || got.Delivered != row.want.Delivered || got.Customer != row.want.Customer || got.Reply != row.want.Reply ||
			got.Called != row.want.Called || got.Unreached != row.want.Unreached || got.Waiting != row.want.Waiting || byReason(got.Dropped) != byReason(row.want.Dropped) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for name, e := range map[string]entry{
		"accepted and never reported": at(outbox.Sent, "template", "", 60),
		"still being sent":            at(outbox.Claimed, "template", "", 60),
		"past its time":               at(outbox.Booked, "", "", 60),
	} {
		if err := (&Row{Dropped: map[string]int{}}).count(e, false, 100); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestATableThatDoesNotAddUpIsAnError(t *testing.T) {
	good := Row{Kind: "k", Booked: 2, Delivered: 1, Dropped: map[string]int{"moved": 1}}
	if err := (&Table{Rows: []Row{good}, Total: good}).check(); err != nil {
		t.Error(err)
	}
	bad := good
	bad.Booked = 3
	for name, table := range map[string]Table{
		"a kind":             {Rows: []Row{bad}, Total: good},
		"the total":          {Rows: []Row{good}, Total: bad},
		"the kinds together": {Rows: []Row{good, good}, Total: good},
		"reached and listed": {Rows: []Row{good}, Total: good, Calls: Calls{Both: 1}},
	} {
		if table.check() == nil {
			t.Errorf("%s: not found out", name)
		}
	}
}
