package migration

import (
	"xintiexin/flows/dialog"
)

// Capability: leaving and coming home.
func Capability() dialog.Capability {
	return dialog.Capability{Name: "migration",
		Flows:   []*dialog.Flow{&away, &back, &leave},
		Words:   append(awayWords(), homeWords()...),
		Intents: intents(),
		Calls:   []string{"book"},
		Actions: dialog.AllActions(awayVerbs(), homeVerbs(), map[string]dialog.Action{"away": dialog.OpenWith("away"), "back": dialog.OpenWith("back")}),
		Hears: []dialog.Recogniser{
			{Name: "migration.day of leaving", Stage: dialog.Answer, Rank: 70, Hear: leavingSaid},
			{Name: "migration.who is home", Stage: dialog.Answer, Rank: 80, Hear: homeSaid},
			{Name: "migration.own words", Stage: dialog.OtherWords, Rank: 40, Hear: awayTalk},
		},
		Menu: []dialog.MenuEntry{
			dialog.Entry(30, dialog.IsFor(dialog.Village), "返乡：谁回家了", "say 返乡"),
			dialog.Entry(40, dialog.IsFor(dialog.Village), "外出：谁出门了", "say 外出"),
		},
		Overview: dialog.Overview{Ask: myAway},
		Notices:  dialog.NoticesOf(awayNotice, "away_told", "away_book", "away_home", "away_day"),
	}
}
