// Package workbook writes the cells and sheets of a workbook through a private work
// folder.
package workbook
