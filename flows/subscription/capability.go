package subscription

import (
	"xintiexin/flows/dialog"
)

// Capability: what waits for the next answer, and the page of WeChat's
// notices, offered where something was promised.
func Capability() dialog.Capability {
	return dialog.Capability{Name: "subscription",
		Words: subscriptionWords(),
		Finish: func(c *dialog.Turn, r *dialog.Reply) error {
			if err := headWithOwed(c, r); err != nil {
				return err
			}
			return offerNotices(c, r)
		},
	}
}
