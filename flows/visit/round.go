package visit

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"xintiexin/flows/dialog"
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

// roundSaid takes one message that closes lines of the day by their numbers or
// names; ok is false for other words, and for a number alone, which opens its line.
func roundSaid(c *dialog.Turn, text string) (r dialog.Reply, ok bool, err error) {
	round := c.S.Round
	if round == nil || c.M.Token != 0 || c.M.Tapped || c.M.Kind != dialog.Text || c.S.Flow != "" || !c.Who.Staff() || c.Other(text) {
		return dialog.Reply{}, false, nil
	}
	verb, draft := "", ""
	if len(c.S.Offers) > 0 {
		verb, draft, _ = strings.Cut(c.S.Offers[0].Do, " ")
	}
	list := len(c.S.Offers) > 0 && slices.Contains(round.Refs, c.S.Offers[0].Do)
	if verb == "round-save" && round.Day == c.Today {
		if r, ok, err := roundAnswered(c, text, draft); ok || err != nil {
			return r, ok, err
		}
	}
	var names []string
	if list || verb == "round-save" {
		if names, err = roundNames(c); err != nil {
			return dialog.Reply{}, false, err
		}
	}
	said, bad, heard := hearRound(inNumbers(strings.TrimPrefix(text, "改"), names, c.Today), len(round.Refs), c.Today)
	switch {
	case !heard && list && round.Day == c.Today:
		return unnumbered(c, text, names)
	case !heard:
		return dialog.Reply{}, false, nil
	case !list && verb != "round-save" && len(c.S.Offers) > 0 && len(said)+len(bad) < 2: // “1好” is said to what stands there
		return dialog.Reply{}, false, nil
	case round.Day != c.Today && !list && verb != "round-save":
		return dialog.Reply{}, false, nil
	case round.Day != c.Today:
		r, err = day(c, "")
		r.Text = dialog.Join(sayRoundOld, r.Text)
		return r, true, err
	}
	if verb == "round-save" {
		said = overlay(readDraft(draft), said)
	}
	r, err = sumRound(c, said, bad)
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
func roundAnswered(c *dialog.Turn, text, draft string) (r dialog.Reply, ok bool, err error) {
	bare := strings.TrimRight(text, " 。.,!~吧啊呀哈了哩")
	says := func(words []string) bool { return slices.Contains(words, text) || slices.Contains(words, bare) }
	switch {
	case says(roundYes):
		c.S.Offers = nil
		r, err = saveRound(c, draft)
	case says(roundNo):
		r, err = fixRound(c, draft)
	case says(roundDrop):
		c.S.Offers = nil
		r = dialog.Reply{Text: dialog.SayFine}
	default:
		return dialog.Reply{}, false, nil
	}
	return r, true, err
}

// unnumbered answers an ending without a number: where there is one line it is that
// line's, else it is asked which is meant.
func unnumbered(c *dialog.Turn, text string, names []string) (r dialog.Reply, ok bool, err error) {
	bare := strings.TrimSpace(text)
	for _, w := range []string{"全都", "全", "都"} {
		if rest, cut := strings.CutPrefix(bare, w); cut && rest != "好" && rest != "中" {
			bare = rest
			break
		}
	}
	for i, name := range names {
		if _, rest, ok := nameAt(bare, []string{name}); ok && speaks(rest, c.Today) && slices.Contains(names[:i], name) {
			return c.Show(fmt.Sprintf(sayRoundNames, name)), true, nil
		}
	}
	how, day, rest := hearEnding(bare, c.Today)
	if how == "" || strings.Trim(rest, " 。!") != "" || how == endLater && day != 0 && strings.ContainsAny(bare[:1], "0123456789") {
		return dialog.Reply{}, false, nil
	}
	if len(names) > 1 {
		return c.Show(sayRoundWhose), true, nil
	}
	r, err = sumRound(c, []closing{{1, how, day}}, nil)
	return r, true, err
}

// roundNames are the names on the lines of the round, in their order; "" of a line
// that is nobody's any more.
func roundNames(c *dialog.Turn) ([]string, error) {
	out := make([]string, len(c.S.Round.Refs))
	for i := range out {
		it, gone, err := item(c, i+1)
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
func sumRound(c *dialog.Turn, said []closing, bad []string) (dialog.Reply, error) {
	var lines, refused []string
	var good []closing
	for _, a := range said {
		line, why, err := roundLine(c, a)
		if err != nil {
			return dialog.Reply{}, err
		}
		if why != "" {
			refused = append(refused, fmt.Sprintf(sayRoundNot, a.n, why))
			continue
		}
		good, lines = append(good, a), append(lines, line)
	}
	refused = append(refused, bad...)
	if len(good) == 0 {
		return showDay(c, dialog.Join(append(refused, sayRoundHow)...)), nil
	}
	text, save := dialog.Join(append([]string{sayRoundSum}, lines...)...), labelRoundSave
	if rest := unsaid(c, said); rest > 0 {
		text = dialog.Join(text, fmt.Sprintf(sayRoundRest, rest))
	}
	if len(refused) > 0 {
		text, save = dialog.Join(append([]string{text}, refused...)...), fmt.Sprintf(labelRoundSome, len(good))
	}
	return c.Offer(text, dialogstate.Option{Label: save, Do: "round-save " + writeDraft(good)},
		dialogstate.Option{Label: labelRoundFix, Do: "round-fix " + writeDraft(good)}), nil
}

// unsaid is how many of the lines that somebody waits behind were not named.
func unsaid(c *dialog.Turn, said []closing) (n int) {
	for i, ref := range c.S.Round.Refs {
		if strings.HasPrefix(ref, "card ") || slices.ContainsFunc(said, func(a closing) bool { return a.n == i+1 }) {
			continue
		}
		n++
	}
	return n
}

// showDay puts the day's lines on offer once more.
func showDay(c *dialog.Turn, said string) dialog.Reply {
	if len(c.S.Offers) > 0 {
		return c.Show(said)
	}
	return dialog.Reply{Text: said}
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
func item(c *dialog.Turn, n int) (it roundItem, gone bool, err error) {
	if c.S.Round == nil || n < 1 || n > len(c.S.Round.Refs) {
		return it, true, nil
	}
	it.ref = c.S.Round.Refs[n-1]
	verb, ref, _ := strings.Cut(it.ref, " ")
	resident, id, _ := strings.Cut(ref, "/")
	switch verb {
	case "due":
		if it.follow, err = visits.FollowUp(c.Scope, resident, id); err == nil {
			it.her, err = c.Scope.Resident(resident)
		}
		it.name, gone = it.her.Name, it.follow.Closed != nil
	case "ask":
		it.asked, err = requests.OfResident(c.Scope, resident, id)
		it.name, gone = it.asked.Name, it.asked.Closed != nil
	case "card":
		it.booked = true
	default:
		return it, true, nil
	}
	if dialog.IsNotFound(err) {
		return it, true, nil
	}
	return it, gone, err
}

// roundLine says what a closing would keep (“高霞 今天上门，都好”), or why it cannot be.
func roundLine(c *dialog.Turn, a closing) (line, why string, err error) {
	it, gone, err := item(c, a.n)
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
	case it.asked.ID != "" && it.asked.Holder != "" && it.asked.Holder != c.Who.Cadre.ID && !slices.Contains(c.Scope.DelegatedBy(), it.asked.Holder) && (a.how == endDone || a.how == endUnwanted):
		return "", sayRoundTaken, nil
	case visit && a.how == endWell:
		agreed, err := consent.Get(c.Scope, it.her.ID, purpose.VisitRecord)
		if err != nil || !agreed.Given() {
			return "", fmt.Sprintf(sayRoundAsk, it.name), err
		}
		line := fmt.Sprintf(sayRoundWell, it.name)
		if next := nextVisit(c, it.follow); next != 0 {
			line = dialog.Join(line, fmt.Sprintf(sayRoundNext, next.ChineseLunar()))
		}
		return line, "", nil
	}
	return fmt.Sprintf(roundWords(it, a.how, visit), it.name, cmp.Or(c.Until(a.day), "明天")), "", nil
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
func nextVisit(c *dialog.Turn, f followups.FollowUp) calendar.Day {
	if f.Plan != "" {
		return 0
	}
	days, err := strconv.Atoi(c.T.Flow("visit").Form.Settings["next_days"])
	if err != nil || days <= 0 {
		return 0
	}
	return c.Today + calendar.Day(days)
}

// saveRound keeps all lines of a round at once, to be taken back at once. When one
// of them changed meanwhile nothing is kept.
func saveRound(c *dialog.Turn, draft string) (dialog.Reply, error) {
	all := readDraft(draft)
	if c.S.Round == nil || c.S.Round.Day != c.Today || len(all) == 0 {
		return c.Menu(sayRoundOver)
	}
	items := make([]roundItem, len(all))
	for i, a := range all {
		_, why, err := roundLine(c, a)
		if err != nil {
			return dialog.Reply{}, err
		}
		it, gone, err := item(c, a.n)
		if err != nil {
			return dialog.Reply{}, err
		}
		if gone || why != "" {
			rest := slices.Delete(slices.Clone(all), i, i+1)
			r, err := sumRound(c, rest, nil)
			r.Text = dialog.Join(fmt.Sprintf(sayRoundMoved, a.n, cmp.Or(why, sayRoundGone)), r.Text)
			return r, err
		}
		items[i] = it
	}
	var later []string
	u, err := c.Tx.Save(func() error {
		later = nil
		for i, a := range all {
			if err := closeLine(c, items[i], a); err != nil {
				return err
			}
			if a.how == endNotMet || a.how == endLater {
				later = append(later, items[i].name)
			}
		}
		return nil
	})
	if err != nil {
		return dialog.Reply{}, err
	}
	c.S.Round = nil
	u.Until, u.What = c.M.At.Add(record.UndoTime).Unix(), fmt.Sprintf(sayRoundTitle, len(all))
	said := dialog.SaySaved
	if len(later) > 0 {
		said = dialog.Join(said, fmt.Sprintf(sayRoundStay, strings.Join(later[:min(len(later), 4)], "、")))
	}
	return dialog.Reply{Text: said}, c.Tx.PutUndo(c.M.From, u)
}

// closeLine does what one closing means.
func closeLine(c *dialog.Turn, it roundItem, a closing) error {
	if it.asked.ID != "" {
		switch a.how {
		case endDone, endUnwanted:
			_, err := requests.EndRequest(c.Scope, it.asked.Resident, it.asked.ID, string(a.how), c.M.At)
			return err
		}
		return nil // it has its day already: it stays until it is answered
	}
	f := it.follow
	next := max(c.Today+1, a.day)
	if f.Kind == "back" && (a.how == endNotMet || a.how == endLater) {
		return nil // its day is the one on which she came home
	}
	switch a.how {
	case endWell:
		if f.Kind == "visit" {
			return visitedWell(c, f)
		}
		return visits.CloseFollowUp(c.Scope, f, "done", c.M.At)
	case endDone:
		return visits.CloseFollowUp(c.Scope, f, "done", c.M.At)
	case endUnwanted:
		return visits.CloseFollowUp(c.Scope, f, "unwanted", c.M.At)
	case endNotMet:
		return visits.Attempted(c.Scope, f, c.Today, next)
	}
	return visits.Postpone(c.Scope, f, next)
}

// visitedWell keeps the visit that was agreed on as made, and agrees on the next.
func visitedWell(c *dialog.Turn, f followups.FollowUp) error {
	v := visits.Visit{Resident: f.Resident, Day: c.Today, Way: "home", Kind: "followup", Finding: "well", Next: nextVisit(c, f), At: c.M.At.Unix()}
	v, err := visits.Add(c.Scope, v, c.M.ID+"/"+f.ID)
	if err != nil {
		return err
	}
	if f, err = visits.FollowUp(c.Scope, f.Resident, f.ID); err != nil { // the visit may have closed it
		return err
	}
	if f.Closed == nil {
		if err := visits.CloseFollowUp(c.Scope, f, "done", c.M.At); err != nil {
			return err
		}
	}
	if v.Next == 0 {
		return nil
	}
	next, err := visits.AddFollowUp(c.Scope, followups.FollowUp{Resident: f.Resident, Kind: "visit", Due: v.Next, From: v.ID, Asked: v.Day,
		Contact: f.Contact}, c.M.ID+"/"+f.ID+"/next")
	if err != nil {
		return err
	}
	return remind(c, next)
}

// fixRound asks which line is otherwise.
func fixRound(c *dialog.Turn, draft string) (dialog.Reply, error) {
	if c.S.Round == nil {
		return c.Menu(dialog.SayGone)
	}
	return c.Offer(sayRoundWhere, dialogstate.Option{Label: labelRoundSave, Do: "round-save " + draft}, dialogstate.Option{Label: labelRoundDrop, Do: "none"}), nil
}
