package scheduler_test

import (
	"testing"
	"time"
	"unsafe"

	"xintiexin/storage/ops"
)

// jumped is t as the machine would tell it after its clock on the wall was moved
// on while the one inside stood still: in a sleep, or set by hand. The seconds
// stand above the 30 bits of the nanoseconds in the first word of a time.Time
// that carries both.
func jumped(t time.Time, seconds uint64) time.Time {
	*(*uint64)(unsafe.Pointer(&t)) += seconds << 30
	return t
}

// TestMonotonic: what counts is the clock on the wall.
func TestMonotonic(t *testing.T) {
	now := time.Now()
	ahead := jumped(now, 72*3600)
	if ahead.Sub(now) != 0 || ahead.Unix()-now.Unix() != 72*3600 {
		t.Fatal("time.Time is made otherwise than this test believes")
	}
	if ops.ClockSound(now, ahead) {
		t.Error("three days ahead was believed")
	}
	r := newRig(t, now.Round(0))
	r.jobs.Jobs = nil
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"started", func() error { return r.jobs.Start(t.Context(), now) }},
		{"resumed", func() error { return r.jobs.Resume(t.Context(), now) }},
		{"ticked", func() error { return r.jobs.Tick(t.Context(), now) }},
	} {
		if err := step.do(); err != nil || r.jobs.Held() {
			t.Fatal(step.name, err, r.jobs.Held())
		}
	}
	if err := r.jobs.Tick(t.Context(), ahead); err != nil || !r.jobs.Held() {
		t.Errorf("three days ahead of the last tick, held %v, %v", r.jobs.Held(), err)
	}
	if err := r.jobs.Resume(t.Context(), ahead); err != nil {
		t.Fatal(err)
	}
	if err := r.jobs.Tick(t.Context(), jumped(ahead, 3600)); err != nil || r.jobs.Held() {
		t.Errorf("an hour later, held %v, %v", r.jobs.Held(), err)
	}
}
