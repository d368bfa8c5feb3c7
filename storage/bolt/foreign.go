package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"runtime/debug"
	"time"

	bbolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

var (
	// ErrForeign is returned (wrapped) by Open for a file that is none of a Store's.
	ErrForeign = errors.New("this file is not of this program; nothing was changed in it")

	// ErrEmpty is returned (wrapped) by Open for a file of no bytes: where one was
	// lost. A new store begins where there is no file.
	ErrEmpty = errors.New("this file is empty: put a backup back, or remove it to begin anew")

	// ErrTruncated is returned (wrapped) by Open for a file of which the end is
	// missing, or which cannot be read as it is.
	ErrTruncated = errors.New("this file is damaged or cut short: put a backup back")
)

// lookAt refuses a file at path that is not a Store's, and reads only. That there is
// none is right.
func lookAt(path string, opt Options) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && info.IsDir(): // the latter is said by who opens it
		return nil
	case err != nil:
		return err
	case info.Size() == 0:
		return ErrEmpty
	}
	if err := lookAtMeta(path); err != nil {
		return err
	}
	return lookAtBuckets(path, opt)
}

// Offsets of what bbolt keeps at the head of each of its first two pages.
const (
	metaAt, metaSize                                    = 16, 64
	magicAt, pageSizeAt, rootAt, freeAt, txidAt, hashAt = 0, 8, 16, 32, 48, 56
	magic                                               = 0xED0CDAED
)

// lookAtMeta refuses a file that bbolt would take and then read beyond its end.
func lookAtMeta(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var newest []byte
	for _, at := range append([]int64{0}, pageSizes()...) {
		meta := make([]byte, metaSize)
		if _, err := f.ReadAt(meta, at+metaAt); err != nil || !validMeta(meta) {
			continue
		}
		if newest == nil || binary.NativeEndian.Uint64(meta[txidAt:]) > binary.NativeEndian.Uint64(newest[txidAt:]) {
			newest = meta
		}
	}
	if newest == nil {
		return ErrForeign
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	pages := uint64(info.Size()) / uint64(binary.NativeEndian.Uint32(newest[pageSizeAt:]))
	root, free := binary.NativeEndian.Uint64(newest[rootAt:]), binary.NativeEndian.Uint64(newest[freeAt:])
	const none = ^uint64(0) // no list of free pages is kept
	if root >= pages || free >= pages && free != none {
		return ErrTruncated
	}
	return nil
}

func pageSizes() (sizes []int64) {
	for i := range 7 {
		sizes = append(sizes, 1024<<i)
	}
	return sizes
}

func validMeta(meta []byte) bool {
	h := fnv.New64a()
	h.Write(meta[:hashAt])
	size := binary.NativeEndian.Uint32(meta[pageSizeAt:])
	return binary.NativeEndian.Uint32(meta[magicAt:]) == magic && size != 0 && binary.NativeEndian.Uint64(meta[hashAt:]) == h.Sum64()
}

// lookAtBuckets refuses a file with other buckets than a Store's. A page that is
// missing is an error here and not the end of the program.
func lookAtBuckets(path string, opt Options) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w (%T)", ErrTruncated, v)
		}
	}()
	o := &bbolt.Options{ReadOnly: true, Timeout: opt.Timeout}
	if o.Timeout == 0 {
		o.Timeout = time.Second
	}
	db, err := bbolt.Open(path, 0o600, o)
	if errors.Is(err, berrors.ErrTimeout) {
		return ErrLocked
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
			if !bytes.Equal(name, bucketName) {
				return ErrForeign
			}
			return nil
		})
	})
}
