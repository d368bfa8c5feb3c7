package flows

import (
	"xintiexin/storage/person"
)

// documentCapability: papers on their way to whom they are of.
func documentCapability() Capability {
	return Capability{Name: "document",
		Words:    paperWords(),
		Calls:    []string{"ask-rating"},
		Actions:  allActions(paperVerbs(), map[string]action{"recall-drop": (*chat).noReturn}),
		Hears:    []Recogniser{{"document.arrived", Answer, 110, (*chat).arrivedSaid}},
		Confirms: map[string]confirmation{"paper-signed": {yes: true, words: []string{"拿到了", "领了"}}},
		OnOffer: map[string]func(*chat, string) (Reply, bool, error){
			"paper-day": (*chat).paperSaid, "paper-name": (*chat).proxySaid,
		},
		Menu: []menuEntry{entry(60, onlyClinic, "可领：有资料可以领了", "say 可领")},
		Overview: overview{ask: (*chat).myPaper,
			of: func(c *chat, r person.Resident) ([]string, error) { return c.paperLines(r.ID) }, rank: 20},
		Desk:    paperDeeds(),
		Notices: notices(paperNotice, "paper_ready", "paper_reminder", "paper_last", "paper_here", "paper_return"),
	}
}
