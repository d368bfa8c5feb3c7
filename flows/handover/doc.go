// Package handover is work that goes from one of the office to another.
package handover
