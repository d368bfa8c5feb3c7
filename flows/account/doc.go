// Package account is the staff's own accounts: roles and codes that wait for an answer,
// and what somebody who left had in hand.
package account
