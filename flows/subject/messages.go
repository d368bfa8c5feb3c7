package subject

const (
	sayNotFound     = "没有找到“%s”。打错了就发“重找”；\n真是新来的，接着往下记。"
	sayAgain        = "好，重找。打名字、名字的一部分，或电话后四位。"
	saySounds       = "没有“%s”，有音近的："
	sayGroupHits    = "%s让记的有："
	sayGroupEmpty   = "%s还没有让记的人。打名字找。"
	sayNewMark      = "（新来的）"
	sayWhichVillage = "是哪个村？如：%s%s 17900001122"
	sayConsentNone  = "好，没有记。"
	sayNewcomerBad  = "没看出是几组。请发：几组 电话\n如：二组 17900001122"
	sayKeepPerson   = "人不能换。记错了人，发“取消”，另记一条。"
)

const (
	sayPartHouse = "，同一家"
	sayPartPhone = "打电话说，不上门"
	sayPartBack  = "这几天回来的"
)
