package flows

// What is said of somebody's own profile.
const (
	sayProfile          = "您的登记：\n%s，%s"
	sayProfilePhone     = "手机尾号%s"
	sayProfileNoPhone   = "没留手机号"
	sayProfileShown     = "%s的联系人看得到。"
	sayProfileHidden    = "%s的联系人看不到。"
	sayProfileNoVillage = "没让哪个村看。"
	sayProfileFine      = "没变不用回。"
	labelProfileRight   = "没变"
	labelProfileEdit    = "我改"
	labelProfileNever   = "以后别问"
	labelProfileAgain   = "以后再问我"
	sayProfileRight     = "好，谢谢您看过。"
	sayProfileNever     = "好，以后不问了。\n想看、想再问，发“看登记”。"
	sayProfileAgain     = "好，一年问您两回，没变不用回。"
	sayProfileWhose     = "看谁的登记？"
)
