package flows_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"xintiexin/bot/wechat"
	"xintiexin/flows"
	"xintiexin/flows/safety"
	"xintiexin/flows/site"
	"xintiexin/storage"
	"xintiexin/storage/access"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/questions"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/townconfig"
)

// doAsked is what is done from outside about what people ask for: what a private
// page does, site data, a cadre who leaves. It reports whether it knew the verb.
//
//	page NAME WORDS          the note page: a question is written, its number is NOTE
//	page-tell NAME           and she wants to be told
//	page-read NAME           the answer's page is opened
//	page-reply NAME WORDS    a clinician answers NOTE on its page
//	purge                    what the night's job does with questions
//	clinician NAME           a second one, on a WeChat of her own
//	shows NAME               she lets 甲村 see what she asks for
//	leaves NAME              a cadre leaves
//	lecture SEATS            the meetings of the site have so many seats
//	closed                   the site names no service any more
//	opens DAY HOUR SEATS ... nothing can be booked but these hours
//	dangers WORD ...         the site's table knows one more row
func (p *player) doAsked(tx *record.Tx, verb, rest string) bool {
	name, words, _ := strings.Cut(rest, " ")
	must := func(err error) {
		if err != nil {
			p.t.Fatalf("%s %s: %v", verb, rest, err)
		}
	}
	town := func(change func(*townconfig.Site)) {
		now, err := townconfig.Current(tx)
		must(err)
		data := *now
		change(&data)
		must(storage.PutSite(tx, data, "", p.now))
	}
	note := func() string { return p.codes["NOTE"] }
	switch verb {
	case "page":
		n, err := questions.Ask(p.as(tx, name), words, "page "+rest, p.now)
		must(err)
		p.codes["NOTE"] = n.Number
	case "page-tell":
		must(questions.TellAnswer(p.as(tx, name), note(), true))
	case "page-read":
		_, err := questions.Read(p.as(tx, name), note(), p.now)
		must(err)
	case "page-reply":
		_, err := questions.Answer(p.as(tx, name), note(), words, p.now)
		must(err)
	case "purge":
		_, _, err := questions.Purge(tx, record.Page{}, 1000, p.now)
		must(err)
	case "clinician":
		must(person.PutStaff(tx, person.Staff{ID: "sun", Name: name, Roles: []person.Role{person.Clinician}}))
		must(access.Bind(tx, openids[name], "sun"))
	case "shows":
		must(enrolment.ShowTo(p.as(tx, name), p.residents[name], "379999104201", p.now))
	case "closed":
		town(func(s *townconfig.Site) { s.Services, s.Openings = nil, nil })
	case "opens": // DAY HOUR SEATS …: nothing but these hours
		f := strings.Fields(rest)
		town(func(s *townconfig.Site) {
			s.Openings, s.Days = nil, nil
			for ; len(f) >= 3; f = f[3:] {
				day, err := calendar.ParseDay(f[0])
				must(err)
				s.Days = append(s.Days, townconfig.SiteDay{Service: "checkup", Day: day, Time: f[1], Capacity: int(f[2][0] - '0')})
			}
		})
	case "leaves":
		c, err := person.LoadStaff(tx, ids[name])
		must(err)
		c.Left = true
		must(person.PutStaff(tx, c))
	case "lecture":
		town(func(s *townconfig.Site) {
			s.Lectures = []townconfig.Lecture{{ID: "babyfood", Title: "宝宝辅食怎么加", Place: "样庄镇便民服务点",
				Day: calendar.Date(2027, 1, 21), Time: "09:30", Seats: int(rest[0] - '0')}}
		})
	case "dangers":
		town(func(s *townconfig.Site) {
			s.Dangers = append([]townconfig.Danger{{Words: strings.Fields(rest), Phones: []string{"120"}}}, s.Dangers...)
		})
	default:
		return false
	}
	return true
}

// TestWordsOfDangerAreKeptNowhere: neither in the file, nor in what the chat holds.
func TestWordsOfDangerAreKeptNowhere(t *testing.T) {
	p := &player{t: t, path: filepath.Join(t.TempDir(), "x.db"), token: map[string]uint32{}, residents: map[string]string{}, codes: map[string]string{}}
	p.open()
	defer func() { p.store.Close() }()
	p.now = calendar.Date(2026, 12, 2).At(10, 20)
	p.town()
	p.do("site")
	const mark = "紫檀木匣子"
	for _, at := range [][]string{
		{"路人", mark + "出血"}, {"路人", "改期 " + mark + "出血"},
		{"王桂英", "走访 郭敏"}, {"王桂英", "1"}, {"王桂英", "1"}, {"王桂英", "需要帮助"}, {"王桂英", mark + "喘不上气"},
		{"孟丽", "悄悄话"}, {"孟丽", "2"}, {"孟丽", mark + "挨打"},
	} {
		p.who = at[0]
		said := p.send(at[1])
		if strings.Contains(said, mark) || strings.Contains(at[1], mark) && !strings.Contains(said, "您说到") {
			t.Errorf("%s: %s", at[1], said)
		}
	}
	err := p.store.View(t.Context(), func(tx *record.Tx) error {
		for _, name := range []string{"路人", "王桂英", "孟丽"} {
			s, err := dialogstate.Load(tx, openids[name])
			if err != nil {
				return err
			}
			if held := fmt.Sprintf("%s %v %s", s.Form, s.Offers, s.Then); strings.Contains(held, mark) {
				t.Errorf("the chat of %s holds it: %q", name, held)
			}
		}
		if n, err := requests.Dangers(tx, calendar.DayOf(p.now)); n != 4 || err != nil {
			t.Errorf("%d counted, %v", n, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(p.path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(file, []byte(mark)) {
		t.Error("it is in the file")
	}
}

// TestSignsAreMeantNotMentioned holds the built-in table of dangers against what
// people say: what is a sign, and what only looks like one.
func TestSignsAreMeantNotMentioned(t *testing.T) {
	table := site.Builtin().Dangers
	for text, want := range map[string]string{
		"这两天老是出血":        "出血",
		"改期 这两天老是出血":     "出血",
		"出 血 了":          "出血",
		"昨天没出血今天出血了":     "出血",
		"是不是出血了":         "出血",
		"血止不住出血了":        "出血",
		"走访郭敏 她说老是出血":    "出血",
		"不想活了":           "不想活",
		"真不想火了":          "不想活", // as dictation writes it
		"孩子胎动变少了":        "胎动变少",
		"俺没有胎动了":         "没有胎动",
		"没胎动了":           "没胎动",
		"喘不上汽来":          "喘不上气",
		"又被他打了":          "被他打",
		"喝农药了":           "喝农药",
		"喝了农药":           "喝了农药",
		"她想喝药":           "想喝药",
		"活着没意思":          "活着没意思",
		"孩子想不开":          "想不开",
		"出了好多血":          "好多血",
		"他打我":            "他打我",
		"俺被对象打了":         "被对象打",
		"娃不咋动了":          "不咋动了",
		"头晕眼花看不清":        "眼花看不清",
		"俺男人老打俺 身上都是伤":   "老打俺",
		"会不会出血":          "出血",
		"有没有出血都不知道":      "出血",
		"孩子不想喝药":         "",
		"他打我电话没接到":       "",
		"她老打俺手机":         "",
		"有事打我电话":         "",
		"想不开会的日子":        "",
		"字太小看不清":         "",
		"抽血验血":           "",
		"喝了药好多了":         "",
		"没出血":            "",
		"没有出血":           "",
		"不出血了":           "",
		"从没挨打":           "",
		"不想活动":           "",
		"她不想活动，在家歇着":     "",
		"不想获得":           "",
		"测出血压高":          "",
		"查出血糖有点高":        "",
		"年轻生孩子好":         "",
		"看见红梅了":          "",
		"走访解红梅":          "",
		"动手打扫卫生":         "",
		"水管打破水管":         "",
		"孩子考上北大了":        "",
		"我太不懂了":          "",
		"走访郭敏 都好":        "",
		"约号":             "",
		"1":              "",
		"她说行":            "",
		"小燕 17900000317": "",
	} {
		got := ""
		if found := safety.Signs(table, text); len(found) > 0 {
			got = found[0].Word
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// BenchmarkSigns is what a usual message costs.
func BenchmarkSigns(b *testing.B) {
	table := site.Builtin().Dangers
	for b.Loop() {
		safety.Signs(table, "夜来走访秀兰 都好 下回头午去")
	}
}

func TestEveryNoticeOfWhatWasAskedIsFit(t *testing.T) {
	for _, d := range []outbox.Delivery{
		{Kind: "request_done", To: "r:a"}, {Kind: "request_ready", To: "r:a"}, {Kind: "request_list", To: "r:a"}, {Kind: "request_times", To: "r:a"},
		{Kind: "request_offer", To: "c:a"}, {Kind: "request_waiting", To: "c:a"}, {Kind: "note_waiting", To: "c:a"},
		{Kind: "note_answered", To: "w:a"}, {Kind: "lecture_eve", To: "r:a"},
		{Kind: "lecture_moved", To: "r:a"}, {Kind: "lecture_off", To: "r:a"}, {Kind: "lecture_eve", To: "r:a", Reason: "late"}, {Kind: "visit_eve", To: "r:a", Reason: "late"},
	} {
		d.Facts = map[string]string{"day": "2026-12-09", "count": "12", "time": "09:30", "request": "abc"}
		d.Earliest = 1796000000
		if d.Reason == "late" {
			d.Facts["late"], d.Facts["part"] = "yes", "上午"
		}
		noticeFit(t, d)
	}
}

// noticeFit holds the words of a delivery against what a push may say, and against
// the platform's rules for a notice card.
func noticeFit(t *testing.T, d outbox.Delivery) {
	t.Helper()
	words := flows.Notice(d)
	if words.Text == "" {
		t.Errorf("%s: no text", d.Kind)
	}
	for field, key := range map[string]string{"event": "thing1", "time": "time2", "date": "date3", "remark": "thing4"} {
		if err := wechat.ValidTemplateValue(key, words.Fields[field]); err != nil {
			t.Errorf("%s: %s %q: %v", d.Kind, field, words.Fields[field], err)
		}
	}
	all := words.Text + words.Fields["event"] + words.Fields["remark"]
	for _, w := range forbidden {
		if strings.Contains(all, w) {
			t.Errorf("%s says %s: %s", d.Kind, w, all)
		}
	}
	fit(t, d.Kind, words.Text)
}
