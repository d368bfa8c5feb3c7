package bolt

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	bbolt "go.etcd.io/bbolt"

	"xintiexin/storage/kv"
)

const (
	pageBytes = 256 << 10             // what one View of a Copy reads, at most,
	pageTime  = 20 * time.Millisecond // and how long it lasts, give or take one value
	lastRound = 200                   // changed keys few enough to let the writer wait for them
	maxRounds = 30                    // after which it waits for however many there are
	fill      = 0.9                   // of the copy's pages: dense, with room for a few more
)

// Copy writes a copy of the store into a new file at path (mode 0600, synced),
// and serves meanwhile: it reads pages, each in a View of a few milliseconds,
// then again and again the keys that were changed since; for the last few of
// them the writer waits. So the copy is what the store held at one moment
// between two commits, before Copy returned. What was deleted has left no bytes
// in it: free pages are zeros.
//
// Until it is whole and on the disk the file is called path.part.
//
// Copy returns fs.ErrExist, wrapped, when there is something at path, and
// kv.ErrFull, wrapped, when there is no room; an error or the end of ctx leaves
// no file behind. A Copy waits for another one, or a Compact, to end.
func (s *Store) Copy(ctx context.Context, path string) error {
	err := s.copyFile(ctx, path, func(*bbolt.DB) error { return nil }, func(string) error { return nil })
	if err != nil {
		return fmt.Errorf("copy to %s: %w", path, full(err))
	}
	return nil
}

// copyAlone waits until no other Copy or Compact runs; copyDone must follow.
func (s *Store) copyAlone(ctx context.Context) error {
	select {
	case s.copying <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Store) copyDone() { <-s.copying }

// full says of an error that it means want of room, where it does.
func full(err error) error {
	if isFull(err) {
		return fmt.Errorf("%w: %w", kv.ErrFull, err)
	}
	return err
}

// createFile opens a new file for a copy; made says whether there is one now,
// which is so after some errors too.
func createFile(path string) (db *bbolt.DB, made bool, err error) {
	db, err = openFile(path, Options{NoSync: true}, func(name string, flag int, perm os.FileMode) (*os.File, error) {
		f, err := os.OpenFile(name, flag|os.O_EXCL, perm)
		made = err == nil
		return f, err
	})
	return db, made, err
}

func (s *Store) copyTo(ctx context.Context, path string, open func(*bbolt.DB) error) (made bool, err error) {
	db, made, err := createFile(path)
	if err != nil {
		return made, err
	}
	err = s.fill(ctx, db, func() error { return nil })
	if err == nil {
		err = open(db)
	}
	if err == nil {
		err = wipe(db, path)
	}
	return made, errors.Join(err, db.Close())
}

// fill brings the copy up to the committed state that it finds at its end, and
// runs last before there is another one.
func (s *Store) fill(ctx context.Context, to *bbolt.DB, last func() error) error {
	s.turn.Lock() // between two batches, so that no commit slips through unnoted
	s.notes.start()
	s.turn.Unlock()
	defer s.notes.stop()

	if err := s.copyAll(ctx, to); err != nil {
		return err
	}
	if err := to.Sync(); err != nil { // most of it now, so that nobody waits for it at the end
		return err
	}
	for range maxRounds {
		if s.notes.count() <= lastRound {
			break
		}
		if err := s.copyKeys(ctx, to, s.notes.take()); err != nil {
			return err
		}
	}
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.broken != nil {
		return s.broken // what can be seen may not be what was committed
	}
	if err := s.copyKeys(ctx, to, s.notes.take()); err != nil {
		return err
	}
	return last()
}

// copyAll copies the whole store, page by page, each as it is when it is read.
func (s *Store) copyAll(ctx context.Context, to *bbolt.DB) error {
	var page overlay
	from, more := []byte(nil), true
	for more {
		page.reset()
		err := s.readPage(ctx, func(b *bbolt.Bucket, full func(int) bool) {
			c := b.Cursor()
			k, v := c.Seek(from)
			for ; k != nil && !full(page.size); k, v = c.Next() {
				page.add(k, v, false)
			}
			more = k != nil
			from = append(from[:0], k...)
		})
		if err != nil {
			return err
		}
		if err := writePage(to, &page); err != nil {
			return err
		}
	}
	return nil
}

// copyKeys copies what stands under the keys now, or deletes it in the copy.
func (s *Store) copyKeys(ctx context.Context, to *bbolt.DB, changed map[string]struct{}) error {
	var page overlay
	keys := slices.Sorted(maps.Keys(changed))
	for len(keys) > 0 {
		page.reset()
		err := s.readPage(ctx, func(b *bbolt.Bucket, full func(int) bool) {
			t := tx{bucket: b, seeker: b.Cursor()}
			for len(keys) > 0 && !full(page.size) {
				key := []byte(keys[0])
				v, err := t.Get(key)
				page.add(key, v, err != nil)
				keys = keys[1:]
			}
		})
		if err != nil {
			return err
		}
		if err := writePage(to, &page); err != nil {
			return err
		}
	}
	return nil
}

// readPage runs read in a View. full tells it when to stop; it lets at least
// one key through.
func (s *Store) readPage(ctx context.Context, read func(b *bbolt.Bucket, full func(size int) bool)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.view(func(b *bbolt.Bucket) error {
		began := time.Now()
		read(b, func(size int) bool {
			return size >= pageBytes || size > 0 && time.Since(began) > pageTime
		})
		return nil
	})
}

func writePage(to *bbolt.DB, page *overlay) error {
	return to.Update(func(btx *bbolt.Tx) error {
		b := btx.Bucket(bucketName)
		b.FillPercent = fill
		return page.apply(b)
	})
}

// freePages returns the numbers of the pages that hold nothing. They still
// hold what stood there before.
func freePages(db *bbolt.DB) ([]int64, error) {
	btx, err := db.Begin(true)
	if err != nil {
		return nil, err
	}
	var free []int64
	pages := int(btx.Size() / int64(db.Info().PageSize))
	for id := 0; id < pages; id++ {
		p, err := btx.Page(id)
		if err != nil {
			return nil, errors.Join(err, btx.Rollback())
		}
		if p.Type == "free" {
			free = append(free, int64(id))
		} else {
			id += p.OverflowCount
		}
	}
	return free, btx.Rollback()
}

// wipe overwrites the pages that hold nothing with zeros and syncs the file.
func wipe(db *bbolt.DB, path string) error {
	pages, err := freePages(db)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	size := int64(db.Info().PageSize)
	zeros := make([]byte, size)
	for _, id := range pages {
		if _, err := f.WriteAt(zeros, id*size); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(f.Sync(), f.Close())
}

// notes are the keys that commits changed while a Copy runs.
type notes struct {
	mu   sync.Mutex
	keys map[string]struct{} // nil while no Copy runs
}

func (n *notes) start() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.keys = map[string]struct{}{}
}

func (n *notes) stop() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.keys = nil
}

func (n *notes) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.keys)
}

func (n *notes) take() map[string]struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	keys := n.keys
	n.keys = map[string]struct{}{}
	return keys
}

// add notes what a batch changed. It comes after the commit: a key noted
// before it could be taken, and read, while it still has its old value.
func (n *notes) add(done []*call) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.keys == nil {
		return
	}
	for _, c := range done {
		if !c.keep {
			continue
		}
		for _, e := range c.over.entries {
			n.keys[string(e.key)] = struct{}{}
		}
	}
}
