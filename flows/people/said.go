package people

import (
	"regexp"
	"strings"

	"xintiexin/flows/dialog"
	"xintiexin/storage/person"
)

const sayNewWeChat = "换了微信，用新微信关注这里，再请村里的联系人给您一个码，发过来就接上了。\n旧微信不用了，在旧微信里发“都删掉”或“退订”。"

// intents are what residents decide and ask about themselves in whole sentences. A right is
// as easily demanded as it was given: each opens its own question or is done at once.
func intents() []dialog.Intent {
	own := func(name string, class dialog.Class, do func(*dialog.Turn) (dialog.Reply, error)) dialog.Intent {
		return dialog.Intent{Name: name, Home: true, Class: class, Do: func(c *dialog.Turn, _ dialog.Understood) (dialog.Reply, error) { return do(c) }}
	}
	return []dialog.Intent{
		own("stop.messages", dialog.IsRight, unsubscribe),
		own("delete.data", dialog.IsRight, erase),
		own("stop.records", dialog.IsRight, withdraw),
		{Name: "village.hide", Home: true, Class: dialog.IsRight, Do: dialog.Act(hide, "")},
		{Name: "village.show", Home: true, Class: dialog.IsRight, Do: dialog.Act(showVillage, "")},
		own("data.show", dialog.IsRight, data),
		own("data.who_looked", dialog.ShowsPage, data),
		{Name: "data.phone", Home: true, Class: dialog.OpensForm, Do: dialog.Act(profile, "")},
		{Name: "data.wechat", Home: true, Class: dialog.ShowsPage, Do: func(*dialog.Turn, dialog.Understood) (dialog.Reply, error) {
			return dialog.Reply{Text: sayNewWeChat}, nil
		}},
		{Name: "contact.show", Home: true, Class: dialog.ShowsPage, Do: dialog.Act(contact, "")},
		{Name: "morning.on", For: dialog.Staff, Class: dialog.Undoable, Do: func(c *dialog.Turn, _ dialog.Understood) (dialog.Reply, error) { return morning(c, person.Yes) }},
		{Name: "morning.off", For: dialog.Staff, Class: dialog.Undoable, Do: func(c *dialog.Turn, _ dialog.Understood) (dialog.Reply, error) { return morning(c, person.No) }},
		{Name: "codes.issue", For: dialog.Village, Class: dialog.Undoable, Do: func(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) { return giveCode(c, s.Str("who")) }},
	}
}

var hidesFromVillage = regexp.MustCompile(`(?:别|不要?|甭|不想)再?(?:让|叫|给|告诉)?村[里上].{0,3}(?:看|知道|瞧)`)

// hideSaid answers who wants the village not to see the record, in plain words.
func hideSaid(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	if c.Who.Staff() || len(c.Who.Residents) == 0 || c.M.Kind != dialog.Text || c.M.Tapped || c.M.Token != 0 || strings.HasSuffix(text, "吗") ||
		!hidesFromVillage.MatchString(text) {
		return dialog.Reply{}, false, nil
	}
	return dialog.Answered(hide(c, ""))
}
