package townform

import (
	"xintiexin/flows/dialog"
)

// Capability: a town's own forms.
func Capability() dialog.Capability {
	return dialog.Capability{Name: "townform",
		Words:   formWords(),
		Actions: formVerbs(),
		Menu:    []dialog.MenuEntry{{Rank: 100, Offers: formOffers}},
		Changes: submissionOffers,
		Town:    &dialog.TownForms{Make: flowOf, Trial: trial},
	}
}
