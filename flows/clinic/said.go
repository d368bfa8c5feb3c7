package clinic

import "xintiexin/flows/dialog"

// intents are what the clinic and the office say of the desk in whole sentences. What is
// noted of a guest is noted on the day's list, which names the booking.
func intents() []dialog.Intent {
	desk := func(name string, do func(*dialog.Turn, dialog.Understood) (dialog.Reply, error)) dialog.Intent {
		return dialog.Intent{Name: name, For: dialog.Clinic, Class: dialog.ShowsPage, Do: do}
	}
	today := dialog.Act(clinicDay, "")
	return []dialog.Intent{
		desk("desk.list", today), desk("desk.tomorrow", dialog.Act(clinicDay, "明天")), desk("desk.next", dialog.Act(next, "")),
		desk("desk.arrived", today), desk("desk.no_show", today), desk("desk.done", today), desk("desk.ready", today), desk("desk.handed", today),
		desk("recall.set", dialog.Act(dialog.HowTo(sayHowReturn), "")),
		{Name: "slots.open", For: dialog.Clerk, Class: dialog.OpensForm, Do: dialog.SayWordsWith("加号", "day")},
		{Name: "slots.close", For: dialog.Clerk, Class: dialog.Frees, Do: dialog.SayWordsWith("关号", "day")},
		{Name: "clinic.closed", For: dialog.Clerk, Class: dialog.Frees, Do: dialog.SayWordsWith("关号", "day")},
	}
}
