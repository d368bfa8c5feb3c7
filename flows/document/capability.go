package document

import (
	"xintiexin/flows/dialog"
	"xintiexin/storage/person"
)

// Capability: papers on their way to whom they are of.
func Capability() dialog.Capability {
	return dialog.Capability{Name: "document",
		Words:    paperWords(),
		Calls:    []string{"ask-rating"},
		Actions:  dialog.AllActions(paperVerbs(), map[string]dialog.Action{"recall-drop": noReturn}),
		Hears:    []dialog.Recogniser{{Name: "document.arrived", Stage: dialog.Answer, Rank: 110, Hear: arrivedSaid}},
		Intents:  intents(),
		Confirms: map[string]dialog.Confirmation{"paper-signed": {Yes: true, Words: []string{"拿到了", "领了"}}},
		OnOffer: map[string]func(*dialog.Turn, string) (dialog.Reply, bool, error){
			"paper-day": paperSaid, "paper-name": proxySaid,
		},
		Menu: []dialog.MenuEntry{dialog.Entry(60, dialog.OnlyClinic, "可领：有资料可以领了", "say 可领")},
		Overview: dialog.Overview{Ask: myPaper,
			Of: func(c *dialog.Turn, r person.Resident) ([]string, error) { return paperLines(c, r.ID) }, Rank: 20},
		Desk:    paperDeeds(),
		Notices: dialog.NoticesOf(paperNotice, "paper_ready", "paper_reminder", "paper_last", "paper_here", "paper_return"),
	}
}
