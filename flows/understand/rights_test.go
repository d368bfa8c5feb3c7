package understand_test

import (
	"testing"

	"xintiexin/flows/understand"
)

func TestRightsInPlainWords(t *testing.T) {
	for _, x := range []struct {
		text string
		open bool
		want understand.Right
	}{
		{"别再给我发了", false, understand.StopMessages},
		{"别再给我发了", true, understand.StopMessages},
		{"TD", false, understand.StopMessages},
		{"别发", false, understand.StopMessages},
		{"别发", true, understand.NoRight}, // an answer to “shall we tell you?”
		{"以后啥都别发了", true, understand.StopMessages},
		{"不想再收你们的消息了", false, understand.StopMessages},
		{"吃叶酸的提醒别给我发了", false, understand.NoRight},
		{"早上别发了", false, understand.NoRight},
		{"报告别给我发快递", false, understand.NoRight},
		{"把我的资料都删了", false, understand.DeleteData},
		{"注销", false, understand.DeleteData},
		{"把约的那个删了", false, understand.NoRight},
		{"你们会不会删我的资料", false, understand.NoRight},
		{"别来我家", false, understand.NoVisits},
		{"以后别上俺家来了", true, understand.NoVisits},
		{"以后别再上门了", false, understand.NoVisits},
		{"我家在哪能来吗", false, understand.NoRight},
		{"别让村里知道我约检查", false, understand.HideVillage},
		{"这事不想叫王桂英知道", true, understand.HideVillage},
		{"现在可以让村里看了", false, understand.NoRight},
		{"撤回授权", false, understand.StopRecords},
		{"以后不许记我的事", false, understand.StopRecords},
		{"记错了改一下", false, understand.NoRight},
		{"约号", false, understand.NoRight},
		{"", false, understand.NoRight},
	} {
		if got := understand.RightSaid(x.text, x.open); got != x.want {
			t.Errorf("%s (open %v): %q, want %q", x.text, x.open, got, x.want)
		}
	}
}

func FuzzRightSaid(f *testing.F) {
	f.Add("别再给我发了", true)
	f.Fuzz(func(t *testing.T, text string, open bool) { understand.RightSaid(text, open) })
}
