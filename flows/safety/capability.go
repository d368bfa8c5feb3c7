package safety

import (
	"xintiexin/flows/dialog"
)

// Capability: who may be in danger is told whom to ring.
func Capability() dialog.Capability {
	return dialog.Capability{Name: "safety",
		Intents: intents(),
		Claims:  isDanger,
		Hears:   []dialog.Recogniser{{Name: "safety.danger", Stage: dialog.Safety, Rank: 10, Hear: hearDanger}},
	}
}
