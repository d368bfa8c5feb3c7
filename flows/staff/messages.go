package staff

const (
	sayNoAlarm    = "系统都正常，没有要看的。"
	sayAlarms     = "系统有%d件事要看："
	sayMoreAlarms = "还有的在电脑上看：xintiexin alarms"
)

const (
	sayMonthNowhere = "您眼下没有管的村。"
	sayMonthHead    = "这个月，到%s："
	sayMonthMine    = "您记的走访：%d次"
	sayMonthOthers  = "村里别人记的走访：%s次"
	sayMonthWaiting = "在等的：%d位，发“今日”看"
	sayMonthNobody  = "没有人在等。"
	sayMonthLast    = "上个月（%d月），您记的走访：%d次"
	sayMonthTown    = "全镇，到%s：\n走访%s次，约号来过%s人\n在等的%s位\n上个月（%d月）走访%s次\n各村不到%d的不写数："
	sayMonthVillage = "%s 走访%s，在等%s"
	labelMonthMore  = "后面的村"
	labelMonthlyYes = "每月头上给我发一条"
	labelMonthlyNo  = "每月那条别发了"
	sayMonthlyYes   = "好，每月头一个上班的日子发一条，\n只说数。不想收了，发“本月”再点。"
	sayMonthlyNo    = "好，每月那条不发了。"
	sayMonthOver    = "%d月过完了，走访%s次。\n看细的，回复“本月”。"
)

const (
	sayOffice       = "点开后能用%d分钟，只认您的微信。\n用电脑上的微信点，好传表。\n表里有姓名电话，别发群里。"
	labelOffice     = "打开办公室"
	sayHandIn       = "点开后能用%d分钟，只认您的微信。\n用电脑上的微信点，好下载。\n表里有姓名，别发群里。"
	labelHandIn     = "打开交表"
	labelOfficeMenu = "办公室：传表、下表、打印"
)
