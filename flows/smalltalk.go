package flows

import (
	"regexp"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/townconfig"
)

var (
	hello   = []string{"你好", "您好", "你好啊", "在吗", "在不", "有人吗", "有人不", "hi", "hello", "喂", "早上好", "早", "上午好", "下午好", "晚上好"}
	thanks  = regexp.MustCompile(`^(?:好的?|嗯|哦)?[ ,]*(?:多谢|谢谢|谢了|感谢|辛苦|麻烦)(?:您|你|了|啦|啊|哈|们|大夫|医生|姐|妹子)*$`)
	nobodys = regexp.MustCompile(`没(?:个)?人(?:理|管|回|答|应|问)|咋(?:还)?不回|怎么(?:还)?不回|不理(?:俺|我|人)`)
	renames = regexp.MustCompile(`(?:改|换)(?:一?[下个])?(?:俺|我)?的?(?:名|称呼|电话|手机|号码)|(?:名字?|电话|手机号?|号码)(?:写|记|填|打|弄|留|搞)?错|换了?(?:手机|电话)号`)
	takesIn = regexp.MustCompile(`^(?:我要|俺要|我想|俺想)?撤回(?:一下|刚才的?|上一条|消息|了|吧)*$`)
)

// smallTalk answers a resident's words that are no keyword and begin nothing: thanks,
// a greeting, that nobody answers her, that she is called otherwise, something about
// her body. ok is false for all else.
func (c *chat) smallTalk(text string) (r Reply, ok bool, err error) {
	if c.who.Staff() || c.m.Tapped || c.m.Token != 0 {
		return Reply{}, false, nil
	}
	phone, _, _ := answer.Phone(text)
	switch {
	case slices.Contains(hello, strings.TrimRight(text, "?")):
		r, err = c.greet()
	case thanks.MatchString(text):
		r = Reply{Text: sayWelcome}
	case answer.Decides(text) == answer.Noted:
		r = Reply{Text: sayFine}
	case takesIn.MatchString(text):
		r = c.offer(sayTakeWhat, dialogstate.Option{Label: labelTakeSeat, Do: "say 退号"}, dialogstate.Option{Label: labelTakeYes, Do: "say 撤回同意"},
			dialogstate.Option{Label: labelNotNow, Do: "none"})
	case len(c.who.Residents) > 0 && (renames.MatchString(text) || phone != ""):
		r, err = c.data()
		r.Text = join(sayRename, r.Text)
	case nobodys.MatchString(text):
		r, err = c.unheard()
	case ringTalk(text):
		r, err = c.findPerson("")
	default:
		return c.forDoctor(text)
	}
	return r, true, err
}

// unheard answers who says that nobody answers her: what became of what she asked
// for, or how to reach somebody.
func (c *chat) unheard() (Reply, error) {
	var lines []string
	for _, id := range c.who.Residents {
		asked, err := c.requestLines(id)
		if isNotFound(err) { // her card was closed
			continue
		}
		if err != nil {
			return Reply{}, err
		}
		lines = append(lines, asked...)
	}
	r, err := c.findPerson("")
	r.Text = join(append(append([]string{sayUnheard}, lines...), r.Text)...)
	return r, err
}

// forDoctor points what is said about a body, by the words of the site's pages of
// the kind doctor, to the question box. Nothing of it is kept.
func (c *chat) forDoctor(text string) (Reply, bool, error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, false, err
	}
	text = strings.ReplaceAll(text, " ", "")
	for _, g := range site.Guides {
		if g.Kind != "doctor" || !slices.ContainsFunc(g.Keywords, func(k string) bool { return strings.Contains(text, k) }) {
			continue
		}
		c.page = unkept
		return c.offer(g.Text, dialogstate.Option{Label: labelNote, Do: "say 悄悄话"}, dialogstate.Option{Label: labelNotNow, Do: "none"}), true, nil
	}
	return Reply{}, false, nil
}
