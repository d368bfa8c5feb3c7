// Package kv says what a storage engine must provide: an ordered map of bytes
// to bytes, read and written in transactions.
//
// Everything above this seam (keys, indexes, idempotence) is written once in
// package storage; an engine is two small interfaces. storage/kvtest checks
// that an engine keeps the promises made here.
package kv

import (
	"context"
	"errors"
	"iter"
)

// MaxKey is the length of the longest key, in bytes. The shortest has one byte.
const MaxKey = 32768

// ErrNotFound is returned by Get when no value stands under the key.
var ErrNotFound = errors.New("kv: not found")

// ErrFull is returned (wrapped) by Update when the engine had no room to write:
// nothing of the transaction was kept, and the same call may succeed later.
var ErrFull = errors.New("kv: no space left")

// ErrKey is returned by Put for a key that is empty or longer than MaxKey.
var ErrKey = errors.New("kv: key is empty or too long")

// ErrReadOnly is returned by Put and Delete in a View.
var ErrReadOnly = errors.New("kv: transaction is read-only")

// Pair is one entry of the map. Its slices are valid only until the
// transaction ends and must not be changed.
type Pair struct{ Key, Value []byte }

// Store is an ordered map that lasts. Its methods may be called from many
// goroutines at once, but not from within one another's fn: a transaction
// inside a transaction may wait for itself.
type Store interface {
	// View runs fn over one consistent state and returns fn's error. It must be
	// short (under 100 ms): whoever reads much reads pages, each in a View of
	// its own. It sees every Update that returned before it began.
	View(ctx context.Context, fn func(Tx) error) error

	// Update runs fn and keeps what it wrote if it returns nil; when Update
	// returns nil the writes are durable. When fn returns an error, Update
	// returns that error and nothing is kept; when fn panics nothing is kept
	// and the panic reaches the caller. Updates have an order, and each sees
	// all that those before it wrote. fn may run more than once, so it must
	// leave no trace outside the transaction. When ctx ends before fn began,
	// fn is not run and ctx's error is returned; once begun it is not stopped.
	Update(ctx context.Context, fn func(Tx) error) error

	// Close waits for the transactions that run. Those begun later return an
	// error.
	Close() error
}

// Tx is one transaction. It is used by one goroutine and not after fn returns.
type Tx interface {
	// Get returns the value, or ErrNotFound. A stored nil is an empty value.
	// The slice is valid until the transaction ends and must not be changed.
	Get(key []byte) ([]byte, error)

	// Put and Delete return ErrReadOnly in a View, and Put returns ErrKey for a
	// key that cannot be kept. The engine keeps no reference to the slices
	// after they return. Deleting an absent key is no error.
	Put(key, value []byte) error
	Delete(key []byte) error

	// Scan yields the pairs with start <= key < end in byte order; a nil bound
	// is no bound. What the transaction wrote before the Scan began is in it.
	// The body may Get, Put, Delete and Scan; whether it then meets what it put
	// itself is not promised. After an error nothing more is yielded.
	Scan(start, end []byte) iter.Seq2[Pair, error]

	// Descend yields the same pairs as Scan from the last to the first: those
	// with start <= key < end in descending byte order. What Scan promises
	// holds for it too.
	Descend(start, end []byte) iter.Seq2[Pair, error]
}
