// Package dates reads a day, or the days it may be, and a time of day from what
// somebody wrote or said: numerals, weekdays, lunar days, festivals, seasons.
package dates
