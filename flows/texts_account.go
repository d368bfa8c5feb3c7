package flows

import (
	"xintiexin/storage/person"
)

// officeRoleNames name the roles of the office.
var officeRoleNames = map[person.Role]string{person.Clerk: "办事员", person.Clinician: "医生", person.Admin: "管理员"}

const (
	sayAccount          = "您的账号：%s，办公室职责：%s。"
	sayAccountVillages  = "负责的村：%s。"
	sayNoOfficeRole     = "无"
	sayGrantRoles       = "把%s的办公室职责改成“%s”"
	sayGrantCode        = "给%s出一张新的绑定码"
	sayGrantAsked       = "%s %s申请%s。\n请先当面或打电话问清楚。您同意了才算数。"
	sayGrantOwn         = "%s %s申请给您出一张新的绑定码。\n新码用了以后，现在这个微信就不能再用这里的工作了。\n是您自己要换微信吗？"
	labelGrantYes       = "问清楚了，同意"
	labelGrantNo        = "不同意"
	labelGrantMine      = "是我要换，同意"
	labelGrantNotMine   = "不是我，不同意"
	labelGrantLater     = "先不回答"
	sayGrantWaits       = "您申请%s，\n还在等另一位同意，3天内有效。"
	labelGrantBack      = "撤回申请"
	labelGrantLeave     = "就这样"
	sayGrantGone        = "这件事已经有人回答过，或者过了3天。"
	sayGrantBack        = "好，申请撤回了，什么都没有改。"
	sayGrantRefused     = "好，没有同意，什么都没有改。\n对方会收到通知。"
	sayGrantCodeAgreed  = "好，同意了。3天内可以给%s打印绑定码。"
	sayGrantRolesAgreed = "好，同意了。%s的办公室职责现在是：%s。"
	sayGrantLine        = "%s %s申请%s：%s。"
	sayGrantBySecond    = "%s同意了"
	sayGrantOpen        = "等另一位同意"
	sayGrantNo          = "没有同意"
	sayGrantTaken       = "撤回了"
	sayNobodyLeft       = "最近两个月没有人离任。"
	sayLeft             = "%s %s离任，账号已停用。当时手上的事："
	sayLeftVillage      = "　%s：少了一位村干部"
	sayLeftGroup        = "　%s%s：联系人或副手空着"
	sayLeftDue          = "到期提醒%d件"
	sayLeftRequests     = "居民问的事%d件"
	sayLeftNotes        = "悄悄话%d条"
	sayLeftPapers       = "等着领的资料%d份"
	sayLeftNext         = "到期提醒在办事员的“今日 全村”里，居民问的事等人接。\n村和组的联系人，请在人员表里写上新的人，再传一遍。"
	sayGrantOver        = "没有办成"
)
