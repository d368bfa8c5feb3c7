package bolt

import (
	"bytes"
	"slices"

	bbolt "go.etcd.io/bbolt"
)

const (
	fewEntries = 12       // up to here a look through all entries beats a map
	arenaStep  = 4 << 10  // bytes of a new arena, unless one entry needs more
	arenaKept  = 64 << 10 // bytes of an arena worth keeping for the next call
	entryKept  = 1 << 10  // likewise, in entries
	tailMerged = 32       // new keys inserted one by one before a sort is cheaper
)

// entry is a key that the transaction put or deleted.
type entry struct {
	key, value []byte
	deleted    bool
}

// overlay holds what one transaction wrote, until it is applied or dropped.
// Keys are only ever added, so len(entries) tells whether there are new ones.
type overlay struct {
	entries []entry
	index   map[string]int32 // key → place in entries; nil while there are few
	sorted  []int32          // places by key; covers the first len(sorted) entries
	arena   []byte           // holds keys and values; a full one is left to its entries
	size    int              // bytes written, deletions counted by their keys
}

func (o *overlay) reset() {
	clear(o.entries)
	o.entries, o.sorted, o.arena = o.entries[:0], o.sorted[:0], o.arena[:0]
	o.index, o.size = nil, 0
	if cap(o.entries) > entryKept {
		o.entries, o.sorted = nil, nil
	}
	if cap(o.arena) > arenaKept {
		o.arena = nil
	}
}

// find returns the entry of a key, or nil. It is valid until the next set.
func (o *overlay) find(key []byte) *entry {
	if o.index != nil {
		if i, ok := o.index[string(key)]; ok {
			return &o.entries[i]
		}
		return nil
	}
	for i := range o.entries {
		if bytes.Equal(o.entries[i].key, key) {
			return &o.entries[i]
		}
	}
	return nil
}

// set writes an entry. It never writes into bytes that it gave away earlier,
// because a slice that Get returned stays valid until the transaction ends.
func (o *overlay) set(key, value []byte, deleted bool) {
	o.size += len(key) + len(value)
	if e := o.find(key); e != nil {
		e.value, e.deleted = o.keep(value), deleted
		return
	}
	o.entries = append(o.entries, entry{key: o.keep(key), value: o.keep(value), deleted: deleted})
	o.noteIndex()
}

// add writes an entry whose key comes once only, into an overlay that is not
// asked for it but applied.
func (o *overlay) add(key, value []byte, deleted bool) {
	o.size += len(key) + len(value)
	o.entries = append(o.entries, entry{key: o.keep(key), value: o.keep(value), deleted: deleted})
}

func (o *overlay) noteIndex() {
	n := len(o.entries)
	switch {
	case o.index != nil:
		o.index[string(o.entries[n-1].key)] = int32(n - 1)
	case n > fewEntries:
		o.index = make(map[string]int32, 4*fewEntries)
		for i, e := range o.entries {
			o.index[string(e.key)] = int32(i)
		}
	}
}

// keep returns a copy of b that lasts as long as the overlay.
func (o *overlay) keep(b []byte) []byte {
	if cap(o.arena)-len(o.arena) < len(b) {
		o.arena = make([]byte, 0, max(arenaStep, len(b)))
	}
	at := len(o.arena)
	o.arena = append(o.arena, b...)
	return o.arena[at:len(o.arena):len(o.arena)]
}

// sort makes sorted cover all entries.
func (o *overlay) sort() {
	tail := len(o.entries) - len(o.sorted)
	if tail > tailMerged {
		for i := len(o.sorted); i < len(o.entries); i++ {
			o.sorted = append(o.sorted, int32(i))
		}
		slices.SortFunc(o.sorted, func(a, b int32) int {
			return bytes.Compare(o.entries[a].key, o.entries[b].key)
		})
		return
	}
	for i := len(o.sorted); i < len(o.entries); i++ {
		at, _ := o.search(o.entries[i].key)
		o.sorted = slices.Insert(o.sorted, at, int32(i))
	}
}

// search returns the place in sorted of the first key that is not below key,
// and whether it is key itself.
func (o *overlay) search(key []byte) (int, bool) {
	return slices.BinarySearchFunc(o.sorted, key, func(i int32, key []byte) int {
		return bytes.Compare(o.entries[i].key, key)
	})
}

// apply writes the entries into the bucket, which refers to the overlay's
// values until its transaction ends.
func (o *overlay) apply(b *bbolt.Bucket) error {
	for i := range o.entries {
		e := &o.entries[i]
		var err error
		if e.deleted {
			err = b.Delete(e.key)
		} else {
			err = b.Put(e.key, e.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
