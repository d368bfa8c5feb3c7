package understand

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed findings.txt
var findingsFile string

// How somebody is.
const (
	Well      = "well"
	NeedsHelp = "needs_help"
	NotMet    = "not_met"
	Unwilling = "unwilling"
)

type findingWords struct {
	finding string
	forms   []string
}

var findingTable = sync.OnceValue(func() []findingWords {
	var table []findingWords
	for line := range strings.Lines(findingsFile) {
		if name, forms, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, "#") {
			table = append(table, findingWords{name, strings.Fields(forms)})
		}
	}
	return table
})

// findingOf returns how somebody is by what is said, "" where nothing is.
func findingOf(text string) string {
	for _, row := range findingTable() {
		for _, w := range row.forms {
			if saysFinding(text, w) {
				return row.finding
			}
		}
	}
	switch {
	case strings.ContainsAny(text, "❌✗✘×"):
		return NotMet
	}
	return ""
}

func saysFinding(text, w string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], w)
		if i < 0 {
			return false
		}
		i += from
		if !deniedFinding(text[:i], text[i+len(w):], w) {
			return true
		}
		from = i + len(w)
	}
}

// deniedFinding reports whether what stands before or after a word takes it back.
func deniedFinding(before, after, w string) bool {
	for _, d := range []string{"没", "没有", "不", "别", "甭", "没啥", "没什么", "没有什么", "也不", "不是", "无", "不大", "不太", "木", "不再", "不用", "啥都不", "什么都不", "没有啥", "没个"} {
		if strings.HasSuffix(before, d) {
			return true
		}
	}
	if (w == "不在" || w == "没在" || w == "没见") && strings.HasPrefix(after, "外") {
		return true
	}
	if utf8.RuneCountInString(w) == 1 {
		switch w {
		case "好":
			return strings.HasPrefix(after, "几") || strings.HasPrefix(after, "不容易") || strings.HasPrefix(after, "像") || strings.HasPrefix(after, "多") || strings.HasPrefix(after, "大夫") || strings.HasPrefix(after, "说") || strings.HasSuffix(before, "说") || strings.HasSuffix(before, "约") || strings.HasSuffix(before, "正") || strings.HasSuffix(before, "才")
		case "中":
			return !strings.HasSuffix(before, "都") && !strings.HasSuffix(before, "还") && before != ""
		case "行":
			return !strings.HasSuffix(before, "还") && !strings.HasSuffix(before, "都") && before != ""
		case "在":
			return after != "" && !strings.HasPrefix(after, ",") && !strings.HasPrefix(after, ";") && !strings.HasPrefix(after, "。")
		case "骂", "笑", "胖", "求", "缺", "捎", "欠", "疼", "愁", "孬":
			return false
		}
	}
	return false
}
