// Package bookings keeps appointments: slots and their seats, couples, the waiting list and its
// offers, reminders, the clinic desk, recalls and walk-ins.
package bookings
