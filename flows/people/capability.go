package people

import (
	"xintiexin/flows/dialog"
	"xintiexin/storage/person"
)

// Capability: first contact, and what a resident decides.
func Capability() dialog.Capability {
	return dialog.Capability{Name: "people",
		Flows: []*dialog.Flow{&register},
		Work: []dialog.Keyword{
			{Text: "早上别发", For: dialog.Staff, Do: func(c *dialog.Turn, _ string) (dialog.Reply, error) { return morning(c, person.No) }},
			{Text: "早上发", For: dialog.Staff, Do: func(c *dialog.Turn, _ string) (dialog.Reply, error) { return morning(c, person.Yes) }},
		},
		Words:   append(registerWords(), profileWords()...),
		Intents: intents(),
		Whole:   decides,
		Replies: []string{"看"},
		Spoken:  []string{"看", "改天", "退订", "别记了", "撤回同意", "来", "知道了", "绑定", "我的资料", "谁看过我", "接着发", "都删掉"},
		Actions: dialog.AllActions(registerVerbs(), residentVerbs(), profileVerbs(), map[string]dialog.Action{
			"bind":    bind,
			"morning": dialog.ForStaff(func(c *dialog.Turn, rest string) (dialog.Reply, error) { return morning(c, person.Answer(rest)) }),
		}),
		Hears: []dialog.Recogniser{
			{Name: "people.own words", Stage: dialog.Rights, Rank: 10, Hear: ownWords},
			{Name: "people.hide from the village", Stage: dialog.Rights, Rank: 30, Hear: hideSaid},
			{Name: "people.binding code", Stage: dialog.Change, Rank: 20, Hear: binding},
			{Name: "people.withdrawal by word of mouth", Stage: dialog.OtherWords, Rank: 90, Hear: told},
			{Name: "people.take back", Stage: dialog.Ask, Rank: 40, Hear: dialog.SmallTalk(takesSaid)},
			{Name: "people.other name", Stage: dialog.Ask, Rank: 50, Hear: dialog.SmallTalk(renamesSaid)},
		},
		Confirms: map[string]dialog.Confirmation{
			// What is deleted or withdrawn is done by its own word alone.
			"erasenow":       {Words: []string{"删", "删了", "都删", "都删了", "都删掉"}},
			"withdrawnow":    {Yes: true, Words: []string{"撤", "撤了", "撤回"}},
			"withdrawallnow": {Yes: true, Words: []string{"撤", "撤了", "撤回"}},
			"claim":          {Yes: true, Words: []string{"是我", "是俺", "是家里人"}},
			"bind":           {Yes: true, Words: []string{"是我", "是俺"}},
		},
		Home: []dialog.MenuEntry{
			dialog.Entry(30, dialog.Everybody, labelAskAbout, "say 问事"),
			dialog.Entry(60, dialog.Known, labelMine, "say 我的资料"),
		},
		Scene:    scene,
		Overview: dialog.Overview{Ask: myProfile, Of: kept, Rank: 10},
		Notices:  dialog.AllNotices(dialog.NoticesOf(profileNotice, "profile"), dialog.NoticesOf(erasedNotice, "erased_note")),
	}
}
