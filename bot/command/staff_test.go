package command

import (
	"strings"
	"testing"
)

// TestStaff: the server's command line gives roles of the office, and a code for
// somebody who is bound only when it is said that this is meant.
func TestStaff(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	do := func(args ...string) (string, string) {
		t.Helper()
		text, errs, err := command(t, environment(), append(args, "-data", dir)...)
		if (err != nil) != (errs != "") {
			t.Fatalf("%v: %v, said %q", args, err, errs)
		}
		return text, errs
	}
	for _, c := range []struct{ says, refuses, args string }{
		{"王桂英: worker,clerk,admin", "", "staff role 王桂英 办事员 admin"},
		{"王桂英  worker,clerk,admin  bound", "", "staff"},
		{"王桂英: worker\n", "", "staff role 王桂英 none"},
		{"", `there is no role "boss"`, "staff role 王桂英 boss"},
		{"", "usage", "staff role 王桂英"},
		{"", "nobody of the staff is called", "staff role 没有此人 clerk"},
		{"", "bound to 王桂英 already", "invite 王桂英"},
		{"王桂英：绑定码", "", "invite 王桂英 -bound"},
		{"田春兰：绑定码", "", "invite 田春兰"},
		{"王桂英 has left the office", "", "staff leave 王桂英"},
		{"王桂英  worker  left", "", "staff"},
		{"", "nobody of the staff is called", "invite 王桂英 -bound"},
		{"", "nobody of the staff is called", "staff leave 王桂英"},
		{"王桂英 is of the staff again", "", "staff back 王桂英"},
		{"王桂英  worker  not bound", "", "staff"},
		{"", "0 who left are called", "staff back 王桂英"},
	} {
		text, errs := do(strings.Fields(c.args)...)
		if !strings.Contains(text, c.says) || !strings.Contains(errs, c.refuses) || c.refuses == "" && errs != "" {
			t.Errorf("%s: %q, %q", c.args, text, errs)
		}
	}
}
