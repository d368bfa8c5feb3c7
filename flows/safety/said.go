package safety

import (
	"xintiexin/flows/dialog"
	"xintiexin/flows/understand/danger"
	"xintiexin/storage/requests"
	"xintiexin/storage/townconfig"
)

// intents answer sentences of which the scores, and no word or frame, say that somebody is
// in danger.
func intents() (all []dialog.Intent) {
	for _, k := range danger.Kinds() {
		all = append(all, dialog.Intent{Name: "danger." + string(k), Class: dialog.IsDanger, Before: sayDangerSoft(k),
			Do: func(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) { return inDanger(c, k, s.Text) }})
	}
	return all
}

// inDanger says whom to ring for a kind of danger.
func inDanger(c *dialog.Turn, k danger.Kind, text string) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	if err := requests.CountDanger(c.Tx, c.Today); err != nil {
		return dialog.Reply{}, err
	}
	found := []Sign{{townconfig.Danger{Phones: k.Phones(), Answer: sayDangerKind(k)}, text, k}}
	if c.Who.Staff() && k == danger.Minor {
		found = append(found, Sign{Danger: townconfig.Danger{Answer: sayMinorDuty}})
	}
	said, err := helpline(c, site, found)
	if err != nil {
		return dialog.Reply{}, err
	}
	return goOnAfter(c, said, text)
}
