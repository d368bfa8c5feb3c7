// Package document is result documents on their way to whom they are of.
package document
