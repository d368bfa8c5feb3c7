// Package answer understands what people type: choices, numbers, dates (lunar
// too), phones, commands. It is pure and runs on every message: no function
// reads a clock, none keeps state.
package answer

import "xintiexin/storage/calendar"

// Direction says which way a date question looks.
type Direction int

const (
	Any Direction = iota
	Past
	Future
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

// Reason says why a text gave no day.
type Reason int

const (
	OK Reason = iota
	NotADate
	Impossible
	WrongDirection
)

// Dates is what a text says about a day: exactly one of Day, Alternatives,
// Coarse is set, or none and Reason says why.
type Dates struct {
	Day          calendar.Day
	Alternatives []calendar.Day
	Coarse       string
	Part         Part
	Reason       Reason
}

// PhoneError says that digits look like a phone but are not one.
type PhoneError struct {
	Digits string
	Len    int
}

func (e *PhoneError) Error() string { return "phone has the wrong length" }

// Cmd is a command, in its canonical word.
const (
	None   = ""
	Back   = "返回"
	Skip   = "跳过"
	Park   = "先放着"
	Cancel = "取消"
	Resume = "继续"
	Help   = "帮助"
	Menu   = "菜单"
	Undo   = "撤销"
	More   = "更多"
	Change = "改记录"
)

func Fold(s string) string                                    { return s }
func Index(s string) (n int, rest string, ok bool)            { return 0, s, false }
func Number(s string) (float64, bool)                         { return 0, false }
func Phone(s string) (phone, rest string, err *PhoneError)    { return "", s, nil }
func Pinyin(s string) []string                                { return nil }
func Initials(s string) string                                { return "" }
func SameSound(a, b string) bool                              { return a == b }
func NearSound(a, b string) bool                              { return a == b }
func Match(typed string, labels [][]string) (hits []int)      { return nil }
func MatchMany(typed string, labels [][]string) ([]int, bool) { return nil, false }
func Date(s string, today calendar.Day, dir Direction) Dates  { return Dates{Reason: NotADate} }
func FindDate(s string, today calendar.Day, dir Direction) (start, end int, d Dates) {
	return 0, 0, Dates{Reason: NotADate}
}
func Time(s string) (hour, min int, ambiguous, ok bool) { return 0, 0, false, false }
func Command(s string) string                           { return None }
func Edit(s string) (n int, value string, ok bool)      { return 0, "", false }
