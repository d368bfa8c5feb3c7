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

	"xintiexin/storage/access"
	"xintiexin/storage/bookings"
	"xintiexin/storage/broadcasts"
	"xintiexin/storage/calls"
	"xintiexin/storage/careplans"
	"xintiexin/storage/consent"
	"xintiexin/storage/documents"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	"xintiexin/storage/events"
	"xintiexin/storage/followups"
	"xintiexin/storage/handovers"
	"xintiexin/storage/migration"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/questions"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/staffing"
	"xintiexin/storage/stats"
	"xintiexin/storage/subjectaccess"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/townforms"
	"xintiexin/storage/visits"
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
	help, supplies, given requests.Request
	visitAsked            requests.Request
	suits                 requests.When
	visit                 visits.Visit
	filled                townforms.Submission
	follow                followups.FollowUp
	away                  migration.Absence
	booked, others        bookings.Appointment
	paper, mailed         documents.Document
	back                  bookings.Recall
	release               broadcasts.Announcement
	plan, secret          careplans.CarePlan
	told, untold          broadcasts.Broadcast
	handing, bare, closed string
	spouseCode, inviteKey string
	saved                 *record.Undo       // of a visit, by 甲's worker
	code, granted         staffing.RoleGrant // for 甲's worker, by the administrator
	call                  string             // of a call to third, by the office
	morning               time.Time          // of the day on which she is booked
}

func newCast(t *testing.T) *cast {
	w := newWorld(t)
	c := &cast{world: w, id: w.people[jia], yi: w.people[yi], morning: clinicDay.At(9, 0)}
	w.town(func(s *townconfig.Site) {
		s.Openings = append(s.Openings, townconfig.Opening{Service: "advice", When: "周四", Time: "09:00", Capacity: 1})
		s.Texts = map[string]string{"broadcast_road": "修路"}
		s.Schedules = someSchedules
		s.Lectures = []townconfig.Lecture{{ID: "l1", Title: "讲堂", Day: clinicDay, Time: "09:00", Seats: 9}, {ID: "l2", Title: "讲堂", Day: clinicDay, Time: "10:00", Seats: 9}}
	})
	w.housed(jia, "h1", "a", "")
	her := w.resident(jia)
	w.update(func(tx *record.Tx) error {
		mate, err := personstore.AddResident(tx, personstore.Resident{Name: "郭大成", Village: jia, Group: her.Group, Household: "h1", House: her.House}, "mate")
		c.mate = mate.ID
		z := personstore.Staff{ID: "z", Name: "管理员", Roles: []personstore.Role{personstore.Admin}}
		doctor := personstore.Staff{ID: "d2", Name: "另一位医生", Roles: []personstore.Role{personstore.Clinician}}
		return errors.Join(err, personstore.PutStaff(tx, z), personstore.PutStaff(tx, doctor), access.Bind(tx, "oz", "z"), access.Bind(tx, "od2", "d2"), personstore.BindResident(tx, "oshe", c.id),
			personstore.PutStaff(tx, personstore.Staff{ID: "c2", Name: "另一位办事员", Roles: []personstore.Role{personstore.Clerk}}), access.Bind(tx, "oc2", "c2"))
	})
	c.other = w.registers("oother", "大红", "17900000555", "", "other").ID
	w.as("oa", func(s personstore.Scope) (err error) {
		c.visit, err = visits.Add(s, visits.Visit{Resident: c.id, Day: today}, "m1")
		var err2, err3 error
		c.follow, err2 = visits.AddFollowUp(s, followups.FollowUp{Resident: c.id, Kind: "visit", Due: today}, "m1")
		c.away, err3 = migration.Add(s, migration.Absence{Resident: c.id, Since: today, Place: "苏州", ExpectedDay: today + 30}, "m1")
		_, err4 := s.Open(c.id, now)
		return errors.Join(err, err2, err3, err4)
	})
	w.told("oa", c.id, purpose.VisitRecord, personstore.Yes, now)
	w.told("oa", c.id, purpose.Migration, personstore.Yes, now)
	w.as("oa", func(s personstore.Scope) (err error) {
		c.filled, err = townforms.Submit(s, townforms.Submission{Form: "housing", Resident: c.id, Set: purpose.VisitRecord, At: now.Unix()}, "f1")
		return err
	})
	for _, set := range []purpose.Purpose{purpose.Booking, purpose.HealthReminders, purpose.ProxyPickup} {
		w.agrees("oshe", c.id, set, personstore.Yes, now)
	}
	book := func(openid string, a bookings.Appointment, cause string) (out bookings.Appointment) {
		w.as(openid, func(s personstore.Scope) (err error) {
			out, err = bookings.Book(s, a, cause, now)
			return err
		})
		return out
	}
	c.booked = book("oshe", bookings.Appointment{Resident: c.id, Service: "checkup", Seats: 2, Day: clinicDay, Time: "08:30"}, "b1")
	c.third = w.registers("othird", "小红", "17900000556", "", "third").ID
	c.others = book("othird", bookings.Appointment{Resident: c.third, Service: "checkup", Seats: 1, Day: clinicDay, Time: "08:00"}, "b3")
	full := book("oother", bookings.Appointment{Resident: c.other, Service: "advice", Seats: 1, Day: clinicDay, Time: "09:00"}, "b2")
	w.as("othird", func(s personstore.Scope) error { return bookings.SetRing(s, c.others.ID, bookings.RingOffice, now) })
	w.update(func(tx *record.Tx) error {
		_, _, err := calls.ListCalls(tx, clinicDay, record.Page{}, 99, clinicDay.At(7, 30))
		return err
	})
	c.call = calls.Call{Resident: c.third, Appointment: c.others.ID, Day: clinicDay, Time: "08:00"}.Ref()
	w.as("oshe", func(s personstore.Scope) (err error) { // the seat that is given up is held for her
		_, err = bookings.JoinWaitingList(s, bookings.Waiting{Resident: c.id, Service: "advice", Seats: 1, Day: clinicDay}, "w1", now)
		var err2 error
		c.spouseCode, err2 = bookings.SpouseCode(s, c.booked.ID)
		return errors.Join(err, err2)
	})
	w.as("oother", func(s personstore.Scope) error { _, err := bookings.Cancel(s, full.ID, now); return err })
	w.as("oc", func(s personstore.Scope) (err error) {
		c.paper, err = documents.MakeReady(s, documents.Document{Resident: c.id, Appointment: c.booked.ID}, "p1", now)
		var err2, err3, err4 error
		c.mailed, err4 = documents.MakeReady(s, documents.Document{Resident: c.id, Appointment: c.booked.ID, Slip: true}, "p2", now)
		c.back, err2 = bookings.AgreeRecall(s, c.booked.ID, c.id, clinicDay+30, now)
		c.release, err3 = broadcasts.Announce(s, []bookings.Slot{{Service: "checkup", Day: clinicDay + 1, Time: "08:00", Capacity: 3}}, true, "r1", now)
		return errors.Join(err, err2, err3, err4)
	})
	w.as("oshe", func(s personstore.Scope) error {
		_, err := documents.NameProxy(s, c.id, c.paper.ID, "婆婆", now)
		_, err2 := documents.WishMail(s, c.id, c.mailed.ID, true, now)
		note, err3 := questions.Ask(s, "怎么准备", "n1", now)
		c.note = note.Number
		return errors.Join(err, err2, err3)
	})
	w.as("oshe", func(s personstore.Scope) (err error) {
		c.plan, err = careplans.Start(s, careplans.StartParams{Resident: c.id, Schedule: "pre", Event: "lmp", Day: today - 55}, "pl1", now)
		var err2 error
		c.secret, err2 = careplans.Start(s, careplans.StartParams{Resident: c.id, Schedule: "iud", Day: today}, "pl2", now)
		return errors.Join(err, err2)
	})
	w.update(func(tx *record.Tx) error {
		_, _, err := careplans.PlanMorning(tx, today+9, record.Page{}, 99, now)
		return err
	})
	c.suits = requests.When{Day: today + 5, Part: "上午"}
	w.as("oshe", func(s personstore.Scope) (err error) {
		c.help, err = requests.Create(s, requests.Request{Resident: c.id, Kind: "help", Text: "补贴"}, "a1", now)
		var err2, err3, err4 error
		c.supplies, err2 = requests.Create(s, requests.Request{Resident: c.id, Kind: "supplies"}, "a2", now)
		c.given, err3 = requests.Create(s, requests.Request{Resident: c.id, Kind: "help", Text: "手续"}, "a3", now)
		c.visitAsked, err4 = requests.Create(s, requests.Request{Resident: c.id, Kind: "visit", Times: []requests.When{c.suits}}, "a4", now)
		_, err5 := events.SignUp(s, c.id, "l2", now)
		return errors.Join(err, err2, err3, err4, err5, events.Subscribe(s, c.id, true, now))
	})
	w.as("oc2", func(s personstore.Scope) error {
		_, err := requests.OfferRequest(s, c.id, c.given.ID, "c", now)
		return err
	})
	w.as("oc", func(s personstore.Scope) error {
		_, err := requests.ProposeTimes(s, c.id, c.visitAsked.ID, []requests.When{c.suits}, now)
		return err
	})
	w.update(func(tx *record.Tx) error {
		_, err := ops.RaiseAlarm(tx, ops.Alarm{Name: "disk"}, now)
		return errors.Join(err, events.SuggestTopic(tx, "睡眠"))
	})
	w.update(func(tx *record.Tx) (err error) {
		if c.told, err = broadcasts.PrepareAs(tx, "", "broadcast_road", broadcasts.AudienceFilter{Booked: clinicDay}, "t1", now); err != nil {
			return err
		}
		if _, err = broadcasts.ApproveAs(tx, "", c.told.Code, now.Add(time.Hour)); !errors.Is(err, ops.ErrSecond) {
			t.Errorf("released by who prepared it: %v", err)
		}
		if _, err = broadcasts.ApproveAs(tx, "c", c.told.Code, now); err != nil {
			return err
		}
		if _, _, err = broadcasts.TellAudience(tx, c.told.ID, 99, now); err != nil {
			return err
		}
		d, err := outbox.DeliveryOf(tx, "broadcast/"+c.told.ID+"/"+c.id)
		if err != nil {
			return err
		}
		d.State = outbox.Sent
		c.untold, err = broadcasts.PrepareAs(tx, "", "broadcast_road", broadcasts.AudienceFilter{Booked: clinicDay}, "t2", now)
		return errors.Join(err, outbox.Put(tx, d))
	})
	var code string
	w.as("ob", func(s personstore.Scope) (err error) {
		code, err = s.InviteResident(c.yi, "i1", now)
		return err
	})
	w.update(func(tx *record.Tx) error {
		bare, err := personstore.AddResident(tx, personstore.Resident{Name: "郭大成", Village: jia, Group: her.Group}, "bare")
		closed, err2 := personstore.AddResident(tx, personstore.Resident{Name: "老人", Village: jia, Group: her.Group}, "closed")
		c.bare, c.closed = bare.ID, closed.ID
		return errors.Join(err, err2)
	})
	w.as("oa", func(s personstore.Scope) error { return erasure.Deactivate(s, c.closed, "died", now) })
	c.saved, _ = w.inSave("oa", func(s personstore.Scope) error {
		_, err := visits.Add(s, visits.Visit{Resident: c.id, Day: today}, "saved")
		return err
	})
	c.handing = w.begins("a", "b", today+1).ID
	w.update(func(tx *record.Tx) error {
		return personstore.PutStaff(tx, personstore.Staff{ID: "fresh", Name: "新干部", Villages: []string{jia}, Roles: []personstore.Role{personstore.VillageWorker}})
	})
	w.update(func(tx *record.Tx) error {
		err := personstore.PutStaff(tx, personstore.Staff{ID: "gone", Name: "离任的", Roles: []personstore.Role{personstore.VillageWorker}})
		_, _, err2 := handovers.LeaveAs(tx, "gone", staffing.AtServer, now)
		return errors.Join(err, err2)
	})
	w.as("oz", func(s personstore.Scope) (err error) {
		c.code, err = staffing.AskCode(s, "a", "code", now)
		var err2 error
		c.granted, err2 = staffing.AskRoles(s, "b", []personstore.Role{personstore.Clerk}, "roles", now)
		return errors.Join(err, err2)
	})
	w.update(func(tx *record.Tx) error {
		c.inviteKey = personstore.InviteKey(tx, code)
		return bookings.Rate(tx, "checkup", today, 3)
	})
	return c
}

// roles is the table of who may do what, in the order of askers: she, another,
// 甲's worker, the same when she is shown, 乙's, clinician, clerk, administrator,
// nobody. Every exported method of Scope stands here, and every one of Tx that is
// given a Person.
func (c *cast) roles() []role {
	her := personstore.Resident{ID: c.id, Name: "郭敏", Village: jia, Group: "一组", Household: "h1", House: "12号"}
	agreed := consent.Consent{Resident: c.id, Set: purpose.ChildReminders, Answer: personstore.Yes}
	signed := consent.Consent{Answer: personstore.Yes}
	return []role{
		// Who is there.
		{personstore.Scope.Villages, "--yyy-y--", nil},
		{personstore.Scope.Contacts, "yyyyyyyyy", nil},
		{personstore.Scope.Resident, "--yy-yy--", []any{c.id}},
		{personstore.Scope.Client, "y-yy-yy--", []any{c.id}},
		{personstore.Scope.Private, "y--y-yy--", []any{c.id}},
		{personstore.Scope.Mine, "y--------", []any{c.id}},
		{personstore.Scope.Open, "--yy-yy--", []any{c.id, now}},
		{personstore.Scope.IsOwnFamily, "y--------", []any{"郭敏", ""}},
		{personstore.Scope.FindResidents, "--yy--y--", []any{personstore.Query{Name: "郭敏"}, 9}},
		{personstore.Scope.AddResident, "--yy--y--", []any{personstore.Resident{Name: "新来", Village: jia}, "x"}},
		{personstore.Scope.Household, "--yy--y--", []any{her}},
		{personstore.Scope.LogAccess, "--yy-yy--", []any{c.id, "printed", now}},
		{personstore.Scope.AccessLogOf, "y--------", []any{c.id}},
		{subjectaccess.Export, "y--------", []any{c.id}},

		// Signing up, and what she lets be seen.
		{enrolment.Register, "yyyyyyyyy", []any{"小燕", "17900000317", "", signed, "x", now}},
		{enrolment.AnswerMore, "y--------", []any{c.id, map[string]string{"ride": "bus"}}},
		{enrolment.ShowTo, "y--------", []any{c.id, jia, now}},
		{enrolment.Unlink, "y--------", []any{c.id, now}},
		{enrolment.ResumePushes, "y--------", []any{c.id}},
		{bookings.WaitsOf, "y--------", []any{c.id}},
		{personstore.Scope.InviteResident, "--yy--y--", []any{c.mate, "x", now}},
		{access.Claim, "yyyy-yyyy", []any{c.inviteKey, now}}, // 乙's worker gave it out
		{access.NewLink, "y----yy--", []any{"card", c.id, "", "x", now}},
		{access.ResetPIN, "-----yy--", []any{c.id, now}},

		// What she agreed to.
		{enrolment.Agree, "y--------", []any{agreed, now}},
		{enrolment.Agreed, "y--------", []any{c.id, purpose.Booking}},
		{consent.Needed, "y-yy-yy--", []any{c.id, purpose.ChildReminders, true}},
		{consent.Get, "--yy-yy--", []any{c.id, purpose.VisitRecord}},
		{consent.Put, "--yy-yy--", []any{agreed, now}},
		{personstore.Scope.DontAsk, "--yy-yy--", []any{c.id}},
		{consent.WithdrawPurpose, "y--------", []any{c.id, purpose.Booking, now}},
		{erasure.WithdrawFor, "--yy-yy--", []any{c.id, false, now}},
		{consent.WithdrawAll, "y--------", []any{person{}, c.id, now}},

		// What the village writes down.
		{visits.Add, "--yy--y--", []any{visits.Visit{Resident: c.id, Day: today}, "x"}},
		{visits.Get, "--yy--y--", []any{c.id, today, c.visit.ID}},
		{visits.List, "--yy--y--", []any{c.id, 9}},
		{visits.Mine, "--yy-----", []any{today - 1, 9}},
		{visits.Change, "--yy-----", []any{c.visit, c.visit, now}}, // who wrote it corrects it
		{townforms.Submit, "y-yy-yy--", []any{townforms.Submission{Form: "housing", Resident: c.id, Set: purpose.VisitRecord, At: now.Unix()}, "x"}},
		{townforms.Get, "--yy-----", []any{c.filled.Ref()}}, // who wrote it corrects it
		{townforms.MySubmissions, "--yy-----", []any{today - 1, 9}},
		{townforms.ChangeSubmission, "--yy-----", []any{c.filled, []townforms.Said{{Name: "rooms", Value: "3"}}, now}},
		{visits.AddFollowUp, "--yy--y--", []any{followups.FollowUp{Resident: c.id, Due: today}, "x"}},
		{visits.FollowUp, "--yy--y--", []any{c.id, c.follow.ID}},
		{visits.OpenFollowUps, "--yy--y--", []any{c.id}},
		{visits.CloseFollowUp, "--yy--y--", []any{c.follow, "done", now}},
		{visits.Attempted, "--yy--y--", []any{c.follow, today, today + 1}},
		{visits.Postpone, "--yy--y--", []any{c.follow, today + 1}},
		{visits.Due, "--yy--y--", []any{"a", today + 9, 9}},
		{visits.OwnFollowUps, "y--------", []any{person{}, c.id}},
		{migration.Add, "--yy--y--", []any{migration.Absence{Resident: c.id, Since: today}, "x"}},
		{migration.Open, "--yy--y--", []any{c.id}},
		{migration.Latest, "--yy--y--", []any{c.id}},
		{migration.Put, "--yy--y--", []any{c.away, now}},
		{migration.KeepOwnAway, "y--------", []any{migration.Absence{Resident: c.id, Since: today}, "x", now}},
		{migration.OwnLatest, "y--------", []any{c.id}},
		{migration.DropOwnAway, "y--------", []any{c.id, c.away.ID}},
		{migration.LatestOf, "--yy--y--", []any{c.id, c.away.ID}},
		{migration.TellAway, "--yy--y--", []any{c.away, "away_told", now}},
		{migration.TellReturn, "--yy--y--", []any{c.away, now}},
		{migration.ComingHome, "--yy--y--", []any{today + 30, 9}},
		{requests.Overdue, "---y-----", []any{today + 99, 9}}, // the clerk has it
		{migration.HomeOf, "--yy--y--", []any{migration.Homecoming{First: today, Last: today + 400}}},
		{migration.AwayResidents, "--yy--y--", []any{9}},
		{migration.OwnOpen, "y--------", []any{person{}, c.id}},

		{erasure.MayRestore, "yyyy-yy-y", []any{c.saved}}, // only who is of the office saves

		// Who is one person, who is here no more, who lives elsewhere.
		{erasure.Merge, "------y--", []any{c.mate, c.id, now}}, // a WeChat stands for her
		{erasure.Merge, "--yy--y--", []any{c.mate, c.bare, now}},
		{erasure.Deactivate, "--yy--y--", []any{c.id, "died", now}},
		{erasure.Deactivate, "--yy--y--", []any{c.mate, "moved", now}},
		{personstore.Scope.SetNick, "--yy--y--", []any{c.id, "老王家二儿媳"}},
		{erasure.Deactivations, "--yy--y--", []any{""}},
		{erasure.Reactivate, "--yy--y--", []any{c.closed, now}},
		{erasure.MoveResident, "--yy--y--", []any{c.id, jia, "", now}},
		{erasure.MoveResident, "------y--", []any{c.id, yi, "", now}},

		// Work that goes from one of the office to another.
		{handovers.List, "--yyy-y--", nil},
		{handovers.Takers, "--yy--y--", []any{"a"}},
		{handovers.Start, "--yy--y--", []any{"a", "b", today, "x", now}},
		{handovers.Answer, "----y----", []any{c.handing, true, now}},
		{handovers.Stop, "--yy--y--", []any{c.handing, now}},
		{personstore.Scope.DelegatedBy, "---------", nil},

		// Roles of the office, and codes for who is bound: one asks, another agrees.
		{staffing.AskRoles, "------yy-", []any{"a", []personstore.Role{personstore.Clerk}, "x", now}},
		{staffing.AskRoles, "-------y-", []any{"c", []personstore.Role{personstore.Admin}, "x", now}}, // the clerk's own
		{staffing.AskCode, "------yy-", []any{"a", "x", now}},
		{staffing.Grants, "--yyy-yy-", []any{now}},
		{staffing.MayAnswer, "--yy--y--", []any{c.code, now}}, // the administrator asked; she is bound
		{staffing.AnswerGrant, "--yy--y--", []any{c.code.ID, true, now}},
		{staffing.AnswerGrant, "------y--", []any{c.granted.ID, true, now}},
		{staffing.GiveCode, "------yy-", []any{"48291307256174", "fresh", now}},

		// Who leaves the office.
		{handovers.Leave, "------yy-", []any{"b", now}},
		{handovers.Leave, "-------y-", []any{"c", now}}, // the clerk's own
		{handovers.LeftOffice, "------yy-", []any{now}},

		// What she books.
		{bookings.Book, "y-yy-yy--", []any{bookings.Appointment{Resident: c.id, Service: "advice", Seats: 1, Day: clinicDay, Time: "09:00"}, "x", now}},
		{bookings.Get, "y--y-yy--", []any{c.booked.ID}},
		{bookings.List, "y--y-yy--", []any{c.id, 9}},
		{bookings.Open, "y--y-yy--", []any{c.id, "checkup"}},
		{bookings.Move, "y----yy--", []any{c.booked.ID, clinicDay + 7, "08:30", now}},
		{bookings.AnswerBooking, "y----yy--", []any{c.booked.ID, map[string]string{"ride": "bus"}, now}},
		{bookings.MayChange, "y----yy--", []any{c.booked}},
		{bookings.Cancel, "y----yy--", []any{c.booked.ID, now}},
		{bookings.BookedOn, "---y--y--", []any{clinicDay}},
		{bookings.SetRing, "y----yy--", []any{c.booked.ID, bookings.RingOffice, now}},
		{bookings.Coming, "y----yy--", []any{c.booked.ID, now}},
		{bookings.SpouseCode, "y----yy--", []any{c.booked.ID}},
		{bookings.Join, "-y---yy--", []any{c.spouseCode, c.other, now}},
		{bookings.JoinWaitingList, "y-yy-yy--", []any{bookings.Waiting{Resident: c.id, Service: "advice", Seats: 1}, "x", now}},
		{bookings.WaitingOf, "y--y-yy--", []any{c.id, "advice"}},
		{bookings.LeaveWaitingList, "y--y-yy--", []any{c.id, "advice", now}},
		{bookings.TakeOffer, "y--y-yy--", []any{c.id, "advice", "x", now}},

		// The clinic's desk.
		{bookings.ListDay, "-----yy--", []any{clinicDay}},
		{bookings.AppointmentNumbered, "-----yy--", []any{c.booked.Number, today}},
		{bookings.Guest, "-----yy--", []any{c.booked, c.id, "called", now}},
		{bookings.Arrive, "-----yy--", []any{c.booked.ID, c.morning}},
		{bookings.Finish, "-----yy--", []any{c.booked.ID, c.morning}},
		{bookings.Miss, "-----yy--", []any{c.booked.ID, c.morning}},
		{bookings.SeatSpouse, "-----yy--", []any{c.booked.ID, "志强", "17900000318", signed, "x", now}},
		{bookings.WalkIn, "-----yy--", []any{"芬", "17900000319", bookings.Appointment{Service: "checkup", Seats: 1, Day: clinicDay, Time: "14:00"}, signed, "x", c.morning}},
		{bookings.AgreeRecall, "-----yy--", []any{c.booked.ID, c.id, clinicDay + 60, now}},
		{bookings.Recalls, "y----yy--", []any{c.id, today}},
		{bookings.DropRecall, "y--------", []any{c.id, c.back.ID, now}},

		// What is planned; the village learns of a step by its day's list alone.
		{careplans.Start, "y----yy--", []any{careplans.StartParams{Resident: c.id, Schedule: "recheck", Day: today + 3}, "x", now}},
		{careplans.Start, "y--------", []any{careplans.StartParams{Resident: c.id, Schedule: "iud", Day: today}, "x", now}}, // hers alone
		{careplans.List, "y----yy--", []any{c.id}},
		{careplans.SetStepDay, "y----yy--", []any{c.id, c.plan.ID, "early", today + 9, now}},
		{careplans.EndStep, "y----yy--", []any{c.id, c.plan.ID, "early", "done", now}},
		{careplans.EndPlan, "y----yy--", []any{c.id, c.plan.ID, now}},
		{careplans.EndPlan, "y--------", []any{c.id, c.secret.ID, now}},
		{careplans.LetVillage, "y----yy--", []any{c.id, true, now}},
		{careplans.PlansDue, "-----yy--", []any{today + 99, 9, now}},

		// Who is rung up: whom she chose, here the office, on the day the clinic too.
		{calls.Calls, "-----yy--", []any{clinicDay.At(7, 40), 9}},
		{calls.TakeCall, "-----yy--", []any{c.call, clinicDay.At(7, 40)}},
		{calls.Called, "-----yy--", []any{c.call, calls.SaidComing, clinicDay.At(7, 40)}},
		{calls.CalledMove, "-----yy--", []any{c.call, clinicDay + 7, "08:30", clinicDay.At(7, 40)}},
		{calls.StrandedCalls, "------y--", []any{clinicDay.At(7, 40)}},

		// Papers.
		{documents.MakeReady, "-----yy--", []any{documents.Document{Resident: c.third, Appointment: c.others.ID}, "x", now}},
		{documents.List, "y----yy--", []any{c.id}},
		{documents.Get, "y----yy--", []any{c.id, c.paper.ID}},
		{documents.ComeFor, "y--------", []any{c.id, c.paper.ID, today + 1, "上午", now}},
		{documents.Keep, "y--------", []any{c.id, c.paper.ID, now}},
		{documents.Waive, "y--------", []any{c.id, c.paper.ID, now}},
		{documents.NameProxy, "y--------", []any{c.id, c.paper.ID, "婆婆", now}},
		{documents.WishMail, "y--------", []any{c.id, c.paper.ID, true, now}},
		{documents.NotifyArrival, "y--------", []any{c.id, c.paper.ID, now}},
		{documents.Sign, "y----yy--", []any{c.id, c.paper.ID, now}},
		{documents.HandToProxy, "-----yy--", []any{c.id, c.paper.ID, "婆婆", now}},
		{documents.Mail, "-----yy--", []any{c.id, c.mailed.ID, now}},

		// What she asks for; supplies are never the village's.
		{requests.Create, "y-yy-yy--", []any{requests.Request{Resident: c.id, Kind: "errand"}, "x", now}},
		{requests.Create, "y----yy--", []any{requests.Request{Resident: c.id, Kind: "supplies"}, "a2", now}}, // the one there is
		{requests.MyRequests, "y--------", []any{c.id}},
		{requests.MyRequest, "y--------", []any{c.id, c.supplies.ID}},
		{requests.SawRequest, "y--------", []any{c.id, c.help.ID, now}},
		{requests.WithdrawRequest, "y--------", []any{c.id, c.help.ID, now}},
		{requests.OfferTimes, "y--------", []any{c.id, c.visitAsked.ID, []requests.When{c.suits}}},
		{requests.NoVisits, "y--------", []any{c.id, true, now}},
		{enrolment.ProfileAsked, "y--------", []any{c.id, today}},
		{enrolment.ProfileSeen, "y--------", []any{c.id}},
		{enrolment.NoProfiles, "y--------", []any{c.id, true}},
		{requests.Waiting, "---y--y--", []any{9}},
		{requests.OfResident, "---y--y--", []any{c.id, c.help.ID}},
		{requests.Numbered, "---y--y--", []any{c.help.Number}},
		{requests.GetView, "---y--y--", []any{requests.RequestView{Request: c.help}, now}},
		{requests.TakeRequest, "---y--y--", []any{c.id, c.help.ID, now}},
		{requests.AssignableStaff, "---y--y--", []any{c.id, c.help.ID}},
		{requests.OfferRequest, "---y--y--", []any{c.id, c.help.ID, "c2", now}},
		{requests.EndRequest, "---y--y--", []any{c.id, c.help.ID, "done", now}},
		{requests.RefuseRequest, "------y--", []any{c.id, c.given.ID}},                                    // who was asked to take it
		{requests.ProposeTimes, "------y--", []any{c.id, c.visitAsked.ID, []requests.When{c.suits}, now}}, // who has it
		{requests.AgreeVisit, "y-----y--", []any{c.id, c.visitAsked.ID, c.suits, "x", now}},
		{requests.SendErrand, "--yy-yy--", []any{c.id, "guide", "x", now}},
		{requests.Supplies, "-----yy--", []any{9}},
		{requests.OfResident, "-----yy--", []any{c.id, c.supplies.ID}},
		{requests.Numbered, "-----yy--", []any{c.supplies.Number}},
		{requests.TakeRequest, "-----yy--", []any{c.id, c.supplies.ID, now}},
		{requests.SuppliesReady, "-----yy--", []any{c.id, c.supplies.ID, now}},
		{requests.EndRequest, "-----yy--", []any{c.id, c.supplies.ID, "done", now}},

		// Meetings.
		{events.Lectures, "yyyyyyyyy", []any{now}},
		{events.SignUp, "y--y-yy--", []any{c.id, "l1", now}},
		{events.Subscribe, "y--------", []any{c.id, true, now}},
		{events.IsSubscribed, "y--------", []any{c.id}},
		{events.CancelSeat, "y--y-yy--", []any{c.id, "l2", now}},
		{events.SeatsOf, "y--------", []any{c.id, today}},
		{events.Topics, "-----yy--", []any{9}},

		// The question box: hers by her WeChat, and a clinician's; no village's, not
		// the clerk's.
		{questions.Ask, "yyyyyyyyy", []any{"怎么准备", "x", now}},
		{questions.Mine, "y--------", []any{c.note}},
		{questions.AllMine, "y--------", nil},
		{questions.Read, "y--------", []any{c.note, now}},
		{questions.TellAnswer, "y--------", []any{c.note, true}},
		{questions.Delete, "y--------", []any{c.note, now}},
		{questions.Waiting, "-----y---", nil},
		{questions.Get, "-----y---", []any{c.note}},
		{questions.Take, "-----y---", []any{c.note, now}},
		{questions.HandOn, "-----y---", []any{c.note, "d2", now}},
		{questions.Answer, "-----y---", []any{c.note, "请来二楼", now}},
		{questions.Clinicians, "-----y---", nil},

		// The office.
		{bookings.PublishSlots, "------y--", []any{[]bookings.Slot{{Service: "checkup", Day: clinicDay + 2, Time: "08:00", Capacity: 3}}, "x", now}},
		{broadcasts.Announce, "------y--", []any{[]bookings.Slot{{Service: "checkup", Day: clinicDay + 2, Time: "08:00", Capacity: 3}}, true, "x", now}},
		{broadcasts.Announcements, "------y--", []any{today}},
		{broadcasts.StopAnnouncement, "------y--", []any{c.release.ID, now}},
		{broadcasts.ProgressOf, "------y--", []any{c.release, now}},
		{broadcasts.Returnees, "------y--", []any{today + 90}},
		{bookings.Ratings, "------y--", []any{3}},

		// What is told to many: the clerk prepares it, clerk or administrator let it go.
		{broadcasts.Prepare, "------y--", []any{"broadcast_road", broadcasts.AudienceFilter{Booked: clinicDay}, "x", now}},
		{broadcasts.Approve, "------yy-", []any{c.untold.Code, now}},
		{broadcasts.List, "------yy-", []any{now}},
		{broadcasts.StopOwn, "------yy-", []any{c.told.ID, now}},
		{broadcasts.GetStats, "------yy-", []any{c.told}},
		{broadcasts.Mine, "y--------", []any{now}},

		// What was done in a month.
		{stats.Months, "--yyy-y--", []any{today - 30, today}},
		{stats.Attended, "-----yy--", []any{today - 30, today}},
		{stats.WantsMonth, "--yyyyyy-", []any{personstore.Yes, now}},

		// What other functions ask: each reports, or returns why not.
		{bookings.Self, "y--------", []any{c.booked}},
		{bookings.Clinic, "-----yy--", nil},
		{bookings.Seen, "y--y-yy--", []any{c.booked}},
		{personstore.Scope.Villager, "--yy--y--", []any{c.id}},
		{personstore.Scope.Knows, "y--y-yy--", []any{c.id, "", personstore.RingNobody}},
		{personstore.Scope.Entrusted, "---------", []any{c.id, "", personstore.RingNobody}},
		{personstore.Scope.LogOwn, "yyyyyyyyy", []any{c.id, "card", now}},
		{personstore.Scope.LogRefused, "---------", []any{c.id, "card", now, record.ErrScope}},
		{personstore.Scope.MayTell, "yyyyyyyyy", []any{her, jia}},
		{personstore.Scope.ActsFor, "--yy-----", []any{"a"}},
		{personstore.Scope.Confidential, "-----y---", []any{personstore.Clinician}},
		{personstore.Scope.AtDesk, "-----yy--", []any{c.id}},
		{requests.View, "---y--y--", []any{"request", c.id, c.help.ID}},

		// Who keeps the system.
		{ops.VisibleAlarms, "-------y-", nil},

		{personstore.ScopeOf, "yyyyyyyyy", []any{person{}}},
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
	rolled := c.store.Update(context.Background(), func(tx *record.Tx) error {
		allowed = false
		p, e := personstore.Identify(tx, openid)
		if e != nil {
			return e
		}
		s, e := personstore.ScopeOf(tx, p)
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

func call(tx *record.Tx, s personstore.Scope, r role) (allowed bool, err error) {
	m := reflect.ValueOf(r.fn)
	if m.Type().NumIn() != len(r.args)+1 {
		return false, errors.New("the table's arguments are not the function's")
	}
	in := make([]reflect.Value, 0, len(r.args)+1)
	if m.Type().In(0) == reflect.TypeFor[personstore.Scope]() {
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
	for _, refusal := range []error{record.ErrNotFound, record.ErrScope, record.ErrSelfOnly, requests.ErrTaken, record.ErrNotDelegated} {
		if errors.Is(err, refusal) {
			return nil
		}
	}
	return err
}
