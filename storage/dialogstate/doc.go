// Package dialogstate keeps the state of a chat between two messages, and the receipts by which a
// message that arrives twice is answered once.
package dialogstate
