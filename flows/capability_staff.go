package flows

import (
	"slices"
)

// staffCapability: the office's page, alarms, the month.
func staffCapability() Capability {
	return Capability{Name: "staff",
		Words:   slices.Concat(officeWords(), alarmWords(), monthWords()),
		Actions: monthVerbs(),
		Menu: []menuEntry{
			entry(80, isFor(office), labelOfficeMenu, "say 办公室"),
			entry(90, isFor(admin), "看系统：有没有要修的", "say 看系统"),
		},
		Notices: allNotices(notices(alarmNotice, "alarm_note"), notices(monthNotice, "month")),
	}
}
