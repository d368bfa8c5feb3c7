package flows

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/understand"
	"xintiexin/storage/access"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	"xintiexin/storage/events"
	"xintiexin/storage/followups"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	questionsstore "xintiexin/storage/questions"
	"xintiexin/storage/record"
	"xintiexin/storage/visits"
)

// ownWords answers the words by which a resident decides about what is kept of
// her: at once and in every state, also where her WeChat is a cadre's too.
func (c *chat) ownWords(text string) (Reply, bool, error) {
	if len(c.who.Residents) == 0 && c.who.Staff() {
		return Reply{}, false, nil
	}
	do := map[string]func(*chat) (Reply, error){"看": (*chat).mine, "改天": (*chat).otherDaySaid, "退订": (*chat).unsubscribe, "别记了": (*chat).withdrawAll,
		"撤回同意": (*chat).withdraw, "来": (*chat).coming, "知道了": (*chat).coming, "我的资料": (*chat).data, "谁看过我": (*chat).data,
		"接着发": (*chat).resumePushes, "都删掉": (*chat).erase}
	if text == "t" {
		text = "退订"
	}
	for word, act := range do {
		if text == word || len([]rune(word)) > 1 && answer.SameWord(text, word) {
			r, err := act(c)
			return r, true, err
		}
	}
	return c.rightMeant(text)
}

// coming answers a word to a reminder: nothing has to be kept of it.
func (c *chat) coming() (Reply, error) { return Reply{Text: sayComing}, nil }

// mine tells a resident what waits for her: a paper, which asks at once how it
// goes its way, her bookings, and what is agreed on with her.
func (c *chat) mine() (Reply, error) {
	if r, ok, err := c.look(); ok || err != nil {
		return r, err
	}
	if c.who.Staff() {
		return Reply{Text: sayNothingNew}, nil
	}
	return c.menu(sayNothingNew)
}

// agreedLines say what is agreed on with one of the family: visits, and questions that
// are looked into.
func (c *chat) agreedLines(r person.Resident) (lines []string, err error) {
	open, err := visits.OwnFollowUps(c.tx, c.who, r.ID)
	if err != nil {
		return nil, err
	}
	for _, f := range open {
		if f.Plan != "" || f.Kind == "consent" { // said by its plan, in her words; or asked of her cadre
			continue
		}
		who, err := c.contactName(f.Contact)
		if err != nil {
			return nil, err
		}
		said := sayMineAnswer
		switch {
		case f.Declined != 0:
			lines = append(lines, fmt.Sprintf(sayMineDeclined, r.Name, who))
			continue
		case f.Kind == "visit":
			said = sayMineVisit
		}
		lines = append(lines, fmt.Sprintf(said, r.Name, who, answerBy(f).Chinese()+f.Part))
	}
	return lines, nil
}

// visitHow says by which word an agreed visit is changed.
func (c *chat) visitHow() (string, error) {
	visit, err := c.ownVisit()
	return pickWord(visit.ID != "", sayMineVisitHow, ""), err
}

// bookedOverview are the lines of her family's bookings.
func (c *chat) bookedOverview() (lines []string, err error) {
	open, err := c.openBookings()
	for _, a := range open {
		lines = append(lines, fmt.Sprintf(sayMineBooked, a.name, a.Day.ChineseLunar(), a.Time, a.Number))
	}
	return lines, err
}

// bookedHow says by which words a booking is changed.
func (c *chat) bookedHow() (string, error) {
	open, err := c.openBookings()
	return pickWord(len(open) > 0, sayMineBookedHow, ""), err
}

// meetingHow says by which word a place in a meeting is given up.
func (c *chat) meetingHow() (string, error) {
	meets := false
	for _, id := range c.who.Residents {
		seats, err := events.SeatsOf(c.scope, id, c.today)
		if err != nil && !isNotFound(err) {
			return "", err
		}
		meets = meets || len(seats) > 0
	}
	return pickWord(meets, sayMineMeetsHow, ""), nil
}

// answerBy is the day of an agreed visit, or by which a question has its answer.
func answerBy(f followups.FollowUp) calendar.Day {
	if f.Kind == "answer" {
		return f.Asked + 7
	}
	return f.Due
}

// kept tells a resident what she agreed to and what is kept of her being away.
func (c *chat) kept(r person.Resident) ([]string, error) {
	var lines []string
	for set, what := range map[purpose.Purpose]string{purpose.VisitRecord: sayConsentC0, purpose.Migration: sayConsentC3} {
		agreed, err := consent.Load(c.tx, r.ID, set)
		if err != nil {
			return nil, err
		}
		if agreed.Given() {
			lines = append(lines, fmt.Sprintf(sayMineConsent, r.Name, what))
		}
	}
	slices.Sort(lines)
	a, err := migration.OwnOpen(c.tx, c.who, r.ID)
	if err != nil {
		return nil, err
	}
	if a.ID != "" {
		lines = append(lines, fmt.Sprintf(sayMineAway, r.Name, a.Place, a.Expected))
	}
	return lines, nil
}

// ownVisit is the next agreed visit of her family within a week; the zero FollowUp
// without one.
func (c *chat) ownVisit() (next followups.FollowUp, err error) {
	for _, id := range c.who.Residents {
		open, err := visits.OwnFollowUps(c.tx, c.who, id)
		if err != nil {
			return next, err
		}
		for _, f := range open {
			if f.Kind == "visit" && f.Declined == 0 && f.Due <= c.today+7 && (next.ID == "" || f.Due < next.Due) {
				next = f
			}
		}
	}
	return next, nil
}

// otherDaySaid is 改天: of a visit that is agreed on, or else of what she has booked.
func (c *chat) otherDaySaid() (Reply, error) {
	if r, ok, err := c.moveFirst(); ok || err != nil {
		return r, err
	}
	return Reply{Text: sayNothingNew}, nil
}

// anotherDay takes a resident's word that the next agreed visit of her family
// does not suit them.
func (c *chat) anotherDay() (Reply, error) {
	next, err := c.ownVisit()
	if err != nil {
		return Reply{}, err
	}
	if next.ID == "" {
		return Reply{Text: sayNothingNew}, nil
	}
	if _, err := visits.Decline(c.tx, next.Resident, next.Due, c.m.At); err != nil {
		return Reply{}, err
	}
	r, err := person.LoadResident(c.tx, next.Resident)
	if err != nil {
		return Reply{}, err
	}
	who, err := c.contactName(next.Contact)
	return Reply{Text: fmt.Sprintf(sayAnotherDay, r.Name, who)}, err
}

// data sends the link to the page where she sees all that is kept of her, and who
// has looked.
func (c *chat) data() (Reply, error) {
	family, err := c.family()
	if err != nil {
		return Reply{}, err
	}
	if len(family) == 0 {
		return c.menu(sayNothingKept)
	}
	var r Reply
	for _, one := range family {
		token, err := access.NewLink(c.scope, "mine", one.ID, "", c.m.ID+one.ID, c.m.At)
		if err != nil {
			return Reply{}, err
		}
		label := sayMineLink
		if len(family) > 1 {
			label = one.Name + "：" + label
		}
		r.Links = append(r.Links, Link{Label: label, Path: "/p/" + token})
	}
	return r, nil
}

// unsubscribe stops everything that would be sent, at once, and then asks once
// what is to become of what is kept.
func (c *chat) unsubscribe() (Reply, error) {
	if err := questionsstore.StopAll(c.tx, c.m.From, c.m.At); err != nil { // who asked without a name is written to no more
		return Reply{}, err
	}
	family, err := c.family()
	if err != nil {
		return Reply{}, err
	}
	if len(family) == 0 {
		return c.menu(sayNothingKept)
	}
	for _, r := range family {
		if err := outbox.DropDeliveries(c.tx, "r:"+r.ID, "", "unsubscribed", c.m.At); err != nil {
			return Reply{}, err
		}
		if err := person.StopPushes(c.tx, r.ID); err != nil {
			return Reply{}, err
		}
	}
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	return c.offer(sayKeepOrErase, dialogstate.Option{Label: labelKeep, Do: "keep"},
		dialogstate.Option{Label: labelErase, Do: "erase"}, dialogstate.Option{Label: labelResume, Do: "resubscribe"}), nil
}

// aside puts an open form away before something else is asked.
func (c *chat) aside() error {
	if c.s.Flow == "" {
		return nil
	}
	_, err := c.park()
	return err
}

// resumePushes takes an unsubscribing back.
func (c *chat) resumePushes() (Reply, error) {
	for _, id := range c.who.Residents {
		if err := enrolment.ResumePushes(c.scope, id); err != nil && !isNotFound(err) {
			return Reply{}, err
		}
	}
	return Reply{Text: sayResumedPush}, nil
}

// erase asks before everything of hers is deleted; an open booking is named.
func (c *chat) erase() (Reply, error) {
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	return c.ofFamily((*chat).eraseOne, sayEraseWhom, "eraseone", dialogstate.Option{Label: labelEraseNot, Do: "none"})
}

func (c *chat) eraseOne(id string) (Reply, error) {
	r, err := c.scope.Mine(id)
	if isNotFound(err) {
		return c.menu(sayNothingKept)
	}
	if err != nil {
		return Reply{}, err
	}
	said, err := c.givesUp(id)
	if err != nil {
		return Reply{}, err
	}
	seats, err := events.SeatsOf(c.scope, id, c.today)
	if err != nil {
		return Reply{}, err
	}
	for _, seat := range seats {
		said = join(said, fmt.Sprintf(sayEraseSeat, seat.Day.Chinese()))
	}
	said = cmp.Or(said, sayEraseFree)
	return c.offer(join(fmt.Sprintf(sayEraseAsk, r.Name), said, sayEraseTail),
		dialogstate.Option{Label: labelEraseNow, Do: "erasenow " + id}, dialogstate.Option{Label: labelEraseNot, Do: "none"}), nil
}

// givesUp names the open bookings of some of her family, which go with what is about
// to be ended; "" without any.
func (c *chat) givesUp(ids ...string) (said string, err error) {
	for _, id := range ids {
		booked, err := bookings.List(c.scope, id, 20)
		if err != nil && !isNotFound(err) {
			return "", err
		}
		for _, a := range booked {
			if line := fmt.Sprintf(sayEraseBooked, a.Day.Chinese(), clockWord(a.Time)); a.State == bookings.Expected && !strings.Contains(said, line) {
				said = join(said, line)
			}
		}
	}
	return said, nil
}

// eraseNow deletes: from now on nobody sees her, and the night's job clears up.
func (c *chat) eraseNow(id string) (Reply, error) {
	r, err := c.scope.Mine(id)
	if isNotFound(err) {
		return c.menu(sayNothingKept)
	}
	if err != nil {
		return Reply{}, err
	}
	known, err := erasure.Known(c.tx, r)
	if err != nil {
		return Reply{}, err
	}
	if err := erasure.Erase(c.tx, id, c.m.At); err != nil {
		return Reply{}, err
	}
	if err := c.whoNow(); err != nil {
		return Reply{}, err
	}
	rest, err := c.family()
	if err != nil {
		return Reply{}, err
	}
	said := fmt.Sprintf(pickWord(known, sayErased, sayErasedOwn), (c.today + eraseDays).Chinese())
	var names []string
	for _, r := range rest {
		names = append(names, r.Name)
	}
	if len(names) > 0 {
		said = join(said, fmt.Sprintf(sayOthersStay, strings.Join(names, "、")))
	}
	return Reply{Text: said}, nil
}

// eraseDays is by when what was deleted is cleared up (domain.md 6.5).
const eraseDays = 15

// withdraw asks which consent is taken back; one alone is taken back at once.
func (c *chat) withdraw() (Reply, error) {
	var offers []dialogstate.Option
	family, err := c.family()
	if err != nil {
		return Reply{}, err
	}
	for _, r := range family {
		for _, set := range purpose.All {
			agreed, err := enrolment.Agreed(c.scope, r.ID, set)
			if err != nil {
				return Reply{}, err
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
		return c.menu(sayWithdrawNone)
	case 1:
		return c.do(offers[0].Do)
	}
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	return c.offer(sayWithdrawWhat, append(offers, dialogstate.Option{Label: labelAll, Do: "withdrawall"}, dialogstate.Option{Label: labelNotNow, Do: "none"})...), nil
}

// withdrawOne takes one set back; a booking that goes with it is named first.
func (c *chat) withdrawOne(rest string) (Reply, error) {
	id, set, _ := strings.Cut(rest, " ")
	if purpose.Purpose(set) == purpose.Booking {
		if r, asked, err := c.namesFirst("withdrawnow "+rest, id); asked || err != nil {
			return r, err
		}
	}
	return c.withdrawNow(rest)
}

// namesFirst asks whether bookings that are named may go too; asked is false where
// there are none.
func (c *chat) namesFirst(do string, ids ...string) (r Reply, asked bool, err error) {
	said, err := c.givesUp(ids...)
	if err != nil || said == "" {
		return Reply{}, false, err
	}
	if err := c.aside(); err != nil {
		return Reply{}, false, err
	}
	return c.offer(join(said, sayWithdrawStill), dialogstate.Option{Label: labelWithdraw, Do: do}, dialogstate.Option{Label: labelWithdrawNot, Do: "none"}), true, nil
}

func (c *chat) withdrawNow(rest string) (Reply, error) {
	id, set, _ := strings.Cut(rest, " ")
	if err := consent.WithdrawPurpose(c.scope, id, purpose.Purpose(set), c.m.At); isNotFound(err) {
		return c.menu(sayGone)
	} else if err != nil {
		return Reply{}, err
	}
	return Reply{Text: fmt.Sprintf(sayWithdrawOne, setNames[set])}, nil
}

// withdrawAll takes back, on her word, all that somebody agreed to; of several in
// her family it is asked who.
func (c *chat) withdrawAll() (Reply, error) {
	return c.ofFamily((*chat).withdrawAllOf, sayWithdrawWhom, "withdrawall",
		dialogstate.Option{Label: labelFamily, Do: "withdrawall family"}, dialogstate.Option{Label: labelNotNow, Do: "none"})
}

// ofFamily does something about the one of her family of whom something is kept; of
// several it is asked whom, by a verb that takes the person, with what else may be said.
func (c *chat) ofFamily(do action, ask, verb string, more ...dialogstate.Option) (Reply, error) {
	family, err := c.family()
	if err != nil {
		return Reply{}, err
	}
	switch len(family) {
	case 0:
		return c.menu(sayNothingKept)
	case 1:
		return do(c, family[0].ID)
	}
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	var offers []dialogstate.Option
	for _, r := range family {
		offers = append(offers, dialogstate.Option{Label: r.Name, Do: verb + " " + r.ID})
	}
	return c.offer(ask, append(offers, more...)...), nil
}

// whoOf are whom an offer means: one of her family, or "family".
func (c *chat) whoOf(who string) []string {
	if who == "family" {
		return c.who.Residents
	}
	return []string{who}
}

func (c *chat) withdrawAllOf(who string) (Reply, error) {
	if r, asked, err := c.namesFirst("withdrawallnow "+who, c.whoOf(who)...); asked || err != nil {
		return r, err
	}
	return c.withdrawAllNow(who)
}

func (c *chat) withdrawAllNow(who string) (Reply, error) {
	for _, id := range c.whoOf(who) {
		if err := consent.WithdrawAll(c.tx, c.who, id, c.m.At); err != nil && !isNotFound(err) {
			return Reply{}, err
		}
	}
	return Reply{Text: sayWithdrawn}, nil
}

// residentVerbs are those of what a resident decides.
func residentVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){
		"keep":        func(*chat, string) (Reply, error) { return Reply{Text: sayKept}, nil },
		"resubscribe": func(c *chat, _ string) (Reply, error) { return c.resumePushes() },
		"erase":       func(c *chat, _ string) (Reply, error) { return c.erase() },
		"eraseone":    (*chat).eraseOne,
		"erasenow":    (*chat).eraseNow,
		"withdraw":    (*chat).withdrawOne,
		"withdrawnow": (*chat).withdrawNow,
		"withdrawall": func(c *chat, who string) (Reply, error) {
			if who == "" {
				return c.withdrawAll()
			}
			return c.withdrawAllOf(who)
		},
		"withdrawallnow": (*chat).withdrawAllNow,
		"oral":           forStaff((*chat).oral),
	}
}

// What a resident may say with words around it, and more is not in the lists of words:
// what she decides.
// nothing changes it.
var decisions = []string{"改天", "退订", "别记了", "撤回同意", "我的资料", "谁看过我", "接着发", "都删掉"}

// decides reports whether text is, as a whole, what a resident decides.
func (c *chat) decides(text string) bool {
	return oneOf(text, decisions...) && (len(c.who.Residents) > 0 || !c.who.Staff())
}

// withdrawals are the ways in which somebody's word reaches the cadre: “郭敏说往后别记了”.
var withdrawals = []string{"别记了", "别来了", "不让记了", "不让来了", "别再记", "别再来", "别再上门", "别提醒了", "不用来了", "都删掉", "删掉吧", "不想用了"}

// told takes a withdrawal by word of mouth; ok is false for other words.
func (c *chat) told(text string) (r Reply, ok bool, err error) {
	name, found := "", false
	for _, w := range withdrawals {
		if name, found = strings.CutSuffix(strings.TrimRight(text, "。.!吧"), strings.TrimRight(w, "吧")); found {
			break
		}
	}
	if !found || !c.who.Staff() || !c.is(village) {
		return Reply{}, false, nil
	}
	for _, w := range []string{"往后", "以后", "今后", "她", "他", "要", "让", "说"} {
		name = strings.TrimSuffix(strings.TrimSpace(name), w)
	}
	hits, err := searchResidents(c, name, 5)
	if err != nil || len(hits.Choices) == 0 || strings.HasPrefix(hits.Choices[0].Value, newcomer) {
		return Reply{}, false, err
	}
	if len(hits.Choices) > 1 {
		offers := make([]dialogstate.Option, 0, len(hits.Choices))
		for _, h := range hits.Choices {
			offers = append(offers, dialogstate.Option{Label: h.Label, Do: "oral ask " + h.Value})
		}
		return c.offer(hits.Say, offers...), true, nil
	}
	r, err = c.oral("ask " + hits.Choices[0].Value)
	return r, true, err
}

// oral carries a told withdrawal out, or asks how much is meant.
func (c *chat) oral(rest string) (Reply, error) {
	what, id, _ := strings.Cut(rest, " ")
	who, err := c.scope.Open(id, c.m.At)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	if what == "ask" {
		return c.offer(fmt.Sprintf(sayOralAsk, brief(who)), dialogstate.Option{Label: labelOralStop, Do: "oral stop " + id},
			dialogstate.Option{Label: labelOralGone, Do: "oral gone " + id}, dialogstate.Option{Label: labelOralNot, Do: "none"}), nil
	}
	before, err := c.givesUp(id)
	if err != nil {
		return Reply{}, err
	}
	said := sayOralStop
	if what == "gone" {
		said = fmt.Sprintf(sayOralGone, (c.today + eraseDays).Chinese())
	}
	u, err := c.tx.Save(func() error { return erasure.WithdrawFor(c.scope, id, what == "gone", c.m.At) })
	if errors.Is(err, record.ErrSelfOnly) { // that it was tried is kept; what staff wrote down ends
		said = sayOralOwn
		u, err = c.tx.Save(func() error { return erasure.WithdrawFor(c.scope, id, false, c.m.At) })
	}
	if err != nil {
		return Reply{}, err
	}
	if after, err := c.givesUp(id); err != nil {
		return Reply{}, err
	} else if before != "" && after == "" {
		said = join(sayOralBooked, said)
	}
	u.Until, u.What = c.m.At.Add(record.UndoTime).Unix(), brief(who)
	if err := c.tx.PutUndo(c.m.From, u); err != nil {
		return Reply{}, err
	}
	return Reply{Text: said}, nil
}

// What asks for something that was said or registered to be otherwise.
var (
	renames = regexp.MustCompile(`(?:改|换)(?:一?[下个])?(?:俺|我)?的?(?:名|称呼|电话|手机|号码)|(?:名字?|电话|手机号?|号码)(?:写|记|填|打|弄|留|搞)?错|换了?(?:手机|电话)号`)
	takesIn = regexp.MustCompile(`^(?:我要|俺要|我想|俺想)?撤回(?:一下|刚才的?|上一条|消息|了|吧)*$`)
)

// takesSaid asks who wants to take something back what it is.
func (c *chat) takesSaid(text string) (Reply, bool, error) {
	if !takesIn.MatchString(text) {
		return Reply{}, false, nil
	}
	return c.offer(sayTakeWhat, dialogstate.Option{Label: labelTakeSeat, Do: "say 退号"}, dialogstate.Option{Label: labelTakeYes, Do: "say 撤回同意"},
		dialogstate.Option{Label: labelNotNow, Do: "none"}), true, nil
}

// renamesSaid sends who is called otherwise, or has another phone, to her page.
func (c *chat) renamesSaid(text string) (Reply, bool, error) {
	phone, _, _ := answer.Phone(text)
	if len(c.who.Residents) == 0 || phone == "" && !renames.MatchString(text) {
		return Reply{}, false, nil
	}
	r, err := c.data()
	r.Text = join(sayRename, r.Text)
	return r, true, err
}

// rightMeant carries out what a resident demands in plain words: no more messages, the
// data deleted, nothing noted, nothing for the village to see; ok is false for anything
// else.
func (c *chat) rightMeant(text string) (Reply, bool, error) {
	switch c.right(text) {
	case understand.StopMessages:
		return answered(c.unsubscribe())
	case understand.DeleteData:
		return answered(c.erase())
	case understand.StopRecords:
		return answered(c.withdraw())
	case understand.HideVillage:
		return answered(c.hide(""))
	}
	return Reply{}, false, nil
}

// erasedNotice tells a WeChat that the record it stood for was deleted at the desk.
func erasedNotice(d outbox.Delivery) Words {
	day, _ := calendar.ParseDay(d.Facts["day"])
	return card(sayErasedNote, "您的登记已经删除", dated(day)+" 09:00", "有疑问请联系镇上", day)
}
