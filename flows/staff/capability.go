package staff

import (
	"slices"

	"xintiexin/flows/dialog"
)

// Capability: the office's page, alarms, the month.
func Capability() dialog.Capability {
	return dialog.Capability{Name: "staff",
		Words:   slices.Concat(officeWords(), alarmWords(), monthWords()),
		Intents: intents(),
		Actions: monthVerbs(),
		Menu: []dialog.MenuEntry{
			dialog.Entry(80, dialog.IsFor(dialog.Office), labelOfficeMenu, "say 办公室"),
			dialog.Entry(90, dialog.IsFor(dialog.Admin), "看系统：有没有要修的", "say 看系统"),
		},
		Notices: dialog.AllNotices(dialog.NoticesOf(alarmNotice, "alarm_note"), dialog.NoticesOf(monthNotice, "month")),
	}
}
