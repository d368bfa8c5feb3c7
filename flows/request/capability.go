package request

import (
	"xintiexin/flows/dialog"
	"xintiexin/storage/person"
)

// Capability: what people ask for.
func Capability() dialog.Capability {
	return dialog.Capability{Name: "request",
		Words: requestWords(),
		Phrases: []dialog.Phrase{
			{Text: "请人上门", Whole: false, Do: inviteVisit},
			{Text: "要上门", Whole: true, Do: comeToMe}, {Text: "上门", Whole: true, Do: comeToMe}, {Text: "让人来家里", Whole: true, Do: comeToMe},
			{Text: "来家里", Whole: true, Do: comeToMe}, {Text: "让人上门", Whole: true, Do: comeToMe}, {Text: "上门服务", Whole: true, Do: comeToMe},
			{Text: "不要上门", Whole: true, Do: func(c *dialog.Turn, _ string) (dialog.Reply, error) { return noVisits(c, true) }},
			{Text: "别上门", Whole: true, Do: func(c *dialog.Turn, _ string) (dialog.Reply, error) { return noVisits(c, true) }},
			{Text: "可以上门", Whole: true, Do: func(c *dialog.Turn, _ string) (dialog.Reply, error) { return noVisits(c, false) }},
			{Text: "药具", Whole: false, Do: supplies},
			{Text: "领药具", Whole: true, Do: supplies},
		},
		Intents: intents(),
		Actions: requestVerbs(),
		Hears: []dialog.Recogniser{
			{Name: "request.number", Stage: dialog.Confirm, Rank: 20, Hear: requestWord},
			{Name: "request.no visits", Stage: dialog.Rights, Rank: 20, Hear: noVisitsSaid},
			{Name: "request.what waits", Stage: dialog.OtherWords, Rank: 20, Hear: askedSaid},
			{Name: "request.nobody answers", Stage: dialog.Ask, Rank: 60, Hear: dialog.SmallTalk(unheardSaid)},
			{Name: "request.ring me", Stage: dialog.Ask, Rank: 70, Hear: dialog.SmallTalk(ringSaid)},
		},
		FreeWords: map[string]dialog.FreeWords{
			"help-call":  {Still: sayHelpStill, Take: helpSaid},
			"visit-stop": {Take: visitSaid},
			"times-stop": {Take: timesSaid},
		},
		Home: []dialog.MenuEntry{dialog.Entry(50, dialog.Unknown, dialog.LabelPerson, "say 找人")},
		Overview: dialog.Overview{Ask: myRequest,
			Of: func(c *dialog.Turn, r person.Resident) ([]string, error) { return requestLines(c, r.ID) }, Rank: 30},
		Day:     dialog.DayPart{Own: requestOffers, Others: lateOffers},
		Notices: dialog.NoticesOf(requestNotice, "request_done", "request_ready", "request_list", "request_times", "request_offer", "request_waiting"),
	}
}
