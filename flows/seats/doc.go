// Package seats is the days and hours that are offered, and what is understood of
// them.
package seats
