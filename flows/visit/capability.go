package visit

import (
	"xintiexin/flows/dialog"
	"xintiexin/storage/followups"
)

// Capability: visits, and the day of staff.
func Capability() dialog.Capability {
	actions := map[string]dialog.Action{
		"card": dialog.ForStaff(card), "due": dialog.ForStaff(dueItem), "day-more": dialog.ForStaff(dayMore), "change": dialog.ForStaff(change),
		"visit": dialog.OpenWith("visit"), "round-save": dialog.ForStaff(saveRound), "round-fix": dialog.ForStaff(fixRound),
		"told-one": dialog.ForStaff(toldOne), "told-save": dialog.ForStaff(saveTold), "plan-ask": dialog.ForStaff(planAsk),
		"phone-of": dialog.ForStaff(phoneOf), "last-of": dialog.ForStaff(lastVisit),
	}
	for _, verb := range []string{"answered", "tomorrow", "unwanted"} {
		actions[verb] = dialog.ForStaff(func(c *dialog.Turn, rest string) (dialog.Reply, error) { return closeDue(c, verb, rest) })
	}
	return dialog.Capability{Name: "visit",
		Flows: []*dialog.Flow{&visit},
		Work: []dialog.Keyword{
			{Text: "今日", For: dialog.Staff, Do: day},
			{Text: "待办", For: dialog.Staff, Do: day},
			{Text: "查人", For: dialog.Staff, Do: find},
			{Text: "改记录", For: dialog.Staff, Do: changeable},
		},
		Calls:   []string{"clinic-day"},
		Actions: actions,
		Intents: intents(),
		OnOffer: map[string]func(*dialog.Turn, string) (dialog.Reply, bool, error){"plan-ask": planDaySaid},
		Hears: []dialog.Recogniser{
			{Name: "visit.ending of an open line", Stage: dialog.Answer, Rank: 10, Hear: dueSaid},
			{Name: "visit.lines of the day", Stage: dialog.Answer, Rank: 90, Hear: roundSaid}, // “1好2没见到” names lines of the day
			{Name: "visit.name", Stage: dialog.OtherWords, Rank: 100, Hear: func(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
				if !c.Who.Staff() {
					return dialog.Reply{}, false, nil
				}
				return byName(c, text)
			}},
		},
		Menu: []dialog.MenuEntry{
			dialog.Entry(10, dialog.IsFor(dialog.Village), "走访：今天见了谁", "say 走访"),
			dialog.Entry(20, dialog.IsFor(dialog.Village), "今日：谁在等您", "say 今日"),
		},
		Overview: dialog.Overview{Of: agreedLines, Rank: 50, How: visitHow},
		Day: dialog.DayPart{Open: map[string]func(*dialog.Turn, followups.FollowUp, string) (dialog.Reply, error){
			"visit": visitItem,
			"back":  func(c *dialog.Turn, f followups.FollowUp, _ string) (dialog.Reply, error) { return card(c, f.Resident) },
		}},
		Moves: &dialog.Movable{
			Open: func(c *dialog.Turn) (bool, error) {
				next, err := ownVisit(c)
				return next.ID != "", err
			},
			Label: labelOtherVisit, Say: "改天",
			Move: anotherDay,
		},
		NotMet:  notMet,
		Agreed:  remind,
		Notices: dialog.NoticesOf(visitNotice, "morning", "visit_eve"),
	}
}
