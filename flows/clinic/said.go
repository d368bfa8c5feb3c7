package clinic

import "xintiexin/flows/dialog"

// labelCloses is what both ways to close a day are called: they end in the same question.
const labelCloses = "停诊、关号"

// intents are what the clinic and the office say of the desk in whole sentences. What is
// noted of a guest is noted on the day's list, which names the booking.
func intents() []dialog.Intent {
	desk := func(name string, do func(*dialog.Turn, dialog.Understood) (dialog.Reply, error)) dialog.Intent {
		return dialog.Intent{Name: name, For: dialog.Clinic, Class: dialog.ShowsPage, Do: do}
	}
	today := dialog.Act(clinicDay, "")
	return []dialog.Intent{
		{Name: "desk.list", For: dialog.Clinic, Class: dialog.ShowsPage, Label: "今天约了谁", Do: onDay},
		{Name: "desk.tomorrow", For: dialog.Clinic, Class: dialog.ShowsPage, Label: "明天约了谁", Do: dialog.Act(clinicDay, "明天")},
		desk("desk.next", dialog.Act(next, "")),
		desk("desk.arrived", today), desk("desk.no_show", today), desk("desk.done", today), desk("desk.ready", today), desk("desk.handed", today),
		desk("recall.set", dialog.Act(dialog.HowTo(sayHowReturn), "")),
		{Name: "slots.open", For: dialog.Clerk, Class: dialog.OpensForm, Do: dialog.SayWordsWith("加号", "day")},
		{Name: "slots.close", For: dialog.Clerk, Class: dialog.Frees, Label: labelCloses, Do: dialog.SayWordsWith("关号", "day")},
		{Name: "clinic.closed", For: dialog.Clerk, Class: dialog.Frees, Label: labelCloses, Do: dialog.SayWordsWith("关号", "day")},
	}
}

// onDay lists the guests of the day that was said, or of today.
func onDay(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
	return clinicDay(c, s.Day("day").Short())
}
