package dates

import (
	"strings"

	"xintiexin/flows/answer"
)

// Part is a part of the day that was typed with a date: 上午, 头午, 后晌.
type Part int

const (
	NoPart Part = iota
	Morning
	Noon
	Afternoon
	Evening
)

var parts = [...]struct {
	word string
	part Part
}{
	{"大清早", Morning}, {"一大早", Morning}, {"清早", Morning}, {"一早", Morning}, {"早起", Morning}, {"早晨", Morning},
	{"早上", Morning}, {"上午", Morning}, {"头午", Morning}, {"前晌", Morning}, {"头晌", Morning}, {"凌晨", Morning},
	{"中午", Noon}, {"晌午头", Noon}, {"晌午", Noon}, {"下午", Afternoon}, {"过午", Afternoon}, {"过晌", Afternoon}, {"午后", Afternoon}, {"后晌", Afternoon},
	{"傍晚", Evening}, {"傍黑", Evening}, {"晚上", Evening}, {"夜里", Evening}, {"夜晚", Evening}, {"晚", Evening}, {"早", Morning},
}

// partAt reads a part of the day at the head of s and returns its length.
func partAt(s string) (Part, int) {
	if !answer.Han(answer.First(s)) {
		return NoPart, 0
	}
	for i := range parts {
		if strings.HasPrefix(s, parts[i].word) {
			return parts[i].part, len(parts[i].word)
		}
	}
	return NoPart, 0
}

// Time reads a reply that is one time of day: 8:30, 8点半, 八点, 下午两点, 晚上7点一刻.
// ambiguous is true where the hour may be before or after noon (八点): hour is then
// the one that was said, and the caller's opening hours decide. With a colon the
// hour counts as of 24.
func Time(s string) (hour, min int, ambiguous, ok bool) {
	s = strings.ReplaceAll(answer.Bare(s), "点办", "点半")
	for _, w := range [...]string{"吧", "去", "到", "来", "呢", "哈"} {
		s = strings.TrimSuffix(s, w)
	}
	part, n := partAt(s)
	s = strings.TrimLeft(s[n:], " ")
	if hour, min, ok := fourDigits(s); ok && part == NoPart {
		return hour, min, false, true
	}
	hour, size, _ := answer.Small(s)
	if size == 0 {
		return 0, 0, false, false
	}
	s = s[size:]
	colon := strings.HasPrefix(s, ":")
	if min, ok = minutes(s, colon); !ok || hour > 24 || hour == 24 && min > 0 {
		return 0, 0, false, false
	}
	if hour == 24 {
		return 0, 0, true, true // the end of which day?
	}
	hour, ambiguous, ok = hourOf(hour, part, colon)
	return hour, min, ambiguous, ok
}

// fourDigits reads 1430: a time of the day on a quarter or ten minutes.
func fourDigits(s string) (hour, min int, ok bool) {
	if len(s) != 4 || answer.Digits(s) != 4 {
		return 0, 0, false
	}
	hour, min = int(s[0]-'0')*10+int(s[1]-'0'), int(s[2]-'0')*10+int(s[3]-'0')
	return hour, min, hour >= 6 && hour < 22 && min < 60 && (min%10 == 0 || min%15 == 0)
}

// minutes reads what follows the hour.
func minutes(s string, colon bool) (int, bool) {
	if colon {
		n := answer.Digits(s[1:])
		v, size, _ := answer.Small(s[1:])
		return v, n == 2 && size == 2 && len(s) == 3 && v < 60
	}
	rest, cut := strings.CutPrefix(s, "点")
	if !cut {
		if rest, cut = strings.CutPrefix(s, "时"); !cut {
			return 0, false
		}
	}
	switch rest {
	case "", "钟", "整", "正":
		return 0, true
	case "半", "半钟":
		return 30, true
	case "一刻":
		return 15, true
	case "三刻":
		return 45, true
	}
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, "过"), "零")
	v, size, _ := answer.Small(rest)
	tail := rest[size:]
	return v, size > 0 && v < 60 && (tail == "" || tail == "分")
}

// hourOf puts an hour into its part of the day.
func hourOf(hour int, part Part, colon bool) (int, bool, bool) {
	switch part {
	case NoPart:
		return hour, !colon && hour > 0 && hour <= 12, true
	case Morning:
		return hour, false, hour <= 12
	case Noon:
		if hour <= 2 && hour > 0 {
			hour += 12
		}
		return hour, false, hour >= 11 && hour <= 14
	}
	switch {
	case part == Evening && hour == 12:
		return 0, true, true
	case hour < 12:
		hour += 12
	}
	return hour, false, hour >= 12
}
