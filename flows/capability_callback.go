package flows

// callbackCapability: whom staff rings.
func callbackCapability() Capability {
	said := map[string]func(*chat, string) (Reply, bool, error){}
	for _, verb := range []string{"call", "called", "callday", "calldays", "calllater"} {
		said[verb] = (*chat).callsSaid
	}
	return Capability{Name: "callback",
		Words:   callWords(),
		Actions: callVerbs(),
		OnOffer: said,
		Notices: notices(callNotice, "call_list", "call_digest"),
	}
}
