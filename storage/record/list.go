package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/kv"
)

// Without is a map without one key; the map itself is left as it is.
func Without[V any](m map[string]V, k string) map[string]V {
	m = maps.Clone(m)
	delete(m, k)
	return m
}

func Ignoring(err, known error) error {
	if errors.Is(err, known) {
		return nil
	}
	return err
}

func If(c bool, a, b string) string {
	if c {
		return a
	}
	return b
}

// Unless is err where it is not the one that may be.
func Unless(err, may error) error {
	if errors.Is(err, may) {
		return nil
	}
	return err
}

// ReceiptTime is how long the answer to a message is kept, so that its repeated
// delivery is answered alike. The platform repeats within 15 s; an hour is the
// least that is safe, a day costs little.
const ReceiptTime = 24 * time.Hour

// StartOf is the instant (Unix seconds) from which the days after a day are counted.
func StartOf(d calendar.Day) int64 { return d.At(0, 0).Unix() }

func Decode[T any](p kv.Pair) (v T, err error) {
	if err := json.Unmarshal(p.Value, &v); err != nil {
		return v, fmt.Errorf("read %s: %w", KindOf(p.Key), err)
	}
	return v, nil
}

// Stamp orders instants as text: Unix seconds in ten digits.
func Stamp(t time.Time) string { return fmt.Sprintf("%010d", t.Unix()) }

func Unstamp(s string) (time.Time, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	return time.Unix(n, 0), err
}

func Split3(s string) (a, b, c string, ok bool) {
	a, s, ok = strings.Cut(s, "/")
	if !ok {
		return
	}
	b, c, ok = strings.Cut(s, "/")
	return
}

func Found[T any](all []T, is func(T) bool) (v T, ok bool) {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], true
	}
	return v, false
}

func Collect[T any](seq func(func(T, error) bool)) ([]T, error) {
	var out []T
	for v, err := range seq {
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// Optional turns ErrNotFound into a zero record.
func Optional[T any](v T, err error) (T, error) {
	if errors.Is(err, ErrNotFound) {
		var zero T
		return zero, nil
	}
	return v, err
}

func Sorted[K ~string](set map[K]bool) []K {
	out := make([]K, 0, len(set))
	for k, ok := range set {
		if ok {
			out = append(out, k)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}
