package flows

func appointmentWords() []word { return nil }

func appointmentVerbs() map[string]func(*chat, string) (Reply, error) { return nil }
