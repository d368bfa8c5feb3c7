// Package questions keeps the question box: questions without identity, found again by a number, and
// their answers.
package questions
