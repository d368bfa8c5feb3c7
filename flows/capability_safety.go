package flows

// safetyCapability: who may be in danger is told whom to ring.
func safetyCapability() Capability {
	return Capability{Name: "safety",
		Claims: isDanger,
		Hears:  []Recogniser{{"safety.danger", Safety, 10, (*chat).danger}},
	}
}
