package info

import (
	"xintiexin/flows/dialog"
)

// Capability: pages, phones and meetings of the town.
func Capability() dialog.Capability {
	return dialog.Capability{Name: "info",
		Words: []dialog.Keyword{{Text: "发清单", For: dialog.Staff, Do: sendList}},
		Phrases: []dialog.Phrase{
			{Text: "讲堂", Whole: false, Do: lectures},
			{Text: "想听", Whole: false, Do: wish},
			{Text: "办事", Whole: false, Do: func(c *dialog.Turn, rest string) (dialog.Reply, error) { return guides(c, "办事", rest, "errand") }},
			{Text: "补贴", Whole: false, Do: func(c *dialog.Turn, rest string) (dialog.Reply, error) { return guides(c, "补贴", rest, "benefit") }},
			{Text: "服务", Whole: false, Do: func(c *dialog.Turn, rest string) (dialog.Reply, error) { return guides(c, "服务", rest, "") }},
			{Text: "健康知识", Whole: false, Do: func(c *dialog.Turn, rest string) (dialog.Reply, error) {
				return guides(c, "健康知识", rest, "health")
			}},
			{Text: "健康", Whole: true, Do: func(c *dialog.Turn, _ string) (dialog.Reply, error) { return guides(c, "健康知识", "", "health") }},
			{Text: "知识", Whole: true, Do: func(c *dialog.Turn, _ string) (dialog.Reply, error) { return guides(c, "健康知识", "", "health") }},
			{Text: "咨询", Whole: true, Do: phones},
			{Text: "监督", Whole: true, Do: phones},
			{Text: "投诉", Whole: true, Do: phones},
		},
		Actions: dialog.AllActions(guideVerbs(), map[string]dialog.Action{
			"ask-list":  dialog.ForStaff(askList),
			"list-pick": dialog.ForStaff(listPick),
			"list-send": dialog.ForStaff(listSend),
		}),
		Hears: []dialog.Recogniser{
			{Name: "info.once more", Stage: dialog.Repeat, Rank: 20, Hear: againSaid},
			{Name: "info.guide", Stage: dialog.OtherWords, Rank: 30, Hear: guideTalk},
		},
		Intents:  intents(),
		Overview: dialog.Overview{How: meetingHow},
		Notices:  dialog.NoticesOf(lectureNotice, "lecture_eve", "lecture_moved", "lecture_off"),
	}
}
