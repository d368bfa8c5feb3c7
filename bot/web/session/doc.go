// Package session serves private web pages: the link, the session it opens in a
// browser, PIN, cookies, the limiter, uploads, and how a page is written.
package session
