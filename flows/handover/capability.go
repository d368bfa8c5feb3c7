package handover

import (
	"xintiexin/flows/dialog"
)

// Capability: work that goes from one of the office to another.
func Capability() dialog.Capability {
	return dialog.Capability{Name: "handover",
		Words:   handOverWords(),
		Intents: []dialog.Intent{{Name: "handover", For: dialog.Staff, Class: dialog.Frees, Do: dialog.Act(handOver, "")}},
		Actions: handOverVerbs(),
		Notices: dialog.NoticesOf(handOverNotice, "handover_offer", "handover_answer", "handover_over"),
	}
}
