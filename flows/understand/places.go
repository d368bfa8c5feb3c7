package understand

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"
)

//go:embed places.txt
var placesFile string

// placeWords are the words for places, by their first character.
var placeWords = sync.OnceValue(func() map[rune][]string {
	words := map[rune][]string{}
	for line := range strings.Lines(placesFile) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, w := range strings.Fields(line) {
			words[[]rune(w)[0]] = append(words[[]rune(w)[0]], w)
		}
	}
	return words
})

var (
	// placeMore is what may follow the word of a place and belongs to it.
	placeMore = regexp.MustCompile(`^(?:市里|市区|那边|这边|开发区|高新区|县城|乡下)`)
	placeOf   = regexp.MustCompile(`(?:去了|上了|到了|去的|上的|在|上|去|往|到|搁|打|从|奔|回)([^,，。!?;:、 的了在上去到是就和跟她他我俺0-9]{1,5}(?:村|镇|县|市|省|庄|厂|州|城|县城))`)
)

// findPlace returns a place of a text, two that stand together as one (广东东莞), "" where
// there is none. The last of several is meant for whoever moves (从甲村搬到乙村).
func findPlace(text string, last bool) string {
	found, end := "", -1
	for i, r := range text {
		if i < end {
			continue
		}
		w := placeAt(text[i:], r)
		if w == "" || strings.HasPrefix(text[i+len(w):], "路") {
			continue
		}
		switch {
		case end == i && found != "":
			found += w
		case found == "" || last && !nearPlace(w) || nearPlace(found):
			found = w
		default:
			continue
		}
		end = i + len(w)
	}
	if found != "" {
		if m := placeMore.FindString(text[end:]); m == "市里" || m == "县城" {
			found += m
		}
		return found
	}
	if m := placeOf.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// nearPlace reports whether a word is a place only to whoever says it.
func nearPlace(w string) bool {
	return w == "婆家" || w == "娘家" || w == "老家" || w == "外地"
}

func placeAt(text string, first rune) string {
	longest := ""
	for _, w := range placeWords()[first] {
		if len(w) > len(longest) && strings.HasPrefix(text, w) {
			longest = w
		}
	}
	return longest
}
