package callback

import (
	"xintiexin/flows/dialog"
)

// Capability: whom staff rings.
func Capability() dialog.Capability {
	said := map[string]func(*dialog.Turn, string) (dialog.Reply, bool, error){}
	for _, verb := range []string{"call", "called", "callday", "calldays", "calllater"} {
		said[verb] = callsSaid
	}
	return dialog.Capability{Name: "callback",
		Words:   callWords(),
		Intents: []dialog.Intent{{Name: "call.list", For: dialog.Staff, Class: dialog.ShowsPage, Do: dialog.Act(listCalls, "")}},
		Actions: callVerbs(),
		OnOffer: said,
		Notices: dialog.NoticesOf(callNotice, "call_list", "call_digest"),
	}
}
