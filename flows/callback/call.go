package callback

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/dialog"
	"xintiexin/flows/subject"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/calls"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/requests"
)

// shownCalls is how many calls stand on a screen: two lines each.
const shownCalls = 4

func callWords() []dialog.Keyword {
	return []dialog.Keyword{{Text: "电话", For: dialog.Staff, Do: listCalls}}
}

func callVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){
		"call":      dialog.ForStaff(callOne),
		"called":    dialog.ForStaff(calledOffered),
		"calldays":  dialog.ForStaff(callDaysFrom),
		"callday":   dialog.ForStaff(callDay),
		"calllater": dialog.ForStaff(callLater),
		"callkeep":  dialog.ForStaff(func(*dialog.Turn, string) (dialog.Reply, error) { return dialog.Reply{Text: sayCallKept}, nil }),
	}
}

// listCalls is 电话: whom she is to ring, with the number, the hour and what to say;
// what it is about stands nowhere. Each who is shown is hers for half an hour and
// reads that in who-has-looked.
func listCalls(c *dialog.Turn, _ string) (dialog.Reply, error) {
	if calendar.Quiet(c.M.At) {
		return dialog.Reply{Text: sayCallsQuiet}, nil
	}
	c.S.Offers = nil
	for _, kind := range []string{"call_list", "call_digest"} {
		if err := outbox.DropDeliveries(c.Tx, "c:"+c.Who.Cadre.ID, kind, "asked for", c.M.At); err != nil {
			return dialog.Reply{}, err
		}
	}
	open, all, err := calls.Calls(c.Scope, c.M.At, shownCalls)
	if err != nil {
		return dialog.Reply{}, err
	}
	stranded, err := stranded(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	switch len(open) {
	case 0:
		return dialog.Reply{Text: dialog.Join(sayNoCalls, stranded)}, nil
	case 1:
		r, err := callOne(c, open[0].Of.Ref())
		r.Text = dialog.Join(r.Text, stranded)
		return r, err
	}
	return showCalls(c, open, all, stranded)
}

// stranded tells a clerk of the calls that a village was chosen for and nobody is
// there to make.
func stranded(c *dialog.Turn) (string, error) {
	if !c.Is(dialog.Clerk) {
		return "", nil
	}
	n, err := calls.StrandedCalls(c.Scope, c.M.At)
	if err != nil || n == 0 {
		return "", err
	}
	return fmt.Sprintf(sayCallStranded, n), nil
}

// showCalls shows several calls; the numbers stand in the text, where the phone
// makes them to be tapped and dialled.
func showCalls(c *dialog.Turn, open []person.DirectoryLine[calls.Call], all int, tail string) (dialog.Reply, error) {
	head := fmt.Sprintf(sayCallsHead, counted(len(open)))
	if all > len(open) {
		head = fmt.Sprintf(sayCallsFirst, counted(len(open)), all-len(open))
	}
	lines, offers := []string{head}, make([]dialogstate.Option, 0, len(open))
	when, papers := "今天", 0
	for i, l := range open {
		if _, _, err := calls.TakeCall(c.Scope, l.Of.Ref(), c.M.At); err != nil {
			return dialog.Reply{}, err
		}
		if l.Of.Paper != "" {
			lines = append(lines, fmt.Sprintf(sayCallPaperOf, i+1, l.Resident.Name, numberOf(l.Resident), whyCalled(l.Of)))
			papers++
		} else {
			lines = append(lines, fmt.Sprintf(sayCallOf, i+1, l.Resident.Name, numberOf(l.Resident), callHour(c, l.Of), whyCalled(l.Of)))
		}
		offers = append(offers, dialogstate.Option{Label: l.Resident.Name, Do: "call " + l.Of.Ref()})
		if l.Of.Day > c.Today {
			when = "明天"
		}
	}
	lines = append(lines, dialog.PickWord(papers < len(open), fmt.Sprintf(sayCallSay, when), ""), dialog.PickWord(papers > 0, sayCallPaperSay, ""),
		fmt.Sprintf(sayCallOther, "她"), sayCallsHow, tail)
	c.S.Offers = offers
	return dialog.Reply{Text: dialog.Join(lines...)}, nil
}

// callOne shows one call with what may come of it.
func callOne(c *dialog.Turn, ref string) (dialog.Reply, error) {
	l, _, err := calls.TakeCall(c.Scope, ref, c.M.At)
	if said, known := callRefused(c, "", err); known {
		return dialog.Reply{Text: said}, nil
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	name := l.Resident.Name
	if l.Of.Paper != "" {
		text := dialog.Join(fmt.Sprintf(sayCallPaperOne, name, numberOf(l.Resident), whyCalled(l.Of)), sayCallPaperSay, fmt.Sprintf(sayCallOther, name))
		return c.Offer(text, dialogstate.Option{Label: labelComing, Do: "called coming " + ref}, dialogstate.Option{Label: labelNobody, Do: "called nobody " + ref}), nil
	}
	hour := callHour(c, l.Of)
	text := dialog.Join(fmt.Sprintf(sayCallOne, name, numberOf(l.Resident), hour, whyCalled(l.Of)),
		fmt.Sprintf(sayCallSay, string([]rune(hour)[:2])), fmt.Sprintf(sayCallOther, name))
	return c.Offer(text, dialogstate.Option{Label: labelComing, Do: "called coming " + ref}, dialogstate.Option{Label: labelAnother, Do: "called another " + ref},
		dialogstate.Option{Label: labelNo, Do: "called no " + ref}, dialogstate.Option{Label: labelNobody, Do: "called nobody " + ref}), nil
}

func numberOf(r person.Resident) string { return cmp.Or(r.Phone, sayCallNoPhone) }

func whyCalled(call calls.Call) string {
	return map[calls.CallWhy]string{calls.NoWeChat: callNoWeChat, calls.Lost: callLost, calls.Silent: callSilent}[call.Why]
}

// callHour is the hour of a booking as it is said the day before or on the day:
// 明早8:00, 今天下午2:00.
func callHour(c *dialog.Turn, call calls.Call) string {
	hour, early := strings.CutPrefix(dialog.ClockWord(call.Time), "早上")
	switch {
	case call.Day > c.Today && early:
		return "明早" + hour
	case call.Day > c.Today:
		return "明天" + hour
	case early:
		return "今早" + hour
	}
	return "今天" + hour
}

// counted is how many people are counted in a sentence.
func counted(n int) string {
	if n == 2 {
		return "两"
	}
	return subject.Chinese(n)
}

// callRefused says why nothing is to be noted of a call; known is false where
// that is no answer.
func callRefused(c *dialog.Turn, name string, err error) (said string, known bool) {
	switch {
	case dialog.IsNotFound(err), dialog.IsChanged(err) && name == "":
		return sayCallNone, true
	case dialog.IsChanged(err):
		return fmt.Sprintf(sayCallGone, name), true
	case errors.Is(err, requests.ErrTaken):
		return strings.TrimSpace(fmt.Sprintf(sayCallTaken, name)), true
	}
	return "", false
}

// callsSaid answers words that say how calls ended, while they stand on offer.
func callsSaid(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	verb, rest, _ := strings.Cut(c.S.Offers[0].Do, " ")
	if verb == "callday" || verb == "calldays" || verb == "calllater" {
		ref, _, _ := strings.Cut(rest, " ")
		return callDaySaid(c, ref, text)
	}
	refs, names := callRefs(c, verb)
	said, heard, clear := hearCalls(text, names)
	if !heard || c.Other(text) && callEnd(text) == "" { // 改期 and 退号 are said of the call
		return dialog.Reply{}, false, nil
	}
	if verb == "called" && len(said) == 1 && said[0].n != 1 { // the number of an option
		return dialog.Reply{}, false, nil
	}
	if !clear || !slices.ContainsFunc(said, func(a calledAs) bool { return a.how != "" && a.n <= len(refs) }) {
		return dialog.Reply{Text: dialog.PickWord(verb == "call", sayCallNot, sayCallNotOne)}, true, nil
	}
	slices.SortStableFunc(said, func(a, b calledAs) int { return a.n - b.n })
	unclear := slices.IndexFunc(said, func(a calledAs) bool { return a.how == "" || a.n > len(refs) }) >= 0
	if unclear {
		return noteClear(c, refs, names, said)
	}
	r, err := noteCalls(c, refs, names, said)
	return r, true, err
}

// noteClear keeps how those calls ended of which it is clear, and asks about each
// of the others; the list stays on offer, for the answer.
func noteClear(c *dialog.Turn, refs, names []string, said []calledAs) (dialog.Reply, bool, error) {
	var clear, asked []calledAs
	var none []string
	for _, a := range said {
		switch {
		case a.n > len(refs):
			none = append(none, fmt.Sprintf(sayCallNoSuch, a.n))
		case a.how == "":
			asked = append(asked, a)
		default:
			clear = append(clear, a)
		}
	}
	list := c.S.Offers
	r, err := noteCalls(c, refs, names, clear)
	ask := sayCallAskLater // another call is being moved first
	if len(c.S.Offers) == 0 {
		ask, c.S.Offers = sayCallAsk, list
	}
	for _, a := range asked {
		none = append(none, fmt.Sprintf(ask, a.n, names[a.n-1]))
	}
	r.Text = dialog.Join(dialog.Join(none...), r.Text)
	return r, true, err
}

// callRefs are the calls on offer, and the names they are shown by.
func callRefs(c *dialog.Turn, verb string) (refs, names []string) {
	if verb == "called" {
		return []string{refOf(c.S.Offers[0].Do)}, []string{""}
	}
	for _, o := range c.S.Offers {
		refs, names = append(refs, refOf(o.Do)), append(names, o.Label)
	}
	return refs, names
}

// refOf is the call that an offer is about: its last word.
func refOf(do string) string { return do[strings.LastIndexByte(do, ' ')+1:] }

func calledOffered(c *dialog.Turn, rest string) (dialog.Reply, error) {
	how, ref, _ := strings.Cut(rest, " ")
	return noteCalls(c, []string{ref}, []string{""}, []calledAs{{n: 1, how: calls.CallEnd(how)}})
}

// noteCalls keeps how calls ended. Answers and calls that nobody took can be taken
// back; a seat that was given up may be another's by then.
func noteCalls(c *dialog.Turn, refs, names []string, said []calledAs) (dialog.Reply, error) {
	c.S.Offers = nil
	lines := make([]string, len(said))
	noted := 0
	err := c.Undoable(titleCalls, func() error {
		noted = 0
		for i, a := range said {
			if a.how != calls.SaidComing && a.how != calls.NobodyThere {
				continue
			}
			line, ok, err := noteCall(c, refs[a.n-1], a.how, len(said) == 1)
			if err != nil {
				return err
			}
			if lines[i] = line; ok {
				noted++
			}
		}
		return nil
	})
	if err != nil {
		return dialog.Reply{}, err
	}
	ask, asked := "", dialog.Reply{}
	for i, a := range said {
		var err error
		switch a.how {
		case calls.SaidNo:
			lines[i], _, err = noteCall(c, refs[a.n-1], a.how, false)
		case calls.SaidMoved:
			if ask != "" { // one question at a time: the other stays on the list
				continue
			}
			var r dialog.Reply
			if r, err = moveSaid(c, refs[a.n-1], a.rest); len(r.Options) > 0 {
				ask, asked = r.Text, r
			} else {
				lines[i] = r.Text
			}
		}
		if err != nil {
			return dialog.Reply{}, err
		}
	}
	undo := dialog.PickWord(noted > 0, sayCallUndo, "")
	if ask != "" {
		asked.Text = dialog.Join(append(lines, undo, ask)...)
		return asked, nil
	}
	r, err := afterCalls(c, dialog.Join(lines...))
	r.Text = dialog.Join(r.Text, undo)
	return r, err
}

// afterCalls says what is left.
func afterCalls(c *dialog.Turn, said string) (dialog.Reply, error) {
	_, all, err := calls.Calls(c.Scope, c.M.At, 0)
	if err != nil {
		return dialog.Reply{}, err
	}
	if all > 0 {
		return dialog.Reply{Text: dialog.Join(said, fmt.Sprintf(sayCallsLeft, all))}, nil
	}
	return dialog.Reply{Text: dialog.Join(said, sayCallsDone)}, nil
}

// calledName is who a call is about, as far as the asker was shown her.
func calledName(c *dialog.Turn, ref string) (string, error) {
	id, _, _ := strings.Cut(ref, "/")
	r, err := c.Scope.Client(id)
	if dialog.IsNotFound(err) {
		return "", nil
	}
	return r.Name, err
}

// noteCall keeps how one call ended; ok is false where the line says why not.
func noteCall(c *dialog.Turn, ref string, how calls.CallEnd, alone bool) (line string, ok bool, err error) {
	name, err := calledName(c, ref)
	if err != nil {
		return "", false, err
	}
	l, _, err := calls.TakeCall(c.Scope, ref, c.M.At)
	if err == nil {
		err = calls.Called(c.Scope, ref, how, c.M.At)
	}
	if said, known := callRefused(c, name, err); known {
		return said, false, nil
	}
	if err != nil {
		return "", false, err
	}
	switch {
	case l.Of.Paper != "" && how != calls.NobodyThere:
		return fmt.Sprintf(sayCallHeard, name), true, nil
	case l.Of.Paper != "":
		return fmt.Sprintf(sayCallTried, name), true, nil
	case how == calls.SaidComing:
		return fmt.Sprintf(sayCallComing, name), true, nil
	case how == calls.SaidNo:
		return fmt.Sprintf(sayCallNo, name), true, nil
	case !alone:
		return fmt.Sprintf(sayCallNobody, name), true, nil
	}
	tonight, err := writtenTonight(c, ref)
	return dialog.PickWord(tonight, sayCallTonight, sayCallNoMore), true, err
}

// writtenTonight reports whether the message of the evening still goes out to her.
func writtenTonight(c *dialog.Turn, ref string) (bool, error) {
	id, slot, _ := strings.Cut(ref, "/")
	day, err := calendar.ParseDay(slot[:min(len(slot), len("2006-01-02"))])
	if err != nil || !c.M.At.Before((day-1).At(18, 30)) {
		return false, nil
	}
	r, err := person.LoadResident(c.Tx, id)
	if err != nil || r.NoPush {
		return false, err
	}
	openid, err := person.WeChatOf(c.Tx, id)
	return openid != "", err
}

// callBooking is the booking that a call on offer is about, if it is still to be
// made by the asker.
func callBooking(c *dialog.Turn, ref string) (name string, a bookings.Appointment, said string, err error) {
	l, a, err := calls.TakeCall(c.Scope, ref, c.M.At)
	if said, known := callRefused(c, l.Resident.Name, err); known {
		return "", a, said, nil
	}
	return l.Resident.Name, a, "", err
}
