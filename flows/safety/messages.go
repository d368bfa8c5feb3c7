package safety

// Texts of what people ask for: danger signs, the question box, requests, pages of
// the site, supplies, visits, meetings.
const (
	sayDanger      = "您说到“%s”。\n急就现在打%s"
	sayDangerOr    = "，\n或打%s"
	sayDangerNot   = "这句话没有存，也没告诉别人。"
	sayDangerStill = "还要%s吗？"
	labelDangerNot = "先不%s"
)
