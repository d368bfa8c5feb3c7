package flows

// townformCapability: a town's own forms.
func townformCapability() Capability {
	return Capability{Name: "townform",
		Words:   formWords(),
		Actions: formVerbs(),
		Menu:    []menuEntry{{100, (*chat).formOffers}},
		Changes: (*chat).submissionOffers,
		Town:    &townForms{make: flowOf, trial: trial},
	}
}
