package bot

import (
	"strconv"
	"strings"

	"xintiexin/bot/wechat"
	"xintiexin/flows/dialog"
)

// maxOptions is how many options one message shows: each costs 100 to 200 bytes
// of the 1,800.
const maxOptions = 8

// more is the word that turns the page.
const more = "更多"

// render makes the texts of a reply: one page for each message. The options
// are numbered lines that can be tapped as well as typed; a tap sends its line.
//
// A link to a private page goes below the text; base is the address of the pages,
// "" when they are not served.
func render(r dialog.Reply, base string) []string {
	if r.Raw {
		return []string{r.Text}
	}
	if strings.TrimSpace(r.Text) == "" && len(r.Options) == 0 && len(r.Links) == 0 {
		return nil
	}
	next := wechat.Tap(more, more, r.Token)
	limit := wechat.MaxText - len(next) - 1
	said := []string{wechat.Escape(r.Text)}
	for _, l := range r.Links {
		said = append(said, link(l, base))
	}
	pages := wechat.Pages(said, limit)
	var blocks []string
	if n := len(pages) - 1; n >= 0 { // options go on below the text's end
		pages, blocks = pages[:n], pages[n:]
	}
	shown := 0
	flush := func() {
		pages = append(pages, wechat.Pages(blocks, limit)...)
		blocks, shown = nil, 0
	}
	size := 0
	for _, b := range blocks {
		size += len(b)
	}
	for i, o := range r.Options {
		line := strconv.Itoa(i+1) + " " + o
		block := wechat.Tap(line, line, r.Token)
		if r.Heads != nil && r.Heads[i] != "" {
			block = wechat.Escape(r.Heads[i]) + "\n" + block
		}
		if size += len(block) + 1; shown == maxOptions || size > limit && shown > 0 {
			flush()
			size = len(block)
		}
		blocks, shown = append(blocks, block), shown+1
	}
	flush()
	for i := range pages[:len(pages)-1] {
		pages[i] += "\n" + next
	}
	return pages
}

// link is the line of a private page, which a tap opens.
func link(l dialog.Link, base string) string {
	if base == "" {
		return wechat.Escape(l.Label) + dialog.SayNoPages
	}
	return `<a href="` + wechat.Escape(strings.TrimSuffix(base, "/")+l.Path) + `">` + wechat.Escape(l.Label) + "</a>" + dialog.SayLink
}
