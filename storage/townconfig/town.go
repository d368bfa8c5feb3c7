package townconfig

import (
	"xintiexin/storage/record"
)

// SiteJob is a line of the site data about something that is done by the clock:
// when, and how late a missed run is still made up.
type SiteJob struct {
	Name string // as `jobs` lists it
	Spec string // a cron line of five fields, in UTC+8
	Late int    // minutes
	Off  bool   `json:",omitempty"`
}

// Town is what the bot says of itself. It is data of the site.
type Town struct {
	Name   string // 样庄镇
	Title  string // 样庄心贴心
	Office string // 镇卫健办
	Clinic string // neutral place label of pushes: 便民服务点
	Phone  string
}

// PutTown keeps what the bot says of itself.
func PutTown(tx *record.Tx, t Town) error { return tx.Put(record.Key("site", "town"), t) }

// LoadTown returns the town of the site data in force, else what PutTown kept, and
// the zero Town for a store that was not told.
func LoadTown(tx *record.Tx) (Town, error) {
	s, err := Current(tx)
	switch {
	case err != nil:
		return Town{}, err
	case s.Town.Name != "":
		return s.Town, nil
	}
	return record.Optional(record.Get[Town](tx, record.Key("site", "town")))
}
