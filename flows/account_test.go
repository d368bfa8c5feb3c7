package flows_test

import (
	"fmt"
	"strings"

	"xintiexin/storage"
)

// doAccount does what is done on the office's page with the accounts of the staff.
func (p *player) doAccount(tx *storage.Tx, verb, rest string) (bool, error) {
	f := strings.Fields(rest)
	switch verb {
	case "ask-code": // WHO FOR
		_, err := p.as(tx, f[0]).AskCode(ids[f[1]], fmt.Sprint(verb, rest, p.now), p.now)
		return true, err
	case "ask-role": // WHO FOR ROLE
		_, err := p.as(tx, f[0]).AskRoles(ids[f[1]], []storage.Role{storage.Role(f[2])}, fmt.Sprint(verb, rest, p.now), p.now)
		return true, err
	case "leave-office": // WHO, at the server
		_, _, err := tx.LeaveOffice(ids[rest], storage.AtServer, p.now)
		return true, err
	}
	return false, nil
}
