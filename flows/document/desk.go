package document

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dialog"
	"xintiexin/storage/bookings"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/documents"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// ---- the desk ----

// askReady is “可领 0202-03”: how the papers of a booking are handed over. Words
// about what stands on them are refused: nothing of it is kept here.
func askReady(c *dialog.Turn, a bookings.Appointment, args string) (dialog.Reply, error) {
	return askPaper(c, a, args, false)
}

// askSlip is “转诊 0202-03”: that there is a slip to fetch, in person.
func askSlip(c *dialog.Turn, a bookings.Appointment, args string) (dialog.Reply, error) {
	return askPaper(c, a, args, true)
}

// modes are the ways in which a paper can be handed over, by the label.
var modes = []struct{ name, label string }{
	{"explain", "只交本人，当面讲"},
	{"self", "只交本人，窗口领"},
	{"own", "照各人自己选的"},
}

func askPaper(c *dialog.Turn, a bookings.Appointment, args string, slip bool) (dialog.Reply, error) {
	people, err := dialog.Pair(c, a.Resident, a.Spouse)
	if err != nil {
		return dialog.Reply{}, err
	}
	people, args = dialog.Named(people, args)
	mode := modeOf(args)
	switch {
	case args != "" && mode == "":
		return dialog.Reply{Text: fmt.Sprintf(sayNoContent, a.Number)}, nil
	case a.State == bookings.Missed || a.State == bookings.Cancelled || a.Day > c.Today:
		return dialog.Reply{Text: fmt.Sprintf(sayNotHere, a.Number)}, nil
	case len(people) == 0:
		return dialog.Reply{Text: fmt.Sprintf(dialog.SayNoNumber, a.Number)}, nil
	case slip && mode == "":
		mode = "self"
	}
	do := func(mode, who string) string {
		return strings.Join([]string{"ready", a.ID, mode, who, dialog.PickWord(slip, "slip", "paper")}, " ")
	}
	who := "all"
	if len(people) == 1 {
		who = people[0].ID
	}
	if mode != "" {
		return c.Do(do(mode, who))
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
	return c.Offer(dialog.Join(said, unsignedNote(a)), offers...), nil
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

// makeReady carries out what askPaper asked: “<appointment> <mode> <resident or
// all> <paper or slip>”.
func makeReady(c *dialog.Turn, rest string) (dialog.Reply, error) {
	p := strings.Fields(rest)
	if len(p) != 4 {
		return dialog.Reply{}, fmt.Errorf("offer %q: not a paper", rest)
	}
	a, err := bookings.Get(c.Scope, p[0])
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	people, err := dialog.Pair(c, a.Resident, a.Spouse)
	if err != nil {
		return dialog.Reply{}, err
	}
	mode, who := p[1], p[2]
	if mode == "apart" || mode == "then" {
		return askApart(c, a, people, who, p[3])
	}
	mode, apart := strings.CutSuffix(mode, "+")
	if who != "all" {
		people = slices.DeleteFunc(people, func(r person.Resident) bool { return r.ID != who })
	}
	said, err := readyFor(c, a, people, mode, p[3] == "slip")
	if err != nil {
		return dialog.Reply{}, err
	}
	if apart && a.Spouse != "" && who == a.Resident {
		r, err := makeReady(c, strings.Join([]string{a.ID, "then", a.Spouse, p[3]}, " "))
		r.Text = dialog.Join(said, r.Text)
		return r, err
	}
	return dialog.Reply{Text: said}, nil
}

// askApart asks how the paper of one of the two is handed over; after her comes
// he.
func askApart(c *dialog.Turn, a bookings.Appointment, people []person.Resident, who, kind string) (dialog.Reply, error) {
	i := slices.IndexFunc(people, func(r person.Resident) bool { return r.ID == who })
	if i < 0 {
		return c.Menu(dialog.SayGone)
	}
	offers := make([]dialogstate.Option, 0, 3)
	for _, m := range modes {
		offers = append(offers, dialogstate.Option{Label: m.label, Do: strings.Join([]string{"ready", a.ID, m.name + "+", who, kind}, " ")})
	}
	return c.Offer(fmt.Sprintf(sayPaperOf, a.Number, people[i].Name), offers...), nil
}

// readyFor makes the paper of each ready and says who is told, and who has no
// WeChat.
func readyFor(c *dialog.Turn, a bookings.Appointment, people []person.Resident, mode string, slip bool) (string, error) {
	var lines, told []string
	err := c.Undoable(a.Number, func() error {
		lines, told = nil, nil
		for _, r := range people {
			p := documents.Document{Resident: r.ID, Appointment: a.ID, Slip: slip, SelfOnly: mode != "own", Explain: mode == "explain"}
			_, err := documents.MakeReady(c.Scope, p, c.M.ID, c.M.At)
			switch {
			case errors.Is(err, record.ErrAlreadyExists):
				lines = append(lines, fmt.Sprintf(sayReadyAlready, r.Name))
				continue
			case dialog.IsNotFound(err), errors.Is(err, record.ErrScope):
				lines = append(lines, fmt.Sprintf(dialog.SayNoNumber, a.Number))
				continue
			case err != nil:
				return err
			}
			openid, err := person.WeChatOf(c.Tx, r.ID)
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
	return dialog.Join(lines...), err
}

// papersAt are the open papers of a booking; a name in args leaves hers alone.
func papersAt(c *dialog.Turn, a bookings.Appointment, args string) (papers []documents.Document, rest string, err error) {
	people, err := dialog.Pair(c, a.Resident, a.Spouse)
	if err != nil {
		return nil, args, err
	}
	people, rest = dialog.Named(people, args)
	for _, r := range people {
		all, err := documents.List(c.Scope, r.ID)
		if dialog.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, rest, err
		}
		for _, p := range all {
			if p.Appointment == a.ID && p.Open(c.Today) {
				papers = append(papers, p)
			}
		}
	}
	return papers, rest, nil
}

// handToProxy is “0202-03 代领 王秀英”: somebody whom she named is at the desk. An
// attempt on what only she can have is refused in storage and stands in who has
// looked.
func handToProxy(c *dialog.Turn, a bookings.Appointment, args string) (dialog.Reply, error) {
	return handOut(c, a, args, sayProxied, func(p documents.Document, name string) (documents.Document, error) {
		return documents.HandToProxy(c.Scope, p.Resident, p.ID, name, c.M.At)
	})
}

// mailed is “0202-03 寄了”.
func mailed(c *dialog.Turn, a bookings.Appointment, args string) (dialog.Reply, error) {
	return handOut(c, a, args, sayMailed, func(p documents.Document, _ string) (documents.Document, error) {
		return documents.Mail(c.Scope, p.Resident, p.ID, c.M.At)
	})
}

// handOut tries to hand each open paper of a booking out of her own hands; one
// that can be is, and of the others is said why not.
func handOut(c *dialog.Turn, a bookings.Appointment, args, done string, do func(documents.Document, string) (documents.Document, error)) (dialog.Reply, error) {
	papers, name, err := papersAt(c, a, args)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(papers) == 0 {
		return dialog.Reply{Text: fmt.Sprintf(sayNoPaper, a.Number)}, nil
	}
	if slices.ContainsFunc(papers, func(p documents.Document) bool { return !p.SelfOnly }) { // the other one is not meant
		papers = slices.DeleteFunc(papers, func(p documents.Document) bool { return p.SelfOnly })
	}
	var why, out string
	err = c.Undoable(a.Number, func() error {
		why, out = "", ""
		for _, p := range papers {
			p, err := do(p, name)
			switch {
			case errors.Is(err, record.ErrSelfOnly):
				why = saySelfOnlyDesk
			case errors.Is(err, documents.ErrProxy), errors.Is(err, record.ErrConsent):
				why = cmp.Or(why, fmt.Sprintf(dialog.PickWord(done == sayMailed, sayNotWished, sayNotNamed), a.Number))
			case errors.Is(err, record.ErrNotAvailable), dialog.IsNotFound(err), errors.Is(err, record.ErrScope):
				why = cmp.Or(why, fmt.Sprintf(sayNoPaper, a.Number))
			case err != nil:
				return err
			default:
				out = fmt.Sprintf(done, a.Number, cmp.Or(p.Proxy, name))
			}
		}
		return nil
	})
	return dialog.Reply{Text: cmp.Or(out, why)}, err
}

// deskPaper does something at the desk with the one open paper that is meant.
func deskPaper(c *dialog.Turn, a bookings.Appointment, args, done string, do func(documents.Document, string) (documents.Document, error)) (dialog.Reply, error) {
	papers, rest, err := papersAt(c, a, args)
	if err != nil {
		return dialog.Reply{}, err
	}
	switch {
	case len(papers) == 0:
		return dialog.Reply{Text: fmt.Sprintf(sayNoPaper, a.Number)}, nil
	case len(papers) > 1:
		return dialog.Reply{Text: fmt.Sprintf(sayWhosePaper, a.Number)}, nil
	}
	p := papers[0]
	err = c.Undoable(a.Number, func() (err error) { p, err = do(p, rest); return err })
	switch {
	case errors.Is(err, record.ErrSelfOnly):
		return dialog.Reply{Text: saySelfOnlyDesk}, nil
	case errors.Is(err, record.ErrScope):
		return dialog.Reply{Text: sayHerself}, nil
	case errors.Is(err, record.ErrNotAvailable), dialog.IsNotFound(err):
		return dialog.Reply{Text: fmt.Sprintf(sayNoPaper, a.Number)}, nil
	case err != nil:
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: fmt.Sprintf(done, a.Number, cmp.Or(p.Proxy, p.Until.Short()))}, nil
}

// takenAtDesk is “0202-03 本人领了”: she signed on paper.
func takenAtDesk(c *dialog.Turn, a bookings.Appointment, args string) (dialog.Reply, error) {
	return deskPaper(c, a, args, sayTaken, func(p documents.Document, _ string) (documents.Document, error) {
		return documents.Sign(c.Scope, p.Resident, p.ID, c.M.At)
	})
}

func keptAtDesk(c *dialog.Turn, a bookings.Appointment, args string) (dialog.Reply, error) {
	return deskPaper(c, a, args, sayKeptDesk, func(p documents.Document, _ string) (documents.Document, error) {
		return documents.Keep(c.Scope, p.Resident, p.ID, c.M.At)
	})
}

func waivedAtDesk(c *dialog.Turn, a bookings.Appointment, args string) (dialog.Reply, error) {
	return deskPaper(c, a, args, sayWaivedDesk, func(p documents.Document, _ string) (documents.Document, error) {
		return documents.Waive(c.Scope, p.Resident, p.ID, c.M.At)
	})
}

// nameAtDesk is “0202-03 代领人 王秀英”: who uses no WeChat signed for it.
func nameAtDesk(c *dialog.Turn, a bookings.Appointment, args string) (dialog.Reply, error) {
	if _, ok := proxyName(args); !ok {
		return dialog.Reply{Text: fmt.Sprintf(sayNameHow, a.Number)}, nil
	}
	return deskPaper(c, a, args, sayNamedDesk, func(p documents.Document, rest string) (documents.Document, error) {
		name, _ := proxyName(rest)
		return documents.NameProxy(c.Scope, p.Resident, p.ID, name, c.M.At)
	})
}

// paperDeeds are the commands of the desk about papers.
func paperDeeds() map[string]dialog.DeskCommand {
	return map[string]dialog.DeskCommand{
		"ready": {Words: []string{"可领", "资料可领", "资料到了", "资料好了"}, Ask: askReady, Args: true},
		"slip":  {Words: []string{"转诊单", "转诊"}, Ask: askSlip, Args: true},
		"proxy": {Words: []string{"家属代领", "家属代收", "家属领", "代领", "代收"}, Ask: handToProxy, Args: true},
		"name":  {Words: []string{"代领人", "代收人"}, Ask: nameAtDesk, Args: true},
		"mail":  {Words: []string{"寄出去了", "寄出", "寄了", "邮寄", "寄"}, Ask: mailed, Args: true},
		"keep":  {Words: []string{"留着", "先留着"}, Ask: keptAtDesk, Args: true},
		"waive": {Words: []string{"不要了"}, Ask: waivedAtDesk, Args: true},
		"take":  {Words: []string{"本人领走了", "本人领了", "领走了", "领了", "拿走了", "签收"}, Ask: takenAtDesk, Args: true},
	}
}
