package flows_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"xintiexin/flows/dialog"
	"xintiexin/storage/record"
)

// undoMinutes finds a number of minutes before the word for taking back.
var undoMinutes = regexp.MustCompile(`\d+分钟[^\n]*(撤销|能退)|存过\d+分钟`)

// TestUndoIsSaidInOnePlace: the words are those of record.UndoMinutes, and no text
// says the minutes by itself.
func TestUndoIsSaidInOnePlace(t *testing.T) {
	if want := strconv.Itoa(record.UndoMinutes) + "分钟"; dialog.UndoPeriod != want {
		t.Errorf("what is saved can be taken back for %s, and the texts say %s", want, dialog.UndoPeriod)
	}
	if !undoMinutes.MatchString(dialog.SayUndo) {
		t.Fatal("the search does not find what it is for")
	}
	for _, f := range roomFiles(t) {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		for where, text := range literals(t, f) {
			if undoMinutes.MatchString(text) {
				t.Errorf("%s says the minutes of undo by itself: %s", where, text)
			}
		}
	}
}
