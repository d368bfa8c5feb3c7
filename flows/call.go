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
	"xintiexin/storage/calls"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
)

// shownCalls is how many calls stand on a screen: two lines each.
const shownCalls = 4

func callWords() []word { return []word{{"电话", staff, (*chat).calls}} }

func callVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){
		"call":      forStaff((*chat).callOne),
		"called":    forStaff((*chat).calledOffered),
		"calldays":  forStaff((*chat).callDaysFrom),
		"callday":   forStaff((*chat).callDay),
		"calllater": forStaff((*chat).callLater),
		"callkeep":  forStaff(func(*chat, string) (Reply, error) { return Reply{Text: sayCallKept}, nil }),
	}
}

// openChoice reports whether text is a choice of the open question: an answer,
// though it may be a keyword too. 电话 is how somebody was met.
func (c *chat) openChoice(text string) bool {
	s, f, err := c.decode()
	if err != nil || f == nil {
		return false
	}
	q, _ := s.Open()
	if q == nil || q.List == "" {
		return false
	}
	for _, o := range f.form.Lists[q.List] {
		if o.Label == text || slices.Contains(o.Aliases, text) {
			return true
		}
	}
	return false
}

// calls is 电话: whom she is to ring, with the number, the hour and what to say;
// what it is about stands nowhere. Each who is shown is hers for half an hour and
// reads that in who-has-looked.
func (c *chat) calls(string) (Reply, error) {
	if calendar.Quiet(c.m.At) {
		return Reply{Text: sayCallsQuiet}, nil
	}
	c.s.Offers = nil
	for _, kind := range []string{"call_list", "call_digest"} {
		if err := outbox.DropDeliveries(c.tx, "c:"+c.who.Cadre.ID, kind, "asked for", c.m.At); err != nil {
			return Reply{}, err
		}
	}
	open, all, err := calls.Calls(c.scope, c.m.At, shownCalls)
	if err != nil {
		return Reply{}, err
	}
	stranded, err := c.stranded()
	if err != nil {
		return Reply{}, err
	}
	switch len(open) {
	case 0:
		return Reply{Text: join(sayNoCalls, stranded)}, nil
	case 1:
		r, err := c.callOne(open[0].Of.Ref())
		r.Text = join(r.Text, stranded)
		return r, err
	}
	return c.showCalls(open, all, stranded)
}

// stranded tells a clerk of the calls that a village was chosen for and nobody is
// there to make.
func (c *chat) stranded() (string, error) {
	if !c.is(clerk) {
		return "", nil
	}
	n, err := calls.StrandedCalls(c.scope, c.m.At)
	if err != nil || n == 0 {
		return "", err
	}
	return fmt.Sprintf(sayCallStranded, n), nil
}

// showCalls shows several calls; the numbers stand in the text, where the phone
// makes them to be tapped and dialled.
func (c *chat) showCalls(open []person.DirectoryLine[calls.Call], all int, tail string) (Reply, error) {
	head := fmt.Sprintf(sayCallsHead, counted(len(open)))
	if all > len(open) {
		head = fmt.Sprintf(sayCallsFirst, counted(len(open)), all-len(open))
	}
	lines, offers := []string{head}, make([]dialogstate.Option, 0, len(open))
	when, papers := "今天", 0
	for i, l := range open {
		if _, _, err := calls.TakeCall(c.scope, l.Of.Ref(), c.m.At); err != nil {
			return Reply{}, err
		}
		if l.Of.Paper != "" {
			lines = append(lines, fmt.Sprintf(sayCallPaperOf, i+1, l.Resident.Name, numberOf(l.Resident), whyCalled(l.Of)))
			papers++
		} else {
			lines = append(lines, fmt.Sprintf(sayCallOf, i+1, l.Resident.Name, numberOf(l.Resident), c.callHour(l.Of), whyCalled(l.Of)))
		}
		offers = append(offers, dialogstate.Option{Label: l.Resident.Name, Do: "call " + l.Of.Ref()})
		if l.Of.Day > c.today {
			when = "明天"
		}
	}
	lines = append(lines, pickWord(papers < len(open), fmt.Sprintf(sayCallSay, when), ""), pickWord(papers > 0, sayCallPaperSay, ""),
		fmt.Sprintf(sayCallOther, "她"), sayCallsHow, tail)
	c.s.Offers = offers
	return Reply{Text: join(lines...)}, nil
}

// callOne shows one call with what may come of it.
func (c *chat) callOne(ref string) (Reply, error) {
	l, _, err := calls.TakeCall(c.scope, ref, c.m.At)
	if said, known := c.callRefused("", err); known {
		return Reply{Text: said}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	name := l.Resident.Name
	if l.Of.Paper != "" {
		text := join(fmt.Sprintf(sayCallPaperOne, name, numberOf(l.Resident), whyCalled(l.Of)), sayCallPaperSay, fmt.Sprintf(sayCallOther, name))
		return c.offer(text, dialogstate.Option{Label: labelComing, Do: "called coming " + ref}, dialogstate.Option{Label: labelNobody, Do: "called nobody " + ref}), nil
	}
	hour := c.callHour(l.Of)
	text := join(fmt.Sprintf(sayCallOne, name, numberOf(l.Resident), hour, whyCalled(l.Of)),
		fmt.Sprintf(sayCallSay, string([]rune(hour)[:2])), fmt.Sprintf(sayCallOther, name))
	return c.offer(text, dialogstate.Option{Label: labelComing, Do: "called coming " + ref}, dialogstate.Option{Label: labelAnother, Do: "called another " + ref},
		dialogstate.Option{Label: labelNo, Do: "called no " + ref}, dialogstate.Option{Label: labelNobody, Do: "called nobody " + ref}), nil
}

func numberOf(r person.Resident) string { return cmp.Or(r.Phone, sayCallNoPhone) }

func whyCalled(call calls.Call) string {
	return map[calls.CallWhy]string{calls.NoWeChat: callNoWeChat, calls.Lost: callLost, calls.Silent: callSilent}[call.Why]
}

// callHour is the hour of a booking as it is said the day before or on the day:
// 明早8:00, 今天下午2:00.
func (c *chat) callHour(call calls.Call) string {
	hour, early := strings.CutPrefix(clockWord(call.Time), "早上")
	switch {
	case call.Day > c.today && early:
		return "明早" + hour
	case call.Day > c.today:
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
	return chinese(n)
}

// callRefused says why nothing is to be noted of a call; known is false where
// that is no answer.
func (c *chat) callRefused(name string, err error) (said string, known bool) {
	switch {
	case isNotFound(err), isChanged(err) && name == "":
		return sayCallNone, true
	case isChanged(err):
		return fmt.Sprintf(sayCallGone, name), true
	case errors.Is(err, requests.ErrTaken):
		return strings.TrimSpace(fmt.Sprintf(sayCallTaken, name)), true
	}
	return "", false
}

// calledAs is how one call ended, as it was said.
type calledAs struct {
	n    int           // which of those shown, from 1
	how  calls.CallEnd // SaidMoved is another day; "" is none of those that are noted
	rest string        // the day that was said
}

// callHeads are the words for each ending; of two that begin alike the longer is
// meant.
var callHeads = map[calls.CallEnd][]string{
	calls.SaidComing: {"会来", "能来", "准来", "要来", "来", "会去", "能去", "去", "中", "行", "好", "可以"},
	calls.SaidNo:     {"不会来", "不能来", "不会去", "不来", "来不了", "不去", "去不了", "不约", "退号", "退", "不要", "不想来"},
	calls.SaidMoved:  {"改天", "改期", "改到", "改成", "改", "换天", "换到", "换个天", "换一天", "换"},
	calls.NobodyThere: {"没打通", "打不通", "没通", "没人接", "没接", "不接", "没打着", "关机", "停机", "空号", "占线",
		"没信号", "不通", "没找着", "没找到"},
}

const callLead = `[ .、:,。]*(?:她|他)?(?:就|也|都)?(?:说|讲)?(?:她|他)?(?:想|要)?`

var (
	callPhrase  = regexp.MustCompile(`^` + callLead + callHeadPattern())
	callNumber  = regexp.MustCompile(`([1-4]|[①②③④])(?:位|个)?`)
	callInDay   = regexp.MustCompile(`(?:[0-9周期拜月初十廿:/-]|[0-9]\.)$`)    // before a number that names no call
	callOfDay   = regexp.MustCompile(`^(?:[0-9月日号点时分半]|[.:/-] ?[0-9])`) // and behind it
	callAll     = regexp.MustCompile(`^(?:全|都|全都|两个都|两位都|几个都)`)
	callNothing = regexp.MustCompile(`^[了吧的啊呢哈呀 ,。.、;!]*$`)
	callPickup  = regexp.MustCompile(`接|电话|打`) // words of a call that say nothing of its end
)

func callHeadPattern() string {
	var all []string
	for _, words := range callHeads {
		all = append(all, words...)
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return "(" + strings.Join(all, "|") + ")"
}

func callEnd(head string) calls.CallEnd {
	for how, words := range callHeads {
		if slices.Contains(words, head) {
			return how
		}
	}
	return ""
}

// hearCalls understands “1会来 2没打通 3改到2月2日”, names in place of numbers, 都没打通,
// and of a single call the word alone. heard is false for words that are about no
// call; clear is false where words that are not noted stand before the first. A call
// of which something else is said, or two things, has no ending.
func hearCalls(text string, names []string) (out []calledAs, heard, clear bool) {
	for i, name := range names {
		if name != "" && slices.Index(names, name) == i && !slices.Contains(names[i+1:], name) {
			text = strings.ReplaceAll(text, name, fmt.Sprintf(" %d", i+1))
		}
	}
	if a := callSaid(1, text); a.how != "" && len(names) == 1 {
		return []calledAs{a.noted()}, true, true
	}
	if all := callAll.FindString(text); all != "" {
		if a := callSaid(1, text[len(all):]); a.how != "" {
			for i := range names {
				a.n = i + 1
				out = append(out, a.noted())
			}
			return out, true, true
		}
	}
	spans := slices.DeleteFunc(callNumber.FindAllStringSubmatchIndex(text, -1), func(at []int) bool {
		return callInDay.MatchString(text[:at[0]]) || callOfDay.MatchString(text[at[3]:])
	})
	for i, at := range spans {
		end := len(text)
		if i+1 < len(spans) {
			end = spans[i+1][0]
		}
		n, _, _ := answer.Index(text[at[2]:at[3]])
		a := callSaid(n, strings.TrimSuffix(strings.TrimRight(text[at[1]:end], " "), "第"))
		heard = heard || a.how != "" || callPickup.MatchString(a.rest)
		a = a.noted()
		if twice := slices.IndexFunc(out, func(b calledAs) bool { return b.n == n }); twice >= 0 {
			out[twice].how = ""
			continue
		}
		out = append(out, a)
	}
	if !heard {
		return nil, false, false
	}
	return out, true, strings.Trim(text[:spans[0][0]], " 第") == ""
}

// callSaid is what is said of a call, with the words behind the ending.
func callSaid(n int, text string) calledAs {
	at := callPhrase.FindStringSubmatchIndex(text)
	if at == nil {
		return calledAs{n: n, rest: text}
	}
	return calledAs{n, callEnd(text[at[2]:at[3]]), strings.Trim(text[at[1]:], " ,。、;")}
}

// noted leaves the ending where nothing stands behind it but, for another day,
// which.
func (a calledAs) noted() calledAs {
	if a.how != calls.SaidMoved && !callNothing.MatchString(a.rest) {
		a.how = ""
	}
	return a
}

// callsSaid answers words that say how calls ended, while they stand on offer.
func (c *chat) callsSaid(text string) (Reply, bool, error) {
	verb, rest, _ := strings.Cut(c.s.Offers[0].Do, " ")
	if verb == "callday" || verb == "calldays" || verb == "calllater" {
		ref, _, _ := strings.Cut(rest, " ")
		return c.callDaySaid(ref, text)
	}
	refs, names := c.callRefs(verb)
	said, heard, clear := hearCalls(text, names)
	if !heard || c.other(text) && callEnd(text) == "" { // 改期 and 退号 are said of the call
		return Reply{}, false, nil
	}
	if verb == "called" && len(said) == 1 && said[0].n != 1 { // the number of an option
		return Reply{}, false, nil
	}
	if !clear || !slices.ContainsFunc(said, func(a calledAs) bool { return a.how != "" && a.n <= len(refs) }) {
		return Reply{Text: pickWord(verb == "call", sayCallNot, sayCallNotOne)}, true, nil
	}
	slices.SortStableFunc(said, func(a, b calledAs) int { return a.n - b.n })
	unclear := slices.IndexFunc(said, func(a calledAs) bool { return a.how == "" || a.n > len(refs) }) >= 0
	if unclear {
		return c.noteClear(refs, names, said)
	}
	r, err := c.noteCalls(refs, names, said)
	return r, true, err
}

// noteClear keeps how those calls ended of which it is clear, and asks about each
// of the others; the list stays on offer, for the answer.
func (c *chat) noteClear(refs, names []string, said []calledAs) (Reply, bool, error) {
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
	list := c.s.Offers
	r, err := c.noteCalls(refs, names, clear)
	ask := sayCallAskLater // another call is being moved first
	if len(c.s.Offers) == 0 {
		ask, c.s.Offers = sayCallAsk, list
	}
	for _, a := range asked {
		none = append(none, fmt.Sprintf(ask, a.n, names[a.n-1]))
	}
	r.Text = join(join(none...), r.Text)
	return r, true, err
}

// callRefs are the calls on offer, and the names they are shown by.
func (c *chat) callRefs(verb string) (refs, names []string) {
	if verb == "called" {
		return []string{refOf(c.s.Offers[0].Do)}, []string{""}
	}
	for _, o := range c.s.Offers {
		refs, names = append(refs, refOf(o.Do)), append(names, o.Label)
	}
	return refs, names
}

// refOf is the call that an offer is about: its last word.
func refOf(do string) string { return do[strings.LastIndexByte(do, ' ')+1:] }

func (c *chat) calledOffered(rest string) (Reply, error) {
	how, ref, _ := strings.Cut(rest, " ")
	return c.noteCalls([]string{ref}, []string{""}, []calledAs{{n: 1, how: calls.CallEnd(how)}})
}

// noteCalls keeps how calls ended. Answers and calls that nobody took can be taken
// back; a seat that was given up may be another's by then.
func (c *chat) noteCalls(refs, names []string, said []calledAs) (Reply, error) {
	c.s.Offers = nil
	lines := make([]string, len(said))
	noted := 0
	err := c.undoable(titleCalls, func() error {
		noted = 0
		for i, a := range said {
			if a.how != calls.SaidComing && a.how != calls.NobodyThere {
				continue
			}
			line, ok, err := c.noteCall(refs[a.n-1], a.how, len(said) == 1)
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
		return Reply{}, err
	}
	ask, asked := "", Reply{}
	for i, a := range said {
		var err error
		switch a.how {
		case calls.SaidNo:
			lines[i], _, err = c.noteCall(refs[a.n-1], a.how, false)
		case calls.SaidMoved:
			if ask != "" { // one question at a time: the other stays on the list
				continue
			}
			var r Reply
			if r, err = c.moveSaid(refs[a.n-1], a.rest); len(r.Options) > 0 {
				ask, asked = r.Text, r
			} else {
				lines[i] = r.Text
			}
		}
		if err != nil {
			return Reply{}, err
		}
	}
	undo := pickWord(noted > 0, sayCallUndo, "")
	if ask != "" {
		asked.Text = join(append(lines, undo, ask)...)
		return asked, nil
	}
	r, err := c.afterCalls(join(lines...))
	r.Text = join(r.Text, undo)
	return r, err
}

// afterCalls says what is left.
func (c *chat) afterCalls(said string) (Reply, error) {
	_, all, err := calls.Calls(c.scope, c.m.At, 0)
	if err != nil {
		return Reply{}, err
	}
	if all > 0 {
		return Reply{Text: join(said, fmt.Sprintf(sayCallsLeft, all))}, nil
	}
	return Reply{Text: join(said, sayCallsDone)}, nil
}

// calledName is who a call is about, as far as the asker was shown her.
func (c *chat) calledName(ref string) (string, error) {
	id, _, _ := strings.Cut(ref, "/")
	r, err := c.scope.Client(id)
	if isNotFound(err) {
		return "", nil
	}
	return r.Name, err
}

// noteCall keeps how one call ended; ok is false where the line says why not.
func (c *chat) noteCall(ref string, how calls.CallEnd, alone bool) (line string, ok bool, err error) {
	name, err := c.calledName(ref)
	if err != nil {
		return "", false, err
	}
	l, _, err := calls.TakeCall(c.scope, ref, c.m.At)
	if err == nil {
		err = calls.Called(c.scope, ref, how, c.m.At)
	}
	if said, known := c.callRefused(name, err); known {
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
	tonight, err := c.writtenTonight(ref)
	return pickWord(tonight, sayCallTonight, sayCallNoMore), true, err
}

// writtenTonight reports whether the message of the evening still goes out to her.
func (c *chat) writtenTonight(ref string) (bool, error) {
	id, slot, _ := strings.Cut(ref, "/")
	day, err := calendar.ParseDay(slot[:min(len(slot), len("2006-01-02"))])
	if err != nil || !c.m.At.Before((day-1).At(18, 30)) {
		return false, nil
	}
	r, err := person.LoadResident(c.tx, id)
	if err != nil || r.NoPush {
		return false, err
	}
	openid, err := person.WeChatOf(c.tx, id)
	return openid != "", err
}

// callBooking is the booking that a call on offer is about, if it is still to be
// made by the asker.
func (c *chat) callBooking(ref string) (name string, a bookings.Appointment, said string, err error) {
	l, a, err := calls.TakeCall(c.scope, ref, c.m.At)
	if said, known := c.callRefused(l.Resident.Name, err); known {
		return "", a, said, nil
	}
	return l.Resident.Name, a, "", err
}

// moveSaid moves the booking of a call to the day that was said, or offers days.
func (c *chat) moveSaid(ref, text string) (Reply, error) {
	if l, _, err := calls.TakeCall(c.scope, ref, c.m.At); err == nil && l.Of.Paper != "" { // whatever day she named
		line, _, err := c.noteCall(ref, calls.SaidComing, true)
		return Reply{Text: line}, err
	}
	name, a, said, err := c.callBooking(ref)
	if err != nil || said != "" {
		return Reply{Text: said}, err
	}
	h := c.hear(text)
	switch {
	case slices.Contains(afterYear, h.date.Coarse):
		return c.callLater(ref)
	case h.date.Day == 0:
		return c.callDays(ref, name, a, "", c.today+1)
	}
	h.party = ""
	d := &draft{service: a.Service, resident: a.Resident, moving: a.ID, seats: a.Seats, heard: h}
	if _, why, err := c.dayOpen(d, h, h.date.Day); err != nil || why != "" {
		if err != nil {
			return Reply{}, err
		}
		return c.callDays(ref, name, a, why, max(c.today+1, h.date.Day-4))
	}
	slots, err := c.slotsOn(d, h.date.Day)
	if err != nil {
		return Reply{}, err
	}
	hour := callSlot(d, slots, a.Time)
	if hour == "" {
		return c.callDays(ref, name, a, fmt.Sprintf(sayCallHour, h.date.Day.Short(), h.said()), max(c.today+1, h.date.Day-4))
	}
	return c.moveCall(ref, h.date.Day, hour)
}

// callSlot is the hour of a day that fits: what was said, else the same as before,
// else the first.
func callSlot(d *draft, slots []openSlot, before string) string {
	if d.timed {
		if o, ok := d.at(slots); ok && o.Free >= d.need() {
			return o.Time
		}
		return ""
	}
	first := ""
	for _, o := range slots {
		switch {
		case o.Free < d.need():
		case o.Time == before:
			return o.Time
		case first == "":
			first = o.Time
		}
	}
	return first
}

// callDays offers days to move to, one hour of each: the same as before where it
// is free.
func (c *chat) callDays(ref, name string, a bookings.Appointment, why string, from calendar.Day) (Reply, error) {
	d := &draft{service: a.Service, resident: a.Resident, moving: a.ID, seats: a.Seats}
	last, err := c.farthest(a.Service)
	if err != nil {
		return Reply{}, err
	}
	slots, err := c.slots(d, from, last)
	if err != nil {
		return Reply{}, err
	}
	var offers []dialogstate.Option
	for len(slots) > 0 && len(offers) < shownDays {
		n := slices.IndexFunc(slots, func(o openSlot) bool { return o.Day != slots[0].Day })
		if n < 0 {
			n = len(slots)
		}
		if hour := callSlot(d, slots[:n], a.Time); hour != "" {
			at := slices.IndexFunc(slots, func(o openSlot) bool { return o.Time == hour })
			offers = append(offers, dialogstate.Option{Label: fmt.Sprintf(labelSeat, slots[0].Day.ChineseLunar(), clockWord(hour), slots[at].Free),
				Do: fmt.Sprintf("callday %s %s %s", ref, slots[0].Day, hour)})
		}
		slots = slots[n:]
	}
	said := fmt.Sprintf(sayCallWhen, name)
	if len(offers) == 0 {
		said = fmt.Sprintf(sayCallNoDays, name)
	}
	if len(offers) == shownDays && slices.ContainsFunc(slots, func(o openSlot) bool { return o.Free >= d.need() }) {
		offers = append(offers, dialogstate.Option{Label: labelLater, Do: "calldays " + ref + " " + slots[0].Day.String()})
	}
	if _, near := c.newYear(); near {
		offers = append(offers, dialogstate.Option{Label: labelAfterYear, Do: "calllater " + ref})
	} else {
		offers = append(offers, dialogstate.Option{Label: labelNotAgain, Do: "called no " + ref})
	}
	if len(offers) < 5 {
		offers = append(offers, dialogstate.Option{Label: labelCallKeep, Do: "callkeep " + ref})
	}
	return c.offer(join(why, said), offers...), nil
}

// callDaysFrom offers the days behind those that were shown.
func (c *chat) callDaysFrom(rest string) (Reply, error) {
	ref, from, _ := strings.Cut(rest, " ")
	day, err := calendar.ParseDay(from)
	if err != nil {
		return c.menu(sayGone)
	}
	name, a, said, err := c.callBooking(ref)
	if err != nil || said != "" {
		return Reply{Text: said}, err
	}
	return c.callDays(ref, name, a, "", day)
}

// callDay moves the booking to what was offered.
func (c *chat) callDay(rest string) (Reply, error) {
	words := strings.Fields(rest)
	if len(words) != 3 {
		return c.menu(sayGone)
	}
	day, err := calendar.ParseDay(words[1])
	if err != nil {
		return c.menu(sayGone)
	}
	r, err := c.moveCall(words[0], day, words[2])
	if err != nil || len(r.Options) > 0 {
		return r, err
	}
	return c.afterCalls(r.Text)
}

// moveCall moves the booking, or offers other days where the seat has gone.
func (c *chat) moveCall(ref string, day calendar.Day, hour string) (Reply, error) {
	name, err := c.calledName(ref)
	if err != nil {
		return Reply{}, err
	}
	a, err := calls.CalledMove(c.scope, ref, day, hour, c.m.At)
	if said, known := c.callRefused(name, err); known {
		return Reply{Text: said}, nil
	}
	if errors.Is(err, record.ErrFull) || errors.Is(err, record.ErrNotAvailable) {
		name, a, said, err := c.callBooking(ref)
		if err != nil || said != "" {
			return Reply{Text: said}, err
		}
		return c.callDays(ref, name, a, fmt.Sprintf(saySeatWent, clockWord(hour)), c.today+1)
	}
	if err != nil {
		return Reply{}, err
	}
	return Reply{Text: fmt.Sprintf(sayCallMoved, name, whenOf(a), a.Number)}, nil
}

// callDaySaid answers a day that is typed while days are on offer.
func (c *chat) callDaySaid(ref, text string) (Reply, bool, error) {
	if _, _, numbered := answer.Index(text); numbered || c.other(text) {
		return Reply{}, false, nil
	}
	if oneOf(strings.TrimRight(text, " 。.,!~了吧"), "没定", "还没定", "没想好", "先留着", "号先留着", "没定,号先留着", "定不下来") {
		c.s.Offers = nil
		return Reply{Text: sayCallKept}, true, nil
	}
	if h := c.hear(text); h.date.Day == 0 {
		return Reply{}, false, nil
	}
	r, err := c.moveSaid(ref, text)
	if err == nil && len(r.Options) == 0 {
		c.s.Offers = nil
		r, err = c.afterCalls(r.Text)
	}
	return r, true, err
}

// callLater gives the seats back and, for who has a WeChat, keeps her a place for
// a day after the New Year.
func (c *chat) callLater(ref string) (Reply, error) {
	name, a, said, err := c.callBooking(ref)
	if err != nil || said != "" {
		return Reply{Text: said}, err
	}
	when := c.callHour(calls.Call{Day: a.Day, Time: a.Time})
	if err := calls.Called(c.scope, ref, calls.SaidNo, c.m.At); err != nil {
		return Reply{}, err
	}
	openid, err := person.WeChatOf(c.tx, a.Resident)
	if err != nil {
		return Reply{}, err
	}
	if openid == "" {
		return c.afterCalls(fmt.Sprintf(sayCallLaterFor, name, when))
	}
	year, _ := c.newYear()
	last, err := c.farthest(a.Service)
	if err != nil {
		return Reply{}, err
	}
	w := bookings.Waiting{Resident: a.Resident, Service: a.Service, Seats: a.Seats, After: year, Ring: a.Ring}
	if w.Passed, err = c.passed(w, last); err != nil {
		return Reply{}, err
	}
	if _, err := bookings.JoinWaitingList(c.scope, w, c.m.ID, c.m.At); err != nil {
		return Reply{}, err
	}
	return c.afterCalls(fmt.Sprintf(sayCallLater, name, when))
}
