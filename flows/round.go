package flows

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/followups"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/visits"
)

// closing is how one line of the day ended, as it was said.
type closing struct {
	n   int // which of those shown, from 1
	how ending
	day calendar.Day // for another day
}

// ending is what becomes of a line.
type ending string

const (
	endWell     ending = "well"     // she was met, all is well
	endDone     ending = "done"     // it was done, she has her answer
	endNotMet   ending = "notmet"   // nobody was met: tomorrow again
	endLater    ending = "later"    // not today
	endUnwanted ending = "unwanted" // she wants it no more
)

// endings are the words for each, dialect too; of two that begin alike the longer
// is meant.
// nothing changes it.
var endings = map[ending][]string{
	endWell:     {"都好", "好", "挺好", "很好", "好着哩", "好着呢", "没事", "没啥事", "都中", "中", "管", "去了都好", "见了都好", "人都好"},
	endDone:     {"办了", "办完", "办好", "办成", "说了", "给她说", "给他说", "跟她说", "跟他说", "和她说", "回话", "回过话", "回了", "告诉她", "告诉他", "弄好", "弄完", "弄了", "行了", "好了", "完了", "做了", "送到", "送去", "送了", "给了", "问了"},
	endNotMet:   {"没见到", "没见着", "没见", "没搁家", "没在家", "不在家", "没有人", "没人", "不搁家", "没碰到", "没碰着", "没找着", "没找到", "锁着门", "锁门"},
	endLater:    {"今天不去", "今天没去", "没去", "不去", "没顾上", "没空", "没来得及", "改天", "明天再说", "明天再去", "赶明再说"},
	endUnwanted: {"不用", "不要", "不用办", "不想办", "不用去", "她说不用", "不需要"},
}

// endingTails may stand behind an ending.
const endingTails = "了 哩 呢 啦 的 吧 哈 呀 啊 完 过 她 他 一声 话"

// hearRound understands “1都好 2办了 3没见到 4明天”, glued too, and “1、2都好”. max is how
// many lines there are. bad is every part that is not understood, in the words it
// was said in; heard is false for a text that is no round at all. A line is closed
// only by its own number.
func hearRound(text string, max int, today calendar.Day) (out []closing, bad []string, heard bool) {
	text = strings.Trim(answer.Fold(text), " ")
	if _, _, ok := lineNumber(text); !ok {
		return nil, nil, false
	}
	rest := text
	var open []int // numbers said without an ending: the next one's is theirs
	glued := 0     // where the first of them stands
	for rest != "" {
		n, after, ok := lineNumber(rest)
		if !ok {
			end := nextPart(rest)
			bad, rest = append(bad, strings.Trim(rest[:end], " ,、;。")), strings.TrimLeft(rest[end:], " ,、;。")
			continue
		}
		if len(open) == 0 {
			glued = len(text) - len(rest)
		}
		open = append(open, n)
		if after == "" {
			bad, open, rest = append(bad, strings.TrimSpace(text[glued:])), nil, ""
			break
		}
		if _, _, again := lineNumber(strings.TrimLeft(after, " ,、和跟")); again && strings.TrimLeft(after, " ,、和跟") != after {
			rest = strings.TrimLeft(after, " ,、和跟")
			continue
		}
		how, day, left := hearEnding(after, today)
		if how == "" {
			end := nextPart(after)
			bad = append(bad, strings.TrimSpace(text[glued:len(text)-len(after)+end]))
			open, rest = nil, strings.TrimLeft(after[end:], " ,、;。")
			continue
		}
		for _, n := range open {
			out = append(out, closing{n, how, day})
		}
		open, heard, rest = nil, true, strings.TrimLeft(left, " ,、;。!")
	}
	for i, b := range bad {
		bad[i] = fmt.Sprintf(sayRoundUnclear, short(b, 16))
	}
	return beyondDoubt(out, max), append(bad, doubtful(out, max)...), heard
}

// doubtful says of the numbers that there are not, and of those of which two things
// were said, that nothing is done.
func doubtful(all []closing, max int) (said []string) {
	for i, a := range all {
		if slices.ContainsFunc(all[:i], func(b closing) bool { return a.n == b.n }) {
			continue
		}
		switch {
		case a.n < 1 || a.n > max:
			said = append(said, fmt.Sprintf(sayRoundNoLine, a.n))
		case a.differs(all):
			said = append(said, fmt.Sprintf(sayRoundTwice, a.n))
		}
	}
	return said
}

// differs reports whether something else is said of the same line.
func (a closing) differs(all []closing) bool {
	return slices.ContainsFunc(all, func(b closing) bool { return a.n == b.n && (a.how != b.how || a.day != b.day) })
}

// beyondDoubt leaves the lines that one thing was said of, in their order.
func beyondDoubt(all []closing, max int) []closing {
	var out []closing
	for _, a := range all {
		if a.n >= 1 && a.n <= max && !a.differs(all) && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b closing) int { return a.n - b.n })
	return out
}

// lineNumber reads the number of a line at the head of s: 1, ①, 第1件.
func lineNumber(s string) (n int, rest string, ok bool) {
	s = strings.TrimPrefix(s, "第")
	i := 0
	for i < len(s) && i < 3 && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i > 0 && i < 3 {
		n, _ = strconv.Atoi(s[:i])
		rest = s[i:]
	} else if at := strings.IndexRune("①②③④⑤⑥⑦⑧⑨⑩", []rune(s + " ")[0]); at >= 0 {
		n, rest = at/len("①")+1, s[len("①"):]
	} else {
		return 0, s, false
	}
	for _, w := range []string{"件", "个", "位"} {
		rest = strings.TrimPrefix(rest, w)
	}
	if strings.HasPrefix(rest, "组") || strings.HasPrefix(rest, "月") || strings.HasPrefix(rest, "号") || strings.HasPrefix(rest, "点") {
		return 0, s, false
	}
	return n, strings.TrimLeft(rest, ".:"), true
}

// hearEnding reads an ending at the head of s: one of its words, or a day.
func hearEnding(s string, today calendar.Day) (how ending, day calendar.Day, rest string) {
	s = strings.TrimLeft(s, " :.、")
	if rest, ok := strings.CutPrefix(s, "都"); ok && !strings.HasPrefix(rest, "好") && !strings.HasPrefix(rest, "中") {
		s = rest // “都办了”
	}
	best := ""
	for h, words := range endings {
		for _, w := range words {
			if strings.HasPrefix(s, w) && len(w) > len(best) {
				how, best = h, w
			}
		}
	}
	if how != "" {
		rest = s[len(best):]
		for again := true; again; {
			again = false
			for _, t := range strings.Fields(endingTails) {
				if cut, ok := strings.CutPrefix(rest, t); ok {
					rest, again = cut, true
				}
			}
		}
		if !partEnds(rest) {
			return "", 0, s
		}
		return how, 0, rest
	}
	// A day goes on to the next blank: “4 12月10号 5都好”. Glued it ends where the next
	// line's number begins: “4赶明儿5好”.
	for _, end := range []int{blank(s), nextPart(s)} {
		said := strings.TrimLeft(strings.TrimLeft(s[:end], "改到约"), " ")
		d := answer.Date(said, today, answer.Future)
		if len(d.Alternatives) == 1 { // 赶明儿: the summary says the day
			d.Day = d.Alternatives[0]
		}
		if d.Day > today && d.Day <= today+92 {
			return endLater, d.Day, s[end:]
		}
	}
	return "", 0, s
}

// partEnds reports whether s begins behind one part of a round.
func partEnds(s string) bool {
	if s == "" || strings.ContainsAny(s[:1], " ,;!") || strings.HasPrefix(s, "、") || strings.HasPrefix(s, "。") {
		return true
	}
	_, _, ok := lineNumber(s)
	return ok
}

// nextPart is where the next part may begin in s: at a blank, or at a number.
func nextPart(s string) int {
	for i := range s {
		if i == 0 {
			continue
		}
		if strings.HasPrefix(s[i:], " ") || strings.HasPrefix(s[i:], ",") || strings.HasPrefix(s[i:], "、") || strings.HasPrefix(s[i:], ";") {
			return i
		}
		if s[i] >= '0' && s[i] <= '9' && (s[i-1] < '0' || s[i-1] > '9') {
			return i
		}
	}
	return len(s)
}

func blank(s string) int {
	if i := strings.IndexAny(s, " ,;"); i > 0 {
		return i
	}
	return len(s)
}

// roundSaid takes one message that closes lines of the day by their numbers or
// names; ok is false for other words, and for a number alone, which opens its line.
func (c *chat) roundSaid(text string) (r Reply, ok bool, err error) {
	round := c.s.Round
	if round == nil || c.m.Token != 0 || c.m.Tapped || c.m.Kind != Text || c.s.Flow != "" || !c.who.Staff() || c.other(text) {
		return Reply{}, false, nil
	}
	verb, draft := "", ""
	if len(c.s.Offers) > 0 {
		verb, draft, _ = strings.Cut(c.s.Offers[0].Do, " ")
	}
	list := len(c.s.Offers) > 0 && slices.Contains(round.Refs, c.s.Offers[0].Do)
	if verb == "round-save" && round.Day == c.today {
		if r, ok, err := c.roundAnswered(text, draft); ok || err != nil {
			return r, ok, err
		}
	}
	var names []string
	if list || verb == "round-save" {
		if names, err = c.roundNames(); err != nil {
			return Reply{}, false, err
		}
	}
	said, bad, heard := hearRound(inNumbers(strings.TrimPrefix(text, "改"), names, c.today), len(round.Refs), c.today)
	switch {
	case !heard && list && round.Day == c.today:
		return c.unnumbered(text, names)
	case !heard:
		return Reply{}, false, nil
	case !list && verb != "round-save" && len(c.s.Offers) > 0 && len(said)+len(bad) < 2: // “1好” is said to what stands there
		return Reply{}, false, nil
	case round.Day != c.today && !list && verb != "round-save":
		return Reply{}, false, nil
	case round.Day != c.today:
		r, err = c.day("")
		r.Text = join(sayRoundOld, r.Text)
		return r, true, err
	}
	if verb == "round-save" {
		said = overlay(readDraft(draft), said)
	}
	r, err = c.sumRound(said, bad)
	return r, true, err
}

// What is said to a summary that stands there, beside its labels.
// nothing changes them.
var (
	roundYes  = []string{"存", "保存", "对", "对的", "是", "是的", "好", "行", "中", "管", "嗯", "可以", "没错", "都对", "没问题", "存吧", "都存了"}
	roundNo   = []string{"不对", "错了", "有错", "不是", "改", "改改", "记错了"}
	roundDrop = []string{"不存", "都不存", "算了", "不要了", "取消", "别存"}
)

// roundAnswered takes a yes or a no to the summary in other words than its labels.
func (c *chat) roundAnswered(text, draft string) (r Reply, ok bool, err error) {
	bare := strings.TrimRight(text, " 。.,!~吧啊呀哈了哩")
	says := func(words []string) bool { return slices.Contains(words, text) || slices.Contains(words, bare) }
	switch {
	case says(roundYes):
		c.s.Offers = nil
		r, err = c.saveRound(draft)
	case says(roundNo):
		r, err = c.fixRound(draft)
	case says(roundDrop):
		c.s.Offers = nil
		r = Reply{Text: sayFine}
	default:
		return Reply{}, false, nil
	}
	return r, true, err
}

// unnumbered answers an ending without a number: where there is one line it is that
// line's, else it is asked which is meant.
func (c *chat) unnumbered(text string, names []string) (r Reply, ok bool, err error) {
	bare := strings.TrimSpace(text)
	for _, w := range []string{"全都", "全", "都"} {
		if rest, cut := strings.CutPrefix(bare, w); cut && rest != "好" && rest != "中" {
			bare = rest
			break
		}
	}
	for i, name := range names {
		if _, rest, ok := nameAt(bare, []string{name}); ok && speaks(rest, c.today) && slices.Contains(names[:i], name) {
			return c.show(fmt.Sprintf(sayRoundNames, name)), true, nil
		}
	}
	how, day, rest := hearEnding(bare, c.today)
	if how == "" || strings.Trim(rest, " 。!") != "" || how == endLater && day != 0 && strings.ContainsAny(bare[:1], "0123456789") {
		return Reply{}, false, nil
	}
	if len(names) > 1 {
		return c.show(sayRoundWhose), true, nil
	}
	r, err = c.sumRound([]closing{{1, how, day}}, nil)
	return r, true, err
}

// roundNames are the names on the lines of the round, in their order; "" of a line
// that is nobody's any more.
func (c *chat) roundNames() ([]string, error) {
	out := make([]string, len(c.s.Round.Refs))
	for i := range out {
		it, gone, err := c.item(i + 1)
		if err != nil {
			return nil, err
		}
		if !gone {
			out[i] = it.name
		}
	}
	return out, nil
}

// overlay puts what is said now over what was said before.
func overlay(before, now []closing) []closing {
	out := slices.DeleteFunc(slices.Clone(before), func(a closing) bool {
		return slices.ContainsFunc(now, func(b closing) bool { return a.n == b.n })
	})
	out = append(out, now...)
	slices.SortStableFunc(out, func(a, b closing) int { return a.n - b.n })
	return out
}

// writeDraft and readDraft carry what was said in the words of an offer.
func writeDraft(all []closing) string {
	var parts []string
	for _, a := range all {
		parts = append(parts, fmt.Sprintf("%d:%s:%d", a.n, a.how, a.day))
	}
	return strings.Join(parts, " ")
}

func readDraft(s string) (out []closing) {
	for _, p := range strings.Fields(s) {
		f := strings.SplitN(p, ":", 3)
		if len(f) != 3 {
			return nil
		}
		n, _ := strconv.Atoi(f[0])
		day, _ := strconv.Atoi(f[2])
		out = append(out, closing{n, ending(f[1]), calendar.Day(day)})
	}
	return out
}

// sumRound says what will be kept of each line that was named; what cannot be is
// said beside it, and nothing is kept yet.
func (c *chat) sumRound(said []closing, bad []string) (Reply, error) {
	var lines, refused []string
	var good []closing
	for _, a := range said {
		line, why, err := c.roundLine(a)
		if err != nil {
			return Reply{}, err
		}
		if why != "" {
			refused = append(refused, fmt.Sprintf(sayRoundNot, a.n, why))
			continue
		}
		good, lines = append(good, a), append(lines, line)
	}
	refused = append(refused, bad...)
	if len(good) == 0 {
		return c.showDay(join(append(refused, sayRoundHow)...)), nil
	}
	text, save := join(append([]string{sayRoundSum}, lines...)...), labelRoundSave
	if rest := c.unsaid(said); rest > 0 {
		text = join(text, fmt.Sprintf(sayRoundRest, rest))
	}
	if len(refused) > 0 {
		text, save = join(append([]string{text}, refused...)...), fmt.Sprintf(labelRoundSome, len(good))
	}
	return c.offer(text, dialogstate.Option{Label: save, Do: "round-save " + writeDraft(good)},
		dialogstate.Option{Label: labelRoundFix, Do: "round-fix " + writeDraft(good)}), nil
}

// unsaid is how many of the lines that somebody waits behind were not named.
func (c *chat) unsaid(said []closing) (n int) {
	for i, ref := range c.s.Round.Refs {
		if strings.HasPrefix(ref, "card ") || slices.ContainsFunc(said, func(a closing) bool { return a.n == i+1 }) {
			continue
		}
		n++
	}
	return n
}

// showDay puts the day's lines on offer once more.
func (c *chat) showDay(said string) Reply {
	if len(c.s.Offers) > 0 {
		return c.show(said)
	}
	return Reply{Text: said}
}

func short(s string, max int) string {
	if r := []rune(s); len(r) > max {
		return string(r[:max]) + "…"
	}
	return s
}

// roundItem is one line of the day, read again.
type roundItem struct {
	ref    string
	follow followups.FollowUp
	asked  requests.RequestView
	her    person.Resident
	name   string
	booked bool // told alone: somebody's number of today or tomorrow
}

// item reads the line of a number; gone is true when it has ended meanwhile, or
// can no longer be seen.
func (c *chat) item(n int) (it roundItem, gone bool, err error) {
	if c.s.Round == nil || n < 1 || n > len(c.s.Round.Refs) {
		return it, true, nil
	}
	it.ref = c.s.Round.Refs[n-1]
	verb, ref, _ := strings.Cut(it.ref, " ")
	resident, id, _ := strings.Cut(ref, "/")
	switch verb {
	case "due":
		if it.follow, err = visits.FollowUp(c.scope, resident, id); err == nil {
			it.her, err = c.scope.Resident(resident)
		}
		it.name, gone = it.her.Name, it.follow.Closed != nil
	case "ask":
		it.asked, err = requests.OfResident(c.scope, resident, id)
		it.name, gone = it.asked.Name, it.asked.Closed != nil
	case "card":
		it.booked = true
	default:
		return it, true, nil
	}
	if isNotFound(err) {
		return it, true, nil
	}
	return it, gone, err
}

// roundLine says what a closing would keep (“高霞 今天上门，都好”), or why it cannot be.
func (c *chat) roundLine(a closing) (line, why string, err error) {
	it, gone, err := c.item(a.n)
	if err != nil {
		return "", "", err
	}
	if gone {
		return "", sayRoundGone, nil
	}
	visit := it.follow.Kind == "visit"
	switch {
	case it.booked:
		return "", sayRoundBooked, nil
	case it.follow.Kind == "consent" && (a.how == endWell || a.how == endDone || a.how == endUnwanted):
		return "", fmt.Sprintf(sayRoundOpen, it.name), nil
	case it.asked.ID != "" && a.how == endWell, it.follow.ID != "" && !visit && it.follow.Kind != "back" && a.how == endWell:
		return "", fmt.Sprintf(sayRoundWhich, it.name), nil
	case it.asked.ID != "" && it.asked.Holder != "" && it.asked.Holder != c.who.Cadre.ID && !slices.Contains(c.scope.DelegatedBy(), it.asked.Holder) && (a.how == endDone || a.how == endUnwanted):
		return "", sayRoundTaken, nil
	case visit && a.how == endWell:
		agreed, err := consent.Get(c.scope, it.her.ID, purpose.VisitRecord)
		if err != nil || !agreed.Given() {
			return "", fmt.Sprintf(sayRoundAsk, it.name), err
		}
		line := fmt.Sprintf(sayRoundWell, it.name)
		if next := c.nextVisit(it.follow); next != 0 {
			line = join(line, fmt.Sprintf(sayRoundNext, next.ChineseLunar()))
		}
		return line, "", nil
	}
	return fmt.Sprintf(roundWords(it, a.how, visit), it.name, cmp.Or(c.until(a.day), "明天")), "", nil
}

// roundWords are the words of a line for its ending; the second verb is the day on
// which it stands there again.
func roundWords(it roundItem, how ending, visit bool) string {
	switch {
	case how == endDone && visit:
		return sayRoundVisited
	case it.follow.Kind == "back" && (how == endDone || how == endWell):
		return sayRoundBack
	case how == endDone:
		return sayRoundDone
	case how == endUnwanted:
		return sayRoundUnwanted
	case it.asked.ID != "" || it.follow.Kind == "back":
		return sayRoundRests
	case how == endNotMet:
		return sayRoundNotMet
	}
	return sayRoundLater
}

// nextVisit is the day that the visit's form would propose, 0 when it proposes none:
// a care plan has days of its own.
func (c *chat) nextVisit(f followups.FollowUp) calendar.Day {
	if f.Plan != "" {
		return 0
	}
	days, err := strconv.Atoi(c.t.flow("visit").form.Settings["next_days"])
	if err != nil || days <= 0 {
		return 0
	}
	return c.today + calendar.Day(days)
}

// saveRound keeps all lines of a round at once, to be taken back at once. When one
// of them changed meanwhile nothing is kept.
func (c *chat) saveRound(draft string) (Reply, error) {
	all := readDraft(draft)
	if c.s.Round == nil || c.s.Round.Day != c.today || len(all) == 0 {
		return c.menu(sayRoundOver)
	}
	items := make([]roundItem, len(all))
	for i, a := range all {
		_, why, err := c.roundLine(a)
		if err != nil {
			return Reply{}, err
		}
		it, gone, err := c.item(a.n)
		if err != nil {
			return Reply{}, err
		}
		if gone || why != "" {
			rest := slices.Delete(slices.Clone(all), i, i+1)
			r, err := c.sumRound(rest, nil)
			r.Text = join(fmt.Sprintf(sayRoundMoved, a.n, cmp.Or(why, sayRoundGone)), r.Text)
			return r, err
		}
		items[i] = it
	}
	var later []string
	u, err := c.tx.Save(func() error {
		later = nil
		for i, a := range all {
			if err := c.closeLine(items[i], a); err != nil {
				return err
			}
			if a.how == endNotMet || a.how == endLater {
				later = append(later, items[i].name)
			}
		}
		return nil
	})
	if err != nil {
		return Reply{}, err
	}
	c.s.Round = nil
	u.Until, u.What = c.m.At.Add(record.UndoTime).Unix(), fmt.Sprintf(sayRoundTitle, len(all))
	said := saySaved
	if len(later) > 0 {
		said = join(said, fmt.Sprintf(sayRoundStay, strings.Join(later[:min(len(later), 4)], "、")))
	}
	return Reply{Text: said}, c.tx.PutUndo(c.m.From, u)
}

// closeLine does what one closing means.
func (c *chat) closeLine(it roundItem, a closing) error {
	if it.asked.ID != "" {
		switch a.how {
		case endDone, endUnwanted:
			_, err := requests.EndRequest(c.scope, it.asked.Resident, it.asked.ID, string(a.how), c.m.At)
			return err
		}
		return nil // it has its day already: it stays until it is answered
	}
	f := it.follow
	next := max(c.today+1, a.day)
	if f.Kind == "back" && (a.how == endNotMet || a.how == endLater) {
		return nil // its day is the one on which she came home
	}
	switch a.how {
	case endWell:
		if f.Kind == "visit" {
			return c.visitedWell(f)
		}
		return visits.CloseFollowUp(c.scope, f, "done", c.m.At)
	case endDone:
		return visits.CloseFollowUp(c.scope, f, "done", c.m.At)
	case endUnwanted:
		return visits.CloseFollowUp(c.scope, f, "unwanted", c.m.At)
	case endNotMet:
		return visits.Attempted(c.scope, f, c.today, next)
	}
	return visits.Postpone(c.scope, f, next)
}

// visitedWell keeps the visit that was agreed on as made, and agrees on the next.
func (c *chat) visitedWell(f followups.FollowUp) error {
	v := visits.Visit{Resident: f.Resident, Day: c.today, Way: "home", Kind: "followup", Finding: "well", Next: c.nextVisit(f), At: c.m.At.Unix()}
	v, err := visits.Add(c.scope, v, c.m.ID+"/"+f.ID)
	if err != nil {
		return err
	}
	if f, err = visits.FollowUp(c.scope, f.Resident, f.ID); err != nil { // the visit may have closed it
		return err
	}
	if f.Closed == nil {
		if err := visits.CloseFollowUp(c.scope, f, "done", c.m.At); err != nil {
			return err
		}
	}
	if v.Next == 0 {
		return nil
	}
	next, err := visits.AddFollowUp(c.scope, followups.FollowUp{Resident: f.Resident, Kind: "visit", Due: v.Next, From: v.ID, Asked: v.Day,
		Contact: f.Contact}, c.m.ID+"/"+f.ID+"/next")
	if err != nil {
		return err
	}
	return c.remind(next)
}

// fixRound asks which line is otherwise.
func (c *chat) fixRound(draft string) (Reply, error) {
	if c.s.Round == nil {
		return c.menu(sayGone)
	}
	return c.offer(sayRoundWhere, dialogstate.Option{Label: labelRoundSave, Do: "round-save " + draft}, dialogstate.Option{Label: labelRoundDrop, Do: "none"}), nil
}
