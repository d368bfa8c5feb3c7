package answer_test

import (
	"fmt"

	"xintiexin/flows/answer"
)

// Words are matched with the labels of options and their aliases.
func ExampleMatch() {
	fmt.Println(answer.Match("中", [][]string{{"同意", "行", "中"}, {"不同意", "不行"}}))
	// Output: [0]
}
