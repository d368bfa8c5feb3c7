package flows

import (
	"fmt"
	"slices"

	"xintiexin/flows/answer"
	"xintiexin/storage"
	"xintiexin/storage/calendar"
)

// office names who runs the bot, for consent texts.
func (c *chat) office() string {
	t, err := c.tx.Town()
	if err != nil || t.Office == "" {
		return "镇卫健办"
	}
	return t.Office
}

// menu says something and offers what can be done.
func (c *chat) menu(said string) (Reply, error) {
	if !c.who.Staff() {
		r, err := c.greet()
		if said != "" {
			r.Text = said
		}
		return r, err
	}
	offers := []storage.Offer{
		{Label: "走访：今天见了谁", Do: "say 走访"},
		{Label: "今日：谁在等您", Do: "say 今日"},
		{Label: "返乡：谁回家了", Do: "say 返乡"},
		{Label: "外出：谁出门了", Do: "say 外出"},
	}
	if len(c.s.Parked) > 0 {
		offers = append(offers, storage.Offer{Label: "继续：" + c.s.Parked[0].Title, Do: "say 继续"})
	}
	if said == "" {
		said = sayStaffMenu
	}
	return c.offer(said, offers...), nil
}

// greet welcomes somebody who is not staff.
func (c *chat) greet() (Reply, error) {
	t, err := c.tx.Town()
	if err != nil {
		return Reply{}, err
	}
	title, office := t.Title, t.Office
	if title == "" {
		title, office = "心贴心", "镇卫健办"
	}
	return c.offer(fmt.Sprintf(sayGreeting, title, office),
		storage.Offer{Label: "这里能做什么", Do: "what"},
		storage.Offer{Label: "找人", Do: "say 找人"}), nil
}

// ownWords answers the words by which a resident decides about what is kept of
// her: at once and in every state, also where her WeChat is a cadre's too.
func (c *chat) ownWords(text string) (Reply, bool, error) {
	do := map[string]func() (Reply, error){"看": c.mine, "改天": c.anotherDay, "退订": c.unsubscribe, "别记了": c.withdraw, "撤回同意": c.withdraw, "来": c.coming, "知道了": c.coming}
	if text == "t" {
		text = "退订"
	}
	for word, act := range do {
		if text == word || len([]rune(word)) > 1 && answer.SameWord(text, word) {
			r, err := act()
			return r, true, err
		}
	}
	return Reply{}, false, nil
}

// coming answers a word to a reminder: nothing has to be kept of it.
func (c *chat) coming() (Reply, error) { return Reply{Text: sayComing}, nil }

// withdraw takes back, on her word, all that her family agreed to.
func (c *chat) withdraw() (Reply, error) {
	for _, id := range c.who.Residents {
		if err := c.tx.Withdraw(c.who, id, c.m.At); err != nil && !isNotFound(err) {
			return Reply{}, err
		}
	}
	return Reply{Text: sayWithdrawn}, nil
}

// mine tells a resident what is agreed on with her.
func (c *chat) mine() (Reply, error) {
	var lines []string
	for _, id := range c.who.Residents {
		r, err := c.tx.Resident(id)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return Reply{}, err
		}
		own, err := c.kept(r)
		if err != nil {
			return Reply{}, err
		}
		lines = append(lines, own...)
		open, err := c.tx.OwnFollowUps(c.who, id)
		if err != nil {
			return Reply{}, err
		}
		for _, f := range open {
			who, err := c.contactName(f.Contact)
			if err != nil {
				return Reply{}, err
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
	}
	if len(lines) == 0 {
		if c.who.Staff() {
			return Reply{Text: sayNothingNew}, nil
		}
		return c.menu(sayNothingNew)
	}
	return Reply{Text: join(append(lines, sayMineTail)...)}, nil
}

// answerBy is the day of an agreed visit, or by which a question has its answer.
func answerBy(f storage.FollowUp) calendar.Day {
	if f.Kind == "answer" {
		return f.Asked + 7
	}
	return f.Due
}

// kept tells a resident what she agreed to and what is kept of her being away.
func (c *chat) kept(r storage.Resident) ([]string, error) {
	var lines []string
	for set, what := range map[storage.Set]string{storage.C0: sayConsentC0, storage.C3: sayConsentC3} {
		agreed, err := c.tx.Consent(r.ID, set)
		if err != nil {
			return nil, err
		}
		if agreed.Given() {
			lines = append(lines, fmt.Sprintf(sayMineConsent, r.Name, what))
		}
	}
	slices.Sort(lines)
	a, err := c.tx.OwnAway(c.who, r.ID)
	if err != nil {
		return nil, err
	}
	if a.ID != "" {
		lines = append(lines, fmt.Sprintf(sayMineAway, r.Name, a.Place, a.Expected))
	}
	return lines, nil
}

// anotherDay takes a resident's word that the next agreed visit of her family
// does not suit them.
func (c *chat) anotherDay() (Reply, error) {
	var next storage.FollowUp
	for _, id := range c.who.Residents {
		open, err := c.tx.OwnFollowUps(c.who, id)
		if err != nil {
			return Reply{}, err
		}
		for _, f := range open {
			if f.Kind == "visit" && f.Declined == 0 && f.Due <= c.today+7 && (next.ID == "" || f.Due < next.Due) {
				next = f
			}
		}
	}
	if next.ID == "" {
		return Reply{Text: sayNothingNew}, nil
	}
	if _, err := c.tx.Decline(next.Resident, next.Due, c.m.At); err != nil {
		return Reply{}, err
	}
	r, err := c.tx.Resident(next.Resident)
	if err != nil {
		return Reply{}, err
	}
	who, err := c.contactName(next.Contact)
	return Reply{Text: fmt.Sprintf(sayAnotherDay, r.Name, who)}, err
}

func (c *chat) contactName(id string) (string, error) {
	cadre, err := c.tx.Cadre(id)
	if isNotFound(err) {
		return "村里", nil
	}
	return cadre.Name, err
}

// findHelp says whom to call.
func (c *chat) findHelp(string) (Reply, error) {
	t, err := c.tx.Town()
	if err != nil {
		return Reply{}, err
	}
	if t.Phone == "" {
		return Reply{Text: fmt.Sprintf(sayPersonNoPhone, c.office())}, nil
	}
	return Reply{Text: fmt.Sprintf(sayPerson, t.Office, t.Phone)}, nil
}

// unsubscribe stops everything that would be sent to a resident.
func (c *chat) unsubscribe() (Reply, error) {
	for _, r := range c.who.Residents {
		if err := c.tx.DropDeliveries("r:"+r, "", "unsubscribed", c.m.At); err != nil {
			return Reply{}, err
		}
		if err := c.tx.StopPushes(r); err != nil {
			return Reply{}, err
		}
	}
	return Reply{Text: sayUnsubscribed}, nil
}

// headWithOwed puts what waits for this person's next answer at its head. It
// asks for words, never for a digit: digits belong to the question below.
func (c *chat) headWithOwed(r *Reply) error {
	if r.Raw || c.m.Kind == Follow {
		return nil
	}
	to := make([]string, 0, 2)
	if c.who.Staff() {
		to = append(to, "c:"+c.who.Cadre.ID)
	}
	for _, id := range c.who.Residents {
		to = append(to, "r:"+id)
	}
	head := ""
	for _, t := range to {
		owed, err := c.tx.OwedTo(t, 5)
		if err != nil {
			return err
		}
		for _, d := range owed {
			reason, err := c.tx.Stands(d)
			if err != nil {
				return err
			}
			if d.Latest < c.m.At.Unix() {
				reason = "stale"
			}
			d.Settled = c.m.At.Unix()
			if reason != "" {
				d.State, d.Reason = storage.Dropped, reason
			} else {
				d.State, d.Channel = storage.Delivered, "reply"
				head = join(head, Notice(d).Text)
			}
			if err := c.tx.PutDelivery(d); err != nil {
				return err
			}
		}
	}
	if head != "" {
		r.Text = join(head, r.Text)
	}
	return nil
}

// Button is one button of the account's menu; a tap sends its words.
type Button struct {
	Label, Words string
	Sub          []Button
}

// StaffMenu is the menu of staff.
func StaffMenu() []Button {
	return []Button{
		{Label: "走访", Words: "走访"},
		{Label: "今日", Words: "今日"},
		{Label: "更多", Sub: []Button{
			{Label: "返乡", Words: "返乡"}, {Label: "外出", Words: "外出"}, {Label: "接着记", Words: "继续"},
			{Label: "改记录", Words: "改记录"}, {Label: "帮助", Words: "帮助"},
		}},
	}
}

// ResidentMenu is the menu of everybody else.
func ResidentMenu() []Button {
	return []Button{{Label: "能做什么", Words: "帮助"}, {Label: "找人", Words: "找人"}, {Label: "看", Words: "看"}}
}
