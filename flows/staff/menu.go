package staff

// Button is one button of the account's menu; a tap sends its words.
type Button struct {
	Label, Words string
	Sub          []Button
}

// StaffMenu is the menu of staff.
func StaffMenu() []Button {
	return []Button{
		{Label: "走访", Words: "走访"},
		{Label: "今日", Words: "今日"},
		{Label: "更多", Sub: []Button{
			{Label: "返乡", Words: "返乡"}, {Label: "外出", Words: "外出"}, {Label: "接着记", Words: "继续"},
			{Label: "改记录", Words: "改记录"}, {Label: "帮助", Words: "帮助"},
		}},
	}
}

// ClinicMenu is the menu of the clinic's desk.
func ClinicMenu() []Button {
	return []Button{
		{Label: "今日", Words: "今日"},
		{Label: "纸条", Words: "纸条"},
		{Label: "更多", Sub: []Button{
			{Label: "下一位", Words: "下一位"}, {Label: "资料可领", Words: "可领"}, {Label: "药具单", Words: "药具单"},
			{Label: "电话", Words: "电话"}, {Label: "帮助", Words: "帮助"},
		}},
	}
}

// OfficeMenu is the menu of the town office.
func OfficeMenu() []Button {
	return []Button{
		{Label: "今日", Words: "今日"},
		{Label: "办公室", Words: "办公室"},
		{Label: "更多", Sub: []Button{
			{Label: "走访", Words: "走访"}, {Label: "返乡", Words: "返乡"}, {Label: "今天的号", Words: "今天的号"},
			{Label: "电话", Words: "电话"}, {Label: "帮助", Words: "帮助"},
		}},
	}
}

// ResidentMenu is the menu of everybody else.
func ResidentMenu() []Button {
	return []Button{
		{Label: "约号", Sub: []Button{
			{Label: "约号", Words: "约号"}, {Label: "我的预约", Words: "我的预约"}, {Label: "卡", Words: "卡"},
			{Label: "改期", Words: "改期"}, {Label: "退号", Words: "退号"},
		}},
		{Label: "问事", Sub: []Button{
			{Label: "办事带什么", Words: "办事"}, {Label: "补贴手续", Words: "补贴"}, {Label: "讲堂", Words: "讲堂"},
			{Label: "悄悄话", Words: "悄悄话"}, {Label: "找人", Words: "找人"},
		}},
		{Label: "我的", Sub: []Button{
			{Label: "看看有什么", Words: "看"}, {Label: "我的资料", Words: "我的资料"}, {Label: "我的联系人", Words: "我的联系人"},
			{Label: "帮助", Words: "帮助"}, {Label: "退订", Words: "退订"},
		}},
	}
}
