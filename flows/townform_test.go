package flows_test

import (
	"os"
	"strings"

	"xintiexin/storage"
)

// doForm does what concerns the town's own forms:
//
//	form NAME        testdata/forms/NAME.md goes live
//	draft NAME       is kept to be tried
//	refused NAME     is not taken; its findings are checked by TestTownFormsFindings
//	form-off NAME    is taken out of force
func (p *player) doForm(tx *storage.Tx, verb, rest string) (bool, error) {
	switch verb {
	case "form", "draft":
		src, err := os.ReadFile("testdata/forms/" + rest + ".md")
		if err != nil {
			return true, err
		}
		f, done, err := p.talk.KeepForm(tx, rest+".md", src, verb == "draft", ids["赵文静"], p.now)
		if err == nil && !done {
			p.t.Fatalf("%s does not go live: %v", rest, f.Findings)
		}
		return true, err
	case "form-off":
		return true, tx.DropForm(strings.TrimSpace(rest), ids["赵文静"], p.now)
	}
	return false, nil
}
