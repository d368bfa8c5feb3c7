package request

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"xintiexin/flows/dialog"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/events"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/townconfig"
)

// maxAsk is how many characters of what somebody asks for are kept.
const maxAsk = 60

func requestWords() []dialog.Keyword {
	return []dialog.Keyword{
		{Text: "找人", For: dialog.Anyone, Do: findPerson},
		{Text: "预约上门", For: dialog.Anyone, Do: comeToMe}, {Text: "约上门", For: dialog.Anyone, Do: comeToMe},
		{Text: "药具单", For: dialog.Clinic, Do: suppliesList},
	}
}

func requestVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){
		"help-ask":   helpAsk,
		"help-call":  helpCall,
		"asked":      dialog.ForStaff(asked),
		"ask":        dialog.ForStaff(askCard),
		"ask-take":   dialog.ForStaff(askTake),
		"ask-pass":   dialog.ForStaff(askPass),
		"ask-offer":  dialog.ForStaff(askOffer),
		"ask-no":     dialog.ForStaff(askRefuse),
		"ask-done":   dialog.ForStaff(func(c *dialog.Turn, ref string) (dialog.Reply, error) { return askEnd(c, ref, "done") }),
		"ask-drop":   dialog.ForStaff(func(c *dialog.Turn, ref string) (dialog.Reply, error) { return askEnd(c, ref, "unwanted") }),
		"supply":     supply,
		"supply-set": dialog.ForStaff(supplyReady),
		"times-pick": dialog.ForStaff(timesPick),
		"times-ask":  dialog.ForStaff(timesAsk),
		"times-stop": stopped,
		"visit-stop": stopped,
		"times-mine": timesMine,
		"times-none": timesNone,
		"take-back":  takeBack,
	}
}

func stopped(*dialog.Turn, string) (dialog.Reply, error) {
	return dialog.Reply{Text: dialog.SayFine}, nil
}

var (
	requestCode = regexp.MustCompile(`^(接|转|不接|不用了) ?([0-9]{3,6})$`)
	requestDone = regexp.MustCompile(`^([0-9]{3,6}) ?(办完了?|办好了|回过话?了|不用办了)$`)
)

// requestWord answers a word and a number that name a request, in every state; ok is
// false for all else.
func requestWord(c *dialog.Turn, text string) (r dialog.Reply, ok bool, err error) {
	if c.M.Token != 0 || c.M.Tapped {
		return dialog.Reply{}, false, nil
	}
	text = strings.TrimRight(text, " 。.,!~吧啊呀哈")
	verb, number := "", ""
	if m := requestCode.FindStringSubmatch(text); m != nil {
		verb, number = m[1], m[2]
	} else if m := requestDone.FindStringSubmatch(text); m != nil {
		if verb, number = "办完", m[1]; m[2] == "不用办了" {
			verb = "不用办"
		}
	}
	switch {
	case verb == "":
		return dialog.Reply{}, false, nil
	case verb == "不用了":
		r, err := takeBack(c, number)
		return r, true, err
	case !c.Who.Staff():
		return dialog.Reply{}, false, nil
	}
	a, err := requests.Numbered(c.Scope, number)
	if dialog.IsNotFound(err) {
		if verb == "办完" || verb == "不用办" { // may be a booking's number
			return dialog.Reply{}, false, nil
		}
		return dialog.Reply{Text: fmt.Sprintf(sayNoRequest, number)}, true, nil
	}
	if err != nil {
		return dialog.Reply{}, false, err
	}
	ref := a.Resident + "/" + a.ID
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, false, err
	}
	switch verb {
	case "接":
		r, err = askTake(c, ref)
	case "转":
		r, err = askPass(c, ref)
	case "不接":
		r, err = askRefuse(c, ref)
	case "办完":
		r, err = askEnd(c, ref, "done")
	case "不用办":
		r, err = askEnd(c, ref, "unwanted")
	}
	return r, true, err
}

// takeBack ends a request of hers by its number.
func takeBack(c *dialog.Turn, number string) (dialog.Reply, error) {
	for _, id := range c.Who.Residents {
		mine, err := requests.MyRequests(c.Scope, id)
		if dialog.IsNotFound(err) {
			continue
		}
		if err != nil {
			return dialog.Reply{}, err
		}
		for _, r := range mine {
			if r.Number == number && r.Closed == nil {
				return dialog.Reply{Text: fmt.Sprintf(sayTakenBack, number)}, requests.WithdrawRequest(c.Scope, id, r.ID, c.M.At)
			}
		}
	}
	return dialog.Reply{Text: fmt.Sprintf(sayNoRequest, number)}, nil
}

// findPerson is 找人: whom to ring, at once, and a word left that somebody answers.
func findPerson(c *dialog.Turn, rest string) (dialog.Reply, error) {
	r, err := c.FindHelp("")
	if err != nil || c.Who.Staff() && len(c.Who.Residents) == 0 {
		return r, err
	}
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, err
	}
	if rest == labelHelpLeave {
		return helpAsk(c, "")
	}
	if rest != "" {
		return helpFor(c, rest)
	}
	return c.Offer(dialog.Join(r.Text, sayHelpLeave), dialogstate.Option{Label: labelHelpLeave, Do: "help-ask"}, dialogstate.Option{Label: labelHelpRing, Do: "none"}), nil
}

// helpAsk asks what it is about; helpSaid takes it.
func helpAsk(c *dialog.Turn, _ string) (dialog.Reply, error) {
	id, r, asked, err := c.ForWhom(purpose.Booking, "找人 "+labelHelpLeave)
	if err != nil || asked {
		return r, err
	}
	return c.Offer(sayHelpWhat, dialogstate.Option{Label: labelHelpCall, Do: "help-call " + id}, dialogstate.Option{Label: labelHelpNot, Do: "none"}), nil
}

func helpCall(c *dialog.Turn, id string) (dialog.Reply, error) { return keepHelp(c, id, labelHelpCall) }

func helpSaid(c *dialog.Turn, text, id string) (dialog.Reply, error) {
	if len([]rune(text)) > maxAsk {
		return c.Show(fmt.Sprintf(sayHelpLong, maxAsk)), nil
	}
	return keepHelp(c, id, text)
}

// helpFor keeps what was said in one sentence with 找人.
func helpFor(c *dialog.Turn, text string) (dialog.Reply, error) {
	if len([]rune(text)) > maxAsk {
		return dialog.Reply{Text: fmt.Sprintf(sayHelpLong, maxAsk)}, nil
	}
	id, r, asked, err := c.ForWhom(purpose.Booking, "找人 "+text)
	if err != nil || asked {
		return r, err
	}
	return keepHelp(c, id, text)
}

func keepHelp(c *dialog.Turn, id, text string) (dialog.Reply, error) {
	c.S.Offers = nil
	q, err := requests.Create(c.Scope, requests.Request{Resident: id, Kind: "help", Text: text}, c.M.ID, c.M.At)
	switch {
	case errors.Is(err, record.ErrRateLimited):
		return dialog.Reply{Text: sayManyOpen}, nil
	case dialog.IsNotFound(err), errors.Is(err, record.ErrConsent):
		return c.Menu(dialog.SayGone)
	case err != nil:
		return dialog.Reply{}, err
	}
	c.WillTell("request")
	return dialog.Reply{Text: fmt.Sprintf(sayHelpKept, q.Number, q.Due.Chinese())}, nil
}

// requestLines tells a resident what became of what she asked for: number, owner
// and day. What has ended is told once.
func requestLines(c *dialog.Turn, resident string) ([]string, error) {
	mine, err := requests.MyRequests(c.Scope, resident)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, r := range mine {
		if r.Closed != nil && r.Seen != 0 {
			continue
		}
		if r.Closed == nil || r.Closed.Reason != "replaced" && (r.Kind != "visit" || r.Closed.Reason != "done") { // of one agreed on the day stands below
			line, err := requestLine(c, r)
			if err != nil {
				return nil, err
			}
			lines = append(lines, line)
		}
		if r.Closed == nil {
			continue
		}
		if err := requests.SawRequest(c.Scope, resident, r.ID, c.M.At); err != nil {
			return nil, err
		}
	}
	seats, err := events.SeatsOf(c.Scope, resident, c.Today)
	if err != nil {
		return nil, err
	}
	for _, s := range seats {
		lines = append(lines, fmt.Sprintf(sayLectureMine, s.Day.Chinese(), dialog.ClockWord(s.Time)))
	}
	return lines, nil
}

func requestLine(c *dialog.Turn, r requests.Request) (string, error) {
	who, err := requests.RequestHolder(c.Tx, r)
	if err != nil {
		return "", err
	}
	what := map[string]string{"help": r.Text, "visit": sayKindVisit, "supplies": sayKindSupplies}[r.Kind]
	if short := []rune(what); len(short) > 10 {
		what = string(short[:10]) + "…"
	}
	head := r.Number + " " + what
	switch {
	case r.Kind == "errand" && r.Closed != nil:
		return dialog.ErrandText(c, r.Text)
	case r.Closed != nil && r.Closed.Reason == "unwanted":
		return fmt.Sprintf(sayRequestDrop, head, cmp.Or(who.Name, "镇上")), nil
	case r.Closed != nil:
		return fmt.Sprintf(sayRequestDone, head, cmp.Or(who.Name, "镇上")), nil
	case r.Ready != 0 && r.Text == "deliver":
		return fmt.Sprintf(sayRequestSent, head), nil
	case r.Ready != 0:
		town, err := townconfig.LoadTown(c.Tx)
		return fmt.Sprintf(sayRequestReady, head, town.Clinic, r.Number), err
	case r.Kind == "supplies":
		return fmt.Sprintf(sayRequestPack, head, r.Due.Chinese()), nil
	case who.ID == "" && r.Due < c.Today:
		return fmt.Sprintf(sayRequestLate, head), nil
	case who.ID == "":
		return fmt.Sprintf(sayRequestFree, head, r.Due.Chinese()), nil
	case r.Due < c.Today:
		return fmt.Sprintf(sayRequestSlow, head, who.Name), nil
	}
	return fmt.Sprintf(sayRequestHeld, head, who.Name, r.Due.Chinese()), nil
}

// Of the requests that wait at most askedMost are read, and askedPage shown at once.
const (
	askedMost = 100
	askedPage = 5
)

// asked is 接: what waits for whoever asks, as staff; rest is how many were shown
// already.
func asked(c *dialog.Turn, rest string) (dialog.Reply, error) {
	offers, err := requestOffers(c, askedMost)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(offers) == 0 {
		return dialog.Reply{Text: sayAskedNone}, nil
	}
	all, from := len(offers), 0
	if n, err := strconv.Atoi(rest); err == nil && n < all { // some were taken since: from the first again
		from = n
	}
	if offers = offers[from:]; len(offers) > askedPage {
		offers = append(offers[:askedPage-1:askedPage-1], dialogstate.Option{Label: labelAskMore, Do: fmt.Sprintf("asked %d", from+askedPage-1)})
	}
	if from > 0 {
		return c.Offer(fmt.Sprintf(sayAskedRest, all-from), offers...), nil
	}
	return c.Offer(fmt.Sprintf(sayAskedHead, all), offers...), nil
}

// requestOffers are the requests that wait for whoever asks, as staff, each a line
// to be tapped; the first due first, at most max.
func requestOffers(c *dialog.Turn, max int) ([]dialogstate.Option, error) {
	if !c.Who.Staff() {
		return nil, nil
	}
	all, err := requests.Waiting(c.Scope, max)
	if err != nil {
		return nil, err
	}
	offers := make([]dialogstate.Option, len(all))
	for i, a := range all {
		state := labelAskFree
		switch c.Who.Cadre.ID {
		case a.To:
			state = labelAskTo
		case a.Holder:
			state = labelAskMine
		}
		who := a.Name
		if a.Group != "" {
			who += "（" + a.Group + "）"
		}
		offers[i] = dialogstate.Option{Label: who + " " + state + " 编号" + a.Number, Do: "ask " + a.Resident + "/" + a.ID}
	}
	return offers, nil
}

// lateOffers are the lines of requests that others have and that wait long.
func lateOffers(c *dialog.Turn, max int) ([]dialogstate.Option, error) {
	all, err := requests.Overdue(c.Scope, c.Today, max)
	if err != nil {
		return nil, err
	}
	var offers []dialogstate.Option
	for _, a := range all {
		who, err := c.ContactName(a.Holder)
		if err != nil {
			return nil, err
		}
		name := a.Name
		if a.Group != "" {
			name += "（" + a.Group + "）"
		}
		offers = append(offers, dialogstate.Option{Label: name + " " + dialog.PromisedOthers + " 编号" + a.Number + fmt.Sprintf(dialog.PromisedWhose, who), Do: "ask " + a.Resident + "/" + a.ID})
	}
	return offers, nil
}

// askedAt reads which request an offer is about.
func askedAt(c *dialog.Turn, ref string) (requests.RequestView, error) {
	resident, id, _ := strings.Cut(ref, "/")
	return requests.OfResident(c.Scope, resident, id)
}

// refused are the words for what cannot be done with a request any more; ok is
// false for another error.
func refused(c *dialog.Turn, a requests.RequestView, err error) (r dialog.Reply, ok bool) {
	switch {
	case err == nil:
		return dialog.Reply{}, false
	case dialog.IsNotFound(err), errors.Is(err, record.ErrNotAvailable):
		return dialog.Reply{Text: dialog.SayGone}, true
	case errors.Is(err, requests.ErrTaken):
		name := "别人"
		if o, err := person.LoadStaff(c.Tx, a.Holder); err == nil {
			name = o.Name
		}
		return dialog.Reply{Text: fmt.Sprintf(sayAskTaken, name)}, true
	}
	return dialog.Reply{}, false
}

// askCard shows a request with what can be done about it; that she looked is
// written down.
func askCard(c *dialog.Turn, ref string) (dialog.Reply, error) {
	a, err := askedAt(c, ref)
	if err == nil && a.Closed != nil {
		err = record.ErrNotAvailable
	}
	if r, ok := refused(c, a, err); ok || err != nil {
		return r, skip(ok, err)
	}
	if err := requests.GetView(c.Scope, a, c.M.At); err != nil {
		return dialog.Reply{}, err
	}
	if a.Kind == "supplies" {
		return supplyCard(c, a)
	}
	what := a.Text
	if a.Kind == "visit" {
		what = fmt.Sprintf(sayVisitWants, whens(c, a.Times))
	}
	me := c.Who.Cadre.ID
	said := dialog.Join(strings.Join(strings.Fields(a.Name+" "+a.Group+" "+a.Phone), " "), fmt.Sprintf(dialog.Asked, what), fmt.Sprintf(sayAskNumber, a.Number, a.Due.Chinese()))
	if a.To == me {
		return c.Offer(dialog.Join(said, sayAskTo), dialogstate.Option{Label: labelAskTake, Do: "ask-take " + ref}, dialogstate.Option{Label: labelAskNot, Do: "ask-no " + ref}), nil
	}
	if a.Holder != "" && a.Holder != me {
		who, err := c.ContactName(a.Holder)
		if said = dialog.Join(said, fmt.Sprintf(sayAskTaken, who)); err == nil && a.Late(c.Today) {
			return c.Offer(said, dialogstate.Option{Label: labelAskTake, Do: "ask-take " + ref}, dialogstate.Option{Label: labelAskRests, Do: "none"}), nil
		}
		return dialog.Reply{Text: said}, err
	}
	var offers []dialogstate.Option
	if a.Holder == "" {
		offers = append(offers, dialogstate.Option{Label: labelAskTake, Do: "ask-take " + ref})
	}
	if a.Kind == "visit" {
		for _, w := range a.Times {
			if w.Day >= c.Today {
				offers = append(offers, dialogstate.Option{Label: when(c, w), Do: "times-pick " + ref + " " + w.Day.String() + " " + w.Part})
			}
		}
		offers = append(offers, dialogstate.Option{Label: labelTimesOther, Do: "times-ask " + ref})
	} else {
		offers = append(offers, dialogstate.Option{Label: labelAskDone, Do: "ask-done " + ref}, dialogstate.Option{Label: dialog.LabelAskList, Do: "ask-list " + ref})
	}
	return c.Offer(said, append(offers, dialogstate.Option{Label: labelAskPass, Do: "ask-pass " + ref}, dialogstate.Option{Label: labelAskDrop, Do: "ask-drop " + ref})...), nil
}

// skip is the error that stays when a refusal was answered.
func skip(answered bool, err error) error {
	if answered {
		return nil
	}
	return err
}

func askTake(c *dialog.Turn, ref string) (dialog.Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	a, err := requests.TakeRequest(c.Scope, resident, id, c.M.At)
	if r, ok := refused(c, a, err); ok || err != nil {
		return r, skip(ok, err)
	}
	r, err := askCard(c, ref)
	r.Text = dialog.Join(fmt.Sprintf(sayAskYours, a.Number), r.Text)
	return r, err
}

// askPass asks to whom a request is to go.
func askPass(c *dialog.Turn, ref string) (dialog.Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	others, err := requests.AssignableStaff(c.Scope, resident, id)
	if err != nil {
		a, _ := askedAt(c, ref)
		r, ok := refused(c, a, err)
		return r, skip(ok, err)
	}
	if len(others) == 0 {
		return dialog.Reply{Text: sayPassNobody}, nil
	}
	offers := make([]dialogstate.Option, 0, len(others)+1)
	for _, o := range others[:min(len(others), 7)] {
		offers = append(offers, dialogstate.Option{Label: o.Name + "（" + roleName(o) + "）", Do: "ask-offer " + ref + " " + o.ID})
	}
	return c.Offer(sayPassWho, append(offers, dialogstate.Option{Label: dialog.LabelNotNow, Do: "none"})...), nil
}

// roleName says where a cadre works.
func roleName(c person.Staff) string {
	switch {
	case c.Has(person.VillageWorker):
		return "村里"
	case c.Has(person.Clinician):
		return "卫生院"
	}
	return "镇上"
}

func askOffer(c *dialog.Turn, rest string) (dialog.Reply, error) {
	ref, to, _ := strings.Cut(rest, " ")
	resident, id, _ := strings.Cut(ref, "/")
	a, err := requests.OfferRequest(c.Scope, resident, id, to, c.M.At)
	if errors.Is(err, record.ErrScope) {
		return dialog.Reply{Text: sayPassNobody}, nil
	}
	if r, ok := refused(c, a, err); ok || err != nil {
		return r, skip(ok, err)
	}
	o, err := person.LoadStaff(c.Tx, to)
	return dialog.Reply{Text: fmt.Sprintf(sayPassed, o.Name)}, err
}

func askRefuse(c *dialog.Turn, ref string) (dialog.Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	a, err := requests.RefuseRequest(c.Scope, resident, id)
	if dialog.IsNotFound(err) {
		return dialog.Reply{Text: dialog.SayGone}, nil
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	who, err := c.ContactName(a.Holder)
	return dialog.Reply{Text: fmt.Sprintf(sayPassNot, a.Number, who)}, err
}

// askEnd ends a request; all endings are equal, and can be taken back.
func askEnd(c *dialog.Turn, ref, reason string) (dialog.Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	var a requests.RequestView
	u, err := c.Tx.Save(func() (err error) {
		a, err = requests.EndRequest(c.Scope, resident, id, reason, c.M.At)
		return err
	})
	if r, ok := refused(c, a, err); ok || err != nil {
		return r, skip(ok, err)
	}
	u.Until, u.What = c.M.At.Add(record.UndoTime).Unix(), fmt.Sprintf(sayRequestOf, a.Number)
	said := sayAskDropped
	switch {
	case reason == "done" && a.Kind == "supplies":
		said = sayAskGiven
	case reason == "done":
		said = sayAskEnded
	}
	return dialog.Reply{Text: fmt.Sprintf(said, a.Number)}, c.Tx.PutUndo(c.M.From, u)
}

var nobodys = regexp.MustCompile(`没(?:个)?人(?:理|管|回|答|应|问)|咋(?:还)?不回|怎么(?:还)?不回|不理(?:俺|我|人)`)

// unheard answers who says that nobody answers her: what became of what she asked
// for, or how to reach somebody.
func unheard(c *dialog.Turn) (dialog.Reply, error) {
	var lines []string
	for _, id := range c.Who.Residents {
		asked, err := requestLines(c, id)
		if dialog.IsNotFound(err) { // her card was closed
			continue
		}
		if err != nil {
			return dialog.Reply{}, err
		}
		lines = append(lines, asked...)
	}
	r, err := findPerson(c, "")
	r.Text = dialog.Join(append(append([]string{sayUnheard}, lines...), r.Text)...)
	return r, err
}

func unheardSaid(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	if !nobodys.MatchString(text) {
		return dialog.Reply{}, false, nil
	}
	return dialog.Answered(unheard(c))
}

// ringSaid answers who would rather be rung, where nothing is booked.
func ringSaid(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	if !dialog.RingTalk(text) {
		return dialog.Reply{}, false, nil
	}
	return dialog.Answered(findPerson(c, ""))
}

// askedSaid is 接, alone, from staff.
func askedSaid(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	if !c.Who.Staff() || text != "接" && text != "接单" {
		return dialog.Reply{}, false, nil
	}
	return dialog.Answered(asked(c, ""))
}
