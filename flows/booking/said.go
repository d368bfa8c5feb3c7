package booking

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xintiexin/flows/dialog"
	"xintiexin/flows/seats"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/townconfig"
)

// What is said to sentences about a booking.
const (
	sayFreeHead    = "%s还能约的日子："
	sayFreeNone    = "%s眼下约满了，可以排队，有空位会告诉您。"
	sayLateToday   = "晚一点来也行，最好先跟卫生院说一声：%s %s\n想换个时间，发“改期”。"
	sayLateNoPhone = "晚一点来也行，到了跟卫生院说一声。\n想换个时间，发“改期”。"
	sayAloneToo    = "%s\n一个人也能来，约的日子给您留着。您看：\n现在还不能只退一个人，退就是两个人都退。"
	labelComeAlone = "我一个人也去，留着"
	labelGiveBoth  = "两个人都不去了"
	sayAloneKept   = "好，%s给您留着，一个人来就行。"
)

// intents are what people say of bookings in whole sentences.
func intents() []dialog.Intent {
	return dialog.BeforeWords(declared(), "booking.show", "booking.free", "booking.reduce")
}

// declared are the intents.
func declared() []dialog.Intent {
	return []dialog.Intent{
		{Name: "booking.new", Class: dialog.OpensForm, Do: bookTold},
		{Name: "booking.for_other", Class: dialog.OpensForm, Do: bookTold},
		{Name: "booking.change", Class: dialog.OpensForm, Do: func(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) { return changeDay(c, whenTold(c, s)) }},
		{Name: "booking.cancel", Class: dialog.Frees, Do: cancelTold},
		{Name: "booking.reduce", Class: dialog.Frees, Do: reduceTold},
		{Name: "booking.show", Class: dialog.ShowsPage, Do: func(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
			if c.Who.Staff() {
				return familyBookings(c, s.Str("who"))
			}
			return familyBookings(c, "")
		}},
		{Name: "booking.free", Class: dialog.ShowsPage, Do: freeTold},
		{Name: "booking.confirm", Home: true, Class: dialog.Undoable, Do: func(c *dialog.Turn, _ dialog.Understood) (dialog.Reply, error) {
			open, err := openBookings(c)
			if err != nil {
				return dialog.Reply{}, err
			}
			return onBooking(c, sayComingWhich, "iscoming", soonest(open, c.Today))
		}},
		{Name: "booking.late", Home: true, Class: dialog.ShowsPage, Do: lateTold},
		{Name: "queue.position", Home: true, Class: dialog.ShowsPage, Do: dialog.Act(place, "")},
	}
}

// whenTold are the day, the hour, how many come and, of staff, who is meant, in the words
// of a booking.
func whenTold(c *dialog.Turn, s dialog.Understood) string {
	var parts []string
	if c.Who.Staff() {
		parts = append(parts, s.Str("who"))
	}
	if day := s.Day("day"); day >= c.Today && !strings.Contains(s.Str("day"), "/") {
		parts = append(parts, day.Short())
	}
	parts = append(parts, s.Str("time"))
	switch h := seats.Hear(c, s.Text); {
	case h.Party == "alone":
		parts = append(parts, "一个人")
	case h.Party == "couple" || s.Count() == 2:
		parts = append(parts, "两个人")
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " ")
}

// bookTold opens a booking with what a sentence says: for somebody of the family it is
// asked first for whom.
func bookTold(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
	rest := whenTold(c, s)
	if kin := forKin.FindString(s.Text); kin != "" && !c.Who.Staff() {
		rest = kin + " " + rest
	}
	if c.Who.Staff() && s.Str("who") != "" {
		rest = "替" + rest
	}
	return book(c, strings.TrimSpace(rest))
}

// cancelTold asks whether a booking that is named is to be given up: nothing is given up by
// the sentence.
func cancelTold(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
	if c.Who.Staff() {
		return giveUp(c, s.Str("who"))
	}
	open, err := openBookings(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(open) == 1 {
		return giveUpOne(c, open[0].ID)
	}
	return giveUp(c, "")
}

// reduceTold answers who will come alone of two: the booking stays as it is.
func reduceTold(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
	open, err := openBookings(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(open) != 1 {
		return onBooking(c, sayWhichBooking, "giveup", open)
	}
	a := open[0]
	return c.Offer(fmt.Sprintf(sayAloneToo, seats.WhenOf(a.Appointment)),
		dialogstate.Option{Label: labelComeAlone, Do: "come-alone " + a.ID},
		dialogstate.Option{Label: labelRebook, Do: "rebook " + a.ID},
		dialogstate.Option{Label: labelGiveBoth, Do: "giveup " + a.ID}), nil
}

// comeAlone says that a booking stays.
func comeAlone(c *dialog.Turn, id string) (dialog.Reply, error) {
	a, why, err := changing(c, id)
	if why != "" || err != nil {
		return dialog.Reply{Text: why}, err
	}
	return dialog.Reply{Text: fmt.Sprintf(sayAloneKept, seats.WhenOf(a))}, nil
}

var (
	theSpouse  = regexp.MustCompile(`(?:老公|对象|爱人|丈夫|媳妇|老婆|男人|那口子|孩他?爸)`)
	notComing  = regexp.MustCompile(`(?:不去|去不了|去不成|不来|来不了|来不成|有事|没空|没时间|走不开|加班|不在家|请不下假)`)
	both       = regexp.MustCompile(`都(?:不|没|去不|来不)|俺俩|我俩|我们俩|也(?:不去|去不|不来|来不)|退|取消|不要|改|换|推`)
	ownAbsence = regexp.MustCompile(`^(?:我|俺)(?:不去|去不|不来|来不|有事|没空)`)
)

// spouseAway answers who says that the spouse cannot come: it gives nothing up, and is no
// yes to giving up.
func spouseAway(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	if c.S.Flow != "" || c.Who.Staff() || c.M.Tapped || c.M.Token != 0 || both.MatchString(text) || ownAbsence.MatchString(text) ||
		!theSpouse.MatchString(text) || !notComing.MatchString(text) {
		return dialog.Reply{}, false, nil
	}
	open, err := openBookings(c)
	if err != nil {
		return dialog.Reply{}, false, err
	}
	if len(open) != 1 || open[0].Seats < 2 {
		return dialog.Reply{}, false, nil
	}
	if len(c.S.Offers) > 0 && c.S.Offers[0].Do == "come-alone "+open[0].ID { // it was asked, and this says why
		c.S.Offers = nil
		return dialog.Answered(comeAlone(c, open[0].ID))
	}
	return dialog.Answered(reduceTold(c, dialog.Understood{Text: text}))
}

// freeTold shows the days that have seats left, with the way to book one.
func freeTold(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	service, _, _ := whichService(site, s.Text)
	if service.ID == "" {
		return whichBooking(c, site, "")
	}
	d := &seats.Draft{Service: service.ID, Seats: max(1, s.Count())}
	c.Draft = d
	said := ""
	if day := s.Day("day"); day >= c.Today && !strings.Contains(s.Str("day"), "/") {
		said = day.Short()
	}
	found, err := seats.DaysFor(c, d, seats.Hear(c, said))
	c.Draft = nil
	if err != nil {
		return dialog.Reply{}, err
	}
	lines := []string{fmt.Sprintf(sayFreeHead, service.Label)}
	if found.Say != "" {
		lines = append(lines, found.Say)
	}
	for _, o := range found.Choices[:min(len(found.Choices), 4)] {
		if o.Label != dialog.LabelLater {
			lines = append(lines, "　"+o.Label)
		}
	}
	if len(lines) == 1 {
		lines = []string{fmt.Sprintf(sayFreeNone, service.Label)}
	}
	return c.Offer(dialog.Join(lines...), dialogstate.Option{Label: dialog.LabelBook, Do: strings.TrimSpace("book " + service.Label + " " + said)},
		dialogstate.Option{Label: dialog.LabelNotNow, Do: "none"}), nil
}

// lateTold says whom to tell who comes later on the day.
func lateTold(c *dialog.Turn, _ dialog.Understood) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	if p, ok := site.Phone("clinic"); ok && p.Number != "" {
		return dialog.Reply{Text: fmt.Sprintf(sayLateToday, p.Label, p.Number)}, nil
	}
	return dialog.Reply{Text: sayLateNoPhone}, nil
}
