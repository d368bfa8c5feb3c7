// Package flows lists what the bot can talk about. Handle of the talk that New
// returns takes one message of one person inside a transaction and returns the
// answer; everything that the message changes is written in the same transaction.
package flows
