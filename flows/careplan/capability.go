package careplan

import (
	"xintiexin/flows/dialog"
	"xintiexin/storage/followups"
	"xintiexin/storage/person"
)

// Capability: care plans and their reminders.
func Capability() dialog.Capability {
	return dialog.Capability{Name: "careplan",
		Words:   planWords(),
		Intents: intents(),
		Actions: planVerbs(),
		Hears:   []dialog.Recogniser{{Name: "careplan.pregnancy", Stage: dialog.OtherWords, Rank: 80, Hear: planTalk}},
		OnOffer: map[string]func(*dialog.Turn, string) (dialog.Reply, bool, error){
			"plan-day": planDaySaid, "plan-date": planDaySaid,
		},
		Overview: dialog.Overview{Of: func(c *dialog.Turn, r person.Resident) ([]string, error) { return planLines(c, r.ID) }, Rank: 40},
		Day: dialog.DayPart{Promised: planPromised,
			Open: map[string]func(*dialog.Turn, followups.FollowUp, string) (dialog.Reply, error){"consent": askWhether}},
		Desk:    planDeeds(),
		Served:  begun,
		Notices: dialog.NoticesOf(planNotice, "plan_due"),
	}
}
