package flows

import (
	"xintiexin/storage/followups"
)

// visitCapability: visits, and the day of staff.
func visitCapability() Capability {
	actions := map[string]action{
		"card": forStaff((*chat).card), "due": forStaff((*chat).dueItem), "day-more": forStaff((*chat).dayMore), "change": forStaff((*chat).change),
		"visit": openWith("visit"), "round-save": forStaff((*chat).saveRound), "round-fix": forStaff((*chat).fixRound),
	}
	for _, verb := range []string{"answered", "tomorrow", "unwanted"} {
		actions[verb] = forStaff(func(c *chat, rest string) (Reply, error) { return c.closeDue(verb, rest) })
	}
	return Capability{Name: "visit",
		Flows: []*Flow{&visit},
		Work: []word{
			{"今日", staff, (*chat).day},
			{"待办", staff, (*chat).day},
			{"查人", staff, (*chat).find},
			{"改记录", staff, (*chat).changeable},
		},
		Calls:   []string{"clinic-day"},
		Actions: actions,
		Hears: []Recogniser{
			{"visit.ending of an open line", Answer, 10, (*chat).dueSaid},
			{"visit.lines of the day", Answer, 90, (*chat).roundSaid}, // “1好2没见到” names lines of the day
			{"visit.name", Intent, 100, func(c *chat, text string) (Reply, bool, error) {
				if !c.who.Staff() {
					return Reply{}, false, nil
				}
				return c.byName(text)
			}},
		},
		Menu: []menuEntry{
			entry(10, isFor(village), "走访：今天见了谁", "say 走访"),
			entry(20, isFor(village), "今日：谁在等您", "say 今日"),
		},
		Overview: overview{of: (*chat).agreedLines, rank: 50, how: (*chat).visitHow},
		Day: dayPart{open: map[string]func(*chat, followups.FollowUp, string) (Reply, error){
			"visit": (*chat).visitItem,
			"back":  func(c *chat, f followups.FollowUp, _ string) (Reply, error) { return c.card(f.Resident) },
		}},
		Moves: &movable{
			open: func(c *chat) (bool, error) {
				next, err := c.ownVisit()
				return next.ID != "", err
			},
			label: labelOtherVisit, say: "改天",
			move: (*chat).anotherDay,
		},
		NotMet:  (*chat).notMet,
		Agreed:  (*chat).remind,
		Notices: notices(visitNotice, "morning", "visit_eve"),
	}
}
