// Package migration is leaving, coming home, and where to.
package migration
