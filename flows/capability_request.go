package flows

import (
	"xintiexin/storage/person"
)

// requestCapability: what people ask for.
func requestCapability() Capability {
	return Capability{Name: "request",
		Words: requestWords(),
		Phrases: []talk{
			{"请人上门", false, (*chat).inviteVisit},
			{"要上门", true, (*chat).comeToMe}, {"上门", true, (*chat).comeToMe}, {"让人来家里", true, (*chat).comeToMe},
			{"来家里", true, (*chat).comeToMe}, {"让人上门", true, (*chat).comeToMe}, {"上门服务", true, (*chat).comeToMe},
			{"不要上门", true, func(c *chat, _ string) (Reply, error) { return c.noVisits(true) }},
			{"别上门", true, func(c *chat, _ string) (Reply, error) { return c.noVisits(true) }},
			{"可以上门", true, func(c *chat, _ string) (Reply, error) { return c.noVisits(false) }},
			{"药具", false, (*chat).supplies},
			{"领药具", true, (*chat).supplies},
		},
		Actions: requestVerbs(),
		Hears: []Recogniser{
			{"request.number", Confirm, 20, (*chat).requestWord},
			{"request.no visits", Rights, 20, (*chat).noVisitsSaid},
			{"request.what waits", Intent, 20, (*chat).askedSaid},
			{"request.nobody answers", Ask, 60, smallTalk((*chat).unheardSaid)},
			{"request.ring me", Ask, 70, smallTalk((*chat).ringSaid)},
		},
		FreeWords: map[string]freeWords{
			"help-call":  {still: sayHelpStill, take: (*chat).helpSaid},
			"visit-stop": {take: (*chat).visitSaid},
			"times-stop": {take: (*chat).timesSaid},
		},
		Home: []menuEntry{entry(50, unknown, labelPerson, "say 找人")},
		Overview: overview{ask: (*chat).myRequest,
			of: func(c *chat, r person.Resident) ([]string, error) { return c.requestLines(r.ID) }, rank: 30},
		Day:     dayPart{own: (*chat).requestOffers, others: (*chat).lateOffers},
		Notices: notices(requestNotice, "request_done", "request_ready", "request_list", "request_times", "request_offer", "request_waiting"),
	}
}
