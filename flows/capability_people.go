package flows

import (
	"xintiexin/storage/person"
)

// peopleCapability: first contact, and what a resident decides.
func peopleCapability() Capability {
	return Capability{Name: "people",
		Flows: []*Flow{&register},
		Work: []word{
			{"早上别发", staff, func(c *chat, _ string) (Reply, error) { return c.morning(person.No) }},
			{"早上发", staff, func(c *chat, _ string) (Reply, error) { return c.morning(person.Yes) }},
		},
		Words:   append(registerWords(), profileWords()...),
		Whole:   (*chat).decides,
		Replies: []string{"看"},
		Spoken:  []string{"看", "改天", "退订", "别记了", "撤回同意", "来", "知道了", "绑定", "我的资料", "谁看过我", "接着发", "都删掉"},
		Actions: allActions(registerVerbs(), residentVerbs(), profileVerbs(), map[string]action{
			"bind":    (*chat).bind,
			"morning": forStaff(func(c *chat, rest string) (Reply, error) { return c.morning(person.Answer(rest)) }),
		}),
		Hears: []Recogniser{
			{"people.own words", Rights, 10, (*chat).ownWords},
			{"people.binding code", Change, 20, (*chat).binding},
			{"people.withdrawal by word of mouth", Intent, 90, (*chat).told},
			{"people.take back", Ask, 40, smallTalk((*chat).takesSaid)},
			{"people.other name", Ask, 50, smallTalk((*chat).renamesSaid)},
		},
		Confirms: map[string]confirmation{
			// What is deleted or withdrawn is done by its own word alone.
			"erasenow":       {words: []string{"删", "删了", "都删", "都删了", "都删掉"}},
			"withdrawnow":    {yes: true, words: []string{"撤", "撤了", "撤回"}},
			"withdrawallnow": {yes: true, words: []string{"撤", "撤了", "撤回"}},
			"claim":          {yes: true, words: []string{"是我", "是俺", "是家里人"}},
			"bind":           {yes: true, words: []string{"是我", "是俺"}},
		},
		Home: []menuEntry{
			entry(30, everybody, labelAskAbout, "say 问事"),
			entry(60, known, labelMine, "say 我的资料"),
		},
		Scene:    (*chat).scene,
		Overview: overview{ask: (*chat).myProfile, of: (*chat).kept, rank: 10},
		Notices:  allNotices(notices(profileNotice, "profile"), notices(erasedNotice, "erased_note")),
	}
}
