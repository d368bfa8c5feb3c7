package scheduler

import (
	"context"
	"fmt"
	"time"

	"xintiexin/storage/access"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
)

// sweep drops what has served its time: receipts of answered messages, forms
// nobody came back to, undos that are over, message numbers and reports that
// found no other half, links and codes that are good no more. It reads and writes
// pages.
func sweep(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	receipts := 0
	for {
		n := 0
		err := s.Store.Update(ctx, func(tx *record.Tx) (err error) {
			n, err = dialogstate.PurgeReceipts(tx, 500, at)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("purge receipts: %w", err)
		}
		if receipts += n; n < 500 {
			break
		}
	}
	forms, err := pages(ctx, s, "forms", func(tx *record.Tx, p record.Page) (record.Page, int, error) {
		return dialogstate.PurgeSessions(tx, p, 200, at)
	})
	if err != nil {
		return "", err
	}
	undos, err := pages(ctx, s, "undos", func(tx *record.Tx, p record.Page) (record.Page, int, error) { return tx.PurgeUndos(p, 200, at) })
	if err != nil {
		return "", err
	}
	reports, err := pages(ctx, s, "reports", func(tx *record.Tx, p record.Page) (record.Page, int, error) {
		return outbox.PurgeReports(tx, p, 200, at)
	})
	if err != nil {
		return "", err
	}
	passes, err := pages(ctx, s, "links", func(tx *record.Tx, p record.Page) (record.Page, int, error) { return access.PurgeLinks(tx, p, 200, at) })
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d receipts, %d forms, %d undos, %d reports, %d links and codes dropped", receipts, forms, undos, reports, passes), nil
}

// pages purges page after page, each in its own transaction, and returns how many
// were dropped.
func pages(ctx context.Context, s *Scheduler, what string, purge func(*record.Tx, record.Page) (record.Page, int, error)) (int, error) {
	dropped := 0
	for place := (record.Page{}); !place.Done; {
		n, next := 0, place
		err := s.Store.Update(ctx, func(tx *record.Tx) (err error) {
			next, n, err = purge(tx, place)
			return err
		})
		if err != nil {
			return dropped, fmt.Errorf("purge %s: %w", what, err)
		}
		place, dropped = next, dropped+n
	}
	return dropped, nil
}

// merges carries the people of merged villages over, a page at a time.
func merges(ctx context.Context, s *Scheduler, _ time.Time) (string, error) {
	moved := 0
	for {
		n := 0
		err := s.Store.Update(ctx, func(tx *record.Tx) (err error) {
			n, err = enrolment.MoveMerged(tx, 100)
			return err
		})
		if err != nil || n == 0 {
			return fmt.Sprintf("%d people carried over", moved+n), err
		}
		moved += n
	}
}
