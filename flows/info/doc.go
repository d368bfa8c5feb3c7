// Package info is the pages, phones and meetings of a town.
package info
