// Package requests keeps what a resident asked for, with one owner and a day by which there is an
// answer; supplies apart from the village, and visits that were invited.
package requests
