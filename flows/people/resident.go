package people

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dialog"
	"xintiexin/flows/subject"
	"xintiexin/flows/understand"
	"xintiexin/storage/access"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	"xintiexin/storage/events"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/questions"
	"xintiexin/storage/record"
)

// ownWords answers the words by which a resident decides about what is kept of
// her: at once and in every state, also where her WeChat is a cadre's too.
func ownWords(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	if len(c.Who.Residents) == 0 && c.Who.Staff() {
		return dialog.Reply{}, false, nil
	}
	do := map[string]func(*dialog.Turn) (dialog.Reply, error){"看": mine, "改天": otherDaySaid, "退订": unsubscribe, "别记了": withdrawAll,
		"撤回同意": withdraw, "来": coming, "知道了": coming, "我的资料": data, "谁看过我": data,
		"接着发": resumePushes, "都删掉": erase}
	if text == "t" {
		text = "退订"
	}
	for word, act := range do {
		if text == word || len([]rune(word)) > 1 && answer.SameWord(text, word) {
			r, err := act(c)
			return r, true, err
		}
	}
	return rightMeant(c, text)
}

// coming answers a word to a reminder: nothing has to be kept of it.
func coming(c *dialog.Turn) (dialog.Reply, error) { return dialog.Reply{Text: sayComing}, nil }

// mine tells a resident what waits for her: a paper, which asks at once how it
// goes its way, her bookings, and what is agreed on with her.
func mine(c *dialog.Turn) (dialog.Reply, error) {
	if r, ok, err := dialog.Look(c); ok || err != nil {
		return r, err
	}
	if c.Who.Staff() {
		return dialog.Reply{Text: dialog.SayNothingNew}, nil
	}
	return c.Menu(dialog.SayNothingNew)
}

// kept tells a resident what she agreed to and what is kept of her being away.
func kept(c *dialog.Turn, r person.Resident) ([]string, error) {
	var lines []string
	for set, what := range map[purpose.Purpose]string{purpose.VisitRecord: sayConsentC0, purpose.Migration: sayConsentC3} {
		agreed, err := consent.Load(c.Tx, r.ID, set)
		if err != nil {
			return nil, err
		}
		if agreed.Given() {
			lines = append(lines, fmt.Sprintf(sayMineConsent, r.Name, what))
		}
	}
	slices.Sort(lines)
	a, err := migration.OwnOpen(c.Tx, c.Who, r.ID)
	if err != nil {
		return nil, err
	}
	if a.ID != "" {
		lines = append(lines, fmt.Sprintf(sayMineAway, r.Name, a.Place, a.Expected))
	}
	return lines, nil
}

// otherDaySaid is 改天: of a visit that is agreed on, or else of what she has booked.
func otherDaySaid(c *dialog.Turn) (dialog.Reply, error) {
	if r, ok, err := dialog.MoveFirst(c); ok || err != nil {
		return r, err
	}
	return dialog.Reply{Text: dialog.SayNothingNew}, nil
}

// data sends the link to the page where she sees all that is kept of her, and who
// has looked.
func data(c *dialog.Turn) (dialog.Reply, error) {
	family, err := c.Family()
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(family) == 0 {
		return c.Menu(dialog.SayNothingKept)
	}
	var r dialog.Reply
	for _, one := range family {
		token, err := access.NewLink(c.Scope, "mine", one.ID, "", c.M.ID+one.ID, c.M.At)
		if err != nil {
			return dialog.Reply{}, err
		}
		label := sayMineLink
		if len(family) > 1 {
			label = one.Name + "：" + label
		}
		r.Links = append(r.Links, dialog.Link{Label: label, Path: "/p/" + token})
	}
	return r, nil
}

// unsubscribe stops everything that would be sent, at once, and then asks once
// what is to become of what is kept.
func unsubscribe(c *dialog.Turn) (dialog.Reply, error) {
	if err := questions.StopAll(c.Tx, c.M.From, c.M.At); err != nil { // who asked without a name is written to no more
		return dialog.Reply{}, err
	}
	family, err := c.Family()
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(family) == 0 {
		return c.Menu(dialog.SayNothingKept)
	}
	for _, r := range family {
		if err := outbox.DropDeliveries(c.Tx, "r:"+r.ID, "", "unsubscribed", c.M.At); err != nil {
			return dialog.Reply{}, err
		}
		if err := person.StopPushes(c.Tx, r.ID); err != nil {
			return dialog.Reply{}, err
		}
	}
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, err
	}
	return c.Offer(sayKeepOrErase, dialogstate.Option{Label: labelKeep, Do: "keep"},
		dialogstate.Option{Label: labelErase, Do: "erase"}, dialogstate.Option{Label: labelResume, Do: "resubscribe"}), nil
}

// resumePushes takes an unsubscribing back.
func resumePushes(c *dialog.Turn) (dialog.Reply, error) {
	for _, id := range c.Who.Residents {
		if err := enrolment.ResumePushes(c.Scope, id); err != nil && !dialog.IsNotFound(err) {
			return dialog.Reply{}, err
		}
	}
	return dialog.Reply{Text: sayResumedPush}, nil
}

// erase asks before everything of hers is deleted; an open booking is named.
func erase(c *dialog.Turn) (dialog.Reply, error) {
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, err
	}
	return dialog.OfFamily(c, eraseOne, sayEraseWhom, "eraseone", dialogstate.Option{Label: labelEraseNot, Do: "none"})
}

func eraseOne(c *dialog.Turn, id string) (dialog.Reply, error) {
	r, err := c.Scope.Mine(id)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayNothingKept)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	said, err := givesUp(c, id)
	if err != nil {
		return dialog.Reply{}, err
	}
	seats, err := events.SeatsOf(c.Scope, id, c.Today)
	if err != nil {
		return dialog.Reply{}, err
	}
	for _, seat := range seats {
		said = dialog.Join(said, fmt.Sprintf(sayEraseSeat, seat.Day.Chinese()))
	}
	said = cmp.Or(said, sayEraseFree)
	return c.Offer(dialog.Join(fmt.Sprintf(sayEraseAsk, r.Name), said, sayEraseTail),
		dialogstate.Option{Label: labelEraseNow, Do: "erasenow " + id}, dialogstate.Option{Label: labelEraseNot, Do: "none"}), nil
}

// givesUp names the open bookings of some of her family, which go with what is about
// to be ended; "" without any.
func givesUp(c *dialog.Turn, ids ...string) (said string, err error) {
	for _, id := range ids {
		booked, err := bookings.List(c.Scope, id, 20)
		if err != nil && !dialog.IsNotFound(err) {
			return "", err
		}
		for _, a := range booked {
			if line := fmt.Sprintf(sayEraseBooked, a.Day.Chinese(), dialog.ClockWord(a.Time)); a.State == bookings.Expected && !strings.Contains(said, line) {
				said = dialog.Join(said, line)
			}
		}
	}
	return said, nil
}

// eraseNow deletes: from now on nobody sees her, and the night's job clears up.
func eraseNow(c *dialog.Turn, id string) (dialog.Reply, error) {
	r, err := c.Scope.Mine(id)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayNothingKept)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	known, err := erasure.Known(c.Tx, r)
	if err != nil {
		return dialog.Reply{}, err
	}
	if err := erasure.Erase(c.Tx, id, c.M.At); err != nil {
		return dialog.Reply{}, err
	}
	if err := c.WhoNow(); err != nil {
		return dialog.Reply{}, err
	}
	rest, err := c.Family()
	if err != nil {
		return dialog.Reply{}, err
	}
	said := fmt.Sprintf(dialog.PickWord(known, sayErased, sayErasedOwn), (c.Today + eraseDays).Chinese())
	var names []string
	for _, r := range rest {
		names = append(names, r.Name)
	}
	if len(names) > 0 {
		said = dialog.Join(said, fmt.Sprintf(sayOthersStay, strings.Join(names, "、")))
	}
	return dialog.Reply{Text: said}, nil
}

// eraseDays is by when what was deleted is cleared up (domain.md 6.5).
const eraseDays = 15

// withdraw asks which consent is taken back; one alone is taken back at once.
func withdraw(c *dialog.Turn) (dialog.Reply, error) {
	var offers []dialogstate.Option
	family, err := c.Family()
	if err != nil {
		return dialog.Reply{}, err
	}
	for _, r := range family {
		for _, set := range purpose.All {
			agreed, err := enrolment.Agreed(c.Scope, r.ID, set)
			if err != nil {
				return dialog.Reply{}, err
			}
			if !agreed.Given() {
				continue
			}
			label := setNames[string(set)]
			if len(family) > 1 {
				label = r.Name + "：" + label
			}
			offers = append(offers, dialogstate.Option{Label: label, Do: "withdraw " + r.ID + " " + string(set)})
		}
	}
	switch len(offers) {
	case 0:
		return c.Menu(sayWithdrawNone)
	case 1:
		return c.Do(offers[0].Do)
	}
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, err
	}
	return c.Offer(sayWithdrawWhat, append(offers, dialogstate.Option{Label: labelAll, Do: "withdrawall"}, dialogstate.Option{Label: dialog.LabelNotNow, Do: "none"})...), nil
}

// withdrawOne takes one set back; a booking that goes with it is named first.
func withdrawOne(c *dialog.Turn, rest string) (dialog.Reply, error) {
	id, set, _ := strings.Cut(rest, " ")
	if purpose.Purpose(set) == purpose.Booking {
		if r, asked, err := namesFirst(c, "withdrawnow "+rest, id); asked || err != nil {
			return r, err
		}
	}
	return withdrawNow(c, rest)
}

// namesFirst asks whether bookings that are named may go too; asked is false where
// there are none.
func namesFirst(c *dialog.Turn, do string, ids ...string) (r dialog.Reply, asked bool, err error) {
	said, err := givesUp(c, ids...)
	if err != nil || said == "" {
		return dialog.Reply{}, false, err
	}
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, false, err
	}
	return c.Offer(dialog.Join(said, sayWithdrawStill), dialogstate.Option{Label: labelWithdraw, Do: do}, dialogstate.Option{Label: labelWithdrawNot, Do: "none"}), true, nil
}

func withdrawNow(c *dialog.Turn, rest string) (dialog.Reply, error) {
	id, set, _ := strings.Cut(rest, " ")
	if err := consent.WithdrawPurpose(c.Scope, id, purpose.Purpose(set), c.M.At); dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	} else if err != nil {
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: fmt.Sprintf(sayWithdrawOne, setNames[set])}, nil
}

// withdrawAll takes back, on her word, all that somebody agreed to; of several in
// her family it is asked who.
func withdrawAll(c *dialog.Turn) (dialog.Reply, error) {
	return dialog.OfFamily(c, withdrawAllOf, sayWithdrawWhom, "withdrawall",
		dialogstate.Option{Label: labelFamily, Do: "withdrawall family"}, dialogstate.Option{Label: dialog.LabelNotNow, Do: "none"})
}

// whoOf are whom an offer means: one of her family, or "family".
func whoOf(c *dialog.Turn, who string) []string {
	if who == "family" {
		return c.Who.Residents
	}
	return []string{who}
}

func withdrawAllOf(c *dialog.Turn, who string) (dialog.Reply, error) {
	if r, asked, err := namesFirst(c, "withdrawallnow "+who, whoOf(c, who)...); asked || err != nil {
		return r, err
	}
	return withdrawAllNow(c, who)
}

func withdrawAllNow(c *dialog.Turn, who string) (dialog.Reply, error) {
	for _, id := range whoOf(c, who) {
		if err := consent.WithdrawAll(c.Tx, c.Who, id, c.M.At); err != nil && !dialog.IsNotFound(err) {
			return dialog.Reply{}, err
		}
	}
	return dialog.Reply{Text: sayWithdrawn}, nil
}

// residentVerbs are those of what a resident decides.
func residentVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){
		"keep":        func(*dialog.Turn, string) (dialog.Reply, error) { return dialog.Reply{Text: sayKept}, nil },
		"resubscribe": func(c *dialog.Turn, _ string) (dialog.Reply, error) { return resumePushes(c) },
		"erase":       func(c *dialog.Turn, _ string) (dialog.Reply, error) { return erase(c) },
		"eraseone":    eraseOne,
		"erasenow":    eraseNow,
		"withdraw":    withdrawOne,
		"withdrawnow": withdrawNow,
		"withdrawall": func(c *dialog.Turn, who string) (dialog.Reply, error) {
			if who == "" {
				return withdrawAll(c)
			}
			return withdrawAllOf(c, who)
		},
		"withdrawallnow": withdrawAllNow,
		"oral":           dialog.ForStaff(oral),
	}
}

// What a resident may say with words around it, and more is not in the lists of words:
// what she decides.
// nothing changes it.
var decisions = []string{"改天", "退订", "别记了", "撤回同意", "我的资料", "谁看过我", "接着发", "都删掉"}

// decides reports whether text is, as a whole, what a resident decides.
func decides(c *dialog.Turn, text string) bool {
	return dialog.OneOf(text, decisions...) && (len(c.Who.Residents) > 0 || !c.Who.Staff())
}

// withdrawals are the ways in which somebody's word reaches the cadre: “郭敏说往后别记了”.
var withdrawals = []string{"别记了", "别来了", "不让记了", "不让来了", "别再记", "别再来", "别再上门", "别提醒了", "不用来了", "都删掉", "删掉吧", "不想用了"}

// told takes a withdrawal by word of mouth; ok is false for other words.
func told(c *dialog.Turn, text string) (r dialog.Reply, ok bool, err error) {
	name, found := "", false
	for _, w := range withdrawals {
		if name, found = strings.CutSuffix(strings.TrimRight(text, "。.!吧"), strings.TrimRight(w, "吧")); found {
			break
		}
	}
	if !found || !c.Who.Staff() || !c.Is(dialog.Village) {
		return dialog.Reply{}, false, nil
	}
	for _, w := range []string{"往后", "以后", "今后", "她", "他", "要", "让", "说"} {
		name = strings.TrimSuffix(strings.TrimSpace(name), w)
	}
	hits, err := subject.SearchResidents(c, name, 5)
	if err != nil || len(hits.Choices) == 0 || strings.HasPrefix(hits.Choices[0].Value, dialog.Newcomer) {
		return dialog.Reply{}, false, err
	}
	if len(hits.Choices) > 1 {
		offers := make([]dialogstate.Option, 0, len(hits.Choices))
		for _, h := range hits.Choices {
			offers = append(offers, dialogstate.Option{Label: h.Label, Do: "oral ask " + h.Value})
		}
		return c.Offer(hits.Say, offers...), true, nil
	}
	r, err = oral(c, "ask "+hits.Choices[0].Value)
	return r, true, err
}

// oral carries a told withdrawal out, or asks how much is meant.
func oral(c *dialog.Turn, rest string) (dialog.Reply, error) {
	what, id, _ := strings.Cut(rest, " ")
	who, err := c.Scope.Open(id, c.M.At)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	if what == "ask" {
		return c.Offer(fmt.Sprintf(sayOralAsk, subject.Brief(who)), dialogstate.Option{Label: dialog.LabelOralStop, Do: "oral stop " + id},
			dialogstate.Option{Label: labelOralGone, Do: "oral gone " + id}, dialogstate.Option{Label: labelOralNot, Do: "none"}), nil
	}
	before, err := givesUp(c, id)
	if err != nil {
		return dialog.Reply{}, err
	}
	said := sayOralStop
	if what == "gone" {
		said = fmt.Sprintf(sayOralGone, (c.Today + eraseDays).Chinese())
	}
	u, err := c.Tx.Save(func() error { return erasure.WithdrawFor(c.Scope, id, what == "gone", c.M.At) })
	if errors.Is(err, record.ErrSelfOnly) { // that it was tried is kept; what staff wrote down ends
		said = sayOralOwn
		u, err = c.Tx.Save(func() error { return erasure.WithdrawFor(c.Scope, id, false, c.M.At) })
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	if after, err := givesUp(c, id); err != nil {
		return dialog.Reply{}, err
	} else if before != "" && after == "" {
		said = dialog.Join(sayOralBooked, said)
	}
	u.Until, u.What = c.M.At.Add(record.UndoTime).Unix(), subject.Brief(who)
	if err := c.Tx.PutUndo(c.M.From, u); err != nil {
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: said}, nil
}

// What asks for something that was said or registered to be otherwise.
var (
	renames = regexp.MustCompile(`(?:改|换)(?:一?[下个])?(?:俺|我)?的?(?:名|称呼|电话|手机|号码)|(?:名字?|电话|手机号?|号码)(?:写|记|填|打|弄|留|搞)?错|换了?(?:手机|电话)号`)
	takesIn = regexp.MustCompile(`^(?:我要|俺要|我想|俺想)?撤回(?:一下|刚才的?|上一条|消息|了|吧)*$`)
)

// takesSaid asks who wants to take something back what it is.
func takesSaid(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	if !takesIn.MatchString(text) {
		return dialog.Reply{}, false, nil
	}
	return c.Offer(sayTakeWhat, dialogstate.Option{Label: labelTakeSeat, Do: "say 退号"}, dialogstate.Option{Label: labelTakeYes, Do: "say 撤回同意"},
		dialogstate.Option{Label: dialog.LabelNotNow, Do: "none"}), true, nil
}

// renamesSaid sends who is called otherwise, or has another phone, to her page.
func renamesSaid(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	phone, _, _ := answer.Phone(text)
	if len(c.Who.Residents) == 0 || phone == "" && !renames.MatchString(text) {
		return dialog.Reply{}, false, nil
	}
	r, err := data(c)
	r.Text = dialog.Join(sayRename, r.Text)
	return r, true, err
}

// rightMeant carries out what a resident demands in plain words: no more messages, the
// data deleted, nothing noted, nothing for the village to see; ok is false for anything
// else.
func rightMeant(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	switch c.Right(text) {
	case understand.StopMessages:
		return dialog.Answered(unsubscribe(c))
	case understand.DeleteData:
		return dialog.Answered(erase(c))
	case understand.StopRecords:
		return dialog.Answered(withdraw(c))
	case understand.HideVillage:
		return dialog.Answered(hide(c, ""))
	}
	return dialog.Reply{}, false, nil
}

// erasedNotice tells a WeChat that the record it stood for was deleted at the desk.
func erasedNotice(d outbox.Delivery) dialog.Words {
	day, _ := calendar.ParseDay(d.Facts["day"])
	return dialog.Card(sayErasedNote, "您的登记已经删除", dialog.Dated(day)+" 09:00", "有疑问请联系镇上", day)
}
