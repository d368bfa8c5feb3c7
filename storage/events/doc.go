// Package events keeps the meetings a town holds: seats, who wants to be told of the next ones, and
// proposed topics.
package events
