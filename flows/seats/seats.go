package seats

import (
	"fmt"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
	"xintiexin/flows/form"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/townconfig"
)

// Draft is what the lists of days and hours need of an open booking. It lives
// for one message; what the message says beside the answer waits in it.
type Draft struct {
	Resident, Service, Moving string
	Seats                     int // 0: not said
	Day                       calendar.Day

	From    calendar.Day // the days from here on are asked for
	Full    calendar.Day // the full day that may be waited for
	Keep    string       // how many come, said with a day that cannot be had
	Instead map[string]form.Found
	Heard
}

// Drafted returns the draft of the open form.
func Drafted(c *dialog.Turn) (*Draft, error) {
	if d, ok := c.Draft.(*Draft); ok {
		return d, nil
	}
	d := &Draft{}
	c.Draft = d
	s, f, err := c.Decode()
	if err != nil || f == nil {
		return d, err
	}
	d.Read(s)
	return d, nil
}

func (d *Draft) Read(s *form.Session) {
	d.Resident, d.Service, d.Moving = s.Get("person"), s.Get("service"), s.Get("moving")
	if d.Resident == "" {
		d.Resident = s.Get("resident")
	}
	d.Seats = SeatsOf(s.Get("party"))
	d.Day, _ = calendar.ParseDay(ReadPick(s.Get("day")).Day.String())
	if from, full, ok := strings.Cut(s.Get("shown"), "/"); ok && d.From == 0 && d.Full == 0 {
		d.From, _ = calendar.ParseDay(from)
		d.Full, _ = calendar.ParseDay(full)
	}
}

// Need is how many seats must be free in a slot.
func (d *Draft) Need() int { return max(1, d.Seats) }

// At finds the hour that was said: opening hours decide between 2 and 14.
func (d *Draft) At(slots []OpenSlot) (OpenSlot, bool) {
	for _, o := range slots {
		if d.is(o) {
			return o, true
		}
	}
	return OpenSlot{}, false
}

func (d *Draft) is(o OpenSlot) bool {
	t := o.Start()
	return t.Minute() == d.Minute && (t.Hour() == d.Hour || d.Ambiguous && t.Hour()%12 == d.Hour%12)
}

// OpenSlot is a slot with what is free in it for whom the form is about.
type OpenSlot struct {
	bookings.Slot
	Free int
}

// Slots returns what can be booked of a service, full slots too; what she has
// already is left out.
func Slots(c *dialog.Turn, d *Draft, from, to calendar.Day) ([]OpenSlot, error) {
	all, err := bookings.Slots(c.Tx, d.Service, from, to, c.M.At)
	if err != nil {
		return nil, err
	}
	home, err := bookings.Home(c.Tx, strings.TrimPrefix(d.Resident, dialog.Newcomer), c.Today)
	if err != nil {
		return nil, err
	}
	var own bookings.Appointment
	if d.Moving != "" {
		if own, err = bookings.Get(c.Scope, d.Moving); err != nil && !dialog.IsNotFound(err) {
			return nil, err
		}
	}
	out := make([]OpenSlot, 0, len(all))
	for _, o := range all {
		if own.ID == "" || own.Day != o.Day || own.Time != o.Time {
			out = append(out, OpenSlot{o, o.Free(c.Today, home)})
		}
	}
	return out, nil
}

func SlotsOn(c *dialog.Turn, d *Draft, day calendar.Day) ([]OpenSlot, error) {
	return Slots(c, d, day, day)
}

// Farthest is the last day that can be booked.
func Farthest(c *dialog.Turn, service string) (calendar.Day, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return 0, err
	}
	if s, ok := site.Service(service); ok && s.Ahead > 0 {
		return c.Today + calendar.Day(s.Ahead), nil
	}
	return c.Today + 60, nil
}

// BookChoices are the live lists of a booking: days, hours, and who may ring.
func BookChoices(c *dialog.Turn, list, typed string, _ int) (form.Found, error) {
	d, err := Drafted(c)
	if err != nil {
		return form.Found{}, err
	}
	if typed == "" {
		if found, ok := d.Instead[list]; ok {
			return found, nil
		}
	}
	switch list {
	case "days":
		return daysTyped(c, d, typed)
	case "hours":
		return hoursTyped(c, d, typed)
	}
	return Rings(c, d, typed)
}

// BookLabel is a stored choice as a person reads it.
func BookLabel(c *dialog.Turn, list, value string) (string, error) {
	switch list {
	case "days":
		if day := ReadPick(value).Day; day != 0 {
			return day.ChineseLunar(), nil
		}
	case "hours":
		if hour := ReadPick(value).Hour; hour != "" {
			return dialog.ClockWord(hour), nil
		}
	case "rings":
		d, err := Drafted(c)
		if err != nil {
			return "", err
		}
		found, err := Rings(c, d, "")
		for _, o := range found.Choices {
			if o.Value == value {
				return o.Label, err
			}
		}
		return "", err
	}
	return "", nil
}

// Words for the waiting list, and for what lies further off.
var (
	WaitWords  = []string{"都不行", "有空了告诉我", "都不合适", "排候补", "候补", "等空位", "没合适的", "哪天都不行", "没空", "都不中", "等着", "等", "排队", "排着", "排着等", "排上", "排号等", "候着", "我等", "俺等", "等有空位", "排个队"}
	laterWords = []string{"往后的", "再往后", "后面的", "以后的", "还有吗", "还有别的吗", "别的天", "晚点的", "更晚的"}
	AfterYear  = []string{"年后", "过了年", "过完年", "过年后", "春节后"}
	anyWords   = []string{"都行", "哪天都行", "随便", "最早的", "越早越好", "尽快", "最近的"}
)

// daysTyped answers what is typed where a day is asked for.
func daysTyped(c *dialog.Turn, d *Draft, typed string) (form.Found, error) {
	if typed == "" {
		return daysList(c, d, "", 0)
	}
	text := answer.Fold(typed)
	if _, v, line := answer.Edit(text); line && v != "" { // 改3两个人, said before there is a third line
		text = v
	}
	heardIn := text
	if asksToWait(text) {
		heardIn = strings.NewReplacer("等", " ", "排", " ", "的", " ", "有", " ", "空位", " ", "候补", " ").Replace(text)
	}
	h := Hear(c, heardIn)
	d.Keep = h.Party
	switch {
	case dialog.RingTalk(text):
		return daysList(c, d, sayRingLater, 0)
	case slices.Contains(anyWords, text):
		found, err := daysList(c, d, "", 0)
		if err == nil && len(found.Choices) > 0 && ReadPick(found.Choices[0].Value).String() == found.Choices[0].Value {
			found.Choices, found.Sure = found.Choices[:1], true
		}
		return found, err
	case d.Full != 0 && mayLeave(c, d) && (asksToWait(text) || strings.HasPrefix(text, "等")) && (h.Date.Day == 0 || h.Date.Day == d.Full):
		return sure(Pick{Wait: true, Day: d.Full}), nil
	case d.Moving != "" && dialog.OneOf(text, append([]string{"先不了", "不改了", "不改", "不换了", "留着", "算了"}, WaitWords...)...):
		return sure(Pick{Stay: true}), nil
	case dialog.OneOf(text, WaitWords...):
		on := d.Full // the line that is shown, unless she says that no day does
		if strings.Contains(text, "都") || strings.Contains(text, "没") || strings.Contains(text, "有空了") {
			on = 0
		}
		return sure(Pick{Wait: true, Day: on, Party: h.Party}), nil
	case asksToWait(text) && h.Date.Day != 0 && d.Moving == "":
		return sure(Pick{Wait: true, Day: h.Date.Day, Party: h.Party}), nil
	case dialog.OneOf(text, laterWords...):
		return laterThanShown(c, d)
	}
	if n, rest, ok := answer.Index(text); ok && rest != "" && h.Date.Reason == dates.NotADate && h.Rest == "" { // “1 8点半”
		list, err := daysList(c, d, "", 0)
		if err != nil || n < 1 || n > len(list.Choices) {
			return list, err
		}
		h.Date = dates.Dates{Day: ReadPick(list.Choices[n-1].Value).Day}
	}
	return DaysFor(c, d, h)
}

// mayLeave reports whether a booking that is moved is one that whoever writes may
// give up for a place on the list.
func mayLeave(c *dialog.Turn, d *Draft) bool {
	return d.Moving != "" && slices.Contains(c.Who.Residents, d.Resident)
}

// asksToWait reports whether words ask to wait for a day: 等12月3号的空位, 排3号的候补.
func asksToWait(text string) bool {
	return strings.Contains(text, "空位") || strings.Contains(text, "候补") || strings.HasPrefix(text, "排")
}

// DaysFor finds the day that was heard, or says why it cannot be had and offers
// the next ones.
func DaysFor(c *dialog.Turn, d *Draft, h Heard) (form.Found, error) {
	d.Heard = h
	if h.Party != "" {
		d.Keep = h.Party
	}
	days := h.Date.Alternatives
	if h.Date.Day != 0 {
		days = []calendar.Day{h.Date.Day}
	}
	switch {
	case len(days) == 0 && slices.Contains(AfterYear, h.Date.Coarse):
		d.From, _ = NewYear(c)
		return daysList(c, d, "", 0)
	case len(days) == 0 && h.Date.Coarse != "":
		return daysList(c, d, fmt.Sprintf(sayCoarseDay, h.Date.Coarse), 0)
	case len(days) == 0 && h.Date.Reason == dates.WrongDirection:
		return daysList(c, d, sayPastDay, 0)
	case len(days) == 0 && h.Date.Reason == dates.Impossible:
		return daysList(c, d, sayNoSuchDay, 0)
	case len(days) == 0 && h.Timed && h.Rest == "":
		return daysList(c, d, sayDayFirst, 0)
	case len(days) == 0 && h.Party != "" && h.Rest == "":
		return daysList(c, d, fmt.Sprintf(sayForSeats, SeatsWord(SeatsOf(h.Party))), 0)
	case len(days) == 0:
		return daysList(c, d, sayNoDay, 0)
	}
	var can []form.Choice
	why, full := "", calendar.Day(0)
	for _, day := range days {
		p, say, err := DayOpen(c, d, h, day)
		if err != nil {
			return form.Found{}, err
		}
		if say == "" {
			can = append(can, form.Choice{Value: p.String(), Label: day.ChineseLunar()})
		} else if why == "" {
			why = say
		}
		if p.Wait && full == 0 {
			full = day
		}
	}
	switch len(can) {
	case 0:
		if last, err := Farthest(c, d.Service); err != nil || days[0] <= last && d.From == 0 {
			d.From = days[0] - 4 // those around it
		}
		if full != 0 && mayLeave(c, d) {
			why = dialog.Join(why, sayMoveFull)
		}
		return daysList(c, d, why, full)
	case 1:
		return form.Found{Choices: can, Sure: true}, nil
	}
	return form.Found{Say: sayWhichOfDays, Choices: can}, nil
}

// DayOpen reports whether a day can be had, with the hour that was said where it
// can; else say is why not, and p.wait whether it may yet become free.
func DayOpen(c *dialog.Turn, d *Draft, h Heard, day calendar.Day) (p Pick, say string, err error) {
	last, err := Farthest(c, d.Service)
	if err != nil {
		return p, "", err
	}
	if day > last {
		return p, fmt.Sprintf(sayTooFar, last.Chinese()), nil
	}
	slots, err := SlotsOn(c, d, day)
	if err != nil {
		return p, "", err
	}
	if len(slots) == 0 {
		if day == c.Today {
			return p, sayTodayOver, nil
		}
		return p, fmt.Sprintf(sayDayShut, day.ChineseLunar()), nil
	}
	need := max(1, SeatsOf(h.Party))
	if h.Party == "" {
		need = d.Need()
	}
	most := 0
	for _, o := range slots {
		most = max(most, o.Free)
	}
	switch {
	case most == 0:
		return Pick{Wait: true}, fmt.Sprintf(sayDayFull, day.ChineseLunar()), nil
	case most < need:
		return Pick{Wait: true}, fmt.Sprintf(sayDayOne, day.ChineseLunar()), nil
	}
	p = Pick{Day: day, Party: h.Party}
	if !h.Timed {
		return p, "", nil
	}
	d.Heard = h
	if o, ok := d.At(slots); ok {
		p.Hour = o.Time // if it is full, that is said when it is taken
	} else {
		p.Hour = fmt.Sprintf("%02d:%02d", h.Hour, h.Minute)
	}
	return p, "", nil
}

// NewYear is the next Spring Festival, and whether it is near enough to be
// reckoned by.
func NewYear(c *dialog.Turn) (day calendar.Day, near bool) {
	year, _, _ := c.Today.Date()
	for ; ; year++ {
		if day, ok := calendar.FromLunar(year, 1, false, 1); ok && day > c.Today {
			return day, day <= c.Today+60
		}
	}
}

// ShownDays is how many days stand on a screen, beside later ones and the list.
const ShownDays = 3

// onceHome leaves, for somebody who is away and said when she comes home, the slots
// from then on, if one of them is free: the others she can still name.
func onceHome(c *dialog.Turn, d *Draft, slots []OpenSlot, from calendar.Day, need int) ([]OpenSlot, calendar.Day, error) {
	home, err := bookings.HomeFrom(c.Tx, strings.TrimPrefix(d.Resident, dialog.Newcomer))
	if err != nil || home <= from {
		return slots, from, err
	}
	later := slices.DeleteFunc(slices.Clone(slots), func(o OpenSlot) bool { return o.Day < home })
	if !slices.ContainsFunc(later, func(o OpenSlot) bool { return o.Free >= need }) {
		return slots, from, nil
	}
	return later, home, nil
}

// daysList offers the next days with free seats, those after the New Year where
// there are none before it; full is a day that one may wait for.
func daysList(c *dialog.Turn, d *Draft, say string, full calendar.Day) (form.Found, error) {
	if full == 0 {
		full = d.Full
	}
	d.Full = full
	found, any, err := daysFrom(c, d, say, full, d.From)
	ny, near := NewYear(c)
	if err != nil || any || !near {
		return found, err
	}
	beyond, said := ny, sayNoneBefore
	if d.From >= ny { // asked for and not open yet
		beyond, said = 0, sayNoDaysAfter
	}
	other, any, err := daysFrom(c, d, dialog.Join(say, said), full, beyond)
	if err != nil || !any {
		return found, err
	}
	return other, nil
}

// daysFrom is daysList from a day on; any is whether there are such days.
func daysFrom(c *dialog.Turn, d *Draft, say string, full, start calendar.Day) (found form.Found, any bool, err error) {
	last, err := Farthest(c, d.Service)
	if err != nil {
		return form.Found{}, false, err
	}
	from := max(c.Today, start)
	slots, err := Slots(c, d, from, last)
	if err != nil {
		return form.Found{}, false, err
	}
	party := d.Keep
	if party == "" {
		party = map[int]string{1: "alone", 2: "couple"}[d.Seats]
	}
	need := max(1, SeatsOf(party))
	if start == 0 {
		if slots, from, err = onceHome(c, d, slots, from, need); err != nil {
			return form.Found{}, false, err
		}
	}
	ny, near := NewYear(c)
	head, stop := sayDays, last+1
	switch {
	case near && from < ny:
		head, stop = sayDaysBefore, ny
	case start != 0 && start == ny:
		head = sayDaysAfter
	}
	most := ShownDays
	if full != 0 && mayLeave(c, d) {
		most--
	}
	var days []calendar.Day
	free, at := map[calendar.Day]int{}, map[calendar.Day]string{} // at: the hour that was said, where it is free
	for _, o := range slots {
		if o.Free < need {
			continue
		}
		if d.Timed && d.is(o) {
			at[o.Day] = o.Time
		}
		if free[o.Day] == 0 {
			days = append(days, o.Day)
		}
		free[o.Day] += o.Free
	}
	rest := 0
	for _, day := range days {
		if day >= stop {
			break
		}
		if len(found.Choices) == most {
			rest = int(day)
			break
		}
		p := Pick{Day: day, Hour: at[day], Party: d.Keep}
		found.Choices = append(found.Choices, form.Choice{Value: p.String(), Label: fmt.Sprintf(labelDay, day.ChineseLunar(), free[day])})
	}
	if len(found.Choices) == 0 {
		head = dialog.SayNoDays
		if start != 0 && start == ny {
			head = sayNoDaysAfter
		}
	}
	any = len(found.Choices) > 0
	if found.Say = dialog.Join(say, head); head == sayDays { // the question stands below
		found.Say = say
	}
	if rest != 0 {
		found.Choices = append(found.Choices, form.Choice{Value: Pick{From: true, Day: calendar.Day(rest), Party: d.Keep}.String(), Label: dialog.LabelLater})
	} else if near && from < ny && len(days) > 0 && days[len(days)-1] >= ny {
		found.Choices = append(found.Choices, form.Choice{Value: Pick{From: true, Day: ny, Party: d.Keep}.String(), Label: dialog.LabelAfterNewYear})
	}
	if full != 0 && mayLeave(c, d) {
		found.Choices = append(found.Choices, form.Choice{Value: Pick{Wait: true, Day: full}.String(), Label: fmt.Sprintf(dialog.LabelLeaveWait, full.Chinese())})
	}
	if d.Moving != "" {
		found.Choices = append(found.Choices, form.Choice{Value: Pick{Stay: true}.String(), Label: labelStay, Aliases: []string{"先不了", "不改", "不换了", "留着"}})
		return found, any, nil
	}
	if full != 0 {
		found.Choices = append(found.Choices, form.Choice{Value: Pick{Wait: true, Day: full, Party: d.Keep}.String(), Label: fmt.Sprintf(labelWaitDay, full.Chinese())})
		return found, any, nil
	}
	found.Choices = append(found.Choices, form.Choice{Value: Pick{Wait: true, After: d.From, Party: d.Keep}.String(), Label: labelWait})
	return found, any, nil
}

// laterThanShown are the days behind those that are shown first.
func laterThanShown(c *dialog.Turn, d *Draft) (form.Found, error) {
	list, err := daysList(c, d, "", 0)
	if err != nil {
		return list, err
	}
	for _, o := range list.Choices {
		if ReadPick(o.Value).From {
			return form.Found{Sure: true, Choices: []form.Choice{o}}, nil
		}
	}
	list.Say = dialog.Join(sayNoLater, list.Say)
	return list, nil
}

// WhenOf is the day and hour of a booking: “周四 1月28日 腊月廿一 早上8:30”.
func WhenOf(a bookings.Appointment) string {
	return a.Day.ChineseLunar() + " " + dialog.ClockWord(a.Time)
}

func SeatsWord(n int) string {
	if n == 2 {
		return "两个位子"
	}
	return "一个位子"
}

func PlaceOf(before int) string {
	if before == 0 {
		return "您排第一"
	}
	return fmt.Sprintf("前面还有%d位", before)
}
