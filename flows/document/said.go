package document

import (
	"fmt"

	"xintiexin/flows/dialog"
	"xintiexin/storage/townconfig"
)

const (
	sayResultWhen = "做完检查后，一般%d天左右能拿到资料。\n能领了会通知您，您也可以发“领资料”问。"
	sayResultAsk  = "资料什么时候能领，要问一下卫生院。能领了会通知您。"
)

// intents are what residents say of their documents in whole sentences.
func intents() []dialog.Intent {
	return dialog.BeforeWords(declared(), "result.when")
}

// declared are the intents.
func declared() []dialog.Intent {
	own := func(name string, class dialog.Class, do func(*dialog.Turn, string) (dialog.Reply, error)) dialog.Intent {
		return dialog.Intent{Name: name, Home: true, Class: class, Do: dialog.Act(do, "")}
	}
	return []dialog.Intent{
		{Name: "result.when", Home: true, Class: dialog.ShowsPage, Do: resultWhen},
		own("document.collect", dialog.ShowsPage, paperAgain),
		own("document.proxy", dialog.OpensForm, nameProxy),
		own("document.mail", dialog.OpensForm, wishMail),
		own("document.keep", dialog.Undoable, keepPaper),
		own("document.received", dialog.Undoable, sign),
		own("arrived", dialog.Undoable, here),
	}
}

// resultWhen shows the documents that wait, or says when one usually is ready.
func resultWhen(c *dialog.Turn, _ dialog.Understood) (dialog.Reply, error) {
	papers, err := waitingPapers(c)
	if err != nil || len(papers) > 0 {
		if err != nil {
			return dialog.Reply{}, err
		}
		return paperAgain(c, "")
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	for _, s := range site.Services {
		if s.NotReady > 0 {
			return dialog.Reply{Text: fmt.Sprintf(sayResultWhen, s.NotReady)}, nil
		}
	}
	r, err := c.FindHelp("")
	r.Text = dialog.Join(sayResultAsk, r.Text)
	return r, err
}
