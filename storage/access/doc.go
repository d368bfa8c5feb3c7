// Package access opens the way in: binding codes that are claimed, links that open once, web
// sessions, and PINs.
package access
