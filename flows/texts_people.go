package flows

// Texts of who is who: new people, two lines of one person, moves, and hand-overs
// between members of staff.
const (
	sayErasedOwn = "收到。从现在起谁也看不到，\n%s前清干净。\n村里的名册上要是也有您，那一行\n要您到窗口或跟联系人说一声才删。\n以后想用，发“约号”从头来。"
)
