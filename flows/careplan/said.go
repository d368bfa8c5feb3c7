package careplan

import "xintiexin/flows/dialog"

// intents are what residents say of their reminders in whole sentences.
func intents() []dialog.Intent {
	return []dialog.Intent{
		{Name: "reminder.show", Home: true, Class: dialog.ShowsPage, Do: dialog.Act(myPlans, "")},
		{Name: "reminder.add", Home: true, Class: dialog.OpensForm, Do: dialog.Act(addPlan, "")},
		{Name: "reminder.stop", Home: true, Class: dialog.Frees, Do: dialog.Act(stopPlans, "")},
	}
}
