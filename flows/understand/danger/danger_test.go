package danger_test

import (
	"testing"

	"xintiexin/flows/understand/danger"
)

func TestSignsOfDangerAndTheirTwins(t *testing.T) {
	for text, want := range map[string]struct {
		kind danger.Kind
		tier danger.Tier
	}{
		"他又动手打我了":         {danger.Violence, danger.Sure},
		"他打我电话没接到":        {"", danger.None},
		"怀孕五个月下面出血了":      {danger.Bleeding, danger.Sure},
		"抽血要空腹不":          {"", danger.None},
		"孩子烧到40度抽了":       {danger.Child, danger.Sure},
		"喘不上来气":           {danger.Breath, danger.Sure},
		"他掐我脖子":           {danger.Violence, danger.Sure},
		"我15，我叔摸我":        {danger.Minor, danger.Sure},
		"她家闺女14怀孕了":       {danger.Minor, danger.Sure},
		"我12月回去":          {"", danger.None},
		"活着真没意思":          {danger.SelfHarm, danger.Sure},
		"真不想火了":           {danger.SelfHarm, danger.Sure}, // as dictation writes it
		"我不想活动":           {"", danger.None},
		"婆婆逼我打胎":          {danger.Coercion, danger.Sure},
		"她喝了小半瓶敌敌畏":       {danger.Poison, danger.Sure},
		"打农药补贴啥时候发":       {"", danger.None},
		"羊水破了":            {danger.Labour, danger.Sure},
		"没出血":             {"", danger.None},
		"撑不下去了":           {danger.SelfHarm, danger.Possible},
		"走访郭敏 都好":         {"", danger.None},
		"1":               {"", danger.None},
		"小燕 17900000317":  {"", danger.None},
		"约12月9号上午8点半，两个人": {"", danger.None},
		"下周家庭暴力讲座几点":      {"", danger.None},
	} {
		if got := danger.Builtin().Worst(text); got.Kind != want.kind || got.Tier != want.tier {
			t.Errorf("%s: %s tier %d (line %d, %q), want %s tier %d", text, got.Kind, got.Tier, got.Line, got.Words, want.kind, want.tier)
		}
	}
}

func TestAFileThatCannotBeRead(t *testing.T) {
	for _, text := range []string{"violence 1 打", "violenc 1: 打", "violence 3: 打", "violence 1: [nobody]", "violence 1: + 打", "child: [nobody]"} {
		if _, err := danger.Read(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("孩子烧到40度")
	f.Add("我15,叔")
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range danger.Builtin().Find(text) {
			if s.Line == 0 {
				t.Errorf("%q: an empty sign %+v", text, s)
			}
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add("man: 他 男人\nviolence 1: [man]..打 + 我 - 电话\nmask: 打针")
	f.Add("violence 2: a…b|{age}..{fever} & x ! y")
	f.Fuzz(func(t *testing.T, text string) {
		if table, err := danger.Read(text); err == nil {
			table.Find("他打我15岁,40度")
		}
	})
}

func BenchmarkFind(b *testing.B) {
	t := danger.Builtin()
	for b.Loop() {
		t.Find("头午去了三家郭敏怪好吕芬没在家门锁着石文霞说缺叶酸让俺下回给捎两盒")
	}
}
