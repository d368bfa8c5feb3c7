package storage

import (
	"context"

	"xintiexin/storage/kv"
)

// UpgradeForTest opens a store as a program of a later format would, whose step
// rewrites nothing.
func UpgradeForTest(ctx context.Context, engine kv.Store, before func(int) error, format int) error {
	steps := map[int]step{}
	for f := Format; f < format; f++ {
		steps[f] = func(*Tx, []byte) ([]byte, error) { return nil, nil }
	}
	_, err := open(ctx, engine, before, format, steps)
	return err
}
