package xlsform

import (
	"strings"

	"xintiexin/flows/xpath"
)

// mostCandidates bounds the time that a form of nothing but mistakes takes.
const mostCandidates = 300

// nearest returns the candidate that was most likely meant by name, "" when
// none is close. Of equally close ones the first counts.
func nearest(name string, candidates []string) string {
	best, least := "", 1+max(1, characters(name)/3)
	for i, c := range candidates {
		if i == mostCandidates {
			break
		}
		if c == name {
			continue
		}
		if d := distance(strings.ToLower(name), strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance is the number of characters to insert, drop, change or swap that
// makes b of a. Texts too long to be names are far from everything.
func distance(a, b string) int { return xpath.Distance(a, b, 40) }

// didYouMean ends a message with the nearest candidate, or with nothing.
func didYouMean(name string, candidates []string) string {
	if n := nearest(name, candidates); n != "" {
		return "是不是 " + n + "？"
	}
	return ""
}

// DidYouMean is a question that ends a message: 是不是 and the nearest candidate,
// or "" when none is close. Readers of other workbooks ask it alike.
func DidYouMean(name string, candidates []string) string { return didYouMean(name, candidates) }
