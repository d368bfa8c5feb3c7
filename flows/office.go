package flows

import (
	"xintiexin/storage/access"
)

// officeWords open the office's page: for clerk and administrator.
func officeWords() []word {
	return []word{{"办公室", office, (*chat).officePage}, {"交表", clerk, (*chat).handIn}}
}

// officePage sends a link that is good once, to her own WeChat; behind it she has
// half an hour.
func (c *chat) officePage(string) (Reply, error) {
	token, err := access.NewLink(c.scope, "office", "", "", c.m.ID, c.m.At)
	if err != nil {
		return Reply{}, err
	}
	return Reply{Text: sayOffice, Links: []Link{{Label: labelOffice, Path: "/p/" + token}}}, nil
}

// handIn sends a link that is good once to the month's tables on the office's page.
func (c *chat) handIn(string) (Reply, error) {
	token, err := access.NewLink(c.scope, "office", "", "export", c.m.ID, c.m.At)
	if err != nil {
		return Reply{}, err
	}
	return Reply{Text: sayHandIn, Links: []Link{{Label: labelHandIn, Path: "/p/" + token}}}, nil
}
