package questionbox

import "xintiexin/flows/dialog"

// intents are what is said of the question box in whole sentences.
func intents() []dialog.Intent {
	return []dialog.Intent{
		{Name: "question.private", Class: dialog.IsRight, Do: dialog.Act(noteBox, "")},
		{Name: "question.reply", Class: dialog.ShowsPage, Do: dialog.Act(noteEcho, "")},
	}
}
