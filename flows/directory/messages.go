package directory

import "xintiexin/flows/dialog"

const (
	sayNewHow       = "新居民是谁？一句话发全：\n新居民 王秀兰 二组 17900001122\n没有电话不写。"
	sayNewName      = "“%s”不像名字，请再发：\n新居民 王秀兰 二组 17900001122"
	sayNewVillage   = "是哪个村？写在组的前面：%s"
	sayNewGroup     = "几组的？有：%s"
	sayNewTwins     = "通讯录里有像%s的，先看是不是她："
	labelNewOne     = "都不是，是新来的"
	sayNewRead      = "先念给%s听：\n“我把您的称呼、住几组、电话记到\n%s的服务本，好按时来帮您。\n我和镇上能看，您随时能看能删。行吗？”"
	labelSheSaysYes = "她说行"
	labelSheSaysNo  = "她说不行"
	sayNewSaved     = "记下了：%s。\n" + dialog.SayUndo
	sayMergeHow     = "哪一位记了两回？打名字，如：合并 王秀兰"
	sayMergeNone    = "%s：没有看到像她的另一条。"
	sayMergeWhich   = "留下：%s\n哪一条也是她？并进来，一样不少。"
	labelMergeNot   = "都不是，不并"
	sayMergeBoth    = "两条里有一样的，先退一个再并：\n约着的号、候补、提醒、领的东西或上门。"
	sayMergeOwn     = "有一条是她自己在用，村里并不了。\n请她到镇上窗口，当面办。"
	sayMergeHers    = "有一条是她自己在用，得她自己合。\n给她另一条的码（给码），\n她一绑上就能自己合成一份。"
	sayMergeUnseen  = "自己登记的那一条，还没有人见过本人。\n请她带身份证来，给她另一条的码（给码），\n她一绑上就能自己合成一份。"
	sayMerged       = "并好了：%s。哪边说过不行的，还是不行。\n" + dialog.SayUndo
	sayMergeAskOwn  = "%s在这里还有一份，名字电话一样。\n也是您自己的吗？"
	sayMergeAskSeen = "合成一份后，%s的村干部看得到您。"
	labelMergeOwn   = "是，合成一份"
	sayMergeBothOwn = "两份里有一样的，先退一个再合：\n约着的号、候补、提醒、领的东西或上门。"
	sayMergePhone   = "电话不一样的，只留上面这条的。"
	sayMergedOwn    = "合好了，都在一份里。\n" + dialog.SayUndo
	sayMoveHow      = "谁迁到哪里？如：迁到 乙村二组 王秀兰"
	sayMoveAsk      = "%s\n迁到%s%s？\n以前记的留在原来的村，\n新村的人要她再说一声行才看得到。"
	labelMoveYes    = "迁过去"
	labelMoveNo     = "不迁"
	sayMovedTo      = "好，%s迁过去了，约好的事也交给那边。\n" + dialog.SayUndo
	sayMoveOwn      = "%s是自己登记的，换村由她自己定。\n请她发“让村里看”，选新的村。"
	sayMoveOffice   = "那个村不归您管，请镇上办事员来迁。"
	sayCloseHow     = "是哪一位？如：去世 王秀兰 或 搬走 王秀兰"
	sayShutAsk      = "%s\n收起她这一份？提醒、电话、约号都停，\n不给任何人发消息，也不用问家里人。"
	labelCloseYes   = "收起来"
	labelCloseNo    = "弄错了"
	sayShut         = "收起来了，和她有关的都停了。\n" + dialog.UndoPeriod + "内发“撤销”能退回；\n以后发现弄错了，发“恢复”和名字。"
	sayCloseOwn     = "%s自己在用这里，她的那份她说了算。\n村里这边可以停："
	sayReopenNone   = "没有收起来的能恢复。"
	sayReopenWhich  = "恢复哪一位？"
	sayReopened     = "好，%s恢复了，约好的事也在。\n退掉的号、办过的事不回来。"
	sayNickHow      = "村里怎么叫她？如：叫法 郭敏 老王家二儿媳\n只有工作人员看得到，不超过16个字。"
	sayNicked       = "好，以后打“%s”也找得到。\n" + dialog.SayUndo
)
