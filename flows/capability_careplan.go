package flows

import (
	"xintiexin/storage/followups"
	"xintiexin/storage/person"
)

// careplanCapability: care plans and their reminders.
func careplanCapability() Capability {
	return Capability{Name: "careplan",
		Words:   planWords(),
		Actions: planVerbs(),
		Hears:   []Recogniser{{"careplan.pregnancy", Intent, 80, (*chat).planTalk}},
		OnOffer: map[string]func(*chat, string) (Reply, bool, error){
			"plan-day": (*chat).planDaySaid, "plan-date": (*chat).planDaySaid,
		},
		Overview: overview{of: func(c *chat, r person.Resident) ([]string, error) { return c.planLines(r.ID) }, rank: 40},
		Day: dayPart{promised: (*chat).planPromised,
			open: map[string]func(*chat, followups.FollowUp, string) (Reply, error){"consent": (*chat).askWhether}},
		Desk:    planDeeds(),
		Served:  (*chat).begun,
		Notices: notices(planNotice, "plan_due"),
	}
}
