package flows

// infoCapability: pages, phones and meetings of the town.
func infoCapability() Capability {
	return Capability{Name: "info",
		Words: []word{{"发清单", staff, (*chat).sendList}},
		Phrases: []talk{
			{"讲堂", false, (*chat).lectures},
			{"想听", false, (*chat).wish},
			{"办事", false, func(c *chat, rest string) (Reply, error) { return c.guides("办事", rest, "errand") }},
			{"补贴", false, func(c *chat, rest string) (Reply, error) { return c.guides("补贴", rest, "benefit") }},
			{"服务", false, func(c *chat, rest string) (Reply, error) { return c.guides("服务", rest, "") }},
			{"健康知识", false, func(c *chat, rest string) (Reply, error) { return c.guides("健康知识", rest, "health") }},
			{"健康", true, func(c *chat, _ string) (Reply, error) { return c.guides("健康知识", "", "health") }},
			{"知识", true, func(c *chat, _ string) (Reply, error) { return c.guides("健康知识", "", "health") }},
			{"咨询", true, (*chat).phones},
			{"监督", true, (*chat).phones},
			{"投诉", true, (*chat).phones},
		},
		Actions: allActions(guideVerbs(), map[string]action{
			"ask-list":  forStaff((*chat).askList),
			"list-pick": forStaff((*chat).listPick),
			"list-send": forStaff((*chat).listSend),
		}),
		Hears: []Recogniser{
			{"info.once more", Repeat, 20, (*chat).againSaid},
			{"info.guide", Intent, 30, (*chat).guideTalk},
		},
		Overview: overview{how: (*chat).meetingHow},
		Notices:  notices(lectureNotice, "lecture_eve", "lecture_moved", "lecture_off"),
	}
}
