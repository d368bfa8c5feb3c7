package booking

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
	"xintiexin/flows/form"
	"xintiexin/flows/seats"
	"xintiexin/flows/subject"
	"xintiexin/storage/access"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// appointment books for whoever writes, bookfor for somebody at a cadre's side,
// rebook moves what is booked. None of them is taken back by 撤销: a seat that was
// given up may be another's by then.
var (
	appointment = dialog.Flow{Name: "appointment", For: dialog.Anyone, Set: purpose.Booking, Final: true,
		Answered: bookAnswered, Save: saveBooking, Ended: bookEnded, Choices: seats.BookChoices, Label: seats.BookLabel, Typed: bookingTyped, Keep: keepDraft}
	bookfor = dialog.Flow{Name: "bookfor", For: dialog.Staff, Set: purpose.Booking, Final: true,
		Answered: bookAnswered, Save: saveBooking, Ended: bookEnded, Choices: seats.BookChoices, Label: seats.BookLabel, Typed: bookingTyped, Keep: keepDraft}
	rebook = dialog.Flow{Name: "rebook", For: dialog.Anyone, Final: true,
		Answered: bookAnswered, Save: saveRebooking, Ended: bookEnded, Choices: seats.BookChoices, Label: seats.BookLabel, Typed: bookingTyped, Keep: keepDraft}
)

// appointmentWords are those by which a seat is asked for, moved and given up.
func appointmentWords() []dialog.Keyword {
	return []dialog.Keyword{
		{Text: "约号", For: dialog.Anyone, Do: book},
		{Text: "预约", For: dialog.Anyone, Do: book},
		{Text: "挂号", For: dialog.Anyone, Do: book},
		{Text: "想约", For: dialog.Anyone, Do: book},
		{Text: "我的预约", For: dialog.Anyone, Do: familyBookings},
		{Text: "改期", For: dialog.Anyone, Do: changeDay},
		{Text: "退号", For: dialog.Anyone, Do: giveUp},
		{Text: "候补", For: dialog.Anyone, Do: place},
	}
}

func appointmentVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){
		"book":       book,
		"rebook":     rebookOne,
		"giveup":     giveUpOne,
		"giveupnow":  giveUpNow,
		"giveupwait": giveUpWait,
		"iscoming":   comingOne,
		"ringask":    ringAsk,
		"ringby":     ringBy,
		"cardof":     cardOf,
		"seat":       seat,
		"otherdays":  otherDays,
		"waiton":     waitOn,
		"unwait":     unwait,
		"takeseat":   takeSeat,
		"come-alone": comeAlone,
	}
}

// booking is the name of the open form, if it is about a seat to be had.
func booking(c *dialog.Turn) string {
	if c.S.Flow == "appointment" || c.S.Flow == "bookfor" || c.S.Flow == "rebook" {
		return c.S.Flow
	}
	return ""
}

// whichService finds the service that words name and takes it out of them; named
// is false where they name none, and then it is the only one there is, if it is.
func whichService(site *townconfig.Site, text string) (s townconfig.Service, rest string, named bool) {
	longest := ""
	for _, one := range site.Services {
		for _, w := range append(strings.Fields(one.Keyword), one.Label) {
			if w = answer.Fold(w); w != "" && len(w) > len(longest) && strings.Contains(text, w) {
				s, longest = one, w
			}
		}
	}
	if longest != "" {
		return s, strings.TrimSpace(strings.Replace(text, longest, " ", 1)), true
	}
	if len(site.Services) == 1 {
		s = site.Services[0]
	}
	return s, text, false
}

// book begins a booking with what a sentence says already: for whoever writes,
// or, from staff, for whom she names.
func book(c *dialog.Turn, rest string) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	if kin := forKin.FindString(rest); kin != "" && len(c.Who.Residents) == 1 && !c.Who.Staff() {
		own := "say " + strings.TrimSpace("约号 "+strings.Replace(rest, kin, "", 1))
		return c.Offer(sayBookKin, dialogstate.Option{Label: dialog.LabelOther, Do: "say 别的家人"}, dialogstate.Option{Label: labelBookMe, Do: own},
			dialogstate.Option{Label: dialog.LabelNotNow, Do: "none"}), nil
	}
	service, left, named := whichService(site, rest)
	if service.ID == "" {
		return whichBooking(c, site, rest)
	}
	mine := !c.Who.Staff()
	if !mine {
		left, mine = strings.CutPrefix(left, "给自家")
		if !mine && left == "" && len(c.Who.Residents) > 0 {
			return c.Offer(sayBookWhose, dialogstate.Option{Label: labelBookOwn, Do: "book 给自家"}, dialogstate.Option{Label: labelBookOther, Do: "book 替"}), nil
		}
	}
	if !mine {
		return bookFor(c, site, service, strings.TrimPrefix(left, "替"))
	}
	then := "约号 "
	if c.Who.Staff() {
		then += "给自家 "
	}
	if named {
		then += service.Label + " "
	}
	id, r, asked, err := c.ForWhom(purpose.Booking, then+left)
	if err != nil || asked {
		return r, err
	}
	return bookOwn(c, site, service, id, left)
}

// whichBooking asks what is to be booked, or says that there is nothing.
func whichBooking(c *dialog.Turn, site *townconfig.Site, rest string) (dialog.Reply, error) {
	if len(site.Services) == 0 {
		r, err := c.FindHelp("")
		r.Text = dialog.Join(sayNothingToBook, r.Text)
		return r, err
	}
	var offers []dialogstate.Option
	for _, s := range site.Services {
		offers = append(offers, dialogstate.Option{Label: s.Label, Do: strings.TrimSpace("book " + s.Label + " " + rest)})
	}
	return c.Offer(sayWhichService, offers...), nil
}

// bookOwn opens the form for one of her own, unless she has a booking.
func bookOwn(c *dialog.Turn, site *townconfig.Site, service townconfig.Service, id, sentence string) (dialog.Reply, error) {
	has, err := bookings.Open(c.Scope, id, service.ID)
	if err == nil {
		return alreadyBooked(c, has, id, sentence)
	}
	if !dialog.IsNotFound(err) {
		return dialog.Reply{}, err
	}
	r, err := c.Scope.Mine(id)
	if err != nil {
		return dialog.Reply{}, err
	}
	known := map[string]string{"person": id, "who": r.Name, "ring": "nobody"}
	w, before, err := bookings.WaitingOf(c.Scope, id, service.ID)
	said := ""
	switch {
	case dialog.IsNotFound(err):
	case err != nil:
		return dialog.Reply{}, err
	default:
		said = fmt.Sprintf(sayStillWaiting, seats.PlaceOf(before))
		if w.Seats == 2 {
			known["party"] = "couple"
		}
	}
	return openBooking(c, "appointment", site, service, known, sentence, said)
}

// bookFor opens the form for somebody at a cadre's side.
func bookFor(c *dialog.Turn, site *townconfig.Site, service townconfig.Service, sentence string) (dialog.Reply, error) {
	return openBooking(c, "bookfor", site, service, map[string]string{"ring": "office"}, sentence, "")
}

// openBooking opens one of the forms of a booking with what is known and what
// the sentence says; what was said but cannot be had is told.
func openBooking(c *dialog.Turn, flow string, site *townconfig.Site, service townconfig.Service, known map[string]string, sentence, said string) (dialog.Reply, error) {
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, err
	}
	known["service"], known["place"] = service.ID, service.Place
	if service.Couple {
		known["couple"] = "yes"
	}
	if qs := questionsOf(site, service.ID); len(qs) > 0 {
		known["ask"], known["asked"] = qs[0].Label, "0"
	}
	h := seats.Hear(c, sentence)
	if h.Party != "" {
		known["party"] = h.Party
	}
	d := &seats.Draft{Service: service.ID, Resident: known["person"], Seats: seats.SeatsOf(known["party"])}
	c.Draft = d
	name := ""
	if flow == "bookfor" {
		name, h.Rest = h.Name, ""
	}
	if h.Rest != "" {
		said = dialog.Join(said, sayNotHeard)
	}
	if err := presetDay(c, d, h, known); err != nil {
		return dialog.Reply{}, err
	}
	r, err := c.StartWith(c.T.Flow(flow), name, known)
	r.Text = dialog.Join(said, r.Text)
	return r, err
}

// presetDay puts the day and the hour that were said among what is known, where
// they can be had; else the list says why not.
func presetDay(c *dialog.Turn, d *seats.Draft, h seats.Heard, known map[string]string) error {
	if h.Date.Reason != dates.OK && h.Timed {
		d.Timed, d.Hour, d.Minute, d.Ambiguous = h.Timed, h.Hour, h.Minute, h.Ambiguous
	}
	if h.Date.Reason == dates.NotADate {
		return nil
	}
	found, err := seats.DaysFor(c, d, h)
	if err != nil {
		return err
	}
	if !found.Sure {
		d.Instead = map[string]form.Found{"days": found}
		return nil
	}
	known["day"] = found.Choices[0].Value
	return nil
}

func questionsOf(site *townconfig.Site, service string) []townconfig.SiteQuestion {
	return slices.DeleteFunc(slices.Clone(site.Questions), func(q townconfig.SiteQuestion) bool { return q.Service != "" && q.Service != service })
}

// booker is for whom a form books: she is kept first where staff just met her.
func booker(c *dialog.Turn, f *dialog.Flow, s *form.Session) (string, error) {
	if id := s.Get("person"); id != "" {
		return id, nil
	}
	r, err := subject.Settle(c, f, s)
	return r.ID, err
}

// ringOf is the answer to who may ring.
func ringOf(s *form.Session) person.Ring {
	if ring := s.Get("ring"); ring != "nobody" {
		return person.Ring(ring)
	}
	return person.RingNobody
}

// saveBooking sells the seats. When they went to another since they were shown,
// the next ones are offered, and nothing that she said is lost.
func saveBooking(c *dialog.Turn, f *dialog.Flow, s *form.Session) (dialog.Reply, error) {
	id, err := booker(c, f, s)
	if err != nil {
		return dialog.Reply{}, err
	}
	day, err := calendar.ParseDay(s.Get("day"))
	if err != nil {
		return dialog.Reply{}, err
	}
	a := bookings.Appointment{Resident: id, Service: s.Get("service"), Seats: max(1, seats.SeatsOf(s.Get("party"))), Day: day, Time: s.Get("hour"), Ring: ringOf(s), Extra: f.Extra(s)}
	a, err = bookings.Book(c.Scope, a, c.M.ID, c.M.At)
	switch {
	case errors.Is(err, record.ErrAlreadyExists):
		return hasBooked(c, id, s.Get("service"))
	case errors.Is(err, record.ErrConsent):
		return agreeAnew(c, id, s.Get("service"), day.Short()+" "+s.Get("hour")+" "+dialog.PickWord(a.Seats == 2, "两个人", "一个人"))
	case errors.Is(err, record.ErrFull), errors.Is(err, record.ErrNotAvailable):
		return seatGone(c, f, s, id)
	case err != nil:
		return dialog.Reply{}, err
	}
	return booked(c, a, id, saySavedBooking)
}

// seatGone opens the form again without the hour that went.
func seatGone(c *dialog.Turn, f *dialog.Flow, s *form.Session, id string) (dialog.Reply, error) {
	known := map[string]string{}
	for _, name := range []string{"person", "who", "service", "couple", "place", "party", "ring", "day", "moving", "old", "spouse"} {
		if v := s.Get(name); v != "" {
			known[name] = v
		}
	}
	maps.Copy(known, dialog.ByName(f.Extra(s)))
	if f.Name != "appointment" {
		known["resident"] = id
	}
	c.Draft = &seats.Draft{}
	r, err := c.StartWith(f, "", known)
	r.Text = dialog.Join(fmt.Sprintf(dialog.SaySeatWent, dialog.ClockWord(s.Get("hour"))), r.Text)
	return r, err
}

// booked says what was booked, to her, or to the cadre at her side.
func booked(c *dialog.Turn, a bookings.Appointment, id, head string) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	service, _ := site.Service(a.Service)
	if !slices.Contains(c.Who.Residents, id) {
		r, err := c.Scope.Resident(id)
		if err != nil {
			return dialog.Reply{}, err
		}
		said := fmt.Sprintf(sayBookedFor, r.Name, seats.WhenOf(a), a.Number)
		if a.Seats == 2 && a.Spouse == "" {
			said = dialog.Join(said, saySpouseSigns)
		}
		return dialog.Reply{Text: said}, nil
	}
	r := dialog.Reply{Text: fmt.Sprintf(head, seats.WhenOf(a), a.Number, seats.SeatsWord(a.Seats))}
	code, err := bookings.SpouseCode(c.Scope, a.ID)
	switch {
	case err == nil:
		r.Text = dialog.Join(r.Text, fmt.Sprintf(saySpouseCode, code[:4], code[4:]))
	case !dialog.IsNotFound(err):
		return dialog.Reply{}, err
	}
	c.WillTell("appointment_ahead", "appointment_eve", "paper_ready")
	mind, err := unreminded(c, a)
	if err != nil {
		return dialog.Reply{}, err
	}
	if r.Text = dialog.Join(r.Text, sayBookedTail, mind); service.Prepare == "" {
		return r, nil
	}
	return prepare(c, r, a, id)
}

// prepare adds the link to what is to be prepared: a page without her name.
func prepare(c *dialog.Turn, r dialog.Reply, a bookings.Appointment, id string) (dialog.Reply, error) {
	token, err := access.NewLink(c.Scope, "prepare", id, a.ID, c.M.ID, c.M.At)
	if err != nil {
		return dialog.Reply{}, err
	}
	r.Text = dialog.Join(r.Text, dialog.PickWord(a.Day >= c.Today+3, sayPrepare, sayPrepareLate))
	r.Links = append(r.Links, dialog.Link{Label: labelOpen, Path: "/p/" + token})
	return r, nil
}

// hasBooked answers who asks for a second booking of a service; a cadre who may not
// know of the first one learns only that it goes another way.
func hasBooked(c *dialog.Turn, id, service string) (dialog.Reply, error) {
	has, err := bookings.Open(c.Scope, id, service)
	if dialog.IsNotFound(err) {
		return dialog.Reply{Text: sayOwnWay}, nil
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	return alreadyBooked(c, has, id, "")
}

// agreeAnew asks her again who took her consent back while this stood open; from
// staff it is not taken.
func agreeAnew(c *dialog.Turn, id, service, sentence string) (dialog.Reply, error) {
	if !slices.Contains(c.Who.Residents, id) {
		return dialog.Reply{Text: dialog.SayRefused}, nil
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	s, _ := site.Service(service)
	return c.Ask(purpose.Booking, id, strings.Join(strings.Fields("约号 "+s.Label+" "+sentence), " "))
}

// alreadyBooked answers who asks for a second booking of a service.
func alreadyBooked(c *dialog.Turn, a bookings.Appointment, id, sentence string) (dialog.Reply, error) {
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, err
	}
	who := "您"
	if !slices.Contains(c.Who.Residents, id) {
		r, err := c.Scope.Resident(id)
		if err != nil {
			return dialog.Reply{}, err
		}
		who = r.Name
	}
	return c.Offer(fmt.Sprintf(sayAlready, who, seats.WhenOf(a), seats.SeatsWord(a.Seats), a.Number),
		dialogstate.Option{Label: labelRebook, Do: strings.TrimSpace("rebook " + a.ID + " " + sentence)},
		dialogstate.Option{Label: labelGiveUp, Do: "giveup " + a.ID},
		dialogstate.Option{Label: labelLeave, Do: "none"}), nil
}

// saveRebooking moves the booking; the spouse goes along and is told.
func saveRebooking(c *dialog.Turn, f *dialog.Flow, s *form.Session) (dialog.Reply, error) {
	day, err := calendar.ParseDay(s.Get("day"))
	if err != nil {
		return dialog.Reply{}, err
	}
	a, err := bookings.Move(c.Scope, s.Get("moving"), day, s.Get("hour"), c.M.At)
	switch {
	case errors.Is(err, record.ErrFull), errors.Is(err, record.ErrNotAvailable):
		return seatGone(c, f, s, s.Get("resident"))
	case dialog.IsNotFound(err):
		return dialog.Reply{Text: sayBookingGone}, nil
	case err != nil:
		return dialog.Reply{}, err
	}
	if err := bookings.AnswerBooking(c.Scope, a.ID, f.Extra(s), c.M.At); err != nil {
		return dialog.Reply{}, err
	}
	said := fmt.Sprintf(sayMoved, a.Number)
	if self(c, a) {
		said = dialog.Join(said, sayMovedTail)
	}
	return dialog.Reply{Text: said}, nil
}

// self reports whether a booking is of whoever writes, or of her family.
func self(c *dialog.Turn, a bookings.Appointment) bool {
	return slices.Contains(c.Who.Residents, a.Resident) || slices.Contains(c.Who.Residents, a.Spouse)
}

// keepDraft keeps of an open booking what the next message needs of this one: which
// days are shown, and how many come, said where something else was asked.
func keepDraft(c *dialog.Turn, s *form.Session) {
	d, _ := c.Draft.(*seats.Draft)
	if d == nil || booking(c) == "" {
		return
	}
	if d.From != 0 || d.Full != 0 || s.Get("shown") != "" {
		s.Set("shown", d.From.String()+"/"+d.Full.String())
	}
	if d.Keep != "" && s.Get("couple") == "yes" && s.Get("party") == "" {
		s.Set("party", d.Keep)
	}
}
