package flows

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/form"
	"xintiexin/storage/access"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/visits"
)

// register asks what a service of hers needs first: that she agrees, and, where
// nobody stands behind her WeChat yet, what to call her and where to ring.
var register = Flow{Name: "register", SignUp: true, Instant: true, Answered: registerAnswered, Save: saveRegister, After: (*chat).goOn, Ended: registerEnded}

// posterPrefix heads the scene of a village's poster.
const posterPrefix = "village_"

// Poster returns the scene that the QR on a village's poster carries.
func Poster(village string) string { return posterPrefix + village }

// registerWords are those of first contact, and of what is kept of her.
func registerWords() []word {
	return []word{
		{"让村里看", anyone, (*chat).showVillage},
		{"不让村里看", anyone, (*chat).hide},
		{"我的联系人", anyone, (*chat).contact},
		{"联系人", anyone, (*chat).contact},
		{"问事", anyone, (*chat).what},
		{"能做什么", anyone, (*chat).what},
		{"给码", village, (*chat).giveCode},
		{"别的家人", anyone, (*chat).forFamily},
	}
}

func registerVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){
		"what":   (*chat).what,
		"showto": (*chat).showTo,
		"claim":  (*chat).claim,
	}
}

// forWhom returns for which of her family a resident's service is meant; she has
// signed up by then, and has agreed to the set that the service needs. When
// something had to be asked first, asked is true and r is the question; then
// ("约号 28号") is said again by itself once that is answered.
func (c *chat) forWhom(set purpose.Purpose, then string) (resident string, r Reply, asked bool, err error) {
	family, err := c.family()
	if err != nil {
		return "", Reply{}, false, err
	}
	chosen := c.s.For
	c.s.For = ""
	switch {
	case len(family) == 0:
		r, err := c.ask(set, "", then)
		return "", r, true, err
	case slices.ContainsFunc(family, func(r person.Resident) bool { return r.ID == chosen }):
	case len(family) == 1:
		chosen = family[0].ID
	default:
		c.s.Then = then
		offers := make([]dialogstate.Option, 0, len(family)+1)
		for _, r := range family {
			offers = append(offers, dialogstate.Option{Label: r.Name, Do: "for " + r.ID})
		}
		if len(family) < access.MaxFamily {
			offers = append(offers, dialogstate.Option{Label: labelOther, Do: "new " + string(set)})
		}
		return "", c.offer(sayForWhom, offers...), true, nil
	}
	need, err := consent.Needed(c.scope, chosen, set, true)
	if err != nil {
		return "", Reply{}, false, err
	}
	if need {
		r, err := c.ask(set, chosen, then)
		return "", r, true, err
	}
	return chosen, Reply{}, false, nil
}

// family are the residents whom this WeChat stands for.
func (c *chat) family() ([]person.Resident, error) {
	var out []person.Resident
	for _, id := range c.who.Residents {
		r, err := c.scope.Mine(id)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// ask opens the questions that come before a service. resident is "" for
// somebody who signs up.
func (c *chat) ask(set purpose.Purpose, resident, then string) (Reply, error) {
	text, err := c.consentText(set)
	if err != nil {
		return Reply{}, err
	}
	if text.Own != "" {
		text.Short = text.Own
	}
	r, err := c.startWith(c.t.signUp(), "", map[string]string{
		"resident": resident, "set": string(set), "version": text.Version, "text": consent.Hash(text), "full": text.Full, "consent_text": text.Short})
	c.s.Then = then
	return r, err
}

// consentText is what the site says before a set is agreed to.
func (c *chat) consentText(set purpose.Purpose) (townconfig.ConsentText, error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return townconfig.ConsentText{}, err
	}
	for _, t := range site.Consents {
		if t.Set == set {
			return t, nil
		}
	}
	return townconfig.ConsentText{Set: set, Version: "0", Short: fmt.Sprintf(sayConsentAny, c.office()), Full: sayConsentFull}, nil
}

// forOne goes on for the one of the family who was chosen.
func (c *chat) forOne(id string) (Reply, error) {
	if !slices.Contains(c.who.Residents, id) {
		return c.menu(sayGone)
	}
	c.s.For = id
	return c.goOn()
}

// forNew signs another of the family up: it is said whose name is asked for, and
// that she has to agree.
func (c *chat) forNew(set string) (Reply, error) {
	r, err := c.ask(purpose.Purpose(set), "", c.s.Then)
	r.Text = join(sayFamilyNew, r.Text)
	return r, err
}

// forFamily signs another of the family up on this WeChat, and books for her.
func (c *chat) forFamily(string) (Reply, error) {
	if len(c.who.Residents) >= access.MaxFamily {
		return Reply{Text: sayFamilyFull}, nil
	}
	c.s.Then = "约号"
	return c.forNew(string(purpose.Booking))
}

// goOn says what was waiting for her answer.
func (c *chat) goOn() (Reply, error) {
	then := c.s.Then
	c.s.Then = ""
	if then == "" {
		return c.menu(sayFine)
	}
	c.m.Token, c.m.Tapped, c.m.Text = 0, false, then
	return c.atLarge(answer.Fold(then))
}

// registerAnswered reads the name and the phone, and asks again for the one that
// is missing only.
func registerAnswered(c *chat, f *Flow, s *form.Session, name string) (*form.Problem, error) {
	switch name {
	case "consent":
		switch s.Get("consent") {
		case "no":
			s.Set("stop", "no")
		case "full":
			s.Clear("consent")
			return &form.Problem{Text: s.Get("full")}, nil
		}
	case "called", "more":
		return c.called(s, name, s.Get(name))
	case "sure":
		if s.Get("sure") == "no" {
			for _, row := range []string{"name", "phone", "ask", "check", "tail", "sure", "called", "more"} {
				s.Clear(row)
			}
		}
	}
	return nil, nil
}

// called takes “小燕 17900001122”, or the half of it that was missing. What was said
// around a name is left out, and then she is asked whether it is right.
func (c *chat) called(s *form.Session, row, typed string) (*form.Problem, error) {
	phone, rest, bad := answer.Phone(answer.SpokenDigits(typed))
	if bad != nil {
		rest = strings.Replace(rest, bad.Digits, " ", 1)
	}
	name, odd := calledName(rest)
	if saysWhen.MatchString(rest) {
		odd = notName
	}
	if name != "" && odd != notName && saysName.MatchString(rest) { // goes before what was taken for one
		s.Clear("name")
	}
	if name != "" && s.Get("name") == "" {
		if odd == notName && phone == "" && bad == nil {
			return &form.Problem{Text: fmt.Sprintf(sayNameNot, brieflySaid(name))}, nil
		}
		if odd != notName {
			s.Set("name", name)
		}
		if odd != plainName {
			s.Set("check", "yes")
		}
	}
	if row == "more" && s.Get("phone") == "" && phone == "" && bad == nil {
		return &form.Problem{Text: sayNoPhoneSeen}, nil
	}
	if row == "more" && phone == "" && bad == nil && s.Get("name") == "" {
		return &form.Problem{Text: sayNoNameSeen}, nil
	}
	if phone != "" {
		s.Set("phone", phone)
		s.Set("tail", phone[max(0, len(phone)-4):])
		if phone != strings.Join(strings.Fields(answer.Fold(typed)), "") && !strings.Contains(answer.Fold(typed), phone) { // it was put together
			s.Set("check", "yes")
		}
	}
	s.Clear("more")
	switch {
	case bad != nil:
		s.Set("ask", fmt.Sprintf(sayPhoneAgain, shortBy(bad), bad.Digits, bad.Len))
	case s.Get("phone") == "":
		s.Set("ask", sayPhoneMissing)
	case s.Get("name") == "":
		s.Set("ask", sayNameMissing)
	default:
		s.Set("ask", "")
	}
	return nil, nil
}

// How sure a name is.
const (
	plainName = iota
	cutName   // something was said around it
	notName   // it cannot be one
)

var (
	phoneTalk  = strings.NewReplacer("电话号码", " ", "手机号码", " ", "联系电话", " ", "手机号", " ", "电话", " ", "手机", " ", "号码", " ", "微信同号", " ")
	calledHead = regexp.MustCompile(`^(?:您好|你好|好的|嗯|那就|就|本人|名字叫|名字是|名字|姓名|称呼|俺的?名字?叫|我的?名字?叫|叫俺|叫我|俺叫|我叫|俺是|我是|小名叫|小名|大名|名叫|叫|俺|我|是|：|:)+`)
	calledTail = regexp.MustCompile(`(?:就行|就好|就中|就可以|吧|啊|呀|哈|呗|哩|是|的)+$`)
	noName     = anyOf(`不(想|说|告|留|愿|要|给|方便)|没有|没手`, `就用|用俺|用我`, `媳妇|老公|爱人|婆婆|老婆|(俺|我)对.`,
		`为啥|为什么|干啥|干嘛|什么|怎么|啥|咋|吗`, `[?0-9/]|凭|保密|匿名|随便|算了`, `约|检查|知道|可以|谢谢`)
)

// Words that can be no name, and those that one follows.
var (
	saysWhen = regexp.MustCompile(`^(?:这|下|上)?(?:周|星期|礼拜)[一二三四五六日天末]|^(?:今天|明天|后天|大后天|明早|明儿)|^[0-9]+ ?(?:号|点|月)|^[一二三四五六七八九十]+(?:点|号)`)
	saysName = regexp.MustCompile(`^ *(?:(?:俺|我|名字|小名|大名)(?:是|叫)|叫(?:俺|我))`)
)

// calledName finds in words what somebody is called, and how sure that is: 高兴 and
// 来娣 are names, “不想说名” is none.
func calledName(words string) (name string, odd int) {
	whole := strings.Join(strings.FieldsFunc(words, func(r rune) bool { return strings.ContainsRune(" ,，。.、；;!！~", r) }), "")
	name = strings.Join(strings.FieldsFunc(phoneTalk.Replace(words), func(r rune) bool { return strings.ContainsRune(" ,，。.、；;!！~:：", r) }), "")
	if noName.MatchString(name) {
		return name, notName
	}
	name = calledHead.ReplaceAllString(name, "")
	if cut := calledTail.ReplaceAllString(name, ""); cut != "" {
		name = cut
	}
	switch n := len([]rune(name)); {
	case n > 16 || n > 8 && !strings.ContainsRune(name, '·') && name[0] >= 0x80:
		return name, notName
	case name != whole:
		return name, cutName
	}
	return name, plainName
}

// brieflySaid leaves of what she typed enough to know it again.
func brieflySaid(text string) string {
	if r := []rune(text); len(r) > 10 {
		return string(r[:10]) + "…"
	}
	return text
}

// shortBy says how a phone is wrong: “少一位”.
func shortBy(bad *answer.PhoneError) string {
	switch d := 11 - bad.Len; {
	case d > 0 && d < 10:
		return "少" + chinese(d) + "位"
	case d < 0 && d > -10:
		return "多" + chinese(-d) + "位"
	}
	return "不对"
}

// saveRegister keeps her answer, and her where she is new, and goes on with what
// she came for.
func saveRegister(c *chat, f *Flow, s *form.Session) (Reply, error) {
	agreed := consent.Consent{Resident: s.Get("resident"), Set: purpose.Purpose(s.Get("set")), Answer: person.Yes,
		Version: s.Get("version"), Text: s.Get("text"), Channel: "chat"}
	if agreed.Resident == "" {
		l, err := person.LoadAccount(c.tx, c.m.From)
		if err != nil {
			return Reply{}, err
		}
		r, err := enrolment.Register(c.scope, s.Get("name"), s.Get("phone"), l.Village, agreed, c.m.ID, c.m.At)
		if errors.Is(err, record.ErrFamily) {
			c.s.Then = ""
			return Reply{Text: sayFamilyFull}, nil
		}
		if err != nil {
			return Reply{}, err
		}
		agreed.Resident = r.ID
	} else if err := enrolment.Agree(c.scope, agreed, c.m.At); err != nil {
		return Reply{}, err
	}
	c.s.For = agreed.Resident
	c.willTell("recorded", "visit_eve", "away_told")
	if err := c.whoNow(); err != nil { // she is somebody now
		return Reply{}, err
	}
	return Reply{}, enrolment.AnswerMore(c.scope, agreed.Resident, f.extra(s))
}

// whoNow looks up anew who writes, after what she is has changed.
func (c *chat) whoNow() (err error) {
	if c.who, err = person.Identify(c.tx, c.m.From); err != nil {
		return err
	}
	c.scope, err = person.ScopeOf(c.tx, c.who)
	return err
}

// registerEnded keeps her no: another service is not touched by it.
func registerEnded(c *chat, _ *Flow, s *form.Session, _ string) (Reply, error) {
	c.s.Then = ""
	if id := s.Get("resident"); id != "" {
		no := consent.Consent{Resident: id, Set: purpose.Purpose(s.Get("set")), Answer: person.No, Version: s.Get("version"), Channel: "chat"}
		if err := enrolment.Agree(c.scope, no, c.m.At); err != nil {
			return Reply{}, err
		}
	}
	return c.menu(sayNotAgreed)
}

// showVillage lets the staff of her village see her; she says which village.
func (c *chat) showVillage(rest string) (Reply, error) {
	id, r, asked, err := c.forWhom(purpose.Booking, "让村里看 "+rest)
	if err != nil || asked {
		return r, err
	}
	mine, err := c.scope.Mine(id)
	if err != nil {
		return Reply{}, err
	}
	switch {
	case mine.Village != "" && mine.Shown:
		v, err := person.LoadVillage(c.tx, mine.Village)
		return Reply{Text: fmt.Sprintf(sayShownAlready, v.Name)}, err
	case mine.Village != "": // her line stands in the village's directory: there is no other to choose
		return c.showTo(id + " " + mine.Village)
	}
	villages, err := person.Villages(c.tx)
	if err != nil {
		return Reply{}, err
	}
	villages = slices.DeleteFunc(villages, func(v person.Village) bool { return v.MergedInto != "" })
	slices.SortStableFunc(villages, func(a, b person.Village) int { // the one whose poster she scanned comes first
		return compareBool(b.ID == mine.Poster, a.ID == mine.Poster)
	})
	var offers []dialogstate.Option
	for _, v := range villages {
		if rest != "" && strings.Contains(rest, v.Name) {
			return c.showTo(id + " " + v.ID)
		}
		offers = append(offers, dialogstate.Option{Label: v.Name, Do: "showto " + id + " " + v.ID})
	}
	return c.offer(sayShowWhich, append(offers, dialogstate.Option{Label: labelNotNow, Do: "none"})...), nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// showTo carries out what showVillage asked.
func (c *chat) showTo(rest string) (Reply, error) {
	id, village, _ := strings.Cut(rest, " ")
	if err := enrolment.ShowTo(c.scope, id, village, c.m.At); isNotFound(err) {
		return c.menu(sayGone)
	} else if err != nil {
		return Reply{}, err
	}
	v, err := person.LoadVillage(c.tx, village)
	return Reply{Text: fmt.Sprintf(sayShown, v.Name)}, err
}

// hide takes back that her village sees her.
func (c *chat) hide(string) (Reply, error) {
	said := sayHidden
	for _, id := range c.who.Residents {
		r, err := c.scope.Mine(id)
		if isNotFound(err) || err == nil && r.Village == "" {
			continue
		}
		if err != nil {
			return Reply{}, err
		}
		visits, err := c.agreedVisits(id)
		if err != nil {
			return Reply{}, err
		}
		if err := enrolment.ShowTo(c.scope, id, "", c.m.At); err != nil && !isNotFound(err) {
			return Reply{}, err
		}
		left, err := c.agreedVisits(id)
		if err != nil {
			return Reply{}, err
		}
		if left < visits {
			said = join(sayHidden, sayHiddenVisit)
		}
	}
	return Reply{Text: said}, nil
}

// agreedVisits counts the visits that are agreed on with one of her family.
func (c *chat) agreedVisits(id string) (n int, err error) {
	open, err := visits.OwnFollowUps(c.tx, c.who, id)
	for _, f := range open {
		if f.Kind == "visit" {
			n++
		}
	}
	return n, err
}

// contact names who serves her village, or the village whose poster she scanned.
func (c *chat) contact(string) (Reply, error) {
	family, err := c.family()
	if err != nil {
		return Reply{}, err
	}
	var lines []string
	for _, r := range family {
		if r.Village == "" {
			continue
		}
		id, _, err := person.ContactOf(c.tx, r)
		if err != nil {
			return Reply{}, err
		}
		if id, err = person.Delegate(c.tx, id); err != nil {
			return Reply{}, err
		}
		if id == "" {
			continue
		}
		cadre, err := person.LoadStaff(c.tx, id)
		if err != nil {
			return Reply{}, err
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf(sayContact, r.Name, cadre.Name, cadre.Phone)))
	}
	if len(lines) == 0 {
		r, err := c.findHelp("")
		r.Text = join(sayContactNone, r.Text)
		return r, err
	}
	return Reply{Text: join(lines...)}, nil
}

// what shows what people can ask about.
func (c *chat) what(string) (Reply, error) {
	return c.offer(sayWhatFor,
		dialogstate.Option{Label: labelErrands, Do: "say 办事"},
		dialogstate.Option{Label: labelBenefits, Do: "say 补贴"},
		dialogstate.Option{Label: labelTopics, Do: "say 健康知识"},
		dialogstate.Option{Label: labelGuide, Do: "say 服务指南"},
		dialogstate.Option{Label: labelLectures, Do: "say 讲堂"},
		dialogstate.Option{Label: labelPerson, Do: "say 找人"}), nil
}

// giveCode gives a cadre the code by which somebody binds her own WeChat.
func (c *chat) giveCode(rest string) (Reply, error) {
	if rest == "" {
		return Reply{Text: sayCodeWhom}, nil
	}
	if id, ok := strings.CutPrefix(rest, "#"); ok {
		return c.codeFor(id)
	}
	found, err := searchResidents(c, rest, 5)
	if err != nil {
		return Reply{}, err
	}
	if len(found.Choices) == 0 || strings.HasPrefix(found.Choices[0].Value, newcomer) {
		return Reply{Text: fmt.Sprintf(sayNoSuchName, rest)}, nil
	}
	if len(found.Choices) == 1 {
		return c.codeFor(found.Choices[0].Value)
	}
	offers := make([]dialogstate.Option, 0, len(found.Choices))
	for _, h := range found.Choices {
		offers = append(offers, dialogstate.Option{Label: h.Label, Do: "say 给码 #" + h.Value})
	}
	return c.offer(found.Say, offers...), nil
}

func (c *chat) codeFor(id string) (Reply, error) {
	r, err := c.scope.Resident(id)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	code, err := c.scope.InviteResident(id, c.m.ID, c.m.At)
	if errors.Is(err, record.ErrAlreadyExists) {
		return Reply{Text: fmt.Sprintf(sayCodeHas, r.Name)}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	return Reply{Text: fmt.Sprintf(sayCodeGiven, brief(r), code[:4]+" "+code[4:8]+" "+code[8:12]+" "+code[12:])}, nil
}

// claim makes this WeChat stand for the resident whose code was shown.
func (c *chat) claim(invite string) (Reply, error) {
	r, err := access.Claim(c.scope, invite, c.m.At)
	switch {
	case isNotFound(err):
		return Reply{Text: sayBindUnknown}, nil
	case errors.Is(err, record.ErrFamily):
		return Reply{Text: sayFamilyFull}, nil
	case errors.Is(err, record.ErrScope):
		return Reply{Text: sayCodeOwn}, nil
	case err != nil:
		return Reply{}, err
	}
	if err := c.whoNow(); err != nil {
		return Reply{}, err
	}
	if r, ok, err := c.claimed(r); ok || err != nil {
		return r, err
	}
	return c.menu(fmt.Sprintf(sayCodeDone, r.Name))
}
