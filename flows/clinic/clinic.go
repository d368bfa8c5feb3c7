package clinic

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
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
func clinicWords() []dialog.Keyword {
	return []dialog.Keyword{
		{Text: "今天的号", For: dialog.Clinic, Do: clinicDay},
		{Text: "下一位", For: dialog.Clinic, Do: next},
		{Text: "来了", For: dialog.Clinic, Do: walkIn},
		{Text: "复诊", For: dialog.Clinic, Do: dialog.HowTo(sayHowReturn)},
	}
}

// deskSaid answers a booking's number with what is to be noted.
func deskSaid(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	if c.M.Tapped || c.M.Token != 0 || c.S.Flow != "" || !c.Is(dialog.Clinic) {
		return dialog.Reply{}, false, nil
	}
	return desk(c, text)
}

func arrived(c *dialog.Turn, a bookings.Appointment, _ string) (string, error) {
	return noted(c, a, func(a0 string, a1 time.Time) (bookings.Appointment, error) { return bookings.Arrive(c.Scope, a0, a1) }, sayArrived)
}

func finished(c *dialog.Turn, a bookings.Appointment, _ string) (string, error) {
	said, err := noted(c, a, func(a0 string, a1 time.Time) (bookings.Appointment, error) { return bookings.Finish(c.Scope, a0, a1) }, sayFinished)
	if err != nil {
		return "", err
	}
	begun, err := dialog.Served(c, a.Resident)
	return dialog.Join(said, begun), err
}

func missed(c *dialog.Turn, a bookings.Appointment, _ string) (string, error) {
	return noted(c, a, func(a0 string, a1 time.Time) (bookings.Appointment, error) { return bookings.Miss(c.Scope, a0, a1) }, sayMissed)
}

// noted carries a deed out; what may not be is said in words.
func noted(c *dialog.Turn, a bookings.Appointment, do func(string, time.Time) (bookings.Appointment, error), said string) (string, error) {
	b, err := do(a.ID, c.M.At)
	switch {
	case errors.Is(err, record.ErrNotAvailable):
		return fmt.Sprintf(sayTooEarly, a.Number, a.Day.Short()+" "+a.Time), nil
	case errors.Is(err, record.ErrFull):
		return fmt.Sprintf(saySeatGone, a.Number), nil
	case dialog.IsNotFound(err), errors.Is(err, record.ErrScope):
		return fmt.Sprintf(dialog.SayNoNumber, a.Number), nil
	case err != nil:
		return "", err
	}
	a = b
	who, err := guests(c, a)
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
	if a.Day != c.Today {
		when = a.Day.Short()
	}
	tonight := dialog.PickWord(c.M.At.Before(c.Today.At(20, 0)), "今晚", "明晚")
	return fmt.Sprintf(sayMissed, a.Number, seats, when, tonight), nil
}

// guests names who has a booking, by what they want to be called.
func guests(c *dialog.Turn, a bookings.Appointment) (string, error) {
	people, err := dialog.Pair(c, a.Resident, a.Spouse)
	if err != nil {
		return "", err
	}
	names := make([]string, 0, 2)
	for _, r := range people {
		names = append(names, r.Name)
	}
	return strings.Join(names, "、"), nil
}

// afterDeed says what was noted, and who comes next.
func afterDeed(c *dialog.Turn, said string) (dialog.Reply, error) {
	next, err := waiting(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(next) == 0 {
		return dialog.Reply{Text: said}, nil
	}
	line, err := nextLine(c, next[0])
	return dialog.Reply{Text: dialog.Join(said, line)}, err
}

// waiting are today's bookings of people who are here and not through, first
// come first; the appointed hour counts where two came at once.
func waiting(c *dialog.Turn) ([]bookings.Appointment, error) {
	all, err := bookings.ListDay(c.Scope, c.Today)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(a bookings.Appointment) bool { return a.State != bookings.Came || a.Done != 0 })
	slices.SortStableFunc(all, func(a, b bookings.Appointment) int { return cmp.Compare(a.Arrived, b.Arrived) })
	return all, nil
}

func nextLine(c *dialog.Turn, a bookings.Appointment) (string, error) {
	who, err := guests(c, a)
	return fmt.Sprintf(sayNext, a.Number, who, dialog.Clock(a.Arrived)), err
}

// next is 下一位: who waits, and to note that the one before is through.
func next(c *dialog.Turn, _ string) (dialog.Reply, error) {
	here, err := waiting(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(here) == 0 {
		return dialog.Reply{Text: sayNobodyWaits}, nil
	}
	line, err := nextLine(c, here[0])
	if err != nil {
		return dialog.Reply{}, err
	}
	who, err := guests(c, here[0])
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(here) > 1 {
		line = dialog.Join(line, fmt.Sprintf(sayBehind, len(here)-1))
	}
	return c.Offer(line,
		dialogstate.Option{Label: who + "办完了", Do: "deed finish " + here[0].ID},
		dialogstate.Option{Label: "看" + who + "的号", Do: "desk " + here[0].ID}), nil
}

// clinicDay is today's list for clinician and clerk: numbers and what people want
// to be called, who is here, who is through.
func clinicDay(c *dialog.Turn, rest string) (dialog.Reply, error) {
	day := c.Today
	if rest != "" {
		if _, _, d := dates.FindDate(rest, c.Today, dates.Any); d.Day != 0 {
			day = d.Day
		}
	}
	all, err := bookings.ListDay(c.Scope, day)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(all) == 0 {
		return dialog.Reply{Text: fmt.Sprintf(sayNoGuests, day.ChineseLunar())}, nil
	}
	head := fmt.Sprintf(sayGuests, day.ChineseLunar(), len(all))
	if len(all) > dialog.MaxDay {
		all, head = all[:dialog.MaxDay], dialog.Join(head, fmt.Sprintf(sayDayCut, dialog.MaxDay))
	}
	offers := make([]dialogstate.Option, 0, len(all))
	for _, a := range all {
		who, err := guests(c, a)
		if err != nil {
			return dialog.Reply{}, err
		}
		offers = append(offers, dialogstate.Option{Label: strings.TrimSpace(fmt.Sprintf("%s %s %s %s", who, a.Time, a.Number, standing(a))), Do: "desk " + a.ID})
	}
	return c.Offer(dialog.Join(head, sayGuestsTail), offers...), nil
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
		return "到了" + dialog.Clock(a.Arrived)
	case a.Seats == 2 && a.Spouse == "":
		return "两位"
	}
	return ""
}

// deskCard shows one booking with what can be noted of it.
func deskCard(c *dialog.Turn, id string) (dialog.Reply, error) {
	a, err := bookings.Get(c.Scope, id)
	if dialog.IsNotFound(err) || errors.Is(err, record.ErrScope) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	names := make([]string, 0, 2)
	for _, one := range []string{a.Resident, a.Spouse} {
		if one == "" {
			continue
		}
		r, err := bookings.Guest(c.Scope, a, one, "booking", c.M.At)
		if dialog.IsNotFound(err) {
			return c.Menu(dialog.SayGone)
		}
		if err != nil {
			return dialog.Reply{}, err
		}
		names = append(names, r.Name)
	}
	lines := []string{fmt.Sprintf(sayDeskCard, a.Number, a.Day.Chinese(), a.Time, strings.Join(names, "、"), cmp.Or(standing(a), "还没到"))}
	if a.Seats == 2 && a.Spouse == "" && a.State != bookings.Missed {
		lines = append(lines, fmt.Sprintf(sayUnsigned, a.Number))
	}
	return c.Offer(dialog.Join(lines...), deskOffers(a, c.Today)...), nil
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
func signed(c *dialog.Turn, set purpose.Purpose) (consent.Consent, error) {
	text, err := dialog.ConsentText(c, set)
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
func seatSpouse(c *dialog.Turn, a bookings.Appointment, args string) (dialog.Reply, error) {
	if a.Seats != 2 || a.Spouse != "" {
		return dialog.Reply{Text: fmt.Sprintf(sayNoSecond, a.Number)}, nil
	}
	name, phone, said := nameAndPhone(args, a.Number+" 爱人签字 志强 17900001122")
	if said != "" {
		return dialog.Reply{Text: said}, nil
	}
	signed, err := signed(c, purpose.Booking)
	if err != nil {
		return dialog.Reply{}, err
	}
	err = c.Undoable(a.Number, func() (err error) {
		a, _, err = bookings.SeatSpouse(c.Scope, a.ID, name, phone, signed, c.M.ID, c.M.At)
		return err
	})
	switch {
	case errors.Is(err, record.ErrAlreadyExists):
		return dialog.Reply{Text: fmt.Sprintf(sayHasOwn, name)}, nil
	case errors.Is(err, record.ErrScope):
		return dialog.Reply{Text: dialog.SayOwnFamily}, nil
	case dialog.IsNotFound(err), errors.Is(err, record.ErrNotAvailable):
		return dialog.Reply{Text: sayCannotSeat}, nil
	case err != nil:
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: fmt.Sprintf(saySeated, name, a.Number)}, nil
}

// walkIn is “来了 名字 电话”: somebody without a booking has a seat of this hour, if
// one is left.
func walkIn(c *dialog.Turn, rest string) (dialog.Reply, error) {
	if rest == "" {
		return dialog.Reply{Text: sayHowWalkIn}, nil
	}
	name, phone, said := nameAndPhone(rest, "来了 小燕 17900001122")
	if said != "" {
		return dialog.Reply{Text: said}, nil
	}
	o, ok, err := seatNow(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	if !ok {
		return dialog.Reply{Text: sayNoSeatNow}, nil
	}
	signed, err := signed(c, purpose.Booking)
	if err != nil {
		return dialog.Reply{}, err
	}
	a := bookings.Appointment{Service: o.Service, Seats: 1, Day: o.Day, Time: o.Time}
	err = c.Undoable(name, func() (err error) {
		a, err = bookings.WalkIn(c.Scope, name, phone, a, signed, c.M.ID, c.M.At)
		return err
	})
	switch {
	case errors.Is(err, record.ErrAlreadyExists):
		return dialog.Reply{Text: fmt.Sprintf(sayHasOwn, name)}, nil
	case errors.Is(err, record.ErrScope):
		return dialog.Reply{Text: dialog.SayOwnFamily}, nil
	case errors.Is(err, record.ErrFull), errors.Is(err, record.ErrNotAvailable):
		return dialog.Reply{Text: sayNoSeatNow}, nil
	case err != nil:
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: fmt.Sprintf(sayWalkedIn, name, a.Number, a.Time)}, nil
}

// seatNow is the next hour of today with a seat, of any service.
func seatNow(c *dialog.Turn) (best bookings.Slot, ok bool, err error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return best, false, err
	}
	for _, s := range site.Services {
		slots, err := bookings.Slots(c.Tx, s.ID, c.Today, c.Today, c.M.At)
		if err != nil {
			return best, false, err
		}
		for _, o := range slots {
			if o.Free(c.Today, false) > 0 && (!ok || o.Time < best.Time) {
				best, ok = o, true
			}
		}
	}
	return best, ok, nil
}

// askBack is “复诊 0129-05 3月5日”: the doctor's date for who agreed to be reminded.
func askBack(c *dialog.Turn, a bookings.Appointment, args string) (dialog.Reply, error) {
	people, err := dialog.Pair(c, a.Resident, a.Spouse)
	if err != nil {
		return dialog.Reply{}, err
	}
	people, args = dialog.Named(people, args)
	start, end, d := dates.FindDate(args, c.Today, dates.Future)
	if d.Day == 0 {
		return dialog.Reply{Text: fmt.Sprintf(sayReturnWhen, a.Number, (c.Today + 30).Short())}, nil
	}
	if strings.Trim(args[:start]+args[end:], " ,。了来") != "" {
		return dialog.Reply{Text: fmt.Sprintf(sayOnlyDay, a.Number, d.Day.Short())}, nil
	}
	if len(people) == 1 {
		return agreeReturn(c, a, people, d.Day)
	}
	offers := make([]dialogstate.Option, 0, 3)
	for _, r := range people {
		offers = append(offers, dialogstate.Option{Label: r.Name, Do: "return " + a.ID + " " + r.ID + " " + d.Day.String()})
	}
	offers = append(offers, dialogstate.Option{Label: "两位都来", Do: "return " + a.ID + " both " + d.Day.String()})
	return c.Offer(fmt.Sprintf(sayReturnWho, d.Day.ChineseLunar()), offers...), nil
}

func returnOffered(c *dialog.Turn, rest string) (dialog.Reply, error) {
	p := strings.Fields(rest)
	if len(p) != 3 {
		return dialog.Reply{}, fmt.Errorf("offer %q: not a return", rest)
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
	if p[1] != "both" {
		people = slices.DeleteFunc(people, func(r person.Resident) bool { return r.ID != p[1] })
	}
	day, err := calendar.ParseDay(p[2])
	if err != nil {
		return dialog.Reply{}, err
	}
	return agreeReturn(c, a, people, day)
}

func agreeReturn(c *dialog.Turn, a bookings.Appointment, people []person.Resident, day calendar.Day) (dialog.Reply, error) {
	var lines []string
	err := c.Undoable(a.Number, func() error {
		lines = nil
		for _, r := range people {
			_, err := bookings.AgreeRecall(c.Scope, a.ID, r.ID, day, c.M.At)
			switch {
			case errors.Is(err, record.ErrConsent):
				lines = append(lines, fmt.Sprintf(sayReturnNo, r.Name))
			case errors.Is(err, record.ErrNotAvailable):
				lines = append(lines, dialog.SayReturnPast)
			case dialog.IsNotFound(err), errors.Is(err, record.ErrScope):
				lines = append(lines, dialog.SayGone)
			case err != nil:
				return err
			default:
				lines = append(lines, fmt.Sprintf(sayReturnKept, r.Name, day.ChineseLunar()))
			}
		}
		return nil
	})
	return dialog.Reply{Text: dialog.Join(lines...)}, err
}
