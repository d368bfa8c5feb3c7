package author

import (
	"bytes"
	"strings"
	"testing"
)

// TestRulesOfExpressions: testdata/rules.csv goes through the rules of values,
// operators, references and functions one by one, in the shape that form eval
// -cases reads.
func TestRulesOfExpressions(t *testing.T) {
	var out bytes.Buffer
	err := Run(t.Context(), []string{"eval", "-cases", "testdata/rules.csv"}, nil, &out, options)
	if err != nil || strings.HasPrefix(out.String(), "0 ") {
		t.Errorf("%v:\n%s", err, out.String())
	}
}
