package session

import (
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"xintiexin/storage/bookings"
	"xintiexin/storage/documents"
	"xintiexin/storage/purpose"
)

var saysIn = regexp.MustCompile(`\(?\bsay \(?(?:print )?"([^"]+)"`)

// TestEveryTextIsThere: a template that names a text which is not there would
// only fail where it is shown; and no template has words of its own.
func TestEveryTextIsThere(t *testing.T) {
	all, err := Files.ReadDir("html")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, f := range all {
		src, err := Files.ReadFile("html/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsFunc(string(src), func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s holds words", f.Name())
		}
		for _, m := range saysIn.FindAllStringSubmatch(string(src), -1) {
			if used[m[1]] = true; strings.HasSuffix(m[1], ".") {
				for k := range kinds {
					if _, ok := texts[m[1]+k]; !ok {
						t.Errorf("%s says %q, which is not there for %s", f.Name(), m[1], k)
					}
				}
			} else if _, ok := texts[m[1]]; !ok {
				t.Errorf("%s says %q, which is not there", f.Name(), m[1])
			}
		}
	}
	if len(used) < 50 {
		t.Fatalf("only %d texts are said", len(used))
	}
	for k := range kinds {
		if _, ok := texts["again."+k]; !ok {
			t.Errorf("nobody says what to send for a new link of %s", k)
		}
	}
}

// TestWordsStandInOneFile: no other file of the web pages says anything to people.
func TestWordsStandInOneFile(t *testing.T) {
	rooms, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	all, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	if all = append(all, rooms...); len(all) < 30 {
		t.Fatalf("only %d files are read", len(all))
	}
	for _, name := range all {
		if filepath.Base(name) == "texts.go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var s scanner.Scanner
		set := token.NewFileSet()
		s.Init(set.AddFile(name, -1, len(src)), src, nil, 0)
		for {
			pos, tok, text := s.Scan()
			if tok == token.EOF {
				break
			}
			if tok == token.STRING && strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				t.Errorf("%s says %s", set.Position(pos), text)
			}
		}
	}
}

// TestTextsAreShort: a line is at most 40 characters, nothing is shouted.
func TestTextsAreShort(t *testing.T) {
	for name, text := range texts {
		for _, l := range Lines(text) {
			if n := len([]rune(l)); n > 40 {
				t.Errorf("%s: a line of %d characters: %s", name, n, l)
			}
		}
		if strings.ContainsAny(text, "！!") {
			t.Errorf("%s is shouted", name)
		}
	}
	for _, set := range purpose.All {
		if SetNames[set] == "" {
			t.Errorf("no name for %s", set)
		}
	}
}

// TestEveryStateIsNamed: nothing that is kept of her stands on her page without a
// word for it.
func TestEveryStateIsNamed(t *testing.T) {
	for _, s := range []bookings.AppointmentState{bookings.Expected, bookings.Came, bookings.Missed, bookings.Cancelled, bookings.Over} {
		if StateNames[s] == "" {
			t.Errorf("a booking that is %s has no name", s)
		}
	}
	for _, s := range documents.DocumentStates {
		if PaperNames[s] == "" {
			t.Errorf("a paper that is %s has no name", s)
		}
	}
	for _, what := range []string{"asked_back", "booked", "booking", "called", "cancelled", "card", "code", "erased", "exported", "handed",
		"kept", "mailed", "moved", "arrived", "finished", "missed", "pin_reset", "printed", "proxy", "ready", "seated", "waived", "withdrawn"} {
		if LookNames[what] == "" {
			t.Errorf("that somebody did %s has no name", what)
		}
	}
}
