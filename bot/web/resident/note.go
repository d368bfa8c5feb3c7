package resident

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"xintiexin/bot/web/session"
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
	session.Frame
	Text, Wrong string
	Danger      string             // the word in it that says that she may be in danger
	Dial        []townconfig.Phone // whom to ring then
	Advice      []string
}

// AskNote asks for the question.
func AskNote(s *session.Server, v *session.Visit) error {
	return s.Render(v.W, http.StatusOK, "note", notePage{Frame: v.Frame})
}

type sentPage struct {
	session.Frame
	Number string
	Said   []string
}

// Note keeps a question and shows its number. One link is one question, however
// often its form is sent. Words that say that somebody may be in danger are
// answered first; nothing is kept then until she sends it all the same.
func Note(s *session.Server, v *session.Visit) error {
	f := v.R.PostForm
	page := notePage{Frame: v.Frame, Text: plain(f.Get("text"))}
	switch n := len([]rune(page.Text)); {
	case n == 0:
		page.Wrong = session.Say("noteEmpty")
	case n > questions.NoteMax:
		page.Wrong = session.Say("noteLong", questions.NoteMax)
	case f.Get("anyway") == "":
		if err := danger(v, &page); err != nil {
			return err
		}
	}
	if page.Wrong != "" || page.Danger != "" {
		return s.Render(v.W, http.StatusUnprocessableEntity, "note", page)
	}
	var n questions.AnonymousQuestion
	err := v.Update(func(_ *record.Tx, scope person.Scope) (err error) {
		n, err = questions.Ask(scope, page.Text, v.Door, v.Now)
		if errors.Is(err, record.ErrAlreadyExists) {
			return nil
		}
		return err
	})
	if errors.Is(err, record.ErrRateLimited) {
		page.Wrong = session.Say("noteOften")
		return s.Render(v.W, http.StatusTooManyRequests, "note", page)
	}
	if err != nil {
		return err
	}
	return s.Render(v.W, http.StatusOK, "note_sent", sentPage{Frame: v.Frame, Number: n.Number})
}

// plain is a text as it was typed, its lines ended in one way.
func plain(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

// danger looks for words of the doctors' table in a question, as the chat does,
// and whom to ring. That somebody was told is counted; of the words nothing stays.
func danger(v *session.Visit, page *notePage) error {
	return v.Update(func(tx *record.Tx, _ person.Scope) error {
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
				page.Advice = append(page.Advice, session.Lines(d.Answer)...)
			}
		}
		if len(page.Dial) == 0 {
			page.Dial = []townconfig.Phone{{Number: "120"}}
		}
		return requests.CountDanger(tx, calendar.DayOf(v.Now))
	})
}

// TellNote keeps whether she wants one message when there is an answer.
func TellNote(s *session.Server, v *session.Visit) error {
	number, yes := v.R.PostForm.Get("number"), v.R.PostForm.Get("tell") == "yes"
	err := v.Update(func(_ *record.Tx, scope person.Scope) error { return questions.TellAnswer(scope, number, yes) })
	if errors.Is(err, record.ErrNotFound) {
		return session.Refuse(http.StatusGone, "answerGone")
	}
	if err != nil {
		return err
	}
	text := "noteToldNo"
	if yes {
		text = "noteToldYes"
	}
	return s.Render(v.W, http.StatusOK, "note_sent", sentPage{v.Frame, number, session.Lines(session.Say(text))})
}

type answerPage struct {
	session.Frame
	Number, Asked, Answered, Due string
}

// Answer shows the question and, where there is one, the answer: its days begin.
func Answer(s *session.Server, v *session.Visit) error {
	var n questions.AnonymousQuestion
	err := v.Update(func(_ *record.Tx, scope person.Scope) (err error) {
		n, err = questions.Read(scope, v.Pass.Subject, v.Now)
		return err
	})
	if errors.Is(err, record.ErrNotFound) {
		return session.Refuse(http.StatusGone, "answerGone")
	}
	if err != nil {
		return err
	}
	return s.Render(v.W, http.StatusOK, "answer", answerPage{v.Frame, n.Number, n.Text, n.Reply, n.Due.Chinese()})
}

// DeleteNote deletes question and answer at once.
func DeleteNote(s *session.Server, v *session.Visit) error {
	err := v.Update(func(_ *record.Tx, scope person.Scope) error { return questions.Delete(scope, v.Pass.Subject, v.Now) })
	if errors.Is(err, record.ErrNotFound) {
		return session.Refuse(http.StatusGone, "answerGone")
	}
	if err != nil {
		return err
	}
	if err := v.Leave(); err != nil {
		return err
	}
	return s.Render(v.W, http.StatusOK, "message", struct{ Lines []string }{session.Lines(session.Say("answerDone"))})
}

type replyPage struct {
	session.Frame
	Asked, Text, Wrong string
	Before             bool // it was answered, and not read yet
	Anyway             bool // the next press sends it as it is
}

// AskReply shows a clinician a question that she may answer.
func AskReply(s *session.Server, v *session.Visit) error {
	n, err := noteOf(v)
	if err != nil {
		return err
	}
	return s.Render(v.W, http.StatusOK, "reply", replyPage{Frame: v.Frame, Asked: n.Text, Text: n.Reply, Before: n.Answered != 0})
}

func noteOf(v *session.Visit) (n questions.AnonymousQuestion, err error) {
	err = v.View(func(_ *record.Tx, scope person.Scope) (err error) {
		n, err = questions.Get(scope, v.Pass.Subject)
		return err
	})
	if errors.Is(err, record.ErrNotFound) {
		return n, session.Refuse(http.StatusGone, "replyNotYour")
	}
	return n, err
}

// Reply keeps the answer. One that asks who it is comes back once.
func Reply(s *session.Server, v *session.Visit) error {
	n, err := noteOf(v)
	if err != nil {
		return err
	}
	f := v.R.PostForm
	page := replyPage{Frame: v.Frame, Asked: n.Text, Text: plain(f.Get("text")), Before: n.Answered != 0}
	switch size := len([]rune(page.Text)); {
	case size == 0:
		page.Wrong = session.Say("noteEmpty")
	case size > questions.ReplyMax:
		page.Wrong = session.Say("noteLong", questions.ReplyMax)
	case f.Get("anyway") == "" && slices.ContainsFunc(session.AsksWho, func(w string) bool { return strings.Contains(page.Text, w) }):
		page.Wrong, page.Anyway = session.Say("replyPhone"), true
	}
	if page.Wrong != "" {
		return s.Render(v.W, http.StatusUnprocessableEntity, "reply", page)
	}
	err = v.Update(func(_ *record.Tx, scope person.Scope) error {
		_, err := questions.Answer(scope, v.Pass.Subject, page.Text, v.Now)
		return err
	})
	switch {
	case errors.Is(err, record.ErrNotFound):
		return session.Refuse(http.StatusGone, "replyNotYour")
	case errors.Is(err, record.ErrExpired):
		return session.Refuse(http.StatusConflict, "replyLate")
	case err != nil:
		return err
	}
	if err := v.Leave(); err != nil {
		return err
	}
	return s.Render(v.W, http.StatusOK, "message", struct{ Lines []string }{session.Lines(session.Say("replyDone"))})
}
