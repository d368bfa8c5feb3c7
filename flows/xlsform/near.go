package xlsform

import "strings"

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
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	const long = 40
	if len(s) > long || len(t) > long {
		return long
	}
	old, prev, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], old[j-2]+1)
			}
		}
		old, prev, row = prev, row, old
	}
	return prev[len(t)]
}

// didYouMean ends a message with the nearest candidate, or with nothing.
func didYouMean(name string, candidates []string) string {
	if n := nearest(name, candidates); n != "" {
		return "是不是 " + n + "？"
	}
	return ""
}
