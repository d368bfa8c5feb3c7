package storage

import (
	"context"

	"xintiexin/storage/record"
)

// PutForTest puts a pair as a kind that is not written yet might.
func PutForTest(ctx context.Context, s *record.Store, k, value string) error {
	return s.Update(ctx, func(tx *record.Tx) error { return tx.PutRaw([]byte(k), []byte(value)) })
}
