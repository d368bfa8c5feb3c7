// Package subscription puts what waited for somebody at the head of an answer, and
// offers the page of WeChat's notices: one tap, one message.
package subscription
