package storage

import "context"

// PutForTest puts a pair as a kind that is not written yet might.
func PutForTest(ctx context.Context, s *Store, k, value string) error {
	return s.Update(ctx, func(tx *Tx) error { return tx.putRaw([]byte(k), []byte(value)) })
}
