package staff

import (
	"xintiexin/flows/dialog"
	"xintiexin/storage/access"
)

// officeWords open the office's page: for clerk and administrator.
func officeWords() []dialog.Keyword {
	return []dialog.Keyword{{Text: "办公室", For: dialog.Office, Do: officePage}, {Text: "交表", For: dialog.Clerk, Do: handIn}}
}

// officePage sends a link that is good once, to her own WeChat; behind it she has
// half an hour.
func officePage(c *dialog.Turn, _ string) (dialog.Reply, error) {
	token, err := access.NewLink(c.Scope, "office", "", "", c.M.ID, c.M.At)
	if err != nil {
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: sayOffice, Links: []dialog.Link{{Label: labelOffice, Path: "/p/" + token}}}, nil
}

// handIn sends a link that is good once to the month's tables on the office's page.
func handIn(c *dialog.Turn, _ string) (dialog.Reply, error) {
	token, err := access.NewLink(c.Scope, "office", "", "export", c.M.ID, c.M.At)
	if err != nil {
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: sayHandIn, Links: []dialog.Link{{Label: labelHandIn, Path: "/p/" + token}}}, nil
}
