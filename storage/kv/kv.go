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

// ErrNotFound is returned by Get when no value stands under the key.
var ErrNotFound = errors.New("kv: not found")

// ErrFull is returned (wrapped) by Update when the engine had no room to write:
// nothing of the transaction was kept, and the same call may succeed later.
var ErrFull = errors.New("kv: no space left")

// Pair is one entry of the map. Its slices are valid only until the
// transaction ends and must not be changed.
type Pair struct{ Key, Value []byte }

// Store is an ordered map that lasts.
type Store interface {
	// View runs fn over one consistent state. It must be short (under 100 ms):
	// whoever reads much reads pages, each in a View of its own.
	View(ctx context.Context, fn func(Tx) error) error

	// Update runs fn and keeps what it wrote if it returns nil; when Update
	// returns nil the writes are durable. fn may run more than once, so it
	// must leave no trace outside the transaction.
	Update(ctx context.Context, fn func(Tx) error) error

	Close() error
}

// Tx is one transaction. It is used by one goroutine and not after fn returns.
type Tx interface {
	// Get returns the value, or ErrNotFound. A stored nil is an empty value.
	// The slice is valid until the transaction ends and must not be changed.
	Get(key []byte) ([]byte, error)

	// Put and Delete fail in a View. The engine keeps no reference to the
	// slices after Put returns. Deleting an absent key is no error.
	Put(key, value []byte) error
	Delete(key []byte) error

	// Scan yields the pairs with start <= key < end in byte order; a nil bound
	// is no bound. The body may Get, Put, Delete and Scan; whether it then
	// meets what it put itself is not promised.
	Scan(start, end []byte) iter.Seq2[Pair, error]
}
