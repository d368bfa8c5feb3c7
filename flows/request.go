package flows

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

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

func requestWords() []word {
	return []word{
		{"找人", anyone, (*chat).findPerson},
		{"预约上门", anyone, (*chat).comeToMe}, {"约上门", anyone, (*chat).comeToMe},
		{"药具单", clinic, (*chat).suppliesList},
	}
}

func requestVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){
		"help-ask":   (*chat).helpAsk,
		"help-call":  (*chat).helpCall,
		"asked":      forStaff((*chat).asked),
		"ask":        forStaff((*chat).askCard),
		"ask-take":   forStaff((*chat).askTake),
		"ask-pass":   forStaff((*chat).askPass),
		"ask-offer":  forStaff((*chat).askOffer),
		"ask-no":     forStaff((*chat).askRefuse),
		"ask-done":   forStaff(func(c *chat, ref string) (Reply, error) { return c.askEnd(ref, "done") }),
		"ask-drop":   forStaff(func(c *chat, ref string) (Reply, error) { return c.askEnd(ref, "unwanted") }),
		"supply":     (*chat).supply,
		"supply-set": forStaff((*chat).supplyReady),
		"times-pick": forStaff((*chat).timesPick),
		"times-ask":  forStaff((*chat).timesAsk),
		"times-stop": stopped,
		"visit-stop": stopped,
		"times-mine": (*chat).timesMine,
		"times-none": (*chat).timesNone,
		"take-back":  (*chat).takeBack,
	}
}

func stopped(*chat, string) (Reply, error) { return Reply{Text: sayFine}, nil }

var (
	requestCode = regexp.MustCompile(`^(接|转|不接|不用了) ?([0-9]{3,6})$`)
	requestDone = regexp.MustCompile(`^([0-9]{3,6}) ?(办完了?|办好了|回过话?了|不用办了)$`)
)

// requestWord answers a word and a number that name a request, in every state; ok is
// false for all else.
func (c *chat) requestWord(text string) (r Reply, ok bool, err error) {
	if c.m.Token != 0 || c.m.Tapped {
		return Reply{}, false, nil
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
		return Reply{}, false, nil
	case verb == "不用了":
		r, err := c.takeBack(number)
		return r, true, err
	case !c.who.Staff():
		return Reply{}, false, nil
	}
	a, err := requests.Numbered(c.scope, number)
	if isNotFound(err) {
		if verb == "办完" || verb == "不用办" { // may be a booking's number
			return Reply{}, false, nil
		}
		return Reply{Text: fmt.Sprintf(sayNoRequest, number)}, true, nil
	}
	if err != nil {
		return Reply{}, false, err
	}
	ref := a.Resident + "/" + a.ID
	if err := c.aside(); err != nil {
		return Reply{}, false, err
	}
	switch verb {
	case "接":
		r, err = c.askTake(ref)
	case "转":
		r, err = c.askPass(ref)
	case "不接":
		r, err = c.askRefuse(ref)
	case "办完":
		r, err = c.askEnd(ref, "done")
	case "不用办":
		r, err = c.askEnd(ref, "unwanted")
	}
	return r, true, err
}

// takeBack ends a request of hers by its number.
func (c *chat) takeBack(number string) (Reply, error) {
	for _, id := range c.who.Residents {
		mine, err := requests.MyRequests(c.scope, id)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return Reply{}, err
		}
		for _, r := range mine {
			if r.Number == number && r.Closed == nil {
				return Reply{Text: fmt.Sprintf(sayTakenBack, number)}, requests.WithdrawRequest(c.scope, id, r.ID, c.m.At)
			}
		}
	}
	return Reply{Text: fmt.Sprintf(sayNoRequest, number)}, nil
}

// findPerson is 找人: whom to ring, at once, and a word left that somebody answers.
func (c *chat) findPerson(rest string) (Reply, error) {
	r, err := c.findHelp("")
	if err != nil || c.who.Staff() && len(c.who.Residents) == 0 {
		return r, err
	}
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	if rest == labelHelpLeave {
		return c.helpAsk("")
	}
	if rest != "" {
		return c.helpFor(rest)
	}
	return c.offer(join(r.Text, sayHelpLeave), dialogstate.Option{Label: labelHelpLeave, Do: "help-ask"}, dialogstate.Option{Label: labelHelpRing, Do: "none"}), nil
}

// helpAsk asks what it is about; helpSaid takes it.
func (c *chat) helpAsk(string) (Reply, error) {
	id, r, asked, err := c.forWhom(purpose.Booking, "找人 "+labelHelpLeave)
	if err != nil || asked {
		return r, err
	}
	return c.offer(sayHelpWhat, dialogstate.Option{Label: labelHelpCall, Do: "help-call " + id}, dialogstate.Option{Label: labelHelpNot, Do: "none"}), nil
}

func (c *chat) helpCall(id string) (Reply, error) { return c.keepHelp(id, labelHelpCall) }

func (c *chat) helpSaid(text, id string) (Reply, error) {
	if len([]rune(text)) > maxAsk {
		return c.show(fmt.Sprintf(sayHelpLong, maxAsk)), nil
	}
	return c.keepHelp(id, text)
}

// helpFor keeps what was said in one sentence with 找人.
func (c *chat) helpFor(text string) (Reply, error) {
	if len([]rune(text)) > maxAsk {
		return Reply{Text: fmt.Sprintf(sayHelpLong, maxAsk)}, nil
	}
	id, r, asked, err := c.forWhom(purpose.Booking, "找人 "+text)
	if err != nil || asked {
		return r, err
	}
	return c.keepHelp(id, text)
}

func (c *chat) keepHelp(id, text string) (Reply, error) {
	c.s.Offers = nil
	q, err := requests.Create(c.scope, requests.Request{Resident: id, Kind: "help", Text: text}, c.m.ID, c.m.At)
	switch {
	case errors.Is(err, record.ErrRateLimited):
		return Reply{Text: sayManyOpen}, nil
	case isNotFound(err), errors.Is(err, record.ErrConsent):
		return c.menu(sayGone)
	case err != nil:
		return Reply{}, err
	}
	c.willTell("request")
	return Reply{Text: fmt.Sprintf(sayHelpKept, q.Number, q.Due.Chinese())}, nil
}

// requestLines tells a resident what became of what she asked for: number, owner
// and day. What has ended is told once.
func (c *chat) requestLines(resident string) ([]string, error) {
	mine, err := requests.MyRequests(c.scope, resident)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, r := range mine {
		if r.Closed != nil && r.Seen != 0 {
			continue
		}
		if r.Closed == nil || r.Closed.Reason != "replaced" && (r.Kind != "visit" || r.Closed.Reason != "done") { // of one agreed on the day stands below
			line, err := c.requestLine(r)
			if err != nil {
				return nil, err
			}
			lines = append(lines, line)
		}
		if r.Closed == nil {
			continue
		}
		if err := requests.SawRequest(c.scope, resident, r.ID, c.m.At); err != nil {
			return nil, err
		}
	}
	seats, err := events.SeatsOf(c.scope, resident, c.today)
	if err != nil {
		return nil, err
	}
	for _, s := range seats {
		lines = append(lines, fmt.Sprintf(sayLectureMine, s.Day.Chinese(), clockWord(s.Time)))
	}
	return lines, nil
}

func (c *chat) requestLine(r requests.Request) (string, error) {
	who, err := requests.RequestHolder(c.tx, r)
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
		return c.errandText(r.Text)
	case r.Closed != nil && r.Closed.Reason == "unwanted":
		return fmt.Sprintf(sayRequestDrop, head, cmp.Or(who.Name, "镇上")), nil
	case r.Closed != nil:
		return fmt.Sprintf(sayRequestDone, head, cmp.Or(who.Name, "镇上")), nil
	case r.Ready != 0 && r.Text == "deliver":
		return fmt.Sprintf(sayRequestSent, head), nil
	case r.Ready != 0:
		town, err := townconfig.LoadTown(c.tx)
		return fmt.Sprintf(sayRequestReady, head, town.Clinic, r.Number), err
	case r.Kind == "supplies":
		return fmt.Sprintf(sayRequestPack, head, r.Due.Chinese()), nil
	case who.ID == "" && r.Due < c.today:
		return fmt.Sprintf(sayRequestLate, head), nil
	case who.ID == "":
		return fmt.Sprintf(sayRequestFree, head, r.Due.Chinese()), nil
	case r.Due < c.today:
		return fmt.Sprintf(sayRequestSlow, head, who.Name), nil
	}
	return fmt.Sprintf(sayRequestHeld, head, who.Name, r.Due.Chinese()), nil
}

// errandText is the list of papers that a cadre sent her.
func (c *chat) errandText(guide string) (string, error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return "", err
	}
	for _, g := range site.Guides {
		if g.ID == guide {
			return guideText(site, g), nil
		}
	}
	return sayNoGuide, nil
}

// Of the requests that wait at most askedMost are read, and askedPage shown at once.
const (
	askedMost = 100
	askedPage = 5
)

// asked is 接: what waits for whoever asks, as staff; rest is how many were shown
// already.
func (c *chat) asked(rest string) (Reply, error) {
	offers, err := c.requestOffers(askedMost)
	if err != nil {
		return Reply{}, err
	}
	if len(offers) == 0 {
		return Reply{Text: sayAskedNone}, nil
	}
	all, from := len(offers), 0
	if n, err := strconv.Atoi(rest); err == nil && n < all { // some were taken since: from the first again
		from = n
	}
	if offers = offers[from:]; len(offers) > askedPage {
		offers = append(offers[:askedPage-1:askedPage-1], dialogstate.Option{Label: labelAskMore, Do: fmt.Sprintf("asked %d", from+askedPage-1)})
	}
	if from > 0 {
		return c.offer(fmt.Sprintf(sayAskedRest, all-from), offers...), nil
	}
	return c.offer(fmt.Sprintf(sayAskedHead, all), offers...), nil
}

// requestOffers are the requests that wait for whoever asks, as staff, each a line
// to be tapped; the first due first, at most max.
func (c *chat) requestOffers(max int) ([]dialogstate.Option, error) {
	if !c.who.Staff() {
		return nil, nil
	}
	all, err := requests.Waiting(c.scope, max)
	if err != nil {
		return nil, err
	}
	offers := make([]dialogstate.Option, len(all))
	for i, a := range all {
		state := labelAskFree
		switch c.who.Cadre.ID {
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
func (c *chat) lateOffers(max int) ([]dialogstate.Option, error) {
	all, err := requests.Overdue(c.scope, c.today, max)
	if err != nil {
		return nil, err
	}
	var offers []dialogstate.Option
	for _, a := range all {
		who, err := c.contactName(a.Holder)
		if err != nil {
			return nil, err
		}
		name := a.Name
		if a.Group != "" {
			name += "（" + a.Group + "）"
		}
		offers = append(offers, dialogstate.Option{Label: name + " " + promisedOthers + " 编号" + a.Number + fmt.Sprintf(promisedWhose, who), Do: "ask " + a.Resident + "/" + a.ID})
	}
	return offers, nil
}

// askedAt reads which request an offer is about.
func (c *chat) askedAt(ref string) (requests.RequestView, error) {
	resident, id, _ := strings.Cut(ref, "/")
	return requests.OfResident(c.scope, resident, id)
}

// refused are the words for what cannot be done with a request any more; ok is
// false for another error.
func (c *chat) refused(a requests.RequestView, err error) (r Reply, ok bool) {
	switch {
	case err == nil:
		return Reply{}, false
	case isNotFound(err), errors.Is(err, record.ErrNotAvailable):
		return Reply{Text: sayGone}, true
	case errors.Is(err, requests.ErrTaken):
		name := "别人"
		if o, err := person.LoadStaff(c.tx, a.Holder); err == nil {
			name = o.Name
		}
		return Reply{Text: fmt.Sprintf(sayAskTaken, name)}, true
	}
	return Reply{}, false
}

// askCard shows a request with what can be done about it; that she looked is
// written down.
func (c *chat) askCard(ref string) (Reply, error) {
	a, err := c.askedAt(ref)
	if err == nil && a.Closed != nil {
		err = record.ErrNotAvailable
	}
	if r, ok := c.refused(a, err); ok || err != nil {
		return r, skip(ok, err)
	}
	if err := requests.GetView(c.scope, a, c.m.At); err != nil {
		return Reply{}, err
	}
	if a.Kind == "supplies" {
		return c.supplyCard(a)
	}
	what := a.Text
	if a.Kind == "visit" {
		what = fmt.Sprintf(sayVisitWants, c.whens(a.Times))
	}
	me := c.who.Cadre.ID
	said := join(strings.Join(strings.Fields(a.Name+" "+a.Group+" "+a.Phone), " "), fmt.Sprintf(asked, what), fmt.Sprintf(sayAskNumber, a.Number, a.Due.Chinese()))
	if a.To == me {
		return c.offer(join(said, sayAskTo), dialogstate.Option{Label: labelAskTake, Do: "ask-take " + ref}, dialogstate.Option{Label: labelAskNot, Do: "ask-no " + ref}), nil
	}
	if a.Holder != "" && a.Holder != me {
		who, err := c.contactName(a.Holder)
		if said = join(said, fmt.Sprintf(sayAskTaken, who)); err == nil && a.Late(c.today) {
			return c.offer(said, dialogstate.Option{Label: labelAskTake, Do: "ask-take " + ref}, dialogstate.Option{Label: labelAskRests, Do: "none"}), nil
		}
		return Reply{Text: said}, err
	}
	var offers []dialogstate.Option
	if a.Holder == "" {
		offers = append(offers, dialogstate.Option{Label: labelAskTake, Do: "ask-take " + ref})
	}
	if a.Kind == "visit" {
		for _, w := range a.Times {
			if w.Day >= c.today {
				offers = append(offers, dialogstate.Option{Label: c.when(w), Do: "times-pick " + ref + " " + w.Day.String() + " " + w.Part})
			}
		}
		offers = append(offers, dialogstate.Option{Label: labelTimesOther, Do: "times-ask " + ref})
	} else {
		offers = append(offers, dialogstate.Option{Label: labelAskDone, Do: "ask-done " + ref}, dialogstate.Option{Label: labelAskList, Do: "ask-list " + ref})
	}
	return c.offer(said, append(offers, dialogstate.Option{Label: labelAskPass, Do: "ask-pass " + ref}, dialogstate.Option{Label: labelAskDrop, Do: "ask-drop " + ref})...), nil
}

// skip is the error that stays when a refusal was answered.
func skip(answered bool, err error) error {
	if answered {
		return nil
	}
	return err
}

func (c *chat) askTake(ref string) (Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	a, err := requests.TakeRequest(c.scope, resident, id, c.m.At)
	if r, ok := c.refused(a, err); ok || err != nil {
		return r, skip(ok, err)
	}
	r, err := c.askCard(ref)
	r.Text = join(fmt.Sprintf(sayAskYours, a.Number), r.Text)
	return r, err
}

// askPass asks to whom a request is to go.
func (c *chat) askPass(ref string) (Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	others, err := requests.AssignableStaff(c.scope, resident, id)
	if err != nil {
		a, _ := c.askedAt(ref)
		r, ok := c.refused(a, err)
		return r, skip(ok, err)
	}
	if len(others) == 0 {
		return Reply{Text: sayPassNobody}, nil
	}
	offers := make([]dialogstate.Option, 0, len(others)+1)
	for _, o := range others[:min(len(others), 7)] {
		offers = append(offers, dialogstate.Option{Label: o.Name + "（" + roleName(o) + "）", Do: "ask-offer " + ref + " " + o.ID})
	}
	return c.offer(sayPassWho, append(offers, dialogstate.Option{Label: labelNotNow, Do: "none"})...), nil
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

func (c *chat) askOffer(rest string) (Reply, error) {
	ref, to, _ := strings.Cut(rest, " ")
	resident, id, _ := strings.Cut(ref, "/")
	a, err := requests.OfferRequest(c.scope, resident, id, to, c.m.At)
	if errors.Is(err, record.ErrScope) {
		return Reply{Text: sayPassNobody}, nil
	}
	if r, ok := c.refused(a, err); ok || err != nil {
		return r, skip(ok, err)
	}
	o, err := person.LoadStaff(c.tx, to)
	return Reply{Text: fmt.Sprintf(sayPassed, o.Name)}, err
}

func (c *chat) askRefuse(ref string) (Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	a, err := requests.RefuseRequest(c.scope, resident, id)
	if isNotFound(err) {
		return Reply{Text: sayGone}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	who, err := c.contactName(a.Holder)
	return Reply{Text: fmt.Sprintf(sayPassNot, a.Number, who)}, err
}

// askEnd ends a request; all endings are equal, and can be taken back.
func (c *chat) askEnd(ref, reason string) (Reply, error) {
	resident, id, _ := strings.Cut(ref, "/")
	var a requests.RequestView
	u, err := c.tx.Save(func() (err error) {
		a, err = requests.EndRequest(c.scope, resident, id, reason, c.m.At)
		return err
	})
	if r, ok := c.refused(a, err); ok || err != nil {
		return r, skip(ok, err)
	}
	u.Until, u.What = c.m.At.Add(record.UndoTime).Unix(), fmt.Sprintf(sayRequestOf, a.Number)
	said := sayAskDropped
	switch {
	case reason == "done" && a.Kind == "supplies":
		said = sayAskGiven
	case reason == "done":
		said = sayAskEnded
	}
	return Reply{Text: fmt.Sprintf(said, a.Number)}, c.tx.PutUndo(c.m.From, u)
}

var nobodys = regexp.MustCompile(`没(?:个)?人(?:理|管|回|答|应|问)|咋(?:还)?不回|怎么(?:还)?不回|不理(?:俺|我|人)`)

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

func (c *chat) unheardSaid(text string) (Reply, bool, error) {
	if !nobodys.MatchString(text) {
		return Reply{}, false, nil
	}
	return answered(c.unheard())
}

// ringSaid answers who would rather be rung, where nothing is booked.
func (c *chat) ringSaid(text string) (Reply, bool, error) {
	if !ringTalk(text) {
		return Reply{}, false, nil
	}
	return answered(c.findPerson(""))
}

// askedSaid is 接, alone, from staff.
func (c *chat) askedSaid(text string) (Reply, bool, error) {
	if !c.who.Staff() || text != "接" && text != "接单" {
		return Reply{}, false, nil
	}
	return answered(c.asked(""))
}
