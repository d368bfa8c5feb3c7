package flows

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"xintiexin/flows/answer"
	"xintiexin/storage/broadcasts"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/ops"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// broadcastWords tell one of the site's own texts to many: the clerk prepares it,
// another lets it go; 看通知 shows it to whom it was told.
func broadcastWords() []word {
	return []word{
		{"群发", office, (*chat).broadcast},
		{"停发", office, (*chat).stopSending},
		{"看通知", anyone, (*chat).myBroadcasts},
	}
}

func broadcastVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){
		"broadcast-text": forClerk((*chat).broadcastWho),
		"broadcast-kind": forClerk((*chat).broadcastAsk),
		"broadcast-to":   forClerk((*chat).broadcastAgain),
		"broadcast-go":   forClerk((*chat).broadcastShow),
	}
}

// texts are the names of the site's texts that can be told, in order.
func broadcastTexts(site *townconfig.Site) []string {
	names := slices.Sorted(maps.Keys(site.Texts))
	return slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, "broadcast_") || site.Texts[n] == "" })
}

// mostTexts is how many texts are offered at once, mostListed how many broadcasts
// are listed.
const (
	mostTexts  = 7
	mostListed = 3
)

// broadcast is 群发: how those of late stand, and which text may be told; with a
// code it lets go what another prepared.
func (c *chat) broadcast(rest string) (Reply, error) {
	if rest != "" && digits(rest) {
		return c.broadcastRelease(rest)
	}
	lines, err := c.broadcastLines()
	if err != nil {
		return Reply{}, err
	}
	if !c.is(clerk) {
		if len(lines) == 0 {
			lines = []string{sayNoBroadcast}
		}
		return Reply{Text: join(append(lines, sayBroadcastSecond)...)}, nil
	}
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	texts := broadcastTexts(site)
	if len(texts) == 0 {
		return Reply{Text: join(append(lines, sayNoTexts)...)}, nil
	}
	var offers []dialogstate.Option
	for _, n := range texts[:min(len(texts), mostTexts)] {
		offers = append(offers, dialogstate.Option{Label: firstLine(site.Texts[n]), Do: "broadcast-text " + n})
	}
	return c.offer(join(append(lines, sayWhichText)...), offers...), nil
}

// firstLine is the beginning of a text, to tell it from others.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return firstOf(line, 16)
}

// broadcastLines say how the broadcasts of late stand.
func (c *chat) broadcastLines() (lines []string, err error) {
	all, err := broadcasts.List(c.scope, c.m.At)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(b broadcasts.Broadcast) bool { return b.Released == 0 })
	for _, b := range all[:min(len(all), mostListed)] {
		f, err := broadcasts.GetStats(c.scope, b)
		if err != nil {
			return nil, err
		}
		who, err := c.circleName(b.To)
		if err != nil {
			return nil, err
		}
		lines = append(lines, fmt.Sprintf(sayBroadcastLine, shortDay(b.Released), who), "　"+figuresLine(f))
	}
	return lines, nil
}

func shortDay(at int64) string {
	_, m, d := calendar.DayOf(time.Unix(at, 0)).Date()
	return fmt.Sprintf("%d月%d日", m, d)
}

// figuresLine says the figures that are not nothing.
func figuresLine(f broadcasts.Stats) string {
	var parts []string
	for _, p := range []struct {
		name string
		n    int
	}{{"等着发", f.Waiting}, {"发了", f.Sent}, {"送到", f.Delivered}, {"等她来看", f.Owed}, {"没发成", f.Missed}, {"停了", f.Stopped}, {"退订", f.Unsubscribed}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%s%d", p.name, p.n))
		}
	}
	if len(parts) == 0 {
		return "没有人"
	}
	return strings.Join(parts, " ")
}

// circleName says who is told: 甲村的人.
func (c *chat) circleName(to broadcasts.AudienceFilter) (string, error) {
	switch {
	case to.Village != "":
		v, err := person.LoadVillage(c.tx, to.Village)
		if isNotFound(err) {
			return "村里的人", nil
		}
		return v.Name + "的人", err
	case to.Booked != 0:
		return "约了" + to.Booked.Short() + "的人", nil
	case to.Hearing:
		return "想听讲堂的人", nil
	}
	return "在" + to.Away + "的人", nil
}

// broadcastWho asks to whom a text goes.
func (c *chat) broadcastWho(text string) (Reply, error) {
	return c.offer(sayToWhom,
		dialogstate.Option{Label: "一个村的人", Do: "broadcast-kind " + text + "|village"},
		dialogstate.Option{Label: "约了某一天的人", Do: "broadcast-kind " + text + "|booked"},
		dialogstate.Option{Label: "在外面某地的人", Do: "broadcast-kind " + text + "|away"},
		dialogstate.Option{Label: "想听讲堂的人", Do: "broadcast-go " + text + "|hearing|"}), nil
}

// broadcastAsk asks for the village, the day or the place; a few villages are
// offered.
func (c *chat) broadcastAsk(rest string) (Reply, error) {
	text, kind, _ := strings.Cut(rest, "|")
	own := dialogstate.Option{Label: "自己打", Do: "broadcast-to " + rest}
	said := map[string]string{"village": sayTellVillage, "booked": sayWhichBooked, "away": sayWhichPlace}[kind]
	villages, err := c.standingVillages()
	if err != nil {
		return Reply{}, err
	}
	if kind != "village" || len(villages) > mostTexts {
		c.s.Offers = []dialogstate.Option{own}
		return Reply{Text: said}, nil
	}
	var offers []dialogstate.Option
	for _, v := range villages {
		offers = append(offers, dialogstate.Option{Label: v.Name, Do: "broadcast-go " + text + "|village|" + v.ID})
	}
	return c.offer(sayWhichOfVillages, offers...), nil
}

func (c *chat) standingVillages() ([]person.Village, error) {
	all, err := person.Villages(c.tx)
	return slices.DeleteFunc(all, func(v person.Village) bool { return v.MergedInto != "" }), err
}

func (c *chat) broadcastAgain(rest string) (Reply, error) { return c.broadcastAsk(rest) }

// broadcastSaid takes the village, the day or the place as typed.
func (c *chat) broadcastSaid(text string) (Reply, bool, error) {
	do := c.s.Offers[0].Do
	if answer.Command(text) != answer.None || c.other(text) || c.sentence(text) {
		c.s.Offers = nil
		if answer.Command(text) == answer.Cancel {
			return Reply{Text: sayNotBroadcast}, true, nil
		}
		return Reply{}, false, nil
	}
	_, rest, _ := strings.Cut(do, " ")
	name, kind, _ := strings.Cut(rest, "|")
	value, err := c.circleSaid(kind, text)
	if err != nil {
		return Reply{}, true, err
	}
	if value == "" {
		return Reply{Text: fmt.Sprintf(sayNotUnderstood, text)}, true, nil
	}
	c.s.Offers = nil
	r, err := c.broadcastShow(name + "|" + kind + "|" + value)
	return r, true, err
}

// circleSaid understands a village, a day or a place; "" when it does not.
func (c *chat) circleSaid(kind, text string) (string, error) {
	switch kind {
	case "village":
		all, err := c.standingVillages()
		for _, v := range all {
			if answer.SameWord(text, v.Name) || strings.TrimSuffix(v.Name, "村") == text {
				return v.ID, err
			}
		}
		return "", err
	case "booked":
		d := answer.Date(text, c.today, answer.Future)
		if d.Day < c.today {
			return "", nil
		}
		return d.Day.String(), nil
	}
	place := strings.Trim(text, " 在市人的")
	if n := len([]rune(place)); n < 2 || n > 10 || strings.ContainsAny(place, "|/") {
		return "", nil
	}
	return place, nil
}

// broadcastShow prepares a broadcast and shows it: to how many, what they are sent,
// what they see then, and the code.
func (c *chat) broadcastShow(rest string) (Reply, error) {
	f := strings.Split(rest, "|")
	if len(f) != 3 {
		return Reply{}, fmt.Errorf("offer %q: not a broadcast", rest)
	}
	var to broadcasts.AudienceFilter
	switch f[1] {
	case "village":
		to.Village = f[2]
	case "booked":
		day, err := calendar.ParseDay(f[2])
		if err != nil {
			return Reply{}, err
		}
		to.Booked = day
	case "hearing":
		to.Hearing = true
	default:
		to.Away = f[2]
	}
	b, err := broadcasts.Prepare(c.scope, f[0], to, c.m.ID, c.m.At)
	if isNotFound(err) || errors.Is(err, record.ErrScope) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	who, err := c.circleName(to)
	if err != nil {
		return Reply{}, err
	}
	if b.Count == 0 {
		return Reply{Text: fmt.Sprintf(sayNobodyToTell, who)}, nil
	}
	second, err := broadcasts.NeedsSecond(c.tx, b)
	if err != nil {
		return Reply{}, err
	}
	how := sayReleaseAlone
	if second {
		how = saySecond
	}
	return Reply{Text: join(fmt.Sprintf(sayBroadcastTo, who, b.Count), sayFirstSees, "　"+sayBroadcastPush, sayThenSees, b.Words, fmt.Sprintf(how, b.Code))}, nil
}

// broadcastRelease lets go what was prepared under a code.
func (c *chat) broadcastRelease(code string) (Reply, error) {
	b, err := broadcasts.Approve(c.scope, code, c.m.At)
	switch {
	case isNotFound(err):
		return Reply{Text: sayNoSuchCode}, nil
	case errors.Is(err, ops.ErrSecond):
		return Reply{Text: fmt.Sprintf(saySecond, code)}, nil
	case errors.Is(err, broadcasts.ErrEarly):
		return Reply{Text: fmt.Sprintf(sayEarly, code)}, nil
	case err != nil:
		return Reply{}, err
	}
	who, err := c.circleName(b.To)
	if err != nil {
		return Reply{}, err
	}
	at := time.Unix(b.Start, 0).In(calendar.Zone)
	day := pickWord(calendar.DayOf(at) == c.today, "今天", "明天")
	return Reply{Text: fmt.Sprintf(sayBroadcastGoes, who, b.Count, day+strings.TrimPrefix(at.Format("15:04"), "0"))}, nil
}

// stopSending is 停发: what is not sent yet, of broadcasts and of released seats, is
// not sent.
func (c *chat) stopSending(rest string) (Reply, error) {
	all, err := broadcasts.List(c.scope, c.m.At)
	if err != nil {
		return Reply{}, err
	}
	n, open := 0, false
	for _, b := range all {
		f, err := broadcasts.GetStats(c.scope, b)
		if err != nil {
			return Reply{}, err
		}
		if b.Stopped != 0 || b.Released != 0 && f.Waiting+f.Owed == 0 {
			continue
		}
		stopped, err := broadcasts.StopOwn(c.scope, b.ID, c.m.At)
		if err != nil {
			return Reply{}, err
		}
		n, open = n+stopped, true
	}
	said := ""
	switch {
	case n > 0:
		said = fmt.Sprintf(sayBroadcastStopped, n)
	case open:
		said = sayNotReleasedYet
	}
	if !c.is(clerk) {
		return Reply{Text: pickWord(open, said, sayNothingToStop)}, nil
	}
	r, err := c.do("release-stop " + rest)
	switch {
	case err != nil:
		return r, err
	case open && (r.Text == sayNothingToStop || r.Text == sayAllSent):
		r.Text = said
	case open:
		r.Text = join(said, r.Text)
	}
	return r, nil
}

// myBroadcasts is 看通知: the whole text of what she was told of.
func (c *chat) myBroadcasts(string) (Reply, error) {
	all, err := broadcasts.Mine(c.scope, c.m.At)
	if err != nil {
		return Reply{}, err
	}
	if len(all) == 0 {
		return Reply{Text: sayNothingTold}, nil
	}
	var lines []string
	for _, b := range all[:min(len(all), mostListed)] {
		lines = append(lines, fmt.Sprintf(sayToldOn, shortDay(b.Released)), b.Words)
	}
	return Reply{Text: join(lines...)}, nil
}
