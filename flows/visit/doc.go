// Package visit is the visits of a village worker and the list of the day.
package visit
