package dialog

import "xintiexin/storage/record"

// UndoPeriod is how long what was saved can be taken back, in words: constants are
// made of constants, so the two digits of record.UndoMinutes are spelled here.
const UndoPeriod = string(rune('0'+record.UndoMinutes/10)) + string(rune('0'+record.UndoMinutes%10)) + "分钟"

// SayUndo stands behind what was saved.
const SayUndo = UndoPeriod + "内发“撤销”能退回。"

// What the bot says outside its forms. Words to use and to avoid are in the
// norms (domain.md 1); a line has 24 characters where it can.
const (
	SayLink          = "（网页，10分钟内点开）"   // behind the words of a link
	SayNoPages       = "（网页没有开通，请到镇上看）" // where no pages are served
	sayStaffMenu     = "今天做什么？点一行，或打字。\n如：走访 名字 都好"
	sayStaffHello    = "您好。今天做什么？点一行，或打字。"
	sayClinicMenu    = "今天做什么？点一行，或打字。\n如：0129-05到了、0129-05没来、\n0129-05 本人领了、下一位、药具单"
	sayPerson        = "打%s的电话：%s"
	sayPersonNoPhone = "请到%s问，或找村里的联系人。"
	SayNothingNew    = "眼下没有新的。"
	sayMineTail      = "不想收发“退订”，不让记了发“别记了”。"
	sayMedia         = "这里听不了语音、看不了图。\n点键盘上的话筒说，会变成文字再发。"
	sayHeard         = "听到：“%s”\n对的话点下面这一句；不对请打字，或者再说一遍。"
	sayOldOption     = "这是前面的选项，没有动。"
	sayWhich         = "没看准是哪一个，请点一行，或发数字。"
	sayNoSuch        = "没有第%d个，请看下面的。"
	sayNothingOpen   = "眼下没有在记的。"
	sayLost          = "没看懂。常用的在下面，点一行。"
	sayLostOffer     = "没看懂，请点一行，或发前面的数。"
	SayUnclear       = "没看懂。"
	sayLostAsk       = "还是没看懂，打字慢慢来。\n想让人回您，发“找人”留个话。"
	sayWhichOther    = "改哪一样的日子？"
	sayLostAgain     = "还是没看懂，打字慢慢来。\n记走访，发“走访”和名字\n看谁在等，发“今日”。"
	SayFine          = "好。"
	sayParked        = "好，先放着，替您留%d天。\n回来发“继续”。"
	sayParkedFor     = "刚才那份先放着，发“继续”接着记。"
	sayUndoOutside   = "这位居民现在不归您管，不能撤销了。\n要改，请找现在负责的人或镇上。"
	sayNothingParked = "没有放着的。"
	sayResumed       = "接着记：%s"
	sayDiscarded     = "好，没有记。"
	SaySaved         = "存好了。" + SayUndo
	sayUndone        = "退回来了，没有存：\n%s"
	sayNothingToUndo = "没有能退的。存过" + UndoPeriod + "的，发“改记录”改。"
	sayUndoTooLate   = "退不了：后来又动过，或已经发出去了。\n发“改记录”能改。"
	sayUndoInForm    = "这份还没存，不用撤。不想记了，发“取消”。"
	sayDropped       = "好，不要了。"
	sayParkedDrop    = "放着的多了，最早的“%s”替您去掉了。"
	SayBindLocked    = "试错了几次，先停半小时。\n等会儿再发，或请镇上再给一个码。"
	SayNoSuchName    = "没有找到“%s”。\n看看名字，或发电话后四位。"
	SayHits          = "%s有%d位："
	SayNoDifference  = "没有改，还是原来那样。"
	SayNotHer        = "都不是"
	SayOwnFamily     = "这是您自家的人，这里不记。\n请别的干部记，或她自己用。"
	SayFewer         = "多加个字能少些。"
	SayConsentNo     = "好，不记，以后也不再问她。\n她哪天想用，自己扫村里的码就行。"
	SayRefused       = "她说过不让记，这里就不记了。\n她哪天想用，自己扫村里的码就行。"
	SayNotMetNone    = "好，没见到，没有记。"
	SayPhoneBad      = "电话%s只有%d位，手机是11位。\n如：二组 17900001122"
	SayGroupNone     = "%s没有“%s”，有：%s"
	SayGone          = "这一件已经没有了。"
	sayGoneForm      = "这份记不下去了：人或记录已经动过。"
	LabelTomorrow    = "明天再说"
	LabelVisit       = "走访"
	LabelAway        = "外出"
	labelChange      = "改一改再存"
	labelDrop        = "不要了"
	PromisedOthers   = "等回话"
	PromisedWhose    = "（%s管）"
	Asked            = "问过：%s"
	SayChanged       = "改好了。原来写的也留着，注明是您%s改的。"
)

const (
	SayNoDays         = "眼下没有空位。"
	LabelLater        = "再往后的"
	LabelAfterNewYear = "年后的"
	LabelLeaveWait    = "退了去等%s"
	LabelSeat         = "%s %s 剩%d"
	SaySeatWent       = "%s刚被约走了。"
	SomePlace         = "约号的地方" // of a service that the site does not name any more
)

const (
	LabelThatsAll = "就这样"
)

// Texts of the clinic's desk, of papers and of released seats.
const (
	SayNoNumber      = "没有%s这个号，请再看看。"
	SayReturnPast    = "那天已经过了，请发以后的日子。"
	SayNothingToStop = "眼下没有要停的。"
	SayAllSent       = "该发的都发过了，没有要停的。\n想收回位子，发“关号”和日子。"
)

const (
	sayTryHead    = "试填：答的都不存，谁也不知道。"
	sayTryTrouble = "（第%d行 %s 算不出来，先往下走。）"
	WordTry       = "试填"
)

// Texts of first contact, and of what a resident decides about what is kept of
// her.
const (
	sayHello       = "这里是%s，%s办的。"
	sayPoster      = "您扫的是%s的码。您约什么、问什么，\n村里看不到，除非您让看。"
	sayStaffHint   = "在村里干活的：扫纸上的码，\n或发“绑定”和那14位数。"
	sayHelloAgain  = "%s，您好。有什么事？\n给家里人办，发“别的家人”。"
	LabelBook      = "约号"
	LabelNote      = "悄悄话"
	LabelPerson    = "找人"
	LabelOther     = "别的家人"
	LabelNotNow    = "先不了"
	sayForWhom     = "给谁办？"
	sayConsentAny  = "要记：称呼、电话，和您要办的事。\n只用来办这件事、通知您。\n卫生院和%s能看，村里看不到。\n办完留12个月，您随时能看、能删。"
	sayConsentFull = "记的人：镇卫健办。只为办您要的事。\n不给别人看，不拿去比、不拿去考核。\n您随时发“撤回同意”“我的资料”，\n能停、能看、能改、能删。\n不同意，别的服务照样能用。"
	sayFamilyNew   = "替家里人办：写家里人的称呼，\n先问过，愿意的才办。"
	SayNothingKept = "这里没有存您的东西，也不会给您发什么。"
	LabelOralStop  = "别再上门、别再提醒"
)

const (
	LabelAskList = "发清单给她"
	sayWelcome   = "不客气，有事随时发。"
	SayNoGuide   = "这一页没有了，发“找人”问。"
	SayGuideAsk  = "打电话问：%s %s"
	sayTopicAsk  = "想问医生，发“悄悄话”，不记名。"
)
