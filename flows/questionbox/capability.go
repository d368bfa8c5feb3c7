package questionbox

import (
	"xintiexin/flows/dialog"
)

// Capability: questions without a name.
func Capability() dialog.Capability {
	return dialog.Capability{Name: "questionbox",
		Words:   noteWords(),
		Intents: intents(),
		Actions: noteVerbs(),
		Hears: []dialog.Recogniser{
			{Name: "questionbox.number", Stage: dialog.Confirm, Rank: 10, Hear: noteWord},
			{Name: "questionbox.body", Stage: dialog.Ask, Rank: 80, Hear: dialog.SmallTalk(forDoctor)},
		},
		FreeWords: map[string]dialog.FreeWords{
			"note-stop": {Alone: true, Take: func(c *dialog.Turn, text, _ string) (dialog.Reply, error) { return noteSaid(c, text) }},
		},
		Shown:   map[string]func(*dialog.Turn, string) (dialog.Reply, error){"note-stop": showWriting},
		Menu:    []dialog.MenuEntry{dialog.Entry(70, dialog.OnlyClinic, "纸条：等您回的", "say 纸条")},
		Home:    []dialog.MenuEntry{dialog.Entry(40, dialog.Everybody, dialog.LabelNote, "say 悄悄话")},
		Notices: dialog.NoticesOf(noteNotice, "note_waiting", "note_answered"),
	}
}
