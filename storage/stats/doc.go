// Package stats counts what was done in a month and what waits on a day; of few it says only that they are
// fewer than ten.
package stats
