package flows_test

import (
	"strings"

	"xintiexin/storage"
)

// doBroadcast does what a transcript of 群发 needs; false for another deed.
func (p *player) doBroadcast(tx *storage.Tx, verb, rest string) (bool, error) {
	name, what, _ := strings.Cut(rest, " ")
	switch verb {
	case "text": // NAME WORDS: a text of the site's; a line ends at /
		now, err := tx.Site()
		if err != nil {
			return true, err
		}
		data := *now
		data.Texts = map[string]string{name: strings.ReplaceAll(what, "/", "\n")}
		for k, v := range now.Texts {
			data.Texts[k] = v
		}
		return true, tx.PutSite(data, "", p.now)
	case "lives": // NAME VILLAGE: as if she lived there and were shown to it
		r, err := tx.Resident(p.residents[name])
		if err != nil {
			return true, err
		}
		villages, err := tx.Villages()
		for _, v := range villages {
			if v.Name == what {
				r.Village, r.Self = v.ID, false
			}
		}
		if err != nil {
			return true, err
		}
		return true, tx.PutResident(r)
	case "admin": // NAME: her WeChat is an administrator's
		if err := tx.PutCadre(storage.Cadre{ID: "adm", Name: name, Roles: []storage.Role{storage.Admin}}); err != nil {
			return true, err
		}
		return true, tx.Bind(openids[name], "adm")
	case "tell": // the clock books what was released
		open, err := tx.OpenBroadcasts()
		if err != nil {
			return true, err
		}
		for _, id := range open {
			if _, _, err := tx.TellCircle(id, 100, p.now); err != nil {
				return true, err
			}
		}
		return true, nil
	case "alarm": // NAME: something wants the administrator
		_, err := tx.RaiseAlarm(storage.Alarm{Name: name, About: what}, p.now)
		return true, err
	}
	return false, nil
}
