// Package staffing gives roles of the office and binding codes for bound staff: one asks, another
// agrees; and shuts out who leaves.
package staffing
