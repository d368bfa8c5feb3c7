package xpath_test

import (
	"fmt"
	"time"

	"xintiexin/flows/xpath"
)

// An expression is compiled once, and evaluated where and when it is needed.
func ExampleCompile() {
	e, problems := xpath.Compile("concat('第', 2 + 3 * 2, '天')", xpath.Env{Root: &xpath.Field{Kind: xpath.GroupField}})
	if len(problems) > 0 {
		panic(problems[0].Text)
	}
	v, err := e.Eval(&xpath.Context{Now: time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)})
	fmt.Println(v, err)
	// Output: 第8天 <nil>
}
