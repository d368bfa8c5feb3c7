package form

// Everything that the engine says by itself stands here.
const (
	sayOld       = "这是前面的选项，没有动。"
	sayMedia     = "这里听不了语音，也看不了图。\n点键盘上的话筒说，会变成文字再发。"
	sayOneStep   = "现在只差一步："
	sayAlso      = "也可以发："
	sayFirst     = "这是第一题，前面没有了。"
	sayRequired  = "这一题要答，跳不过去。"
	saySkipHint  = "不填就发“跳过”。"
	sayKeepHint  = "不改就发“保留”。现在是："
	sayKeep      = "保留"
	sayKeepLabel = "保留："
	sayNow       = "（现在这样）"
	sayNothing   = "没填"
	sayChanged   = "改好了。"
	sayKept      = "没有改。"
	sayLines     = "记成这样，对吗？"
	sayWhichLine = "改哪一处？"
	saySave      = "保存"
	sayChange    = "改一处"
	sayCancel    = "不要了吗？已答的会丢掉。"
	sayDrop      = "不要了"
	sayGoOn      = "接着记"
	sayNotDrop   = "好，接着记。"
	sayAgree     = "确认"
	sayYes       = "有"
	sayNo        = "没有"
	sayNone      = "“%s”现在没有可选的，跳过了。"
	sayNoneStop  = "这一题现在没有可选的，要等镇上加好。\n发“先放着”替您留着。"
	sayFixed     = "这一处是自动算的，改不了。"
	sayLater     = "前面的改了，这一处要再看一下。"
	sayOther     = "其他"
	sayOtherAsk  = "请写一下是什么："
	sayWhich     = "是哪一个？"
	sayWhichOne  = "是哪一个？都不是就再打几个字。"
	sayWhichDay  = "是哪天？"
	sayWhichTime = "是早上还是晚上？"
	saySumHelp   = "没错就发“保存”；要改，发“改”和前面的数，如：改2。\n回上一题发“返回”，都不要了发“取消”。"
	sayHelp      = "回上一题发“返回”，先放一放发“先放着”，不要了发“取消”。"
	sayTooLong   = "太长了，请分成短些的发。"
	sayMoreWord  = "还有，发“更多”看；打几个字也能找。"
	sayNoMore    = "没有更多了。"
	sayMulti     = "可选几个，如：1 3"
	sayMultiNone = "都没有就发“没有”。"
	sayRank      = "按顺序发，如：3 1 2"

	askNumber     = "请回复数字，比如 3。"
	askInteger    = "请回复整数，比如 3。"
	askOption     = "没看懂。请点一个，或发前面的数，比如 1。"
	askMany       = "没看懂。请发前面的数，能选几个，比如 1 3。"
	askRank       = "没看懂。请把每个数按顺序发一遍，比如 3 1 2。"
	askDateAhead  = "没看懂是哪天。请发日子，比如 明天、下周三。"
	askDate       = "没看懂是哪天。请发日子，比如 昨天、11月3日。"
	askAbout      = "\n说个大概，如：过年、麦收、1月20日、说不准"
	askAboutHow   = "没看懂是几时。说个大概，\n如：过年、麦收、1月20日、说不准"
	askAboutAhead = "那天过去了。说个大概，\n如：过年、麦收、1月20日、说不准"
	sayUnsure     = "说不准"
	sayNoDayYet   = "，没定哪天"
	askMonth      = "没看懂是哪个月。比如 2026年11月。"
	askYear       = "没看懂是哪年。比如 2026。"
	askNoDate     = "没有这一天。请再看看，比如 11月3日。"
	askPast       = "这里要已经过去的日子或今天，比如 昨天。"
	askFuture     = "这里要今天或往后的日子，比如 明天。"
	askTime       = "没看懂几点。比如 早上8点半、15:00。"
	askDateTime   = "请把日子和几点一起发，比如 11月3日 15:00。"
	askText       = "请打几个字。"
	askDigits     = "这里只要数字，比如 1024。"
	askAgree      = "请点“确认”，或发 1。"
	askSave       = "没看懂。对就发“保存”；要改，发“改”和前面的数，比如 改2。"
	askLine       = "没看懂。请发前面的数，比如 2。"
	askLineNo     = "请发前面的数，比如 2。"
	askEither     = "没看懂。请点一个，或发 1、2。"
	askEmpty      = "请回复。"

	sayConstraint = "这个数不合这一题的要求，请再看看。"
	sayBadText    = "这样填不合这一题的要求，请再看看。"
)

// agreeWords are an acknowledgement.
var agreeWords = []string{"确认", "好", "好的", "知道了", "行", "中", "是", "对", "ok"}

var saveWords = []string{"存", "对", "行", "中", "好", "没错", "是"}
var changeWords = []string{"改", "修改", "不对"}
var dropWords = []string{"是", "对", "丢掉", "不记了"}
var goOnWords = []string{"不", "不是", "接着", "继续", "记"}
var yesWords = []string{"还有", "是", "有的"}
var noWords = []string{"无", "没了", "不用", "没有了", "完了", "不"}
