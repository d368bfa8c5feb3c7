package flows

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xintiexin/flows/answer"
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
func paperWords() []word {
	return []word{
		{"可领", clinic, howTo(sayHowReady)},
		{"转诊", clinic, howTo(sayHowSlip)},
		{"到了", anyone, (*chat).here},
		{"签收", anyone, (*chat).sign},
		{"留着", anyone, (*chat).keepPaper},
		{"先留着", anyone, (*chat).keepPaper},
		{"领资料", anyone, (*chat).paperAgain},
		{"不让代了", anyone, (*chat).myself},
		{"自己领", anyone, (*chat).myself}, // no word with 寄: it sounds like 记, and 不记了 means another thing
		{"家属代领", anyone, (*chat).nameProxy},
		{"家属代收", anyone, (*chat).nameProxy},
		{"寄给我", anyone, (*chat).wishMail},
		{"不复诊了", anyone, (*chat).noReturn},
	}
}

func paperVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){
		"ready":        forClinic((*chat).makeReady),
		"paper":        (*chat).showPaper,
		"paper-day":    (*chat).comeFor,
		"paper-keep":   (*chat).keepOne,
		"paper-waive":  (*chat).waiveOne,
		"paper-proxy":  (*chat).askProxy,
		"paper-name":   (*chat).askProxy,
		"paper-mail":   (*chat).mailOne,
		"paper-sign":   (*chat).askSigned,
		"paper-signed": (*chat).signOne,
	}
}

// ---- the desk ----

// askReady is “可领 0202-03”: how the papers of a booking are handed over. Words
// about what stands on them are refused: nothing of it is kept here.
func (c *chat) askReady(a bookings.Appointment, args string) (Reply, error) {
	return c.askPaper(a, args, false)
}

// askSlip is “转诊 0202-03”: that there is a slip to fetch, in person.
func (c *chat) askSlip(a bookings.Appointment, args string) (Reply, error) {
	return c.askPaper(a, args, true)
}

// modes are the ways in which a paper can be handed over, by the label.
var modes = []struct{ name, label string }{
	{"explain", "只交本人，当面讲"},
	{"self", "只交本人，窗口领"},
	{"own", "照各人自己选的"},
}

func (c *chat) askPaper(a bookings.Appointment, args string, slip bool) (Reply, error) {
	people, err := c.pair(a.Resident, a.Spouse)
	if err != nil {
		return Reply{}, err
	}
	people, args = named(people, args)
	mode := modeOf(args)
	switch {
	case args != "" && mode == "":
		return Reply{Text: fmt.Sprintf(sayNoContent, a.Number)}, nil
	case a.State == bookings.Missed || a.State == bookings.Cancelled || a.Day > c.today:
		return Reply{Text: fmt.Sprintf(sayNotHere, a.Number)}, nil
	case len(people) == 0:
		return Reply{Text: fmt.Sprintf(sayNoNumber, a.Number)}, nil
	case slip && mode == "":
		mode = "self"
	}
	do := func(mode, who string) string {
		return strings.Join([]string{"ready", a.ID, mode, who, pickWord(slip, "slip", "paper")}, " ")
	}
	who := "all"
	if len(people) == 1 {
		who = people[0].ID
	}
	if mode != "" {
		return c.do(do(mode, who))
	}
	offers := make([]dialogstate.Option, 0, 4)
	for _, m := range modes {
		offers = append(offers, dialogstate.Option{Label: m.label, Do: do(m.name, who)})
	}
	names := []string{}
	for _, r := range people {
		names = append(names, r.Name)
	}
	said := fmt.Sprintf(sayPaperHow, a.Number, strings.Join(names, "、"))
	if len(people) > 1 {
		said = fmt.Sprintf(sayPapersHow, a.Number, strings.Join(names, "、"))
		offers = append(offers, dialogstate.Option{Label: "两份分开定", Do: do("apart", people[0].ID)})
	}
	return c.offer(join(said, unsignedNote(a)), offers...), nil
}

func unsignedNote(a bookings.Appointment) string {
	if a.Seats == 2 && a.Spouse == "" {
		return sayNoSecondPaper
	}
	return ""
}

func modeOf(args string) string {
	switch {
	case args == "":
		return ""
	case answer.SameWord(args, "当面讲"), answer.SameWord(args, "只交本人当面讲"), answer.SameWord(args, "只交本人,当面讲"), answer.SameWord(args, "当面"):
		return "explain"
	case answer.SameWord(args, "只交本人"), answer.SameWord(args, "窗口领"), answer.SameWord(args, "本人领"), answer.SameWord(args, "只交本人,窗口领"):
		return "self"
	case answer.SameWord(args, "自己选"), answer.SameWord(args, "照各人自己选的"), answer.SameWord(args, "照她自己选的"):
		return "own"
	}
	return ""
}

func pickWord(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// makeReady carries out what askPaper asked: “<appointment> <mode> <resident or
// all> <paper or slip>”.
func (c *chat) makeReady(rest string) (Reply, error) {
	p := strings.Fields(rest)
	if len(p) != 4 {
		return Reply{}, fmt.Errorf("offer %q: not a paper", rest)
	}
	a, err := bookings.Get(c.scope, p[0])
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	people, err := c.pair(a.Resident, a.Spouse)
	if err != nil {
		return Reply{}, err
	}
	mode, who := p[1], p[2]
	if mode == "apart" || mode == "then" {
		return c.askApart(a, people, who, p[3])
	}
	mode, apart := strings.CutSuffix(mode, "+")
	if who != "all" {
		people = slices.DeleteFunc(people, func(r person.Resident) bool { return r.ID != who })
	}
	said, err := c.readyFor(a, people, mode, p[3] == "slip")
	if err != nil {
		return Reply{}, err
	}
	if apart && a.Spouse != "" && who == a.Resident {
		r, err := c.makeReady(strings.Join([]string{a.ID, "then", a.Spouse, p[3]}, " "))
		r.Text = join(said, r.Text)
		return r, err
	}
	return Reply{Text: said}, nil
}

// askApart asks how the paper of one of the two is handed over; after her comes
// he.
func (c *chat) askApart(a bookings.Appointment, people []person.Resident, who, kind string) (Reply, error) {
	i := slices.IndexFunc(people, func(r person.Resident) bool { return r.ID == who })
	if i < 0 {
		return c.menu(sayGone)
	}
	offers := make([]dialogstate.Option, 0, 3)
	for _, m := range modes {
		offers = append(offers, dialogstate.Option{Label: m.label, Do: strings.Join([]string{"ready", a.ID, m.name + "+", who, kind}, " ")})
	}
	return c.offer(fmt.Sprintf(sayPaperOf, a.Number, people[i].Name), offers...), nil
}

// readyFor makes the paper of each ready and says who is told, and who has no
// WeChat.
func (c *chat) readyFor(a bookings.Appointment, people []person.Resident, mode string, slip bool) (string, error) {
	var lines, told []string
	err := c.undoable(a.Number, func() error {
		lines, told = nil, nil
		for _, r := range people {
			p := documents.Document{Resident: r.ID, Appointment: a.ID, Slip: slip, SelfOnly: mode != "own", Explain: mode == "explain"}
			_, err := documents.MakeReady(c.scope, p, c.m.ID, c.m.At)
			switch {
			case errors.Is(err, record.ErrAlreadyExists):
				lines = append(lines, fmt.Sprintf(sayReadyAlready, r.Name))
				continue
			case isNotFound(err), errors.Is(err, record.ErrScope):
				lines = append(lines, fmt.Sprintf(sayNoNumber, a.Number))
				continue
			case err != nil:
				return err
			}
			openid, err := person.WeChatOf(c.tx, r.ID)
			if err != nil {
				return err
			}
			if openid == "" || r.NoPush {
				lines = append(lines, fmt.Sprintf(sayTellHer, r.Name))
				continue
			}
			told = append(told, r.Name)
		}
		return nil
	})
	switch len(told) {
	case 0:
	case 1:
		lines = slices.Insert(lines, 0, fmt.Sprintf(sayReadyOne, told[0]))
	default:
		lines = slices.Insert(lines, 0, sayReadyTwo)
	}
	return join(lines...), err
}

// papersAt are the open papers of a booking; a name in args leaves hers alone.
func (c *chat) papersAt(a bookings.Appointment, args string) (papers []documents.Document, rest string, err error) {
	people, err := c.pair(a.Resident, a.Spouse)
	if err != nil {
		return nil, args, err
	}
	people, rest = named(people, args)
	for _, r := range people {
		all, err := documents.List(c.scope, r.ID)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return nil, rest, err
		}
		for _, p := range all {
			if p.Appointment == a.ID && p.Open(c.today) {
				papers = append(papers, p)
			}
		}
	}
	return papers, rest, nil
}

// handToProxy is “0202-03 代领 王秀英”: somebody whom she named is at the desk. An
// attempt on what only she can have is refused in storage and stands in who has
// looked.
func (c *chat) handToProxy(a bookings.Appointment, args string) (Reply, error) {
	return c.handOut(a, args, sayProxied, func(p documents.Document, name string) (documents.Document, error) {
		return documents.HandToProxy(c.scope, p.Resident, p.ID, name, c.m.At)
	})
}

// mailed is “0202-03 寄了”.
func (c *chat) mailed(a bookings.Appointment, args string) (Reply, error) {
	return c.handOut(a, args, sayMailed, func(p documents.Document, _ string) (documents.Document, error) {
		return documents.Mail(c.scope, p.Resident, p.ID, c.m.At)
	})
}

// handOut tries to hand each open paper of a booking out of her own hands; one
// that can be is, and of the others is said why not.
func (c *chat) handOut(a bookings.Appointment, args, done string, do func(documents.Document, string) (documents.Document, error)) (Reply, error) {
	papers, name, err := c.papersAt(a, args)
	if err != nil {
		return Reply{}, err
	}
	if len(papers) == 0 {
		return Reply{Text: fmt.Sprintf(sayNoPaper, a.Number)}, nil
	}
	if slices.ContainsFunc(papers, func(p documents.Document) bool { return !p.SelfOnly }) { // the other one is not meant
		papers = slices.DeleteFunc(papers, func(p documents.Document) bool { return p.SelfOnly })
	}
	var why, out string
	err = c.undoable(a.Number, func() error {
		why, out = "", ""
		for _, p := range papers {
			p, err := do(p, name)
			switch {
			case errors.Is(err, record.ErrSelfOnly):
				why = saySelfOnlyDesk
			case errors.Is(err, documents.ErrProxy), errors.Is(err, record.ErrConsent):
				why = cmp.Or(why, fmt.Sprintf(pickWord(done == sayMailed, sayNotWished, sayNotNamed), a.Number))
			case errors.Is(err, record.ErrNotAvailable), isNotFound(err), errors.Is(err, record.ErrScope):
				why = cmp.Or(why, fmt.Sprintf(sayNoPaper, a.Number))
			case err != nil:
				return err
			default:
				out = fmt.Sprintf(done, a.Number, cmp.Or(p.Proxy, name))
			}
		}
		return nil
	})
	return Reply{Text: cmp.Or(out, why)}, err
}

// deskPaper does something at the desk with the one open paper that is meant.
func (c *chat) deskPaper(a bookings.Appointment, args, done string, do func(documents.Document, string) (documents.Document, error)) (Reply, error) {
	papers, rest, err := c.papersAt(a, args)
	if err != nil {
		return Reply{}, err
	}
	switch {
	case len(papers) == 0:
		return Reply{Text: fmt.Sprintf(sayNoPaper, a.Number)}, nil
	case len(papers) > 1:
		return Reply{Text: fmt.Sprintf(sayWhosePaper, a.Number)}, nil
	}
	p := papers[0]
	err = c.undoable(a.Number, func() (err error) { p, err = do(p, rest); return err })
	switch {
	case errors.Is(err, record.ErrSelfOnly):
		return Reply{Text: saySelfOnlyDesk}, nil
	case errors.Is(err, record.ErrScope):
		return Reply{Text: sayHerself}, nil
	case errors.Is(err, record.ErrNotAvailable), isNotFound(err):
		return Reply{Text: fmt.Sprintf(sayNoPaper, a.Number)}, nil
	case err != nil:
		return Reply{}, err
	}
	return Reply{Text: fmt.Sprintf(done, a.Number, cmp.Or(p.Proxy, p.Until.Short()))}, nil
}

// takenAtDesk is “0202-03 本人领了”: she signed on paper.
func (c *chat) takenAtDesk(a bookings.Appointment, args string) (Reply, error) {
	return c.deskPaper(a, args, sayTaken, func(p documents.Document, _ string) (documents.Document, error) {
		return documents.Sign(c.scope, p.Resident, p.ID, c.m.At)
	})
}

func (c *chat) keptAtDesk(a bookings.Appointment, args string) (Reply, error) {
	return c.deskPaper(a, args, sayKeptDesk, func(p documents.Document, _ string) (documents.Document, error) {
		return documents.Keep(c.scope, p.Resident, p.ID, c.m.At)
	})
}

func (c *chat) waivedAtDesk(a bookings.Appointment, args string) (Reply, error) {
	return c.deskPaper(a, args, sayWaivedDesk, func(p documents.Document, _ string) (documents.Document, error) {
		return documents.Waive(c.scope, p.Resident, p.ID, c.m.At)
	})
}

// nameAtDesk is “0202-03 代领人 王秀英”: who uses no WeChat signed for it.
func (c *chat) nameAtDesk(a bookings.Appointment, args string) (Reply, error) {
	if _, ok := proxyName(args); !ok {
		return Reply{Text: fmt.Sprintf(sayNameHow, a.Number)}, nil
	}
	return c.deskPaper(a, args, sayNamedDesk, func(p documents.Document, rest string) (documents.Document, error) {
		name, _ := proxyName(rest)
		return documents.NameProxy(c.scope, p.Resident, p.ID, name, c.m.At)
	})
}

// ---- herself ----

// waitingPapers are the open papers of all for whom this WeChat stands, those
// without an answer of hers first.
func (c *chat) waitingPapers() ([]documents.Document, error) {
	var out []documents.Document
	for _, id := range c.who.Residents {
		all, err := documents.List(c.scope, id)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, p := range all {
			if p.Open(c.today) {
				out = append(out, p)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b documents.Document) int { return compareBool(c.unanswered(b), c.unanswered(a)) })
	return out, nil
}

func (c *chat) unanswered(p documents.Document) bool {
	return p.Day < c.today && p.State != documents.Kept && p.Proxy == "" && !p.Mail
}

// myPaper asks how a paper goes its way about which she has said nothing yet, or
// whose day went by; ok is false when there is none.
func (c *chat) myPaper() (r Reply, ok bool, err error) {
	papers, err := c.waitingPapers()
	if err != nil || len(papers) == 0 || !c.unanswered(papers[0]) {
		return Reply{}, false, err
	}
	r, err = c.paperAsk(papers[0], "")
	return r, true, err
}

// paperLines says in a line each what waits for one resident, for a list with
// other things.
func (c *chat) paperLines(resident string) ([]string, error) {
	all, err := documents.List(c.scope, resident)
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := c.scope.Mine(resident)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, p := range all {
		if !p.Open(c.today) {
			continue
		}
		line := strings.TrimSuffix(c.paperStands(p), "。")
		if p.Proxy == "" && !p.Mail {
			line += "，发“领资料”"
		}
		lines = append(lines, r.Name+"："+line)
	}
	days, err := bookings.Recalls(c.scope, resident, c.today)
	for _, d := range days {
		lines = append(lines, r.Name+"："+fmt.Sprintf(sayReturnMine, d.Day.ChineseLunar()))
	}
	return lines, err
}

// paperStands says where her paper is.
func (c *chat) paperStands(p documents.Document) string {
	switch {
	case p.Proxy != "":
		return fmt.Sprintf(sayPaperProxy, p.Proxy)
	case p.Mail:
		return sayPaperMail
	case p.Day >= c.today && p.Day != 0:
		return fmt.Sprintf(sayPaperDay, p.Day.Chinese()+p.Part)
	case p.State == documents.Kept:
		return fmt.Sprintf(sayPaperKept, p.Until.Short())
	case p.SelfOnly:
		return sayPaperSelf
	}
	return sayPaperReady
}

// paperAgain is 领资料: the paper that waits, or that none does.
func (c *chat) paperAgain(string) (Reply, error) {
	papers, err := c.waitingPapers()
	if err != nil {
		return Reply{}, err
	}
	if len(papers) == 0 {
		return c.noPaper()
	}
	return c.paperAsk(papers[0], "")
}

// noPaper says that nothing waits, and of what was kept until its end where it
// is now.
func (c *chat) noPaper() (Reply, error) {
	for _, id := range c.who.Residents {
		all, err := documents.List(c.scope, id)
		if err != nil && !isNotFound(err) {
			return Reply{}, err
		}
		for _, p := range all {
			if p.Ended == 0 && p.Until < c.today {
				return Reply{Text: fmt.Sprintf(sayPaperOver, p.Until.Short())}, nil
			}
		}
	}
	return Reply{Text: sayNothingWaits}, nil
}

// paperAsk shows a paper with what she can say about it.
func (c *chat) paperAsk(p documents.Document, said string) (Reply, error) {
	days, err := c.paperDays()
	if err != nil {
		return Reply{}, err
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
	stands := c.paperStands(p)
	if len(c.who.Residents) > 1 {
		r, err := c.scope.Mine(p.Resident)
		if err != nil {
			return Reply{}, err
		}
		stands = r.Name + "：" + stands
	}
	if said != "" {
		return c.offer(said, offers...), nil
	}
	return c.offer(join(stands, sayPaperWhen), offers...), nil
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
func (c *chat) paperDays() ([]paperDay, error) {
	var out []paperDay
	for day := c.today + 1; len(out) < 4 && day < c.today+40; day++ {
		open, err := c.worked(day)
		if err != nil {
			return nil, err
		}
		if !open {
			continue
		}
		name := map[calendar.Day]string{c.today + 1: "明天", c.today + 2: "后天"}[day]
		for _, part := range []string{"上午", "下午"} {
			out = append(out, paperDay{day, part, cmp.Or(name, day.Chinese()) + part})
		}
	}
	return out, nil
}

// worked reports whether the clinic's desk is open on a day.
func (c *chat) worked(day calendar.Day) (bool, error) {
	site, err := townconfig.Current(c.tx)
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
func (c *chat) paperOf(rest string) (p documents.Document, more string, err error) {
	resident, rest, _ := strings.Cut(rest, " ")
	id, more, _ := strings.Cut(rest, " ")
	p, err = documents.Get(c.scope, resident, id)
	return p, more, err
}

// onPaper does something that she wishes with a paper of hers.
func (c *chat) onPaper(rest string, act func(p documents.Document, more string) (Reply, error)) (Reply, error) {
	p, more, err := c.paperOf(rest)
	if err == nil && !p.Open(c.today) {
		return c.noPaper()
	}
	var r Reply
	if err == nil {
		r, err = act(p, more)
	}
	switch {
	case errors.Is(err, record.ErrSelfOnly):
		return c.paperAsk(p, fmt.Sprintf(saySelfOnly, p.Until.Short()))
	case errors.Is(err, record.ErrNotAvailable):
		return c.paperAsk(p, fmt.Sprintf(sayPaperNotThen, p.Until.Short()))
	case isNotFound(err), errors.Is(err, record.ErrScope):
		return c.menu(sayGone)
	}
	return r, err
}

func (c *chat) showPaper(rest string) (Reply, error) {
	return c.onPaper(rest, func(p documents.Document, _ string) (Reply, error) { return c.paperAsk(p, "") })
}

// comeFor keeps the day on which she comes.
func (c *chat) comeFor(rest string) (Reply, error) {
	return c.onPaper(rest, func(p documents.Document, more string) (Reply, error) {
		d, part, _ := strings.Cut(more, " ")
		day, err := calendar.ParseDay(d)
		if err != nil {
			return Reply{}, err
		}
		if p, err = documents.ComeFor(c.scope, p.Resident, p.ID, day, part, c.m.At); err != nil {
			return Reply{}, err
		}
		place, who, err := c.whereFetched(p)
		return Reply{Text: fmt.Sprintf(sayComeThen, p.Day.ChineseLunar()+" "+p.Part, place, who)}, err
	})
}

// whereFetched names the place of a paper's service, and who has it.
func (c *chat) whereFetched(p documents.Document) (place, who string, err error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return "", "", err
	}
	a, err := bookings.Get(c.scope, p.Appointment)
	if err != nil && !isNotFound(err) {
		return "", "", err
	}
	service, _ := site.Service(a.Service)
	cadre, err := person.LoadStaff(c.tx, p.By)
	if err != nil && !isNotFound(err) {
		return "", "", err
	}
	if !p.Explain || cadre.Name == "" {
		return cmp.Or(service.Place, somePlace), "到窗口说号" + p.Number, nil
	}
	return cmp.Or(service.Place, somePlace), "找" + cadre.Name, nil
}

func (c *chat) keepOne(rest string) (Reply, error) {
	return c.onPaper(rest, func(p documents.Document, _ string) (Reply, error) {
		p, err := documents.Keep(c.scope, p.Resident, p.ID, c.m.At)
		c.willTell("paper_last")
		return Reply{Text: fmt.Sprintf(sayKeptTill, p.Until.WithYear())}, err
	})
}

func (c *chat) waiveOne(rest string) (Reply, error) {
	return c.onPaper(rest, func(p documents.Document, _ string) (Reply, error) {
		err := c.undoable(sayWaivedTitle, func() error {
			_, err := documents.Waive(c.scope, p.Resident, p.ID, c.m.At)
			return err
		})
		return Reply{Text: sayWaived}, err
	})
}

func (c *chat) askProxy(rest string) (Reply, error) {
	return c.onPaper(rest, func(p documents.Document, _ string) (Reply, error) {
		return c.proxyNamed(p, "")
	})
}

// proxyNamed keeps whom she names for a paper. She agrees to C4 first.
func (c *chat) proxyNamed(p documents.Document, typed string) (Reply, error) {
	if p.SelfOnly {
		_, err := documents.NameProxy(c.scope, p.Resident, p.ID, cmp.Or(typed, "-"), c.m.At) // storage refuses it, whatever the talk thinks
		return Reply{}, err
	}
	name, ok := proxyName(typed)
	if !ok {
		c.s.Offers = []dialogstate.Option{{Label: "家属代领", Do: "paper-name " + p.Resident + " " + p.ID}} // the name alone is an answer
		return Reply{Text: sayWhoFetches}, nil
	}
	if r, asked, err := c.agreedTo(p.Resident, purpose.ProxyPickup, "家属代收 "+name); err != nil || asked {
		return r, err
	}
	p, err := documents.NameProxy(c.scope, p.Resident, p.ID, name, c.m.At)
	return Reply{Text: fmt.Sprintf(sayProxyNamed, name)}, err
}

// agreedTo asks one resident for a consent that she has not given; then is said
// again by itself.
func (c *chat) agreedTo(resident string, set purpose.Purpose, then string) (Reply, bool, error) {
	c.s.For = resident
	_, r, asked, err := c.forWhom(set, then)
	return r, asked, err
}

// kin are the words for whom a proxy is to her: not a name.
var kin = strings.NewReplacer("让", " ", "叫", " ", "请", " ", "由", " ", "俺", " ", "我", " ", "的", " ", "家属", " ", "家里人", " ", "家里", " ",
	"婆婆", " ", "公公", " ", "妈妈", " ", "妈", " ", "娘", " ", "爸爸", " ", "爸", " ", "老公", " ", "丈夫", " ", "爱人", " ",
	"嫂子", " ", "嫂", " ", "姐姐", " ", "妹妹", " ", "姐", " ", "妹", " ", "代领", " ", "代收", " ", "代拿", " ", "捎着拿", " ", "捎", " ", "来拿", " ", "去拿", " ", "拿", " ",
	"行不行", " ", "行不", " ", "行吗", " ", "可以吗", " ", "领", " ", "吧", " ", "?", " ", "。", " ", ",", " ", "来", " ", "去", " ")

// proxyName takes a person's name out of “让俺婆婆王秀英代领”.
func proxyName(typed string) (string, bool) {
	for _, w := range strings.Fields(kin.Replace(typed)) {
		if isName(w) {
			return w, true
		}
	}
	return "", false
}

// firstPaper does something with the paper that waits for her, when she wrote a
// word without having seen it.
func (c *chat) firstPaper(act func(p documents.Document) (Reply, error)) (Reply, error) {
	papers, err := c.waitingPapers()
	if err != nil {
		return Reply{}, err
	}
	if c.s.For != "" { // she has just agreed, for this one of her family
		chosen := c.s.For
		papers = slices.DeleteFunc(papers, func(p documents.Document) bool { return p.Resident != chosen })
		c.s.For = ""
	}
	if len(papers) == 0 {
		return c.noPaper()
	}
	return c.onPaper(papers[0].Resident+" "+papers[0].ID, func(p documents.Document, _ string) (Reply, error) { return act(p) })
}

func (c *chat) nameProxy(rest string) (Reply, error) {
	return c.firstPaper(func(p documents.Document) (Reply, error) { return c.proxyNamed(p, rest) })
}

func (c *chat) wishMail(string) (Reply, error) {
	return c.firstPaper(func(p documents.Document) (Reply, error) { return c.mail(p) })
}

func (c *chat) mailOne(rest string) (Reply, error) {
	return c.onPaper(rest, func(p documents.Document, _ string) (Reply, error) { return c.mail(p) })
}

// mail keeps that she wishes a paper by sealed mail. No address is kept: she says
// it to the clinic, which writes it on the envelope.
func (c *chat) mail(p documents.Document) (Reply, error) {
	if !p.SelfOnly {
		if r, asked, err := c.agreedTo(p.Resident, purpose.ProxyPickup, "寄给我"); err != nil || asked {
			return r, err
		}
	}
	if _, err := documents.WishMail(c.scope, p.Resident, p.ID, true, c.m.At); err != nil {
		return Reply{}, err
	}
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	phone, ok := site.Phone("clinic")
	if !ok {
		return Reply{Text: sayMailAtDesk}, nil
	}
	return Reply{Text: fmt.Sprintf(sayMailByPhone, phone.Number, p.Number)}, nil
}

// myself is 不让代了 or 自己领: at once, for every paper of hers.
func (c *chat) myself(string) (Reply, error) {
	papers, err := c.waitingPapers()
	if err != nil {
		return Reply{}, err
	}
	n := 0
	for _, p := range papers {
		if p.Proxy == "" && !p.Mail {
			continue
		}
		n++
		if p.Proxy != "" {
			_, err = documents.NameProxy(c.scope, p.Resident, p.ID, "", c.m.At)
		} else {
			_, err = documents.WishMail(c.scope, p.Resident, p.ID, false, c.m.At)
		}
		if err != nil {
			return Reply{}, err
		}
	}
	if n == 0 {
		return Reply{Text: sayNothingBack}, nil
	}
	return Reply{Text: sayMyself}, nil
}

// keepPaper is 留着, said without the question.
func (c *chat) keepPaper(rest string) (Reply, error) {
	if rest != "" {
		return c.lost()
	}
	return c.firstPaper(func(p documents.Document) (Reply, error) { return c.keepOne(p.Resident + " " + p.ID) })
}

// here is 到了: who has the paper learns it.
func (c *chat) here(rest string) (Reply, error) {
	switch {
	case rest != "" && c.is(clinic):
		return Reply{Text: sayHowArrived}, nil
	case rest != "": // “到了正月再说”
		return c.lost()
	}
	papers, err := c.waitingPapers()
	if err != nil {
		return Reply{}, err
	}
	if len(papers) == 0 {
		if c.is(clinic) {
			return Reply{Text: sayHowArrived}, nil
		}
		return Reply{Text: sayAtDesk}, nil
	}
	names := []string{}
	for _, p := range papers {
		if p, err = documents.NotifyArrival(c.scope, p.Resident, p.ID, c.m.At); err != nil {
			return Reply{}, err
		}
		cadre, err := person.LoadStaff(c.tx, p.By)
		if err != nil && !isNotFound(err) {
			return Reply{}, err
		}
		if cadre.Name != "" && !slices.Contains(names, cadre.Name) {
			names = append(names, cadre.Name)
		}
	}
	return Reply{Text: fmt.Sprintf(sayHereKnown, cmp.Or(strings.Join(names, "、"), "窗口"))}, nil
}

// sign is 签收: she confirms herself that she has it. Of several papers it is the
// one for which she wrote that she is there.
func (c *chat) sign(rest string) (Reply, error) {
	if rest != "" {
		return c.lost()
	}
	papers, err := c.waitingPapers()
	if err != nil {
		return Reply{}, err
	}
	if len(papers) == 0 {
		return c.noPaper()
	}
	slices.SortStableFunc(papers, func(a, b documents.Document) int { return cmp.Compare(b.Here, a.Here) })
	if len(papers) == 1 || papers[0].Here != papers[1].Here {
		return c.askSigned(papers[0].Resident + " " + papers[0].ID)
	}
	offers := make([]dialogstate.Option, 0, len(papers))
	for _, p := range papers {
		r, err := c.scope.Mine(p.Resident)
		if err != nil {
			return Reply{}, err
		}
		offers = append(offers, dialogstate.Option{Label: r.Name + " 号" + p.Number, Do: "paper-sign " + p.Resident + " " + p.ID})
	}
	return c.offer(sayWhichSigned, offers...), nil
}

func (c *chat) askSigned(rest string) (Reply, error) {
	return c.onPaper(rest, func(p documents.Document, _ string) (Reply, error) {
		said := sayIsItYou
		if len(c.who.Residents) > 1 {
			r, err := c.scope.Mine(p.Resident)
			if err != nil {
				return Reply{}, err
			}
			said = fmt.Sprintf(sayIsItHer, r.Name)
		}
		return c.offer(said,
			dialogstate.Option{Label: "是我，拿到了", Do: "paper-signed " + rest},
			dialogstate.Option{Label: "还没拿到", Do: "paper " + rest}), nil
	})
}

func (c *chat) signOne(rest string) (Reply, error) {
	return c.onPaper(rest, func(p documents.Document, _ string) (Reply, error) {
		p, err := documents.Sign(c.scope, p.Resident, p.ID, c.m.At)
		if err != nil {
			return Reply{}, err
		}
		a, err := bookings.Get(c.scope, p.Appointment)
		if err != nil && !isNotFound(err) {
			return Reply{}, err
		}
		said := fmt.Sprintf(saySigned, calendar.DayOf(c.m.At).Short(), strings.TrimPrefix(clock(c.m.At.Unix()), "0"))
		if a.Service == "" {
			return Reply{Text: said}, nil
		}
		r, err := c.do("ask-rating " + a.Service)
		r.Text = join(said, r.Text)
		return r, err
	})
}

// paperSaid understands free words while a paper's question is open: a day, or
// that somebody else should have it.
func (c *chat) paperSaid(text string) (Reply, bool, error) {
	labels := make([][]string, len(c.s.Offers))
	for i, o := range c.s.Offers {
		labels[i] = []string{o.Label}
	}
	if len(answer.Match(text, labels)) > 0 || c.other(text) || answer.Command(text) != answer.None {
		return Reply{}, false, nil
	}
	ref := strings.Join(strings.Fields(c.s.Offers[0].Do)[1:3], " ")
	act := c.paperMeant(text)
	if act == nil {
		return Reply{}, false, nil
	}
	c.s.Offers = nil
	r, err := c.onPaper(ref, func(p documents.Document, _ string) (Reply, error) { return act(p) })
	return r, true, err
}

// proxySaid takes a bare name as the answer to who fetches a paper.
func (c *chat) proxySaid(text string) (Reply, bool, error) {
	if c.other(text) || answer.Command(text) != answer.None {
		return Reply{}, false, nil
	}
	if _, ok := proxyName(text); !ok && kin.Replace(text) != text && strings.TrimSpace(kin.Replace(text)) == "" { // 俺婆婆: whose name is wanted
		return Reply{Text: fmt.Sprintf(sayProxyWhich, text)}, true, nil
	} else if !ok {
		return Reply{}, false, nil
	}
	_, ref, _ := strings.Cut(c.s.Offers[0].Do, " ")
	c.s.Offers = nil
	r, err := c.onPaper(ref, func(p documents.Document, _ string) (Reply, error) { return c.proxyNamed(p, text) })
	return r, true, err
}

// paperMeant is what free words about a paper mean, nil for nothing.
func (c *chat) paperMeant(text string) func(documents.Document) (Reply, error) {
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
	}
	_, _, d := answer.FindDate(text, c.today, answer.Future)
	switch {
	case has("寄", "邮", "快递"):
		return func(p documents.Document) (Reply, error) { return c.mail(p) }
	case has("代", "捎", "替我拿", "替我领", "帮我拿", "帮我领", "婆婆", "家里人", "家属", "让俺", "让我"):
		return func(p documents.Document) (Reply, error) { return c.proxyNamed(p, text) }
	case has("留"):
		return func(p documents.Document) (Reply, error) { return c.keepOne(p.Resident + " " + p.ID) }
	case d.Day != 0:
		return func(p documents.Document) (Reply, error) { return c.comeOn(p, d) }
	}
	return nil
}

// comeOn keeps a day that she wrote herself, if the clinic is there.
func (c *chat) comeOn(p documents.Document, d answer.Dates) (Reply, error) {
	open, err := c.worked(d.Day)
	if err != nil {
		return Reply{}, err
	}
	if !open {
		return c.paperAsk(p, fmt.Sprintf(sayNotWorked, d.Day.ChineseLunar()))
	}
	part := map[answer.Part]string{answer.Morning: "上午", answer.Noon: "上午", answer.Afternoon: "下午", answer.Evening: "下午"}[d.Part]
	return c.comeFor(strings.TrimSpace(p.Resident + " " + p.ID + " " + d.Day.String() + " " + part))
}

// noReturn is 不复诊了: the days on which she was asked back are hers to drop.
func (c *chat) noReturn(string) (Reply, error) {
	n := 0
	for _, id := range c.who.Residents {
		days, err := bookings.Recalls(c.scope, id, c.today)
		if err != nil && !isNotFound(err) {
			return Reply{}, err
		}
		for _, r := range days {
			if err := bookings.DropRecall(c.scope, id, r.ID, c.m.At); err != nil {
				return Reply{}, err
			}
			n++
		}
	}
	if n == 0 {
		return Reply{Text: sayNothingBack}, nil
	}
	return Reply{Text: sayReturnDropped}, nil
}

// arrived are other words for 到了.
var arrived = regexp.MustCompile(`^(?:俺们?|我们?)?(?:已经|都)?到(?:了|拉|啦|哩|喽|咯)(?:吧|啊|哈)?$`)

// arrivedSaid takes other words for 到了, where nothing is open.
func (c *chat) arrivedSaid(text string) (Reply, bool, error) {
	if c.who.Staff() || c.m.Tapped || c.m.Token != 0 || c.s.Flow != "" || c.m.Kind != Text || !arrived.MatchString(text) {
		return Reply{}, false, nil
	}
	return answered(c.here(""))
}

// paperDeeds are the commands of the desk about papers.
func paperDeeds() map[string]deed {
	return map[string]deed{
		"ready": {words: []string{"可领", "资料可领", "资料到了", "资料好了"}, ask: (*chat).askReady, args: true},
		"slip":  {words: []string{"转诊单", "转诊"}, ask: (*chat).askSlip, args: true},
		"proxy": {words: []string{"家属代领", "家属代收", "家属领", "代领", "代收"}, ask: (*chat).handToProxy, args: true},
		"name":  {words: []string{"代领人", "代收人"}, ask: (*chat).nameAtDesk, args: true},
		"mail":  {words: []string{"寄出去了", "寄出", "寄了", "邮寄", "寄"}, ask: (*chat).mailed, args: true},
		"keep":  {words: []string{"留着", "先留着"}, ask: (*chat).keptAtDesk, args: true},
		"waive": {words: []string{"不要了"}, ask: (*chat).waivedAtDesk, args: true},
		"take":  {words: []string{"本人领走了", "本人领了", "领走了", "领了", "拿走了", "签收"}, ask: (*chat).takenAtDesk, args: true},
	}
}
