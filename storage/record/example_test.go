package record_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"xintiexin/storage/bolt"
	"xintiexin/storage/record"
)

// A record is a value under a key of parts; a list is what stands under a prefix.
func Example() {
	dir, err := os.MkdirTemp("", "record")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	engine, err := bolt.Open(filepath.Join(dir, "town.db"), bolt.Options{})
	if err != nil {
		panic(err)
	}
	defer engine.Close()
	ctx := context.Background()
	store, err := record.Open(ctx, engine, nil, 1, nil, nil)
	if err != nil {
		panic(err)
	}
	type loan struct{ What string }
	err = store.Update(ctx, func(tx *record.Tx) error {
		if err := tx.Put(record.Key("loan", "resident2", "b"), loan{"a wheelchair"}); err != nil {
			return err
		}
		return tx.Put(record.Key("loan", "resident1", "a"), loan{"a crutch"})
	})
	if err != nil {
		panic(err)
	}
	err = store.View(ctx, func(tx *record.Tx) error {
		all, err := record.Collect(record.List[loan](tx, record.Prefix("loan", "resident1")))
		fmt.Println(all)
		return err
	})
	fmt.Println(err)
	// Output:
	// [{a crutch}]
	// <nil>
}
