// Package broadcast is a text of the town told to many.
package broadcast
