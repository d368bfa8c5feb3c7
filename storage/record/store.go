// Package record keeps records in an ordered map (storage/kv): the store and its
// transactions, keys, pages, the journal by which a save is taken back, and which
// people changed. It knows no record by name; what a kind says of itself it is handed
// as a Kind.
//
// Keys read as paths. What is known of a person is keyed by the person
// (visit/<resident>/<day>/<id>), because people move, villages merge and staff hand
// over; the village is a field, with small indexes that the function which puts the
// record writes too. Conversations read people only through person.Scope; the bare
// Tx is for jobs, imports and upgrades.
package record

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"sync/atomic"

	"xintiexin/storage/kv"
)

// Sentinels of this package; ask with errors.Is.
var (
	ErrNotFound      = kv.ErrNotFound                                    // no such record, or not inside the asker's scope
	ErrScope         = errors.New("storage: outside the asker's scope")  // may not be written by this person
	ErrChanged       = errors.New("storage: changed since")              // an undo whose records have moved on
	ErrForeign       = errors.New("storage: no store of this program")   // records without the one that says of which format they are
	ErrNewer         = errors.New("storage: written by a newer program") // the file's format is unknown here
	ErrFull          = errors.New("storage: no seat left")
	ErrNotDelegated  = errors.New("storage: hers alone to change")   // a booking that the village sees and was not left to it
	ErrAlreadyExists = errors.New("storage: has one already")        // one open booking for each person and service, one lecture seat …
	ErrNotAvailable  = errors.New("storage: not open")               // a slot that has begun, or that there is none of
	ErrExpired       = errors.New("storage: the hour named is past") // an offer that went on to the next
	ErrSelfOnly      = errors.New("storage: into her own hands only")
)

// Store is the records of one township.
type Store struct {
	kv     kv.Store
	Secret []byte `json:"-"` // keys the hashes of invites and of people who had themselves deleted
	kinds  []Kind
	named  map[string]*Kind
	cache  Cache
}

// Cache keeps one value that is costly to read, under the line of the store that
// says all it is made of, so that a value cached by a transaction which came to
// nothing does no harm.
type Cache struct{ last atomic.Pointer[cached] }

type cached struct {
	line  string
	value any
}

// Load returns the value that was kept under line; ok is false without one.
func (c *Cache) Load(line []byte) (value any, ok bool) {
	if last := c.last.Load(); last != nil && last.line == string(line) {
		return last.value, true
	}
	return nil, false
}

// Keep puts a value in place of the one before.
func (c *Cache) Keep(line []byte, value any) { c.last.Store(&cached{line: string(line), value: value}) }

// meta is the record of the store itself.
type meta struct {
	Format int
	Secret []byte
}

func Open(ctx context.Context, engine kv.Store, before func(int) error, format int, steps map[int]Step, kinds []Kind) (*Store, error) {
	s := &Store{kv: engine, kinds: kinds, named: named(kinds)}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, fmt.Errorf("make secret: %w", err)
	}
	var m meta
	err := s.Update(ctx, func(tx *Tx) (err error) {
		if m, err = Get[meta](tx, Key("meta")); !errors.Is(err, ErrNotFound) {
			return err
		}
		for _, err := range tx.kv.Scan(nil, nil) {
			return cmp.Or(err, ErrForeign)
		}
		m = meta{Format: format, Secret: secret}
		return tx.Put(Key("meta"), m)
	})
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s.Secret = m.Secret
	if m.Format > format {
		return nil, fmt.Errorf("the store has format %d, this program knows up to %d: %w", m.Format, format, ErrNewer)
	}
	if m.Format < format && before != nil {
		if err := before(m.Format); err != nil {
			return nil, fmt.Errorf("copy before upgrade: %w", err)
		}
	}
	for ; m.Format < format; m.Format++ {
		if err := s.upgrade(ctx, m, steps[m.Format]); err != nil {
			return nil, fmt.Errorf("upgrade from format %d: %w", m.Format, err)
		}
	}
	return s, nil
}

// Step rewrites one page of the store from one format to the next. It is given
// the key to go on after and returns the last key it saw, nil when it is done;
// run twice over the same page it must change nothing more.
type Step func(tx *Tx, after []byte) (last []byte, err error)

func (s *Store) upgrade(ctx context.Context, m meta, run Step) error {
	for after := []byte{}; after != nil; {
		var last []byte
		err := s.Update(ctx, func(tx *Tx) (err error) {
			if last, err = run(tx, after); err != nil || last != nil {
				last = bytes.Clone(last)
				return err
			}
			return tx.Put(Key("meta"), meta{Format: m.Format + 1, Secret: m.Secret})
		})
		if err != nil {
			return err
		}
		after = last
	}
	return nil
}

// View runs fn over one state of the store; keep it under 100 ms.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	return s.kv.View(ctx, func(t kv.Tx) error { return fn(s.tx(t)) })
}

func (s *Store) tx(t kv.Tx) *Tx {
	return &Tx{kv: t, secret: s.Secret, Kinds: s.kinds, named: s.named, Cache: &s.cache}
}

// Update runs fn and keeps what it wrote if it returns nil. fn may run more
// than once, so it starts its results afresh and leaves no other trace.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	return s.kv.Update(ctx, func(t kv.Tx) error { return fn(s.tx(t)) })
}

// Close closes the engine.
func (s *Store) Close() error { return s.kv.Close() }

// Tx is one transaction over the records.
type Tx struct {
	kv      kv.Tx
	secret  []byte
	Kinds   []Kind `json:"-"`
	Cache   *Cache `json:"-"`
	named   map[string]*Kind
	Journal *Undo `json:"-"` // when set, put and delete note what stood there before

	decoded map[string]any  // records by key, see Cached
	touched map[string]bool // people who are noted as changed, or never to be (see touching)
	touches uint64          // the number of this transaction among those in which people changed, 0 before
}

// Key joins parts to a path. A part comes from us (an id, a date, a code),
// never from what people type, so '/' or NUL in it is a programmer's error.
func Key(parts ...string) []byte {
	n := len(parts)
	for _, p := range parts {
		n += len(p)
	}
	b := make([]byte, 0, n)
	for i, p := range parts {
		if strings.ContainsAny(p, "/\x00") {
			panic("storage: key part holds a slash: " + parts[0])
		}
		if i > 0 {
			b = append(b, '/')
		}
		b = append(b, p...)
	}
	return b
}

// Prefix is key with a closing slash: what stands under it.
func Prefix(parts ...string) []byte { return append(Key(parts...), '/') }

// KindOf is the first part of a key, by which an error may name it: the others
// can be the id of a WeChat or a person, which no log may hold.
func KindOf(k []byte) string {
	kind, _, _ := strings.Cut(string(k), "/")
	return kind
}

// Get reads the record at k. It returns ErrNotFound when there is none.
func Get[T any](tx *Tx, k []byte) (T, error) {
	var v T
	b, err := tx.GetRaw(k)
	if err != nil {
		if errors.Is(err, kv.ErrNotFound) {
			return v, ErrNotFound
		}
		return v, fmt.Errorf("get %s: %w", KindOf(k), err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return v, fmt.Errorf("read %s: %w", KindOf(k), err)
	}
	return v, nil
}

// Cached is Get for a record that is read again and again in one transaction: what was
// decoded is kept until something is written at k. What it refers to (maps, slices) is
// shared and must not be changed.
func Cached[T any](tx *Tx, k []byte) (T, error) {
	if v, ok := tx.decoded[string(k)].(T); ok {
		return v, nil
	}
	v, err := Get[T](tx, k)
	if err != nil {
		return v, err
	}
	if tx.decoded == nil || len(tx.decoded) == maxDecoded {
		tx.decoded = map[string]any{}
	}
	tx.decoded[string(k)] = v
	return v, nil
}

// maxDecoded is how many records a transaction keeps decoded: many more than a message
// is about, few enough for a job that reads pages.
const maxDecoded = 256

// GetRaw returns what stands at k, as the engine has it; ErrNotFound when nothing does.
func (tx *Tx) GetRaw(k []byte) ([]byte, error) { return tx.kv.Get(k) }

// Scan yields what stands from start up to end, in the order of the keys; a nil
// bound is none.
func (tx *Tx) Scan(start, end []byte) iter.Seq2[kv.Pair, error] { return tx.kv.Scan(start, end) }

// Descend yields the same as Scan, from the last key to the first.
func (tx *Tx) Descend(start, end []byte) iter.Seq2[kv.Pair, error] { return tx.kv.Descend(start, end) }

func (tx *Tx) Put(k []byte, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write %s: %w", KindOf(k), err)
	}
	return tx.PutRaw(k, b)
}

func (tx *Tx) PutRaw(k, b []byte) error {
	if err := tx.note(k, b, true); err != nil {
		return err
	}
	if err := tx.markSubjects(k, b); err != nil {
		return err
	}
	delete(tx.decoded, string(k))
	if err := tx.kv.Put(k, b); err != nil {
		return fmt.Errorf("put %s: %w", KindOf(k), err)
	}
	return nil
}

func (tx *Tx) Delete(k []byte) error {
	if err := tx.note(k, nil, false); err != nil {
		return err
	}
	if err := tx.markSubjects(k, nil); err != nil {
		return err
	}
	delete(tx.decoded, string(k))
	if err := tx.kv.Delete(k); err != nil {
		return fmt.Errorf("delete %s: %w", KindOf(k), err)
	}
	return nil
}

// Has reports whether something stands at k.
func (tx *Tx) Has(k []byte) (bool, error) {
	_, err := tx.GetRaw(k)
	if errors.Is(err, kv.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// List yields the records under a prefix in the order of their keys.
func List[T any](tx *Tx, pre []byte) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for p, err := range tx.Scan(pre, PrefixEnd(pre)) {
			var v T
			if err == nil {
				if err = json.Unmarshal(p.Value, &v); err != nil {
					err = fmt.Errorf("read %s: %w", KindOf(p.Key), err)
				}
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// Latest yields the records under a prefix from the last key to the first: where
// keys end in a time, the newest first.
func Latest[T any](tx *Tx, pre []byte) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for p, err := range tx.Descend(pre, PrefixEnd(pre)) {
			var v T
			if err == nil {
				v, err = Decode[T](p)
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// Last returns the record with the last key under a prefix, or ErrNotFound.
func Last[T any](tx *Tx, pre []byte) (T, error) {
	for v, err := range Latest[T](tx, pre) {
		return v, err
	}
	var zero T
	return zero, ErrNotFound
}

// NextNumber returns the number behind the last one under a prefix whose keys end in
// six digits, counted from 0.
func (tx *Tx) NextNumber(pre []byte) (int, error) {
	for p, err := range tx.Descend(pre, PrefixEnd(pre)) {
		if err != nil {
			return 0, err
		}
		n, err := strconv.Atoi(string(p.Key[len(pre):]))
		if err != nil {
			return 0, fmt.Errorf("read %s: no number: %w", KindOf(p.Key), err)
		}
		return n + 1, nil
	}
	return 0, nil
}

// Parts yields, for each key under a prefix, what stands behind the prefix,
// split at the slashes.
func (tx *Tx) Parts(pre []byte) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for p, err := range tx.Scan(pre, PrefixEnd(pre)) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(strings.Split(string(p.Key[len(pre):]), "/"), nil) {
				return
			}
		}
	}
}

// PrefixEnd is the first key behind everything that begins with pre.
func PrefixEnd(pre []byte) []byte {
	e := bytes.Clone(pre)
	for i := len(e) - 1; i >= 0; i-- {
		if e[i]++; e[i] != 0 {
			return e[:i+1]
		}
	}
	return nil
}

// Page is where a long read stopped; the empty Page is the beginning, and Done
// says that nothing is left.
type Page struct {
	After string
	Done  bool
}

// Start is the key at which a page of what stands under pre begins.
func (p Page) Start(pre []byte) []byte {
	if p.After == "" {
		return pre
	}
	return append([]byte(p.After), 0)
}

var ids = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// ID is a short name (8 characters) made of what caused a record, so that the
// same cause gives the same record however often it arrives.
func ID(cause ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(cause, "\x00")))
	return ids.EncodeToString(sum[:5])
}

// FreeID is ID, moved on where another record already has it under pre.
func (tx *Tx) FreeID(kind, cause string) (string, error) {
	for n := 0; ; n++ {
		id := ID(kind, cause, fmt.Sprint(n))
		taken, err := tx.Has(Key(kind, id))
		if err != nil || !taken {
			return id, err
		}
	}
}

// Hash is a hash that only this store can make: of invite codes, and of people
// who had themselves deleted.
func (tx *Tx) Hash(parts ...string) string { return Keyed(tx.secret, parts...) }

func Keyed(secret []byte, parts ...string) string {
	h := hmac.New(sha256.New, secret)
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
