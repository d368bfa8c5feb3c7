package broadcast

import (
	"xintiexin/flows/dialog"
)

// Capability: a text told to many.
func Capability() dialog.Capability {
	return dialog.Capability{Name: "broadcast",
		Words:   broadcastWords(),
		Calls:   []string{"release-stop"},
		Intents: []dialog.Intent{{Name: "broadcast", For: dialog.Office, Class: dialog.Frees, Do: dialog.Act(broadcast, "")}},
		Actions: broadcastVerbs(),
		OnOffer: map[string]func(*dialog.Turn, string) (dialog.Reply, bool, error){"broadcast-to": broadcastSaid},
		Notices: dialog.NoticesOf(broadcastNotice, "broadcast"),
	}
}
