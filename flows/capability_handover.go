package flows

// handoverCapability: work that goes from one of the office to another.
func handoverCapability() Capability {
	return Capability{Name: "handover",
		Words:   handOverWords(),
		Actions: handOverVerbs(),
		Notices: notices(handOverNotice, "handover_offer", "handover_answer", "handover_over"),
	}
}
