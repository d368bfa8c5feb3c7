package flows

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/form"
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
	appointment = Flow{Name: "appointment", For: anyone, Set: purpose.Booking, Final: true,
		Answered: bookAnswered, Save: saveBooking, Ended: bookEnded, Choices: bookChoices, Label: bookLabel, Typed: (*chat).bookingTyped, Keep: (*chat).keepDraft}
	bookfor = Flow{Name: "bookfor", For: staff, Set: purpose.Booking, Final: true,
		Answered: bookAnswered, Save: saveBooking, Ended: bookEnded, Choices: bookChoices, Label: bookLabel, Typed: (*chat).bookingTyped, Keep: (*chat).keepDraft}
	rebook = Flow{Name: "rebook", For: anyone, Final: true,
		Answered: bookAnswered, Save: saveRebooking, Ended: bookEnded, Choices: bookChoices, Label: bookLabel, Typed: (*chat).bookingTyped, Keep: (*chat).keepDraft}
)

// appointmentWords are those by which a seat is asked for, moved and given up.
func appointmentWords() []word {
	return []word{
		{"约号", anyone, (*chat).book},
		{"预约", anyone, (*chat).book},
		{"挂号", anyone, (*chat).book},
		{"想约", anyone, (*chat).book},
		{"我的预约", anyone, (*chat).bookings},
		{"改期", anyone, (*chat).changeDay},
		{"退号", anyone, (*chat).giveUp},
		{"候补", anyone, (*chat).place},
	}
}

func appointmentVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){
		"book":       (*chat).book,
		"rebook":     (*chat).rebookOne,
		"giveup":     (*chat).giveUpOne,
		"giveupnow":  (*chat).giveUpNow,
		"giveupwait": (*chat).giveUpWait,
		"iscoming":   (*chat).comingOne,
		"ringask":    (*chat).ringAsk,
		"ringby":     (*chat).ringBy,
		"cardof":     (*chat).cardOf,
		"seat":       (*chat).seat,
		"otherdays":  (*chat).otherDays,
		"waiton":     (*chat).waitOn,
		"unwait":     (*chat).unwait,
		"takeseat":   (*chat).takeSeat,
	}
}

// takesSeat is 要 in answer to an offer: 要要, 俺要, 要 俺要.
var takesSeat = regexp.MustCompile(`^(?:(?:我|俺|咱)?要(?:了|的|这个)?[ ,，。.!]*)+$`)

// bookingWord answers the words that a reminder or an offer asks for, and the
// others by which a resident decides about her booking: they are hers in every
// state. ok is false for all else.
func (c *chat) bookingWord(text string) (r Reply, ok bool, err error) {
	if len(c.who.Residents) == 0 || c.m.Token != 0 && c.m.Token != c.s.Step {
		return Reply{}, false, nil
	}
	text = strings.TrimRight(text, " 。.,!~了吧啊呀哈")
	switch {
	case takesSeat.MatchString(text):
		return c.takeOffer()
	case oneOf(text, "卡", "我的卡", "看卡", "打开看卡"):
		r, err = c.cardOf("")
		return r, true, err
	case c.s.Flow == "" && oneOf(text, "约", "要约", "我约"):
		r, err = c.book("")
		return r, true, err
	case c.s.Flow == "" && answer.Command(text) == answer.Undo:
		return c.undoBooking()
	}
	day, moves := c.movesTo(text)
	comes := oneOf(text, "来", "会来", "我来", "俺来", "准来", "来的", "能来")
	stops := oneOf(text, "不来", "来不了", "去不了", "不去", "不约", "先不约", "退号")
	if !moves && !comes && !stops {
		return c.waitWord(text)
	}
	open, err := c.openBookings()
	switch {
	case err != nil:
		return Reply{}, false, err
	case moves:
		return c.otherDay(day, len(open) > 0)
	case comes && len(open) == 0:
		return c.comingAfter()
	case comes:
		r, err = c.onBooking(sayComingWhich, "iscoming", soonest(open, c.today))
	case len(open) == 0 && c.booking() != "":
		r, err = c.step(form.Input{Text: answer.Cancel})
	default:
		r, err = c.giveUp("")
	}
	return r, true, err
}

// comingAfter answers 来 from who did not come and has no other booking; ok is
// false for anybody else.
func (c *chat) comingAfter() (Reply, bool, error) {
	missed, err := c.lastMissed()
	if err != nil || missed.ID == "" {
		return Reply{}, false, err
	}
	r, err := c.afterMissed(missed)
	return r, true, err
}

// oneOf reports whether text is one of the words, or sounds like one of two
// characters and more.
func oneOf(text string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		return text == w || len([]rune(w)) > 1 && answer.SameWord(text, w)
	})
}

// booking is the name of the open form, if it is about a seat to be had.
func (c *chat) booking() string {
	if c.s.Flow == "appointment" || c.s.Flow == "bookfor" || c.s.Flow == "rebook" {
		return c.s.Flow
	}
	return ""
}

// movesTo reports whether text asks for another day (改期, 改到29号), and which.
func (c *chat) movesTo(text string) (day string, ok bool) {
	if oneOf(text, "换个钟点", "换钟点", "改钟点", "换个时间", "改时间") {
		return "", true
	}
	for _, w := range [...]string{"改期", "换天", "换个天", "改个天", "改日子", "换日子"} {
		if rest, cut := answer.CutHead(text, w); cut {
			return strings.TrimSpace(strings.TrimPrefix(rest, "到")), true
		}
	}
	if _, _, line := answer.Edit(text); line { // 改2 九点
		return "", false
	}
	for _, w := range [...]string{"改到", "换到", "改成", "换成", "改", "换"} {
		if rest, cut := strings.CutPrefix(text, w); cut {
			h := c.hear(rest)
			return rest, (h.date.Reason == answer.OK || h.timed) && h.rest == ""
		}
	}
	return "", false
}

// otherDay answers a wish for another day: in the open form where that is about
// a booking, else by moving what is booked, or by booking anew what was missed.
func (c *chat) otherDay(day string, booked bool) (Reply, bool, error) {
	switch s, f, err := c.decode(); {
	case err != nil:
		return Reply{}, true, err
	case f != nil && c.booking() != "" && (day != "" || s.Summing()):
		in := form.Input{Text: day}
		if s.Summing() { // the line of the day, or the one below it
			n, _ := strconv.Atoi(f.form.Settings["day_line"])
			if hour := strings.Contains(c.m.Text, "钟点") || strings.Contains(c.m.Text, "时间"); hour {
				n++
			}
			in.Text = strings.TrimSpace(fmt.Sprintf("改%d %s", n, day))
		}
		r, err := c.step(in)
		return r, true, err
	}
	if booked {
		r, err := c.changeDay(day)
		return r, true, err
	}
	missed, err := c.lastMissed()
	if err != nil {
		return Reply{}, true, err
	}
	if missed.ID == "" {
		return Reply{}, false, nil
	}
	r, err := c.afterMissed(missed)
	return r, true, err
}

// bookingTyped is what is said to the open question of a booking, where it is to be
// read as a whole: a word for the waiting list, which is a keyword too, or a day with
// its hour and how many, of which the form would take the day alone (周二 9点 就俺).
// "" for all else.
func (c *chat) bookingTyped(text string) string {
	if c.booking() == "" {
		return ""
	}
	s, _, err := c.decode()
	if err != nil || s == nil {
		return ""
	}
	q, _ := s.Open()
	if q == nil || q.Name != "day" && q.Name != "hour" {
		return ""
	}
	if oneOf(text, waitWords...) || oneOf(text, "留着", "先不了", "不改了") && s.Get("moving") != "" {
		return text
	}
	h := c.hear(text)
	day := h.date.Day
	if day == 0 && len(h.date.Alternatives) > 0 {
		day = h.date.Alternatives[0]
	}
	if q.Name != "day" || day == 0 || h.rest != "" || !h.timed && h.party == "" {
		return ""
	}
	said := day.Short()
	if h.timed && h.ambiguous {
		said += fmt.Sprintf(" %d点%d分", h.hour, h.minute)
	} else if h.timed {
		said += fmt.Sprintf(" %02d:%02d", h.hour, h.minute)
	}
	return said + map[string]string{"couple": " 两个人", "alone": " 一个人"}[h.party]
}

// forKin are the words by which a booking is asked for somebody else of the family.
var forKin = regexp.MustCompile(`(?:帮|给|替)(?:俺|我)?(?:家)?的?(?:娘|妈|婆婆|公公|爹|爸|闺女|儿媳妇?|媳妇|老婆|老公|对象|爱人|嫂子?|姐|妹|弟|哥|奶奶|姥姥|家里人|家人|邻居|同事|姊妹)`)

// bookingTalk answers, when nothing is open, what is no word of its own but asks
// for a booking, or for somebody to ring. ok is false for all else.
func (c *chat) bookingTalk(text string) (r Reply, ok bool, err error) {
	if ringTalk(text) && len(c.who.Residents) > 0 {
		open, err := c.openBookings()
		if err != nil {
			return Reply{}, false, err
		}
		if len(open) > 0 {
			r, err = c.onBooking(sayRingWhich, "ringask", open)
			return r, true, err
		}
	}
	if c.who.Staff() {
		return Reply{}, false, nil
	}
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, false, err
	}
	asks := oneOf(text, "约", "要约", "我约", "约一个", "约个")
	for _, w := range [...]string{"约号", "预约", "挂号", "想约", "约个", "约一下"} {
		asks = asks || strings.Contains(text, w)
	}
	if !asks {
		_, _, asks = whichService(site, text)
	}
	if !asks || strings.HasSuffix(text, "不约") {
		return Reply{}, false, nil
	}
	r, err = c.book(text)
	return r, true, err
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
func (c *chat) book(rest string) (Reply, error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	if kin := forKin.FindString(rest); kin != "" && len(c.who.Residents) == 1 && !c.who.Staff() {
		own := "say " + strings.TrimSpace("约号 "+strings.Replace(rest, kin, "", 1))
		return c.offer(sayBookKin, dialogstate.Option{Label: labelOther, Do: "say 别的家人"}, dialogstate.Option{Label: labelBookMe, Do: own},
			dialogstate.Option{Label: labelNotNow, Do: "none"}), nil
	}
	service, left, named := whichService(site, rest)
	if service.ID == "" {
		return c.whichBooking(site, rest)
	}
	mine := !c.who.Staff()
	if !mine {
		left, mine = strings.CutPrefix(left, "给自家")
		if !mine && left == "" && len(c.who.Residents) > 0 {
			return c.offer(sayBookWhose, dialogstate.Option{Label: labelBookOwn, Do: "book 给自家"}, dialogstate.Option{Label: labelBookOther, Do: "book 替"}), nil
		}
	}
	if !mine {
		return c.bookFor(site, service, strings.TrimPrefix(left, "替"))
	}
	then := "约号 "
	if c.who.Staff() {
		then += "给自家 "
	}
	if named {
		then += service.Label + " "
	}
	id, r, asked, err := c.forWhom(purpose.Booking, then+left)
	if err != nil || asked {
		return r, err
	}
	return c.bookOwn(site, service, id, left)
}

// whichBooking asks what is to be booked, or says that there is nothing.
func (c *chat) whichBooking(site *townconfig.Site, rest string) (Reply, error) {
	if len(site.Services) == 0 {
		r, err := c.findHelp("")
		r.Text = join(sayNothingToBook, r.Text)
		return r, err
	}
	var offers []dialogstate.Option
	for _, s := range site.Services {
		offers = append(offers, dialogstate.Option{Label: s.Label, Do: strings.TrimSpace("book " + s.Label + " " + rest)})
	}
	return c.offer(sayWhichService, offers...), nil
}

// bookOwn opens the form for one of her own, unless she has a booking.
func (c *chat) bookOwn(site *townconfig.Site, service townconfig.Service, id, sentence string) (Reply, error) {
	has, err := bookings.Open(c.scope, id, service.ID)
	if err == nil {
		return c.alreadyBooked(has, id, sentence)
	}
	if !isNotFound(err) {
		return Reply{}, err
	}
	r, err := c.scope.Mine(id)
	if err != nil {
		return Reply{}, err
	}
	known := map[string]string{"person": id, "who": r.Name, "ring": "nobody"}
	w, before, err := bookings.WaitingOf(c.scope, id, service.ID)
	said := ""
	switch {
	case isNotFound(err):
	case err != nil:
		return Reply{}, err
	default:
		said = fmt.Sprintf(sayStillWaiting, placeOf(before))
		if w.Seats == 2 {
			known["party"] = "couple"
		}
	}
	return c.openBooking("appointment", site, service, known, sentence, said)
}

// bookFor opens the form for somebody at a cadre's side.
func (c *chat) bookFor(site *townconfig.Site, service townconfig.Service, sentence string) (Reply, error) {
	return c.openBooking("bookfor", site, service, map[string]string{"ring": "office"}, sentence, "")
}

// openBooking opens one of the forms of a booking with what is known and what
// the sentence says; what was said but cannot be had is told.
func (c *chat) openBooking(flow string, site *townconfig.Site, service townconfig.Service, known map[string]string, sentence, said string) (Reply, error) {
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	known["service"], known["place"] = service.ID, service.Place
	if service.Couple {
		known["couple"] = "yes"
	}
	if qs := questionsOf(site, service.ID); len(qs) > 0 {
		known["ask"], known["asked"] = qs[0].Label, "0"
	}
	h := c.hear(sentence)
	if h.party != "" {
		known["party"] = h.party
	}
	d := &draft{service: service.ID, resident: known["person"], seats: seatsOf(known["party"])}
	c.draft = d
	name := ""
	if flow == "bookfor" {
		name, h.rest = h.name, ""
	}
	if h.rest != "" {
		said = join(said, sayNotHeard)
	}
	if err := c.presetDay(d, h, known); err != nil {
		return Reply{}, err
	}
	r, err := c.startWith(c.t.flow(flow), name, known)
	r.Text = join(said, r.Text)
	return r, err
}

// presetDay puts the day and the hour that were said among what is known, where
// they can be had; else the list says why not.
func (c *chat) presetDay(d *draft, h heard, known map[string]string) error {
	if h.date.Reason != answer.OK && h.timed {
		d.timed, d.hour, d.minute, d.ambiguous = h.timed, h.hour, h.minute, h.ambiguous
	}
	if h.date.Reason == answer.NotADate {
		return nil
	}
	found, err := c.daysFor(d, h)
	if err != nil {
		return err
	}
	if !found.Sure {
		d.instead = map[string]form.Found{"days": found}
		return nil
	}
	known["day"] = found.Choices[0].Value
	return nil
}

func questionsOf(site *townconfig.Site, service string) []townconfig.SiteQuestion {
	return slices.DeleteFunc(slices.Clone(site.Questions), func(q townconfig.SiteQuestion) bool { return q.Service != "" && q.Service != service })
}

func seatsOf(party string) int {
	switch party {
	case "couple":
		return 2
	case "alone":
		return 1
	}
	return 0
}

// bookAnswered checks each answer of a booking against the seats that there are
// now. What a choice says beside the day ("2027-01-28/08:30/couple") becomes the
// answers to the other questions.
func bookAnswered(c *chat, f *Flow, s *form.Session, name string) (*form.Problem, error) {
	d, err := c.drafted()
	if err != nil {
		return nil, err
	}
	d.read(s)
	switch name {
	case "resident", "consent", "newcomer":
		return c.bookedFor(f, s, name)
	case "eligible":
		return nil, c.eligible(s)
	case "day":
		return c.dayAnswered(f, s, d)
	case "hour":
		return c.hourAnswered(s, d)
	case "party":
		if s.Get("wait") != "" {
			s.Set("stop", "wait")
			return nil, nil
		}
		return nil, c.recheck(s, d)
	}
	return nil, nil
}

// bookedFor is person for a booking: who has one already is not asked again.
func (c *chat) bookedFor(f *Flow, s *form.Session, name string) (*form.Problem, error) {
	p, err := c.person(f, s, name)
	if err != nil || p != nil || name != "resident" || s.Get("stop") != "" || s.Get("consent_state") == "new" {
		return p, err
	}
	id := s.Get("resident")
	s.Set("intro", "约号 "+s.Get("who"))
	if _, err := bookings.Open(c.scope, id, s.Get("service")); err == nil {
		s.Set("stop", "has")
		return nil, nil
	} else if !isNotFound(err) {
		return nil, err
	}
	contact, err := c.ringContact(id)
	if err == nil && contact != "" {
		s.Set("ring", "contact")
	}
	return nil, err
}

// eligible goes through what the town asks first; no answer is kept.
func (c *chat) eligible(s *form.Session) error {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return err
	}
	qs := questionsOf(site, s.Get("service"))
	i, _ := strconv.Atoi(s.Get("asked"))
	said := s.Get("eligible")
	s.Clear("eligible")
	if i < len(qs) && qs[i].Need != "" && qs[i].Need != said {
		s.Set("stop", "otherwise")
		return nil
	}
	s.Clear("ask")
	if i++; i < len(qs) {
		s.Set("ask", qs[i].Label)
	}
	s.Set("asked", strconv.Itoa(i))
	return nil
}

// dayAnswered takes a day, the wish to see later ones, or the waiting list.
func (c *chat) dayAnswered(f *Flow, s *form.Session, d *draft) (*form.Problem, error) {
	v := readPick(s.Get("day"))
	if v.stay {
		s.Set("stop", "stay")
		return nil, nil
	}
	if v.wait && d.moving != "" {
		s.Set("stop", "wait")
		return nil, nil
	}
	if v.from {
		d.from, d.full, d.seats = v.day, 0, max(d.seats, seatsOf(v.party))
		d.keep = v.party
		return &form.Problem{Text: sayLook, Anew: true}, nil
	}
	if v.party != "" {
		s.Set("party", v.party)
	}
	if v.wait {
		return nil, c.waitFor(s, v)
	}
	s.Clear("wait")
	s.Set("day", v.day.String())
	if s.Get("person") != "" && s.Get("resident") == "" {
		s.Set("resident", s.Get("person")) // something was answered: worth being put aside
	}
	d.read(s)
	if v.hour != "" {
		s.Set("hour", v.hour)
	} else if old := s.Get("old_hour"); f.Name == "rebook" && s.Get("hour") == "" {
		s.Set("hour", old)
	}
	slots, err := c.slotsOn(d, d.day)
	if err != nil {
		return nil, err
	}
	if d.timed { // an hour said before the day
		if o, ok := d.at(slots); ok && o.Free >= d.need() {
			s.Set("hour", o.Time)
		}
		d.timed = false
	}
	if !slices.ContainsFunc(slots, func(o openSlot) bool { return o.Free >= d.need() }) { // gone since it was shown
		d.instead = nil
		found, err := c.daysFor(d, heard{date: answer.Dates{Day: d.day}, party: v.party})
		if err != nil {
			return nil, err
		}
		say := found.Say
		found.Say = ""
		d.instead = map[string]form.Found{"days": found}
		return &form.Problem{Text: say}, nil
	}
	return nil, c.recheck(s, d)
}

// hourAnswered takes an hour, another day, or the waiting list.
func (c *chat) hourAnswered(s *form.Session, d *draft) (*form.Problem, error) {
	v := readPick(s.Get("hour"))
	if v.party != "" {
		s.Set("party", v.party)
	}
	switch {
	case v.stay:
		s.Set("stop", "stay")
		return nil, nil
	case v.wait:
		s.Clear("hour")
		return nil, c.waitFor(s, v)
	case v.other:
		s.Clear("hour")
		s.Clear("day")
		return nil, nil
	case v.day != 0:
		s.Set("day", v.day.String())
		s.Clear("hour")
	}
	if v.hour != "" {
		s.Set("hour", v.hour)
	}
	d.read(s)
	return nil, c.recheck(s, d)
}

// waitFor notes the wish to wait; it is carried out once it is known for how
// many.
func (c *chat) waitFor(s *form.Session, v pick) error {
	s.Set("wait", pick{wait: true, day: v.day, after: v.after}.String())
	if s.Get("couple") == "yes" && s.Get("party") == "" {
		return nil
	}
	s.Set("stop", "wait")
	return nil
}

// recheck asks anew for what cannot be had: an hour that is full or has one seat
// for two, or a day that has no such hour.
func (c *chat) recheck(s *form.Session, d *draft) error {
	d.read(s)
	if d.day == 0 {
		return nil
	}
	slots, err := c.slotsOn(d, d.day)
	if err != nil {
		return err
	}
	fits := func(o openSlot) bool { return o.Free >= d.need() }
	if !slices.ContainsFunc(slots, fits) {
		found, err := c.daysFor(d, heard{date: answer.Dates{Day: d.day}})
		if err != nil {
			return err
		}
		d.instead = map[string]form.Found{"days": found}
		s.Clear("day")
		s.Clear("hour")
		return nil
	}
	hour := s.Get("hour")
	if hour == "" {
		return nil
	}
	i := slices.IndexFunc(slots, func(o openSlot) bool { return o.Time == hour })
	if i >= 0 && fits(slots[i]) {
		return nil
	}
	s.Clear("hour")
	d.instead = map[string]form.Found{"hours": c.hoursList(d, slots, whyNot(slots, i, hour))}
	return nil
}

// whyNot says why an hour is not to be had; i is where it is among the day's.
func whyNot(slots []openSlot, i int, hour string) string {
	switch {
	case i < 0:
		return fmt.Sprintf(sayHourNone, clockWord(hour))
	case slots[i].Free == 1:
		return fmt.Sprintf(sayHourOne, clockWord(hour))
	}
	return fmt.Sprintf(sayHourFull, clockWord(hour))
}

// bookEnded answers a booking that ended without one.
func bookEnded(c *chat, f *Flow, s *form.Session, why string) (Reply, error) {
	switch why {
	case "wait":
		if id := s.Get("moving"); id != "" {
			return c.leaveToWait(id, readPick(s.Get("day")).day)
		}
		return c.joinList(f, s)
	case "stay":
		return Reply{Text: saySeatStays}, nil
	case "has":
		return c.hasBooked(s.Get("resident"), s.Get("service"))
	case "otherwise":
		site, err := townconfig.Current(c.tx)
		if err != nil {
			return Reply{}, err
		}
		i, _ := strconv.Atoi(s.Get("asked"))
		if qs := questionsOf(site, s.Get("service")); i < len(qs) && qs[i].Otherwise != "" {
			return Reply{Text: qs[i].Otherwise}, nil
		}
		return Reply{Text: sayOtherwise}, nil
	}
	return c.ended(f, s, why)
}

// booker is for whom a form books: she is kept first where staff just met her.
func (c *chat) booker(f *Flow, s *form.Session) (string, error) {
	if id := s.Get("person"); id != "" {
		return id, nil
	}
	r, err := c.settle(f, s)
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
func saveBooking(c *chat, f *Flow, s *form.Session) (Reply, error) {
	id, err := c.booker(f, s)
	if err != nil {
		return Reply{}, err
	}
	day, err := calendar.ParseDay(s.Get("day"))
	if err != nil {
		return Reply{}, err
	}
	a := bookings.Appointment{Resident: id, Service: s.Get("service"), Seats: max(1, seatsOf(s.Get("party"))), Day: day, Time: s.Get("hour"), Ring: ringOf(s), Extra: f.extra(s)}
	a, err = bookings.Book(c.scope, a, c.m.ID, c.m.At)
	switch {
	case errors.Is(err, record.ErrAlreadyExists):
		return c.hasBooked(id, s.Get("service"))
	case errors.Is(err, record.ErrConsent):
		return c.agreeAnew(id, s.Get("service"), day.Short()+" "+s.Get("hour")+" "+pickWord(a.Seats == 2, "两个人", "一个人"))
	case errors.Is(err, record.ErrFull), errors.Is(err, record.ErrNotAvailable):
		return c.seatGone(f, s, id)
	case err != nil:
		return Reply{}, err
	}
	return c.booked(a, id, saySavedBooking)
}

// seatGone opens the form again without the hour that went.
func (c *chat) seatGone(f *Flow, s *form.Session, id string) (Reply, error) {
	known := map[string]string{}
	for _, name := range []string{"person", "who", "service", "couple", "place", "party", "ring", "day", "moving", "old", "spouse"} {
		if v := s.Get(name); v != "" {
			known[name] = v
		}
	}
	maps.Copy(known, byName(f.extra(s)))
	if f.Name != "appointment" {
		known["resident"] = id
	}
	c.draft = &draft{}
	r, err := c.startWith(f, "", known)
	r.Text = join(fmt.Sprintf(saySeatWent, clockWord(s.Get("hour"))), r.Text)
	return r, err
}

// booked says what was booked, to her, or to the cadre at her side.
func (c *chat) booked(a bookings.Appointment, id, head string) (Reply, error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	service, _ := site.Service(a.Service)
	if !slices.Contains(c.who.Residents, id) {
		r, err := c.scope.Resident(id)
		if err != nil {
			return Reply{}, err
		}
		said := fmt.Sprintf(sayBookedFor, r.Name, whenOf(a), a.Number)
		if a.Seats == 2 && a.Spouse == "" {
			said = join(said, saySpouseSigns)
		}
		return Reply{Text: said}, nil
	}
	r := Reply{Text: fmt.Sprintf(head, whenOf(a), a.Number, seatsWord(a.Seats))}
	code, err := bookings.SpouseCode(c.scope, a.ID)
	switch {
	case err == nil:
		r.Text = join(r.Text, fmt.Sprintf(saySpouseCode, code[:4], code[4:]))
	case !isNotFound(err):
		return Reply{}, err
	}
	c.willTell("appointment_ahead", "appointment_eve", "paper_ready")
	mind, err := c.unreminded(a)
	if err != nil {
		return Reply{}, err
	}
	if r.Text = join(r.Text, sayBookedTail, mind); service.Prepare == "" {
		return r, nil
	}
	return c.prepare(r, a, id)
}

// prepare adds the link to what is to be prepared: a page without her name.
func (c *chat) prepare(r Reply, a bookings.Appointment, id string) (Reply, error) {
	token, err := access.NewLink(c.scope, "prepare", id, a.ID, c.m.ID, c.m.At)
	if err != nil {
		return Reply{}, err
	}
	r.Text = join(r.Text, pickWord(a.Day >= c.today+3, sayPrepare, sayPrepareLate))
	r.Links = append(r.Links, Link{Label: labelOpen, Path: "/p/" + token})
	return r, nil
}

// hasBooked answers who asks for a second booking of a service; a cadre who may not
// know of the first one learns only that it goes another way.
func (c *chat) hasBooked(id, service string) (Reply, error) {
	has, err := bookings.Open(c.scope, id, service)
	if isNotFound(err) {
		return Reply{Text: sayOwnWay}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	return c.alreadyBooked(has, id, "")
}

// agreeAnew asks her again who took her consent back while this stood open; from
// staff it is not taken.
func (c *chat) agreeAnew(id, service, sentence string) (Reply, error) {
	if !slices.Contains(c.who.Residents, id) {
		return Reply{Text: sayRefused}, nil
	}
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	s, _ := site.Service(service)
	return c.ask(purpose.Booking, id, strings.Join(strings.Fields("约号 "+s.Label+" "+sentence), " "))
}

// alreadyBooked answers who asks for a second booking of a service.
func (c *chat) alreadyBooked(a bookings.Appointment, id, sentence string) (Reply, error) {
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	who := "您"
	if !slices.Contains(c.who.Residents, id) {
		r, err := c.scope.Resident(id)
		if err != nil {
			return Reply{}, err
		}
		who = r.Name
	}
	return c.offer(fmt.Sprintf(sayAlready, who, whenOf(a), seatsWord(a.Seats), a.Number),
		dialogstate.Option{Label: labelRebook, Do: strings.TrimSpace("rebook " + a.ID + " " + sentence)},
		dialogstate.Option{Label: labelGiveUp, Do: "giveup " + a.ID},
		dialogstate.Option{Label: labelLeave, Do: "none"}), nil
}

// saveRebooking moves the booking; the spouse goes along and is told.
func saveRebooking(c *chat, f *Flow, s *form.Session) (Reply, error) {
	day, err := calendar.ParseDay(s.Get("day"))
	if err != nil {
		return Reply{}, err
	}
	a, err := bookings.Move(c.scope, s.Get("moving"), day, s.Get("hour"), c.m.At)
	switch {
	case errors.Is(err, record.ErrFull), errors.Is(err, record.ErrNotAvailable):
		return c.seatGone(f, s, s.Get("resident"))
	case isNotFound(err):
		return Reply{Text: sayBookingGone}, nil
	case err != nil:
		return Reply{}, err
	}
	if err := bookings.AnswerBooking(c.scope, a.ID, f.extra(s), c.m.At); err != nil {
		return Reply{}, err
	}
	said := fmt.Sprintf(sayMoved, a.Number)
	if c.self(a) {
		said = join(said, sayMovedTail)
	}
	return Reply{Text: said}, nil
}

// self reports whether a booking is of whoever writes, or of her family.
func (c *chat) self(a bookings.Appointment) bool {
	return slices.Contains(c.who.Residents, a.Resident) || slices.Contains(c.who.Residents, a.Spouse)
}

// keepDraft keeps of an open booking what the next message needs of this one: which
// days are shown, and how many come, said where something else was asked.
func (c *chat) keepDraft(s *form.Session) {
	d, _ := c.draft.(*draft)
	if d == nil || c.booking() == "" {
		return
	}
	if d.from != 0 || d.full != 0 || s.Get("shown") != "" {
		s.Set("shown", d.from.String()+"/"+d.full.String())
	}
	if d.keep != "" && s.Get("couple") == "yes" && s.Get("party") == "" {
		s.Set("party", d.keep)
	}
}
