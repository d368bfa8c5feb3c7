package session

import (
	"net/http"
	"sync"
)

// Style is the one style sheet. Its address changes with what it holds, so it may
// be kept for long.
func Style(w http.ResponseWriter, _ *http.Request) {
	css, err := Files.ReadFile("html/style.css")
	if err != nil {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Write(css)
}

// styleAt is the address of the style sheet.
var styleAt = sync.OnceValue(func() string {
	css, err := Files.ReadFile("html/style.css")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return Prefix + "style.css?" + digest("style", string(css))
})
