// Package resident is the pages of a resident: what to prepare and to carry, the
// booking card, the resident's own data, the question box, the notices.
package resident
