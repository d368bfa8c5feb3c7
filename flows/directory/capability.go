package directory

import (
	"xintiexin/flows/dialog"
)

// Capability: who is new, one person, elsewhere, here no more.
func Capability() dialog.Capability {
	return dialog.Capability{Name: "directory",
		Words:    peopleWords(),
		Intents:  intents(),
		Actions:  peopleVerbs(),
		Confirms: map[string]dialog.Confirmation{"person-close": {Words: []string{"收起", "收起来"}}},
		Claimed:  offerOwnMerge,
	}
}
