// Package safety answers words that say that somebody is in danger.
package safety
