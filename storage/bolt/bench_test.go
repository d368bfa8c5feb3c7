package bolt

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	bbolt "go.etcd.io/bbolt"

	"xintiexin/storage/kv"
)

// BenchmarkUpdate measures durable Updates, by one caller and by 200 at once:
// one that puts 600 bytes, beside bbolt's own Batch doing the same, and one
// like a message: five Gets and three Puts.
func BenchmarkUpdate(b *testing.B) {
	for _, callers := range []int{1, 200} {
		b.Run(fmt.Sprint("600B/callers=", callers), func(b *testing.B) {
			s := openSynced(b)
			value := make([]byte, 600)
			spread(b, callers, func(i int) error {
				return s.Update(ctx, func(tx kv.Tx) error { return tx.Put(benchKey(i), value) })
			})
		})
		b.Run(fmt.Sprint("600B-Batch/callers=", callers), func(b *testing.B) {
			db := openBatch(b)
			value := make([]byte, 600)
			spread(b, callers, func(i int) error {
				return db.Batch(func(tx *bbolt.Tx) error { return tx.Bucket(bucketName).Put(benchKey(i), value) })
			})
		})
		b.Run(fmt.Sprint("message/callers=", callers), func(b *testing.B) {
			s := openSynced(b)
			value := make([]byte, 600)
			spread(b, callers, func(i int) error {
				return s.Update(ctx, func(tx kv.Tx) error { return message(tx.Get, tx.Put, i, value) })
			})
		})
		b.Run(fmt.Sprint("message-Batch/callers=", callers), func(b *testing.B) {
			db := openBatch(b)
			value := make([]byte, 600)
			spread(b, callers, func(i int) error {
				return db.Batch(func(tx *bbolt.Tx) error {
					bucket := tx.Bucket(bucketName)
					get := func(key []byte) ([]byte, error) { return bucket.Get(key), nil }
					return message(get, bucket.Put, i, value)
				})
			})
		})
	}
}

// BenchmarkView measures a View with one Get.
func BenchmarkView(b *testing.B) {
	s := openTest(b).(*Store)
	if err := s.Update(ctx, func(tx kv.Tx) error { return tx.Put(benchKey(1), make([]byte, 600)) }); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.View(ctx, func(tx kv.Tx) error { _, err := tx.Get(benchKey(1)); return err }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTurn measures what the queue and the turn add to an Update: nothing
// is written, so there is no commit.
func BenchmarkTurn(b *testing.B) {
	for _, callers := range []int{1, 200} {
		b.Run(fmt.Sprint("callers=", callers), func(b *testing.B) {
			s := openTest(b)
			spread(b, callers, func(int) error { return s.Update(ctx, func(kv.Tx) error { return nil }) })
		})
	}
}

// BenchmarkOpen measures the start with a file of 100,000 people and 400,000
// pairs, written in no order.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "x.db")
	s := openAt(b, path)
	for i := 0; i < 100_000; i += 1000 {
		err := s.Update(ctx, func(tx kv.Tx) error {
			var err error
			for j := i; j < i+1000; j++ {
				for k := range 4 {
					err = errors.Join(err, tx.Put(fmt.Appendf(nil, "resident/%06d/%d", j*7919%100_000, k), make([]byte, 400)))
				}
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	size, err := s.Size()
	if err := errors.Join(err, s.Close()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(size)/(1<<20), "MB")
	for b.Loop() {
		s, err := Open(path, Options{})
		if err == nil {
			err = s.Close()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func openSynced(b *testing.B) *Store {
	s, err := Open(filepath.Join(b.TempDir(), "x.db"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

func openBatch(b *testing.B) *bbolt.DB {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "x.db"), 0o600, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(bucketName)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return db
}

// benchKey spreads the keys as people's ids are spread.
func benchKey(i int) []byte { return fmt.Appendf(nil, "visit/%08x/x", uint32(i)*2654435761) }

func message(get func([]byte) ([]byte, error), put func(key, value []byte) error, i int, value []byte) error {
	for j := range 5 {
		if _, err := get(benchKey(i*7 + j)); err != nil && !errors.Is(err, kv.ErrNotFound) {
			return err
		}
	}
	for j := range 3 {
		if err := put(benchKey(i*3+j), value); err != nil {
			return err
		}
	}
	return nil
}

// spread runs b.N calls of do from so many goroutines.
func spread(b *testing.B, callers int, do func(i int) error) {
	b.ReportAllocs()
	b.ResetTimer()
	var next atomic.Int64
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for {
				i := int(next.Add(1))
				if i > b.N {
					return
				}
				if err := do(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}
