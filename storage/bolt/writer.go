package bolt

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	bbolt "go.etcd.io/bbolt"

	"xintiexin/storage/kv"
)

const (
	batchCalls = 512     // callers that share a commit, at most
	batchBytes = 4 << 20 // bytes written, after which a batch takes in nobody else
)

// The states of a call. Who moves it on from waiting owns what happens next.
const (
	waiting int32 = iota
	running       // the writer gives it the turn
	gone          // its caller went away before the turn came
)

// call is one Update in the queue.
type call struct {
	state   atomic.Int32
	signal  chan struct{} // first: it is your turn; then: it is done
	tx      tx
	over    overlay
	refused bool  // there is no turn, only err
	keep    bool  // fn returned nil
	err     error // of the commit
}

func newCall() any { return &call{signal: make(chan struct{}, 1)} }

// Update implements kv.Store. A commit that found no room returns kv.ErrFull,
// wrapped; after any other failure of the disk this and all later Updates
// return ErrBroken, wrapped.
//
// An Update within an Update or a View waits for itself, and a View within an
// Update does not see what the Update wrote; do neither.
func (s *Store) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c := s.calls.Get().(*call)
	if !s.queue.push(c) {
		s.calls.Put(c)
		return fmt.Errorf("update: %w", ErrClosed)
	}
	if err := c.await(ctx); err != nil {
		return err // the writer meets the call later, and clears it away
	}
	if c.refused {
		err := c.err
		s.recycle(c)
		return err
	}
	err := s.take(c, fn)
	// An error waits too: it may come of something that an earlier caller of
	// this batch wrote, and must not be told before that is durable.
	<-c.signal
	if err == nil {
		err = c.err
	}
	s.recycle(c)
	return err
}

// await returns nil when the turn has come, or ctx's error when ctx ended first.
func (c *call) await(ctx context.Context) error {
	select {
	case <-c.signal:
		return nil
	case <-ctx.Done():
	}
	if c.state.CompareAndSwap(waiting, gone) {
		return ctx.Err()
	}
	<-c.signal // too late to leave
	return nil
}

// take runs fn and hands the turn back, even when fn panics.
func (s *Store) take(c *call, fn func(kv.Tx) error) error {
	defer func() { s.back <- struct{}{} }()
	err := fn(&c.tx)
	c.keep = err == nil
	return err
}

func (s *Store) recycle(c *call) {
	c.over.reset()
	c.tx, c.refused, c.keep, c.err = tx{}, false, false, nil
	c.state.Store(waiting)
	s.calls.Put(c)
}

// write is the writer: it runs batches until the store is closed.
func (s *Store) write() {
	defer close(s.ended)
	done := make([]*call, 0, batchCalls)
	for s.queue.wait() {
		done = s.batch(done[:0])
		clear(done)
	}
}

// batch runs those who wait, and those who come meanwhile, in one bbolt
// transaction, and tells them how it ended.
func (s *Store) batch(done []*call) []*call {
	s.turn.Lock()
	defer s.turn.Unlock()
	btx, err := s.begin()
	if err != nil {
		s.refuse(err)
		return done
	}
	bucket := btx.Bucket(bucketName)
	seeker := bucket.Cursor()
	size := 0
	for len(done) < batchCalls && size < batchBytes && err == nil {
		c := s.next()
		if c == nil {
			break
		}
		c.tx = tx{bucket: bucket, seeker: seeker, over: &c.over}
		c.signal <- struct{}{}
		<-s.back
		done = append(done, c)
		if c.keep {
			size += c.over.size
			err = c.over.apply(bucket)
		}
	}
	err = s.commit(btx, size > 0, err)
	if err == nil {
		s.notes.add(done)
	}
	for _, c := range done {
		c.err = err
		c.signal <- struct{}{}
	}
	return done
}

// next returns the next call whose caller is still there, or nil.
func (s *Store) next() *call {
	for {
		c := s.queue.pop()
		if c == nil || c.state.CompareAndSwap(waiting, running) {
			return c
		}
		s.recycle(c)
	}
}

func (s *Store) begin() (*bbolt.Tx, error) {
	if s.broken != nil {
		return nil, s.broken
	}
	btx, err := s.file.Load().Begin(true)
	if err != nil {
		return nil, fmt.Errorf("update: %w", err)
	}
	return btx, nil
}

func (s *Store) refuse(err error) {
	for c := s.next(); c != nil; c = s.next() {
		c.refused, c.err = true, err
		c.signal <- struct{}{}
	}
}

// commit ends the transaction. When it returns an error nothing was changed,
// or nobody can know and the store is broken.
func (s *Store) commit(btx *bbolt.Tx, written bool, err error) error {
	if !written || err != nil {
		return errors.Join(err, btx.Rollback())
	}
	id := btx.ID()
	err = btx.Commit()
	if err == nil {
		return nil
	}
	if isFull(err) && s.state() < id {
		return fmt.Errorf("commit: %w: %w", kv.ErrFull, err)
	}
	// The disk refused a write or a sync. What the kernel then shows us need
	// not be what the disk holds, and a later sync that succeeds proves nothing
	// about this one. If the meta page was written but not synced we even see
	// the transaction that we must call failed.
	s.broken = fmt.Errorf("commit: %w: %w", ErrBroken, err)
	return s.broken
}

// state returns the number of the last transaction that can be seen.
func (s *Store) state() int {
	id := math.MaxInt // unreadable: assume the worst
	_ = s.view(func(b *bbolt.Bucket) error {
		id = b.Tx().ID()
		return nil
	})
	return id
}

// isFull says whether the error means that there was no room. bbolt wraps some
// errors by their text only, so the text is looked at as well.
func isFull(err error) bool {
	for _, full := range []syscall.Errno{syscall.ENOSPC, syscall.EFBIG, syscall.EDQUOT} {
		if errors.Is(err, full) || strings.HasSuffix(err.Error(), full.Error()) {
			return true
		}
	}
	return false
}

// queue holds the calls that wait. Any goroutine pushes; the writer alone pops.
type queue struct {
	mu      sync.Mutex
	waiting []*call
	closed  bool
	wake    chan struct{} // cap 1

	taken []*call // the writer's own: taken from waiting in one go
	head  int
}

// push returns false when the queue is closed.
func (q *queue) push(c *call) bool {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return false
	}
	q.waiting = append(q.waiting, c)
	first := len(q.waiting) == 1
	q.mu.Unlock()
	if first {
		q.ring()
	}
	return true
}

func (q *queue) ring() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// pop returns nil when nobody waits.
func (q *queue) pop() *call {
	if q.head == len(q.taken) {
		q.mu.Lock()
		q.taken, q.waiting, q.head = q.waiting, q.taken[:0], 0
		q.mu.Unlock()
		if len(q.taken) == 0 {
			return nil
		}
	}
	c := q.taken[q.head]
	q.taken[q.head] = nil
	q.head++
	return c
}

// wait returns true when somebody waits, or false when the queue is closed and
// empty.
func (q *queue) wait() bool {
	for {
		if q.head < len(q.taken) {
			return true
		}
		q.mu.Lock()
		some, closed := len(q.waiting) > 0, q.closed
		q.mu.Unlock()
		if some || closed {
			return some
		}
		<-q.wake
	}
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.ring()
}
