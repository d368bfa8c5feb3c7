// Package callback is whom staff rings, and what was said.
package callback
