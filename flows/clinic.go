package flows

func clinicWords() []word { return nil }

func clinicVerbs() map[string]func(*chat, string) (Reply, error) { return nil }
