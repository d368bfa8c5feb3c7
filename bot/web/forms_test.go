package web_test

import (
	"os"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townforms"
)

func TestAFormIsLookedAtThenPutInForce(t *testing.T) {
	r := newRig(t)
	read := func(name string) []byte {
		src, err := os.ReadFile("../../flows/testdata/forms/" + name + ".md")
		if err != nil {
			t.Fatal(err)
		}
		return src
	}
	inForce := func() (out string) {
		r.view(func(tx *record.Tx) error {
			now, err := townforms.All(tx)
			for _, v := range now {
				out += v.Form + " " + v.Version
			}
			return err
		})
		return out
	}
	b := r.browser().open(r.link(zhao, "office", "", "")).get("/p/office/forms").wants(200, "传一张表")
	b.upload("/p/office/forms", "坏.xlsx", []byte("no workbook")).wants(200, "要改").without(`value="new"`)
	b.get("/p/office/forms").upload("/p/office/forms", "随手记.md", read("taken")).wants(200, "已经有用处（走访）", "C2").without(`value="new"`)
	if got := inForce(); got != "" {
		t.Errorf("in force: %s", got)
	}
	b.get("/p/office/forms").upload("/p/office/forms", "住房.md", read("housing")).wants(200, "能上线：住房登记", `value="new"`)
	b.post("/p/office/forms/apply", "what", "draft").wants(200, "没有上线", "试填 住房登记")
	if got := inForce(); got != "" {
		t.Errorf("a draft is in force: %s", got)
	}
	b.get("/p/office/forms").upload("/p/office/forms", "住房.md", read("housing")).post("/p/office/forms/apply", "what", "new").wants(200, "上线了：住房登记 1")
	b.get("/p/office/forms").upload("/p/office/forms", "住房.md", read("housing2")).post("/p/office/forms/apply", "what", "new").wants(200, "上线了：住房登记 2")
	if got := inForce(); got != "housing 2" {
		t.Errorf("in force: %s", got)
	}
	var old string
	r.view(func(tx *record.Tx) error {
		log, err := townforms.Log(tx)
		old = log[1].ID
		return err
	})
	b.get("/p/office/forms").wants(200, "住房登记，1").post("/p/office/forms/apply", "what", "use", "form", "housing", "id", old).wants(200, "上线了：住房登记 1")
	if got := inForce(); got != "housing 1" {
		t.Errorf("in force: %s", got)
	}
	r.update(func(tx *record.Tx) error {
		p, err := person.Identify(tx, zhao)
		if err != nil {
			return err
		}
		s, err := person.ScopeOf(tx, p)
		if err != nil {
			return err
		}
		_, err = townforms.Submit(s, townforms.Submission{Form: "housing", Version: old, At: r.clock().Unix(), Answers: []townforms.Said{{Name: "house/rooms", Value: "3"}}}, "f")
		return err
	})
	b.get("/p/office/forms").wants(200, "下载：住房登记").post("/p/office/forms/answers", "form", "housing").wants(200)
	if _, err := excelize.OpenReader(strings.NewReader(b.page)); err != nil {
		t.Errorf("answers: %v", err)
	}
	b.get("/p/office/forms").post("/p/office/forms/answers", "form", "nothing").wants(404, "没有这张表")
	b.get("/p/office/export").wants(200, "镇上的表")
	b.get("/p/office/forms").post("/p/office/forms/apply", "what", "off", "form", "housing").wants(200, "停用了")
	if got := inForce(); got != "" {
		t.Errorf("taken out, in force all the same: %s", got)
	}
	// Whoever keeps the system puts forms in force and reads nobody's answers.
	b = r.browser().open(r.link(qian, "office", "", "")).get("/p/office/forms").wants(200).without("下载：")
	b.post("/p/office/forms/answers", "form", "housing").wants(403)
}
