// Package enrolment lets residents sign up, come back and unfollow, shows or hides them to a village,
// moves them, and asks once in half a year whether their record is right.
package enrolment
