// Package people is first contact, binding, and what a resident decides about what
// is kept.
package people
