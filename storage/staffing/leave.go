package staffing

import (
	"errors"
	"time"

	"xintiexin/storage/access"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// ShutOut ends all that a cadre can do, and what is on its way there.
func ShutOut(tx *record.Tx, cadre string, now time.Time) error {
	c, err := person.LoadStaff(tx, cadre)
	if err != nil {
		return err
	}
	err = person.DropInvitesWhere(tx, func(i person.Invite) bool { return i.Cadre == cadre && i.Resident == "" || i.By == cadre })
	if err := errors.Join(err, outbox.DropDeliveries(tx, "c:"+cadre, "", "left", now), endGrants(tx, cadre, "", "left", now)); err != nil {
		return err
	}
	if c.OpenID != "" {
		if err := access.Unbind(tx, c.OpenID); err != nil {
			return err
		}
	}
	c.OpenID, c.Villages, c.Left = "", nil, true
	return person.PutStaff(tx, c)
}
