// Package forms holds the built-in forms, as tables a person can read.
package forms

import "embed"

// FS holds them, NAME.md each.
//
//go:embed *.md
var FS embed.FS
