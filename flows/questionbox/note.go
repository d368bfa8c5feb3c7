package questionbox

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"xintiexin/flows/dialog"
	"xintiexin/storage/access"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/person"
	"xintiexin/storage/questions"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

func noteWords() []dialog.Keyword {
	return []dialog.Keyword{
		{Text: "悄悄话", For: dialog.Anyone, Do: noteBox},
		{Text: "回音", For: dialog.Anyone, Do: noteEcho},
		{Text: "纸条", For: dialog.Anyone, Do: notes},
		{Text: "小纸条", For: dialog.Anyone, Do: notes},
	}
}

func noteVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){
		"note-page":  notePage,
		"note-here":  noteHere,
		"note-stop":  func(*dialog.Turn, string) (dialog.Reply, error) { return dialog.Reply{Text: sayNoteNot}, nil },
		"note-tell":  noteTell,
		"note-quiet": func(*dialog.Turn, string) (dialog.Reply, error) { return dialog.Reply{Text: sayNoteQuiet}, nil },
		"note-take":  dialog.ForStaff(noteTake),
		"note-pass":  dialog.ForStaff(notePass),
		"note-offer": dialog.ForStaff(noteOffer),
		"note-no":    dialog.ForStaff(noteRefuse),
	}
}

// noteBox is 悄悄话: who asks is known to nobody, and it is said where that ends. The
// page comes first: what is typed there stays in no chat.
func noteBox(c *dialog.Turn, _ string) (dialog.Reply, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, err
	}
	due := questions.NoteDue(site.Holidays(), c.M.At)
	if err := c.Aside(); err != nil {
		return dialog.Reply{}, err
	}
	return c.Offer(fmt.Sprintf(sayNoteBox, due.Chinese()),
		dialogstate.Option{Label: labelNotePage, Do: "note-page"},
		dialogstate.Option{Label: labelNoteHere, Do: "note-here"},
		dialogstate.Option{Label: labelNoteNone, Do: "note-stop"}), nil
}

func noteLink(c *dialog.Turn) (dialog.Link, error) {
	token, err := access.NewLink(c.Scope, "note", "", "", c.M.ID, c.M.At)
	return dialog.Link{Label: labelNoteOpen, Path: "/p/" + token}, err
}

func notePage(c *dialog.Turn, _ string) (dialog.Reply, error) {
	link, err := noteLink(c)
	return dialog.Reply{Links: []dialog.Link{link}}, err
}

// noteHere waits for the question in the chat; noteSaid takes it.
func noteHere(c *dialog.Turn, _ string) (dialog.Reply, error) {
	return c.Offer(sayNoteWrite, dialogstate.Option{Label: labelNoteNone, Do: "note-stop"}), nil
}

// noteSaid keeps a question that was typed in the chat. The chat's state holds
// neither its words nor its number.
func noteSaid(c *dialog.Turn, text string) (dialog.Reply, error) {
	if n := len([]rune(text)); n > questions.NoteMax {
		return c.Show(fmt.Sprintf(sayNoteLong, questions.NoteMax)), nil
	}
	n, err := questions.Ask(c.Scope, text, c.M.ID, c.M.At)
	if errors.Is(err, record.ErrRateLimited) {
		c.S.Offers = nil
		return dialog.Reply{Text: sayNoteOften}, nil
	}
	if err != nil && !errors.Is(err, record.ErrAlreadyExists) {
		return dialog.Reply{}, err
	}
	return c.Offer(fmt.Sprintf(sayNoteKept, n.Number),
		dialogstate.Option{Label: labelNoteTell, Do: "note-tell"}, dialogstate.Option{Label: labelNoteQuiet, Do: "note-quiet"}), nil
}

// noteTell has the last question's asker told that there is an answer.
func noteTell(c *dialog.Turn, _ string) (dialog.Reply, error) {
	mine, err := questions.AllMine(c.Scope)
	if err != nil || len(mine) == 0 {
		return dialog.Reply{Text: sayNoteGone}, err
	}
	if err := questions.TellAnswer(c.Scope, mine[len(mine)-1].Number, true); err != nil {
		return dialog.Reply{}, err
	}
	c.WillTell("note_answered")
	return dialog.Reply{Text: sayNoteTold}, nil
}

// noteNumber answers 看3582 and 删3582, in every state.
func noteNumber(c *dialog.Turn, verb, number string) (dialog.Reply, error) {
	if verb == "删" {
		if err := questions.Delete(c.Scope, number, c.M.At); dialog.IsNotFound(err) {
			return dialog.Reply{Text: sayNoteGone}, nil
		} else if err != nil {
			return dialog.Reply{}, err
		}
		return dialog.Reply{Text: sayNoteDeleted}, nil
	}
	n, err := questions.Mine(c.Scope, number)
	if dialog.IsNotFound(err) {
		return dialog.Reply{Text: sayNoteGone}, nil
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	return noteState(c, n)
}

// noteState says whether a question has its answer; the answer stands on its page.
func noteState(c *dialog.Turn, n questions.AnonymousQuestion) (dialog.Reply, error) {
	if n.Answered == 0 {
		return dialog.Reply{Text: noteLate(c, n)}, nil
	}
	token, err := access.NewLink(c.Scope, "answer", "", n.Number, c.M.ID+n.Number, c.M.At)
	return dialog.Reply{Text: fmt.Sprintf(sayNoteEcho, n.Number), Links: []dialog.Link{{Label: labelNoteRead, Path: "/p/" + token}}}, err
}

// noteLate says by when there is an answer, or that it is late.
func noteLate(c *dialog.Turn, n questions.AnonymousQuestion) string {
	if n.Due < c.Today {
		return sayNoteLate
	}
	return fmt.Sprintf(sayNoteWaits, n.Due.Chinese())
}

// noteEcho is 回音: what of the asker's own questions has an answer.
func noteEcho(c *dialog.Turn, _ string) (dialog.Reply, error) {
	mine, err := questions.AllMine(c.Scope)
	if err != nil {
		return dialog.Reply{}, err
	}
	var r dialog.Reply
	for _, n := range mine {
		if n.Answered == 0 {
			continue
		}
		one, err := noteState(c, n)
		if err != nil {
			return dialog.Reply{}, err
		}
		r.Text = dialog.Join(r.Text, one.Text)
		r.Links = append(r.Links, one.Links...)
	}
	switch {
	case r.Text != "":
		return r, nil
	case len(mine) > 0:
		return dialog.Reply{Text: noteLate(c, mine[0])}, nil
	}
	return dialog.Reply{Text: sayNoteNoEcho}, nil
}

// notes is 纸条: to a clinician the questions that wait, to other staff a word like
// any, to anybody else the box.
func notes(c *dialog.Turn, _ string) (dialog.Reply, error) {
	waiting, err := questions.Waiting(c.Scope)
	if errors.Is(err, record.ErrScope) && c.Who.Staff() {
		return c.Lost()
	}
	if errors.Is(err, record.ErrScope) {
		return noteBox(c, "")
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	var r dialog.Reply
	var open []questions.AnonymousQuestion
	me := c.Who.Cadre.ID
	for _, n := range waiting {
		if n.Owner != me {
			open = append(open, n)
			continue
		}
		link, err := replyLink(c, n)
		if err != nil {
			return dialog.Reply{}, err
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
	if r, err = noteOffers(c, dialog.Join(said, fmt.Sprintf(sayNotesOpen, len(open))), open[0]); err != nil {
		return dialog.Reply{}, err
	}
	r.Links = links
	return r, nil
}

// noteOffers are what a clinician can do about the first of those that wait.
func noteOffers(c *dialog.Turn, said string, n questions.AnonymousQuestion) (dialog.Reply, error) {
	offers := []dialogstate.Option{{Label: labelNoteMe, Do: "note-take " + n.Number}}
	if n.To == c.Who.Cadre.ID {
		return c.Offer(dialog.Join(said, sayNoteAsked), append(offers, dialogstate.Option{Label: labelNoteNotMe, Do: "note-no " + n.Number})...), nil
	}
	others, err := questions.Clinicians(c.Scope)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(others) > 0 {
		offers = append(offers, dialogstate.Option{Label: labelNoteOther, Do: "note-pass " + n.Number})
	}
	return c.Offer(said, offers...), nil
}

func replyLink(c *dialog.Turn, n questions.AnonymousQuestion) (dialog.Link, error) {
	token, err := access.NewLink(c.Scope, "reply", "", n.Number, c.M.ID+n.Number, c.M.At)
	return dialog.Link{Label: fmt.Sprintf(labelNoteReply, c.Until(n.Due)), Path: "/p/" + token}, err
}

func noteTake(c *dialog.Turn, number string) (dialog.Reply, error) {
	n, err := questions.Take(c.Scope, number, c.M.At)
	if dialog.IsNotFound(err) {
		return dialog.Reply{Text: sayNoteTaken}, nil
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	link, err := replyLink(c, n)
	return dialog.Reply{Text: fmt.Sprintf(sayNoteYours, c.Until(n.Due)), Links: []dialog.Link{link}}, err
}

// notePass asks which other clinician is to answer.
func notePass(c *dialog.Turn, number string) (dialog.Reply, error) {
	others, err := questions.Clinicians(c.Scope)
	if err != nil {
		return dialog.Reply{}, err
	}
	offers := make([]dialogstate.Option, 0, len(others)+1)
	for _, o := range others[:min(len(others), 7)] {
		offers = append(offers, dialogstate.Option{Label: o.Name, Do: "note-offer " + number + " " + o.ID})
	}
	return c.Offer(sayNoteWho, append(offers, dialogstate.Option{Label: dialog.LabelNotNow, Do: "none"})...), nil
}

func noteOffer(c *dialog.Turn, rest string) (dialog.Reply, error) {
	number, to, _ := strings.Cut(rest, " ")
	switch err := questions.HandOn(c.Scope, number, to, c.M.At); {
	case dialog.IsNotFound(err), errors.Is(err, record.ErrScope):
		return dialog.Reply{Text: sayNoteTaken}, nil
	case err != nil:
		return dialog.Reply{}, err
	}
	o, err := person.LoadStaff(c.Tx, to)
	return dialog.Reply{Text: fmt.Sprintf(sayNotePassed, o.Name)}, err
}

func noteRefuse(c *dialog.Turn, number string) (dialog.Reply, error) {
	if err := questions.HandOn(c.Scope, number, "", c.M.At); err != nil && !dialog.IsNotFound(err) {
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: sayNoteRefused}, nil
}

// forDoctor points what is said about a body, by the words of the site's pages of
// the kind doctor, to the question box. Nothing of it is kept.
func forDoctor(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	site, err := townconfig.Current(c.Tx)
	if err != nil {
		return dialog.Reply{}, false, err
	}
	text = strings.ReplaceAll(text, " ", "")
	for _, g := range site.Guides {
		if g.Kind != "doctor" || !slices.ContainsFunc(g.Keywords, func(k string) bool { return strings.Contains(text, k) }) {
			continue
		}
		c.Page = dialog.Unkept
		return c.Offer(g.Text, dialogstate.Option{Label: dialog.LabelNote, Do: "say 悄悄话"}, dialogstate.Option{Label: dialog.LabelNotNow, Do: "none"}), true, nil
	}
	return dialog.Reply{}, false, nil
}

var noteCode = regexp.MustCompile(`^(看|删) ?([1-9][0-9]{3})$`)

// noteWord answers a word and a number that name a question of the box, in every
// state; ok is false for all else.
func noteWord(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	if c.M.Token != 0 || c.M.Tapped {
		return dialog.Reply{}, false, nil
	}
	m := noteCode.FindStringSubmatch(strings.TrimRight(text, " 。.,!~吧啊呀哈"))
	if m == nil {
		return dialog.Reply{}, false, nil
	}
	return dialog.Answered(noteNumber(c, m[1], m[2]))
}

// showWriting shows the box's question again, with the link to its page.
func showWriting(c *dialog.Turn, said string) (dialog.Reply, error) {
	link, err := noteLink(c)
	r := c.Show(dialog.Join(said, sayNoteHard))
	r.Links = append(r.Links, link)
	return r, err
}
