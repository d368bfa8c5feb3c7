// Package migration keeps who is away, roughly where and until when, who came back, and the times of
// the year at which people come home.
package migration
