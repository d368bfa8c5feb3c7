package flows_test

import (
	"fmt"
	"strings"

	"xintiexin/storage/handovers"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/staffing"
)

// doAccount does what is done on the office's page with the accounts of the staff.
func (p *player) doAccount(tx *record.Tx, verb, rest string) (bool, error) {
	f := strings.Fields(rest)
	switch verb {
	case "ask-code": // WHO FOR
		_, err := staffing.AskCode(p.as(tx, f[0]), ids[f[1]], fmt.Sprint(verb, rest, p.now), p.now)
		return true, err
	case "ask-role": // WHO FOR ROLE
		_, err := staffing.AskRoles(p.as(tx, f[0]), ids[f[1]], []person.Role{person.Role(f[2])}, fmt.Sprint(verb, rest, p.now), p.now)
		return true, err
	case "leave-office": // WHO, at the server
		_, _, err := handovers.LeaveAs(tx, ids[rest], staffing.AtServer, p.now)
		return true, err
	}
	return false, nil
}
