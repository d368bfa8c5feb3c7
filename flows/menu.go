package flows

import (
	"fmt"

	"xintiexin/storage/deliverykinds"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/townconfig"
)

// office names who runs the bot, for consent texts.
func (c *chat) office() string {
	t, err := townconfig.LoadTown(c.tx)
	if err != nil || t.Office == "" {
		return "镇卫健办"
	}
	return t.Office
}

// menu says something and offers what can be done.
func (c *chat) menu(said string) (Reply, error) {
	if !c.who.Staff() {
		r, err := c.greet()
		switch {
		case said == sayLost && len(c.who.Residents) == 0: // who this is, besides
			r.Text = join(sayUnclear, r.Text)
		case said != "":
			r.Text = said
		}
		return r, err
	}
	offers := c.menuOffers(c.t.catalog.menu)
	if len(c.s.Parked) > 0 {
		offers = append(offers, dialogstate.Option{Label: "继续：" + c.s.Parked[0].Title, Do: "say 继续"})
	}
	switch {
	case said != "":
	case c.is(clinic) && !c.is(village):
		said = sayClinicMenu
	default:
		said = sayStaffMenu
	}
	return c.offer(said, offers...), nil
}

// greet welcomes somebody who is not staff: one who is known by her name.
func (c *chat) greet() (Reply, error) { return c.greetAt("") }

// greetAt is greet for somebody who just scanned the poster of a village.
func (c *chat) greetAt(village string) (Reply, error) {
	family, err := c.family()
	if err != nil {
		return Reply{}, err
	}
	if len(family) > 0 {
		return c.offer(fmt.Sprintf(sayHelloAgain, family[0].Name), c.menuOffers(c.t.catalog.home)...), nil
	}
	offers := c.menuOffers(c.t.catalog.home)
	t, err := townconfig.LoadTown(c.tx)
	if err != nil {
		return Reply{}, err
	}
	title, office := t.Title, t.Office
	if title == "" {
		title, office = "心贴心", "镇卫健办"
	}
	said := fmt.Sprintf(sayHello, title, office)
	if village == "" {
		l, err := person.LoadAccount(c.tx, c.m.From)
		if err != nil || l.Village != "" { // she came by a village's poster: she is no staff
			return c.offer(said, offers...), err
		}
		return c.offer(join(said, sayStaffHint), offers...), nil
	}
	return c.offer(join(said, fmt.Sprintf(sayPoster, village)), offers...), nil
}

// contactName is whom people hear named as their contact: who stands in, while
// somebody does.
func (c *chat) contactName(id string) (string, error) {
	id, err := person.Delegate(c.tx, id)
	if err != nil {
		return "", err
	}
	cadre, err := person.LoadStaff(c.tx, id)
	if isNotFound(err) {
		return "村里", nil
	}
	return cadre.Name, err
}

// findHelp says whom to call.
func (c *chat) findHelp(string) (Reply, error) {
	t, err := townconfig.LoadTown(c.tx)
	if err != nil {
		return Reply{}, err
	}
	if t.Phone == "" {
		return Reply{Text: fmt.Sprintf(sayPersonNoPhone, c.office())}, nil
	}
	return Reply{Text: fmt.Sprintf(sayPerson, t.Office, t.Phone)}, nil
}

// headWithOwed puts what waits for this person's next answer at its head. It
// asks for words, never for a digit: digits belong to the question below.
func (c *chat) headWithOwed(r *Reply) error {
	if r.Raw || c.m.Kind == Follow {
		return nil
	}
	to := append(make([]string, 0, 3), "w:"+c.m.From)
	if c.who.Staff() {
		to = append(to, "c:"+c.who.Cadre.ID)
	}
	for _, id := range c.who.Residents {
		to = append(to, "r:"+id)
	}
	head := ""
	for _, t := range to {
		owed, err := outbox.DeferredTo(c.tx, t, 5)
		if err != nil {
			return err
		}
		for _, d := range owed {
			reason, err := deliverykinds.StillValid(c.tx, d)
			if err != nil {
				return err
			}
			if d.Latest < c.m.At.Unix() {
				reason = "stale"
			}
			d.Settled = c.m.At.Unix()
			if reason != "" {
				d.State, d.Reason = outbox.Dropped, reason
			} else {
				d.State, d.Channel = outbox.Delivered, "reply"
				head = join(head, c.t.words(d).Text)
			}
			if err := outbox.Put(c.tx, d); err != nil {
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

// ClinicMenu is the menu of the clinic's desk.
func ClinicMenu() []Button {
	return []Button{
		{Label: "今日", Words: "今日"},
		{Label: "纸条", Words: "纸条"},
		{Label: "更多", Sub: []Button{
			{Label: "下一位", Words: "下一位"}, {Label: "资料可领", Words: "可领"}, {Label: "药具单", Words: "药具单"},
			{Label: "电话", Words: "电话"}, {Label: "帮助", Words: "帮助"},
		}},
	}
}

// OfficeMenu is the menu of the town office.
func OfficeMenu() []Button {
	return []Button{
		{Label: "今日", Words: "今日"},
		{Label: "办公室", Words: "办公室"},
		{Label: "更多", Sub: []Button{
			{Label: "走访", Words: "走访"}, {Label: "返乡", Words: "返乡"}, {Label: "今天的号", Words: "今天的号"},
			{Label: "电话", Words: "电话"}, {Label: "帮助", Words: "帮助"},
		}},
	}
}

// ResidentMenu is the menu of everybody else.
func ResidentMenu() []Button {
	return []Button{
		{Label: "约号", Sub: []Button{
			{Label: "约号", Words: "约号"}, {Label: "我的预约", Words: "我的预约"}, {Label: "卡", Words: "卡"},
			{Label: "改期", Words: "改期"}, {Label: "退号", Words: "退号"},
		}},
		{Label: "问事", Sub: []Button{
			{Label: "办事带什么", Words: "办事"}, {Label: "补贴手续", Words: "补贴"}, {Label: "讲堂", Words: "讲堂"},
			{Label: "悄悄话", Words: "悄悄话"}, {Label: "找人", Words: "找人"},
		}},
		{Label: "我的", Sub: []Button{
			{Label: "看看有什么", Words: "看"}, {Label: "我的资料", Words: "我的资料"}, {Label: "我的联系人", Words: "我的联系人"},
			{Label: "帮助", Words: "帮助"}, {Label: "退订", Words: "退订"},
		}},
	}
}
