package people

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/dialog"
	"xintiexin/flows/form"
	"xintiexin/flows/subject"
	"xintiexin/storage/access"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/visits"
)

// register asks what a service of hers needs first: that she agrees, and, where
// nobody stands behind her WeChat yet, what to call her and where to ring.
var register = dialog.Flow{Name: "register", SignUp: true, Instant: true, Answered: registerAnswered, Save: saveRegister, After: (*dialog.Turn).GoOn, Ended: registerEnded}

// posterPrefix heads the scene of a village's poster.
const posterPrefix = "village_"

// Poster returns the scene that the QR on a village's poster carries.
func Poster(village string) string { return posterPrefix + village }

// registerWords are those of first contact, and of what is kept of her.
func registerWords() []dialog.Keyword {
	return []dialog.Keyword{
		{Text: "让村里看", For: dialog.Anyone, Do: showVillage},
		{Text: "不让村里看", For: dialog.Anyone, Do: hide},
		{Text: "我的联系人", For: dialog.Anyone, Do: contact},
		{Text: "联系人", For: dialog.Anyone, Do: contact},
		{Text: "问事", For: dialog.Anyone, Do: what},
		{Text: "能做什么", For: dialog.Anyone, Do: what},
		{Text: "给码", For: dialog.Village, Do: giveCode},
		{Text: "别的家人", For: dialog.Anyone, Do: forFamily},
	}
}

func registerVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){
		"what":   what,
		"showto": showTo,
		"claim":  claim,
	}
}

// forFamily signs another of the family up on this WeChat, and books for her.
func forFamily(c *dialog.Turn, _ string) (dialog.Reply, error) {
	if len(c.Who.Residents) >= access.MaxFamily {
		return dialog.Reply{Text: sayFamilyFull}, nil
	}
	c.S.Then = "约号"
	return dialog.ForNew(c, string(purpose.Booking))
}

// registerAnswered reads the name and the phone, and asks again for the one that
// is missing only.
func registerAnswered(c *dialog.Turn, f *dialog.Flow, s *form.Session, name string) (*form.Problem, error) {
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
		return called(c, s, name, s.Get(name))
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
func called(c *dialog.Turn, s *form.Session, row, typed string) (*form.Problem, error) {
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
	noName     = dialog.AnyOf(`不(想|说|告|留|愿|要|给|方便)|没有|没手`, `就用|用俺|用我`, `媳妇|老公|爱人|婆婆|老婆|(俺|我)对.`,
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
		return "少" + subject.Chinese(d) + "位"
	case d < 0 && d > -10:
		return "多" + subject.Chinese(-d) + "位"
	}
	return "不对"
}

// saveRegister keeps her answer, and her where she is new, and goes on with what
// she came for.
func saveRegister(c *dialog.Turn, f *dialog.Flow, s *form.Session) (dialog.Reply, error) {
	agreed := consent.Consent{Resident: s.Get("resident"), Set: purpose.Purpose(s.Get("set")), Answer: person.Yes,
		Version: s.Get("version"), Text: s.Get("text"), Channel: "chat"}
	if agreed.Resident == "" {
		l, err := person.LoadAccount(c.Tx, c.M.From)
		if err != nil {
			return dialog.Reply{}, err
		}
		r, err := enrolment.Register(c.Scope, s.Get("name"), s.Get("phone"), l.Village, agreed, c.M.ID, c.M.At)
		if errors.Is(err, record.ErrFamily) {
			c.S.Then = ""
			return dialog.Reply{Text: sayFamilyFull}, nil
		}
		if err != nil {
			return dialog.Reply{}, err
		}
		agreed.Resident = r.ID
	} else if err := enrolment.Agree(c.Scope, agreed, c.M.At); err != nil {
		return dialog.Reply{}, err
	}
	c.S.For = agreed.Resident
	c.WillTell("recorded", "visit_eve", "away_told")
	if err := c.WhoNow(); err != nil { // she is somebody now
		return dialog.Reply{}, err
	}
	return dialog.Reply{}, enrolment.AnswerMore(c.Scope, agreed.Resident, f.Extra(s))
}

// registerEnded keeps her no: another service is not touched by it.
func registerEnded(c *dialog.Turn, _ *dialog.Flow, s *form.Session, _ string) (dialog.Reply, error) {
	c.S.Then = ""
	if id := s.Get("resident"); id != "" {
		no := consent.Consent{Resident: id, Set: purpose.Purpose(s.Get("set")), Answer: person.No, Version: s.Get("version"), Channel: "chat"}
		if err := enrolment.Agree(c.Scope, no, c.M.At); err != nil {
			return dialog.Reply{}, err
		}
	}
	return c.Menu(sayNotAgreed)
}

// showVillage lets the staff of her village see her; she says which village.
func showVillage(c *dialog.Turn, rest string) (dialog.Reply, error) {
	id, r, asked, err := c.ForWhom(purpose.Booking, "让村里看 "+rest)
	if err != nil || asked {
		return r, err
	}
	mine, err := c.Scope.Mine(id)
	if err != nil {
		return dialog.Reply{}, err
	}
	switch {
	case mine.Village != "" && mine.Shown:
		v, err := person.LoadVillage(c.Tx, mine.Village)
		return dialog.Reply{Text: fmt.Sprintf(sayShownAlready, v.Name)}, err
	case mine.Village != "": // her line stands in the village's directory: there is no other to choose
		return showTo(c, id+" "+mine.Village)
	}
	villages, err := person.Villages(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	villages = slices.DeleteFunc(villages, func(v person.Village) bool { return v.MergedInto != "" })
	slices.SortStableFunc(villages, func(a, b person.Village) int { // the one whose poster she scanned comes first
		return dialog.CompareBool(b.ID == mine.Poster, a.ID == mine.Poster)
	})
	var offers []dialogstate.Option
	for _, v := range villages {
		if rest != "" && strings.Contains(rest, v.Name) {
			return showTo(c, id+" "+v.ID)
		}
		offers = append(offers, dialogstate.Option{Label: v.Name, Do: "showto " + id + " " + v.ID})
	}
	return c.Offer(sayShowWhich, append(offers, dialogstate.Option{Label: dialog.LabelNotNow, Do: "none"})...), nil
}

// showTo carries out what showVillage asked.
func showTo(c *dialog.Turn, rest string) (dialog.Reply, error) {
	id, village, _ := strings.Cut(rest, " ")
	if err := enrolment.ShowTo(c.Scope, id, village, c.M.At); dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	} else if err != nil {
		return dialog.Reply{}, err
	}
	v, err := person.LoadVillage(c.Tx, village)
	return dialog.Reply{Text: fmt.Sprintf(sayShown, v.Name)}, err
}

// hide takes back that her village sees her.
func hide(c *dialog.Turn, _ string) (dialog.Reply, error) {
	said := sayHidden
	for _, id := range c.Who.Residents {
		r, err := c.Scope.Mine(id)
		if dialog.IsNotFound(err) || err == nil && r.Village == "" {
			continue
		}
		if err != nil {
			return dialog.Reply{}, err
		}
		visits, err := agreedVisits(c, id)
		if err != nil {
			return dialog.Reply{}, err
		}
		if err := enrolment.ShowTo(c.Scope, id, "", c.M.At); err != nil && !dialog.IsNotFound(err) {
			return dialog.Reply{}, err
		}
		left, err := agreedVisits(c, id)
		if err != nil {
			return dialog.Reply{}, err
		}
		if left < visits {
			said = dialog.Join(sayHidden, sayHiddenVisit)
		}
	}
	return dialog.Reply{Text: said}, nil
}

// agreedVisits counts the visits that are agreed on with one of her family.
func agreedVisits(c *dialog.Turn, id string) (n int, err error) {
	open, err := visits.OwnFollowUps(c.Tx, c.Who, id)
	for _, f := range open {
		if f.Kind == "visit" {
			n++
		}
	}
	return n, err
}

// contact names who serves her village, or the village whose poster she scanned.
func contact(c *dialog.Turn, _ string) (dialog.Reply, error) {
	family, err := c.Family()
	if err != nil {
		return dialog.Reply{}, err
	}
	var lines []string
	for _, r := range family {
		if r.Village == "" {
			continue
		}
		id, _, err := person.ContactOf(c.Tx, r)
		if err != nil {
			return dialog.Reply{}, err
		}
		if id, err = person.Delegate(c.Tx, id); err != nil {
			return dialog.Reply{}, err
		}
		if id == "" {
			continue
		}
		cadre, err := person.LoadStaff(c.Tx, id)
		if err != nil {
			return dialog.Reply{}, err
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf(sayContact, r.Name, cadre.Name, cadre.Phone)))
	}
	if len(lines) == 0 {
		r, err := c.FindHelp("")
		r.Text = dialog.Join(sayContactNone, r.Text)
		return r, err
	}
	return dialog.Reply{Text: dialog.Join(lines...)}, nil
}

// what shows what people can ask about.
func what(c *dialog.Turn, _ string) (dialog.Reply, error) {
	return c.Offer(sayWhatFor,
		dialogstate.Option{Label: labelErrands, Do: "say 办事"},
		dialogstate.Option{Label: labelBenefits, Do: "say 补贴"},
		dialogstate.Option{Label: labelTopics, Do: "say 健康知识"},
		dialogstate.Option{Label: labelGuide, Do: "say 服务指南"},
		dialogstate.Option{Label: labelLectures, Do: "say 讲堂"},
		dialogstate.Option{Label: dialog.LabelPerson, Do: "say 找人"}), nil
}

// giveCode gives a cadre the code by which somebody binds her own WeChat.
func giveCode(c *dialog.Turn, rest string) (dialog.Reply, error) {
	if rest == "" {
		return dialog.Reply{Text: sayCodeWhom}, nil
	}
	if id, ok := strings.CutPrefix(rest, "#"); ok {
		return codeFor(c, id)
	}
	found, err := subject.SearchResidents(c, rest, 5)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(found.Choices) == 0 || strings.HasPrefix(found.Choices[0].Value, dialog.Newcomer) {
		return dialog.Reply{Text: fmt.Sprintf(dialog.SayNoSuchName, rest)}, nil
	}
	if len(found.Choices) == 1 {
		return codeFor(c, found.Choices[0].Value)
	}
	offers := make([]dialogstate.Option, 0, len(found.Choices))
	for _, h := range found.Choices {
		offers = append(offers, dialogstate.Option{Label: h.Label, Do: "say 给码 #" + h.Value})
	}
	return c.Offer(found.Say, offers...), nil
}

func codeFor(c *dialog.Turn, id string) (dialog.Reply, error) {
	r, err := c.Scope.Resident(id)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	code, err := c.Scope.InviteResident(id, c.M.ID, c.M.At)
	if errors.Is(err, record.ErrAlreadyExists) {
		return dialog.Reply{Text: fmt.Sprintf(sayCodeHas, r.Name)}, nil
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: fmt.Sprintf(sayCodeGiven, subject.Brief(r), code[:4]+" "+code[4:8]+" "+code[8:12]+" "+code[12:])}, nil
}

// claim makes this WeChat stand for the resident whose code was shown.
func claim(c *dialog.Turn, invite string) (dialog.Reply, error) {
	r, err := access.Claim(c.Scope, invite, c.M.At)
	switch {
	case dialog.IsNotFound(err):
		return dialog.Reply{Text: sayBindUnknown}, nil
	case errors.Is(err, record.ErrFamily):
		return dialog.Reply{Text: sayFamilyFull}, nil
	case errors.Is(err, record.ErrScope):
		return dialog.Reply{Text: sayCodeOwn}, nil
	case err != nil:
		return dialog.Reply{}, err
	}
	if err := c.WhoNow(); err != nil {
		return dialog.Reply{}, err
	}
	if r, ok, err := dialog.Claimed(c, r); ok || err != nil {
		return r, err
	}
	return c.Menu(fmt.Sprintf(sayCodeDone, r.Name))
}
