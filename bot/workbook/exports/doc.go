// Package exports writes visits, absences, bookings, residents and the answers of
// forms, of people alone who agreed to it.
package exports
