package scheduler_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"xintiexin/scheduler"
	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
)

// A job is told the instant for which it runs; RunJob runs one by its name.
func Example() {
	dir, err := os.MkdirTemp("", "scheduler")
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
	store, err := storage.Open(ctx, engine, nil)
	if err != nil {
		panic(err)
	}
	greet := scheduler.Job{Name: "greet", Spec: "30 7 * * *", Keep: time.Hour,
		Run: func(_ context.Context, _ *scheduler.Scheduler, at time.Time) (string, error) {
			return "greeted at " + at.In(calendar.Zone).Format("15:04"), nil
		}}
	s := &scheduler.Scheduler{Store: store, Jobs: []scheduler.Job{greet}, Log: slog.New(slog.DiscardHandler)}
	now := time.Date(2026, 12, 1, 7, 30, 0, 0, calendar.Zone)
	if err := s.Start(ctx, now); err != nil {
		panic(err)
	}
	fmt.Println(s.RunJob(ctx, "greet", now))
	// Output: greeted at 07:30 <nil>
}
