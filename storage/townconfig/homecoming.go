package townconfig

// HomeWindow is a row of the site's table of the times of the year at which people
// come home (domain.md 4.2): counted in days from a festival or a solar term.
type HomeWindow struct {
	ID, Label string // spring, 春节; the label is for staff alone
	Anchor    string // 春节, 五一, 芒种 …
	From, To  int    // days from the anchor, -10 and 6: its first and last day
	Plan      int    // how many days before the first day the clerk learns how many they are
	Ask       int    // how many days before it each of them is written to
	List      int    // how many days before it their villages' staff learn how many they are
	Keep      int    // how many days before its own day a seat released for them is everybody's
}
