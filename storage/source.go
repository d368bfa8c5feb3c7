package storage

// Source is a list that was handed in: where it comes from, and on what ground
// the people on it may be kept.
type Source struct {
	ID           string
	From, Ground string
	By           string // who imported it
	At           int64  // Unix seconds
	Rows         int
}

// PutSource keeps a source.
func (tx *Tx) PutSource(s Source) error { return tx.put(key("source", s.ID), s) }

// Sources returns all lists that were handed in.
func (tx *Tx) Sources() ([]Source, error) { return collect(list[Source](tx, prefix("source"))) }

// Town is what the bot says of itself. It is data of the site.
type Town struct {
	Name   string // 样庄镇
	Title  string // 样庄心贴心
	Office string // 镇卫健办
	Clinic string // neutral place label of pushes: 便民服务点
	Phone  string
}

// PutTown keeps what the bot says of itself.
func (tx *Tx) PutTown(t Town) error { return tx.put(key("site", "town"), t) }

// Town returns the town of the site data in force, else what PutTown kept, and
// the zero Town for a store that was not told.
func (tx *Tx) Town() (Town, error) {
	s, err := tx.Site()
	switch {
	case err != nil:
		return Town{}, err
	case s.Town.Name != "":
		return s.Town, nil
	}
	return optional(get[Town](tx, key("site", "town")))
}
