// Package careplans keeps schedules that run from a day (a birth, a service done): their steps, when
// each is open, and what is said on its morning.
package careplans
