package flows

// broadcastCapability: a text told to many.
func broadcastCapability() Capability {
	return Capability{Name: "broadcast",
		Words:   broadcastWords(),
		Calls:   []string{"release-stop"},
		Actions: broadcastVerbs(),
		OnOffer: map[string]func(*chat, string) (Reply, bool, error){"broadcast-to": (*chat).broadcastSaid},
		Notices: notices(broadcastNotice, "broadcast"),
	}
}
