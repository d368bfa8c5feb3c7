package flows

// directoryCapability: who is new, one person, elsewhere, here no more.
func directoryCapability() Capability {
	return Capability{Name: "directory",
		Words:   peopleWords(),
		Actions: peopleVerbs(),
		Claimed: (*chat).offerOwnMerge,
	}
}
