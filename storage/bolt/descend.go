package bolt

import (
	"bytes"
	"iter"

	bbolt "go.etcd.io/bbolt"

	"xintiexin/storage/kv"
)

func (t *tx) Descend(start, end []byte) iter.Seq2[kv.Pair, error] {
	return func(yield func(kv.Pair, error) bool) {
		s := descent{under: t.bucket.Cursor(), over: t.over, start: start, last: end, seen: -1}
		s.lowest, _ = s.under.First()
		s.seek()
		for {
			p, ok := s.next()
			if !ok || !yield(p, nil) {
				return
			}
		}
	}
}

// descent is a scan from the last key to the first. It is live as scan is.
type descent struct {
	under      *bbolt.Cursor
	key, value []byte // the file's next pair, not yet yielded; nil when none is left
	lowest     []byte // the file's first key; nil when it holds nothing

	over *overlay
	at   int // the overlay's next entry, a place in over.sorted; -1 when none is left
	seen int // len(over.entries) when at was found

	start, last []byte // the bound, and what was looked at last (at first: the end, nil for none)
}

// seek finds the file's last pair below the end.
func (s *descent) seek() {
	if s.lowest == nil { // Last does not return from a file whose pages were all emptied in this batch
		return
	}
	if s.last != nil {
		if k, _ := s.under.Seek(s.last); k != nil {
			s.retreat(s.last)
			return
		}
	}
	s.key, s.value = s.under.Last()
}

// retreat moves to the file's last pair below a key. bbolt's Prev returns nil at the
// first pair, and also at a page that an earlier call of this batch emptied: only
// lowest tells one from the other.
func (s *descent) retreat(below []byte) {
	s.key, s.value = nil, nil
	for s.key == nil && bytes.Compare(s.lowest, below) < 0 {
		s.key, s.value = s.under.Prev()
	}
}

func (s *descent) next() (kv.Pair, bool) {
	for {
		e := s.peek()
		switch {
		case s.key == nil && e == nil:
			return kv.Pair{}, false
		case e == nil || s.key != nil && bytes.Compare(s.key, e.key) > 0:
			p := kv.Pair{Key: s.key[:len(s.key):len(s.key)], Value: s.value[:len(s.value):len(s.value)]}
			s.retreat(p.Key)
			return p, s.within(p.Key)
		}
		if s.key != nil && bytes.Equal(s.key, e.key) {
			s.retreat(e.key)
		}
		s.at--
		if !s.within(e.key) {
			return kv.Pair{}, false
		}
		if !e.deleted {
			return kv.Pair{Key: e.key, Value: e.value}, true
		}
	}
}

// peek returns the overlay's next entry, or nil.
func (s *descent) peek() *entry {
	if s.over == nil {
		return nil
	}
	if n := len(s.over.entries); n != s.seen { // the first time, or the body put new keys
		s.over.sort()
		s.at, s.seen = n, n
		if s.last != nil {
			s.at, _ = s.over.search(s.last)
		}
		s.at--
	}
	if s.at < 0 {
		return nil
	}
	return &s.over.entries[s.over.sorted[s.at]]
}

// within notes that a key was reached, and says whether the bound lets it in.
func (s *descent) within(key []byte) bool {
	s.last = key
	return bytes.Compare(key, s.start) >= 0
}
