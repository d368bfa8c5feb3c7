package kv_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"xintiexin/storage/bolt"
	"xintiexin/storage/kv"
)

// A store is opened by its engine; what is written in one Update is read in order.
func Example() {
	dir, err := os.MkdirTemp("", "kv")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	var store kv.Store
	if store, err = bolt.Open(filepath.Join(dir, "town.db"), bolt.Options{}); err != nil {
		panic(err)
	}
	defer store.Close()
	ctx := context.Background()
	err = store.Update(ctx, func(tx kv.Tx) error {
		for _, key := range []string{"visit/2", "visit/1", "other"} {
			if err := tx.Put([]byte(key), []byte("kept")); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		panic(err)
	}
	err = store.View(ctx, func(tx kv.Tx) error {
		for p, err := range tx.Scan([]byte("visit/"), []byte("visit0")) {
			if err != nil {
				return err
			}
			fmt.Printf("%s %s\n", p.Key, p.Value)
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// visit/1 kept
	// visit/2 kept
	// <nil>
}
