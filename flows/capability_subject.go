package flows

import (
	"xintiexin/flows/form"
)

// subjectCapability: whom a form is about, found and asked whether she agrees.
func subjectCapability() Capability {
	return Capability{Name: "subject",
		Lists:   func(c *chat, f *Flow) form.Lists { return &lists{c: c, f: f} },
		Ended:   (*chat).ended,
		Notices: notices(recordedNotice, "recorded"),
	}
}
