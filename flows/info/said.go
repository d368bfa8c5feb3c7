package info

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dialog"
	"xintiexin/storage/townconfig"
)

// What is said to everyday questions where a town has no page of its own.
const (
	sayHoursHead   = "%s最近开门的日子："
	sayHoursOpen   = "%s开门，%s。"
	sayHoursClosed = "%s不开门。"
	sayHoursNone   = "开门的日子要问一下。"
	sayPlaceOf     = "%s在%s。"
	sayPrivacy     = "您约什么、问什么，只有%s和给您办事的人看得到；村里看不到，除非您让看。\n谁看过，发“谁看过我”；不想留了，发“都删掉”。"
	sayTrust       = "这里是%s，%s主办的。\n检查和咨询不要钱，也不会跟您要银行卡号、验证码。"
	sayTrustAsk    = "不放心就打电话问：%s %s"
	sayOutPhone    = "这件事不归我们管。请打%s电话%s，问问该找谁。"
	sayOutNoPhone  = "这件事不归我们管。可以到%s问问该找谁。"
	sayMissing     = "人找不到了，请马上打110，不用等24小时。\n说清楚长相、衣服、在哪里不见的。"
	sayCannotType  = "不用打字：点键盘上的话筒，说出来会变成文字再发。也可以点下面的一行，或者打电话。"
	saySimplerWay  = "还不清楚的话，发“找人”，让人给您回电话。"
)

// intents are the everyday questions that a page answers.
func intents() []dialog.Intent {
	return dialog.BeforeWords(declared(), "check.info", "check.prepare", "clinic.hours", "privacy.info", "trust.info")
}

// declared are the intents.
func declared() []dialog.Intent {
	page := func(name string, do func(*dialog.Turn, dialog.Understood) (dialog.Reply, error)) dialog.Intent {
		return dialog.Intent{Name: name, Class: dialog.ShowsPage, Do: do}
	}
	ask := func(name string, keywords ...string) dialog.Intent { return page(name, pageOf(name, keywords...)) }
	return []dialog.Intent{
		page("clinic.hours", hoursTold), page("clinic.place", placeTold),
		page("clinic.phone", dialog.Act(phones, "")),
		{Name: "complaint.phone", Class: dialog.IsRight, Do: dialog.Act(phones, "")},
		ask("check.info", "检查流程", "免费检查", "检查"), page("check.prepare", prepareTold),
		page("privacy.info", privacyTold), page("trust.info", trustTold),
		page("benefit.info", guidesTold("补贴", "benefit")), page("papers.info", guidesTold("办事", "errand")),
		page("health.info", guidesTold("健康知识", "health")),
		ask("equality.info", "男女平等", "关爱女孩"), ask("sexdetermination.info", "两非"),
		page("event.list", dialog.Act(lectures, "")),
		{Name: "event.join", Home: true, Class: dialog.Undoable, Do: dialog.Act(lectures, "")},
		{Name: "event.leave", Home: true, Class: dialog.Frees, Do: dialog.Act(lectures, "")},
		{Name: "event.wish", Home: true, Class: dialog.Undoable, Do: func(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) { return wish(c, s.Str("topic")) }},
		{Name: "out", Class: dialog.OutOfScope, Label: "别的事，问问该找谁", Do: outTold},
		page("repeat", dialog.Act(onceMore, "")), page("simpler", simplerTold), page("cannot_type", cannotType),
	}
}

// pageOf shows the town's page that one of some keywords names, or what can be read.
func pageOf(_ string, keywords ...string) func(*dialog.Turn, dialog.Understood) (dialog.Reply, error) {
	return func(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
		site, err := townconfig.Current(c.Tx)
		if err != nil {
			return dialog.Reply{}, err
		}
		if g, ok := pageFor(site, append([]string{s.Str("topic")}, keywords...)); ok {
			return sayGuide(c, site, g), nil
		}
		return phones(c, "")
	}
}

// pageFor is the page that one of some words names.
func pageFor(site *townconfig.Site, words []string) (townconfig.Guide, bool) {
	for _, w := range words {
		if w == "" {
			continue
		}
		for _, g := range site.Guides {
			if g.Kind != "doctor" && (strings.Contains(g.Title, w) || slices.Contains(g.Keywords, w)) {
				return g, true
			}
		}
	}
	return townconfig.Guide{}, false
}

// guidesTold shows the page of a kind that the sentence names, or all of them.
func guidesTold(word, kind string) func(*dialog.Turn, dialog.Understood) (dialog.Reply, error) {
	return func(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
		site, err := townconfig.Current(c.Tx)
		if err != nil {
			return dialog.Reply{}, err
		}
		if g, ok := pageFor(site, []string{s.Str("topic")}); ok {
			return sayGuide(c, site, g), nil
		}
		text := strings.ReplaceAll(answer.Fold(s.Text), " ", "")
		for _, g := range site.Guides {
			if g.Kind != "doctor" && slices.ContainsFunc(g.Keywords, func(k string) bool { return len(k) >= len("补贴") && strings.Contains(text, k) }) {
				return sayGuide(c, site, g), nil
			}
		}
		if !slices.ContainsFunc(site.Guides, func(g townconfig.Guide) bool { return g.Kind == kind }) {
			return phones(c, "")
		}
		return guides(c, word, "", kind)
	}
}

// hoursTold says when it is open: on the day that was asked for, and on the next days.
func hoursTold(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(site.Services) == 0 {
		r, err := phones(c, "")
		r.Text = dialog.Join(sayHoursNone, r.Text)
		return r, err
	}
	if g, ok := guideIn(site, s.Text); ok && s.Day("day") == 0 { // the town's own page
		return sayGuide(c, site, g), nil
	}
	service := site.Services[0]
	h := site.Holidays()
	var lines []string
	if day := s.Day("day"); day >= c.Today {
		if open := site.OpenOn(service.ID, day, h); len(open) > 0 {
			lines = append(lines, fmt.Sprintf(sayHoursOpen, day.Chinese(), timesOf(open)))
		} else {
			lines = append(lines, fmt.Sprintf(sayHoursClosed, day.Chinese()))
		}
	}
	lines = append(lines, fmt.Sprintf(sayHoursHead, service.Label))
	shown := 0
	for day := c.Today; day < c.Today+30 && shown < 3; day++ {
		if open := site.OpenOn(service.ID, day, h); len(open) > 0 {
			lines, shown = append(lines, "　"+day.Chinese()+" "+timesOf(open)), shown+1
		}
	}
	if service.Place != "" {
		lines = append(lines, fmt.Sprintf(sayPlaceOf, "地方", service.Place))
	}
	if p, ok := site.Phone("clinic"); ok && p.Number != "" {
		lines = append(lines, p.Label+" "+p.Number)
	}
	return dialog.Reply{Text: dialog.Join(lines...)}, nil
}

func timesOf(open []townconfig.Opening) string {
	var out []string
	for _, o := range open {
		if w := dialog.ClockWord(o.Time); !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return strings.Join(out, "、")
}

// placeTold says where the services are, with the phone.
func placeTold(c *dialog.Turn, _ dialog.Understood) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	var lines []string
	for _, s := range site.Services {
		if s.Place != "" {
			lines = append(lines, fmt.Sprintf(sayPlaceOf, s.Label, s.Place))
		}
	}
	if len(lines) == 0 {
		return phones(c, "")
	}
	if p, ok := site.Phone("clinic"); ok && p.Number != "" {
		lines = append(lines, p.Label+" "+p.Number)
	}
	return dialog.Reply{Text: dialog.Join(lines...)}, nil
}

// prepareTold is what to bring and to mind before a check-up.
func prepareTold(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	for _, one := range site.Services {
		if text := site.Text(one.Prepare, ""); one.Prepare != "" && text != "" {
			return dialog.Reply{Text: text}, nil
		}
	}
	return pageOf("", "检查流程", "免费检查", "检查")(c, s)
}

func privacyTold(c *dialog.Turn, _ dialog.Understood) (dialog.Reply, error) {
	return dialog.Reply{Text: fmt.Sprintf(sayPrivacy, c.Office())}, nil
}

func trustTold(c *dialog.Turn, _ dialog.Understood) (dialog.Reply, error) {
	t, err := townconfig.LoadTown(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	said := fmt.Sprintf(sayTrust, t.Title, c.Office())
	if t.Phone != "" {
		said = dialog.Join(said, fmt.Sprintf(sayTrustAsk, c.Office(), t.Phone))
	}
	return dialog.Reply{Text: said}, nil
}

// gone are words of somebody who cannot be found.
var gone = regexp.MustCompile(`走丢|丢了|失踪|不见了|找不[着到]|没回家|跑丢`)
var someone = regexp.MustCompile(`(?:娘|妈|爹|爸|孩子|闺女|儿子|老人|老太太|老头|奶奶|爷爷|姥|媳妇|对象|人)`)

// outTold says whom to ask of what is not of this service; 110 first where somebody is
// missing.
func outTold(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
	t, err := townconfig.LoadTown(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	said := fmt.Sprintf(sayOutNoPhone, c.Office())
	if t.Phone != "" {
		said = fmt.Sprintf(sayOutPhone, c.Office(), t.Phone)
	}
	if gone.MatchString(s.Text) && someone.MatchString(s.Text) {
		said = dialog.Join(sayMissing, fmt.Sprintf("%s %s", c.Office(), t.Phone))
		return dialog.Reply{Text: said}, nil
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	text := answer.Fold(s.Text)
	for _, g := range site.Guides { // the town's page says who is asked
		if (g.Kind == "guide" || g.Kind == "hotline") && slices.ContainsFunc(g.Keywords, func(k string) bool { return strings.Contains(text, k) }) {
			return sayGuide(c, site, g), nil
		}
	}
	return dialog.Reply{Text: said, Lost: true}, nil // it may have been meant for somebody else
}

func simplerTold(c *dialog.Turn, _ dialog.Understood) (dialog.Reply, error) {
	r, err := onceMore(c, "")
	r.Text = dialog.Join(r.Text, saySimplerWay)
	return r, err
}

func cannotType(c *dialog.Turn, _ dialog.Understood) (dialog.Reply, error) {
	help, err := c.FindHelp("")
	if err != nil {
		return dialog.Reply{}, err
	}
	return c.Menu(dialog.Join(sayCannotType, help.Text))
}
