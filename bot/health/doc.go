// Package health tries the account's settings out against the platform and says
// what is wrong and what to do.
package health
