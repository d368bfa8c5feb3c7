// Package handovers moves work from one of the staff to another, for a time or for good, and ends it when
// somebody leaves the office.
package handovers
