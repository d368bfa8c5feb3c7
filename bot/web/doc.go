// Package web is the few web pages: what a person opens by a private link from
// the chat, and the office's page.
//
// A link (/p/TOKEN) opens once. Fetching it only shows a button, because
// previews and scanners fetch whatever stands in a chat; pressing the button uses
// the link up and opens a door: a session of that browser, which shuts by itself
// after ten minutes in which nothing was done (thirty for the office), after half an
// hour in any case (twelve for the office), and at once by the button at the foot
// of each page. The pages themselves stand under addresses that say nothing of a
// person (/p/card), behind the door's cookie.
//
// Everything works without JavaScript, in WeChat's own browser on a small phone,
// and loads nothing from elsewhere; but for the one page on which notices are
// accepted, which is WeChat's script and nothing else.
package web
