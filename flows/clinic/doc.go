// Package clinic is the desk of the clinic: who is here, seats released, ratings.
package clinic
