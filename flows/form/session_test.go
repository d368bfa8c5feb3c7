package form

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// asked is a form of one live list and one day, as “谁回来了？” is.
func backForm(t testing.TB) *Form {
	return compiledForm(t, &Form{Questions: []*Question{
		{Type: SelectOne, List: "away", FromFile: true, Name: "who", Label: "谁回来了？能连日子发，如：1昨天", Short: "谁", Required: "yes"},
		{Type: Date, Name: "day", Label: "哪天到家的？", Short: "哪天到", Default: "today()", DefaultIsExpr: true, Summary: true, Required: "yes", Parameters: map[string]string{"direction": "past"}},
	}})
}

func TestWhatASentenceSays(t *testing.T) {
	tests := []struct {
		name, sentence string
		want           map[string]string // "" is unanswered
		left           string
	}{
		{"nothing", "", map[string]string{"resident": "", "finding": ""}, ""},
		{"a name", "郭敏", map[string]string{"resident": "guo", "finding": ""}, ""},
		{"all of it in any order", "都好 电话 张翠 昨天", map[string]string{"resident": "zhang", "finding": "well", "way": "phone", "day": "2027-01-12"}, ""},
		{"without spaces", "张翠都好", map[string]string{"resident": "zhang", "finding": "well"}, ""},
		{"with what nobody understands", "张翠 都好 嗯哪咕", map[string]string{"resident": "zhang", "finding": "well"}, "其余的话没记上。"},
		{"another kind than last time", "张翠 送东西", map[string]string{"resident": "zhang", "kind": "deliver"}, ""},
		{"a line by its name", "张翠 备注：带了鸡蛋", map[string]string{"resident": "zhang", "note": "带了鸡蛋"}, ""},
		{"a digit is no option before options are shown", "张翠 3", map[string]string{"resident": "zhang", "finding": ""}, "其余的话没记上。"},
		{"a past day is the visit's, a coming one the next visit's", "张翠 昨天 1月20", map[string]string{"day": "2027-01-12", "next": "2027-01-20"}, ""},
	}
	f := visitForm(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, _, sc, err := Start(f, test.sentence, visitEnv(t))
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range test.want {
				if got := s.Get(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
			left := slices.DeleteFunc(slices.Clone(sc.Say), func(l string) bool { return !strings.Contains(l, "没记上") })
			if got := strings.Join(left, ""); got != test.left {
				t.Errorf("left %q, want %q", got, test.left)
			}
		})
	}
}

func TestSeveralAnswersInOneReply(t *testing.T) {
	env := visitEnv(t)
	env.Answered = nil
	play(t, backForm(t), env, `
		> +
		< 谁回来了？能连日子发，如：1昨天
		< 1 郭敏 二组 尾号4409
		< 2 王秀兰 一组 尾号2208
		< 3 王秀兰 三组 尾号6651
		< 4 张翠 一组 尾号1190
		< 5 刘翠英 四组 尾号5526
		> 1夜来到哩
		< 记成这样，对吗？
		< ① 谁：郭敏 二组 尾号4409
		< ② 哪天到：周二 1月12日 腊月初五（昨天）
		< 1 保存
		< 2 改一处
		> 返回
		< 谁回来了？能连日子发，如：1昨天
		< 1 郭敏 二组 尾号4409（现在这样）
		< 2 王秀兰 一组 尾号2208
		< 3 王秀兰 三组 尾号6651
		< 4 张翠 一组 尾号1190
		< 5 刘翠英 四组 尾号5526
		> 昨天 刘翠英
		< 记成这样，对吗？
		< ① 谁：刘翠英 四组 尾号5526
		< ② 哪天到：周二 1月12日 腊月初五（昨天）
		< 1 保存
		< 2 改一处
	`)
}

func TestAFlowCanRefuseAnAnswer(t *testing.T) {
	f := backForm(t)
	env := visitEnv(t)
	env.Answered = func(s *Session, name string) (*Problem, error) {
		if s.Get("who") == "guo" {
			s.Set("day", "2027-01-01")
			return &Problem{Text: "她自己登记过了。"}, nil
		}
		return nil, nil
	}
	s, _, _, err := Start(f, "", env)
	if err != nil {
		t.Fatal(err)
	}
	_, sc, err := Step(f, s, Input{Text: "郭敏"}, env)
	if err != nil || !slices.Contains(sc.Say, "她自己登记过了。") || s.Get("who") != "" || s.Get("day") != "2027-01-13" {
		t.Errorf("%v %v who=%q day=%q", err, sc.Say, s.Get("who"), s.Get("day"))
	}
	broken := errors.New("store is down")
	env.Answered = func(*Session, string) (*Problem, error) { return nil, broken }
	if _, _, err := Step(f, s, Input{Text: "2"}, env); !errors.Is(err, broken) {
		t.Errorf("error is %v", err)
	}
}

func TestAFormMayChangeMeanwhile(t *testing.T) {
	make := func(qs ...*Question) *Form {
		return compiledForm(t, &Form{Questions: qs, Lists: map[string][]Choice{"yn": list("y 是", "n 否"), "more": list("m 也许", "y 是", "n 否")}})
	}
	a := func() *Question {
		return &Question{Type: SelectOne, List: "yn", Name: "a", Label: "一？", Required: "yes"}
	}
	b := func() *Question {
		return &Question{Type: SelectOne, List: "yn", Name: "b", Label: "二？", Required: "yes"}
	}
	env := Env{Now: visitEnv(t).Now}
	s, _, _, err := Start(make(a(), b()), "", env)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Step(s.f, s, Input{Text: "1"}, env); err != nil {
		t.Fatal(err)
	}
	stored := s.AppendBinary(nil)

	t.Run("a question that is gone is dropped", func(t *testing.T) {
		f := make(b())
		s, err := Decode(f, stored)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := Step(f, s, Input{Text: "2"}, env); err != nil || s.Get("b") != "n" {
			t.Errorf("b = %q, %v", s.Get("b"), err)
		}
	})
	t.Run("a digit does not mean another option than was shown", func(t *testing.T) {
		other := b()
		other.List = "more"
		f := make(a(), other)
		s, err := Decode(f, stored)
		if err != nil {
			t.Fatal(err)
		}
		_, sc, err := Step(f, s, Input{Text: "2"}, env)
		if err != nil || s.Get("b") != "" || !slices.Contains(sc.Say, sayOld) {
			t.Errorf("b = %q, %v, %v", s.Get("b"), sc.Say, err)
		}
		if _, _, err := Step(f, s, Input{Text: "2"}, env); err != nil || s.Get("b") != "y" {
			t.Errorf("b = %q, %v", s.Get("b"), err)
		}
	})
	t.Run("a question put before the open one is asked", func(t *testing.T) {
		f := make(&Question{Type: Text, Name: "new", Label: "新的？", Required: "yes"}, a(), b())
		s, err := Decode(f, stored)
		if err != nil {
			t.Fatal(err)
		}
		_, sc, err := Step(f, s, Input{Text: "2"}, env)
		if err != nil || s.Get("b") != "n" || sc.Ask != "新的？" {
			t.Errorf("b = %q, %q, %v", s.Get("b"), sc.Ask, err)
		}
	})
}

func TestATapOfAnotherScreenChangesNothing(t *testing.T) {
	f := visitForm(t)
	env := visitEnv(t)
	env.Token = 40
	s, _, first, err := Start(f, "张翠", env)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = Step(f, s, Input{Text: "1 都好", Token: first.Token}, env)
	if err != nil || s.Get("finding") != "well" || first.Token <= 40 {
		t.Fatalf("finding = %q, %v", s.Get("finding"), err)
	}
	_, sc, err := Step(f, s, Input{Text: "2 需要帮助", Token: first.Token}, env)
	if err != nil || s.Get("finding") != "well" || sc.Say[0] != sayOld || sc.Token <= first.Token {
		t.Errorf("finding = %q, %v, %v", s.Get("finding"), sc.Say, err)
	}
	s.SetToken(100)
	if _, sc, _ = Step(f, s, Input{Again: true}, env); sc.Token <= 100 {
		t.Errorf("token is %d", sc.Token)
	}
}

func TestAnswersAreWhatApplies(t *testing.T) {
	f := visitForm(t)
	env := visitEnv(t)
	s, _, _, err := Start(f, "张翠 需要帮助", env)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"问补贴", "改5没见到"} {
		if _, _, err = Step(f, s, Input{Text: text}, env); err != nil {
			t.Fatal(err)
		}
	}
	status, _, err := Step(f, s, Input{Text: "保存"}, env)
	if status != Done || err != nil {
		t.Fatal(status, err)
	}
	var got []string
	for _, a := range s.Answers() {
		got = append(got, a.Name+"="+a.Value)
	}
	want := "last=greet who=张翠（一组） resident=zhang day=2027-01-13 way=home kind=greet finding=not_met"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
}

func TestAuthorsHearWhatIsWrong(t *testing.T) {
	tests := []struct {
		name   string
		q      []*Question
		row    int
		column string
		say    string
	}{
		{"a label begins with a digit", []*Question{{Type: SelectOne, List: "clock", Name: "a", Label: "？", Row: 2}}, 2, "type", "以数字开头"},
		{"a text names a question that is not there", []*Question{{Type: Note, Label: "您好，${nam}", Row: 3}}, 3, "label", "${nam}"},
		{"two calculations wait for each other", []*Question{
			{Type: Calculate, Name: "a", Calculation: "${b} + 1", Row: 2}, {Type: Calculate, Name: "b", Calculation: "${a} + 1", Row: 3},
		}, 2, "calculation", "a → b → a"},
		{"a question waits for itself", []*Question{{Type: Text, Name: "a", Label: "？", Relevant: "${a} = 'x'", Row: 2}}, 2, "relevant", "a → a"},
		{"repeats stand three deep", []*Question{{Type: Repeat, Name: "a", Children: []*Question{{Type: Repeat, Name: "b", Children: []*Question{
			{Type: Repeat, Name: "c", Row: 9}}}}}}, 9, "type", "两层"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			problems := Compile(&Form{Questions: test.q, Lists: map[string][]Choice{"clock": list("a 8:30")}})
			if len(problems) == 0 {
				t.Fatal("nothing is said")
			}
			p := problems[0]
			if p.Row != test.row || p.Column != test.column || !strings.Contains(p.Text, test.say) {
				t.Errorf("got %+v", p)
			}
		})
	}
}
