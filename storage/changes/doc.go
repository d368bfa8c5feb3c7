// Package changes keeps what was handed on in incremental exports: a batch of rows, each with
// its number, and which of them are new, corrected or withdrawn since.
package changes
