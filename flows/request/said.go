package request

import (
	"slices"

	"xintiexin/flows/dialog"
)

const sayNothingAsked = "您没有还在办的事。想找人办事，发“找人”留个话。"

// intents are what people ask for in whole sentences.
func intents() []dialog.Intent {
	return []dialog.Intent{
		{Name: "human", Class: dialog.IsRight, Do: dialog.Act(findPerson, "")},
		{Name: "callback", Home: true, Class: dialog.OpensForm, Do: dialog.Act(helpAsk, "")},
		{Name: "callback", For: dialog.Staff, Class: dialog.ShowsPage, Do: dialog.Act(findPerson, "")},
		{Name: "supplies", Home: true, Class: dialog.OpensForm, Do: dialog.Act(supplies, "")},
		{Name: "visit.request", Home: true, Class: dialog.OpensForm, Do: dialog.Act(comeToMe, "")},
		{Name: "visit.decline", Home: true, Class: dialog.IsRight, Do: func(c *dialog.Turn, _ dialog.Understood) (dialog.Reply, error) { return noVisits(c, true) }},
		{Name: "request.status", Home: true, Class: dialog.ShowsPage, Do: statusTold},
		{Name: "request.hurry", Home: true, Class: dialog.Undoable, Do: func(c *dialog.Turn, _ dialog.Understood) (dialog.Reply, error) { return unheard(c) }},
		{Name: "supplies.list", For: dialog.Clinic, Class: dialog.ShowsPage, Do: dialog.Act(suppliesList, "")},
	}
}

// statusTold says what became of what was asked for.
func statusTold(c *dialog.Turn, _ dialog.Understood) (dialog.Reply, error) {
	var lines []string
	for _, id := range c.Who.Residents {
		some, err := requestLines(c, id)
		if err != nil && !dialog.IsNotFound(err) {
			return dialog.Reply{}, err
		}
		lines = slices.Concat(lines, some)
	}
	if len(lines) == 0 {
		return dialog.Reply{Text: sayNothingAsked}, nil
	}
	return dialog.Reply{Text: dialog.Join(lines...)}, nil
}
