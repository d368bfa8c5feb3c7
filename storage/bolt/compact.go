package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	bbolt "go.etcd.io/bbolt"
)

// leftover is what a Compact adds to the file's name for the one that it makes.
const leftover = ".compacting"

// Compact puts a dense file in the place of the store's, without a byte of what
// was deleted, and serves meanwhile: it copies as Copy does; then, while the
// writer waits, the new file takes the old one's name. Views that are under way
// end in the old file, which is closed after the last of them. The new file is
// locked from before it has the name, so no other process gets between.
//
// A crash at any moment leaves one of the two under the name, whole. An error
// leaves the old one: kv.ErrFull, wrapped, when there is no room, ctx's error
// when it ended. Only when the disk fails as the name changes, nobody can know,
// and writing stops as after any failure of the disk (ErrBroken). A Compact
// waits for another one, or a Copy, to end.
func (s *Store) Compact(ctx context.Context) error {
	if err := s.copyAlone(ctx); err != nil {
		return err
	}
	defer s.copyDone()
	if err := s.compact(ctx); err != nil {
		return fmt.Errorf("compact: %w", full(err))
	}
	return nil
}

func (s *Store) compact(ctx context.Context) error {
	if err := removeLeftover(s.path); err != nil {
		return err
	}
	path := s.path + leftover
	db, made, err := createFile(path)
	if err != nil {
		if made {
			err = errors.Join(err, os.Remove(path))
		}
		return err
	}
	if err := sameOwner(s.path, path); err != nil {
		return errors.Join(err, db.Close(), os.Remove(path))
	}
	old, err := (*file)(nil), error(nil)
	err = s.fill(ctx, db, func() (err error) {
		old, err = s.swap(db, path)
		return err
	})
	if old == nil {
		return errors.Join(err, db.Close(), os.Remove(path))
	}
	for old.views.Load() > 0 {
		time.Sleep(time.Millisecond)
	}
	return errors.Join(err, old.Close())
}

// swap gives the new file the old one's name and its place in the store, and
// returns the old one; nil when it still has both. The writer waits meanwhile.
func (s *Store) swap(db *bbolt.DB, path string) (old *file, err error) {
	if s.shut {
		return nil, ErrClosed
	}
	if err := wipe(db, path); err != nil {
		return nil, err
	}
	if err := os.Rename(path, s.path); err != nil {
		return nil, err
	}
	db.NoSync, db.NoGrowSync = s.opt.NoSync, s.opt.NoSync
	old = s.file.Swap(&file{DB: db})
	if err := syncDir(s.path); err != nil {
		// After a crash the name may lead to the old file, and what is written
		// from now on would be lost.
		s.broken = fmt.Errorf("compact: %w: %w", ErrBroken, err)
		return old, s.broken
	}
	return old, nil
}

// removeLeftover removes what a Compact that was cut short left beside the
// file, which must be locked.
func removeLeftover(path string) error {
	err := os.Remove(path + leftover)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
