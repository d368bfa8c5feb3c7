package dialog

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
	Safety     Stage = iota // words that say that somebody is in danger
	Repeat                  // the next page, or the same once more
	Confirm                 // what answers a message or a question of yes or no, in every state
	Rights                  // what a resident decides about what is kept
	Answer                  // to what is open: a form, what stands on offer, a reminder
	Change                  // of subject: commands and keywords; what leaves a form begins here
	OtherWords              // what is meant by other words, while nothing is open
	Ask                     // small talk, and who asks for somebody
	ByIntent                // whole sentences, by flows/understand
	Human                   // what nobody understood
)

// String is the stage's name.
func (s Stage) String() string {
	return [...]string{"safety", "repeat", "confirm", "rights", "answer", "change", "other words", "ask", "intent", "human"}[s]
}

// Recogniser hears what is typed; ok is false for what it does not understand, and
// then the next is asked.
type Recogniser struct {
	Name  string // <capability>.<what it hears>
	Stage Stage
	Rank  int // its place in the stage
	Hear  func(c *Turn, text string) (r Reply, ok bool, err error)
}

// say answers words: it asks the recognisers, one after the other.
func (c *Turn) say(typed string) (Reply, error) {
	text := answer.Fold(typed)
	if words := answer.Bare(text); words != "" { // “接。”
		text = words
	}
	return c.listen(Safety, text)
}

// listen asks the recognisers from a stage on. The last one answers everything.
func (c *Turn) listen(from Stage, text string) (Reply, error) {
	for _, h := range c.T.Catalog.hears {
		if h.Stage < from {
			continue
		}
		if r, ok, err := h.Hear(c, text); ok || err != nil {
			r.Lost = r.Lost || h.Stage == Human
			return r, err
		}
	}
	return c.Menu(sayLost)
}

// inDanger asks the recognisers of danger alone.
func (c *Turn) inDanger(text string) (r Reply, ok bool, err error) {
	for _, h := range c.T.Catalog.hears {
		if h.Stage != Safety {
			break
		}
		if r, ok, err = h.Hear(c, text); ok || err != nil {
			return r, ok, err
		}
	}
	return Reply{}, false, nil
}

// Right is the right that a resident demands in plain words, typed and not tapped;
// "" for anything else, and for staff.
func (c *Turn) Right(text string) understand.Right {
	if c.Who.Staff() || c.M.Kind != Text || c.M.Tapped || c.M.Token != 0 {
		return ""
	}
	return understand.RightSaid(text, c.S.Flow != "" || len(c.S.Offers) > 0)
}

// careful answers a message, with a line before the answer where its words may be a
// sign of danger.
func (c *Turn) careful() (Reply, error) {
	r, err := dispatch(c)
	if err == nil && c.Soft != "" {
		r.Text = Join(c.Soft, r.Text)
	}
	return r, err
}

// AtLarge answers words while nothing is open.
func (c *Turn) AtLarge(text string) (Reply, error) { return c.listen(Change, text) }

// Lost answers what nobody understood.
func (c *Turn) Lost() (Reply, error) { return c.listen(Human, "") }

// SmallTalk guards a recogniser of what residents say besides.
func SmallTalk(hear func(c *Turn, text string) (Reply, bool, error)) func(c *Turn, text string) (Reply, bool, error) {
	return func(c *Turn, text string) (Reply, bool, error) {
		if c.Who.Staff() || c.M.Tapped || c.M.Token != 0 {
			return Reply{}, false, nil
		}
		return hear(c, text)
	}
}

// Answered is the result of a recogniser that understood.
func Answered(r Reply, err error) (Reply, bool, error) { return r, true, err }

// dialogCapability is what the dialog itself hears and does.
func dialogCapability() Capability {
	return Capability{Name: "dialog", Intents: ownIntents(),
		Actions: map[string]Action{
			"resume": func(c *Turn, _ string) (Reply, error) { return c.resume() },
			"drop": func(c *Turn, _ string) (Reply, error) {
				c.S.Parked = c.S.Parked[min(1, len(c.S.Parked)):]
				return c.Menu(sayDropped)
			},
			"none": func(*Turn, string) (Reply, error) { return Reply{Text: SayFine}, nil },
			"say": func(c *Turn, words string) (Reply, error) {
				c.M.Token, c.M.Tapped = 0, false
				return c.AtLarge(words)
			},
			"for":  forOne,
			"new":  ForNew,
			"mean": mean,
		},
		OnOffer: map[string]func(*Turn, string) (Reply, bool, error){"mean": meantNothing},
		Hears: []Recogniser{
			{"dialog.next page", Repeat, 10, nextPage},
			{"dialog.old form", Repeat, 30, func(c *Turn, text string) (Reply, bool, error) { return Reply{}, false, wakeOld(c, text) }},
			{"dialog.yes or no", Confirm, 30, whetherSaid},
			{"dialog.form", Answer, 20, formSaid},
			{"dialog.sentence before what is open", Answer, 25, overWords},
			{"dialog.words on offer", Answer, 40, offerSaid},
			{"dialog.free words", Answer, 50, freeSaid},
			{"dialog.offers", Answer, 100, offersSaid},
			{"dialog.old option", Change, 10, optionSaid},
			{"dialog.command", Change, 30, commandSaid},
			{"dialog.sentence before words", Change, 35, overWords},
			{"dialog.keyword", Change, 40, wordSaid},
			{"dialog.keyword in a sentence", Change, 50, spokenSaid},
			{"dialog.phrase", OtherWords, 10, phraseSaid},
			{"dialog.form's keyword", OtherWords, 50, flowSaid},
			{"dialog.question", OtherWords, 65, questionSaid},
			{"dialog.greeting", Ask, 10, SmallTalk(helloSaid)},
			{"dialog.thanks", Ask, 20, SmallTalk(thanksSaid)},
			{"dialog.noted", Ask, 30, SmallTalk(notedSaid)},
			{"dialog.sentence", ByIntent, 10, understoodSaid},
			{"dialog.offers again", Human, 10, offersAgain},
			{"dialog.menu", Human, 100, lostAll},
		},
	}
}

func nextPage(c *Turn, text string) (Reply, bool, error) {
	if answer.Command(text) == answer.More && len(c.S.More) > 0 {
		page := c.S.More[0]
		c.S.More = c.S.More[1:]
		return Reply{Text: page, Raw: true}, true, nil
	}
	c.S.More = nil
	return Reply{}, false, nil
}

func formSaid(c *Turn, text string) (Reply, bool, error) {
	if c.S.Flow == "" {
		return Reply{}, false, nil
	}
	return Answered(inForm(c, text, answer.Command(text)))
}

// offerSaid answers words that are said about what stands on offer, before they are
// held against labels.
func offerSaid(c *Turn, text string) (Reply, bool, error) {
	if c.M.Tapped || c.M.Token != 0 || c.S.Flow != "" {
		return Reply{}, false, nil
	}
	verb, _ := c.head()
	if hear := c.T.Catalog.onOffer[verb]; hear != nil {
		return hear(c, text)
	}
	return Reply{}, false, nil
}

// freeSaid takes free words where an offer asks for them: what a request is about,
// which times suit, a question for the box. A keyword, a command, a label and its
// number are none.
func freeSaid(c *Turn, text string) (r Reply, ok bool, err error) {
	if c.M.Tapped || c.M.Token != 0 || c.S.Flow != "" || len(c.S.Offers) == 0 || c.M.Kind != Text {
		return Reply{}, false, nil
	}
	verb, rest := c.head()
	free := c.T.Catalog.free[verb]
	if free.Take == nil || free.Alone && len(c.S.Offers) > 1 || c.Other(text) {
		return Reply{}, false, nil
	}
	if f, rest := c.Keyword(text); f != nil && rest == "" {
		return Reply{}, false, nil
	}
	switch answer.Command(text) {
	case answer.None:
	case answer.Back, answer.Cancel, answer.Park, answer.Skip:
		c.S.Offers = nil
		return Reply{Text: SayFine}, true, nil
	default:
		return Reply{}, false, nil
	}
	if free.Still != "" && (thanks.MatchString(text) || answer.Decides(text) == answer.Noted || slices.Contains(hello, text)) {
		return c.Show(free.Still), true, nil
	}
	if n, words, numbered := answer.Index(text); numbered && (words == "" || n <= len(c.S.Offers) && strings.Contains(answer.Fold(c.S.Offers[n-1].Label), words)) {
		return Reply{}, false, nil
	}
	for _, o := range c.S.Offers {
		if answer.SameWord(text, answer.Fold(o.Label)) {
			return Reply{}, false, nil
		}
	}
	return Answered(free.Take(c, strings.TrimSpace(c.M.Text), rest))
}

func offersSaid(c *Turn, text string) (Reply, bool, error) {
	if c.Sentence(text) {
		return Reply{}, false, nil
	}
	return offered(c, text)
}

func optionSaid(c *Turn, text string) (Reply, bool, error) {
	if c.M.Token != 0 && c.M.Token != c.S.Step || c.M.Tapped && oldOption(text) {
		return Answered(c.Menu(sayOldOption))
	}
	return Reply{}, false, nil
}

func commandSaid(c *Turn, text string) (Reply, bool, error) {
	switch answer.Command(text) {
	case answer.Undo:
		return Answered(c.undo())
	case answer.Resume:
		return Answered(c.resume())
	case answer.Menu, answer.Help:
		return Answered(c.Menu(""))
	case answer.Back, answer.Skip, answer.Park, answer.Cancel:
		return Answered(c.Menu(sayNothingOpen))
	}
	return Reply{}, false, nil
}

func wordSaid(c *Turn, text string) (Reply, bool, error) {
	for _, w := range c.Words() {
		if rest, ok := answer.CutHead(text, w.Text); ok {
			return Answered(w.Do(c, rest))
		}
	}
	return Reply{}, false, nil
}

func spokenSaid(c *Turn, text string) (Reply, bool, error) {
	words := c.spoken(text)
	if words == "" || c.M.Tapped {
		return Reply{}, false, nil
	}
	c.M.Text = words
	return Answered(c.say(words))
}

// phraseSaid answers, when nothing is open, what is no keyword of its own: it may
// as well be an answer inside a form.
func phraseSaid(c *Turn, text string) (Reply, bool, error) {
	for _, w := range c.T.Catalog.Phrases {
		rest, ok := strings.CutPrefix(text, w.Text)
		if answer.SameWord(text, w.Text) { // by its sound only as a whole: 要举报 is not 药具
			rest, ok = "", true
		}
		if rest = strings.TrimLeft(rest, " ,:"); ok && (!w.Whole || rest == "") {
			return Answered(w.Do(c, rest))
		}
	}
	return Reply{}, false, nil
}

func flowSaid(c *Turn, text string) (Reply, bool, error) {
	if f, rest := c.Keyword(text); f != nil {
		return Answered(c.Start(f, rest))
	}
	return Reply{}, false, nil
}

var (
	hello  = []string{"你好", "您好", "你好啊", "在吗", "在不", "有人吗", "有人不", "hi", "hello", "喂", "早上好", "早", "上午好", "下午好", "晚上好"}
	thanks = regexp.MustCompile(`^(?:好的?|嗯|哦)?[ ,]*(?:多谢|谢谢|谢了|感谢|辛苦|麻烦)(?:您|你|了|啦|啊|哈|们|大夫|医生|姐|妹子)*$`)
)

func helloSaid(c *Turn, text string) (Reply, bool, error) {
	if !slices.Contains(hello, strings.TrimRight(text, "?")) {
		return Reply{}, false, nil
	}
	return Answered(c.Greet())
}

func thanksSaid(c *Turn, text string) (Reply, bool, error) {
	return Reply{Text: sayWelcome}, thanks.MatchString(text), nil
}

func notedSaid(c *Turn, text string) (Reply, bool, error) {
	return Reply{Text: SayFine}, answer.Decides(text) == answer.Noted, nil
}

// offersAgain repeats what is open, where words were not understood: to staff whatever
// stands on offer, to anybody else all but the menu.
func offersAgain(c *Turn, text string) (Reply, bool, error) {
	if c.Who.Staff() {
		if len(c.S.Offers) == 0 {
			return Reply{}, false, nil
		}
		return Answered(c.withWay(text, c.Show(sayLostOffer)))
	}
	if !slices.ContainsFunc(c.S.Offers, func(o dialogstate.Option) bool { return !strings.HasPrefix(o.Do, "say ") }) {
		return Reply{}, false, nil
	}
	do, _ := whether(c)
	verb, rest, _ := strings.Cut(do, " ")
	if again := c.T.Catalog.asks[verb].Again; again != nil {
		r, err := again(c, rest)
		r.Text = Join(SayUnclear, r.Text)
		return r, true, err
	}
	return Answered(c.withWay(text, c.Show(sayLostOffer)))
}

func lostAll(c *Turn, text string) (Reply, bool, error) {
	said, after := sayLost, sayLostAsk
	if c.Who.Staff() {
		after = sayLostAgain
	}
	if c.S.Wrong++; c.S.Wrong >= 3 {
		c.S.Wrong, said = 0, after
	}
	r, err := c.Menu(said)
	if err != nil {
		return Reply{}, true, err
	}
	return Answered(c.withWay(text, r))
}

// withWay adds to what answers a sentence that was not understood how a person is reached.
func (c *Turn) withWay(text string, r Reply) (Reply, error) {
	if !c.sentence(text) {
		return r, nil
	}
	way, err := c.wayToPerson()
	r.Text = Join(r.Text, way)
	return r, err
}

// OpenWith opens a form about a resident.
func OpenWith(flow string) Action {
	return ForStaff(func(c *Turn, resident string) (Reply, error) {
		return c.StartWith(c.T.Flow(flow), "", map[string]string{"resident": resident})
	})
}

// StepAgain shows the open question once more.
func (c *Turn) StepAgain() (Reply, error) { return c.Step(form.Input{Again: true}) }
