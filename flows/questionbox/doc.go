// Package questionbox is questions without a name.
package questionbox
