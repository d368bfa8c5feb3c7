// Package erasure ends what is kept: deletion on request, retention by the calendar, merging two records
// of one person, deactivating who died or moved away, and taking back a save.
package erasure
