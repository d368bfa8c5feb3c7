// Package subject finds whom a form is about, asks whether she agrees, and keeps
// who is new.
package subject
