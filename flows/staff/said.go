package staff

import "xintiexin/flows/dialog"

// intents are what staff asks of the office in whole sentences. What is done on the
// office's page is done there.
func intents() []dialog.Intent {
	all := []dialog.Intent{
		{Name: "month.summary", For: dialog.Village, Class: dialog.ShowsPage, Do: dialog.Act(month, "")},
		{Name: "system.health", For: dialog.Admin, Class: dialog.ShowsPage, Do: dialog.Act(alarms, "")},
		{Name: "requests.list", For: dialog.Staff, Class: dialog.ShowsPage, Do: dialog.SayWords("今日 全村")},
		{Name: "request.answer", For: dialog.Staff, Class: dialog.ShowsPage, Do: dialog.SayWords("今日 全村")},
	}
	for _, name := range []string{"office.open", "export", "import", "cards.print", "posters.print", "hours.change", "codes.revoke"} {
		all = append(all, dialog.Intent{Name: name, For: dialog.Office, Class: dialog.ShowsPage, Do: dialog.Act(officePage, "")})
	}
	return dialog.BeforeWords(all, "export", "month.summary", "hours.change")
}
