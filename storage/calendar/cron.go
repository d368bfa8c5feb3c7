package calendar

import (
	"errors"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Recurrence is when something comes again and again: a cron line, its hours
// those of the village.
type Recurrence struct{ plan cron.Schedule }

// five is a cron line as it has always been: minute, hour, day, month, weekday.
var five = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

// Cron reads a cron line of five fields. It returns an error for one that cannot
// be read, names a time zone, or never comes.
func Cron(line string) (Recurrence, error) {
	if strings.Contains(line, "TZ=") {
		return Recurrence{}, errors.New("names a time zone; all lines are in UTC+8")
	}
	plan, err := five.Parse(line)
	if err == nil && plan.Next(Date(2000, 1, 1).At(0, 0)).IsZero() {
		err = errors.New("never comes")
	}
	return Recurrence{plan}, err
}

// Next returns the first time after t, the zero time when there is none within
// five years.
func (r Recurrence) Next(t time.Time) time.Time {
	if r.plan == nil {
		return time.Time{}
	}
	return r.plan.Next(t.In(Zone))
}
