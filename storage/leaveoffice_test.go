package storage_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"xintiexin/storage/access"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/followups"
	"xintiexin/storage/handovers"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/staffing"
	"xintiexin/storage/visits"
)

// leaves takes a cadre out of office at the server.
func (w *world) leaves(cadre string) (openid string, work handovers.LeftWork) {
	w.t.Helper()
	w.update(func(tx *record.Tx) (err error) {
		openid, work, err = handovers.LeaveAs(tx, cadre, staffing.AtServer, now)
		return err
	})
	return openid, work
}

func (w *world) carriesOn() {
	w.t.Helper()
	for n := 1; n > 0; {
		w.update(func(tx *record.Tx) (err error) { n, err = handovers.Transfer(tx, 1, now); return err })
	}
}

// TestWhoLeavesIsOutAtOnce: the WeChat, the chat with its draft, links, open pages,
// binding codes, those given to residents too, what waits to be sent, hand-overs and
// grants end in one step; nothing under the WeChat names anybody any more.
func TestWhoLeavesIsOutAtOnce(t *testing.T) {
	w := newWorld(t)
	w.office()
	var link, door, resident string
	const code = "48291307256174"
	w.as("oa", func(s personstore.Scope) (err error) {
		_, err = visits.Add(s, visits.Visit{Resident: w.people[jia], Day: today}, "m1")
		var err2, err3 error
		link, err2 = access.NewLink(s, "office", "", "", "l1", now)
		resident, err3 = s.InviteResident(w.people[jia], "i1", now)
		return errors.Join(err, err2, err3)
	})
	w.begins("b", "a", today+3)
	w.as("oz", func(s personstore.Scope) error {
		_, err := staffing.AskRoles(s, "a", []personstore.Role{personstore.Clerk}, "g1", now)
		return err
	})
	w.update(func(tx *record.Tx) (err error) {
		if door, _, err = access.UseLink(tx, link, "d1", halfHour, now); err != nil {
			return err
		}
		_, err = outbox.Enqueue(tx, outbox.Delivery{Cause: "morning/a", Kind: "morning", To: "c:a", Earliest: now.Unix(), Latest: now.Unix() + 999})
		return errors.Join(err, personstore.PutInvite(tx, code, "a", now),
			dialogstate.Put(tx, "oa", dialogstate.Session{Last: now.Unix(), Flow: "visit", Form: []byte("郭敏"), Sought: "郭敏", Parked: []dialogstate.SuspendedForm{{Flow: "away", Form: []byte("郭敏"), Title: "郭敏"}}}),
			tx.PutUndo("oa", &record.Undo{Until: now.Unix() + 99, What: "郭敏"}))
	})
	if openid, _ := w.leaves("a"); openid != "oa" {
		t.Errorf("bound was %q", openid)
	}
	if got := w.sees("oa"); got != "" {
		t.Errorf("still sees %s", got)
	}
	w.update(func(tx *record.Tx) error {
		who, err := personstore.Identify(tx, "oa")
		if err != nil || who.Staff() {
			t.Errorf("still stands for %+v, %v", who.Cadre, err)
		}
		if _, err := access.LoadWebSession(tx, door, now); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("the page is open: %v", err)
		}
		for _, c := range []string{code, resident} {
			if _, err := personstore.Invitation(tx, c, now); !errors.Is(err, record.ErrNotFound) {
				t.Errorf("a code still works: %v", err)
			}
		}
		waits, err := outbox.BookedTo(tx, "c:a", 9)
		if err != nil || len(waits) > 0 {
			t.Errorf("still sent: %+v, %v", waits, err)
		}
		open, err := handovers.All(tx)
		if err != nil || len(open) != 1 || open[0].Left == nil {
			t.Errorf("hand-overs %v, %v", open, err)
		}
		return nil
	})
	w.as("oz", func(s personstore.Scope) error {
		all, err := staffing.Grants(s, now)
		if err != nil || len(all) != 1 || all[0].Waits(now) {
			t.Errorf("grants %+v, %v", all, err)
		}
		return nil
	})
	w.update(func(tx *record.Tx) error {
		s, err := dialogstate.Load(tx, "oa")
		if err != nil || s.Flow != "" || len(s.Form)+len(s.Parked)+len(s.Offers) > 0 || s.Sought != "" {
			t.Errorf("the chat holds %+v, %v", s, err)
		}
		if _, err := tx.LoadUndo("oa", now); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("a save can be taken back: %v", err)
		}
		return nil
	})
	if got := w.accounts(); !slices.Contains(got, "left a server") {
		t.Errorf("audit %v", got)
	}
	if c, z := w.officePushes("c"), w.officePushes("z"); !slices.Contains(c, "office_left") || !slices.Contains(z, "office_left") {
		t.Errorf("the office is told %v, %v", c, z)
	}
	w.update(func(tx *record.Tx) error {
		if _, _, err := handovers.LeaveAs(tx, "a", staffing.AtServer, now); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("left twice: %v", err)
		}
		return nil
	})
}

// TestTheWorkOfWhoLeftWaits: what was in hand is counted, goes to nobody, and stands
// in the clerk's day.
func TestTheWorkOfWhoLeftWaits(t *testing.T) {
	w := newWorld(t)
	w.housed(jia, "h1", "a", "")
	w.as("oa", func(s personstore.Scope) error {
		_, err := visits.AddFollowUp(s, followups.FollowUp{Resident: w.people[jia], Kind: "visit", Due: today}, "m1")
		return err
	})
	w.told("oa", w.people[jia], purpose.VisitRecord, personstore.Yes, now)
	_, work := w.leaves("a")
	if !slices.Equal(work.Villages, []string{jia}) || !slices.Equal(work.Groups, []handovers.LeftGroup{{Village: jia, Group: "一组"}}) || work.FollowUps != 1 {
		t.Errorf("in hand was %+v", work)
	}
	w.carriesOn()
	if n := w.dueFor("oc", ""); n != 1 {
		t.Errorf("%d in the clerk's day", n)
	}
	if got := w.household("h1").Contact; got != "" {
		t.Errorf("the house is looked after by %s", got)
	}
	w.as("oc", func(s personstore.Scope) error {
		all, err := handovers.LeftOffice(s, now)
		if err != nil || len(all) != 1 || all[0].From != "a" || all[0].Left.FollowUps != 1 || all[0].Ended == 0 {
			t.Errorf("listed: %+v, %v", all, err)
		}
		return nil
	})
	// Nothing of the open work names who left: what was written down does.
	w.update(func(tx *record.Tx) error {
		c, err := personstore.LoadStaff(tx, "a")
		if err != nil || !c.Left || c.OpenID != "" || len(c.Villages) > 0 {
			t.Errorf("the account is %+v, %v", c, err)
		}
		return nil
	})
	for k, v := range w.everything() {
		kind, _, _ := strings.Cut(k, "/")
		if slices.Contains([]string{"due", "serves", "household", "acting", "standsin", "invite", "pass", "door"}, kind) && strings.Contains(k+v, `"a"`) {
			t.Errorf("%s still names who left", kind)
		}
	}
}

// TestWhoLeftComesBack: as a village worker at most, by nobody's list.
func TestWhoLeftComesBack(t *testing.T) {
	w := newWorld(t)
	w.office()
	w.update(func(tx *record.Tx) error {
		return staffing.SetRoles(tx, "a", []personstore.Role{personstore.Clerk}, staffing.AtServer, now)
	})
	w.leaves("a")
	w.carriesOn()
	w.update(func(tx *record.Tx) error { return handovers.ReturnToOffice(tx, "a", staffing.AtServer, now) })
	if got := w.roles("a"); !slices.Equal(got, []personstore.Role{personstore.VillageWorker}) {
		t.Errorf("back with %v", got)
	}
	if got := w.sees("oa"); got != "" {
		t.Errorf("the old WeChat sees %s", got)
	}
}
