package session

import (
	"fmt"
	"strings"

	"xintiexin/bot/workbook/exports"
	"xintiexin/storage/bookings"
	"xintiexin/storage/documents"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
)

// texts are all words of the pages, by name; %s and %d are filled in by whoever
// says them, and a line break is one on the page. A page that names a text which
// is not here does not render: TestEveryTextIsThere finds it.
var texts = map[string]string{
	"title":    "心贴心",
	"busy":     "系统忙，请稍后再试。",
	"close":    "清空本次记录，关掉",
	"back":     "返回",
	"next":     "下一步",
	"again":    "回到聊天里再发一次就有新的。",
	"qrLabel":  "二维码",
	"notRead":  "没有收全，请返回再试一次。",
	"tooLarge": "太大了，收不下。",
	"noPage":   "没有这一页。",

	"elsewhere":    "这一下不是从本页点的，没有做。\n请回到聊天里，再发一次要的词。",
	"otherDoor":    "这一页旧了，没有做。\n请回到聊天里，再发一次要的词。",
	"pinBusy":      "上一次的密码还在核对，请稍等再输一次。",
	"tooMany":      "试的次数太多，先停10分钟。",
	"linkUnknown":  "没有这个链接。\n请回到聊天里，再发一次要的词。",
	"linkOver":     "这个链接用过了，或过了时间。\n要再看，回到聊天里发：%s",
	"doorShut":     "这一页关上了：放久了，或已经清空。\n要再看，回到聊天里发：%s",
	"notYours":     "这一页现在看不了。\n请回到聊天里，发：我的资料",
	"closed.own":   "关好了。\n聊天里打过的字还在手机上，请长按自己删。",
	"closed.staff": "关好了。\n下载、打印过的有姓名，用完收好，别发群里。",

	"again.notice":  "要提醒",
	"again.prepare": "我的预约",
	"again.carry":   "在外",
	"again.card":    "卡",
	"again.mine":    "我的资料",
	"again.note":    "悄悄话",
	"again.answer":  "看 和条号",
	"again.reply":   "纸条",
	"again.office":  "办公室",

	"open":         "打开",
	"openOnce":     "只能打开一次，只给您自己看。",
	"open.notice":  "要一次提醒",
	"open.prepare": "来之前要准备的",
	"open.carry":   "带着走的一页",
	"open.card":    "您的服务卡",
	"open.mine":    "您的资料",
	"open.note":    "写小纸条",
	"open.answer":  "小纸条的回音",
	"open.reply":   "等您回的小纸条",
	"open.office":  "办公室",
	"openOffice":   "打开后能用%[1]d分钟，%[1]d分钟没动就关上。\n传表、打印，用电脑上的微信点开。",

	"notice":          "要一次提醒",
	"noticeWhy":       "点下面的按钮，再点“允许”。\n允许一次，就提醒您一回。\n提醒里只说时间，不说别的事。",
	"noticeGo":        "要一次提醒",
	"noticeElsewhere": "这里没有按钮：请在手机微信里点开聊天里的链接。",
	"noticeFailed":    "按钮这会儿出不来。\n过一会儿，在聊天里发：要提醒",
	"noticeYes":       "好了，到时候提醒您一回。\n想多要几回，聊天里再发：要提醒",
	"noticeNo":        "好，不提醒。\n哪天想要，聊天里发：要提醒",
	"noticeNow":       "这会儿开不了，没有做。\n过一会儿，在聊天里发：要提醒",

	"pinAsk":     "输密码",
	"pinNew":     "设4位密码",
	"pinNewWhy":  "以后输密码才看得到。\n手机给别人用，也看不到这里。",
	"pin":        "4位数字",
	"pinAgain":   "再输一遍",
	"pinGo":      "确定",
	"pinForgot":  "忘了：本人带身份证，到卫生院窗口当面重设。",
	"pinFour":    "要4位数字，如：2580",
	"pinTwice":   "两遍不一样，请再输一次。",
	"pinEasy":    "这个太好猜，换一个：\n不要1111、1234，也不要手机号后四位。",
	"pinWrong":   "密码不对，还能试%d次。",
	"pinLocked":  "锁住了，到%s再试。",
	"pinLocked2": "不是您试的？\n可能有人拿了您的手机。",

	"prepare":     "来之前要准备的",
	"prepareNone": "没有特别要准备的，带上身份证就行。",
	"carry":       "带着走的一页",
	"carryName":   "称呼",
	"carryFrom":   "家在",
	"carryAsk":    "家里能问",
	"carryHow":    "截个图存着，或抄下来。\n到住处的社区卫生服务中心、乡镇卫生院，\n给窗口看，扫码也是这几行字。\n没有别的，不写您的身体，也不写住哪里。",
	"prepareAsk":  "拿不准，打电话问：%s",
	"prepareText": "来的前3到5天，吃清淡些，不喝酒，别太累。\n当天早上空腹，6小时以上不吃东西。\n女方避开月经，干净后3到7天来最好。\n前3天不同房、不用药，前1天不冲洗。\n来之前多喝水，憋着尿。\n两个人都来最好，一个人来也行。\n带上：两人身份证；有的话，带以前的检查单。",

	"card":          "免费服务卡",
	"cardNumber":    "号",
	"cardDay":       "哪天",
	"cardHour":      "几点",
	"cardPlace":     "到哪里",
	"cardSeats":     "几个人",
	"cardOne":       "1位",
	"cardTwo":       "2位，您和爱人",
	"cardBring":     "带什么",
	"cardName":      "称呼",
	"bring":         "身份证；这张卡或这个号",
	"hourEarly":     "早上%s",
	"hourMorning":   "上午%s",
	"hourNoon":      "中午%s",
	"hourAfternoon": "下午%s",
	"hourEvening":   "晚上%s",
	"cardShow":      "到了给窗口看这个码，或说号。",
	"cardNone":      "眼下没有约着的号。\n想约，回到聊天里发：约号",
	"cardPhone":     "电话",
	"cardPaper":     "免费。来不了不要紧，打电话改天就行。",
	"cardFree":      "免费，不用交钱。来不了，发“改期”或“退号”。",

	"mine":            "我的资料",
	"mineKept":        "存着这些",
	"mineName":        "称呼",
	"minePhone":       "电话",
	"mineVillage":     "村里",
	"mineShown":       "%s的联系人看得到",
	"mineHidden":      "看不到您约什么、问什么",
	"mineLine":        "%s的通讯录里有您的名字；",
	"awayBack":        " %s回",
	"awayExpected":    " 说%s回",
	"copyLine":        "%s：%s",
	"mineBookings":    "约号",
	"mineBooking":     "%s %s\n号 %s，%s",
	"mineOthers":      "还有",
	"mineWaiting":     "排着候补，%s起",
	"mineReturn":      "医生约您%s再来",
	"mineHears":       "有新的讲堂、活动告诉您",
	"mineLecture":     "讲堂 %s %s",
	"mineRequests":    "问过的事",
	"mineRequest":     "编号%s %s，%s管，%s前",
	"mineRequestOpen": "编号%s %s，等人接，%s前",
	"mineRequestDone": "编号%s %s，办完了",
	"minePapers":      "资料领取",
	"mineVisits":      "看望过您",
	"mineForms":       "填过的表",
	"mineFormsN":      "%d张，细的在“抄一份”里",
	"mineVisitsN":     "%d次，细的在“抄一份”里",
	"mineAway":        "外出返乡",
	"minePush":        "提醒",
	"minePushOn":      "给您发",
	"minePushOff":     "停了，什么也不发",
	"mineNothing":     "没有",
	"mineConsents":    "您同意过的",
	"mineAgreed":      "%s同意（%s，文本%s）",
	"mineAgreedPlain": "%s同意（%s）",
	"mineSomebody":    "工作人员",
	"mineWithdrawn":   "%s撤回",
	"mineRefused":     "%s说过不同意",
	"mineTakeBack":    "撤回",
	"mineLooks":       "谁看过我",
	"mineLooksN":      "谁看过我（%d条）",
	"mineNoLooks":     "还没有人看过。",
	"mineNoVillage":   "村里没有人看过。",
	"mineLook":        "%s %s（%s）%s",
	"mineNotDone":     "，没有办成",
	"mineChange":      "改称呼、电话",
	"mineCopy":        "抄一份",
	"mineCopyHow":     "长按下面的字，全选、复制。\n用电脑的，可以存成文件。",
	"mineCopyText":    "存成文字文件",
	"mineCopyJSON":    "存成数据文件（给会用的人）",
	"mineStop":        "停掉提醒",
	"mineStopped":     "停了，从现在起不再给您发任何东西。",
	"mineResume":      "接着给我发提醒",
	"mineResumed":     "好，接着给您发。",
	"mineErase":       "都删掉",
	"mineSaved":       "改好了。",
	"mineTaken":       "撤回了：%s。从现在起不再记、不再用。",

	"changeAsk":   "改成什么？",
	"changeGo":    "存",
	"changeName":  "称呼，小名也行",
	"changePhone": "电话，11位",
	"changeNo":    "先不改",
	"nameBad":     "称呼写短些，不要数字。如：小燕",
	"phoneBad":    "电话%s：%s只有%d位。",
	"phoneLong":   "电话%s：%s有%d位，手机是11位。",
	"phoneNone":   "没看出电话。如：17900001122",
	"phoneShort":  "少%d位",
	"phoneMore":   "多%d位",

	"withdrawAsk":    "撤回“%s”？",
	"withdrawWhat":   "马上算数：从现在起不再记、不再用。\n别的照样能用。",
	"withdrawBooked": "约着的%s %s，也会退掉。",
	"withdrawGo":     "撤回",
	"withdrawNo":     "先不撤",

	"eraseAsk":    "都删掉？",
	"eraseWhat":   "要删%s的：称呼、电话、约号、领取、问过的事。\n删了找不回来。",
	"eraseBooked": "约着的%s %s，也会退掉。",
	"eraseFree":   "没有约着的号。",
	"eraseTail":   "留一行“同意过、已撤回”的凭据，3年后删。\n卫生院的病历不在这里，要去那里问。",
	"eraseGo":     "确定，都删掉",
	"eraseNo":     "先不删",
	"erased":      "收到。从现在起谁也看不到，%s前清干净。\n村里再交表，也不会把您加回来。\n以后想用，回聊天里发“约号”从头来。",

	"note":        "写小纸条",
	"noteWhy":     "谁问的，没有人看得到。\n别写名字、电话。卫生院的医生回。\n急事别等，打120。",
	"noteText":    "想问什么",
	"noteGo":      "交",
	"noteEmpty":   "还没有写字。",
	"noteLong":    "太长了，最多%d个字。",
	"noteSent":    "收到了。",
	"noteNumber":  "条号 %s，请记住。",
	"noteHow":     "想看回音，在聊天里发：看%s",
	"noteTell":    "有回音时发您一条吗？",
	"noteTellYes": "发",
	"noteTellNo":  "不发，我自己来看",
	"noteToldYes": "好，有回音就发您一条，\n只说有回音，不说是什么。",
	"noteToldNo":  "好，不发。",
	"noteDanger":  "您写到“%s”。急就现在打电话：",
	"noteDial":    "打%s %s",
	"noteAnyway":  "还是交上去",
	"noteOften":   "今天问得够多了，明天再来。\n急事打120。",

	"answer":       "小纸条的回音",
	"answerNumber": "条号 %s",
	"answerAsked":  "您问的",
	"answerSaid":   "医生回的",
	"answerNone":   "还没有回，最晚%s。",
	"answerDays":   "看过7天，问和答都自己没。",
	"answerDelete": "现在就删",
	"answerGone":   "这张纸条已经没有了。",
	"answerDone":   "删了，医生那边也没了。\n手机上聊天里的字，请长按自己删。",

	"reply":        "等您回的小纸条",
	"replyHow":     "不知道是谁。别问名字、电话。\n能当面说的，请对方来，说“看纸条”就行。",
	"replyAsked":   "问的是",
	"replyText":    "您的回话",
	"replyGo":      "回",
	"replyBefore":  "这是回过的，可以改了再回。",
	"replyDone":    "回好了。对方看过7天后，\n问和答都自己没。",
	"replyLate":    "对方看过了，改不了。\n还有话说，请对方再写一张。",
	"replyNotYour": "这张纸条不归您回，或已经没有了。",
	"replyPhone":   "像是在问名字、电话。这里不问是谁。\n改一改；真不是，就再点一次“回”。",

	"office":         "办公室",
	"officeWho":      "%s，您好",
	"officeHow":      "%d分钟没动就关上。只认您的微信。",
	"officeNot":      "这一页只给镇上的办事员和管理员。",
	"officeClerk":    "这一项只有办事员能用。",
	"officeImport":   "传人员表",
	"officeSite":     "传本镇资料（钟点、文字、电话）",
	"officeExport":   "下载表",
	"officeCards":    "打印服务卡",
	"officeCodes":    "给绑定码、收回",
	"officePosters":  "打印各村海报",
	"officeHome":     "回办公室",
	"print":          "按 Ctrl+P 打印（手机上：右上角“…”里找打印）。",
	"officePicking":  "选文件",
	"officeNoFile":   "没有选文件。",
	"officeNotXlsx":  "只收 .xlsx 的表。用 Excel 或 WPS 另存成 .xlsx 再传。",
	"officeBusy":     "正在存另一张表，等一会儿再点。",
	"officeTooLarge": "文件太大，最多12兆。把没用的页、图片删掉再传。",
	"officeGone":     "刚才传的表不在了（放久了，或系统重启过）。请再传一次。",

	"importHow":      "先只看不存：告诉您能存多少、哪里要改。",
	"importFile":     "人员表（.xlsx）",
	"importFrom":     "表从哪里来",
	"importFromEx":   "如：各村11月自愿报名",
	"importGround":   "凭什么能存",
	"importGroundEx": "如：本人同意",
	"importGo":       "看一看",
	"importNeed":     "写明表从哪里来、凭什么能存，才能存人。",
	"importTemplate": "下载空表",
	"importReport":   "看完了，还没存",
	"importCan":      "能存：村%d 户%d 居民%d 干部%d。",
	"importNothing":  "没有要改的。",
	"importWrong":    "要改%d处：",
	"importMore":     "还有%d处，在标红的表里。",
	"importMarked":   "下载标红的表",
	"importPartial":  "先存能存的",
	"importApply":    "存",
	"importDrop":     "都不存",
	"importDropped":  "都没有存，传的表也删了。",
	"importSaved":    "存好了",
	"importSame":     "和存下的一样，没有变",
	"importLine":     "新加的居民只进通讯录：不发、不排、不数、不导出。",
	"importCannot":   "这张表读不了",
	"importKeep":     "传别的表",

	"siteHow":      "本镇资料：钟点、名额、文字、电话、保存期限。\n先只看不换。换了马上用上，旧的还在。",
	"siteFile":     "资料表（.xlsx 或 .md）",
	"siteGo":       "看一看",
	"siteNow":      "现在用的：%s，%s换上",
	"siteNone":     "现在没有换过，用的是自带的。",
	"siteReport":   "看完了，还没换",
	"siteGood":     "能用：%s",
	"siteBad":      "有%d处要改，改好再传：",
	"siteNotes":    "提醒%d处，不改也能用：",
	"siteApply":    "换上",
	"siteApplied":  "换上了，马上用上：%s",
	"siteSame":     "和现在用的一样，没有变。",
	"sitePrevious": "换回上一份",
	"siteDownload": "下载现在用的，改了再传",
	"siteUnnamed":  "没写版本",

	"officeForms": "镇上的表",
	"formHow":     "传一张表（XLSForm），先只看不上线。\n上线了，今晚就能在微信里填。",
	"formFile":    "表（.xlsx 或 .md）",
	"formReport":  "看完了，还没上线",
	"formGood":    "能上线：%s",
	"formApply":   "上线",
	"formKeep":    "先不上线，只试填",
	"formTry":     "在微信里发：试填 %s",
	"formsNow":    "在用的",
	"formsBefore": "存着的",
	"formsFilled": "填好的",
	"formLine":    "%s，%s，%s",
	"formDraft":   "%s，只试填过",
	"formOff":     "停用",
	"formUse":     "换上",
	"formAnswers": "下载：%s",
	"formNone":    "没有这张表。",

	"exportHow":         "表里有姓名，别发群里。谁、几时、下载哪张，都记下来；\n表里的人在“谁看过我”里看得到。",
	"exportWhat":        "哪几张表",
	"exportSince":       "上回：%s %s",
	"exportWholeOnly":   "没有序号，只能交全部",
	"exportWhich":       "交哪些",
	"exportWhole":       "全部（下面这些天的）",
	"exportChanged":     "只要上回交过以后变的",
	"exportAgain":       "上回变的没下成，再下一遍",
	"exportFrom":        "从哪天",
	"exportTo":          "到哪天",
	"exportGo":          "下载",
	"exportNone":        "没有勾表。",
	"exportBadDay":      "日子写成这样：2027-01-29",
	"exportOrder":       "“从哪天”比“到哪天”晚了。",
	"exportFirst":       "有一张还没交过全部。\n先下一回全部，以后才有“变的”。",
	"exportShape":       "有一张的列改过了，\n先下一回全部。",
	"exportNumbers":     "有一张没有序号这一列，\n只能下全部。",
	"exportNoLast":      "上回下的不是“变的”，\n选“全部”再下一遍。",
	"exportBusy":        "另一位正在下同一张表，\n等一会儿再点。",
	"exportDone":        "近来下载过的",
	"exportLine":        "%s %s %s，%d人",
	"exportTables":      "%s %s %s",
	"exportRows":        "%s%d行",
	"exportChangedOnly": "（变的）",
	"exportBroken":      "，没有下完",
	"exportOperator":    "管系统的",

	"cardsHow":   "选一天，一人一张A5，打出来当面给。",
	"cardsDay":   "哪天",
	"cardsGo":    "打印这一天的卡",
	"cardsNone":  "%s没有约号的。",
	"cardsCount": "%s，%d张",

	"codesHow":      "一张纸一个人，当面给，别发群里。\n3天内有效，只能用一次。出了新的，旧的就不能用了。\n码丢了，再出一张就行。",
	"codesBound":    "已经绑定",
	"codesUnbound":  "还没绑定",
	"codesGive":     "给勾上的人出码",
	"codesTake":     "离任：停用勾上的这一位…",
	"codesNobody":   "没有勾人。",
	"codesNoCadres": "还没有干部，先传人员表。",
	"codesSlip":     "%s的绑定码",
	"codesUse":      "微信关注我们，发：绑定 和这14位数\n或者扫码，不用打字。",
	"codesUseNoQR":  "微信关注我们，发：绑定 和这14位数",
	"codesTill":     "%s前有效，只能用一次。",
	"codesNoQR":     "二维码没有出来（微信那边没有回），用数字也一样。",

	"codesAsked": "%s：要换绑，或是办公室的人，一个人不能出码。\n已经请本人或办公室另一位同意（聊天里发“我的账号”）。\n同意后3天内再来出码。",
	"codesOwn":   "自己的绑定码，请办公室另一位来出。",

	"officeLeave":   "离任停用",
	"leaveOne":      "停用账号一次只能选一位。",
	"leaveWhat":     "停用以后马上生效：\n微信解除绑定，打开的网页、链接都关掉。\n绑定码作废，交给居民的码也作废。\n没存的草稿、等着发的消息都没有了。\n写过的记录留着，还写着是谁写的。\n手上的事交回镇上，等着安排。",
	"leaveName":     "请照着写一遍姓名",
	"leaveGo":       "停用",
	"leaveWrong":    "姓名对不上，没有停用。",
	"leaveOwn":      "自己的账号，请办公室另一位来停用。",
	"leaveDone":     "%s的账号停用了：微信已解除绑定，\n网页、链接、绑定码、草稿和等着发的消息都没有了。",
	"leaveMenu":     "微信上的工作菜单没能收掉（微信那边没有回）。\n菜单只是按钮，点了也没有用。",
	"leaveWork":     "等着安排的事",
	"leaveVillage":  "%s：少了一位村干部",
	"leaveGroup":    "%s%s：联系人或副手空着",
	"leaveDue":      "到期提醒：%d件",
	"leaveRequests": "居民问的事：%d件",
	"leaveNotes":    "悄悄话：%d条",
	"leavePapers":   "等着领的资料：%d份",
	"leaveNext":     "到期提醒在办事员的“今日 全村”里，居民问的事回到等人接的单子里。\n村和组的联系人，请在人员表里写上新的人再传一遍。",

	"officeStaff":    "人员和职责",
	"rolesHow":       "办事员、医生、管理员要两个人：您提出，另一位同意。\n另一位在聊天里发“我的账号”。\n自己的职责，自己不能提。导入人员表改不了这些。",
	"rolesWaiting":   "等另一位同意的",
	"rolesWaits":     "%s提出：%s的办公室职责改成“%s”",
	"rolesWaitsCode": "%s提出：给%s出一张新的绑定码",
	"rolesWanted":    "办公室职责改成（一个都不勾就是收掉）",
	"rolesAsk":       "提出",
	"rolesNone":      "没有办公室职责",
	"rolesOwn":       "自己的职责，要办公室另外两位来办。",
	"rolesNobody":    "请选一位还在岗的人员。",
	"rolesSame":      "职责和现在一样，不用改。",
	"rolesAsked":     "已经提出：%s的办公室职责改成“%s”。\n办公室另一位在聊天里发“我的账号”，同意了才生效。\n3天内有效。",

	"postersHow":   "一村一张，贴在村里。扫了就能关注。",
	"postersNoQR":  "没有公众号的密钥，出不了二维码。",
	"postersNone":  "还没有村，先传人员表。",
	"postersFail":  "微信那边没有给二维码，过一会儿再点。",
	"posterScan":   "微信扫一扫，自己约",
	"posterWhat":   "约号（免费检查）　问事　悄悄话　找人",
	"posterFree":   "自愿用，不收钱，随时能停。",
	"posterSecret": "您约什么、问什么，\n村里看不到，除非您让看。",
	"posterPhone":  "不用微信的，打电话：%s",
	"posterBy":     "%s办",
}

// Say is a text with what belongs into it; a name that is not there is its own
// text, as it is only found in tests.
func Say(name string, args ...any) string {
	text, ok := texts[name]
	if !ok {
		return name
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// known is say for templates: a text that is not there is an error.
func known(name string, args ...any) (string, error) {
	if _, ok := texts[name]; !ok {
		return "", fmt.Errorf("no text %q", name)
	}
	return Say(name, args...), nil
}

// Lines are the lines of a text.
func Lines(text string) []string { return strings.Split(text, "\n") }

// SetNames say in a few words what each consent is for.
var SetNames = map[purpose.Purpose]string{
	purpose.VisitRecord: "记走访", purpose.Booking: "约号、通知", purpose.HealthReminders: "健康提醒", purpose.Migration: "记外出返乡",
	purpose.ProxyPickup: "资料怎么交", purpose.ChildReminders: "孩子的提醒", purpose.ThirdPartySharing: "转给别的单位", purpose.QuestionBox: "悄悄话",
}

// ChannelNames say how somebody agreed.
var ChannelNames = map[string]string{"oral": "口头", "chat": "聊天里", "paper": "签字", "page": "网页上"}

// RoleNames say of a member of staff where she works.
var RoleNames = map[person.Role]string{
	person.VillageWorker: "村里", person.Clinician: "卫生院", person.Clerk: "镇上", person.Admin: "管系统的",
}

// OfficeNames name the roles of the office.
var OfficeNames = map[person.Role]string{person.Clinician: "医生", person.Clerk: "办事员", person.Admin: "管理员"}

// LookNames say what a member of staff did with what is kept of somebody.
var LookNames = map[string]string{
	"card": "看资料", "called": "打电话", "booked": "替约号", "moved": "改期", "cancelled": "退号", "arrived": "接待", "seated": "登记同来的人",
	"asked_back": "约您再来", "finished": "办完", "note": "接了小纸条", "request": "看您问的事", "done": "办完", "book": "替您约号", "move": "替您改期", "cancel": "替您退号", "arrive": "接待", "finish": "办完", "miss": "记没到", "return": "记您回家", "missed": "记没到", "ready": "资料可领", "handed": "交资料", "proxy": "要改成代领", "mailed": "寄资料",
	"kept": "留资料", "pin_reset": "当面重设密码", "code": "给您自己用的码", "printed": "打印卡", "exported": "导出表",
	"waived": "记下您不要资料", "booking": "看约号", "withdrawn": "记下您说的撤回", "erased": "记下您说的删除", "list": "看当天的预约表", "taken": "接了您问的事",
}

// StateNames say where a booking stands.
var StateNames = map[bookings.AppointmentState]string{
	bookings.Expected: "约着", bookings.Came: "来过", bookings.Missed: "没来", bookings.Cancelled: "退了", bookings.Over: "日子过了",
}

// RequestNames say what somebody asked for.
var RequestNames = map[string]string{"help": "找人", "errand": "办事", "supplies": "药具", "visit": "请人上门"}

// PaperNames say where a paper is on its way.
var PaperNames = map[documents.DocumentState]string{
	documents.Pending: "还没出", documents.Ready: "可领", documents.Reminded: "可领，提醒过", documents.Signed: "本人领了",
	documents.Proxied: "代领了", documents.Mailed: "寄出了", documents.Kept: "替您留着", documents.Waived: "不要了",
}

// VisitWords say what stands in a visit.
var VisitWords = map[string]string{
	"home": "上门", "phone": "电话", "elsewhere": "别处碰见", "greet": "看望", "followup": "约定随访", "deliver": "送东西",
	"errand": "办事", "other": "其他", "well": "都好", "needs_help": "需要帮助", "unwilling": "不愿谈", "not_met": "没见到",
}

// AsksWho are words by which an answer would ask who it is.
var AsksWho = []string{"叫什么", "姓名", "名字", "您的电话", "你的电话", "留个电话", "电话多少", "电话号", "手机号", "微信号", "加微信", "身份证号", "您是谁", "你是谁", "哪个村", "住哪"}

// Names of the files that are downloaded; the Chinese is what a browser shows.
var FileNames = map[string]string{
	exports.Visits: "走访", exports.Away: "外出返乡", exports.Bookings: "约号", exports.Plans: "到日子的事", exports.Residents: "居民", "tables": "交的表",
	"template": "人员表（空）", "site": "本镇资料", "marked": "人员表（标红）", "copy": "我的资料", "form": "镇上的表",
}
