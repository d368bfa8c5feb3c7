package flows

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"xintiexin/flows/answer"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// clinicWords are those of the clinic's desk; what begins with a booking's number is
// read by desk.
func clinicWords() []word {
	return []word{
		{"今天的号", clinic, (*chat).clinicDay},
		{"下一位", clinic, (*chat).next},
		{"来了", clinic, (*chat).walkIn},
		{"复诊", clinic, howTo(sayHowReturn)},
	}
}

// forClinic guards a verb of the desk, as forStaff does.
func forClinic(act func(c *chat, rest string) (Reply, error)) func(*chat, string) (Reply, error) {
	return func(c *chat, rest string) (Reply, error) {
		if !c.is(clinic) {
			return c.menu("")
		}
		return act(c, rest)
	}
}

func howTo(text string) func(*chat, string) (Reply, error) {
	return func(*chat, string) (Reply, error) { return Reply{Text: text}, nil }
}

// deskSaid answers a booking's number with what is to be noted.
func (c *chat) deskSaid(text string) (Reply, bool, error) {
	if c.m.Tapped || c.m.Token != 0 || c.s.Flow != "" || !c.is(clinic) {
		return Reply{}, false, nil
	}
	return c.desk(text)
}

// clinicDeeds are the commands of the desk itself; of two words that begin alike the
// longer is meant.
func clinicDeeds() map[string]deed {
	return map[string]deed{
		"arrive": {words: []string{"到了", "到", "来了", "报到"}, do: (*chat).arrived},
		"finish": {words: []string{"办完了", "办完", "办好了", "好了", "做完了", "完了"}, do: (*chat).finished},
		"miss":   {words: []string{"没来", "没到", "未到"}, do: (*chat).missed},
		"sign":   {words: []string{"爱人签字", "丈夫签字", "妻子签字", "签字"}, ask: (*chat).seatSpouse, args: true},
		"return": {words: []string{"复诊", "复查", "下次", "下回"}, ask: (*chat).askBack, args: true},
	}
}

// deedOf finds the deed at the head of a phrase, and what stands behind it.
func (c *chat) deedOf(phrase string) (name, args string) {
	longest := 0
	for n, d := range c.t.catalog.desk {
		for _, w := range d.words {
			if rest, ok := strings.CutPrefix(phrase, w); ok && len(w) > longest {
				name, args, longest = n, strings.Trim(rest, " ,。.、;:了"), len(w)
			}
		}
	}
	return name, args
}

var bookingNumber = regexp.MustCompile(`\d{4} ?- ?\d{1,4}`)

// numbered is one booking's number in a message, with what is said of it.
type numbered struct{ number, phrase string }

// cutNumbers divides a message into what stands before the first number, and
// numbers with what stands behind each; a number with nothing behind it is meant
// by what follows the next ("0129-05 0129-06 到了").
func cutNumbers(text string) (head string, out []numbered) {
	at := bookingNumber.FindAllStringIndex(text, -1)
	at = slices.DeleteFunc(at, func(i []int) bool {
		before, after := text[:i[0]], text[i[1]:]
		return before != "" && strings.ContainsAny(before[len(before)-1:], "0123456789-") || after != "" && strings.ContainsAny(after[:1], "-")
	})
	for i, span := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		day, n, _ := strings.Cut(strings.ReplaceAll(text[span[0]:span[1]], " ", ""), "-")
		if len(n) == 1 {
			n = "0" + n
		}
		out = append(out, numbered{day + "-" + n, strings.Trim(text[span[1]:end], " ,。.、;:")})
	}
	if len(at) > 0 {
		head = strings.Trim(text[:at[0][0]], " ,。.、;:")
	}
	for i := len(out) - 2; i >= 0; i-- {
		if out[i].phrase == "" {
			out[i].phrase = out[i+1].phrase
		}
	}
	return head, out
}

// desk notes what is said of one or several bookings by their numbers.
func (c *chat) desk(text string) (Reply, bool, error) {
	head, all := cutNumbers(text)
	if len(all) == 0 {
		return Reply{}, false, nil
	}
	if head != "" { // “到了 0129-05”: one deed for all numbers
		name, rest := c.deedOf(head)
		if name == "" || rest != "" {
			return Reply{}, false, nil
		}
		for i := range all {
			all[i].phrase = strings.TrimSpace(head + " " + all[i].phrase)
		}
	}
	c.s.Offers = nil
	if len(all) == 1 {
		r, err := c.deskOne(all[0])
		return r, true, err
	}
	r, err := c.deskMany(all)
	return r, true, err
}

// deskOne answers one number: its card, or what is noted of it.
func (c *chat) deskOne(n numbered) (Reply, error) {
	a, err := bookings.AppointmentNumbered(c.scope, n.number, c.today)
	if isNotFound(err) {
		return Reply{Text: fmt.Sprintf(sayNoNumber, n.number)}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	if n.phrase == "" {
		return c.deskCard(a.ID)
	}
	name, args, err := c.deedFor(a, n.phrase)
	if err != nil {
		return Reply{}, err
	}
	d := c.t.catalog.desk[name]
	switch {
	case name == "" || args != "" && !d.args:
		return Reply{Text: fmt.Sprintf(sayNoWords, a.Number)}, nil
	case d.ask != nil:
		return d.ask(c, a, args)
	}
	said := ""
	if err := c.undoable(a.Number, func() (err error) { said, err = d.do(c, a, ""); return err }); err != nil {
		return Reply{}, err
	}
	return c.afterDeed(said)
}

// deedFor is deedOf where the phrase may begin with whose it is: “志强 代领 王秀英”.
func (c *chat) deedFor(a bookings.Appointment, phrase string) (name, args string, err error) {
	if name, args = c.deedOf(phrase); name != "" {
		return name, args, nil
	}
	people, err := c.pair(a.Resident, a.Spouse)
	if err != nil {
		return "", "", err
	}
	for _, r := range people {
		if rest, ok := strings.CutPrefix(phrase, r.Name); ok && r.Name != "" {
			name, args = c.deedOf(strings.TrimLeft(rest, " ,的那份"))
			return name, strings.TrimSpace(r.Name + " " + args), nil
		}
	}
	return "", "", nil
}

// deskMany notes several short deeds in one message; each that could not be is
// said so, the others stand.
func (c *chat) deskMany(all []numbered) (Reply, error) {
	var lines []string
	err := c.undoable(fmt.Sprintf(sayNumbers, len(all)), func() error {
		lines = nil
		for _, n := range all {
			line, err := c.deedLine(n)
			if err != nil {
				return err
			}
			lines = append(lines, line)
		}
		return nil
	})
	if err != nil {
		return Reply{}, err
	}
	return c.afterDeed(join(lines...))
}

func (c *chat) deedLine(n numbered) (string, error) {
	a, err := bookings.AppointmentNumbered(c.scope, n.number, c.today)
	if isNotFound(err) {
		return fmt.Sprintf(sayNoNumber, n.number), nil
	}
	if err != nil {
		return "", err
	}
	name, args := c.deedOf(n.phrase)
	switch d := c.t.catalog.desk[name]; {
	case name == "" || args != "" && !d.args:
		return fmt.Sprintf(sayNoWords, a.Number), nil
	case d.ask != nil:
		return fmt.Sprintf(sayAlone, a.Number, d.words[0]), nil
	default:
		return d.do(c, a, "")
	}
}

// deedOffered carries out a tapped deed: “arrive <appointment>”.
func (c *chat) deedOffered(rest string) (Reply, error) {
	name, id, _ := strings.Cut(rest, " ")
	a, err := bookings.Get(c.scope, id)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	return c.deskOne(numbered{a.Number, c.t.catalog.desk[name].words[0]})
}

// undoable saves what fn writes so that 撤销 takes it back for ten minutes.
func (c *chat) undoable(what string, fn func() error) error {
	u, err := c.tx.Save(fn)
	if err != nil || len(u.Writes) == 0 {
		return err
	}
	u.Until, u.What = c.m.At.Add(record.UndoTime).Unix(), what
	return c.tx.PutUndo(c.m.From, u)
}

func (c *chat) arrived(a bookings.Appointment, _ string) (string, error) {
	return c.noted(a, func(a0 string, a1 time.Time) (bookings.Appointment, error) { return bookings.Arrive(c.scope, a0, a1) }, sayArrived)
}

func (c *chat) finished(a bookings.Appointment, _ string) (string, error) {
	said, err := c.noted(a, func(a0 string, a1 time.Time) (bookings.Appointment, error) { return bookings.Finish(c.scope, a0, a1) }, sayFinished)
	if err != nil {
		return "", err
	}
	begun, err := c.served(a.Resident)
	return join(said, begun), err
}

func (c *chat) missed(a bookings.Appointment, _ string) (string, error) {
	return c.noted(a, func(a0 string, a1 time.Time) (bookings.Appointment, error) { return bookings.Miss(c.scope, a0, a1) }, sayMissed)
}

// noted carries a deed out; what may not be is said in words.
func (c *chat) noted(a bookings.Appointment, do func(string, time.Time) (bookings.Appointment, error), said string) (string, error) {
	b, err := do(a.ID, c.m.At)
	switch {
	case errors.Is(err, record.ErrNotAvailable):
		return fmt.Sprintf(sayTooEarly, a.Number, a.Day.Short()+" "+a.Time), nil
	case errors.Is(err, record.ErrFull):
		return fmt.Sprintf(saySeatGone, a.Number), nil
	case isNotFound(err), errors.Is(err, record.ErrScope):
		return fmt.Sprintf(sayNoNumber, a.Number), nil
	case err != nil:
		return "", err
	}
	a = b
	who, err := c.guests(a)
	if err != nil {
		return "", err
	}
	if said != sayMissed {
		return fmt.Sprintf(said, a.Number, who), nil
	}
	seats, when := "位子", "今天"
	if a.Seats == 2 {
		seats = "两个位子"
	}
	if a.Day != c.today {
		when = a.Day.Short()
	}
	tonight := pickWord(c.m.At.Before(c.today.At(20, 0)), "今晚", "明晚")
	return fmt.Sprintf(sayMissed, a.Number, seats, when, tonight), nil
}

// guests names who has a booking, by what they want to be called.
func (c *chat) guests(a bookings.Appointment) (string, error) {
	people, err := c.pair(a.Resident, a.Spouse)
	if err != nil {
		return "", err
	}
	names := make([]string, 0, 2)
	for _, r := range people {
		names = append(names, r.Name)
	}
	return strings.Join(names, "、"), nil
}

// pair are the residents with these ids who are kept: of a booking who booked, and the
// spouse once he joined.
func (c *chat) pair(ids ...string) ([]person.Resident, error) {
	var out []person.Resident
	for _, id := range ids {
		r, err := person.LoadResident(c.tx, id)
		if id == "" || isNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// afterDeed says what was noted, and who comes next.
func (c *chat) afterDeed(said string) (Reply, error) {
	next, err := c.waiting()
	if err != nil {
		return Reply{}, err
	}
	if len(next) == 0 {
		return Reply{Text: said}, nil
	}
	line, err := c.nextLine(next[0])
	return Reply{Text: join(said, line)}, err
}

// waiting are today's bookings of people who are here and not through, first
// come first; the appointed hour counts where two came at once.
func (c *chat) waiting() ([]bookings.Appointment, error) {
	all, err := bookings.ListDay(c.scope, c.today)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(a bookings.Appointment) bool { return a.State != bookings.Came || a.Done != 0 })
	slices.SortStableFunc(all, func(a, b bookings.Appointment) int { return cmp.Compare(a.Arrived, b.Arrived) })
	return all, nil
}

func (c *chat) nextLine(a bookings.Appointment) (string, error) {
	who, err := c.guests(a)
	return fmt.Sprintf(sayNext, a.Number, who, clock(a.Arrived)), err
}

// clock is the time of day of an instant.
func clock(at int64) string { return time.Unix(at, 0).In(calendar.Zone).Format("15:04") }

// next is 下一位: who waits, and to note that the one before is through.
func (c *chat) next(string) (Reply, error) {
	here, err := c.waiting()
	if err != nil {
		return Reply{}, err
	}
	if len(here) == 0 {
		return Reply{Text: sayNobodyWaits}, nil
	}
	line, err := c.nextLine(here[0])
	if err != nil {
		return Reply{}, err
	}
	who, err := c.guests(here[0])
	if err != nil {
		return Reply{}, err
	}
	if len(here) > 1 {
		line = join(line, fmt.Sprintf(sayBehind, len(here)-1))
	}
	return c.offer(line,
		dialogstate.Option{Label: who + "办完了", Do: "deed finish " + here[0].ID},
		dialogstate.Option{Label: "看" + who + "的号", Do: "desk " + here[0].ID}), nil
}

// clinicDay is today's list for clinician and clerk: numbers and what people want
// to be called, who is here, who is through.
func (c *chat) clinicDay(rest string) (Reply, error) {
	day := c.today
	if rest != "" {
		if _, _, d := answer.FindDate(rest, c.today, answer.Any); d.Day != 0 {
			day = d.Day
		}
	}
	all, err := bookings.ListDay(c.scope, day)
	if err != nil {
		return Reply{}, err
	}
	if len(all) == 0 {
		return Reply{Text: fmt.Sprintf(sayNoGuests, day.ChineseLunar())}, nil
	}
	head := fmt.Sprintf(sayGuests, day.ChineseLunar(), len(all))
	if len(all) > maxDay {
		all, head = all[:maxDay], join(head, fmt.Sprintf(sayDayCut, maxDay))
	}
	offers := make([]dialogstate.Option, 0, len(all))
	for _, a := range all {
		who, err := c.guests(a)
		if err != nil {
			return Reply{}, err
		}
		offers = append(offers, dialogstate.Option{Label: strings.TrimSpace(fmt.Sprintf("%s %s %s %s", who, a.Time, a.Number, standing(a))), Do: "desk " + a.ID})
	}
	return c.offer(join(head, sayGuestsTail), offers...), nil
}

// standing is where a booking stands, in a word or two.
func standing(a bookings.Appointment) string {
	switch {
	case a.State == bookings.Missed:
		return "没来"
	case a.State == bookings.Cancelled:
		return "退了"
	case a.Done != 0:
		return "办完了"
	case a.State == bookings.Came:
		return "到了" + clock(a.Arrived)
	case a.Seats == 2 && a.Spouse == "":
		return "两位"
	}
	return ""
}

// deskCard shows one booking with what can be noted of it.
func (c *chat) deskCard(id string) (Reply, error) {
	a, err := bookings.Get(c.scope, id)
	if isNotFound(err) || errors.Is(err, record.ErrScope) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	names := make([]string, 0, 2)
	for _, one := range []string{a.Resident, a.Spouse} {
		if one == "" {
			continue
		}
		r, err := bookings.Guest(c.scope, a, one, "booking", c.m.At)
		if isNotFound(err) {
			return c.menu(sayGone)
		}
		if err != nil {
			return Reply{}, err
		}
		names = append(names, r.Name)
	}
	lines := []string{fmt.Sprintf(sayDeskCard, a.Number, a.Day.Chinese(), a.Time, strings.Join(names, "、"), cmp.Or(standing(a), "还没到"))}
	if a.Seats == 2 && a.Spouse == "" && a.State != bookings.Missed {
		lines = append(lines, fmt.Sprintf(sayUnsigned, a.Number))
	}
	return c.offer(join(lines...), deskOffers(a, c.today)...), nil
}

// deskOffers are the deeds that fit where a booking stands.
func deskOffers(a bookings.Appointment, today calendar.Day) []dialogstate.Option {
	deed := func(label, name string) dialogstate.Option {
		return dialogstate.Option{Label: label, Do: "deed " + name + " " + a.ID}
	}
	switch {
	case a.State == bookings.Cancelled || a.Day > today:
		return []dialogstate.Option{{Label: "知道了", Do: "none"}}
	case a.State == bookings.Came && a.Done == 0:
		return []dialogstate.Option{deed("办完了", "finish"), deed("资料可领", "ready"), deed("没来，记错了", "miss")}
	case a.State == bookings.Came:
		return []dialogstate.Option{deed("资料可领", "ready"), deed("有转诊单", "slip"), deed("定复诊的日子", "return")}
	case a.State == bookings.Missed:
		return []dialogstate.Option{deed("到了", "arrive")}
	}
	return []dialogstate.Option{deed("到了", "arrive"), deed("没来", "miss"), deed("办完了", "finish")}
}

// signed is the consent that somebody signed at the desk: the text that the site
// has for the set.
func (c *chat) signed(set purpose.Purpose) (consent.Consent, error) {
	text, err := c.consentText(set)
	sum := sha256.Sum256([]byte(text.Short))
	return consent.Consent{Set: set, Version: text.Version, Text: hex.EncodeToString(sum[:8])}, err
}

// nameAndPhone reads “志强 17900000318”; said is what is wrong.
func nameAndPhone(args, example string) (name, phone, said string) {
	phone, rest, bad := answer.Phone(args)
	name = strings.Join(strings.Fields(strings.NewReplacer("叫", " ", "电话", " ", ",", " ", "，", " ").Replace(rest)), "")
	switch {
	case bad != nil:
		return "", "", fmt.Sprintf(sayDeskPhoneBad, bad.Digits, bad.Len, example)
	case phone == "" || name == "" || len([]rune(name)) > 16 || strings.ContainsAny(name, "0123456789/"):
		return "", "", fmt.Sprintf(sayDeskWho, example)
	}
	return name, phone, ""
}

// seatSpouse is “0129-05 爱人签字 志强 17900000318”: the second person signed.
func (c *chat) seatSpouse(a bookings.Appointment, args string) (Reply, error) {
	if a.Seats != 2 || a.Spouse != "" {
		return Reply{Text: fmt.Sprintf(sayNoSecond, a.Number)}, nil
	}
	name, phone, said := nameAndPhone(args, a.Number+" 爱人签字 志强 17900001122")
	if said != "" {
		return Reply{Text: said}, nil
	}
	signed, err := c.signed(purpose.Booking)
	if err != nil {
		return Reply{}, err
	}
	err = c.undoable(a.Number, func() (err error) {
		a, _, err = bookings.SeatSpouse(c.scope, a.ID, name, phone, signed, c.m.ID, c.m.At)
		return err
	})
	switch {
	case errors.Is(err, record.ErrAlreadyExists):
		return Reply{Text: fmt.Sprintf(sayHasOwn, name)}, nil
	case errors.Is(err, record.ErrScope):
		return Reply{Text: sayOwnFamily}, nil
	case isNotFound(err), errors.Is(err, record.ErrNotAvailable):
		return Reply{Text: sayCannotSeat}, nil
	case err != nil:
		return Reply{}, err
	}
	return Reply{Text: fmt.Sprintf(saySeated, name, a.Number)}, nil
}

// walkIn is “来了 名字 电话”: somebody without a booking has a seat of this hour, if
// one is left.
func (c *chat) walkIn(rest string) (Reply, error) {
	if rest == "" {
		return Reply{Text: sayHowWalkIn}, nil
	}
	name, phone, said := nameAndPhone(rest, "来了 小燕 17900001122")
	if said != "" {
		return Reply{Text: said}, nil
	}
	o, ok, err := c.seatNow()
	if err != nil {
		return Reply{}, err
	}
	if !ok {
		return Reply{Text: sayNoSeatNow}, nil
	}
	signed, err := c.signed(purpose.Booking)
	if err != nil {
		return Reply{}, err
	}
	a := bookings.Appointment{Service: o.Service, Seats: 1, Day: o.Day, Time: o.Time}
	err = c.undoable(name, func() (err error) {
		a, err = bookings.WalkIn(c.scope, name, phone, a, signed, c.m.ID, c.m.At)
		return err
	})
	switch {
	case errors.Is(err, record.ErrAlreadyExists):
		return Reply{Text: fmt.Sprintf(sayHasOwn, name)}, nil
	case errors.Is(err, record.ErrScope):
		return Reply{Text: sayOwnFamily}, nil
	case errors.Is(err, record.ErrFull), errors.Is(err, record.ErrNotAvailable):
		return Reply{Text: sayNoSeatNow}, nil
	case err != nil:
		return Reply{}, err
	}
	return Reply{Text: fmt.Sprintf(sayWalkedIn, name, a.Number, a.Time)}, nil
}

// seatNow is the next hour of today with a seat, of any service.
func (c *chat) seatNow() (best bookings.Slot, ok bool, err error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return best, false, err
	}
	for _, s := range site.Services {
		slots, err := bookings.Slots(c.tx, s.ID, c.today, c.today, c.m.At)
		if err != nil {
			return best, false, err
		}
		for _, o := range slots {
			if o.Free(c.today, false) > 0 && (!ok || o.Time < best.Time) {
				best, ok = o, true
			}
		}
	}
	return best, ok, nil
}

// named leaves of the people of a booking the one whose name stands in args, and
// returns args without it; all of them where none does.
func named(people []person.Resident, args string) ([]person.Resident, string) {
	for _, r := range people {
		if r.Name != "" && strings.Contains(args, r.Name) {
			return []person.Resident{r}, strings.TrimSpace(strings.Replace(args, r.Name, " ", 1))
		}
	}
	return people, args
}

// askBack is “复诊 0129-05 3月5日”: the doctor's date for who agreed to be reminded.
func (c *chat) askBack(a bookings.Appointment, args string) (Reply, error) {
	people, err := c.pair(a.Resident, a.Spouse)
	if err != nil {
		return Reply{}, err
	}
	people, args = named(people, args)
	start, end, d := answer.FindDate(args, c.today, answer.Future)
	if d.Day == 0 {
		return Reply{Text: fmt.Sprintf(sayReturnWhen, a.Number, (c.today + 30).Short())}, nil
	}
	if strings.Trim(args[:start]+args[end:], " ,。了来") != "" {
		return Reply{Text: fmt.Sprintf(sayOnlyDay, a.Number, d.Day.Short())}, nil
	}
	if len(people) == 1 {
		return c.agreeReturn(a, people, d.Day)
	}
	offers := make([]dialogstate.Option, 0, 3)
	for _, r := range people {
		offers = append(offers, dialogstate.Option{Label: r.Name, Do: "return " + a.ID + " " + r.ID + " " + d.Day.String()})
	}
	offers = append(offers, dialogstate.Option{Label: "两位都来", Do: "return " + a.ID + " both " + d.Day.String()})
	return c.offer(fmt.Sprintf(sayReturnWho, d.Day.ChineseLunar()), offers...), nil
}

func (c *chat) returnOffered(rest string) (Reply, error) {
	p := strings.Fields(rest)
	if len(p) != 3 {
		return Reply{}, fmt.Errorf("offer %q: not a return", rest)
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
	if p[1] != "both" {
		people = slices.DeleteFunc(people, func(r person.Resident) bool { return r.ID != p[1] })
	}
	day, err := calendar.ParseDay(p[2])
	if err != nil {
		return Reply{}, err
	}
	return c.agreeReturn(a, people, day)
}

func (c *chat) agreeReturn(a bookings.Appointment, people []person.Resident, day calendar.Day) (Reply, error) {
	var lines []string
	err := c.undoable(a.Number, func() error {
		lines = nil
		for _, r := range people {
			_, err := bookings.AgreeRecall(c.scope, a.ID, r.ID, day, c.m.At)
			switch {
			case errors.Is(err, record.ErrConsent):
				lines = append(lines, fmt.Sprintf(sayReturnNo, r.Name))
			case errors.Is(err, record.ErrNotAvailable):
				lines = append(lines, sayReturnPast)
			case isNotFound(err), errors.Is(err, record.ErrScope):
				lines = append(lines, sayGone)
			case err != nil:
				return err
			default:
				lines = append(lines, fmt.Sprintf(sayReturnKept, r.Name, day.ChineseLunar()))
			}
		}
		return nil
	})
	return Reply{Text: join(lines...)}, err
}
