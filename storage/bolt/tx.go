package bolt

import (
	"bytes"
	"fmt"
	"iter"

	bbolt "go.etcd.io/bbolt"

	"xintiexin/storage/kv"
)

// tx is a kv.Tx: what the file holds, and over it what this caller wrote.
// While a caller's fn runs, the bbolt transaction under it is not changed.
type tx struct {
	bucket *bbolt.Bucket
	seeker *bbolt.Cursor // for Get, which needs no cursor of its own
	over   *overlay      // nil in a View
}

func (t *tx) Get(key []byte) ([]byte, error) {
	if t.over != nil {
		if e := t.over.find(key); e != nil {
			if e.deleted {
				return nil, kv.ErrNotFound
			}
			return e.value, nil
		}
	}
	k, v := t.seeker.Seek(key)
	if k == nil || !bytes.Equal(k, key) {
		return nil, kv.ErrNotFound
	}
	return v[:len(v):len(v)], nil
}

func (t *tx) Put(key, value []byte) error {
	switch {
	case t.over == nil:
		return kv.ErrReadOnly
	case len(key) == 0 || len(key) > kv.MaxKey:
		return kv.ErrKey
	case int64(len(value)) > bbolt.MaxValueSize:
		return fmt.Errorf("put %.100q: %d bytes are too many for a value", key, len(value))
	}
	t.over.set(key, value, false)
	return nil
}

func (t *tx) Delete(key []byte) error {
	if t.over == nil {
		return kv.ErrReadOnly
	}
	if len(key) == 0 || len(key) > kv.MaxKey {
		return nil // cannot be there
	}
	t.over.set(key, nil, true)
	return nil
}

func (t *tx) Scan(start, end []byte) iter.Seq2[kv.Pair, error] {
	return func(yield func(kv.Pair, error) bool) {
		s := scan{under: t.bucket.Cursor(), over: t.over, last: start, end: end}
		s.key, s.value = s.under.Seek(start)
		for {
			p, ok := s.next()
			if !ok || !yield(p, nil) {
				return
			}
		}
	}
}

// scan merges the file's pairs with the overlay's. It is live: a key that the
// body puts further on is met, one that it deletes is not.
type scan struct {
	under      *bbolt.Cursor
	key, value []byte // the file's next pair, not yet yielded; nil when none is left

	over *overlay
	at   int // the overlay's next entry, a place in over.sorted
	seen int // len(over.entries) when at was found

	last, end []byte // what was looked at last (at first: the start), and the bound
	begun     bool   // last is a key that has been looked at, not the start
}

func (s *scan) next() (kv.Pair, bool) {
	for {
		e := s.peek()
		switch {
		case s.key == nil && e == nil:
			return kv.Pair{}, false
		case e == nil || s.key != nil && bytes.Compare(s.key, e.key) < 0:
			p := kv.Pair{Key: s.key[:len(s.key):len(s.key)], Value: s.value[:len(s.value):len(s.value)]}
			s.advance()
			return p, s.within(p.Key)
		}
		if s.key != nil && bytes.Equal(s.key, e.key) {
			s.advance()
		}
		s.at++
		if !s.within(e.key) {
			return kv.Pair{}, false
		}
		if !e.deleted {
			return kv.Pair{Key: e.key, Value: e.value}, true
		}
	}
}

// peek returns the overlay's next entry, or nil.
func (s *scan) peek() *entry {
	if s.over == nil || len(s.over.entries) == 0 {
		return nil
	}
	if len(s.over.entries) != s.seen { // the first time, or the body put new keys
		s.over.sort()
		at, found := s.over.search(s.last)
		if found && s.begun {
			at++
		}
		s.at, s.seen = at, len(s.over.entries)
	}
	if s.at == len(s.over.sorted) {
		return nil
	}
	return &s.over.entries[s.over.sorted[s.at]]
}

func (s *scan) advance() { s.key, s.value = s.under.Next() }

// within notes that a key was reached, and says whether it lies before the end.
func (s *scan) within(key []byte) bool {
	s.last, s.begun = key, true
	return s.end == nil || bytes.Compare(key, s.end) < 0
}
