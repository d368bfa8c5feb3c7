package session

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"xintiexin/storage/calendar"
)

// Hour is an instant as the clocks of the village show it.
func Hour(at int64) string { return time.Unix(at, 0).In(calendar.Zone).Format("15:04") }

// Day is the date of an instant, with the year.
func Day(at int64) string { return calendar.DayOf(time.Unix(at, 0)).WithYear() }

// Attach makes the answer a file with a Chinese name, and a plain one for browsers
// that know no better.
func Attach(w http.ResponseWriter, kind, name, ext string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s%s"; filename*=UTF-8''%s`, name, ext, url.PathEscape(FileNames[name]+ext)))
}
