package office

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"xintiexin/bot/web/session"
	"xintiexin/storage/handovers"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

type leavePage struct {
	session.Frame
	ID, Name, Place string
	Work            []string // what waits to be given to others
	Said            string
	Done            bool
}

// askLeave asks for the name of who has left the office, before the account is
// closed: for one at a time.
func askLeave(v *session.Visit, ids []string) error {
	if len(ids) != 1 {
		return showCodes(v, http.StatusUnprocessableEntity, session.Say("leaveOne"))
	}
	return showLeave(v, http.StatusOK, ids[0], "")
}

func showLeave(v *session.Visit, status int, id, said string) error {
	page := leavePage{Frame: v.Frame, ID: id, Said: said}
	err := v.View(func(tx *record.Tx, _ person.Scope) error {
		c, err := person.LoadStaff(tx, id)
		if err == nil && c.Left {
			err = record.ErrNotFound
		}
		if err != nil {
			return err
		}
		page.Name = c.Name
		page.Place, err = servesWhere(tx, c)
		return err
	})
	if errors.Is(err, record.ErrNotFound) {
		return showCodes(v, http.StatusUnprocessableEntity, session.Say("rolesNobody"))
	}
	if err != nil {
		return err
	}
	return v.S.Render(v.W, status, "leave", page)
}

// LeaveOffice closes the account of whoever is named, and shows what work waits.
func LeaveOffice(s *session.Server, v *session.Visit) error {
	id, typed := v.R.PostForm.Get("cadre"), strings.TrimSpace(v.R.PostForm.Get("name"))
	page := leavePage{Frame: v.Frame, ID: id, Done: true}
	openid, wrong := "", false
	err := v.Update(func(tx *record.Tx, scope person.Scope) error {
		c, err := person.LoadStaff(tx, id)
		if err != nil {
			return err
		}
		if wrong = c.Name != typed; wrong {
			return nil
		}
		page.Name = c.Name
		var work handovers.LeftWork
		if openid, work, err = handovers.Leave(scope, id, v.Now); err != nil {
			return err
		}
		page.Work, err = workLines(tx, work)
		return err
	})
	switch {
	case errors.Is(err, record.ErrScope):
		return showCodes(v, http.StatusForbidden, session.Say("leaveOwn"))
	case errors.Is(err, record.ErrNotFound):
		return showCodes(v, http.StatusUnprocessableEntity, session.Say("rolesNobody"))
	case err != nil:
		return err
	case wrong:
		return showLeave(v, http.StatusUnprocessableEntity, id, session.Say("leaveWrong"))
	}
	page.Said = dropMenu(s, v, openid)
	return s.Render(v.W, http.StatusOK, "leave", page)
}

// dropMenu takes the staff's menu from a WeChat; it says so where that failed.
func dropMenu(s *session.Server, v *session.Visit, openid string) string {
	if openid == "" || s.DropMenu == nil {
		return ""
	}
	v.Slow()
	ctx, cancel := context.WithTimeout(v.R.Context(), 20*time.Second)
	defer cancel()
	if err := s.DropMenu(ctx, openid); err != nil {
		s.Log.Warn("the staff's menu was not taken away", "err", err)
		return session.Say("leaveMenu")
	}
	return ""
}

// workLines say what somebody who left had in hand.
func workLines(tx *record.Tx, work handovers.LeftWork) (lines []string, err error) {
	names := map[string]string{}
	name := func(id string) string {
		if names[id] == "" && err == nil {
			var village person.Village
			village, err = person.LoadVillage(tx, id)
			names[id] = village.Name
		}
		return names[id]
	}
	for _, id := range work.Villages {
		lines = append(lines, session.Say("leaveVillage", name(id)))
	}
	for _, g := range work.Groups {
		lines = append(lines, session.Say("leaveGroup", name(g.Village), g.Group))
	}
	for _, n := range []struct {
		say string
		n   int
	}{{"leaveDue", work.FollowUps}, {"leaveRequests", work.Requests}, {"leaveNotes", work.Notes}, {"leavePapers", work.Papers}} {
		if n.n > 0 {
			lines = append(lines, session.Say(n.say, n.n))
		}
	}
	return lines, err
}
