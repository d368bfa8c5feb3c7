package directory

import (
	"strings"

	"xintiexin/flows/dialog"
)

// intents are what staff says of who is new, elsewhere or here no more. Nobody is taken off
// a list by a sentence: each opens its own confirmation, which names the person.
func intents() []dialog.Intent {
	closes := func(name, why string) dialog.Intent {
		return dialog.Intent{Name: name, For: dialog.Village, Class: dialog.Frees, Do: func(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
			return closeSaid(c, why, s.Str("who"))
		}}
	}
	return []dialog.Intent{
		closes("person.died", "died"), closes("person.moved_away", "moved"),
		{Name: "person.moved_village", For: dialog.Village, Class: dialog.Frees, Do: dialog.SayWordsWith("迁到", "place", "who")},
		{Name: "person.merge", For: dialog.Village, Class: dialog.Frees, Do: dialog.SayWordsWith("合并", "who")},
		{Name: "person.new", For: dialog.Village, Class: dialog.OpensForm, Do: func(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
			return newResident(c, strings.TrimSpace(s.Str("who")+" "+s.Str("phone")))
		}},
	}
}
