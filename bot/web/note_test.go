package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"xintiexin/storage/person"
	"xintiexin/storage/questions"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
)

var (
	lijing = seed.OpenID("demo", "lijing")
	hejing = "oPages_hejing_0000000000000" // follows, and is nobody
)

var number = regexp.MustCompile(`条号 (\d{4})`)

// ask writes a question and returns its number.
func (r *rig) ask(text string) string {
	r.t.Helper()
	b := r.browser().open(r.link(hejing, "note", "", "")).wants(200, "没有人看得到", "打120")
	m := number.FindStringSubmatch(b.post("/p/note", "text", text).wants(200, "收到了").page)
	if m == nil {
		r.t.Fatal("no number")
	}
	return m[1]
}

func TestANoteIsAskedAnsweredReadAndDeleted(t *testing.T) {
	r := newRig(t)
	b := r.browser().open(r.link(hejing, "note", "", ""))
	b.post("/p/note", "text", " \r\n").wants(http.StatusUnprocessableEntity, "还没有写字")
	b.post("/p/note", "text", strings.Repeat("问", questions.NoteMax+1)).wants(http.StatusUnprocessableEntity, "太长了")
	form := b.page
	b.post("/p/note", "text", "想问一件事").wants(200, "收到了", "有回音时发您一条吗")
	no := number.FindStringSubmatch(b.page)[1]
	sent := b.page
	b.page = form
	b.post("/p/note", "text", "想问一件事").wants(200, "条号 "+no) // the phone sent it twice
	b.page = sent
	b.post("/p/note/tell", "number", no, "tell", "no").wants(200, "好，不发")

	r.browser().open(r.link(hejing, "answer", "", no)).wants(200, "想问一件事", "还没有回，最晚")
	r.browser().open(r.link(xiaoyan, "answer", "", no)).wants(http.StatusGone, "已经没有了").without("想问一件事")
	r.browser().open(r.link(zhao, "reply", "", no)).wants(http.StatusGone, "不归您回").without("想问一件事")
	r.browser().open(r.link(wang, "reply", "", no)).wants(http.StatusGone).without("想问一件事")

	d := r.browser().open(r.link(lijing, "reply", "", no)).wants(200, "想问一件事", "别问名字、电话").without(hejing)
	d.post("/p/reply", "text", "").wants(http.StatusUnprocessableEntity, "还没有写字")
	d.post("/p/reply", "text", "您叫什么？").wants(http.StatusUnprocessableEntity, "像是在问名字").without("回好了")
	d.post("/p/reply", "text", "不要紧，方便时来二楼。").wants(200, "回好了")
	d.get("/p/reply").wants(http.StatusGone)

	b = r.browser().open(r.link(hejing, "answer", "", no)).wants(200, "想问一件事", "方便时来二楼", "看过7天")
	late := r.browser().open(r.link(lijing, "reply", "", no))
	late.post("/p/reply", "text", "还有一句").wants(http.StatusConflict, "看过了，改不了")
	b.post("/p/answer/delete").wants(200, "删了，医生那边也没了")
	r.browser().open(r.link(hejing, "answer", "", no)).wants(http.StatusGone, "已经没有了")
	r.browser().open(r.link(lijing, "reply", "", no)).wants(http.StatusGone)
}

// TestADangerIsAnsweredFirst: nothing is kept until she sends it all the same.
func TestADangerIsAnsweredFirst(t *testing.T) {
	r := newRig(t)
	b := r.browser().open(r.link(hejing, "note", "", ""))
	b.post("/p/note", "text", "这两天老是出血").wants(http.StatusUnprocessableEntity, "您写到“出血”", "tel:120", "还是交上去", "这两天老是出血")
	r.as(lijing, func(_ *record.Tx, s person.Scope) error {
		all, err := questions.Waiting(s)
		if len(all) > 0 {
			t.Error("it was kept")
		}
		return err
	})
	b.post("/p/note", "text", "这两天老是出血", "anyway", "yes").wants(200, "收到了")
	r.browser().open(r.link(hejing, "note", "", "")).post("/p/note", "text", "测出血压高怎么办").wants(200, "收到了")
}

func TestOneAsksThreeTimesADay(t *testing.T) {
	r := newRig(t)
	for range 3 {
		r.ask("想问一件事")
	}
	r.browser().open(r.link(hejing, "note", "", "")).post("/p/note", "text", "还想问").wants(http.StatusTooManyRequests, "明天再来", "还想问")
}

func TestANoteIsWordsAndNothingElse(t *testing.T) {
	r := newRig(t)
	nasty := `<img src=x onerror="alert(1)">{{.}}`
	no := r.ask(nasty)
	r.browser().open(r.link(hejing, "answer", "", no)).wants(200, "&lt;img").without("<img")
	r.browser().open(r.link(lijing, "reply", "", no)).wants(200, "&lt;img").without("<img")
}
