package flows_test

import (
	"strings"

	"xintiexin/storage"
	"xintiexin/storage/access"
	"xintiexin/storage/broadcasts"
	"xintiexin/storage/ops"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// doBroadcast does what a transcript of 群发 needs; false for another deed.
func (p *player) doBroadcast(tx *record.Tx, verb, rest string) (bool, error) {
	name, what, _ := strings.Cut(rest, " ")
	switch verb {
	case "text": // NAME WORDS: a text of the site's; a line ends at /
		now, err := townconfig.Current(tx)
		if err != nil {
			return true, err
		}
		data := *now
		data.Texts = map[string]string{name: strings.ReplaceAll(what, "/", "\n")}
		for k, v := range now.Texts {
			data.Texts[k] = v
		}
		return true, storage.PutSite(tx, data, "", p.now)
	case "lives": // NAME VILLAGE: as if she lived there and were shown to it
		r, err := person.LoadResident(tx, p.residents[name])
		if err != nil {
			return true, err
		}
		villages, err := person.Villages(tx)
		for _, v := range villages {
			if v.Name == what {
				r.Village, r.Self = v.ID, false
			}
		}
		if err != nil {
			return true, err
		}
		return true, person.PutResident(tx, r)
	case "admin": // NAME: her WeChat is an administrator's
		if err := person.PutStaff(tx, person.Staff{ID: "adm", Name: name, Roles: []person.Role{person.Admin}}); err != nil {
			return true, err
		}
		return true, access.Bind(tx, openids[name], "adm")
	case "tell": // the clock books what was released
		open, err := broadcasts.Open(tx)
		if err != nil {
			return true, err
		}
		for _, id := range open {
			if _, _, err := broadcasts.TellAudience(tx, id, 100, p.now); err != nil {
				return true, err
			}
		}
		return true, nil
	case "alarm": // NAME: something wants the administrator
		_, err := ops.RaiseAlarm(tx, ops.Alarm{Name: name, About: what}, p.now)
		return true, err
	}
	return false, nil
}
