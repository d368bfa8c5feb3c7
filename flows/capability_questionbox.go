package flows

// questionboxCapability: questions without a name.
func questionboxCapability() Capability {
	return Capability{Name: "questionbox",
		Words:   noteWords(),
		Actions: noteVerbs(),
		Hears: []Recogniser{
			{"questionbox.number", Confirm, 10, (*chat).noteWord},
			{"questionbox.body", Ask, 80, smallTalk((*chat).forDoctor)},
		},
		FreeWords: map[string]freeWords{
			"note-stop": {alone: true, take: func(c *chat, text, _ string) (Reply, error) { return c.noteSaid(text) }},
		},
		Shown:   map[string]func(*chat, string) (Reply, error){"note-stop": (*chat).showWriting},
		Menu:    []menuEntry{entry(70, onlyClinic, "纸条：等您回的", "say 纸条")},
		Home:    []menuEntry{entry(40, everybody, labelNote, "say 悄悄话")},
		Notices: notices(noteNotice, "note_waiting", "note_answered"),
	}
}
