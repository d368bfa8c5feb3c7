package corpus_test

import (
	"strings"
	"testing"

	"xintiexin/flows/understand/corpus"
)

func TestPhrases(t *testing.T) {
	cases, err := corpus.Phrases("# role cadre\nvisit.log: (去了/看了)Ⓝ[，都好] | Ⓝ没在家", []string{"郭敏", "吕芬"})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, c := range cases {
		said = append(said, c.Text)
	}
	if got := strings.Join(said, "|"); got != "去了郭敏，都好|去了吕芬|看了郭敏，都好|看了吕芬|郭敏没在家" {
		t.Error(got)
	}
	for _, text := range []string{"visit.log: 去了", "# role cadre\n去了", "# role cadre\na: (b", "# role cadre\na: b)"} {
		if _, err := corpus.Phrases(text, nil); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func TestVerdicts(t *testing.T) {
	c := corpus.Case{Intent: "visit.log", Slots: map[string]any{"who": []any{"甲", "乙"}, "note": "想家"}, Never: []string{"away.log"}}
	for _, x := range []struct {
		o    corpus.Result
		want string
	}{
		{corpus.Result{Outcome: "do", Intent: "visit.log", Slots: map[string]any{"who": []string{"乙", "甲"}, "note": "就是想家"}}, corpus.Right},
		{corpus.Result{Outcome: "do", Intent: "visit.log", Slots: map[string]any{"who": "甲"}}, corpus.NoSlot},
		{corpus.Result{Outcome: "do", Intent: "away.log"}, corpus.Harm},
		{corpus.Result{Outcome: "do", Intent: "menu"}, corpus.Wrong},
		{corpus.Result{Outcome: "ask", Offers: []string{"menu", "visit.log"}}, corpus.Asked},
		{corpus.Result{Outcome: "ask", Offers: []string{"menu"}}, corpus.Lost},
		{corpus.Result{Outcome: "lost"}, corpus.Lost},
	} {
		if got := corpus.Judge(c, x.o); got != x.want {
			t.Errorf("%+v: %s, want %s", x.o, got, x.want)
		}
	}
	offered := corpus.Case{Intent: "answer", State: "at:offer", Offers: []string{"约检查", "领叶酸"}, Slots: map[string]any{"value": "领叶酸"}}
	if got := corpus.Judge(offered, corpus.Result{Outcome: "answer", Slots: map[string]any{"value": "2"}}); got != corpus.Right {
		t.Error(got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("id,role,state,offers,text,intent,slots,never\n1,cadre,idle,,好,thanks,{},\n")
	f.Fuzz(func(t *testing.T, text string) { _, _ = corpus.Read(strings.NewReader(text), "x") })
}

func FuzzPhrases(f *testing.F) {
	f.Add("# role cadre\nvisit.log: (去了/看了)Ⓝ[，都好] | Ⓝ没在家")
	f.Fuzz(func(t *testing.T, text string) { _, _ = corpus.Phrases(text, []string{"郭敏"}) })
}
