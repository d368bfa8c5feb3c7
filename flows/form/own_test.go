package form

import (
	"testing"
	"time"
)

// A group whose relevant names a question within it is a common pattern (CHT's
// inputs group): the question is read as if the group were open.
func TestAGroupMayReadItsOwnQuestion(t *testing.T) {
	f := &Form{ID: "own", Questions: []*Question{
		{Type: Group, Name: "inputs", Relevant: "./source = 'user'", Row: 2, Children: []*Question{
			{Type: Hidden, Name: "source", Default: "user", Row: 3},
			{Type: Text, Name: "who", Label: "谁？", Row: 4},
		}},
		{Type: Text, Name: "note", Label: "别的？", Row: 5},
	}}
	for _, p := range Compile(f) {
		if !p.Warning {
			t.Fatal(p.Text)
		}
	}
	for source, want := range map[string]string{"user": "谁？\n不填就发“跳过”。", "task": "别的？\n不填就发“跳过”。"} {
		_, _, screen, err := Start(f, "", Env{Now: time.Unix(1795000000, 0), Preset: map[string]string{"source": source}})
		if err != nil || screen.Ask != want {
			t.Errorf("source %s: asked %q, want %q, %v", source, screen.Ask, want, err)
		}
	}
}
