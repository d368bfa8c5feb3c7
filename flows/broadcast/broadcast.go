package broadcast

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"xintiexin/flows/answer"
	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
	"xintiexin/flows/subject"
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
func broadcastWords() []dialog.Keyword {
	return []dialog.Keyword{
		{Text: "群发", For: dialog.Office, Do: broadcast},
		{Text: "停发", For: dialog.Office, Do: stopSending},
		{Text: "看通知", For: dialog.Anyone, Do: myBroadcasts},
	}
}

func broadcastVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){
		"broadcast-text": dialog.ForClerk(broadcastWho),
		"broadcast-kind": dialog.ForClerk(broadcastAsk),
		"broadcast-to":   dialog.ForClerk(broadcastAgain),
		"broadcast-go":   dialog.ForClerk(broadcastShow),
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
	mostTexts = 7
)

// broadcast is 群发: how those of late stand, and which text may be told; with a
// code it lets go what another prepared.
func broadcast(c *dialog.Turn, rest string) (dialog.Reply, error) {
	if rest != "" && subject.Digits(rest) {
		return broadcastRelease(c, rest)
	}
	lines, err := broadcastLines(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	if !c.Is(dialog.Clerk) {
		if len(lines) == 0 {
			lines = []string{sayNoBroadcast}
		}
		return dialog.Reply{Text: dialog.Join(append(lines, sayBroadcastSecond)...)}, nil
	}
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	texts := broadcastTexts(site)
	if len(texts) == 0 {
		return dialog.Reply{Text: dialog.Join(append(lines, sayNoTexts)...)}, nil
	}
	var offers []dialogstate.Option
	for _, n := range texts[:min(len(texts), mostTexts)] {
		offers = append(offers, dialogstate.Option{Label: firstLine(site.Texts[n]), Do: "broadcast-text " + n})
	}
	return c.Offer(dialog.Join(append(lines, sayWhichText)...), offers...), nil
}

// firstLine is the beginning of a text, to tell it from others.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return dialog.FirstOf(line, 16)
}

// broadcastLines say how the broadcasts of late stand.
func broadcastLines(c *dialog.Turn) (lines []string, err error) {
	all, err := broadcasts.List(c.Scope, c.M.At)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(b broadcasts.Broadcast) bool { return b.Released == 0 })
	for _, b := range all[:min(len(all), dialog.MostListed)] {
		f, err := broadcasts.GetStats(c.Scope, b)
		if err != nil {
			return nil, err
		}
		who, err := circleName(c, b.To)
		if err != nil {
			return nil, err
		}
		lines = append(lines, fmt.Sprintf(sayBroadcastLine, dialog.ShortDay(b.Released), who), "　"+figuresLine(f))
	}
	return lines, nil
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
func circleName(c *dialog.Turn, to broadcasts.AudienceFilter) (string, error) {
	switch {
	case to.Village != "":
		v, err := person.LoadVillage(c.Tx, to.Village)
		if dialog.IsNotFound(err) {
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
func broadcastWho(c *dialog.Turn, text string) (dialog.Reply, error) {
	return c.Offer(sayToWhom,
		dialogstate.Option{Label: "一个村的人", Do: "broadcast-kind " + text + "|village"},
		dialogstate.Option{Label: "约了某一天的人", Do: "broadcast-kind " + text + "|booked"},
		dialogstate.Option{Label: "在外面某地的人", Do: "broadcast-kind " + text + "|away"},
		dialogstate.Option{Label: "想听讲堂的人", Do: "broadcast-go " + text + "|hearing|"}), nil
}

// broadcastAsk asks for the village, the day or the place; a few villages are
// offered.
func broadcastAsk(c *dialog.Turn, rest string) (dialog.Reply, error) {
	text, kind, _ := strings.Cut(rest, "|")
	own := dialogstate.Option{Label: "自己打", Do: "broadcast-to " + rest}
	said := map[string]string{"village": sayTellVillage, "booked": sayWhichBooked, "away": sayWhichPlace}[kind]
	villages, err := standingVillages(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	if kind != "village" || len(villages) > mostTexts {
		c.S.Offers = []dialogstate.Option{own}
		return dialog.Reply{Text: said}, nil
	}
	var offers []dialogstate.Option
	for _, v := range villages {
		offers = append(offers, dialogstate.Option{Label: v.Name, Do: "broadcast-go " + text + "|village|" + v.ID})
	}
	return c.Offer(sayWhichOfVillages, offers...), nil
}

func standingVillages(c *dialog.Turn) ([]person.Village, error) {
	all, err := person.Villages(c.Tx)
	return slices.DeleteFunc(all, func(v person.Village) bool { return v.MergedInto != "" }), err
}

func broadcastAgain(c *dialog.Turn, rest string) (dialog.Reply, error) { return broadcastAsk(c, rest) }

// broadcastSaid takes the village, the day or the place as typed.
func broadcastSaid(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	do := c.S.Offers[0].Do
	if answer.Command(text) != answer.None || c.Other(text) || c.Sentence(text) {
		c.S.Offers = nil
		if answer.Command(text) == answer.Cancel {
			return dialog.Reply{Text: sayNotBroadcast}, true, nil
		}
		return dialog.Reply{}, false, nil
	}
	_, rest, _ := strings.Cut(do, " ")
	name, kind, _ := strings.Cut(rest, "|")
	value, err := circleSaid(c, kind, text)
	if err != nil {
		return dialog.Reply{}, true, err
	}
	if value == "" {
		return dialog.Reply{Text: fmt.Sprintf(sayNotUnderstood, text)}, true, nil
	}
	c.S.Offers = nil
	r, err := broadcastShow(c, name+"|"+kind+"|"+value)
	return r, true, err
}

// circleSaid understands a village, a day or a place; "" when it does not.
func circleSaid(c *dialog.Turn, kind, text string) (string, error) {
	switch kind {
	case "village":
		all, err := standingVillages(c)
		for _, v := range all {
			if answer.SameWord(text, v.Name) || strings.TrimSuffix(v.Name, "村") == text {
				return v.ID, err
			}
		}
		return "", err
	case "booked":
		d := dates.Date(text, c.Today, dates.Future)
		if d.Day < c.Today {
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
func broadcastShow(c *dialog.Turn, rest string) (dialog.Reply, error) {
	f := strings.Split(rest, "|")
	if len(f) != 3 {
		return dialog.Reply{}, fmt.Errorf("offer %q: not a broadcast", rest)
	}
	var to broadcasts.AudienceFilter
	switch f[1] {
	case "village":
		to.Village = f[2]
	case "booked":
		day, err := calendar.ParseDay(f[2])
		if err != nil {
			return dialog.Reply{}, err
		}
		to.Booked = day
	case "hearing":
		to.Hearing = true
	default:
		to.Away = f[2]
	}
	b, err := broadcasts.Prepare(c.Scope, f[0], to, c.M.ID, c.M.At)
	if dialog.IsNotFound(err) || errors.Is(err, record.ErrScope) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	who, err := circleName(c, to)
	if err != nil {
		return dialog.Reply{}, err
	}
	if b.Count == 0 {
		return dialog.Reply{Text: fmt.Sprintf(sayNobodyToTell, who)}, nil
	}
	second, err := broadcasts.NeedsSecond(c.Tx, b)
	if err != nil {
		return dialog.Reply{}, err
	}
	how := sayReleaseAlone
	if second {
		how = saySecond
	}
	return dialog.Reply{Text: dialog.Join(fmt.Sprintf(sayBroadcastTo, who, b.Count), sayFirstSees, "　"+sayBroadcastPush, sayThenSees, b.Words, fmt.Sprintf(how, b.Code))}, nil
}

// broadcastRelease lets go what was prepared under a code.
func broadcastRelease(c *dialog.Turn, code string) (dialog.Reply, error) {
	b, err := broadcasts.Approve(c.Scope, code, c.M.At)
	switch {
	case dialog.IsNotFound(err):
		return dialog.Reply{Text: sayNoSuchCode}, nil
	case errors.Is(err, ops.ErrSecond):
		return dialog.Reply{Text: fmt.Sprintf(saySecond, code)}, nil
	case errors.Is(err, broadcasts.ErrEarly):
		return dialog.Reply{Text: fmt.Sprintf(sayEarly, code)}, nil
	case err != nil:
		return dialog.Reply{}, err
	}
	who, err := circleName(c, b.To)
	if err != nil {
		return dialog.Reply{}, err
	}
	at := time.Unix(b.Start, 0).In(calendar.Zone)
	day := dialog.PickWord(calendar.DayOf(at) == c.Today, "今天", "明天")
	return dialog.Reply{Text: fmt.Sprintf(sayBroadcastGoes, who, b.Count, day+strings.TrimPrefix(at.Format("15:04"), "0"))}, nil
}

// stopSending is 停发: what is not sent yet, of broadcasts and of released seats, is
// not sent.
func stopSending(c *dialog.Turn, rest string) (dialog.Reply, error) {
	all, err := broadcasts.List(c.Scope, c.M.At)
	if err != nil {
		return dialog.Reply{}, err
	}
	n, open := 0, false
	for _, b := range all {
		f, err := broadcasts.GetStats(c.Scope, b)
		if err != nil {
			return dialog.Reply{}, err
		}
		if b.Stopped != 0 || b.Released != 0 && f.Waiting+f.Owed == 0 {
			continue
		}
		stopped, err := broadcasts.StopOwn(c.Scope, b.ID, c.M.At)
		if err != nil {
			return dialog.Reply{}, err
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
	if !c.Is(dialog.Clerk) {
		return dialog.Reply{Text: dialog.PickWord(open, said, dialog.SayNothingToStop)}, nil
	}
	r, err := c.Do("release-stop " + rest)
	switch {
	case err != nil:
		return r, err
	case open && (r.Text == dialog.SayNothingToStop || r.Text == dialog.SayAllSent):
		r.Text = said
	case open:
		r.Text = dialog.Join(said, r.Text)
	}
	return r, nil
}

// myBroadcasts is 看通知: the whole text of what she was told of.
func myBroadcasts(c *dialog.Turn, _ string) (dialog.Reply, error) {
	all, err := broadcasts.Mine(c.Scope, c.M.At)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(all) == 0 {
		return dialog.Reply{Text: sayNothingTold}, nil
	}
	var lines []string
	for _, b := range all[:min(len(all), dialog.MostListed)] {
		lines = append(lines, fmt.Sprintf(sayToldOn, dialog.ShortDay(b.Released)), b.Words)
	}
	return dialog.Reply{Text: dialog.Join(lines...)}, nil
}
