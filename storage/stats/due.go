package stats

import (
	"slices"

	"xintiexin/storage/calendar"
	"xintiexin/storage/followups"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/visits"
)

// CountDue returns how many lines a cadre's own 今日 would show on a day, at most
// max: those of people whom she may see no longer are not among them.
func CountDue(tx *record.Tx, c person.Staff, today calendar.Day, max int) (int, error) {
	p, err := person.Identify(tx, c.OpenID)
	if err != nil {
		return 0, err
	}
	s, err := person.ScopeOf(tx, p)
	if err != nil {
		return 0, err
	}
	var due []followups.FollowUp
	for _, contact := range append(s.DelegatedBy(), c.ID) {
		some, err := visits.Due(s, contact, today, max-len(due))
		if err != nil {
			return 0, err
		}
		if due = append(due, some...); len(due) >= max {
			break
		}
	}
	due = slices.DeleteFunc(due, func(f followups.FollowUp) bool { return f.Kind == "back" }) // told, not waited for
	if len(due) >= max {
		return max, nil
	}
	asked, err := requests.Waiting(s, max-len(due))
	return len(due) + len(asked), err
}
