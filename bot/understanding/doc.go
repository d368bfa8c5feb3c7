// Package understanding answers the command understand: what a sentence is read as,
// with its reasons, and where readings differ.
package understanding
