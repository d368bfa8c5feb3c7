package seats

const (
	partWords = `(早上|上午|头午|早晨|清早|中午|晌午|下午|过午|后晌|晚上)?`
	theOther  = `(对.|爱人|老公|媳妇|男人|女人|他|她|俺那口子|孩子他?爸)` // 对. is said, and not to be said by us
)

// Texts of booking, of what is booked, and of the waiting list.
const (
	sayDaysBefore    = "年前还有这些天："
	sayDaysAfter     = "年后有这些天："
	sayDays          = "还有这些天："
	sayNoneBefore    = "年前没有空位了。"
	sayNoDaysAfter   = "年后的还没放号。"
	sayNoLater       = "再往后的还没放号。"
	labelDay         = "%s 剩%d"
	labelWait        = "都不行，有空了告诉我"
	labelWaitDay     = "等%s的空位"
	labelWaitTwo     = "等两个位子的"
	labelStay        = "不改了"
	labelOtherDay    = "别的天"
	sayHoursMore     = "更晚的打几点就行，如：10点"
	labelOneSeat     = "一个人%s来"
	labelHour        = "%s 剩%d"
	sayCoarseDay     = "“%s”没说是哪天。"
	sayPastDay       = "那天过去了，请说往后的日子。"
	sayNoSuchDay     = "没有这一天，请再看看。"
	sayNoDay         = "没看懂是哪天。如：28号、下周四、腊月二十一"
	sayDayFirst      = "几点知道了，先说哪天。"
	sayWhichOfDays   = "是哪天？"
	sayTooFar        = "那天还没放号，眼下最远约到%s。"
	sayTodayOver     = "今天没有号了。"
	sayDayShut       = "%s不开。"
	sayDayFull       = "%s满了。"
	sayDayOne        = "%s每个钟点只剩一个位子。"
	sayHourNone      = "没有%s这个钟点，有这些："
	sayHourOne       = "%s只剩一个位子。"
	sayHourFull      = "%s满了，还有："
	sayNoHour        = "没看懂几点。如：8点半"
	sayForSeats      = "好，%s。"
	sayDayStands     = "还是%s，几点到？"
	sayRingLater     = "行，能打电话：最后一步里改“没回话时”。"
	labelRingOffice  = "镇上的人"
	labelRingContact = "村里的%s"
	labelRingNobody  = "不用打"
	sayWhoRings      = "谁打？"
	sayMoveFull      = "约着号不能又排候补：\n留着原来的，或退了去等。"
)
