package scheduler

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/erasure"
	"xintiexin/storage/person"
	"xintiexin/storage/questions"
	"xintiexin/storage/record"
)

// leaving is how many people one step of the night's deletions takes.
const leaving = 100

// retention deletes for good whoever is to be deleted, then what has been kept
// for its time, writes down how much that was, and has the file made dense, so
// that no byte of it is left.
func retention(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	people, err := s.forget(ctx, at)
	if err != nil {
		return "", err
	}
	counts, err := erasure.Purge(s.Store, ctx, calendar.DayOf(at))
	if err != nil {
		return "", err
	}
	notes, err := pages(ctx, s, "notes", func(tx *record.Tx, p record.Page) (record.Page, int, error) { return questions.Purge(tx, p, 200, at) })
	if err != nil {
		return "", err
	}
	if notes > 0 {
		counts["note"] = notes
	}
	did := fmt.Sprintf("%d people deleted", people)
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		did += fmt.Sprintf(", %d %s", counts[kind], kind)
	}
	if len(counts) > 0 {
		err := s.Store.Update(ctx, func(tx *record.Tx) error {
			return person.AddAudit(tx, person.Audit{At: at.Unix(), What: "purged", Counts: counts})
		})
		if err != nil {
			return "", fmt.Errorf("%s, which stands in no audit: %w", did, err)
		}
	}
	if s.Compact != nil {
		if err := s.Compact(ctx); err != nil {
			return "", fmt.Errorf("%s, whose bytes are still in the file: %w", did, err)
		}
	}
	return did, nil
}

// forget deletes those whose deletion can be taken back no more, each noted
// outside the store before.
func (s *Scheduler) forget(ctx context.Context, at time.Time) (people int, err error) {
	for {
		page, err := s.noteErased(ctx, at)
		if err != nil || len(page) == 0 {
			return people, err
		}
		var ids []string
		for _, e := range page {
			ids = append(ids, e.ID)
		}
		n, err := erasure.Forget(s.Store, ctx, ids, at)
		if err != nil {
			return people, err
		}
		people += n
	}
}

// erasures notes outside the store whose deletion can be taken back no more: from
// then on a backup that is put back does not bring her back.
func erasures(ctx context.Context, s *Scheduler, at time.Time) (string, error) {
	page, err := s.noteErased(ctx, at)
	return fmt.Sprintf("%d people on their way out", len(page)), err
}

func (s *Scheduler) noteErased(ctx context.Context, at time.Time) (page []erasure.Erased, err error) {
	err = s.Store.View(ctx, func(tx *record.Tx) error {
		page, err = erasure.Erasures(tx, at, leaving)
		return err
	})
	if err != nil || len(page) == 0 || s.Note == nil {
		return page, err
	}
	if err := s.Note(ctx, page); err != nil {
		return nil, fmt.Errorf("note who is deleted: %w", err)
	}
	return page, nil
}
