package document

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/documents"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// paperWords are those of a resident for whom a paper waits.
func paperWords() []dialog.Keyword {
	return []dialog.Keyword{
		{Text: "可领", For: dialog.Clinic, Do: dialog.HowTo(sayHowReady)},
		{Text: "转诊", For: dialog.Clinic, Do: dialog.HowTo(sayHowSlip)},
		{Text: "到了", For: dialog.Anyone, Do: here},
		{Text: "签收", For: dialog.Anyone, Do: sign},
		{Text: "留着", For: dialog.Anyone, Do: keepPaper},
		{Text: "先留着", For: dialog.Anyone, Do: keepPaper},
		{Text: "领资料", For: dialog.Anyone, Do: paperAgain},
		{Text: "不让代了", For: dialog.Anyone, Do: myself},
		{Text: "自己领", For: dialog.Anyone, Do: myself}, // no word with 寄: it sounds like 记, and 不记了 means another thing
		{Text: "家属代领", For: dialog.Anyone, Do: nameProxy},
		{Text: "家属代收", For: dialog.Anyone, Do: nameProxy},
		{Text: "寄给我", For: dialog.Anyone, Do: wishMail},
		{Text: "不复诊了", For: dialog.Anyone, Do: noReturn},
	}
}

func paperVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){
		"ready":        dialog.ForClinic(makeReady),
		"paper":        showPaper,
		"paper-day":    comeFor,
		"paper-keep":   keepOne,
		"paper-waive":  waiveOne,
		"paper-proxy":  askProxy,
		"paper-name":   askProxy,
		"paper-mail":   mailOne,
		"paper-sign":   askSigned,
		"paper-signed": signOne,
	}
}

// ---- herself ----

// waitingPapers are the open papers of all for whom this WeChat stands, those
// without an answer of hers first.
func waitingPapers(c *dialog.Turn) ([]documents.Document, error) {
	var out []documents.Document
	for _, id := range c.Who.Residents {
		all, err := documents.List(c.Scope, id)
		if dialog.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, p := range all {
			if p.Open(c.Today) {
				out = append(out, p)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b documents.Document) int { return dialog.CompareBool(unanswered(c, b), unanswered(c, a)) })
	return out, nil
}

func unanswered(c *dialog.Turn, p documents.Document) bool {
	return p.Day < c.Today && p.State != documents.Kept && p.Proxy == "" && !p.Mail
}

// myPaper asks how a paper goes its way about which she has said nothing yet, or
// whose day went by; ok is false when there is none.
func myPaper(c *dialog.Turn) (r dialog.Reply, ok bool, err error) {
	papers, err := waitingPapers(c)
	if err != nil || len(papers) == 0 || !unanswered(c, papers[0]) {
		return dialog.Reply{}, false, err
	}
	r, err = paperAsk(c, papers[0], "")
	return r, true, err
}

// paperLines says in a line each what waits for one resident, for a list with
// other things.
func paperLines(c *dialog.Turn, resident string) ([]string, error) {
	all, err := documents.List(c.Scope, resident)
	if dialog.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := c.Scope.Mine(resident)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, p := range all {
		if !p.Open(c.Today) {
			continue
		}
		line := strings.TrimSuffix(paperStands(c, p), "。")
		if p.Proxy == "" && !p.Mail {
			line += "，发“领资料”"
		}
		lines = append(lines, r.Name+"："+line)
	}
	days, err := bookings.Recalls(c.Scope, resident, c.Today)
	for _, d := range days {
		lines = append(lines, r.Name+"："+fmt.Sprintf(sayReturnMine, d.Day.ChineseLunar()))
	}
	return lines, err
}

// paperStands says where her paper is.
func paperStands(c *dialog.Turn, p documents.Document) string {
	switch {
	case p.Proxy != "":
		return fmt.Sprintf(sayPaperProxy, p.Proxy)
	case p.Mail:
		return sayPaperMail
	case p.Day >= c.Today && p.Day != 0:
		return fmt.Sprintf(sayPaperDay, p.Day.Chinese()+p.Part)
	case p.State == documents.Kept:
		return fmt.Sprintf(sayPaperKept, p.Until.Short())
	case p.SelfOnly:
		return sayPaperSelf
	}
	return sayPaperReady
}

// paperAgain is 领资料: the paper that waits, or that none does.
func paperAgain(c *dialog.Turn, _ string) (dialog.Reply, error) {
	papers, err := waitingPapers(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(papers) == 0 {
		return noPaper(c)
	}
	return paperAsk(c, papers[0], "")
}

// noPaper says that nothing waits, and of what was kept until its end where it
// is now.
func noPaper(c *dialog.Turn) (dialog.Reply, error) {
	for _, id := range c.Who.Residents {
		all, err := documents.List(c.Scope, id)
		if err != nil && !dialog.IsNotFound(err) {
			return dialog.Reply{}, err
		}
		for _, p := range all {
			if p.Ended == 0 && p.Until < c.Today {
				return dialog.Reply{Text: fmt.Sprintf(sayPaperOver, p.Until.Short())}, nil
			}
		}
	}
	return dialog.Reply{Text: sayNothingWaits}, nil
}

// paperAsk shows a paper with what she can say about it.
func paperAsk(c *dialog.Turn, p documents.Document, said string) (dialog.Reply, error) {
	days, err := paperDays(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	ref := p.Resident + " " + p.ID
	var offers []dialogstate.Option
	for _, d := range days[:pickInt(p.SelfOnly, 3, 1)] {
		offers = append(offers, dialogstate.Option{Label: d.label, Do: "paper-day " + ref + " " + d.day.String() + " " + d.part})
	}
	if !p.SelfOnly {
		offers = append(offers,
			dialogstate.Option{Label: "家里人代领", Do: "paper-proxy " + ref},
			dialogstate.Option{Label: "寄给我", Do: "paper-mail " + ref})
	}
	offers = append(offers,
		dialogstate.Option{Label: "先替我留着", Do: "paper-keep " + ref},
		dialogstate.Option{Label: "不要了", Do: "paper-waive " + ref})
	stands := paperStands(c, p)
	if len(c.Who.Residents) > 1 {
		r, err := c.Scope.Mine(p.Resident)
		if err != nil {
			return dialog.Reply{}, err
		}
		stands = r.Name + "：" + stands
	}
	if said != "" {
		return c.Offer(said, offers...), nil
	}
	return c.Offer(dialog.Join(stands, sayPaperWhen), offers...), nil
}

func pickInt(yes bool, a, b int) int {
	if yes {
		return a
	}
	return b
}

// paperDay is a half day on which the clinic is there.
type paperDay struct {
	day         calendar.Day
	part, label string
}

// paperDays are the next half days on which offices work and the site is not
// closed.
func paperDays(c *dialog.Turn) ([]paperDay, error) {
	var out []paperDay
	for day := c.Today + 1; len(out) < 4 && day < c.Today+40; day++ {
		open, err := worked(c, day)
		if err != nil {
			return nil, err
		}
		if !open {
			continue
		}
		name := map[calendar.Day]string{c.Today + 1: "明天", c.Today + 2: "后天"}[day]
		for _, part := range []string{"上午", "下午"} {
			out = append(out, paperDay{day, part, cmp.Or(name, day.Chinese()) + part})
		}
	}
	return out, nil
}

// worked reports whether the clinic's desk is open on a day.
func worked(c *dialog.Turn, day calendar.Day) (bool, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return false, err
	}
	for _, d := range site.Days {
		if d.Day == day && d.Service == "" && d.Time == "" {
			return !d.Closed, nil
		}
	}
	return site.Holidays().Working(day), nil
}

// paperOf reads “<resident> <paper>” and what follows.
func paperOf(c *dialog.Turn, rest string) (p documents.Document, more string, err error) {
	resident, rest, _ := strings.Cut(rest, " ")
	id, more, _ := strings.Cut(rest, " ")
	p, err = documents.Get(c.Scope, resident, id)
	return p, more, err
}

// onPaper does something that she wishes with a paper of hers.
func onPaper(c *dialog.Turn, rest string, act func(p documents.Document, more string) (dialog.Reply, error)) (dialog.Reply, error) {
	p, more, err := paperOf(c, rest)
	if err == nil && !p.Open(c.Today) {
		return noPaper(c)
	}
	var r dialog.Reply
	if err == nil {
		r, err = act(p, more)
	}
	switch {
	case errors.Is(err, record.ErrSelfOnly):
		return paperAsk(c, p, fmt.Sprintf(saySelfOnly, p.Until.Short()))
	case errors.Is(err, record.ErrNotAvailable):
		return paperAsk(c, p, fmt.Sprintf(sayPaperNotThen, p.Until.Short()))
	case dialog.IsNotFound(err), errors.Is(err, record.ErrScope):
		return c.Menu(dialog.SayGone)
	}
	return r, err
}

func showPaper(c *dialog.Turn, rest string) (dialog.Reply, error) {
	return onPaper(c, rest, func(p documents.Document, _ string) (dialog.Reply, error) { return paperAsk(c, p, "") })
}

// comeFor keeps the day on which she comes.
func comeFor(c *dialog.Turn, rest string) (dialog.Reply, error) {
	return onPaper(c, rest, func(p documents.Document, more string) (dialog.Reply, error) {
		d, part, _ := strings.Cut(more, " ")
		day, err := calendar.ParseDay(d)
		if err != nil {
			return dialog.Reply{}, err
		}
		if p, err = documents.ComeFor(c.Scope, p.Resident, p.ID, day, part, c.M.At); err != nil {
			return dialog.Reply{}, err
		}
		place, who, err := whereFetched(c, p)
		return dialog.Reply{Text: fmt.Sprintf(sayComeThen, p.Day.ChineseLunar()+" "+p.Part, place, who)}, err
	})
}

// whereFetched names the place of a paper's service, and who has it.
func whereFetched(c *dialog.Turn, p documents.Document) (place, who string, err error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return "", "", err
	}
	a, err := bookings.Get(c.Scope, p.Appointment)
	if err != nil && !dialog.IsNotFound(err) {
		return "", "", err
	}
	service, _ := site.Service(a.Service)
	cadre, err := person.LoadStaff(c.Tx, p.By)
	if err != nil && !dialog.IsNotFound(err) {
		return "", "", err
	}
	if !p.Explain || cadre.Name == "" {
		return cmp.Or(service.Place, dialog.SomePlace), "到窗口说号" + p.Number, nil
	}
	return cmp.Or(service.Place, dialog.SomePlace), "找" + cadre.Name, nil
}

func keepOne(c *dialog.Turn, rest string) (dialog.Reply, error) {
	return onPaper(c, rest, func(p documents.Document, _ string) (dialog.Reply, error) {
		p, err := documents.Keep(c.Scope, p.Resident, p.ID, c.M.At)
		c.WillTell("paper_last")
		return dialog.Reply{Text: fmt.Sprintf(sayKeptTill, p.Until.WithYear())}, err
	})
}

func waiveOne(c *dialog.Turn, rest string) (dialog.Reply, error) {
	return onPaper(c, rest, func(p documents.Document, _ string) (dialog.Reply, error) {
		err := c.Undoable(sayWaivedTitle, func() error {
			_, err := documents.Waive(c.Scope, p.Resident, p.ID, c.M.At)
			return err
		})
		return dialog.Reply{Text: sayWaived}, err
	})
}

// firstPaper does something with the paper that waits for her, when she wrote a
// word without having seen it.
func firstPaper(c *dialog.Turn, act func(p documents.Document) (dialog.Reply, error)) (dialog.Reply, error) {
	papers, err := waitingPapers(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	if c.S.For != "" { // she has just agreed, for this one of her family
		chosen := c.S.For
		papers = slices.DeleteFunc(papers, func(p documents.Document) bool { return p.Resident != chosen })
		c.S.For = ""
	}
	if len(papers) == 0 {
		return noPaper(c)
	}
	return onPaper(c, papers[0].Resident+" "+papers[0].ID, func(p documents.Document, _ string) (dialog.Reply, error) { return act(p) })
}

func wishMail(c *dialog.Turn, _ string) (dialog.Reply, error) {
	return firstPaper(c, func(p documents.Document) (dialog.Reply, error) { return mail(c, p) })
}

func mailOne(c *dialog.Turn, rest string) (dialog.Reply, error) {
	return onPaper(c, rest, func(p documents.Document, _ string) (dialog.Reply, error) { return mail(c, p) })
}

// mail keeps that she wishes a paper by sealed mail. No address is kept: she says
// it to the clinic, which writes it on the envelope.
func mail(c *dialog.Turn, p documents.Document) (dialog.Reply, error) {
	if !p.SelfOnly {
		if r, asked, err := agreedTo(c, p.Resident, purpose.ProxyPickup, "寄给我"); err != nil || asked {
			return r, err
		}
	}
	if _, err := documents.WishMail(c.Scope, p.Resident, p.ID, true, c.M.At); err != nil {
		return dialog.Reply{}, err
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	phone, ok := site.Phone("clinic")
	if !ok {
		return dialog.Reply{Text: sayMailAtDesk}, nil
	}
	return dialog.Reply{Text: fmt.Sprintf(sayMailByPhone, phone.Number, p.Number)}, nil
}

// myself is 不让代了 or 自己领: at once, for every paper of hers.
func myself(c *dialog.Turn, _ string) (dialog.Reply, error) {
	papers, err := waitingPapers(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	n := 0
	for _, p := range papers {
		if p.Proxy == "" && !p.Mail {
			continue
		}
		n++
		if p.Proxy != "" {
			_, err = documents.NameProxy(c.Scope, p.Resident, p.ID, "", c.M.At)
		} else {
			_, err = documents.WishMail(c.Scope, p.Resident, p.ID, false, c.M.At)
		}
		if err != nil {
			return dialog.Reply{}, err
		}
	}
	if n == 0 {
		return dialog.Reply{Text: sayNothingBack}, nil
	}
	return dialog.Reply{Text: sayMyself}, nil
}

// keepPaper is 留着, said without the question.
func keepPaper(c *dialog.Turn, rest string) (dialog.Reply, error) {
	if rest != "" {
		return c.Lost()
	}
	return firstPaper(c, func(p documents.Document) (dialog.Reply, error) { return keepOne(c, p.Resident+" "+p.ID) })
}

// here is 到了: who has the paper learns it.
func here(c *dialog.Turn, rest string) (dialog.Reply, error) {
	switch {
	case rest != "" && c.Is(dialog.Clinic):
		return dialog.Reply{Text: sayHowArrived}, nil
	case rest != "": // “到了正月再说”
		return c.Lost()
	}
	papers, err := waitingPapers(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(papers) == 0 {
		if c.Is(dialog.Clinic) {
			return dialog.Reply{Text: sayHowArrived}, nil
		}
		return dialog.Reply{Text: sayAtDesk}, nil
	}
	names := []string{}
	for _, p := range papers {
		if p, err = documents.NotifyArrival(c.Scope, p.Resident, p.ID, c.M.At); err != nil {
			return dialog.Reply{}, err
		}
		cadre, err := person.LoadStaff(c.Tx, p.By)
		if err != nil && !dialog.IsNotFound(err) {
			return dialog.Reply{}, err
		}
		if cadre.Name != "" && !slices.Contains(names, cadre.Name) {
			names = append(names, cadre.Name)
		}
	}
	return dialog.Reply{Text: fmt.Sprintf(sayHereKnown, cmp.Or(strings.Join(names, "、"), "窗口"))}, nil
}

// sign is 签收: she confirms herself that she has it. Of several papers it is the
// one for which she wrote that she is there.
func sign(c *dialog.Turn, rest string) (dialog.Reply, error) {
	if rest != "" {
		return c.Lost()
	}
	papers, err := waitingPapers(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(papers) == 0 {
		return noPaper(c)
	}
	slices.SortStableFunc(papers, func(a, b documents.Document) int { return cmp.Compare(b.Here, a.Here) })
	if len(papers) == 1 || papers[0].Here != papers[1].Here {
		return askSigned(c, papers[0].Resident+" "+papers[0].ID)
	}
	offers := make([]dialogstate.Option, 0, len(papers))
	for _, p := range papers {
		r, err := c.Scope.Mine(p.Resident)
		if err != nil {
			return dialog.Reply{}, err
		}
		offers = append(offers, dialogstate.Option{Label: r.Name + " 号" + p.Number, Do: "paper-sign " + p.Resident + " " + p.ID})
	}
	return c.Offer(sayWhichSigned, offers...), nil
}

func askSigned(c *dialog.Turn, rest string) (dialog.Reply, error) {
	return onPaper(c, rest, func(p documents.Document, _ string) (dialog.Reply, error) {
		said := sayIsItYou
		if len(c.Who.Residents) > 1 {
			r, err := c.Scope.Mine(p.Resident)
			if err != nil {
				return dialog.Reply{}, err
			}
			said = fmt.Sprintf(sayIsItHer, r.Name)
		}
		return c.Offer(said,
			dialogstate.Option{Label: "是我，拿到了", Do: "paper-signed " + rest},
			dialogstate.Option{Label: "还没拿到", Do: "paper " + rest}), nil
	})
}

func signOne(c *dialog.Turn, rest string) (dialog.Reply, error) {
	return onPaper(c, rest, func(p documents.Document, _ string) (dialog.Reply, error) {
		p, err := documents.Sign(c.Scope, p.Resident, p.ID, c.M.At)
		if err != nil {
			return dialog.Reply{}, err
		}
		a, err := bookings.Get(c.Scope, p.Appointment)
		if err != nil && !dialog.IsNotFound(err) {
			return dialog.Reply{}, err
		}
		said := fmt.Sprintf(saySigned, calendar.DayOf(c.M.At).Short(), strings.TrimPrefix(dialog.Clock(c.M.At.Unix()), "0"))
		if a.Service == "" {
			return dialog.Reply{Text: said}, nil
		}
		r, err := c.Do("ask-rating " + a.Service)
		r.Text = dialog.Join(said, r.Text)
		return r, err
	})
}

// paperSaid understands free words while a paper's question is open: a day, or
// that somebody else should have it.
func paperSaid(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	labels := make([][]string, len(c.S.Offers))
	for i, o := range c.S.Offers {
		labels[i] = []string{o.Label}
	}
	if len(answer.Match(text, labels)) > 0 || c.Other(text) || answer.Command(text) != answer.None {
		return dialog.Reply{}, false, nil
	}
	ref := strings.Join(strings.Fields(c.S.Offers[0].Do)[1:3], " ")
	act := paperMeant(c, text)
	if act == nil {
		return dialog.Reply{}, false, nil
	}
	c.S.Offers = nil
	r, err := onPaper(c, ref, func(p documents.Document, _ string) (dialog.Reply, error) { return act(p) })
	return r, true, err
}

// paperMeant is what free words about a paper mean, nil for nothing.
func paperMeant(c *dialog.Turn, text string) func(documents.Document) (dialog.Reply, error) {
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
	}
	_, _, d := dates.FindDate(text, c.Today, dates.Future)
	switch {
	case has("寄", "邮", "快递"):
		return func(p documents.Document) (dialog.Reply, error) { return mail(c, p) }
	case has("代", "捎", "替我拿", "替我领", "帮我拿", "帮我领", "婆婆", "家里人", "家属", "让俺", "让我"):
		return func(p documents.Document) (dialog.Reply, error) { return proxyNamed(c, p, text) }
	case has("留"):
		return func(p documents.Document) (dialog.Reply, error) { return keepOne(c, p.Resident+" "+p.ID) }
	case d.Day != 0:
		return func(p documents.Document) (dialog.Reply, error) { return comeOn(c, p, d) }
	}
	return nil
}

// comeOn keeps a day that she wrote herself, if the clinic is there.
func comeOn(c *dialog.Turn, p documents.Document, d dates.Dates) (dialog.Reply, error) {
	open, err := worked(c, d.Day)
	if err != nil {
		return dialog.Reply{}, err
	}
	if !open {
		return paperAsk(c, p, fmt.Sprintf(sayNotWorked, d.Day.ChineseLunar()))
	}
	part := map[dates.Part]string{dates.Morning: "上午", dates.Noon: "上午", dates.Afternoon: "下午", dates.Evening: "下午"}[d.Part]
	return comeFor(c, strings.TrimSpace(p.Resident+" "+p.ID+" "+d.Day.String()+" "+part))
}

// noReturn is 不复诊了: the days on which she was asked back are hers to drop.
func noReturn(c *dialog.Turn, _ string) (dialog.Reply, error) {
	n := 0
	for _, id := range c.Who.Residents {
		days, err := bookings.Recalls(c.Scope, id, c.Today)
		if err != nil && !dialog.IsNotFound(err) {
			return dialog.Reply{}, err
		}
		for _, r := range days {
			if err := bookings.DropRecall(c.Scope, id, r.ID, c.M.At); err != nil {
				return dialog.Reply{}, err
			}
			n++
		}
	}
	if n == 0 {
		return dialog.Reply{Text: sayNothingBack}, nil
	}
	return dialog.Reply{Text: sayReturnDropped}, nil
}

// arrived are other words for 到了.
var arrived = regexp.MustCompile(`^(?:俺们?|我们?)?(?:已经|都)?到(?:了|拉|啦|哩|喽|咯)(?:吧|啊|哈)?$`)

// arrivedSaid takes other words for 到了, where nothing is open.
func arrivedSaid(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	if c.Who.Staff() || c.M.Tapped || c.M.Token != 0 || c.S.Flow != "" || c.M.Kind != dialog.Text || !arrived.MatchString(text) {
		return dialog.Reply{}, false, nil
	}
	return dialog.Answered(here(c, ""))
}
