package people

// setNames say in a few words what each consent is for.
// nothing changes it.
var setNames = map[string]string{
	"C0": "记走访", "C1": "约号、通知", "C2": "健康提醒", "C3": "记外出返乡",
	"C4": "资料怎么交", "C5": "孩子的提醒", "C6": "转给别的单位", "C7": "悄悄话",
}
