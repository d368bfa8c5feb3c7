package xlsform

import (
	"math"
	"time"
)

// dateText writes Excel's day number as a date, with the time when it has one,
// or as a time when it has no day. ok is false when it is no day that Excel
// knows.
func dateText(n float64, from1904 bool) (text string, ok bool) {
	const lastDay = 2958466 // the day after 9999-12-31
	if n != n || n < 0 || n >= lastDay {
		return "", false
	}
	if from1904 && n >= 1 {
		n += 1462
	}
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	days, part := math.Modf(n)
	at := epoch.AddDate(0, 0, int(days)).Add(time.Duration(math.Round(part*86400)) * time.Second)
	switch {
	case n < 1:
		return at.Format(time.TimeOnly), true
	case part == 0:
		return at.Format(time.DateOnly), true
	}
	return at.Format(time.DateTime), true
}
