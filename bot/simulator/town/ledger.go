package town

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"xintiexin/storage/calls"
	"xintiexin/storage/kv"
	"xintiexin/storage/outbox"
)

// Ledger is an engine that keeps account of every delivery and call written to the
// engine below, also of those that are deleted with the person they were for. The
// bot knows nothing of it, so that what it counts is not what the bot says of itself.
type Ledger struct {
	kv.Store

	mu         sync.Mutex
	deliveries map[string]entry // by id
	calls      map[string]calls.Call
	err        error // the first record that could not be read
}

// entry is a delivery as it was written last.
type entry struct {
	outbox.Delivery
	gone bool // deleted since
	owed bool // it was, at some time, without a channel
}

// Keep returns a ledger over an engine.
func Keep(engine kv.Store) *Ledger {
	return &Ledger{Store: engine, deliveries: map[string]entry{}, calls: map[string]calls.Call{}}
}

// Update is the engine's; what was kept goes into the books.
func (l *Ledger) Update(ctx context.Context, fn func(kv.Tx) error) error {
	var w *watched
	err := l.Store.Update(ctx, func(tx kv.Tx) error {
		w = &watched{Tx: tx} // this may be the second run
		return fn(w)
	})
	if err == nil && w != nil {
		l.book(w.writes)
	}
	return err
}

func (l *Ledger) book(writes []kv.Pair) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range writes {
		kind, id, _ := strings.Cut(string(p.Key), "/")
		var err error
		switch {
		case p.Value == nil && kind == "delivery":
			if e, ok := l.deliveries[id]; ok {
				e.gone = true
				l.deliveries[id] = e
			}
		case p.Value == nil: // a call that is forgotten was one all the same
		case kind == "delivery":
			e := entry{owed: l.deliveries[id].owed}
			err = json.Unmarshal(p.Value, &e.Delivery)
			e.owed = e.owed || e.State == outbox.Deferred
			l.deliveries[id] = e
		default:
			var c calls.Call
			err = json.Unmarshal(p.Value, &c)
			l.calls[id] = c
		}
		if err != nil && l.err == nil {
			l.err = fmt.Errorf("ledger: a %s: %w", kind, err)
		}
	}
}

// watched is a transaction whose writes of deliveries and calls are noted.
type watched struct {
	kv.Tx
	writes []kv.Pair // a nil value is a deletion
}

func (w *watched) Put(key, value []byte) error {
	if counted(key) {
		w.writes = append(w.writes, kv.Pair{Key: clone(key), Value: clone(value)})
	}
	return w.Tx.Put(key, value)
}

func (w *watched) Delete(key []byte) error {
	if counted(key) {
		w.writes = append(w.writes, kv.Pair{Key: clone(key)})
	}
	return w.Tx.Delete(key)
}

func counted(key []byte) bool {
	return strings.HasPrefix(string(key), "delivery/") || strings.HasPrefix(string(key), "call/")
}

func clone(b []byte) []byte { return append([]byte{}, b...) }
