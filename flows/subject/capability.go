package subject

import (
	"xintiexin/flows/dialog"
	"xintiexin/flows/form"
)

// Capability: whom a form is about, found and asked whether she agrees.
func Capability() dialog.Capability {
	return dialog.Capability{Name: "subject",
		Lists:   func(c *dialog.Turn, f *dialog.Flow) form.Lists { return &Lists{C: c, F: f} },
		Ended:   Ended,
		Notices: dialog.NoticesOf(recordedNotice, "recorded"),
	}
}
