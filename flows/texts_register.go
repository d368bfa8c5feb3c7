package flows

// Texts of first contact, and of what a resident decides about what is kept of
// her.
const (
	sayHello        = "这里是%s，%s办的。"
	sayPoster       = "您扫的是%s的码。您约什么、问什么，\n村里看不到，除非您让看。"
	sayStaffHint    = "在村里干活的：扫纸上的码，\n或发“绑定”和那14位数。"
	sayHelloAgain   = "%s，您好。有什么事？\n给家里人办，发“别的家人”。"
	labelBook       = "约号"
	labelMyBooking  = "我的预约"
	labelAskAbout   = "问事"
	labelNote       = "悄悄话"
	labelMine       = "我的资料"
	labelPerson     = "找人"
	labelErrands    = "办事要带什么"
	labelBenefits   = "补贴、手续"
	labelTopics     = "健康知识"
	labelGuide      = "服务指南"
	labelLectures   = "讲堂"
	labelOther      = "别的家人"
	labelNotNow     = "先不了"
	sayForWhom      = "给谁办？"
	sayConsentAny   = "要记：称呼、电话，和您要办的事。\n只用来办这件事、通知您。\n卫生院和%s能看，村里看不到。\n办完留12个月，您随时能看、能删。"
	sayConsentFull  = "记的人：镇卫健办。只为办您要的事。\n不给别人看，不拿去比、不拿去考核。\n您随时发“撤回同意”“我的资料”，\n能停、能看、能改、能删。\n不同意，别的服务照样能用。"
	sayNotAgreed    = "好，没有记，以后也不再问。\n想用的时候，再发那句话就行。"
	sayCalledBad    = "称呼写短些，后面接电话。\n如：小燕 17900001122"
	sayPhoneAgain   = "电话%s：%s只有%d位。\n请再发一次电话。"
	sayPhoneMissing = "电话多少？如：17900001122"
	sayNameMissing  = "怎么称呼您？小名也行。"

	sayShowWhich    = "让哪个村的联系人看？\n她能看到您的登记、约号和找人。\n悄悄话、药具，村里一直看不到。"
	sayShown        = "好，%s的联系人看得到了。\n不想让看了，发“不让村里看”。"
	sayShownAlready = "%s的联系人已经看得到。\n不想让看了，发“不让村里看”。"
	sayHidden       = "好，村里看不到了。"
	sayHiddenVisit  = "和村里约好的上门也不来了。"
	sayContact      = "%s的联系人：%s %s"
	sayContactNone  = "村里还没有您的联系人，\n想要的话发“让村里看”。"

	sayCodeWhom   = "给谁码？打名字，如：给码 郭敏"
	sayCodeGiven  = "给%s的码：\n%s\n当面给她。3天内有效，只能用一次。\n她关注这里，发这14位数就行。"
	sayCodeHas    = "%s自己在用，村里给不了码。\n换了微信，请她到镇上窗口要。"
	sayCodeOwn    = "这是您给出去的码，要她自己来绑。"
	sayFamilyFull = "一个微信最多办6个人的事。"
	sayCodeAsk    = "这是给%s的码，绑上后能看、能改\n她自己的资料。是您本人或家里人吗？"
	sayCodeDone   = "好了，%s的事从这里能看、能办。\n想看，发“我的资料”。"

	sayKeepOrErase   = "停了，从现在起不再给您发任何东西。\n存着的还在，您说了算："
	sayNothingKept   = "这里没有存您的东西，也不会给您发什么。"
	labelKeep        = "留着"
	labelErase       = "都删掉"
	labelResume      = "弄错了，接着发"
	sayKept          = "好，留着，不给您发。想收了，发“接着发”。"
	sayResumedPush   = "好，接着给您发。"
	sayEraseWhom     = "删谁的？"
	sayEraseAsk      = "要删%s的：称呼、电话、约号、领取、\n问过的事。删了找不回来。"
	sayEraseBooked   = "约着的%s %s也会退掉。"
	sayEraseFree     = "没有约着的号。"
	sayEraseTail     = "留一行“同意过、已撤回”的凭据，3年后删。\n卫生院自己的病历不在这里，要去那里问。\n确定就发：删掉"
	labelEraseNow    = "删掉"
	labelEraseNot    = "先不删"
	sayErased        = "收到。从现在起谁也看不到，\n%s前清干净。\n村里再交表，也不会把您加回来。\n以后想用，发“约号”从头来。"
	sayOthersStay    = "%s那份是各人自己的，没有动。"
	sayWithdrawWhat  = "要撤回哪一样？马上算数。"
	labelAll         = "全部"
	sayWithdrawWhom  = "谁的不让记了？"
	labelFamily      = "一家人的都不记了"
	sayWithdrawStill = "还撤回吗？"
	labelWithdraw    = "撤回"
	labelWithdrawNot = "先不撤回"
	sayWithdrawOne   = "好，撤回了：%s。从现在起不再记、不再用。\n想删存着的，发“都删掉”。"
	sayWithdrawNone  = "眼下没有同意过什么。"
	sayMineBooked    = "%s：约了%s %s，号 %s。"
	sayMineLink      = "打开看（要输密码）"

	sayOffice       = "点开后能用30分钟，只认您的微信。\n用电脑上的微信点，好传表。\n表里有姓名电话，别发群里。"
	labelOffice     = "打开办公室"
	labelOfficeMenu = "办公室：传表、下表、打印"

	sayOralAsk    = "%s。她要哪样？"
	labelOralStop = "别再上门、别再提醒"
	labelOralGone = "都删掉"
	labelOralNot  = "听错了"
	sayOralStop   = "好，从现在起不上门、不提醒。\n听错了，10分钟内发“撤销”。"
	sayOralOwn    = "好，从现在起不上门、不提醒。\n要都删掉，得她自己发“都删掉”。\n听错了，10分钟内发“撤销”。"
	sayOralGone   = "好，从现在起您和镇上都看不到她。\n%s前清干净，留一行凭据。\n听错了，10分钟内发“撤销”。"
)

// setNames say in a few words what each consent is for.
// nothing changes it.
var setNames = map[string]string{
	"C0": "记走访", "C1": "约号、通知", "C2": "健康提醒", "C3": "记外出返乡",
	"C4": "资料怎么交", "C5": "孩子的提醒", "C6": "转给别的单位", "C7": "悄悄话",
}
