// Package imports reads a list of villages, households, residents and staff, and
// names every mistake by sheet and cell.
package imports
