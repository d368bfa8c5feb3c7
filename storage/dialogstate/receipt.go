package dialogstate

import (
	"errors"
	"fmt"
	"time"

	"xintiexin/storage/kv"
	"xintiexin/storage/record"
)

// LoadReceipt returns the answer that was given to the message with this key,
// written at the instant at; ok is false when it is new.
func LoadReceipt(tx *record.Tx, at time.Time, message string) (answer string, ok bool, err error) {
	b, err := tx.GetRaw(receiptKey(at, message))
	if errors.Is(err, kv.ErrNotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("get receipt: %w", err)
	}
	return string(b), true, nil
}

// PutReceipt keeps the answer to a message.
func PutReceipt(tx *record.Tx, at time.Time, message, answer string) error {
	return tx.PutRaw(receiptKey(at, message), []byte(answer))
}

// The time comes first, so that purging reads only what it drops; a repeated
// delivery carries the same CreateTime.
func receiptKey(at time.Time, message string) []byte {
	return record.Key("receipt", record.Stamp(at), record.ID("receipt", message)+record.ID("receipt2", message))
}

// PurgeReceipts drops up to max receipts whose time is over; it returns how many.
func PurgeReceipts(tx *record.Tx, max int, now time.Time) (int, error) {
	return Purge(tx, record.Prefix("receipt"), record.Key("receipt", record.Stamp(now.Add(-record.ReceiptTime))), max)
}

// Purge deletes up to max pairs between two keys.
func Purge(tx *record.Tx, start, end []byte, max int) (int, error) {
	n := 0
	for p, err := range tx.Scan(start, end) {
		if err != nil {
			return n, err
		}
		if err := tx.Delete(p.Key); err != nil {
			return n, err
		}
		if n++; n == max {
			break
		}
	}
	return n, nil
}
