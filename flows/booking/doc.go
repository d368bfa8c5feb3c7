// Package booking is seats: booked, moved, given up, waited for.
package booking
