package simulator

import (
	"reflect"
	"strings"
	"testing"

	"xintiexin/bot/wechat"
)

func TestParts(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []part
	}{
		{"nothing is no part", "", nil},
		{"plain words are one part, lines kept", "早上好。\n今天有4件", []part{{Text: "早上好。\n今天有4件"}}},
		{"what the bot writes as an option can be tapped",
			"问：\n" + wechat.Tap("1 她说行", "1 她说行", 77) + "\n完",
			[]part{{Text: "问：\n"}, {Text: "1 她说行", Content: "1 她说行", ID: "77"}, {Text: "\n完"}}},
		{"a plus in an option stays a plus", `<a href="weixin://bizmsgmenu?msgmenucontent=1+1%2B1&msgmenuid=3">算</a>`,
			[]part{{Text: "算", Content: "1+1+1", ID: "3"}}},
		{"an option without words is shown as it was written", `<a href="weixin://bizmsgmenu?msgmenuid=3">空</a>`,
			[]part{{Text: `<a href="weixin://bizmsgmenu?msgmenuid=3">空</a>`}}},
		{"a web link opens its page", `看<a href="https://example.org/a?b=1&amp;c=2">这里</a>`,
			[]part{{Text: "看"}, {Text: "这里", Href: "https://example.org/a?b=1&c=2"}}},
		{"a script address is no link", `<a href="javascript:alert(1)">点</a>`,
			[]part{{Text: `<a href="javascript:alert(1)">点</a>`}}},
		{"a data address is no link", `<a href="data:text/html,<b>">点</a>`,
			[]part{{Text: `<a href="data:text/html,<b>">点</a>`}}},
		{"other markup is words", `<b>粗</b><img src=x onerror=alert(1)>`,
			[]part{{Text: `<b>粗</b><img src=x onerror=alert(1)>`}}},
		{"markup in a label makes it no link", `<a href="https://example.org"><img src=x></a>`,
			[]part{{Text: `<a href="https://example.org"><img src=x></a>`}}},
		{"an open link is words", `<a href="https://example.org">半`, []part{{Text: `<a href="https://example.org">半`}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := parts(tt.text); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %#v", got)
			}
		})
	}
}

func FuzzParts(f *testing.F) {
	f.Add("早上好")
	f.Add(`a<a href="https://example.org">b</a>c<a href="weixin://bizmsgmenu?msgmenucontent=%E8%A1%8C&msgmenuid=1">d</a>`)
	f.Add(`<a href="weixin://bizmsgmenu?msgmenucontent=%zz">x</a><a href="">`)
	f.Fuzz(func(t *testing.T, text string) {
		ps := parts(text)
		rest := text
		for _, p := range ps {
			if p.Href != "" && !strings.HasPrefix(strings.ToLower(p.Href), "http") {
				t.Errorf("a link to %q", p.Href)
			}
			if p.Href == "" && p.Content == "" && p.Text == "" {
				t.Error("an empty part")
			}
			at := strings.Index(rest, p.Text) // nothing is lost, and the order is kept
			if at < 0 {
				t.Fatalf("%q is not in %q", p.Text, rest)
			}
			rest = rest[at+len(p.Text):]
		}
	})
}
