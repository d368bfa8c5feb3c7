package flows

func requestWords() []word {
	return []word{{"找人", anyone, (*chat).findHelp}}
}

func requestVerbs() map[string]func(*chat, string) (Reply, error) { return nil }
