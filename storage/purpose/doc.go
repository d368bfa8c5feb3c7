// Package purpose names what a consent is for: one purpose, one yes or no (the sets C0 to C7 of
// docs/domain norms).
package purpose
