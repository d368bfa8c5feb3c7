package flows

// migrationCapability: leaving and coming home.
func migrationCapability() Capability {
	return Capability{Name: "migration",
		Flows:   []*Flow{&away, &back, &leave},
		Words:   append(awayWords(), homeWords()...),
		Calls:   []string{"book"},
		Actions: allActions(awayVerbs(), homeVerbs(), map[string]action{"away": openWith("away"), "back": openWith("back")}),
		Hears: []Recogniser{
			{"migration.day of leaving", Answer, 70, (*chat).leavingSaid},
			{"migration.who is home", Answer, 80, (*chat).homeSaid},
			{"migration.own words", Intent, 40, (*chat).awayTalk},
		},
		Menu: []menuEntry{
			entry(30, isFor(village), "返乡：谁回家了", "say 返乡"),
			entry(40, isFor(village), "外出：谁出门了", "say 外出"),
		},
		Overview: overview{ask: (*chat).myAway},
		Notices:  notices(awayNotice, "away_told", "away_book", "away_home", "away_day"),
	}
}
