package storage

import (
	"errors"
	"fmt"
	"time"

	"xintiexin/storage/kv"
)

// ReceiptTime is how long the answer to a message is kept, so that its repeated
// delivery is answered alike. The platform repeats within 15 s; an hour is the
// least that is safe, a day costs little.
const ReceiptTime = 24 * time.Hour

// Receipt returns the answer that was given to the message with this key,
// written at the instant at; ok is false when it is new.
func (tx *Tx) Receipt(at time.Time, message string) (answer string, ok bool, err error) {
	b, err := tx.getRaw(receiptKey(at, message))
	if errors.Is(err, kv.ErrNotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("get receipt: %w", err)
	}
	return string(b), true, nil
}

// PutReceipt keeps the answer to a message.
func (tx *Tx) PutReceipt(at time.Time, message, answer string) error {
	return tx.putRaw(receiptKey(at, message), []byte(answer))
}

// The time comes first, so that purging reads only what it drops; a repeated
// delivery carries the same CreateTime.
func receiptKey(at time.Time, message string) []byte {
	return key("receipt", stamp(at), ID("receipt", message)+ID("receipt2", message))
}

// PurgeReceipts drops up to max receipts whose time is over; it returns how many.
func (tx *Tx) PurgeReceipts(max int, now time.Time) (int, error) {
	return tx.purge(prefix("receipt"), key("receipt", stamp(now.Add(-ReceiptTime))), max)
}

// purge deletes up to max pairs between two keys.
func (tx *Tx) purge(start, end []byte, max int) (int, error) {
	n := 0
	for p, err := range tx.scan(start, end) {
		if err != nil {
			return n, err
		}
		if err := tx.delete(p.Key); err != nil {
			return n, err
		}
		if n++; n == max {
			break
		}
	}
	return n, nil
}
