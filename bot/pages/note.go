package pages

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"xintiexin/flows/safety"
	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/questions"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/townconfig"
)

// notePage takes a question, without a name.
type notePage struct {
	frame
	Text, Wrong string
	Danger      string             // the word in it that says that she may be in danger
	Dial        []townconfig.Phone // whom to ring then
	Advice      []string
}

// askNote asks for the question.
func (s *server) askNote(v *visit) error {
	return s.render(v.w, http.StatusOK, "note", notePage{frame: v.frame})
}

type sentPage struct {
	frame
	Number string
	Said   []string
}

// note keeps a question and shows its number. One link is one question, however
// often its form is sent. Words that say that somebody may be in danger are
// answered first; nothing is kept then until she sends it all the same.
func (s *server) note(v *visit) error {
	f := v.r.PostForm
	page := notePage{frame: v.frame, Text: plain(f.Get("text"))}
	switch n := len([]rune(page.Text)); {
	case n == 0:
		page.Wrong = say("noteEmpty")
	case n > questions.NoteMax:
		page.Wrong = say("noteLong", questions.NoteMax)
	case f.Get("anyway") == "":
		if err := v.danger(&page); err != nil {
			return err
		}
	}
	if page.Wrong != "" || page.Danger != "" {
		return s.render(v.w, http.StatusUnprocessableEntity, "note", page)
	}
	var n questions.AnonymousQuestion
	err := v.update(func(_ *record.Tx, scope person.Scope) (err error) {
		n, err = questions.Ask(scope, page.Text, v.door, v.now)
		if errors.Is(err, record.ErrAlreadyExists) {
			return nil
		}
		return err
	})
	if errors.Is(err, record.ErrRateLimited) {
		page.Wrong = say("noteOften")
		return s.render(v.w, http.StatusTooManyRequests, "note", page)
	}
	if err != nil {
		return err
	}
	return s.render(v.w, http.StatusOK, "note_sent", sentPage{frame: v.frame, Number: n.Number})
}

// plain is a text as it was typed, its lines ended in one way.
func plain(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

// danger looks for words of the doctors' table in a question, as the chat does,
// and whom to ring. That somebody was told is counted; of the words nothing stays.
func (v *visit) danger(page *notePage) error {
	return v.update(func(tx *record.Tx, _ person.Scope) error {
		site, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		found, _ := safety.Dangers(site.Dangers, page.Text, "resident")
		if len(found) == 0 {
			return nil
		}
		page.Danger, page.Dial, page.Advice = found[0].Word, nil, nil
		for _, d := range found {
			for _, name := range d.Phones {
				p, ok := site.Phone(name)
				if !ok {
					p = townconfig.Phone{Number: strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_")} // a bare number, or a name that nobody wrote down
				}
				if p.Number != "" && !slices.Contains(page.Dial, p) {
					page.Dial = append(page.Dial, p)
				}
			}
			if d.Answer != "" {
				page.Advice = append(page.Advice, lines(d.Answer)...)
			}
		}
		if len(page.Dial) == 0 {
			page.Dial = []townconfig.Phone{{Number: "120"}}
		}
		return requests.CountDanger(tx, calendar.DayOf(v.now))
	})
}

// tellNote keeps whether she wants one message when there is an answer.
func (s *server) tellNote(v *visit) error {
	number, yes := v.r.PostForm.Get("number"), v.r.PostForm.Get("tell") == "yes"
	err := v.update(func(_ *record.Tx, scope person.Scope) error { return questions.TellAnswer(scope, number, yes) })
	if errors.Is(err, record.ErrNotFound) {
		return refuse(http.StatusGone, "answerGone")
	}
	if err != nil {
		return err
	}
	text := "noteToldNo"
	if yes {
		text = "noteToldYes"
	}
	return s.render(v.w, http.StatusOK, "note_sent", sentPage{v.frame, number, lines(say(text))})
}

type answerPage struct {
	frame
	Number, Asked, Answered, Due string
}

// answer shows the question and, where there is one, the answer: its days begin.
func (s *server) answer(v *visit) error {
	var n questions.AnonymousQuestion
	err := v.update(func(_ *record.Tx, scope person.Scope) (err error) {
		n, err = questions.Read(scope, v.pass.Subject, v.now)
		return err
	})
	if errors.Is(err, record.ErrNotFound) {
		return refuse(http.StatusGone, "answerGone")
	}
	if err != nil {
		return err
	}
	return s.render(v.w, http.StatusOK, "answer", answerPage{v.frame, n.Number, n.Text, n.Reply, n.Due.Chinese()})
}

// deleteNote deletes question and answer at once.
func (s *server) deleteNote(v *visit) error {
	err := v.update(func(_ *record.Tx, scope person.Scope) error { return questions.Delete(scope, v.pass.Subject, v.now) })
	if errors.Is(err, record.ErrNotFound) {
		return refuse(http.StatusGone, "answerGone")
	}
	if err != nil {
		return err
	}
	if err := v.leave(); err != nil {
		return err
	}
	return s.render(v.w, http.StatusOK, "message", struct{ Lines []string }{lines(say("answerDone"))})
}

type replyPage struct {
	frame
	Asked, Text, Wrong string
	Before             bool // it was answered, and not read yet
	Anyway             bool // the next press sends it as it is
}

// askReply shows a clinician a question that she may answer.
func (s *server) askReply(v *visit) error {
	n, err := v.noteOf()
	if err != nil {
		return err
	}
	return s.render(v.w, http.StatusOK, "reply", replyPage{frame: v.frame, Asked: n.Text, Text: n.Reply, Before: n.Answered != 0})
}

func (v *visit) noteOf() (n questions.AnonymousQuestion, err error) {
	err = v.view(func(_ *record.Tx, scope person.Scope) (err error) {
		n, err = questions.Get(scope, v.pass.Subject)
		return err
	})
	if errors.Is(err, record.ErrNotFound) {
		return n, refuse(http.StatusGone, "replyNotYour")
	}
	return n, err
}

// reply keeps the answer. One that asks who it is comes back once.
func (s *server) reply(v *visit) error {
	n, err := v.noteOf()
	if err != nil {
		return err
	}
	f := v.r.PostForm
	page := replyPage{frame: v.frame, Asked: n.Text, Text: plain(f.Get("text")), Before: n.Answered != 0}
	switch size := len([]rune(page.Text)); {
	case size == 0:
		page.Wrong = say("noteEmpty")
	case size > questions.ReplyMax:
		page.Wrong = say("noteLong", questions.ReplyMax)
	case f.Get("anyway") == "" && slices.ContainsFunc(asksWho, func(w string) bool { return strings.Contains(page.Text, w) }):
		page.Wrong, page.Anyway = say("replyPhone"), true
	}
	if page.Wrong != "" {
		return s.render(v.w, http.StatusUnprocessableEntity, "reply", page)
	}
	err = v.update(func(_ *record.Tx, scope person.Scope) error {
		_, err := questions.Answer(scope, v.pass.Subject, page.Text, v.now)
		return err
	})
	switch {
	case errors.Is(err, record.ErrNotFound):
		return refuse(http.StatusGone, "replyNotYour")
	case errors.Is(err, record.ErrExpired):
		return refuse(http.StatusConflict, "replyLate")
	case err != nil:
		return err
	}
	if err := v.leave(); err != nil {
		return err
	}
	return s.render(v.w, http.StatusOK, "message", struct{ Lines []string }{lines(say("replyDone"))})
}
