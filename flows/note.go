package flows

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xintiexin/storage/access"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/person"
	questionsstore "xintiexin/storage/questions"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

func noteWords() []word {
	return []word{
		{"悄悄话", anyone, (*chat).noteBox},
		{"回音", anyone, (*chat).noteEcho},
		{"纸条", anyone, (*chat).notes},
		{"小纸条", anyone, (*chat).notes},
	}
}

func noteVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){
		"note-page":  (*chat).notePage,
		"note-here":  (*chat).noteHere,
		"note-stop":  func(*chat, string) (Reply, error) { return Reply{Text: sayNoteNot}, nil },
		"note-tell":  (*chat).noteTell,
		"note-quiet": func(*chat, string) (Reply, error) { return Reply{Text: sayNoteQuiet}, nil },
		"note-take":  forStaff((*chat).noteTake),
		"note-pass":  forStaff((*chat).notePass),
		"note-offer": forStaff((*chat).noteOffer),
		"note-no":    forStaff((*chat).noteRefuse),
	}
}

// noteBox is 悄悄话: who asks is known to nobody, and it is said where that ends. The
// page comes first: what is typed there stays in no chat.
func (c *chat) noteBox(string) (Reply, error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, err
	}
	due := questionsstore.NoteDue(site.Holidays(), c.m.At)
	if err := c.aside(); err != nil {
		return Reply{}, err
	}
	return c.offer(fmt.Sprintf(sayNoteBox, due.Chinese()),
		dialogstate.Option{Label: labelNotePage, Do: "note-page"},
		dialogstate.Option{Label: labelNoteHere, Do: "note-here"},
		dialogstate.Option{Label: labelNoteNone, Do: "note-stop"}), nil
}

func (c *chat) noteLink() (Link, error) {
	token, err := access.NewLink(c.scope, "note", "", "", c.m.ID, c.m.At)
	return Link{Label: labelNoteOpen, Path: "/p/" + token}, err
}

func (c *chat) notePage(string) (Reply, error) {
	link, err := c.noteLink()
	return Reply{Links: []Link{link}}, err
}

// noteHere waits for the question in the chat; noteSaid takes it.
func (c *chat) noteHere(string) (Reply, error) {
	return c.offer(sayNoteWrite, dialogstate.Option{Label: labelNoteNone, Do: "note-stop"}), nil
}

// noteSaid keeps a question that was typed in the chat. The chat's state holds
// neither its words nor its number.
func (c *chat) noteSaid(text string) (Reply, error) {
	if n := len([]rune(text)); n > questionsstore.NoteMax {
		return c.show(fmt.Sprintf(sayNoteLong, questionsstore.NoteMax)), nil
	}
	n, err := questionsstore.Ask(c.scope, text, c.m.ID, c.m.At)
	if errors.Is(err, record.ErrRateLimited) {
		c.s.Offers = nil
		return Reply{Text: sayNoteOften}, nil
	}
	if err != nil && !errors.Is(err, record.ErrAlreadyExists) {
		return Reply{}, err
	}
	return c.offer(fmt.Sprintf(sayNoteKept, n.Number),
		dialogstate.Option{Label: labelNoteTell, Do: "note-tell"}, dialogstate.Option{Label: labelNoteQuiet, Do: "note-quiet"}), nil
}

// noteTell has the last question's asker told that there is an answer.
func (c *chat) noteTell(string) (Reply, error) {
	mine, err := questionsstore.AllMine(c.scope)
	if err != nil || len(mine) == 0 {
		return Reply{Text: sayNoteGone}, err
	}
	if err := questionsstore.TellAnswer(c.scope, mine[len(mine)-1].Number, true); err != nil {
		return Reply{}, err
	}
	c.willTell("note_answered")
	return Reply{Text: sayNoteTold}, nil
}

// noteNumber answers 看3582 and 删3582, in every state.
func (c *chat) noteNumber(verb, number string) (Reply, error) {
	if verb == "删" {
		if err := questionsstore.Delete(c.scope, number, c.m.At); isNotFound(err) {
			return Reply{Text: sayNoteGone}, nil
		} else if err != nil {
			return Reply{}, err
		}
		return Reply{Text: sayNoteDeleted}, nil
	}
	n, err := questionsstore.Mine(c.scope, number)
	if isNotFound(err) {
		return Reply{Text: sayNoteGone}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	return c.noteState(n)
}

// noteState says whether a question has its answer; the answer stands on its page.
func (c *chat) noteState(n questionsstore.AnonymousQuestion) (Reply, error) {
	if n.Answered == 0 {
		return Reply{Text: c.noteLate(n)}, nil
	}
	token, err := access.NewLink(c.scope, "answer", "", n.Number, c.m.ID+n.Number, c.m.At)
	return Reply{Text: fmt.Sprintf(sayNoteEcho, n.Number), Links: []Link{{Label: labelNoteRead, Path: "/p/" + token}}}, err
}

// noteLate says by when there is an answer, or that it is late.
func (c *chat) noteLate(n questionsstore.AnonymousQuestion) string {
	if n.Due < c.today {
		return sayNoteLate
	}
	return fmt.Sprintf(sayNoteWaits, n.Due.Chinese())
}

// noteEcho is 回音: what of the asker's own questions has an answer.
func (c *chat) noteEcho(string) (Reply, error) {
	mine, err := questionsstore.AllMine(c.scope)
	if err != nil {
		return Reply{}, err
	}
	var r Reply
	for _, n := range mine {
		if n.Answered == 0 {
			continue
		}
		one, err := c.noteState(n)
		if err != nil {
			return Reply{}, err
		}
		r.Text = join(r.Text, one.Text)
		r.Links = append(r.Links, one.Links...)
	}
	switch {
	case r.Text != "":
		return r, nil
	case len(mine) > 0:
		return Reply{Text: c.noteLate(mine[0])}, nil
	}
	return Reply{Text: sayNoteNoEcho}, nil
}

// notes is 纸条: to a clinician the questions that wait, to other staff a word like
// any, to anybody else the box.
func (c *chat) notes(string) (Reply, error) {
	waiting, err := questionsstore.Waiting(c.scope)
	if errors.Is(err, record.ErrScope) && c.who.Staff() {
		return c.lost()
	}
	if errors.Is(err, record.ErrScope) {
		return c.noteBox("")
	}
	if err != nil {
		return Reply{}, err
	}
	var r Reply
	var open []questionsstore.AnonymousQuestion
	me := c.who.Cadre.ID
	for _, n := range waiting {
		if n.Owner != me {
			open = append(open, n)
			continue
		}
		link, err := c.replyLink(n)
		if err != nil {
			return Reply{}, err
		}
		r.Links = append(r.Links, link)
	}
	said := ""
	if len(r.Links) > 0 {
		said = fmt.Sprintf(sayNotesMine, len(r.Links))
		r.Links = r.Links[:min(3, len(r.Links))]
	}
	if len(open) == 0 {
		if said == "" {
			said = sayNotesNone
		}
		r.Text = said
		return r, nil
	}
	links := r.Links
	if r, err = c.noteOffers(join(said, fmt.Sprintf(sayNotesOpen, len(open))), open[0]); err != nil {
		return Reply{}, err
	}
	r.Links = links
	return r, nil
}

// noteOffers are what a clinician can do about the first of those that wait.
func (c *chat) noteOffers(said string, n questionsstore.AnonymousQuestion) (Reply, error) {
	offers := []dialogstate.Option{{Label: labelNoteMe, Do: "note-take " + n.Number}}
	if n.To == c.who.Cadre.ID {
		return c.offer(join(said, sayNoteAsked), append(offers, dialogstate.Option{Label: labelNoteNotMe, Do: "note-no " + n.Number})...), nil
	}
	others, err := questionsstore.Clinicians(c.scope)
	if err != nil {
		return Reply{}, err
	}
	if len(others) > 0 {
		offers = append(offers, dialogstate.Option{Label: labelNoteOther, Do: "note-pass " + n.Number})
	}
	return c.offer(said, offers...), nil
}

func (c *chat) replyLink(n questionsstore.AnonymousQuestion) (Link, error) {
	token, err := access.NewLink(c.scope, "reply", "", n.Number, c.m.ID+n.Number, c.m.At)
	return Link{Label: fmt.Sprintf(labelNoteReply, c.until(n.Due)), Path: "/p/" + token}, err
}

// until says a day by which something is done, as it is spoken of.
func (c *chat) until(day calendar.Day) string {
	switch day - c.today {
	case 0:
		return "今天"
	case 1:
		return "明天"
	}
	return day.Chinese()
}

func (c *chat) noteTake(number string) (Reply, error) {
	n, err := questionsstore.Take(c.scope, number, c.m.At)
	if isNotFound(err) {
		return Reply{Text: sayNoteTaken}, nil
	}
	if err != nil {
		return Reply{}, err
	}
	link, err := c.replyLink(n)
	return Reply{Text: fmt.Sprintf(sayNoteYours, c.until(n.Due)), Links: []Link{link}}, err
}

// notePass asks which other clinician is to answer.
func (c *chat) notePass(number string) (Reply, error) {
	others, err := questionsstore.Clinicians(c.scope)
	if err != nil {
		return Reply{}, err
	}
	offers := make([]dialogstate.Option, 0, len(others)+1)
	for _, o := range others[:min(len(others), 7)] {
		offers = append(offers, dialogstate.Option{Label: o.Name, Do: "note-offer " + number + " " + o.ID})
	}
	return c.offer(sayNoteWho, append(offers, dialogstate.Option{Label: labelNotNow, Do: "none"})...), nil
}

func (c *chat) noteOffer(rest string) (Reply, error) {
	number, to, _ := strings.Cut(rest, " ")
	switch err := questionsstore.HandOn(c.scope, number, to, c.m.At); {
	case isNotFound(err), errors.Is(err, record.ErrScope):
		return Reply{Text: sayNoteTaken}, nil
	case err != nil:
		return Reply{}, err
	}
	o, err := person.LoadStaff(c.tx, to)
	return Reply{Text: fmt.Sprintf(sayNotePassed, o.Name)}, err
}

func (c *chat) noteRefuse(number string) (Reply, error) {
	if err := questionsstore.HandOn(c.scope, number, "", c.m.At); err != nil && !isNotFound(err) {
		return Reply{}, err
	}
	return Reply{Text: sayNoteRefused}, nil
}

// forDoctor points what is said about a body, by the words of the site's pages of
// the kind doctor, to the question box. Nothing of it is kept.
func (c *chat) forDoctor(text string) (Reply, bool, error) {
	site, err := townconfig.Current(c.tx)
	if err != nil {
		return Reply{}, false, err
	}
	text = strings.ReplaceAll(text, " ", "")
	for _, g := range site.Guides {
		if g.Kind != "doctor" || !slices.ContainsFunc(g.Keywords, func(k string) bool { return strings.Contains(text, k) }) {
			continue
		}
		c.page = unkept
		return c.offer(g.Text, dialogstate.Option{Label: labelNote, Do: "say 悄悄话"}, dialogstate.Option{Label: labelNotNow, Do: "none"}), true, nil
	}
	return Reply{}, false, nil
}

var noteCode = regexp.MustCompile(`^(看|删) ?([1-9][0-9]{3})$`)

// noteWord answers a word and a number that name a question of the box, in every
// state; ok is false for all else.
func (c *chat) noteWord(text string) (Reply, bool, error) {
	if c.m.Token != 0 || c.m.Tapped {
		return Reply{}, false, nil
	}
	m := noteCode.FindStringSubmatch(strings.TrimRight(text, " 。.,!~吧啊呀哈"))
	if m == nil {
		return Reply{}, false, nil
	}
	return answered(c.noteNumber(m[1], m[2]))
}

// showWriting shows the box's question again, with the link to its page.
func (c *chat) showWriting(said string) (Reply, error) {
	link, err := c.noteLink()
	r := c.show(join(said, sayNoteHard))
	r.Links = append(r.Links, link)
	return r, err
}
