package outbox

import "xintiexin/storage/townconfig"

// The limits of subscription notices, and of the account's template messages.
var (
	NoticeAgainDays   = townconfig.NewLimit("notice_again_days", 7, 1, 90, "订阅通知的网页给过她，隔多少天再给")
	NoticeRefusedDays = townconfig.NewLimit("notice_refused_days", 90, 7, 366, "她说不要订阅通知，隔多少天再问")
	TemplatesPerDay   = townconfig.NewLimit("template_day", 100000, 100, 10000000, "公众号一天能发多少条模板通知")
)
