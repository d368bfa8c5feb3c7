package account

import (
	"xintiexin/flows/dialog"
)

// Capability: the staff's own accounts, roles that wait for an answer, and what
// somebody who left had in hand.
func Capability() dialog.Capability {
	return dialog.Capability{Name: "account",
		Words:   accountWords(),
		Actions: accountVerbs(),
		Notices: dialog.NoticesOf(accountNotice, "office_ask", "office_answer", "office_left", "office_note"),
	}
}
