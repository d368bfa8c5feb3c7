// Package directory keeps the directory right: who is new, who is one person, who
// lives elsewhere or is here no more.
package directory
