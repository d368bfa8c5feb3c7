package flows

import (
	"regexp"
	"slices"
	"strings"

	"xintiexin/flows/answer"
	"xintiexin/flows/form"
	"xintiexin/flows/understand"
	"xintiexin/storage/dialogstate"
)

// Stage says when a recogniser is asked: those of an earlier stage go before.
type Stage uint8

// The stages, in order. A yes or no to what is open goes before the words of rights,
// since 来 means both.
const (
	Safety  Stage = iota // words that say that somebody is in danger
	Repeat               // the next page, or the same once more
	Confirm              // what answers a message or a question of yes or no, in every state
	Rights               // what a resident decides about what is kept
	Answer               // to what is open: a form, what stands on offer, a reminder
	Change               // of subject: commands and keywords; what leaves a form begins here
	Intent               // what is meant by other words, while nothing is open
	Ask                  // small talk, and who asks for somebody
	Human                // what nobody understood
)

// String is the stage's name.
func (s Stage) String() string {
	return [...]string{"safety", "repeat", "confirm", "rights", "answer", "change", "intent", "ask", "human"}[s]
}

// Recogniser hears what is typed; ok is false for what it does not understand, and
// then the next is asked.
type Recogniser struct {
	Name  string // <capability>.<what it hears>
	Stage Stage
	Rank  int // its place in the stage
	Hear  func(c *chat, text string) (r Reply, ok bool, err error)
}

// say answers words: it asks the recognisers, one after the other.
func (c *chat) say(typed string) (Reply, error) {
	text := answer.Fold(typed)
	if words := answer.Bare(text); words != "" { // “接。”
		text = words
	}
	return c.listen(Safety, text)
}

// listen asks the recognisers from a stage on. The last one answers everything.
func (c *chat) listen(from Stage, text string) (Reply, error) {
	for _, h := range c.t.catalog.hears {
		if h.Stage < from {
			continue
		}
		if r, ok, err := h.Hear(c, text); ok || err != nil {
			r.Lost = r.Lost || h.Stage == Human
			return r, err
		}
	}
	return c.menu(sayLost)
}

// inDanger asks the recognisers of danger alone.
func (c *chat) inDanger(text string) (r Reply, ok bool, err error) {
	for _, h := range c.t.catalog.hears {
		if h.Stage != Safety {
			break
		}
		if r, ok, err = h.Hear(c, text); ok || err != nil {
			return r, ok, err
		}
	}
	return Reply{}, false, nil
}

// right is the right that a resident demands in plain words, typed and not tapped;
// "" for anything else, and for staff.
func (c *chat) right(text string) understand.Right {
	if c.who.Staff() || c.m.Kind != Text || c.m.Tapped || c.m.Token != 0 {
		return ""
	}
	return understand.RightSaid(text, c.s.Flow != "" || len(c.s.Offers) > 0)
}

// careful answers a message, with a line before the answer where its words may be a
// sign of danger.
func (c *chat) careful() (Reply, error) {
	r, err := c.dispatch()
	if err == nil && c.soft != "" {
		r.Text = join(c.soft, r.Text)
	}
	return r, err
}

// atLarge answers words while nothing is open.
func (c *chat) atLarge(text string) (Reply, error) { return c.listen(Change, text) }

// lost answers what nobody understood.
func (c *chat) lost() (Reply, error) { return c.listen(Human, "") }

// smallTalk guards a recogniser of what residents say besides.
func smallTalk(hear func(c *chat, text string) (Reply, bool, error)) func(c *chat, text string) (Reply, bool, error) {
	return func(c *chat, text string) (Reply, bool, error) {
		if c.who.Staff() || c.m.Tapped || c.m.Token != 0 {
			return Reply{}, false, nil
		}
		return hear(c, text)
	}
}

// answered is the result of a recogniser that understood.
func answered(r Reply, err error) (Reply, bool, error) { return r, true, err }

// dialogCapability is what the dialog itself hears and does.
func dialogCapability() Capability {
	return Capability{Name: "dialog",
		Actions: map[string]action{
			"resume": func(c *chat, _ string) (Reply, error) { return c.resume() },
			"drop": func(c *chat, _ string) (Reply, error) {
				c.s.Parked = c.s.Parked[min(1, len(c.s.Parked)):]
				return c.menu(sayDropped)
			},
			"none": func(*chat, string) (Reply, error) { return Reply{Text: sayFine}, nil },
			"say": func(c *chat, words string) (Reply, error) {
				c.m.Token, c.m.Tapped = 0, false
				return c.atLarge(words)
			},
			"for": (*chat).forOne,
			"new": (*chat).forNew,
		},
		Hears: []Recogniser{
			{"dialog.next page", Repeat, 10, (*chat).nextPage},
			{"dialog.old form", Repeat, 30, func(c *chat, text string) (Reply, bool, error) { return Reply{}, false, c.wakeOld(text) }},
			{"dialog.yes or no", Confirm, 30, (*chat).whetherSaid},
			{"dialog.form", Answer, 20, (*chat).formSaid},
			{"dialog.words on offer", Answer, 40, (*chat).offerSaid},
			{"dialog.free words", Answer, 50, (*chat).freeSaid},
			{"dialog.offers", Answer, 100, (*chat).offersSaid},
			{"dialog.old option", Change, 10, (*chat).optionSaid},
			{"dialog.command", Change, 30, (*chat).commandSaid},
			{"dialog.keyword", Change, 40, (*chat).wordSaid},
			{"dialog.keyword in a sentence", Change, 50, (*chat).spokenSaid},
			{"dialog.phrase", Intent, 10, (*chat).phraseSaid},
			{"dialog.form's keyword", Intent, 50, (*chat).flowSaid},
			{"dialog.greeting", Ask, 10, smallTalk((*chat).helloSaid)},
			{"dialog.thanks", Ask, 20, smallTalk((*chat).thanksSaid)},
			{"dialog.noted", Ask, 30, smallTalk((*chat).notedSaid)},
			{"dialog.offers again", Human, 10, (*chat).offersAgain},
			{"dialog.menu", Human, 100, (*chat).lostAll},
		},
	}
}

func (c *chat) nextPage(text string) (Reply, bool, error) {
	if answer.Command(text) == answer.More && len(c.s.More) > 0 {
		page := c.s.More[0]
		c.s.More = c.s.More[1:]
		return Reply{Text: page, Raw: true}, true, nil
	}
	c.s.More = nil
	return Reply{}, false, nil
}

func (c *chat) formSaid(text string) (Reply, bool, error) {
	if c.s.Flow == "" {
		return Reply{}, false, nil
	}
	return answered(c.inForm(text, answer.Command(text)))
}

// offerSaid answers words that are said about what stands on offer, before they are
// held against labels.
func (c *chat) offerSaid(text string) (Reply, bool, error) {
	if c.m.Tapped || c.m.Token != 0 || c.s.Flow != "" {
		return Reply{}, false, nil
	}
	verb, _ := c.head()
	if hear := c.t.catalog.onOffer[verb]; hear != nil {
		return hear(c, text)
	}
	return Reply{}, false, nil
}

// freeSaid takes free words where an offer asks for them: what a request is about,
// which times suit, a question for the box. A keyword, a command, a label and its
// number are none.
func (c *chat) freeSaid(text string) (r Reply, ok bool, err error) {
	if c.m.Tapped || c.m.Token != 0 || c.s.Flow != "" || len(c.s.Offers) == 0 || c.m.Kind != Text {
		return Reply{}, false, nil
	}
	verb, rest := c.head()
	free := c.t.catalog.free[verb]
	if free.take == nil || free.alone && len(c.s.Offers) > 1 || c.other(text) {
		return Reply{}, false, nil
	}
	if f, rest := c.keyword(text); f != nil && rest == "" {
		return Reply{}, false, nil
	}
	switch answer.Command(text) {
	case answer.None:
	case answer.Back, answer.Cancel, answer.Park, answer.Skip:
		c.s.Offers = nil
		return Reply{Text: sayFine}, true, nil
	default:
		return Reply{}, false, nil
	}
	if free.still != "" && (thanks.MatchString(text) || answer.Decides(text) == answer.Noted || slices.Contains(hello, text)) {
		return c.show(free.still), true, nil
	}
	if n, words, numbered := answer.Index(text); numbered && (words == "" || n <= len(c.s.Offers) && strings.Contains(answer.Fold(c.s.Offers[n-1].Label), words)) {
		return Reply{}, false, nil
	}
	for _, o := range c.s.Offers {
		if answer.SameWord(text, answer.Fold(o.Label)) {
			return Reply{}, false, nil
		}
	}
	return answered(free.take(c, strings.TrimSpace(c.m.Text), rest))
}

func (c *chat) offersSaid(text string) (Reply, bool, error) {
	if c.sentence(text) {
		return Reply{}, false, nil
	}
	return c.offered(text)
}

func (c *chat) optionSaid(text string) (Reply, bool, error) {
	if c.m.Token != 0 && c.m.Token != c.s.Step || c.m.Tapped && oldOption(text) {
		return answered(c.menu(sayOldOption))
	}
	return Reply{}, false, nil
}

func (c *chat) commandSaid(text string) (Reply, bool, error) {
	switch answer.Command(text) {
	case answer.Undo:
		return answered(c.undo())
	case answer.Resume:
		return answered(c.resume())
	case answer.Menu, answer.Help:
		return answered(c.menu(""))
	case answer.Back, answer.Skip, answer.Park, answer.Cancel:
		return answered(c.menu(sayNothingOpen))
	}
	return Reply{}, false, nil
}

func (c *chat) wordSaid(text string) (Reply, bool, error) {
	for _, w := range c.words() {
		if rest, ok := answer.CutHead(text, w.word); ok {
			return answered(w.do(c, rest))
		}
	}
	return Reply{}, false, nil
}

func (c *chat) spokenSaid(text string) (Reply, bool, error) {
	words := c.spoken(text)
	if words == "" || c.m.Tapped {
		return Reply{}, false, nil
	}
	c.m.Text = words
	return answered(c.say(words))
}

// phraseSaid answers, when nothing is open, what is no keyword of its own: it may
// as well be an answer inside a form.
func (c *chat) phraseSaid(text string) (Reply, bool, error) {
	for _, w := range c.t.catalog.phrases {
		rest, ok := strings.CutPrefix(text, w.word)
		if answer.SameWord(text, w.word) { // by its sound only as a whole: 要举报 is not 药具
			rest, ok = "", true
		}
		if rest = strings.TrimLeft(rest, " ,:"); ok && (!w.whole || rest == "") {
			return answered(w.do(c, rest))
		}
	}
	return Reply{}, false, nil
}

func (c *chat) flowSaid(text string) (Reply, bool, error) {
	if f, rest := c.keyword(text); f != nil {
		return answered(c.start(f, rest))
	}
	return Reply{}, false, nil
}

var (
	hello  = []string{"你好", "您好", "你好啊", "在吗", "在不", "有人吗", "有人不", "hi", "hello", "喂", "早上好", "早", "上午好", "下午好", "晚上好"}
	thanks = regexp.MustCompile(`^(?:好的?|嗯|哦)?[ ,]*(?:多谢|谢谢|谢了|感谢|辛苦|麻烦)(?:您|你|了|啦|啊|哈|们|大夫|医生|姐|妹子)*$`)
)

func (c *chat) helloSaid(text string) (Reply, bool, error) {
	if !slices.Contains(hello, strings.TrimRight(text, "?")) {
		return Reply{}, false, nil
	}
	return answered(c.greet())
}

func (c *chat) thanksSaid(text string) (Reply, bool, error) {
	return Reply{Text: sayWelcome}, thanks.MatchString(text), nil
}

func (c *chat) notedSaid(text string) (Reply, bool, error) {
	return Reply{Text: sayFine}, answer.Decides(text) == answer.Noted, nil
}

// offersAgain repeats what is open, where words were not understood: to staff whatever
// stands on offer, to anybody else all but the menu.
func (c *chat) offersAgain(string) (Reply, bool, error) {
	if c.who.Staff() {
		if len(c.s.Offers) == 0 {
			return Reply{}, false, nil
		}
		return c.show(sayLostOffer), true, nil
	}
	if !slices.ContainsFunc(c.s.Offers, func(o dialogstate.Option) bool { return !strings.HasPrefix(o.Do, "say ") }) {
		return Reply{}, false, nil
	}
	do, _ := c.whether()
	verb, rest, _ := strings.Cut(do, " ")
	if again := c.t.catalog.asks[verb].again; again != nil {
		r, err := again(c, rest)
		r.Text = join(sayUnclear, r.Text)
		return r, true, err
	}
	return c.show(sayLostOffer), true, nil
}

func (c *chat) lostAll(string) (Reply, bool, error) {
	said, after := sayLost, sayLostAsk
	if c.who.Staff() {
		after = sayLostAgain
	}
	if c.s.Wrong++; c.s.Wrong >= 3 {
		c.s.Wrong, said = 0, after
	}
	return answered(c.menu(said))
}

// openWith opens a form about a resident.
func openWith(flow string) action {
	return forStaff(func(c *chat, resident string) (Reply, error) {
		return c.startWith(c.t.flow(flow), "", map[string]string{"resident": resident})
	})
}

// stepAgain shows the open question once more.
func (c *chat) stepAgain() (Reply, error) { return c.step(form.Input{Again: true}) }
