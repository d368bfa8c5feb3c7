package townconfig

import (
	"strings"

	"xintiexin/storage/record"
)

// Templates map kinds of deliveries to the account's notice templates. They are
// data of the site: the keys differ by account.
type Templates map[string]NoticeTemplate

// NoticeTemplate is one template: its id, and which keyword takes which field
// of a notice (event, time, remark, count).
type NoticeTemplate struct {
	ID   string
	Keys map[string]string // field → keyword, e.g. event → thing1
}

// For returns the template of a kind, or of its head where the kind has none of
// its own: appointment_eve goes by appointment. ok is false when there is none.
func (t Templates) For(kind string) (template NoticeTemplate, ok bool) {
	for {
		if template, ok = t[kind]; ok {
			return template, true
		}
		cut := strings.LastIndexByte(kind, '_')
		if cut < 0 {
			return template, false
		}
		kind = kind[:cut]
	}
}

// PutTemplates keeps the mapping.
func PutTemplates(tx *record.Tx, t Templates) error {
	return tx.Put(record.Key("site", "templates"), t)
}

// LoadTemplates returns the mapping of the site data in force where it has one, else
// what PutTemplates kept, empty when none is set.
func LoadTemplates(tx *record.Tx) (Templates, error) {
	s, err := Current(tx)
	switch {
	case err != nil:
		return nil, err
	case len(s.Templates) > 0:
		return s.Templates, nil
	}
	return record.Optional(record.Get[Templates](tx, record.Key("site", "templates")))
}
