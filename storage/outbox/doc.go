// Package outbox keeps what is owed to people: deliveries with their kind and facts, between which
// instants, by which channel, and the quotas and notices that the platform allows.
package outbox
