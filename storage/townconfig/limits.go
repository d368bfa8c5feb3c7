package townconfig

// Bound is a number that a town may set within bounds: its name in the sheets, the
// value where the town sets none, the least and the most that the checker takes, and
// what it is for, as the sheets explain it. The unit stands in the name of a limit; a
// retention period counts days.
type Bound struct {
	Name                 string
	Default, Least, Most int
	About                string
}

// Limit is a number of the sheet limits. The package that reads it declares it;
// storage.Limits lists it.
type Limit struct{ bound Bound }

// NewLimit declares a limit.
func NewLimit(name string, otherwise, least, most int, about string) Limit {
	return Limit{Bound{name, otherwise, least, most, about}}
}

// Of returns the number that the site sets, else the default.
func (l Limit) Of(s *Site) int { return l.bound.of(s.Limits) }

// Bound returns what the sheets say of the limit.
func (l Limit) Bound() Bound { return l.bound }

func (b Bound) of(set map[string]int) int {
	if n, ok := set[b.Name]; ok {
		return n
	}
	return b.Default
}

// SpreadMinutes is over how long the messages of one release are spread.
var SpreadMinutes = NewLimit("spread_minutes", 30, 30, 240, "给很多人的通知分多少分钟发")
