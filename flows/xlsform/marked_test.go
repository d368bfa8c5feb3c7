package xlsform

import "testing"

func TestMarkStandsUnderItsCharacter(t *testing.T) {
	tests := []struct {
		name string
		f    Finding
		want string
	}{
		{"in an expression", Finding{Content: "${ag} > 3 and x", Pos: 1}, "${ag}\n^"},
		{"the text ends with the failing word", Finding{Content: "concat('a' if(x))", Pos: 12}, "concat('a' if\n           ^"},
		{"a text in quotes is one word", Finding{Content: "${s} = 'yess' or 1", Pos: 8}, "${s} = 'yess'\n       ^"},
		{"a quote that is not closed stands alone", Finding{Content: "${s} = 'yess", Pos: 8}, "${s} = '\n       ^"},
		{"after wide characters", Finding{Content: "您好，${ag} 岁", Pos: 4}, "您好，${ag}\n\u3000\u3000\u3000^"},
		{"a reference that is not closed", Finding{Content: "1 + ${ag > 3", Pos: 5}, "1 + $\n    ^"},
		{"lines become one", Finding{Content: "a\nb ! c", Pos: 5}, "a b !\n    ^"},
		{"at the end of the text", Finding{Content: "1 +", Pos: 4}, "1 +\n   ^"},
		{"the whole cell has no mark", Finding{Content: "1 +"}, ""},
		{"a place outside of the cell has no mark", Finding{Content: "1", Pos: 9}, ""},
		{"a long text keeps what stands before", Finding{Content: "0123456789012345678901234567890123456789!", Pos: 41},
			"… 012345678901234567890123456789!\n                                ^"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.f.Marked(); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}
