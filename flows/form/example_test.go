package form_test

import (
	"fmt"
	"time"

	"xintiexin/flows/form"
)

// A session and what was typed go in; the session and the next screen come out.
func Example() {
	f := &form.Form{ID: "loan", Title: "借用", Questions: []*form.Question{
		{Type: form.Text, Name: "what", Label: "借什么？", Required: "yes"},
		{Type: form.Integer, Name: "days", Label: "借几天？", Required: "yes"},
	}}
	if problems := form.Compile(f); len(problems) > 0 {
		panic(problems[0].Text)
	}
	env := form.Env{Now: time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)}
	session, status, screen, err := form.Start(f, "", env)
	for _, typed := range []string{"轮椅", "三", "保存"} {
		if err != nil || status != form.Asking {
			panic(err)
		}
		fmt.Println(screen.Ask)
		status, screen, err = form.Step(f, session, form.Input{Text: typed}, env)
	}
	fmt.Println(status == form.Done, err)
	// Output:
	// 借什么？
	// 借几天？
	// 记成这样，对吗？
	// ① 借什么：轮椅
	// ② 借几天：3
	// true <nil>
}
