package bot_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"xintiexin/bot"
	"xintiexin/bot/wechat"
	"xintiexin/flows/dialog"
	"xintiexin/storage/consent"
	"xintiexin/storage/followups"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/visits"
)

var (
	link  = regexp.MustCompile(`<a href="weixin://bizmsgmenu\?msgmenucontent=[-._~%0-9A-Za-z]+&msgmenuid=(\d+)">([^<>]*)</a>`)
	onTap = regexp.MustCompile(`^(\d+) `)
)

// sound says what is wrong with a page, "" if nothing is.
func sound(page string) string {
	switch rest := link.ReplaceAllString(page, ""); {
	case len(page) > wechat.MaxText:
		return fmt.Sprintf("%d bytes", len(page))
	case !utf8.ValidString(page):
		return "cut inside a character"
	case strings.ContainsAny(rest, "<>"):
		return "cut inside a link: " + rest
	case strings.TrimSpace(page) == "":
		return "empty"
	}
	return ""
}

// labels are what the links of a page show.
func labels(page string) (out []string) {
	for _, m := range link.FindAllStringSubmatch(page, -1) {
		out = append(out, m[2])
	}
	return out
}

func TestRender(t *testing.T) {
	options := func(n int, of string) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprintf("%s%c", of, 'a'+i))
		}
		return all
	}
	for _, c := range []struct {
		name  string
		r     dialog.Reply
		pages int
	}{
		{"nothing to say", dialog.Reply{}, 0},
		{"a line", dialog.Reply{Text: "好。"}, 1},
		{"eight options are a page", dialog.Reply{Text: "哪个？", Options: options(8, "选项"), Token: 7}, 1},
		{"nine are two", dialog.Reply{Text: "哪个？", Options: options(9, "选项"), Token: 7}, 2},
		{"long labels fill a page sooner", dialog.Reply{Text: "哪个？", Options: options(8, strings.Repeat("长", 30)), Token: 7}, 3},
		{"a long text", dialog.Reply{Text: strings.Repeat("很长的一句话。", 200), Options: options(3, "选项")}, 3},
		{"a page made before", dialog.Reply{Text: `<a href="x">y</a>`, Raw: true}, 1},
		{"a name that would break a link", dialog.Reply{Text: `</a>"><b>`, Options: []string{`<a href="x">王`}}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			pages := bot.Render(c.r, "")
			if len(pages) != c.pages {
				t.Errorf("%d pages, want %d", len(pages), c.pages)
			}
			if !c.r.Raw {
				check(t, c.r, pages)
			}
		})
	}
}

// check fails unless the pages are sound, show each option once and in order,
// and each but the last one says how to go on.
func check(t *testing.T, r dialog.Reply, pages []string) {
	t.Helper()
	var shown []string
	for i, p := range pages {
		if wrong := sound(p); wrong != "" {
			t.Fatalf("page %d of %d: %s\n%s", i+1, len(pages), wrong, p)
		}
		l := labels(p)
		if i < len(pages)-1 {
			if len(l) == 0 || l[len(l)-1] != "更多" {
				t.Fatalf("page %d of %d does not say 更多", i+1, len(pages))
			}
			l = l[:len(l)-1]
		}
		if len(l) > 8 {
			t.Fatalf("page %d has %d options", i+1, len(l))
		}
		shown = append(shown, l...)
	}
	var want []string
	for i, o := range r.Options {
		want = append(want, wechat.Escape(fmt.Sprintf("%d %s", i+1, o)))
	}
	if strings.Join(shown, "|") != strings.Join(want, "|") {
		t.Fatalf("shown %q, want %q", shown, want)
	}
}

// TestRenderAnything: whatever the texts, the pages are sound and nothing is
// lost but line ends.
func TestRenderAnything(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	signs := []rune("王桂英走访好的abc 12，。<>&\"'/\n😀é")
	text := func(max int) string {
		var b strings.Builder
		for range rng.IntN(max) {
			b.WriteRune(signs[rng.IntN(len(signs))])
		}
		return b.String()
	}
	for range 2000 {
		r := dialog.Reply{Text: "问" + text(1500), Token: rng.Uint32()}
		for range rng.IntN(30) {
			r.Options = append(r.Options, "选"+strings.ReplaceAll(text(60), "\n", ""))
		}
		pages := bot.Render(r, "")
		check(t, r, pages)
		all := strings.NewReplacer("\n", "").Replace(link.ReplaceAllString(strings.Join(pages, ""), ""))
		if want := strings.ReplaceAll(wechat.Escape(r.Text), "\n", ""); all != want {
			t.Fatalf("the text became %q, want %q", all, want)
		}
	}
}

// TestMore: a day with forty people is read page by page, each word and number
// of every page can be answered, and a repeated delivery turns no page.
func TestMore(t *testing.T) {
	r := newRig(t, nil)
	village := r.find("高霞").Village
	r.update(func(tx *record.Tx) error {
		s, err := asCadre(tx)
		if err != nil {
			return err
		}
		people, _, err := person.ResidentPage(tx, village, record.Page{}, 60)
		if err != nil {
			return err
		}
		for _, p := range people[:min(len(people), 36)] {
			if err := consent.Put(s, consent.Consent{Resident: p.ID, Set: purpose.VisitRecord, Answer: person.Yes, Channel: "oral"}, morning); err != nil {
				return err
			}
			if _, err := visits.AddFollowUp(s, followups.FollowUp{Resident: p.ID, Kind: "answer", Text: "问补贴怎么办", Due: today, Asked: today, Contact: "wangguiying"}, "more/"+p.ID); err != nil {
				return err
			}
		}
		return nil
	})
	page := r.says(wang, "今日")
	next := 1
	for n := 1; ; n++ {
		if wrong := sound(page); wrong != "" {
			t.Fatalf("page %d: %s", n, wrong)
		}
		l := labels(page)
		more := len(l) > 0 && l[len(l)-1] == "更多"
		if more {
			l = l[:len(l)-1]
		}
		for _, o := range l {
			if got := onTap.FindStringSubmatch(o); got == nil || got[1] != fmt.Sprint(next) {
				t.Fatalf("page %d shows %q, want number %d", n, o, next)
			}
			next++
		}
		if !more {
			break
		}
		answers, err := r.driver.Overlap(wang, "更多", 3)
		if err != nil || answers[0].Text != answers[1].Text || answers[0].Text != answers[2].Text || answers[0].Text == page {
			t.Fatalf("更多, delivered three times: %v, %v", answers, err)
		}
		page = answers[0].Text
	}
	if next-1 < 36 {
		t.Fatalf("%d options in all", next-1)
	}
	r.wants(wang, fmt.Sprint(next-1), "回过话了") // the number of the last page's last line
}
