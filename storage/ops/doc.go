// Package ops keeps what running the program needs: alarms, runs of jobs, backups, where lists came
// from, how deep the outbox is.
package ops
