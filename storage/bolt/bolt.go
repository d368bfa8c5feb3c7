// Package bolt is the engine for one local file, on go.etcd.io/bbolt.
//
// One goroutine writes. It drains the queue of waiting Updates into one bbolt
// transaction, each over an overlay of its own, and commits it for all of them:
// under load many share one sync of the disk, and a caller alone waits for
// nobody. fn runs in the goroutine of its caller, who gets the turn from the
// writer and hands it back, so a panic keeps its stack and reaches its caller,
// and undoes only what that caller wrote.
package bolt

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	bbolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"xintiexin/storage/kv"
)

var (
	// ErrLocked is returned (wrapped) by Open when the file is open already,
	// here or in another process.
	ErrLocked = errors.New("bolt: the file is in use")

	// ErrClosed is returned (wrapped) by everything begun after Close.
	ErrClosed = errors.New("bolt: store is closed")

	// ErrBroken is returned (wrapped) by Update after the disk failed in a way
	// that leaves open what it holds. Only opening the file anew can tell.
	ErrBroken = errors.New("bolt: the disk failed, writing has stopped")
)

const (
	mapSize   = 1 << 30 // address space reserved at once, so that growing waits for no View
	growBytes = 4 << 20 // how far the file grows ahead of need
)

var bucketName = []byte("kv")

// Options say how a file is opened. The zero value is right in production.
type Options struct {
	// NoSync leaves out syncing: a crash of the machine may then lose or break
	// everything. It is for tests that ask nothing of the disk.
	NoSync bool

	// Timeout says how long to wait for a file that is in use; 0 is a second.
	Timeout time.Duration
}

// Store is an open file. It implements kv.Store.
type Store struct {
	path    string // where the file really stands: a Compact puts another in its place
	opt     Options
	file    atomic.Pointer[file]
	queue   queue
	calls   sync.Pool     // of *call
	back    chan struct{} // the turn, handed back to the writer
	ended   chan struct{} // closed when the writer has returned
	turn    sync.Mutex    // held while a batch runs: whoever holds it sees a committed state stand still
	broken  error         // guarded by turn
	shut    bool          // guarded by turn: the file is closed for good
	copying chan struct{} // holds a token while a Copy or a Compact runs
	notes   notes
	longest atomic.Int64 // nanoseconds
}

// file is the open file, with how many Views are in it. A Compact puts another
// in its place, and closes it when the last View has left.
type file struct {
	*bbolt.DB
	views atomic.Int64
}

// Open opens the file at path, which it makes (mode 0600) if it is not there,
// and removes what a Compact left beside it that was cut short. It returns
// ErrLocked, wrapped, when the file is in use; ErrForeign, ErrEmpty or ErrTruncated
// for one that is no store, or of which part is missing, and changes nothing in it.
func Open(path string, opt Options) (*Store, error) {
	db, err := openLocked(path, opt)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		err = removeLeftover(real)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	s := &Store{
		path:    real,
		opt:     opt,
		queue:   queue{wake: make(chan struct{}, 1)},
		calls:   sync.Pool{New: newCall},
		back:    make(chan struct{}, 1),
		ended:   make(chan struct{}),
		copying: make(chan struct{}, 1),
	}
	s.file.Store(&file{DB: db})
	go s.write()
	return s, nil
}

// openLocked opens the file that stands at path once it has its lock. Whoever
// waited for the lock of a file may get it when a Compact of another process
// has put a new one in its place; then what it holds is nobody's any more.
func openLocked(path string, opt Options) (*bbolt.DB, error) {
	if err := lookAt(path, opt); err != nil {
		return nil, err
	}
	for range 100 {
		var opened *os.File
		db, err := openFile(path, opt, func(name string, flag int, perm os.FileMode) (f *os.File, err error) {
			opened, err = os.OpenFile(name, flag, perm)
			return opened, err
		})
		if err != nil {
			return nil, err
		}
		held, err1 := opened.Stat()
		there, err2 := os.Stat(path)
		if err := errors.Join(err1, err2); err != nil {
			return nil, errors.Join(err, db.Close())
		}
		if os.SameFile(held, there) {
			return db, nil
		}
		if err := db.Close(); err != nil {
			return nil, err
		}
	}
	return nil, ErrLocked
}

func openFile(path string, opt Options, open func(string, int, os.FileMode) (*os.File, error)) (*bbolt.DB, error) {
	o := &bbolt.Options{
		Timeout:      opt.Timeout,
		NoSync:       opt.NoSync,
		NoGrowSync:   opt.NoSync,
		NoStatistics: true,
		OpenFile:     open,
		// With its list of free pages in the file, opening reads a few pages and
		// not all of them, and a commit that fails undoes itself as quickly.
		FreelistType: bbolt.FreelistMapType,
	}
	if o.Timeout == 0 {
		o.Timeout = time.Second
	}
	if math.MaxInt > math.MaxInt32 {
		o.InitialMmapSize = mapSize
	}
	db, err := bbolt.Open(path, 0o600, o)
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, ErrLocked
	}
	if err != nil {
		return nil, err
	}
	db.AllocSize = growBytes
	if err := prepare(db, path, opt); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// prepare makes a new file ready: its bucket, and its name in the directory,
// without which a crash could lose the file and all that was put in it.
func prepare(db *bbolt.DB, path string, opt Options) error {
	isNew := false
	err := db.View(func(tx *bbolt.Tx) error {
		isNew = tx.Bucket(bucketName) == nil
		return nil
	})
	if err != nil || !isNew {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(bucketName)
		return err
	})
	if err != nil || opt.NoSync {
		return err
	}
	return syncDir(path)
}

// syncDir makes the names in path's directory durable.
func syncDir(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// View implements kv.Store. Views run beside one another and beside the writer.
func (s *Store) View(ctx context.Context, fn func(kv.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.view(func(b *bbolt.Bucket) error {
		return fn(&tx{bucket: b, seeker: b.Cursor()})
	})
}

func (s *Store) view(fn func(*bbolt.Bucket) error) error {
	f := s.enter()
	defer f.views.Add(-1)
	btx, err := f.Begin(false)
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return fmt.Errorf("view: %w", ErrClosed)
	}
	if err != nil {
		return fmt.Errorf("view: %w", err)
	}
	began := time.Now()
	defer func() {
		_ = btx.Rollback() // which fails only when it was rolled back before
		s.noteView(time.Since(began))
	}()
	return fn(btx.Bucket(bucketName))
}

// enter returns the file for a View, which it keeps from being closed: its
// caller must leave by taking one from its views.
func (s *Store) enter() *file {
	for {
		f := s.file.Load()
		f.views.Add(1)
		if s.file.Load() == f {
			return f
		}
		f.views.Add(-1) // another took its place meanwhile
	}
}

func (s *Store) noteView(d time.Duration) {
	for {
		longest := s.longest.Load()
		if int64(d) <= longest || s.longest.CompareAndSwap(longest, int64(d)) {
			return
		}
	}
}

// LongestView returns how long the longest View lasted, of those that ended
// since LongestView was last called. A long View keeps the file from reusing
// pages, and from growing beyond its map.
func (s *Store) LongestView() time.Duration { return time.Duration(s.longest.Swap(0)) }

// Size returns the bytes that the file's pages take up, free ones included.
func (s *Store) Size() (int64, error) {
	size := int64(0)
	err := s.view(func(b *bbolt.Bucket) error {
		size = b.Tx().Size()
		return nil
	})
	return size, err
}

// Close runs the Updates that are queued, waits for all transactions, and
// closes the file. Closing twice is no error. A Copy or a Compact under way
// fails.
func (s *Store) Close() error {
	s.queue.close()
	<-s.ended
	s.turn.Lock()
	defer s.turn.Unlock()
	s.shut = true
	return s.file.Load().Close()
}
