package staff

import (
	"fmt"

	"xintiexin/flows/dialog"
	"xintiexin/storage/access"
	"xintiexin/storage/townconfig"
)

// officeWords open the office's page: for clerk and administrator.
func officeWords() []dialog.Keyword {
	return []dialog.Keyword{{Text: "办公室", For: dialog.Office, Do: officePage}, {Text: "交表", For: dialog.Clerk, Do: handIn}}
}

// officePage sends a link that is good once, to her own WeChat; behind it are
// access.OfficeMinutes.
func officePage(c *dialog.Turn, _ string) (dialog.Reply, error) {
	token, err := access.NewLink(c.Scope, "office", "", "", c.M.ID, c.M.At)
	if err != nil {
		return dialog.Reply{}, err
	}
	return officeLink(c, sayOffice, dialog.Link{Label: labelOffice, Path: "/p/" + token})
}

// handIn sends a link that is good once to the month's tables on the office's page.
func handIn(c *dialog.Turn, _ string) (dialog.Reply, error) {
	token, err := access.NewLink(c.Scope, "office", "", "export", c.M.ID, c.M.At)
	if err != nil {
		return dialog.Reply{}, err
	}
	return officeLink(c, sayHandIn, dialog.Link{Label: labelHandIn, Path: "/p/" + token})
}

// officeLink is a link to the office's page, under words that say for how many
// minutes it stays open.
func officeLink(c *dialog.Turn, text string, link dialog.Link) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	return dialog.Reply{Text: fmt.Sprintf(text, access.OfficeMinutes.Of(site)), Links: []dialog.Link{link}}, err
}
