package dates_test

import (
	"fmt"

	"xintiexin/flows/dates"
	"xintiexin/storage/calendar"
)

// A day is read as people type it, by the sun or by the moon, and in the direction
// in which the question looks.
func ExampleDate() {
	today, err := calendar.ParseDay("2026-11-23")
	if err != nil {
		panic(err)
	}
	for _, typed := range []string{"下周三", "腊月二十"} {
		fmt.Println(dates.SayDay(dates.Date(typed, today, dates.Future).Day, today))
	}
	// Output:
	// 周三 12月2日 十月廿四
	// 周三 1月27日 腊月二十
}
