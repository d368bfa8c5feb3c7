package flows

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/form"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/townconfig"
)

// draft is what the lists of days and hours need of an open booking. It lives
// for one message; what the message says beside the answer waits in it.
type draft struct {
	resident, service, moving string
	seats                     int // 0: not said
	day                       calendar.Day

	from    calendar.Day // the days from here on are asked for
	full    calendar.Day // the full day that may be waited for
	keep    string       // how many come, said with a day that cannot be had
	instead map[string]form.Found
	heard
}

// drafted returns the draft of the open form.
func (c *chat) drafted() (*draft, error) {
	if d, ok := c.draft.(*draft); ok {
		return d, nil
	}
	d := &draft{}
	c.draft = d
	s, f, err := c.decode()
	if err != nil || f == nil {
		return d, err
	}
	d.read(s)
	return d, nil
}

func (d *draft) read(s *form.Session) {
	d.resident, d.service, d.moving = s.Get("person"), s.Get("service"), s.Get("moving")
	if d.resident == "" {
		d.resident = s.Get("resident")
	}
	d.seats = seatsOf(s.Get("party"))
	d.day, _ = calendar.ParseDay(readPick(s.Get("day")).day.String())
	if from, full, ok := strings.Cut(s.Get("shown"), "/"); ok && d.from == 0 && d.full == 0 {
		d.from, _ = calendar.ParseDay(from)
		d.full, _ = calendar.ParseDay(full)
	}
}

// need is how many seats must be free in a slot.
func (d *draft) need() int { return max(1, d.seats) }

// at finds the hour that was said: opening hours decide between 2 and 14.
func (d *draft) at(slots []openSlot) (openSlot, bool) {
	for _, o := range slots {
		if d.is(o) {
			return o, true
		}
	}
	return openSlot{}, false
}

func (d *draft) is(o openSlot) bool {
	t := o.Start()
	return t.Minute() == d.minute && (t.Hour() == d.hour || d.ambiguous && t.Hour()%12 == d.hour%12)
}

// said is the hour as it was said: before or after noon where that is known.
func (h heard) said() string {
	if h.ambiguous {
		return fmt.Sprintf("%d:%02d", h.hour, h.minute)
	}
	return clockWord(fmt.Sprintf("%02d:%02d", h.hour, h.minute))
}

// pick is what a choice of the lists stands for. In the form it is text:
// a day "2027-01-28", with an hour and for how many "2027-01-28/08:30/couple".
type pick struct {
	wait  bool // the waiting list, for a day, or from a day on
	from  bool // later days are to be shown
	other bool // another day
	stay  bool // what is booked stays as it is
	day   calendar.Day
	after calendar.Day
	hour  string // 08:30
	party string
}

func (p pick) String() string {
	head, day := "day", p.day
	switch {
	case p.wait && p.after != 0:
		head, day = "after", p.after
	case p.wait:
		head = "wait"
	case p.from:
		head = "from"
	case p.other:
		head = "other"
	case p.stay:
		head = "stay"
	case p.hour == "" && p.party == "":
		return day.String()
	}
	on := ""
	if day != 0 {
		on = day.String()
	}
	return strings.Join([]string{head, on, p.hour, p.party}, "/")
}

func readPick(v string) (p pick) {
	parts := strings.Split(v, "/")
	if len(parts) != 4 {
		if day, err := calendar.ParseDay(v); err == nil {
			p.day = day
		} else if len(v) == len("08:30") {
			p.hour = v
		}
		return p
	}
	p.day, _ = calendar.ParseDay(parts[1])
	p.hour, p.party = parts[2], parts[3]
	switch parts[0] {
	case "wait":
		p.wait = true
	case "after":
		p.wait, p.day, p.after = true, 0, p.day
	case "from":
		p.from = true
	case "other":
		p.other = true
	case "stay":
		p.stay = true
	}
	return p
}

// heard is what a sentence says about a booking.
type heard struct {
	date         answer.Dates
	timed        bool
	hour, minute int
	ambiguous    bool
	party        string // couple, alone
	rest         string // what was not understood
	name         string // the same with its small words, which may be parts of a name
}

// anyOf is a pattern for any of some patterns.
func anyOf(patterns ...string) *regexp.Regexp {
	return regexp.MustCompile(strings.Join(patterns, "|"))
}

const (
	partWords = `(早上|上午|头午|早晨|清早|中午|晌午|下午|过午|后晌|晚上)?`
	theOther  = `(对.|爱人|老公|媳妇|男人|女人|他|她|俺那口子|孩子他?爸)` // 对. is said, and not to be said by us
)

var (
	hourWords = regexp.MustCompile(partWords + ` ?([0-9]{1,2}|[一二两三四五六七八九十]{1,3})` +
		`(点(半|一刻|三刻|整|钟|` + `[0-9零一二三四五]{1,3}分?)?|:[0-9]{2})`)
	aloneWords = anyOf(theOther+`(不去|不来|没空|没法|来不了|去不了)`, `(不|没)(能)?(和|跟|带)`+theOther+`?(一块儿?|一起)?`,
		`(不|没)(一块|一起)`, `(一|1)个?人`, `自个儿?`, `自己`, `就我`, `就俺`, `光我`, `光俺`, `单独`, `(一|1)个(位子|号)`)
	coupleWords = anyOf(`俺俩|我俩|我们俩|咱俩|他俩|她俩`, `俩人|俩口子|两口子|小两口|夫妻`,
		`(两|俩)个?(人|位子|位|号)`, `[2二]个?(人|位子|位)`, `(和|跟|带着?|同)`+theOther, `一块儿?|一起|一堆`)
	dayHour     = regexp.MustCompile(`((?:周|礼拜|里拜|星期)[一二三四五六日天末1-7])((?:[一二两三四五六七八九十]{1,3}|[0-9]{1,2})(?:点|:))`)
	oneAlone    = regexp.MustCompile(`^(?:俺|我)?(?:就|自己)?(?:1|一)个(?:吧|呗)?$`)
	seatsLeft   = regexp.MustCompile(`剩[0-9]+`)
	bookFillers = anyOf(`约号|预约|挂号|想约|约一?个号?|约一下|一下|个号?`, `给我|帮我|帮俺|给俺|给她|我想|俺想|想`,
		`我要|俺要|要|改到|改成|换到|还是`, `能不能|可不可以|可以|行不行|行不|中不|行吗|中吗|好吗`, `行|中|好|吧|吗|呢|呀|啊|哈|的|了`,
		`来|去|到|在|就|那天|这天|那|您好|你好|我|俺|您`, `时候|左右|号$`, `\?|、|，|,|。|!|~`)
)

// hear understands a sentence about a booking: the hour first, then how many
// come, then the day in what is left.
func (c *chat) hear(sentence string) (h heard) {
	s := answer.Fold(sentence)
	if _, rest, ok := answer.Index(s); ok && rest != "" {
		s = rest
	}
	s = seatsLeft.ReplaceAllString(s, " ")
	s = dayHour.ReplaceAllString(s, "$1 $2") // 下周二八点 is no hour of 28
	if at := hourWords.FindStringIndex(s); at != nil && !strings.HasPrefix(s[at[0]:], "一点") {
		h.hour, h.minute, h.ambiguous, h.timed = answer.Time(s[at[0]:at[1]])
		if h.timed {
			s = s[:at[0]] + " " + s[at[1]:]
		}
	}
	switch one, two := aloneWords.MatchString(s) || oneAlone.MatchString(s), coupleWords.MatchString(s); {
	case one:
		h.party = "alone"
	case two:
		h.party = "couple"
	}
	s = oneAlone.ReplaceAllString(s, "")
	s = coupleWords.ReplaceAllString(aloneWords.ReplaceAllString(s, " "), " ")
	s = strings.Join(strings.Fields(s), " ")
	for _, w := range [...]string{"还是", "那就", "要不", "改到", "换到", "想约", "约"} {
		s = strings.TrimSpace(strings.TrimPrefix(s, w))
	}
	if h.date = answer.Date(s, c.today, answer.Future); h.date.Reason != answer.NotADate {
		return h
	}
	start, end, date := answer.FindDate(s, c.today, answer.Future)
	h.date = date
	s = s[:start] + " " + s[end:]
	if h.name = strings.TrimSpace(s); date.Reason == answer.WrongDirection {
		return h
	}
	h.rest = strings.Join(strings.Fields(bookFillers.ReplaceAllString(s, " ")), " ")
	return h
}

// openSlot is a slot with what is free in it for whom the form is about.
type openSlot struct {
	bookings.Slot
	Free int
}

// slots returns what can be booked of a service, full slots too; what she has
// already is left out.
func (c *chat) slots(d *draft, from, to calendar.Day) ([]openSlot, error) {
	all, err := bookings.Slots(c.tx, d.service, from, to, c.m.At)
	if err != nil {
		return nil, err
	}
	home, err := bookings.Home(c.tx, strings.TrimPrefix(d.resident, newcomer), c.today)
	if err != nil {
		return nil, err
	}
	var own bookings.Appointment
	if d.moving != "" {
		if own, err = bookings.Get(c.scope, d.moving); err != nil && !isNotFound(err) {
			return nil, err
		}
	}
	out := make([]openSlot, 0, len(all))
	for _, o := range all {
		if own.ID == "" || own.Day != o.Day || own.Time != o.Time {
			out = append(out, openSlot{o, o.Free(c.today, home)})
		}
	}
	return out, nil
}

func (c *chat) slotsOn(d *draft, day calendar.Day) ([]openSlot, error) { return c.slots(d, day, day) }

// farthest is the last day that can be booked.
func (c *chat) farthest(service string) (calendar.Day, error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return 0, err
	}
	if s, ok := site.Service(service); ok && s.Ahead > 0 {
		return c.today + calendar.Day(s.Ahead), nil
	}
	return c.today + 60, nil
}

// bookChoices are the live lists of a booking: days, hours, and who may ring.
func bookChoices(c *chat, list, typed string, _ int) (form.Found, error) {
	d, err := c.drafted()
	if err != nil {
		return form.Found{}, err
	}
	if typed == "" {
		if found, ok := d.instead[list]; ok {
			return found, nil
		}
	}
	switch list {
	case "days":
		return c.daysTyped(d, typed)
	case "hours":
		return c.hoursTyped(d, typed)
	}
	return c.rings(d, typed)
}

// bookLabel is a stored choice as a person reads it.
func bookLabel(c *chat, list, value string) (string, error) {
	switch list {
	case "days":
		if day := readPick(value).day; day != 0 {
			return day.ChineseLunar(), nil
		}
	case "hours":
		if hour := readPick(value).hour; hour != "" {
			return clockWord(hour), nil
		}
	case "rings":
		d, err := c.drafted()
		if err != nil {
			return "", err
		}
		found, err := c.rings(d, "")
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
	waitWords  = []string{"都不行", "有空了告诉我", "都不合适", "排候补", "候补", "等空位", "没合适的", "哪天都不行", "没空", "都不中", "等着", "等", "排队", "排着", "排着等", "排上", "排号等", "候着", "我等", "俺等", "等有空位", "排个队"}
	laterWords = []string{"往后的", "再往后", "后面的", "以后的", "还有吗", "还有别的吗", "别的天", "晚点的", "更晚的"}
	afterYear  = []string{"年后", "过了年", "过完年", "过年后", "春节后"}
	anyWords   = []string{"都行", "哪天都行", "随便", "最早的", "越早越好", "尽快", "最近的"}
)

// daysTyped answers what is typed where a day is asked for.
func (c *chat) daysTyped(d *draft, typed string) (form.Found, error) {
	if typed == "" {
		return c.daysList(d, "", 0)
	}
	text := answer.Fold(typed)
	if _, v, line := answer.Edit(text); line && v != "" { // 改3两个人, said before there is a third line
		text = v
	}
	heardIn := text
	if asksToWait(text) {
		heardIn = strings.NewReplacer("等", " ", "排", " ", "的", " ", "有", " ", "空位", " ", "候补", " ").Replace(text)
	}
	h := c.hear(heardIn)
	d.keep = h.party
	switch {
	case ringTalk(text):
		return c.daysList(d, sayRingLater, 0)
	case slices.Contains(anyWords, text):
		found, err := c.daysList(d, "", 0)
		if err == nil && len(found.Choices) > 0 && readPick(found.Choices[0].Value).String() == found.Choices[0].Value {
			found.Choices, found.Sure = found.Choices[:1], true
		}
		return found, err
	case d.full != 0 && c.mayLeave(d) && (asksToWait(text) || strings.HasPrefix(text, "等")) && (h.date.Day == 0 || h.date.Day == d.full):
		return sure(pick{wait: true, day: d.full}), nil
	case d.moving != "" && oneOf(text, append([]string{"先不了", "不改了", "不改", "不换了", "留着", "算了"}, waitWords...)...):
		return sure(pick{stay: true}), nil
	case oneOf(text, waitWords...):
		on := d.full // the line that is shown, unless she says that no day does
		if strings.Contains(text, "都") || strings.Contains(text, "没") || strings.Contains(text, "有空了") {
			on = 0
		}
		return sure(pick{wait: true, day: on, party: h.party}), nil
	case asksToWait(text) && h.date.Day != 0 && d.moving == "":
		return sure(pick{wait: true, day: h.date.Day, party: h.party}), nil
	case oneOf(text, laterWords...):
		return c.laterThanShown(d)
	}
	if n, rest, ok := answer.Index(text); ok && rest != "" && h.date.Reason == answer.NotADate && h.rest == "" { // “1 8点半”
		list, err := c.daysList(d, "", 0)
		if err != nil || n < 1 || n > len(list.Choices) {
			return list, err
		}
		h.date = answer.Dates{Day: readPick(list.Choices[n-1].Value).day}
	}
	return c.daysFor(d, h)
}

// mayLeave reports whether a booking that is moved is one that whoever writes may
// give up for a place on the list.
func (c *chat) mayLeave(d *draft) bool {
	return d.moving != "" && slices.Contains(c.who.Residents, d.resident)
}

// asksToWait reports whether words ask to wait for a day: 等12月3号的空位, 排3号的候补.
func asksToWait(text string) bool {
	return strings.Contains(text, "空位") || strings.Contains(text, "候补") || strings.HasPrefix(text, "排")
}

// sure is the one choice that is meant.
func sure(p pick) form.Found {
	return form.Found{Sure: true, Choices: []form.Choice{{Value: p.String(), Label: p.String()}}}
}

// daysFor finds the day that was heard, or says why it cannot be had and offers
// the next ones.
func (c *chat) daysFor(d *draft, h heard) (form.Found, error) {
	d.heard = h
	if h.party != "" {
		d.keep = h.party
	}
	days := h.date.Alternatives
	if h.date.Day != 0 {
		days = []calendar.Day{h.date.Day}
	}
	switch {
	case len(days) == 0 && slices.Contains(afterYear, h.date.Coarse):
		d.from, _ = c.newYear()
		return c.daysList(d, "", 0)
	case len(days) == 0 && h.date.Coarse != "":
		return c.daysList(d, fmt.Sprintf(sayCoarseDay, h.date.Coarse), 0)
	case len(days) == 0 && h.date.Reason == answer.WrongDirection:
		return c.daysList(d, sayPastDay, 0)
	case len(days) == 0 && h.date.Reason == answer.Impossible:
		return c.daysList(d, sayNoSuchDay, 0)
	case len(days) == 0 && h.timed && h.rest == "":
		return c.daysList(d, sayDayFirst, 0)
	case len(days) == 0 && h.party != "" && h.rest == "":
		return c.daysList(d, fmt.Sprintf(sayForSeats, seatsWord(seatsOf(h.party))), 0)
	case len(days) == 0:
		return c.daysList(d, sayNoDay, 0)
	}
	var can []form.Choice
	why, full := "", calendar.Day(0)
	for _, day := range days {
		p, say, err := c.dayOpen(d, h, day)
		if err != nil {
			return form.Found{}, err
		}
		if say == "" {
			can = append(can, form.Choice{Value: p.String(), Label: day.ChineseLunar()})
		} else if why == "" {
			why = say
		}
		if p.wait && full == 0 {
			full = day
		}
	}
	switch len(can) {
	case 0:
		if last, err := c.farthest(d.service); err != nil || days[0] <= last && d.from == 0 {
			d.from = days[0] - 4 // those around it
		}
		if full != 0 && c.mayLeave(d) {
			why = join(why, sayMoveFull)
		}
		return c.daysList(d, why, full)
	case 1:
		return form.Found{Choices: can, Sure: true}, nil
	}
	return form.Found{Say: sayWhichOfDays, Choices: can}, nil
}

// dayOpen reports whether a day can be had, with the hour that was said where it
// can; else say is why not, and p.wait whether it may yet become free.
func (c *chat) dayOpen(d *draft, h heard, day calendar.Day) (p pick, say string, err error) {
	last, err := c.farthest(d.service)
	if err != nil {
		return p, "", err
	}
	if day > last {
		return p, fmt.Sprintf(sayTooFar, last.Chinese()), nil
	}
	slots, err := c.slotsOn(d, day)
	if err != nil {
		return p, "", err
	}
	if len(slots) == 0 {
		if day == c.today {
			return p, sayTodayOver, nil
		}
		return p, fmt.Sprintf(sayDayShut, day.ChineseLunar()), nil
	}
	need := max(1, seatsOf(h.party))
	if h.party == "" {
		need = d.need()
	}
	most := 0
	for _, o := range slots {
		most = max(most, o.Free)
	}
	switch {
	case most == 0:
		return pick{wait: true}, fmt.Sprintf(sayDayFull, day.ChineseLunar()), nil
	case most < need:
		return pick{wait: true}, fmt.Sprintf(sayDayOne, day.ChineseLunar()), nil
	}
	p = pick{day: day, party: h.party}
	if !h.timed {
		return p, "", nil
	}
	d.heard = h
	if o, ok := d.at(slots); ok {
		p.hour = o.Time // if it is full, that is said when it is taken
	} else {
		p.hour = fmt.Sprintf("%02d:%02d", h.hour, h.minute)
	}
	return p, "", nil
}

// newYear is the next Spring Festival, and whether it is near enough to be
// reckoned by.
func (c *chat) newYear() (day calendar.Day, near bool) {
	year, _, _ := c.today.Date()
	for ; ; year++ {
		if day, ok := calendar.FromLunar(year, 1, false, 1); ok && day > c.today {
			return day, day <= c.today+60
		}
	}
}

// shownDays is how many days stand on a screen, beside later ones and the list.
const shownDays = 3

// onceHome leaves, for somebody who is away and said when she comes home, the slots
// from then on, if one of them is free: the others she can still name.
func (c *chat) onceHome(d *draft, slots []openSlot, from calendar.Day, need int) ([]openSlot, calendar.Day, error) {
	home, err := bookings.HomeFrom(c.tx, strings.TrimPrefix(d.resident, newcomer))
	if err != nil || home <= from {
		return slots, from, err
	}
	later := slices.DeleteFunc(slices.Clone(slots), func(o openSlot) bool { return o.Day < home })
	if !slices.ContainsFunc(later, func(o openSlot) bool { return o.Free >= need }) {
		return slots, from, nil
	}
	return later, home, nil
}

// daysList offers the next days with free seats, those after the New Year where
// there are none before it; full is a day that one may wait for.
func (c *chat) daysList(d *draft, say string, full calendar.Day) (form.Found, error) {
	if full == 0 {
		full = d.full
	}
	d.full = full
	found, any, err := c.daysFrom(d, say, full, d.from)
	ny, near := c.newYear()
	if err != nil || any || !near {
		return found, err
	}
	beyond, said := ny, sayNoneBefore
	if d.from >= ny { // asked for and not open yet
		beyond, said = 0, sayNoDaysAfter
	}
	other, any, err := c.daysFrom(d, join(say, said), full, beyond)
	if err != nil || !any {
		return found, err
	}
	return other, nil
}

// daysFrom is daysList from a day on; any is whether there are such days.
func (c *chat) daysFrom(d *draft, say string, full, start calendar.Day) (found form.Found, any bool, err error) {
	last, err := c.farthest(d.service)
	if err != nil {
		return form.Found{}, false, err
	}
	from := max(c.today, start)
	slots, err := c.slots(d, from, last)
	if err != nil {
		return form.Found{}, false, err
	}
	party := d.keep
	if party == "" {
		party = map[int]string{1: "alone", 2: "couple"}[d.seats]
	}
	need := max(1, seatsOf(party))
	if start == 0 {
		if slots, from, err = c.onceHome(d, slots, from, need); err != nil {
			return form.Found{}, false, err
		}
	}
	ny, near := c.newYear()
	head, stop := sayDays, last+1
	switch {
	case near && from < ny:
		head, stop = sayDaysBefore, ny
	case start != 0 && start == ny:
		head = sayDaysAfter
	}
	most := shownDays
	if full != 0 && c.mayLeave(d) {
		most--
	}
	var days []calendar.Day
	free, at := map[calendar.Day]int{}, map[calendar.Day]string{} // at: the hour that was said, where it is free
	for _, o := range slots {
		if o.Free < need {
			continue
		}
		if d.timed && d.is(o) {
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
		p := pick{day: day, hour: at[day], party: d.keep}
		found.Choices = append(found.Choices, form.Choice{Value: p.String(), Label: fmt.Sprintf(labelDay, day.ChineseLunar(), free[day])})
	}
	if len(found.Choices) == 0 {
		head = sayNoDays
		if start != 0 && start == ny {
			head = sayNoDaysAfter
		}
	}
	any = len(found.Choices) > 0
	if found.Say = join(say, head); head == sayDays { // the question stands below
		found.Say = say
	}
	if rest != 0 {
		found.Choices = append(found.Choices, form.Choice{Value: pick{from: true, day: calendar.Day(rest), party: d.keep}.String(), Label: labelLater})
	} else if near && from < ny && len(days) > 0 && days[len(days)-1] >= ny {
		found.Choices = append(found.Choices, form.Choice{Value: pick{from: true, day: ny, party: d.keep}.String(), Label: labelAfterNewYear})
	}
	if full != 0 && c.mayLeave(d) {
		found.Choices = append(found.Choices, form.Choice{Value: pick{wait: true, day: full}.String(), Label: fmt.Sprintf(labelLeaveWait, full.Chinese())})
	}
	if d.moving != "" {
		found.Choices = append(found.Choices, form.Choice{Value: pick{stay: true}.String(), Label: labelStay, Aliases: []string{"先不了", "不改", "不换了", "留着"}})
		return found, any, nil
	}
	if full != 0 {
		found.Choices = append(found.Choices, form.Choice{Value: pick{wait: true, day: full, party: d.keep}.String(), Label: fmt.Sprintf(labelWaitDay, full.Chinese())})
		return found, any, nil
	}
	found.Choices = append(found.Choices, form.Choice{Value: pick{wait: true, after: d.from, party: d.keep}.String(), Label: labelWait})
	return found, any, nil
}

// laterThanShown are the days behind those that are shown first.
func (c *chat) laterThanShown(d *draft) (form.Found, error) {
	list, err := c.daysList(d, "", 0)
	if err != nil {
		return list, err
	}
	for _, o := range list.Choices {
		if readPick(o.Value).from {
			return form.Found{Sure: true, Choices: []form.Choice{o}}, nil
		}
	}
	list.Say = join(sayNoLater, list.Say)
	return list, nil
}

// hoursTyped answers what is typed where an hour is asked for.
func (c *chat) hoursTyped(d *draft, typed string) (form.Found, error) {
	slots, err := c.slotsOn(d, d.day)
	if err != nil {
		return form.Found{}, err
	}
	if typed == "" {
		return c.hoursList(d, slots, ""), nil
	}
	text := answer.Fold(typed)
	if _, v, line := answer.Edit(text); line && v != "" {
		text = v
	}
	h := c.hear(text)
	d.heard = h
	if h.party != "" {
		d.seats, d.keep = seatsOf(h.party), h.party
	}
	switch {
	case ringTalk(text):
		return c.hoursList(d, slots, sayRingLater), nil
	case d.moving != "" && oneOf(text, append([]string{"先不了", "不改了", "不改", "不换了", "留着", "算了"}, waitWords...)...):
		return sure(pick{stay: true}), nil
	case oneOf(text, waitWords...):
		return sure(pick{wait: true, day: d.day, party: h.party}), nil
	case oneOf(text, append([]string{"换一天", "换个天", "这天不行"}, laterWords...)...):
		return sure(pick{other: true}), nil
	case h.date.Day != 0 && h.date.Day != d.day:
		p, say, err := c.dayOpen(d, h, h.date.Day)
		if err != nil || say == "" {
			return sure(p), err
		}
		return c.hoursList(d, slots, join(say, fmt.Sprintf(sayDayStands, d.day.Chinese()))), nil
	case h.timed:
		o, ok := d.at(slots)
		switch {
		case !ok:
			return c.hoursList(d, slots, fmt.Sprintf(sayHourNone, h.said())), nil
		case o.Free < d.need():
			i := slices.IndexFunc(slots, func(s openSlot) bool { return s.Time == o.Time })
			return c.hoursList(d, slots, whyNot(slots, i, o.Time)), nil
		}
		return sure(pick{hour: o.Time, party: h.party}), nil
	case slices.Contains(anyWords, text) || text == "早点的" || text == "早点":
		for _, o := range slots {
			if o.Free >= d.need() {
				return sure(pick{hour: o.Time}), nil
			}
		}
	case h.party != "" && h.rest == "":
		return c.hoursList(d, slots, fmt.Sprintf(sayForSeats, seatsWord(d.seats))), nil
	}
	return c.hoursList(d, slots, sayNoHour), nil
}

// hoursList offers the hours of the day that fit; a couple for whom an hour has
// one seat may come as one, or wait for two.
func (c *chat) hoursList(d *draft, slots []openSlot, say string) form.Found {
	found := form.Found{Say: say}
	one := ""
	for _, o := range slots {
		switch {
		case o.Free >= d.need():
			p := pick{hour: o.Time, party: d.keep}
			value := o.Time
			if p.party != "" {
				value = p.String()
			}
			found.Choices = append(found.Choices, form.Choice{Value: value, Label: fmt.Sprintf(labelHour, clockWord(o.Time), o.Free)})
		case o.Free == 1 && one == "":
			one = o.Time
		}
	}
	most := 4
	if one != "" && d.seats == 2 && d.moving == "" {
		most = 2
	}
	if len(found.Choices) > most {
		found.Choices, found.Say = found.Choices[:most], join(say, sayHoursMore)
	}
	if one != "" && d.seats == 2 && d.moving == "" {
		found.Choices = append(found.Choices,
			form.Choice{Value: pick{hour: one, party: "alone"}.String(), Label: fmt.Sprintf(labelOneSeat, clockWord(one))},
			form.Choice{Value: pick{wait: true, day: d.day, party: "couple"}.String(), Label: labelWaitTwo})
	}
	found.Choices = append(found.Choices, form.Choice{Value: pick{other: true}.String(), Label: labelOtherDay, Aliases: []string{"换一天", "换天"}})
	return found
}

// rings are those who may ring when a message was not answered.
func (c *chat) rings(d *draft, typed string) (form.Found, error) {
	contact, err := c.ringContact(d.resident)
	if err != nil {
		return form.Found{}, err
	}
	all := []form.Choice{{Value: "office", Label: labelRingOffice, Aliases: []string{"镇上", "镇里", "打"}}}
	if contact != "" {
		all = append(all, form.Choice{Value: "contact", Label: fmt.Sprintf(labelRingContact, contact), Aliases: []string{"村里", "村里的人", contact, "联系人"}})
	}
	all = append(all, form.Choice{Value: "nobody", Label: labelRingNobody, Aliases: []string{"别打", "不打", "都不用"}})
	if typed == "" {
		return form.Found{Choices: all}, nil
	}
	names := make([][]string, len(all))
	for i, o := range all {
		names[i] = append(o.Aliases, o.Label)
	}
	if hits := answer.Match(typed, names); len(hits) == 1 {
		return form.Found{Choices: all[hits[0] : hits[0]+1], Sure: true}, nil
	}
	return form.Found{Say: sayWhoRings, Choices: all}, nil
}

// ringContact is the name of a resident's contact in her village, "" without.
func (c *chat) ringContact(resident string) (string, error) {
	if resident == "" || strings.HasPrefix(resident, newcomer) {
		return "", nil
	}
	r, err := c.scope.Client(resident)
	if isNotFound(err) || err == nil && r.Village == "" {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	id, _, err := person.ContactOf(c.tx, r)
	if err != nil || id == "" {
		return "", err
	}
	if id, err = person.Delegate(c.tx, id); err != nil {
		return "", err
	}
	cadre, err := person.LoadStaff(c.tx, id)
	if isNotFound(err) {
		return "", nil
	}
	return cadre.Name, err
}

// ringTalk reports whether words ask for a call, since messages are not seen.
func ringTalk(text string) bool {
	for _, w := range [...]string{"看不见微信", "看不到微信", "不看微信", "没微信", "不用微信", "看不见手机", "看不到手机", "打电话", "打个电话", "电话告诉", "电话通知", "给我电话", "给俺电话", "谁打电话"} {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// clockWord is an hour as it is said: 早上8:30, 下午2:00.
func clockWord(hour string) string {
	h, m := 0, 0
	if _, err := fmt.Sscanf(hour, "%d:%d", &h, &m); err != nil {
		return hour
	}
	part := "早上"
	switch {
	case h >= 18:
		part = "晚上"
	case h >= 13:
		part = "下午"
	case h == 12:
		part = "中午"
	}
	if h > 12 {
		h -= 12
	}
	return fmt.Sprintf("%s%d:%02d", part, h, m)
}

// whenOf is the day and hour of a booking: “周四 1月28日 腊月廿一 早上8:30”.
func whenOf(a bookings.Appointment) string { return a.Day.ChineseLunar() + " " + clockWord(a.Time) }

func seatsWord(n int) string {
	if n == 2 {
		return "两个位子"
	}
	return "一个位子"
}

func placeOf(before int) string {
	if before == 0 {
		return "您排第一"
	}
	return fmt.Sprintf("前面还有%d位", before)
}
