// Package followups keeps what was agreed with a resident for a day: a next visit, an answer that is
// waited for. Nobody is due for not having been visited.
package followups
