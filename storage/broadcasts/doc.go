// Package broadcasts keeps texts that are told to many, prepared by one and approved by another, and the
// seats that are announced to those away.
package broadcasts
