package clinic

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
	"xintiexin/flows/subject"
	"xintiexin/storage/bookings"
	"xintiexin/storage/broadcasts"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/migration"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// keepBefore is how many days before its day released seats are kept for people
// who come home, where the site sets no other for that time of the year.
const keepBefore = 6

// keptTill is until when a seat of a day is kept for them.
func keptTill(site *townconfig.Site, day calendar.Day) calendar.Day {
	if h, ok := migration.HomecomingOn(site, day); ok {
		return day - calendar.Day(h.Keep)
	}
	return day - keepBefore
}

func releaseWords() []dialog.Keyword {
	return []dialog.Keyword{
		{Text: "加号", For: dialog.Clerk, Do: release},
		{Text: "关号", For: dialog.Clerk, Do: closeDay},
		{Text: "放号", For: dialog.Clerk, Do: releases},
	}
}

func releaseVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){
		"release-hours": dialog.ForClerk(releaseFirst),
		"release-own":   dialog.ForClerk(releaseOwn),
		"release-first": dialog.ForClerk(releaseCode),
		"release-go":    dialog.ForClerk(func(c *dialog.Turn, plan string) (dialog.Reply, error) { return releaseNow(c, plan, true) }),
		"release-quiet": dialog.ForClerk(func(c *dialog.Turn, plan string) (dialog.Reply, error) { return releaseNow(c, plan, false) }),
		"release-close": dialog.ForClerk(closeNow),
		"release-stop":  stopRelease,
	}
}

// plan is what a clerk is about to release; it is carried from screen to screen
// in the offers, as text.
type plan struct {
	service string
	day     calendar.Day
	hours   []hour
	till    calendar.Day // kept for people who come home until then; 0 is open to all
}

// hour is one hour with the seats that are added.
type hour struct {
	time  string
	seats int
}

func (p plan) String() string {
	parts := make([]string, 0, len(p.hours))
	for _, h := range p.hours {
		parts = append(parts, h.time+"="+strconv.Itoa(h.seats))
	}
	return strings.Join([]string{p.service, p.day.String(), strings.Join(parts, ","), p.till.String()}, "|")
}

func parsePlan(s string) (plan, error) {
	f := strings.Split(s, "|")
	if len(f) != 4 {
		return plan{}, fmt.Errorf("offer %q: not a release", s)
	}
	day, err := calendar.ParseDay(f[1])
	if err != nil {
		return plan{}, err
	}
	till, err := calendar.ParseDay(f[3])
	if err != nil {
		return plan{}, err
	}
	p := plan{service: f[0], day: day, till: till}
	for part := range strings.SplitSeq(f[2], ",") {
		t, n, ok := strings.Cut(part, "=")
		seats, err := strconv.Atoi(n)
		if !ok && part == "" {
			continue
		}
		if err != nil {
			return plan{}, fmt.Errorf("offer %q: not a release", s)
		}
		p.hours = append(p.hours, hour{t, seats})
	}
	return p, nil
}

func (p plan) seats() (n int) {
	for _, h := range p.hours {
		n += h.seats
	}
	return n
}

// lines says the hours: “8:00 4人，8:30 6人”.
func (p plan) lines() string {
	parts := make([]string, 0, len(p.hours))
	for _, h := range p.hours {
		parts = append(parts, fmt.Sprintf("%s %d人", strings.TrimPrefix(h.time, "0"), h.seats))
	}
	return strings.Join(parts, "，")
}

// release is “加号 1月31”, or with the hours in the same line.
func release(c *dialog.Turn, rest string) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	service, rest := releasedService(site, rest)
	if service.ID == "" {
		return dialog.Reply{Text: sayNoService}, nil
	}
	day, rest, r, ok := releaseDay(c, rest)
	if !ok {
		return r, nil
	}
	p := plan{service: service.ID, day: day}
	if rest != "" {
		return releaseHours(c, p, rest)
	}
	usual := usualHours(site, service.ID)
	offers := []dialogstate.Option{}
	if len(usual) > 0 {
		p.hours = usual
		offers = append(offers, dialogstate.Option{Label: "照平时：" + p.brief(), Do: "release-hours " + p.String()})
	}
	if len(usual) > 2 {
		p.hours = usual[:2]
		offers = append(offers, dialogstate.Option{Label: "只开前两个钟点，" + brieflySeats(p.hours), Do: "release-hours " + p.String()})
	}
	p.hours = nil
	offers = append(offers, dialogstate.Option{Label: "自己打，如：8点4人 9点6人", Do: "release-own " + p.String()})
	if len(offers) == 1 {
		return releaseOwn(c, p.String())
	}
	return c.Offer(dialog.Join(dayWarning(c, site, p), sayReleaseHow), offers...), nil
}

// releasedService is the service that is named in the line, or the only one.
func releasedService(site *townconfig.Site, text string) (townconfig.Service, string) {
	for _, s := range site.Services {
		if s.Label != "" && strings.Contains(text, s.Label) {
			return s, strings.TrimSpace(strings.Replace(text, s.Label, " ", 1))
		}
	}
	if len(site.Services) == 0 {
		return townconfig.Service{}, text
	}
	return site.Services[0], text
}

// releaseDay takes the day out of a line; ok is false where r is the answer.
func releaseDay(c *dialog.Turn, text string) (day calendar.Day, rest string, r dialog.Reply, ok bool) {
	head, hours := text, ""
	if m := hourSeats.FindStringIndex(text); m != nil { // “1月31 8点4人”: the hours are no day
		head, hours = text[:m[0]], text[m[0]:]
	}
	d := dates.Date(head, c.Today, dates.Future)
	if d.Day == 0 {
		if start, end, found := dates.FindDate(head, c.Today, dates.Future); found.Day != 0 {
			d, hours = found, strings.TrimSpace(head[:start]+" "+head[end:]+" "+hours)
		}
	}
	switch {
	case d.Day == 0 || d.Day < c.Today:
		return 0, "", dialog.Reply{Text: sayHowRelease}, false
	case d.Day == c.Today:
		return 0, "", dialog.Reply{Text: sayReleaseToday}, false
	}
	return d.Day, strings.TrimSpace(hours), dialog.Reply{}, true
}

// usualHours are the hours that a service ever has.
func usualHours(site *townconfig.Site, service string) []hour {
	most := map[string]int{}
	for _, o := range site.Openings {
		if o.Service == service {
			most[o.Time] = max(most[o.Time], o.Capacity)
		}
	}
	out := make([]hour, 0, len(most))
	for t, n := range most {
		out = append(out, hour{t, n})
	}
	slices.SortFunc(out, func(a, b hour) int { return strings.Compare(a.time, b.time) })
	return out
}

// brief says the hours shorter where all have as many seats: “8:00 8:30 各4人”.
func (p plan) brief() string {
	same := brieflySeats(p.hours)
	if same == "" {
		return p.lines()
	}
	var b strings.Builder
	for _, h := range p.hours {
		b.WriteString(strings.TrimPrefix(h.time, "0") + " ")
	}
	return b.String() + same
}

func brieflySeats(hours []hour) string {
	for _, h := range hours {
		if h.seats != hours[0].seats {
			return ""
		}
	}
	return fmt.Sprintf("各%d人", hours[0].seats)
}

// dayWarning echoes the day, and what a clerk should look at before she opens it.
func dayWarning(c *dialog.Turn, site *townconfig.Site, p plan) string {
	h := site.Holidays()
	said := p.day.ChineseLunar()
	if len(site.OpenOn(p.service, p.day, h)) == 0 {
		said += "，原来不开。"
	} else {
		said += "，原来就开，是再加。"
	}
	year, _, _ := p.day.Date()
	switch {
	case !h.Known(year):
		return dialog.Join(said, fmt.Sprintf(sayNoNotice, year))
	case !h.Working(p.day):
		return dialog.Join(said, sayNotWorking)
	}
	return said
}

// hourSeats is one hour with its seats as people type them: 8点4人, 8:30 6人,
// 8点半六人, 9点4, 下午2点3个.
var hourSeats = regexp.MustCompile(`(上午|早上|下午)?` + anyNumber + // 8
	`(?::([0-5]\d)|[点时](半|一刻|三刻|[0-5]\d分?)?)` + // :30, 点半, 点30
	`[ ,，各]*` + anyNumber + `?` + // 4
	`(?: ?(?:个人|个号|个|人|位))?`)

const anyNumber = `(\d{1,3}|[一二两三四五六七八九十]{1,3})`

// maxSeats is the most that one hour is given at once: more is a slip.
const maxSeats = 50

// readHours understands the hours of a line; wrong is the part that it could not
// read, "" when all was.
func readHours(text string) (hours []hour, wrong string) {
	left := text
	for _, m := range hourSeats.FindAllStringSubmatch(text, -1) {
		h, ok := readHour(m)
		if !ok {
			return nil, m[0]
		}
		left = strings.Replace(left, m[0], " ", 1)
		if i := slices.IndexFunc(hours, func(x hour) bool { return x.time == h.time }); i >= 0 {
			return nil, m[0]
		}
		hours = append(hours, h)
	}
	if left = strings.Trim(left, " ,，。、;；和"); left != "" || len(hours) == 0 {
		return nil, cmp.Or(left, text)
	}
	slices.SortFunc(hours, func(a, b hour) int { return strings.Compare(a.time, b.time) })
	return hours, ""
}

// readHour reads one match: part of the day, hour, minutes behind a colon or
// behind 点, seats. Where nothing follows the two digits behind 点 they are the
// seats: “9点10人”.
func readHour(m []string) (hour, bool) {
	at, ok := answer.Number(m[2])
	if !ok || at < 1 || at > 20 {
		return hour{}, false
	}
	if m[1] == "下午" && at < 12 {
		at += 12
	}
	minute, seats := m[3], m[5]
	switch after := m[4]; {
	case after == "半":
		minute = "30"
	case after == "一刻":
		minute = "15"
	case after == "三刻":
		minute = "45"
	case after != "" && seats == "" && !strings.HasSuffix(after, "分") && strings.ContainsAny(m[0][len(m[0])-3:], "人个位"):
		seats = after
	case after != "":
		minute = strings.TrimSuffix(after, "分")
	}
	n, ok := answer.Number(seats)
	if !ok || n < 1 || n > maxSeats {
		return hour{}, false
	}
	return hour{fmt.Sprintf("%02d:%s", int(at), cmp.Or(minute, "00")), int(n)}, true
}

// releaseSaid answers free words while hours are asked for, or the code.
func releaseSaid(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	verb, rest, _ := strings.Cut(c.S.Offers[0].Do, " ")
	switch {
	case answer.Command(text) != answer.None || c.Other(text) || c.Sentence(text):
		c.S.Offers = nil
		if answer.Command(text) == answer.Cancel {
			return dialog.Reply{Text: sayNotReleased}, true, nil
		}
		return dialog.Reply{}, false, nil
	case verb == "release-go":
		return releaseTyped(c, text)
	}
	if hourSeats.FindString(text) == "" {
		return dialog.Reply{}, false, nil
	}
	p, err := parsePlan(rest)
	if err != nil {
		return dialog.Reply{}, true, err
	}
	p.hours = nil
	r, err := releaseHours(c, p, text)
	return r, true, err
}

// releaseTyped takes the code that confirms a release; a digit alone confirms
// nothing.
func releaseTyped(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	code, plan := c.S.Offers[0].Label, c.S.Offers[0].Do
	switch {
	case strings.TrimLeft(text, "回发 ") == code:
		_, rest, _ := strings.Cut(plan, " ")
		c.S.Offers = nil
		r, err := releaseNow(c, rest, true)
		return r, true, err
	case answer.SameWord(text, "只放号"):
		_, rest, _ := strings.Cut(plan, " ")
		c.S.Offers = nil
		r, err := releaseNow(c, rest, false)
		return r, true, err
	case subject.Digits(text):
		return dialog.Reply{Text: fmt.Sprintf(sayCodeWrong, code)}, true, nil
	}
	c.S.Offers = nil
	r, err := c.AtLarge(text)
	r.Text = dialog.Join(sayNotReleased, r.Text)
	return r, true, err
}

// releaseOwn asks for the hours in her own words.
func releaseOwn(c *dialog.Turn, rest string) (dialog.Reply, error) {
	c.S.Offers = []dialogstate.Option{{Label: "自己打", Do: "release-hours " + rest}}
	return dialog.Reply{Text: sayReleaseOwn}, nil
}

// releaseHours goes on with hours as typed.
func releaseHours(c *dialog.Turn, p plan, typed string) (dialog.Reply, error) {
	hours, wrong := readHours(answer.Fold(typed))
	if wrong != "" {
		c.S.Offers = []dialogstate.Option{{Label: "自己打", Do: "release-hours " + p.String()}}
		return dialog.Reply{Text: fmt.Sprintf(sayHoursWrong, wrong)}, nil
	}
	p.hours = hours
	return releaseFirst(c, p.String())
}

// releaseFirst asks who comes first.
func releaseFirst(c *dialog.Turn, rest string) (dialog.Reply, error) {
	p, err := parsePlan(rest)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(p.hours) == 0 {
		return releaseOwn(c, rest)
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	lines := []string{fmt.Sprintf(sayReleaseSum, p.day.ChineseLunar(), p.seats()), p.lines()}
	if more, err := added(c, p); err != nil {
		return dialog.Reply{}, err
	} else if more != "" {
		lines = append(lines, more)
	}
	year, _, _ := p.day.Date()
	if h := site.Holidays(); !h.Known(year) {
		lines = append(lines, fmt.Sprintf(sayNoNotice, year))
	} else if !h.Working(p.day) {
		lines = append(lines, sayNotWorking)
	}
	open, kept := p, p
	kept.till = keptTill(site, p.day)
	offers := []dialogstate.Option{}
	if kept.till > c.Today {
		offers = append(offers, dialogstate.Option{Label: "候补的先挑，再给说要回家的", Do: "release-first " + kept.String()})
		lines = append(lines, fmt.Sprintf(sayKeptUntil, kept.till.Short()))
	}
	offers = append(offers, dialogstate.Option{Label: "候补的先挑，再都放开", Do: "release-first " + open.String()})
	if len(offers) == 1 { // too near to keep anything
		r, err := releaseCode(c, open.String())
		r.Text = dialog.Join(append(lines, r.Text)...)
		return r, err
	}
	return c.Offer(dialog.Join(append(lines, sayWhoFirst)...), offers...), nil
}

// added says where an hour has seats already, to which these come.
func added(c *dialog.Turn, p plan) (string, error) {
	slots, err := bookings.Slots(c.Tx, p.service, p.day, p.day, c.M.At)
	if err != nil {
		return "", err
	}
	var parts []string
	for _, h := range p.hours {
		for _, o := range slots {
			if o.Time == h.time {
				parts = append(parts, fmt.Sprintf("%s原有%d人，加到%d人", strings.TrimPrefix(h.time, "0"), o.Capacity, o.Capacity+h.seats))
			}
		}
	}
	return strings.Join(parts, "\n"), nil
}

// releaseCode counts who will be told and asks for the code: a release cannot be
// called back from those who have read of it.
func releaseCode(c *dialog.Turn, rest string) (dialog.Reply, error) {
	p, err := parsePlan(rest)
	if err != nil {
		return dialog.Reply{}, err
	}
	waiting, err := bookings.CountWaiting(c.Tx, p.service)
	if err != nil {
		return dialog.Reply{}, err
	}
	home, err := broadcasts.Returnees(c.Scope, p.day)
	if err != nil {
		return dialog.Reply{}, err
	}
	code := fmt.Sprintf("%04d", 1000+c.Seed()%9000)
	c.S.Offers = []dialogstate.Option{{Label: code, Do: "release-go " + rest}}
	lines := []string{fmt.Sprintf(sayWaitingCount, waiting)}
	if len(home) > 0 {
		lines = append(lines, fmt.Sprintf(sayHomeCount, len(home)))
	} else {
		lines = append(lines, sayHomeNone)
	}
	return dialog.Reply{Text: dialog.Join(append(lines, sayReleaseSays, fmt.Sprintf(sayReleaseCode, code))...)}, nil
}

// releaseNow opens the seats, and where tell says so books the messages.
func releaseNow(c *dialog.Turn, rest string, tell bool) (dialog.Reply, error) {
	p, err := parsePlan(rest)
	if err != nil {
		return dialog.Reply{}, err
	}
	have, err := bookings.Slots(c.Tx, p.service, p.day, p.day, c.M.At)
	if err != nil {
		return dialog.Reply{}, err
	}
	slots := make([]bookings.Slot, 0, len(p.hours))
	for _, h := range p.hours {
		o := bookings.Slot{Service: p.service, Day: p.day, Time: h.time, Capacity: h.seats}
		for _, old := range have {
			if old.Time == h.time {
				o.Capacity += old.Capacity
			}
		}
		if p.till != 0 {
			o.Kept, o.KeptTill = h.seats, p.till
		}
		slots = append(slots, o)
	}
	a, err := broadcasts.Announce(c.Scope, slots, tell, c.M.ID, c.M.At)
	switch {
	case errors.Is(err, record.ErrNotAvailable):
		return dialog.Reply{Text: sayReleaseLate}, nil
	case errors.Is(err, record.ErrScope):
		return c.Menu(dialog.SayGone)
	case err != nil:
		return dialog.Reply{}, err
	}
	if a.Told == 0 {
		return dialog.Reply{Text: fmt.Sprintf(sayReleasedQuiet, a.Offered)}, nil
	}
	return dialog.Reply{Text: fmt.Sprintf(sayReleased, dialog.PickWord(c.M.At.Before(c.Today.At(18, 30)), "今晚", "明晚"))}, nil
}

// stopRelease takes back what is not sent yet of released seats.
func stopRelease(c *dialog.Turn, _ string) (dialog.Reply, error) {
	all, err := broadcasts.Announcements(c.Scope, c.Today)
	if err != nil {
		return dialog.Reply{}, err
	}
	n, open := 0, false
	for _, a := range all {
		if a.Stopped != 0 {
			continue
		}
		stopped, err := broadcasts.StopAnnouncement(c.Scope, a.ID, c.M.At)
		if err != nil {
			return dialog.Reply{}, err
		}
		n, open = n+stopped, true
	}
	if !open {
		return dialog.Reply{Text: dialog.SayNothingToStop}, nil
	}
	if n == 0 {
		return dialog.Reply{Text: dialog.SayAllSent}, nil
	}
	return dialog.Reply{Text: fmt.Sprintf(sayStopped, n)}, nil
}

// releases is 放号: how the releases of the days to come stand.
func releases(c *dialog.Turn, _ string) (dialog.Reply, error) {
	all, err := broadcasts.Announcements(c.Scope, c.Today)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(all) == 0 {
		return dialog.Reply{Text: sayNoRelease}, nil
	}
	var lines []string
	for _, a := range all[:min(len(all), 8)] {
		p, err := broadcasts.ProgressOf(c.Scope, a, c.M.At)
		if err != nil {
			return dialog.Reply{}, err
		}
		lines = append(lines, releaseLine(a.Day, p.Seats, p.Taken, p.Free))
		if p.Missed > 0 {
			lines = append(lines, fmt.Sprintf(sayReleaseMissed, p.Missed))
		}
	}
	return dialog.Reply{Text: dialog.Join(lines...)}, nil
}

func releaseLine(day calendar.Day, seats, taken, free int) string {
	return fmt.Sprintf("%s：放%d，约走%d，还有%d。", day.Short(), seats, taken, free)
}

// closeDay is “关号 1月31”: seats that nobody booked are taken back.
func closeDay(c *dialog.Turn, rest string) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	service, rest := releasedService(site, rest)
	d := dates.Date(rest, c.Today, dates.Future)
	if service.ID == "" || d.Day == 0 {
		return dialog.Reply{Text: sayHowClose}, nil
	}
	slots, err := bookings.Slots(c.Tx, service.ID, d.Day, d.Day, c.M.At)
	if err != nil {
		return dialog.Reply{}, err
	}
	booked, free := 0, 0
	for _, o := range slots {
		booked, free = booked+o.Taken+o.Held, free+o.Free(c.Today, true)
	}
	if free == 0 {
		return dialog.Reply{Text: fmt.Sprintf(sayNothingFree, d.Day.ChineseLunar())}, nil
	}
	return c.Offer(fmt.Sprintf(sayCloseAsk, d.Day.ChineseLunar(), booked, free),
		dialogstate.Option{Label: "收回", Do: "release-close " + service.ID + "|" + d.Day.String()},
		dialogstate.Option{Label: "不收", Do: "none"}), nil
}

func closeNow(c *dialog.Turn, rest string) (dialog.Reply, error) {
	service, text, _ := strings.Cut(rest, "|")
	day, err := calendar.ParseDay(text)
	if err != nil {
		return dialog.Reply{}, err
	}
	slots, err := bookings.Slots(c.Tx, service, day, day, c.M.At)
	if err != nil {
		return dialog.Reply{}, err
	}
	for i, o := range slots {
		slots[i].Capacity, slots[i].Kept, slots[i].KeptTill = o.Taken+o.Held, 0, 0
	}
	if _, err := bookings.PublishSlots(c.Scope, slots, c.M.ID, c.M.At); errors.Is(err, record.ErrNotAvailable) {
		return dialog.Reply{Text: sayReleaseLate}, nil
	} else if err != nil {
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: fmt.Sprintf(sayClosed, day.ChineseLunar())}, nil
}
