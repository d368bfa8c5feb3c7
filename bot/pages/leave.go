package pages

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"xintiexin/storage/handovers"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

type leavePage struct {
	frame
	ID, Name, Place string
	Work            []string // what waits to be given to others
	Said            string
	Done            bool
}

// askLeave asks for the name of who has left the office, before the account is
// closed: for one at a time.
func (v *visit) askLeave(ids []string) error {
	if len(ids) != 1 {
		return v.codesPage(http.StatusUnprocessableEntity, say("leaveOne"))
	}
	return v.leavePage(http.StatusOK, ids[0], "")
}

func (v *visit) leavePage(status int, id, said string) error {
	page := leavePage{frame: v.frame, ID: id, Said: said}
	err := v.view(func(tx *record.Tx, _ person.Scope) error {
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
		return v.codesPage(http.StatusUnprocessableEntity, say("rolesNobody"))
	}
	if err != nil {
		return err
	}
	return v.s.render(v.w, status, "leave", page)
}

// leaveOffice closes the account of whoever is named, and shows what work waits.
func (s *server) leaveOffice(v *visit) error {
	id, typed := v.r.PostForm.Get("cadre"), strings.TrimSpace(v.r.PostForm.Get("name"))
	page := leavePage{frame: v.frame, ID: id, Done: true}
	openid, wrong := "", false
	err := v.update(func(tx *record.Tx, scope person.Scope) error {
		c, err := person.LoadStaff(tx, id)
		if err != nil {
			return err
		}
		if wrong = c.Name != typed; wrong {
			return nil
		}
		page.Name = c.Name
		var work handovers.LeftWork
		if openid, work, err = handovers.Leave(scope, id, v.now); err != nil {
			return err
		}
		page.Work, err = workLines(tx, work)
		return err
	})
	switch {
	case errors.Is(err, record.ErrScope):
		return v.codesPage(http.StatusForbidden, say("leaveOwn"))
	case errors.Is(err, record.ErrNotFound):
		return v.codesPage(http.StatusUnprocessableEntity, say("rolesNobody"))
	case err != nil:
		return err
	case wrong:
		return v.leavePage(http.StatusUnprocessableEntity, id, say("leaveWrong"))
	}
	page.Said = s.dropMenu(v, openid)
	return s.render(v.w, http.StatusOK, "leave", page)
}

// dropMenu takes the staff's menu from a WeChat; it says so where that failed.
func (s *server) dropMenu(v *visit, openid string) string {
	if openid == "" || s.DropMenu == nil {
		return ""
	}
	v.slow()
	ctx, cancel := context.WithTimeout(v.r.Context(), 20*time.Second)
	defer cancel()
	if err := s.DropMenu(ctx, openid); err != nil {
		s.Log.Warn("the staff's menu was not taken away", "err", err)
		return say("leaveMenu")
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
		lines = append(lines, say("leaveVillage", name(id)))
	}
	for _, g := range work.Groups {
		lines = append(lines, say("leaveGroup", name(g.Village), g.Group))
	}
	for _, n := range []struct {
		say string
		n   int
	}{{"leaveDue", work.FollowUps}, {"leaveRequests", work.Requests}, {"leaveNotes", work.Notes}, {"leavePapers", work.Papers}} {
		if n.n > 0 {
			lines = append(lines, say(n.say, n.n))
		}
	}
	return lines, err
}
