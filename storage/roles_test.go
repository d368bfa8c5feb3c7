package storage_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/storage"
)

// askers are the columns of the table of roles, in this order, and the WeChat
// each asks from: 甲's village worker twice, before and after she whom it is
// about let the village see her.
var askers = []struct {
	name, openid string
	shown        bool
}{
	{"she herself", "oshe", false}, {"another resident", "oother", false},
	{"her village", "oa", false}, {"her village, shown", "oa", true}, {"another village", "ob", false},
	{"clinician", "od", false}, {"clerk", "oc", false}, {"administrator", "oz", false}, {"nobody", "stranger", false},
}

// role is a row: a function of a scope (or of a transaction and a person), who may
// (y) and may not (-) call it, and what it is asked.
type role struct {
	fn   any
	may  string
	args []any
}

// name is the function's, with its package below storage.
func (r role) name() string {
	return strings.TrimPrefix(runtime.FuncForPC(reflect.ValueOf(r.fn).Pointer()).Name(), "xintiexin/")
}

// person stands in the arguments of a Tx's method for who asks.
type person struct{}

// cast is what the table is about: a resident of 甲 who uses the service herself
// and has something of every kind.
type cast struct {
	*world
	id, mate, other, yi   string
	third, note           string
	help, supplies, given storage.Request
	visitAsked            storage.Request
	suits                 storage.When
	visit                 storage.Visit
	filled                storage.Submission
	follow                storage.FollowUp
	away                  storage.Away
	booked, others        storage.Appointment
	paper, mailed         storage.Paper
	back                  storage.Return
	release               storage.Announcement
	plan, secret          storage.CarePlan
	told, untold          storage.Broadcast
	handing, bare, closed string
	spouseCode, inviteKey string
	code, granted         storage.Grant // for 甲's worker, by the administrator
	call                  string        // of a call to third, by the office
	morning               time.Time     // of the day on which she is booked
}

func newCast(t *testing.T) *cast {
	w := newWorld(t)
	c := &cast{world: w, id: w.people[jia], yi: w.people[yi], morning: clinicDay.At(9, 0)}
	w.town(func(s *storage.Site) {
		s.Openings = append(s.Openings, storage.Opening{Service: "advice", When: "周四", Time: "09:00", Capacity: 1})
		s.Texts = map[string]string{"broadcast_road": "修路"}
		s.Schedules = someSchedules
		s.Lectures = []storage.Lecture{{ID: "l1", Title: "讲堂", Day: clinicDay, Time: "09:00", Seats: 9}, {ID: "l2", Title: "讲堂", Day: clinicDay, Time: "10:00", Seats: 9}}
	})
	w.housed(jia, "h1", "a", "")
	her := w.resident(jia)
	w.update(func(tx *storage.Tx) error {
		mate, err := tx.AddResident(storage.Resident{Name: "郭大成", Village: jia, Group: her.Group, Household: "h1", House: her.House}, "mate")
		c.mate = mate.ID
		z := storage.Cadre{ID: "z", Name: "管理员", Roles: []storage.Role{storage.Admin}}
		doctor := storage.Cadre{ID: "d2", Name: "另一位医生", Roles: []storage.Role{storage.Clinician}}
		return errors.Join(err, tx.PutCadre(z), tx.PutCadre(doctor), tx.Bind("oz", "z"), tx.Bind("od2", "d2"), tx.LinkResident("oshe", c.id),
			tx.PutCadre(storage.Cadre{ID: "c2", Name: "另一位办事员", Roles: []storage.Role{storage.Clerk}}), tx.Bind("oc2", "c2"))
	})
	c.other = w.registers("oother", "大红", "17900000555", "", "other").ID
	w.as("oa", func(s storage.Scope) (err error) {
		c.visit, err = s.AddVisit(storage.Visit{Resident: c.id, Day: today}, "m1")
		var err2, err3 error
		c.follow, err2 = s.AddFollowUp(storage.FollowUp{Resident: c.id, Kind: "visit", Due: today}, "m1")
		c.away, err3 = s.AddAway(storage.Away{Resident: c.id, Since: today, Place: "苏州", ExpectedDay: today + 30}, "m1")
		_, err4 := s.Open(c.id, now)
		return errors.Join(err, err2, err3, err4)
	})
	w.told("oa", c.id, storage.C0, storage.Yes, now)
	w.told("oa", c.id, storage.C3, storage.Yes, now)
	w.as("oa", func(s storage.Scope) (err error) {
		c.filled, err = s.AddSubmission(storage.Submission{Form: "housing", Resident: c.id, Set: storage.C0, At: now.Unix()}, "f1")
		return err
	})
	for _, set := range []storage.Set{storage.C1, storage.C2, storage.C4} {
		w.agrees("oshe", c.id, set, storage.Yes, now)
	}
	book := func(openid string, a storage.Appointment, cause string) (out storage.Appointment) {
		w.as(openid, func(s storage.Scope) (err error) {
			out, err = s.Book(a, cause, now)
			return err
		})
		return out
	}
	c.booked = book("oshe", storage.Appointment{Resident: c.id, Service: "checkup", Seats: 2, Day: clinicDay, Time: "08:30"}, "b1")
	c.third = w.registers("othird", "小红", "17900000556", "", "third").ID
	c.others = book("othird", storage.Appointment{Resident: c.third, Service: "checkup", Seats: 1, Day: clinicDay, Time: "08:00"}, "b3")
	full := book("oother", storage.Appointment{Resident: c.other, Service: "advice", Seats: 1, Day: clinicDay, Time: "09:00"}, "b2")
	w.as("othird", func(s storage.Scope) error { return s.SetRing(c.others.ID, storage.RingOffice, now) })
	w.update(func(tx *storage.Tx) error {
		_, _, err := tx.ListCalls(clinicDay, storage.Page{}, 99, clinicDay.At(7, 30))
		return err
	})
	c.call = storage.Call{Resident: c.third, Appointment: c.others.ID, Day: clinicDay, Time: "08:00"}.Ref()
	w.as("oshe", func(s storage.Scope) (err error) { // the seat that is given up is held for her
		_, err = s.Wait(storage.Waiting{Resident: c.id, Service: "advice", Seats: 1, Day: clinicDay}, "w1", now)
		var err2 error
		c.spouseCode, err2 = s.SpouseCode(c.booked.ID)
		return errors.Join(err, err2)
	})
	w.as("oother", func(s storage.Scope) error { _, err := s.Cancel(full.ID, now); return err })
	w.as("oc", func(s storage.Scope) (err error) {
		c.paper, err = s.MakeReady(storage.Paper{Resident: c.id, Appointment: c.booked.ID}, "p1", now)
		var err2, err3, err4 error
		c.mailed, err4 = s.MakeReady(storage.Paper{Resident: c.id, Appointment: c.booked.ID, Slip: true}, "p2", now)
		c.back, err2 = s.AgreeReturn(c.booked.ID, c.id, clinicDay+30, now)
		c.release, err3 = s.Announce([]storage.Slot{{Service: "checkup", Day: clinicDay + 1, Time: "08:00", Capacity: 3}}, true, "r1", now)
		return errors.Join(err, err2, err3, err4)
	})
	w.as("oshe", func(s storage.Scope) error {
		_, err := s.NameProxy(c.id, c.paper.ID, "婆婆", now)
		_, err2 := s.WishMail(c.id, c.mailed.ID, true, now)
		note, err3 := s.AskNote("怎么准备", "n1", now)
		c.note = note.Number
		return errors.Join(err, err2, err3)
	})
	w.as("oshe", func(s storage.Scope) (err error) {
		c.plan, err = s.StartPlan(storage.NewPlan{Resident: c.id, Schedule: "pre", Event: "lmp", Day: today - 55}, "pl1", now)
		var err2 error
		c.secret, err2 = s.StartPlan(storage.NewPlan{Resident: c.id, Schedule: "iud", Day: today}, "pl2", now)
		return errors.Join(err, err2)
	})
	w.update(func(tx *storage.Tx) error {
		_, _, err := tx.PlanMorning(today+9, storage.Page{}, 99, now)
		return err
	})
	c.suits = storage.When{Day: today + 5, Part: "上午"}
	w.as("oshe", func(s storage.Scope) (err error) {
		c.help, err = s.Ask(storage.Request{Resident: c.id, Kind: "help", Text: "补贴"}, "a1", now)
		var err2, err3, err4 error
		c.supplies, err2 = s.Ask(storage.Request{Resident: c.id, Kind: "supplies"}, "a2", now)
		c.given, err3 = s.Ask(storage.Request{Resident: c.id, Kind: "help", Text: "手续"}, "a3", now)
		c.visitAsked, err4 = s.Ask(storage.Request{Resident: c.id, Kind: "visit", Times: []storage.When{c.suits}}, "a4", now)
		_, err5 := s.SignUp(c.id, "l2", now)
		return errors.Join(err, err2, err3, err4, err5, s.Hear(c.id, true, now))
	})
	w.as("oc2", func(s storage.Scope) error { _, err := s.OfferRequest(c.id, c.given.ID, "c", now); return err })
	w.as("oc", func(s storage.Scope) error {
		_, err := s.ProposeTimes(c.id, c.visitAsked.ID, []storage.When{c.suits}, now)
		return err
	})
	w.update(func(tx *storage.Tx) error {
		_, err := tx.RaiseAlarm(storage.Alarm{Name: "disk"}, now)
		return errors.Join(err, tx.WishFor("睡眠"))
	})
	w.update(func(tx *storage.Tx) (err error) {
		if c.told, err = tx.PrepareBroadcast("", "broadcast_road", storage.Circle{Booked: clinicDay}, "t1", now); err != nil {
			return err
		}
		if _, err = tx.ReleaseBroadcast("", c.told.Code, now.Add(time.Hour)); !errors.Is(err, storage.ErrSecond) {
			t.Errorf("released by who prepared it: %v", err)
		}
		if _, err = tx.ReleaseBroadcast("c", c.told.Code, now); err != nil {
			return err
		}
		if _, _, err = tx.TellCircle(c.told.ID, 99, now); err != nil {
			return err
		}
		d, err := tx.DeliveryOf("broadcast/" + c.told.ID + "/" + c.id)
		if err != nil {
			return err
		}
		d.State = storage.Sent
		c.untold, err = tx.PrepareBroadcast("", "broadcast_road", storage.Circle{Booked: clinicDay}, "t2", now)
		return errors.Join(err, tx.PutDelivery(d))
	})
	var code string
	w.as("ob", func(s storage.Scope) (err error) {
		code, err = s.InviteResident(c.yi, "i1", now)
		return err
	})
	w.update(func(tx *storage.Tx) error {
		bare, err := tx.AddResident(storage.Resident{Name: "郭大成", Village: jia, Group: her.Group}, "bare")
		closed, err2 := tx.AddResident(storage.Resident{Name: "老人", Village: jia, Group: her.Group}, "closed")
		c.bare, c.closed = bare.ID, closed.ID
		return errors.Join(err, err2)
	})
	w.as("oa", func(s storage.Scope) error { return s.CloseCard(c.closed, "died", now) })
	c.handing = w.begins("a", "b", today+1).ID
	w.update(func(tx *storage.Tx) error {
		return tx.PutCadre(storage.Cadre{ID: "fresh", Name: "新干部", Villages: []string{jia}, Roles: []storage.Role{storage.Worker}})
	})
	w.update(func(tx *storage.Tx) error {
		err := tx.PutCadre(storage.Cadre{ID: "gone", Name: "离任的", Roles: []storage.Role{storage.Worker}})
		_, _, err2 := tx.LeaveOffice("gone", storage.AtServer, now)
		return errors.Join(err, err2)
	})
	w.as("oz", func(s storage.Scope) (err error) {
		c.code, err = s.AskCode("a", "code", now)
		var err2 error
		c.granted, err2 = s.AskRoles("b", []storage.Role{storage.Clerk}, "roles", now)
		return errors.Join(err, err2)
	})
	w.update(func(tx *storage.Tx) error {
		c.inviteKey = tx.InviteKey(code)
		return tx.Rate("checkup", today, 3)
	})
	return c
}

// roles is the table of who may do what, in the order of askers: she, another,
// 甲's worker, the same when she is shown, 乙's, clinician, clerk, administrator,
// nobody. Every exported method of Scope stands here, and every one of Tx that is
// given a Person.
func (c *cast) roles() []role {
	her := storage.Resident{ID: c.id, Name: "郭敏", Village: jia, Group: "一组", Household: "h1", House: "12号"}
	agreed := storage.Consent{Resident: c.id, Set: storage.C5, Answer: storage.Yes}
	signed := storage.Consent{Answer: storage.Yes}
	return []role{
		// Who is there.
		{storage.Scope.Villages, "--yyy-y--", nil},
		{storage.Scope.Contacts, "yyyyyyyyy", nil},
		{storage.Scope.Resident, "--yy-yy--", []any{c.id}},
		{storage.Scope.Client, "y-yy-yy--", []any{c.id}},
		{storage.Scope.Private, "y--y-yy--", []any{c.id}},
		{storage.Scope.Mine, "y--------", []any{c.id}},
		{storage.Scope.Open, "--yy-yy--", []any{c.id, now}},
		{storage.Scope.Own, "y--------", []any{"郭敏", ""}},
		{storage.Scope.FindResidents, "--yy--y--", []any{storage.Query{Name: "郭敏"}, 9}},
		{storage.Scope.AddResident, "--yy--y--", []any{storage.Resident{Name: "新来", Village: jia}, "x"}},
		{storage.Scope.Household, "--yy--y--", []any{her}},
		{storage.Scope.Looked, "--yy-yy--", []any{c.id, "printed", now}},
		{storage.Scope.LooksOf, "y--------", []any{c.id}},
		{storage.Scope.Held, "y--------", []any{c.id}},

		// Signing up, and what she lets be seen.
		{storage.Scope.Register, "yyyyyyyyy", []any{"小燕", "17900000317", "", signed, "x", now}},
		{storage.Scope.AnswerMore, "y--------", []any{c.id, map[string]string{"ride": "bus"}}},
		{storage.Scope.ShowTo, "y--------", []any{c.id, jia, now}},
		{storage.Scope.Unlink, "y--------", []any{c.id, now}},
		{storage.Scope.ResumePushes, "y--------", []any{c.id}},
		{storage.Scope.WaitsOf, "y--------", []any{c.id}},
		{storage.Scope.InviteResident, "--yy--y--", []any{c.mate, "x", now}},
		{storage.Scope.Claim, "yyyy-yyyy", []any{c.inviteKey, now}}, // 乙's worker gave it out
		{storage.Scope.NewPass, "y----yy--", []any{"card", c.id, "", "x", now}},
		{storage.Scope.ResetPin, "-----yy--", []any{c.id, now}},

		// What she agreed to.
		{storage.Scope.Agree, "y--------", []any{agreed, now}},
		{storage.Scope.Agreed, "y--------", []any{c.id, storage.C1}},
		{storage.Scope.NeedsConsent, "y-yy-yy--", []any{c.id, storage.C5, true}},
		{storage.Scope.Consent, "--yy-yy--", []any{c.id, storage.C0}},
		{storage.Scope.PutConsent, "--yy-yy--", []any{agreed, now}},
		{storage.Scope.DontAsk, "--yy-yy--", []any{c.id}},
		{storage.Scope.WithdrawSet, "y--------", []any{c.id, storage.C1, now}},
		{storage.Scope.WithdrawFor, "--yy-yy--", []any{c.id, false, now}},
		{(*storage.Tx).Withdraw, "y--------", []any{person{}, c.id, now}},

		// What the village writes down.
		{storage.Scope.AddVisit, "--yy--y--", []any{storage.Visit{Resident: c.id, Day: today}, "x"}},
		{storage.Scope.Visit, "--yy--y--", []any{c.id, today, c.visit.ID}},
		{storage.Scope.Visits, "--yy--y--", []any{c.id, 9}},
		{storage.Scope.MyVisits, "--yy-----", []any{today - 1, 9}},
		{storage.Scope.ChangeVisit, "--yy-----", []any{c.visit, c.visit, now}}, // who wrote it corrects it
		{storage.Scope.AddSubmission, "y-yy-yy--", []any{storage.Submission{Form: "housing", Resident: c.id, Set: storage.C0, At: now.Unix()}, "x"}},
		{storage.Scope.Submission, "--yy-----", []any{c.filled.Ref()}}, // who wrote it corrects it
		{storage.Scope.MySubmissions, "--yy-----", []any{today - 1, 9}},
		{storage.Scope.ChangeSubmission, "--yy-----", []any{c.filled, []storage.Said{{Name: "rooms", Value: "3"}}, now}},
		{storage.Scope.AddFollowUp, "--yy--y--", []any{storage.FollowUp{Resident: c.id, Due: today}, "x"}},
		{storage.Scope.FollowUp, "--yy--y--", []any{c.id, c.follow.ID}},
		{storage.Scope.OpenFollowUps, "--yy--y--", []any{c.id}},
		{storage.Scope.CloseFollowUp, "--yy--y--", []any{c.follow, "done", now}},
		{storage.Scope.Attempted, "--yy--y--", []any{c.follow, today, today + 1}},
		{storage.Scope.Postpone, "--yy--y--", []any{c.follow, today + 1}},
		{storage.Scope.Due, "--yy--y--", []any{"a", today + 9, 9}},
		{(*storage.Tx).OwnFollowUps, "y--------", []any{person{}, c.id}},
		{storage.Scope.AddAway, "--yy--y--", []any{storage.Away{Resident: c.id, Since: today}, "x"}},
		{storage.Scope.OpenAway, "--yy--y--", []any{c.id}},
		{storage.Scope.LastAway, "--yy--y--", []any{c.id}},
		{storage.Scope.PutAway, "--yy--y--", []any{c.away, now}},
		{storage.Scope.KeepOwnAway, "y--------", []any{storage.Away{Resident: c.id, Since: today}, "x", now}},
		{storage.Scope.OwnCard, "y--------", []any{c.id}},
		{storage.Scope.DropOwnAway, "y--------", []any{c.id, c.away.ID}},
		{storage.Scope.Card, "--yy--y--", []any{c.id, c.away.ID}},
		{storage.Scope.TellAway, "--yy--y--", []any{c.away, "away_told", now}},
		{storage.Scope.TellBack, "--yy--y--", []any{c.away, now}},
		{storage.Scope.ComingHome, "--yy--y--", []any{today + 30, 9}},
		{storage.Scope.AskedLate, "---y-----", []any{today + 99, 9}}, // the clerk has it
		{storage.Scope.HomeOf, "--yy--y--", []any{storage.Homecoming{First: today, Last: today + 400}}},
		{storage.Scope.AwayResidents, "--yy--y--", []any{9}},
		{(*storage.Tx).OwnAway, "y--------", []any{person{}, c.id}},

		// Who is one person, who is here no more, who lives elsewhere.
		{storage.Scope.Merge, "------y--", []any{c.mate, c.id, now}}, // a WeChat stands for her
		{storage.Scope.Merge, "--yy--y--", []any{c.mate, c.bare, now}},
		{storage.Scope.CloseCard, "--yy--y--", []any{c.id, "died", now}},
		{storage.Scope.CloseCard, "--yy--y--", []any{c.mate, "moved", now}},
		{storage.Scope.SetNick, "--yy--y--", []any{c.id, "老王家二儿媳"}},
		{storage.Scope.Closings, "--yy--y--", []any{""}},
		{storage.Scope.ReopenCard, "--yy--y--", []any{c.closed, now}},
		{storage.Scope.MoveTo, "--yy--y--", []any{c.id, jia, "", now}},
		{storage.Scope.MoveTo, "------y--", []any{c.id, yi, "", now}},

		// Work that goes from one of the office to another.
		{storage.Scope.HandOvers, "--yyy-y--", nil},
		{storage.Scope.HandOverTakers, "--yy--y--", []any{"a"}},
		{storage.Scope.StartHandOver, "--yy--y--", []any{"a", "b", today, "x", now}},
		{storage.Scope.AnswerHandOver, "----y----", []any{c.handing, true, now}},
		{storage.Scope.StopHandOver, "--yy--y--", []any{c.handing, now}},
		{storage.Scope.StandsInFor, "---------", nil},

		// Roles of the office, and codes for who is bound: one asks, another agrees.
		{storage.Scope.AskRoles, "------yy-", []any{"a", []storage.Role{storage.Clerk}, "x", now}},
		{storage.Scope.AskRoles, "-------y-", []any{"c", []storage.Role{storage.Admin}, "x", now}}, // the clerk's own
		{storage.Scope.AskCode, "------yy-", []any{"a", "x", now}},
		{storage.Scope.Grants, "--yyy-yy-", []any{now}},
		{storage.Scope.MayAnswer, "--yy--y--", []any{c.code, now}}, // the administrator asked; she is bound
		{storage.Scope.AnswerGrant, "--yy--y--", []any{c.code.ID, true, now}},
		{storage.Scope.AnswerGrant, "------y--", []any{c.granted.ID, true, now}},
		{storage.Scope.GiveCode, "------yy-", []any{"48291307256174", "fresh", now}},

		// Who leaves the office.
		{storage.Scope.LeaveOffice, "------yy-", []any{"b", now}},
		{storage.Scope.LeaveOffice, "-------y-", []any{"c", now}}, // the clerk's own
		{storage.Scope.LeftOffice, "------yy-", []any{now}},

		// What she books.
		{storage.Scope.Book, "y-yy-yy--", []any{storage.Appointment{Resident: c.id, Service: "advice", Seats: 1, Day: clinicDay, Time: "09:00"}, "x", now}},
		{storage.Scope.Appointment, "y--y-yy--", []any{c.booked.ID}},
		{storage.Scope.Appointments, "y--y-yy--", []any{c.id, 9}},
		{storage.Scope.AppointmentOf, "y--y-yy--", []any{c.id, "checkup"}},
		{storage.Scope.Move, "y----yy--", []any{c.booked.ID, clinicDay + 7, "08:30", now}},
		{storage.Scope.AnswerBooking, "y----yy--", []any{c.booked.ID, map[string]string{"ride": "bus"}, now}},
		{storage.Scope.MayChange, "y----yy--", []any{c.booked}},
		{storage.Scope.Cancel, "y----yy--", []any{c.booked.ID, now}},
		{storage.Scope.BookedOn, "---y--y--", []any{clinicDay}},
		{storage.Scope.SetRing, "y----yy--", []any{c.booked.ID, storage.RingOffice, now}},
		{storage.Scope.Coming, "y----yy--", []any{c.booked.ID, now}},
		{storage.Scope.SpouseCode, "y----yy--", []any{c.booked.ID}},
		{storage.Scope.Join, "-y---yy--", []any{c.spouseCode, c.other, now}},
		{storage.Scope.Wait, "y-yy-yy--", []any{storage.Waiting{Resident: c.id, Service: "advice", Seats: 1}, "x", now}},
		{storage.Scope.WaitingOf, "y--y-yy--", []any{c.id, "advice"}},
		{storage.Scope.Unwait, "y--y-yy--", []any{c.id, "advice", now}},
		{storage.Scope.TakeOffer, "y--y-yy--", []any{c.id, "advice", "x", now}},

		// The clinic's desk.
		{storage.Scope.AppointmentsOn, "-----yy--", []any{clinicDay}},
		{storage.Scope.AppointmentNumbered, "-----yy--", []any{c.booked.Number, today}},
		{storage.Scope.Guest, "-----yy--", []any{c.booked, c.id, "called", now}},
		{storage.Scope.Arrive, "-----yy--", []any{c.booked.ID, c.morning}},
		{storage.Scope.Finish, "-----yy--", []any{c.booked.ID, c.morning}},
		{storage.Scope.Miss, "-----yy--", []any{c.booked.ID, c.morning}},
		{storage.Scope.SeatSpouse, "-----yy--", []any{c.booked.ID, "志强", "17900000318", signed, "x", now}},
		{storage.Scope.WalkIn, "-----yy--", []any{"芬", "17900000319", storage.Appointment{Service: "checkup", Seats: 1, Day: clinicDay, Time: "14:00"}, signed, "x", c.morning}},
		{storage.Scope.AgreeReturn, "-----yy--", []any{c.booked.ID, c.id, clinicDay + 60, now}},
		{storage.Scope.Returns, "y----yy--", []any{c.id, today}},
		{storage.Scope.DropReturn, "y--------", []any{c.id, c.back.ID, now}},

		// What is planned; the village learns of a step by its day's list alone.
		{storage.Scope.StartPlan, "y----yy--", []any{storage.NewPlan{Resident: c.id, Schedule: "recheck", Day: today + 3}, "x", now}},
		{storage.Scope.StartPlan, "y--------", []any{storage.NewPlan{Resident: c.id, Schedule: "iud", Day: today}, "x", now}}, // hers alone
		{storage.Scope.Plans, "y----yy--", []any{c.id}},
		{storage.Scope.SetStepDay, "y----yy--", []any{c.id, c.plan.ID, "early", today + 9, now}},
		{storage.Scope.EndStep, "y----yy--", []any{c.id, c.plan.ID, "early", "done", now}},
		{storage.Scope.EndPlan, "y----yy--", []any{c.id, c.plan.ID, now}},
		{storage.Scope.EndPlan, "y--------", []any{c.id, c.secret.ID, now}},
		{storage.Scope.LetVillage, "y----yy--", []any{c.id, true, now}},
		{storage.Scope.PlansDue, "-----yy--", []any{today + 99, 9, now}},

		// Who is rung up: whom she chose, here the office, on the day the clinic too.
		{storage.Scope.Calls, "-----yy--", []any{clinicDay.At(7, 40), 9}},
		{storage.Scope.TakeCall, "-----yy--", []any{c.call, clinicDay.At(7, 40)}},
		{storage.Scope.Called, "-----yy--", []any{c.call, storage.SaidComing, clinicDay.At(7, 40)}},
		{storage.Scope.CalledMove, "-----yy--", []any{c.call, clinicDay + 7, "08:30", clinicDay.At(7, 40)}},
		{storage.Scope.StrandedCalls, "------y--", []any{clinicDay.At(7, 40)}},

		// Papers.
		{storage.Scope.MakeReady, "-----yy--", []any{storage.Paper{Resident: c.third, Appointment: c.others.ID}, "x", now}},
		{storage.Scope.Papers, "y----yy--", []any{c.id}},
		{storage.Scope.Paper, "y----yy--", []any{c.id, c.paper.ID}},
		{storage.Scope.ComeFor, "y--------", []any{c.id, c.paper.ID, today + 1, "上午", now}},
		{storage.Scope.KeepPaper, "y--------", []any{c.id, c.paper.ID, now}},
		{storage.Scope.WaivePaper, "y--------", []any{c.id, c.paper.ID, now}},
		{storage.Scope.NameProxy, "y--------", []any{c.id, c.paper.ID, "婆婆", now}},
		{storage.Scope.WishMail, "y--------", []any{c.id, c.paper.ID, true, now}},
		{storage.Scope.Here, "y--------", []any{c.id, c.paper.ID, now}},
		{storage.Scope.SignPaper, "y----yy--", []any{c.id, c.paper.ID, now}},
		{storage.Scope.HandToProxy, "-----yy--", []any{c.id, c.paper.ID, "婆婆", now}},
		{storage.Scope.MailPaper, "-----yy--", []any{c.id, c.mailed.ID, now}},

		// What she asks for; supplies are never the village's.
		{storage.Scope.Ask, "y-yy-yy--", []any{storage.Request{Resident: c.id, Kind: "errand"}, "x", now}},
		{storage.Scope.Ask, "y----yy--", []any{storage.Request{Resident: c.id, Kind: "supplies"}, "a2", now}}, // the one there is
		{storage.Scope.MyRequests, "y--------", []any{c.id}},
		{storage.Scope.MyRequest, "y--------", []any{c.id, c.supplies.ID}},
		{storage.Scope.SawRequest, "y--------", []any{c.id, c.help.ID, now}},
		{storage.Scope.TakeBack, "y--------", []any{c.id, c.help.ID, now}},
		{storage.Scope.OfferTimes, "y--------", []any{c.id, c.visitAsked.ID, []storage.When{c.suits}}},
		{storage.Scope.NoVisits, "y--------", []any{c.id, true, now}},
		{storage.Scope.ProfileAsked, "y--------", []any{c.id, today}},
		{storage.Scope.ProfileSeen, "y--------", []any{c.id}},
		{storage.Scope.NoProfiles, "y--------", []any{c.id, true}},
		{storage.Scope.Asked, "---y--y--", []any{9}},
		{storage.Scope.AskedBy, "---y--y--", []any{c.id, c.help.ID}},
		{storage.Scope.Numbered, "---y--y--", []any{c.help.Number}},
		{storage.Scope.LookedAt, "---y--y--", []any{storage.Asking{Request: c.help}, now}},
		{storage.Scope.TakeRequest, "---y--y--", []any{c.id, c.help.ID, now}},
		{storage.Scope.Takers, "---y--y--", []any{c.id, c.help.ID}},
		{storage.Scope.OfferRequest, "---y--y--", []any{c.id, c.help.ID, "c2", now}},
		{storage.Scope.EndRequest, "---y--y--", []any{c.id, c.help.ID, "done", now}},
		{storage.Scope.RefuseRequest, "------y--", []any{c.id, c.given.ID}},                                   // who was asked to take it
		{storage.Scope.ProposeTimes, "------y--", []any{c.id, c.visitAsked.ID, []storage.When{c.suits}, now}}, // who has it
		{storage.Scope.AgreeVisit, "y-----y--", []any{c.id, c.visitAsked.ID, c.suits, "x", now}},
		{storage.Scope.SendErrand, "--yy-yy--", []any{c.id, "guide", "x", now}},
		{storage.Scope.Supplies, "-----yy--", []any{9}},
		{storage.Scope.AskedBy, "-----yy--", []any{c.id, c.supplies.ID}},
		{storage.Scope.Numbered, "-----yy--", []any{c.supplies.Number}},
		{storage.Scope.TakeRequest, "-----yy--", []any{c.id, c.supplies.ID, now}},
		{storage.Scope.SuppliesReady, "-----yy--", []any{c.id, c.supplies.ID, now}},
		{storage.Scope.EndRequest, "-----yy--", []any{c.id, c.supplies.ID, "done", now}},

		// Meetings.
		{storage.Scope.Lectures, "yyyyyyyyy", []any{now}},
		{storage.Scope.SignUp, "y--y-yy--", []any{c.id, "l1", now}},
		{storage.Scope.Hear, "y--------", []any{c.id, true, now}},
		{storage.Scope.Hears, "y--------", []any{c.id}},
		{storage.Scope.CancelSeat, "y--y-yy--", []any{c.id, "l2", now}},
		{storage.Scope.SeatsOf, "y--------", []any{c.id, today}},
		{storage.Scope.Wishes, "-----yy--", []any{9}},

		// The question box: hers by her WeChat, and a clinician's; no village's, not
		// the clerk's.
		{storage.Scope.AskNote, "yyyyyyyyy", []any{"怎么准备", "x", now}},
		{storage.Scope.MyNote, "y--------", []any{c.note}},
		{storage.Scope.MyNotes, "y--------", nil},
		{storage.Scope.ReadNote, "y--------", []any{c.note, now}},
		{storage.Scope.TellNote, "y--------", []any{c.note, true}},
		{storage.Scope.DeleteNote, "y--------", []any{c.note, now}},
		{storage.Scope.WaitingNotes, "-----y---", nil},
		{storage.Scope.NoteOf, "-----y---", []any{c.note}},
		{storage.Scope.TakeNote, "-----y---", []any{c.note, now}},
		{storage.Scope.OfferNote, "-----y---", []any{c.note, "d2", now}},
		{storage.Scope.AnswerNote, "-----y---", []any{c.note, "请来二楼", now}},
		{storage.Scope.Clinicians, "-----y---", nil},

		// The office.
		{storage.Scope.Release, "------y--", []any{[]storage.Slot{{Service: "checkup", Day: clinicDay + 2, Time: "08:00", Capacity: 3}}, "x", now}},
		{storage.Scope.Announce, "------y--", []any{[]storage.Slot{{Service: "checkup", Day: clinicDay + 2, Time: "08:00", Capacity: 3}}, true, "x", now}},
		{storage.Scope.Announcements, "------y--", []any{today}},
		{storage.Scope.StopAnnouncement, "------y--", []any{c.release.ID, now}},
		{storage.Scope.Progress, "------y--", []any{c.release, now}},
		{storage.Scope.Returnees, "------y--", []any{today + 90}},
		{storage.Scope.Ratings, "------y--", []any{3}},

		// What is told to many: the clerk prepares it, clerk or administrator let it go.
		{storage.Scope.PrepareBroadcast, "------y--", []any{"broadcast_road", storage.Circle{Booked: clinicDay}, "x", now}},
		{storage.Scope.ReleaseBroadcast, "------yy-", []any{c.untold.Code, now}},
		{storage.Scope.Broadcasts, "------yy-", []any{now}},
		{storage.Scope.StopBroadcast, "------yy-", []any{c.told.ID, now}},
		{storage.Scope.Figures, "------yy-", []any{c.told}},
		{storage.Scope.MyBroadcasts, "y--------", []any{now}},

		// What was done in a month.
		{storage.Scope.Months, "--yyy-y--", []any{today - 30, today}},
		{storage.Scope.Attended, "-----yy--", []any{today - 30, today}},
		{storage.Scope.WantsMonth, "--yyyyyy-", []any{storage.Yes, now}},

		// Who keeps the system.
		{storage.Scope.Alarms, "-------y-", nil},

		{(*storage.Tx).As, "yyyyyyyyy", []any{person{}}},
	}
}

// guarded are the functions that the table has to hold: every exported one, of any
// package below storage, that takes a scope, or a transaction and a person.
func guarded(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() {
				continue
			}
			if name, ok := scoped(fn); ok {
				names = append(names, filepath.ToSlash(filepath.Join("storage", filepath.Dir(path)))+"."+name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// scoped returns the name of a function that takes a scope, or a transaction and a
// person, as the runtime spells it.
func scoped(fn *ast.FuncDecl) (name string, ok bool) {
	name = fn.Name.Name
	types := params(fn.Type.Params)
	if fn.Recv != nil {
		recv := params(fn.Recv)[0]
		types = append([]string{recv}, types...)
		if strings.HasPrefix(recv, "*") {
			name = "(" + recv + ")." + name
		} else {
			name = recv + "." + name
		}
	}
	if len(types) == 0 {
		return name, false
	}
	return name, types[0] == "Scope" || types[0] == "*Tx" && slices.Contains(types, "Person")
}

// params are the types of parameters, without the names of their packages.
func params(fields *ast.FieldList) (types []string) {
	for _, f := range fields.List {
		star, t := "", f.Type
		if p, ok := t.(*ast.StarExpr); ok {
			star, t = "*", p.X
		}
		if sel, ok := t.(*ast.SelectorExpr); ok {
			t = sel.Sel
		}
		name := ""
		if id, ok := t.(*ast.Ident); ok {
			name = star + id.Name
		}
		for range max(1, len(f.Names)) {
			types = append(types, name)
		}
	}
	return types
}

// TestEveryFunctionHasItsRoles: a function that reads or writes about people is in
// the table, and the table names none that is gone.
func TestEveryFunctionHasItsRoles(t *testing.T) {
	var there []string
	for _, r := range newCast(t).roles() {
		there = append(there, r.name())
	}
	all := guarded(t)
	for _, m := range all {
		if !slices.Contains(there, m) {
			t.Errorf("who may call %s is not in the table", m)
		}
	}
	for _, m := range there {
		if !slices.Contains(all, m) {
			t.Errorf("the table names %s, which takes no scope", m)
		}
	}
}

var errRollBack = errors.New("roll back")

// TestRoles tries every cell of the table; what a cell writes is rolled back.
func TestRoles(t *testing.T) {
	c := newCast(t)
	for _, shown := range []bool{false, true} {
		if shown {
			c.shows("oshe", c.id, jia)
		}
		for _, r := range c.roles() {
			for i, asker := range askers {
				if asker.shown != shown {
					continue
				}
				got, err := c.ask(asker.openid, r)
				if err != nil {
					t.Errorf("%s by %s: %v", r.name(), asker.name, err)
				}
				if want := r.may[i] == 'y'; got != want {
					t.Errorf("%s by %s: allowed %v, want %v", r.name(), asker.name, got, want)
				}
			}
		}
	}
}

// ask calls a method in the scope of a WeChat and reports whether it was allowed:
// it was refused when it says so, or answers with nothing.
func (c *cast) ask(openid string, r role) (allowed bool, err error) {
	rolled := c.store.Update(context.Background(), func(tx *storage.Tx) error {
		allowed = false
		p, e := tx.Who(openid)
		if e != nil {
			return e
		}
		s, e := tx.As(p)
		if e != nil {
			return e
		}
		allowed, err = call(tx, s, r)
		return errRollBack
	})
	if !errors.Is(rolled, errRollBack) {
		return false, rolled
	}
	return allowed, err
}

func call(tx *storage.Tx, s storage.Scope, r role) (allowed bool, err error) {
	m := reflect.ValueOf(r.fn)
	if m.Type().NumIn() != len(r.args)+1 {
		return false, errors.New("the table's arguments are not the function's")
	}
	in := make([]reflect.Value, 0, len(r.args)+1)
	if m.Type().In(0) == reflect.TypeFor[storage.Scope]() {
		in = append(in, reflect.ValueOf(s))
	} else {
		in = append(in, reflect.ValueOf(tx))
	}
	for _, a := range r.args {
		if a == (any)(person{}) {
			a = s.Person
		}
		in = append(in, reflect.ValueOf(a))
	}
	out := m.Call(in)
	if last := out[len(out)-1]; last.Type() == reflect.TypeFor[error]() {
		if out = out[:len(out)-1]; !last.IsNil() {
			return false, unrefused(last.Interface().(error))
		}
	}
	if len(out) == 0 {
		return true, nil
	}
	switch v := out[0]; v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String, reflect.Bool:
		return !v.IsZero() && (v.Kind() == reflect.Bool || v.Len() > 0), nil
	}
	return true, nil
}

// unrefused returns an error that is not the refusal of a role.
func unrefused(err error) error {
	for _, refusal := range []error{storage.ErrNotFound, storage.ErrScope, storage.ErrSelfOnly, storage.ErrTaken, storage.ErrHers} {
		if errors.Is(err, refusal) {
			return nil
		}
	}
	return err
}
