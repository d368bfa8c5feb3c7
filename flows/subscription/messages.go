package subscription

// What is said about WeChat's subscription notices: one tap, one message.
const (
	sayNotices      = "要微信提醒您一回，点下面“要一次提醒”。"
	sayNoticesAsked = "点一次“允许”，提醒您一回。\n想多要几回，再发：要提醒"
	sayNoticesLeft  = "您要过的还有%d回没用。"
	sayNoticesCome  = "不用另外要，到时候会发给您。"
	sayNoNotices    = "公众号眼下发不了提醒，日子请记一下。\n约了号，要人打电话提醒，发：谁打电话"
	sayRingToo      = "不点也行，要打电话提醒，发：谁打电话"
	sayRingOnly     = "微信提醒您没有要。要打电话提醒，\n发：谁打电话"
	labelNotices    = "要一次提醒"
)
