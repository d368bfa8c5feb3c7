package storage_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
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

// role is a row: a method, what it is asked, and who may (y) and may not (-).
type role struct {
	method string
	may    string
	args   []any
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
		{"Villages", "--yyy-y--", nil},
		{"Contacts", "yyyyyyyyy", nil},
		{"Resident", "--yy-yy--", []any{c.id}},
		{"Client", "y-yy-yy--", []any{c.id}},
		{"Private", "y--y-yy--", []any{c.id}},
		{"Mine", "y--------", []any{c.id}},
		{"Open", "--yy-yy--", []any{c.id, now}},
		{"Own", "y--------", []any{"郭敏", ""}},
		{"FindResidents", "--yy--y--", []any{storage.Query{Name: "郭敏"}, 9}},
		{"AddResident", "--yy--y--", []any{storage.Resident{Name: "新来", Village: jia}, "x"}},
		{"Household", "--yy--y--", []any{her}},
		{"Looked", "--yy-yy--", []any{c.id, "printed", now}},
		{"LooksOf", "y--------", []any{c.id}},
		{"Held", "y--------", []any{c.id}},

		// Signing up, and what she lets be seen.
		{"Register", "yyyyyyyyy", []any{"小燕", "17900000317", "", signed, "x", now}},
		{"AnswerMore", "y--------", []any{c.id, map[string]string{"ride": "bus"}}},
		{"ShowTo", "y--------", []any{c.id, jia, now}},
		{"Unlink", "y--------", []any{c.id, now}},
		{"ResumePushes", "y--------", []any{c.id}},
		{"WaitsOf", "y--------", []any{c.id}},
		{"InviteResident", "--yy--y--", []any{c.mate, "x", now}},
		{"Claim", "yyyy-yyyy", []any{c.inviteKey, now}}, // 乙's worker gave it out
		{"NewPass", "y----yy--", []any{"card", c.id, "", "x", now}},
		{"ResetPin", "-----yy--", []any{c.id, now}},

		// What she agreed to.
		{"Agree", "y--------", []any{agreed, now}},
		{"Agreed", "y--------", []any{c.id, storage.C1}},
		{"NeedsConsent", "y-yy-yy--", []any{c.id, storage.C5, true}},
		{"Consent", "--yy-yy--", []any{c.id, storage.C0}},
		{"PutConsent", "--yy-yy--", []any{agreed, now}},
		{"DontAsk", "--yy-yy--", []any{c.id}},
		{"WithdrawSet", "y--------", []any{c.id, storage.C1, now}},
		{"WithdrawFor", "--yy-yy--", []any{c.id, false, now}},
		{"Tx.Withdraw", "y--------", []any{person{}, c.id, now}},

		// What the village writes down.
		{"AddVisit", "--yy--y--", []any{storage.Visit{Resident: c.id, Day: today}, "x"}},
		{"Visit", "--yy--y--", []any{c.id, today, c.visit.ID}},
		{"Visits", "--yy--y--", []any{c.id, 9}},
		{"MyVisits", "--yy-----", []any{today - 1, 9}},
		{"ChangeVisit", "--yy-----", []any{c.visit, c.visit, now}}, // who wrote it corrects it
		{"AddSubmission", "y-yy-yy--", []any{storage.Submission{Form: "housing", Resident: c.id, Set: storage.C0, At: now.Unix()}, "x"}},
		{"Submission", "--yy-----", []any{c.filled.Ref()}}, // who wrote it corrects it
		{"MySubmissions", "--yy-----", []any{today - 1, 9}},
		{"ChangeSubmission", "--yy-----", []any{c.filled, []storage.Said{{Name: "rooms", Value: "3"}}, now}},
		{"AddFollowUp", "--yy--y--", []any{storage.FollowUp{Resident: c.id, Due: today}, "x"}},
		{"FollowUp", "--yy--y--", []any{c.id, c.follow.ID}},
		{"OpenFollowUps", "--yy--y--", []any{c.id}},
		{"CloseFollowUp", "--yy--y--", []any{c.follow, "done", now}},
		{"Attempted", "--yy--y--", []any{c.follow, today, today + 1}},
		{"Postpone", "--yy--y--", []any{c.follow, today + 1}},
		{"Due", "--yy--y--", []any{"a", today + 9, 9}},
		{"Tx.OwnFollowUps", "y--------", []any{person{}, c.id}},
		{"AddAway", "--yy--y--", []any{storage.Away{Resident: c.id, Since: today}, "x"}},
		{"OpenAway", "--yy--y--", []any{c.id}},
		{"LastAway", "--yy--y--", []any{c.id}},
		{"PutAway", "--yy--y--", []any{c.away, now}},
		{"KeepOwnAway", "y--------", []any{storage.Away{Resident: c.id, Since: today}, "x", now}},
		{"OwnCard", "y--------", []any{c.id}},
		{"DropOwnAway", "y--------", []any{c.id, c.away.ID}},
		{"Card", "--yy--y--", []any{c.id, c.away.ID}},
		{"TellAway", "--yy--y--", []any{c.away, "away_told", now}},
		{"TellBack", "--yy--y--", []any{c.away, now}},
		{"ComingHome", "--yy--y--", []any{today + 30, 9}},
		{"AskedLate", "---y-----", []any{today + 99, 9}}, // the clerk has it
		{"HomeOf", "--yy--y--", []any{storage.Homecoming{First: today, Last: today + 400}}},
		{"AwayResidents", "--yy--y--", []any{9}},
		{"Tx.OwnAway", "y--------", []any{person{}, c.id}},

		// Who is one person, who is here no more, who lives elsewhere.
		{"Merge", "------y--", []any{c.mate, c.id, now}}, // a WeChat stands for her
		{"Merge", "--yy--y--", []any{c.mate, c.bare, now}},
		{"CloseCard", "--yy--y--", []any{c.id, "died", now}},
		{"CloseCard", "--yy--y--", []any{c.mate, "moved", now}},
		{"SetNick", "--yy--y--", []any{c.id, "老王家二儿媳"}},
		{"Closings", "--yy--y--", []any{""}},
		{"ReopenCard", "--yy--y--", []any{c.closed, now}},
		{"MoveTo", "--yy--y--", []any{c.id, jia, "", now}},
		{"MoveTo", "------y--", []any{c.id, yi, "", now}},

		// Work that goes from one of the office to another.
		{"HandOvers", "--yyy-y--", nil},
		{"HandOverTakers", "--yy--y--", []any{"a"}},
		{"StartHandOver", "--yy--y--", []any{"a", "b", today, "x", now}},
		{"AnswerHandOver", "----y----", []any{c.handing, true, now}},
		{"StopHandOver", "--yy--y--", []any{c.handing, now}},
		{"StandsInFor", "---------", nil},

		// Roles of the office, and codes for who is bound: one asks, another agrees.
		{"AskRoles", "------yy-", []any{"a", []storage.Role{storage.Clerk}, "x", now}},
		{"AskRoles", "-------y-", []any{"c", []storage.Role{storage.Admin}, "x", now}}, // the clerk's own
		{"AskCode", "------yy-", []any{"a", "x", now}},
		{"Grants", "--yyy-yy-", []any{now}},
		{"MayAnswer", "--yy--y--", []any{c.code, now}}, // the administrator asked; she is bound
		{"AnswerGrant", "--yy--y--", []any{c.code.ID, true, now}},
		{"AnswerGrant", "------y--", []any{c.granted.ID, true, now}},
		{"GiveCode", "------yy-", []any{"48291307256174", "fresh", now}},

		// Who leaves the office.
		{"LeaveOffice", "------yy-", []any{"b", now}},
		{"LeaveOffice", "-------y-", []any{"c", now}}, // the clerk's own
		{"LeftOffice", "------yy-", []any{now}},

		// What she books.
		{"Book", "y-yy-yy--", []any{storage.Appointment{Resident: c.id, Service: "advice", Seats: 1, Day: clinicDay, Time: "09:00"}, "x", now}},
		{"Appointment", "y--y-yy--", []any{c.booked.ID}},
		{"Appointments", "y--y-yy--", []any{c.id, 9}},
		{"AppointmentOf", "y--y-yy--", []any{c.id, "checkup"}},
		{"Move", "y----yy--", []any{c.booked.ID, clinicDay + 7, "08:30", now}},
		{"AnswerBooking", "y----yy--", []any{c.booked.ID, map[string]string{"ride": "bus"}, now}},
		{"MayChange", "y----yy--", []any{c.booked}},
		{"Cancel", "y----yy--", []any{c.booked.ID, now}},
		{"BookedOn", "---y--y--", []any{clinicDay}},
		{"SetRing", "y----yy--", []any{c.booked.ID, storage.RingOffice, now}},
		{"Coming", "y----yy--", []any{c.booked.ID, now}},
		{"SpouseCode", "y----yy--", []any{c.booked.ID}},
		{"Join", "-y---yy--", []any{c.spouseCode, c.other, now}},
		{"Wait", "y-yy-yy--", []any{storage.Waiting{Resident: c.id, Service: "advice", Seats: 1}, "x", now}},
		{"WaitingOf", "y--y-yy--", []any{c.id, "advice"}},
		{"Unwait", "y--y-yy--", []any{c.id, "advice", now}},
		{"TakeOffer", "y--y-yy--", []any{c.id, "advice", "x", now}},

		// The clinic's desk.
		{"AppointmentsOn", "-----yy--", []any{clinicDay}},
		{"AppointmentNumbered", "-----yy--", []any{c.booked.Number, today}},
		{"Guest", "-----yy--", []any{c.booked, c.id, "called", now}},
		{"Arrive", "-----yy--", []any{c.booked.ID, c.morning}},
		{"Finish", "-----yy--", []any{c.booked.ID, c.morning}},
		{"Miss", "-----yy--", []any{c.booked.ID, c.morning}},
		{"SeatSpouse", "-----yy--", []any{c.booked.ID, "志强", "17900000318", signed, "x", now}},
		{"WalkIn", "-----yy--", []any{"芬", "17900000319", storage.Appointment{Service: "checkup", Seats: 1, Day: clinicDay, Time: "14:00"}, signed, "x", c.morning}},
		{"AgreeReturn", "-----yy--", []any{c.booked.ID, c.id, clinicDay + 60, now}},
		{"Returns", "y----yy--", []any{c.id, today}},
		{"DropReturn", "y--------", []any{c.id, c.back.ID, now}},

		// What is planned; the village learns of a step by its day's list alone.
		{"StartPlan", "y----yy--", []any{storage.NewPlan{Resident: c.id, Schedule: "recheck", Day: today + 3}, "x", now}},
		{"StartPlan", "y--------", []any{storage.NewPlan{Resident: c.id, Schedule: "iud", Day: today}, "x", now}}, // hers alone
		{"Plans", "y----yy--", []any{c.id}},
		{"SetStepDay", "y----yy--", []any{c.id, c.plan.ID, "early", today + 9, now}},
		{"EndStep", "y----yy--", []any{c.id, c.plan.ID, "early", "done", now}},
		{"EndPlan", "y----yy--", []any{c.id, c.plan.ID, now}},
		{"EndPlan", "y--------", []any{c.id, c.secret.ID, now}},
		{"LetVillage", "y----yy--", []any{c.id, true, now}},
		{"PlansDue", "-----yy--", []any{today + 99, 9, now}},

		// Who is rung up: whom she chose, here the office, on the day the clinic too.
		{"Calls", "-----yy--", []any{clinicDay.At(7, 40), 9}},
		{"TakeCall", "-----yy--", []any{c.call, clinicDay.At(7, 40)}},
		{"Called", "-----yy--", []any{c.call, storage.SaidComing, clinicDay.At(7, 40)}},
		{"CalledMove", "-----yy--", []any{c.call, clinicDay + 7, "08:30", clinicDay.At(7, 40)}},
		{"StrandedCalls", "------y--", []any{clinicDay.At(7, 40)}},

		// Papers.
		{"MakeReady", "-----yy--", []any{storage.Paper{Resident: c.third, Appointment: c.others.ID}, "x", now}},
		{"Papers", "y----yy--", []any{c.id}},
		{"Paper", "y----yy--", []any{c.id, c.paper.ID}},
		{"ComeFor", "y--------", []any{c.id, c.paper.ID, today + 1, "上午", now}},
		{"KeepPaper", "y--------", []any{c.id, c.paper.ID, now}},
		{"WaivePaper", "y--------", []any{c.id, c.paper.ID, now}},
		{"NameProxy", "y--------", []any{c.id, c.paper.ID, "婆婆", now}},
		{"WishMail", "y--------", []any{c.id, c.paper.ID, true, now}},
		{"Here", "y--------", []any{c.id, c.paper.ID, now}},
		{"SignPaper", "y----yy--", []any{c.id, c.paper.ID, now}},
		{"HandToProxy", "-----yy--", []any{c.id, c.paper.ID, "婆婆", now}},
		{"MailPaper", "-----yy--", []any{c.id, c.mailed.ID, now}},

		// What she asks for; supplies are never the village's.
		{"Ask", "y-yy-yy--", []any{storage.Request{Resident: c.id, Kind: "errand"}, "x", now}},
		{"Ask", "y----yy--", []any{storage.Request{Resident: c.id, Kind: "supplies"}, "a2", now}}, // the one there is
		{"MyRequests", "y--------", []any{c.id}},
		{"MyRequest", "y--------", []any{c.id, c.supplies.ID}},
		{"SawRequest", "y--------", []any{c.id, c.help.ID, now}},
		{"TakeBack", "y--------", []any{c.id, c.help.ID, now}},
		{"OfferTimes", "y--------", []any{c.id, c.visitAsked.ID, []storage.When{c.suits}}},
		{"NoVisits", "y--------", []any{c.id, true, now}},
		{"ProfileAsked", "y--------", []any{c.id, today}},
		{"ProfileSeen", "y--------", []any{c.id}},
		{"NoProfiles", "y--------", []any{c.id, true}},
		{"Asked", "---y--y--", []any{9}},
		{"AskedBy", "---y--y--", []any{c.id, c.help.ID}},
		{"Numbered", "---y--y--", []any{c.help.Number}},
		{"LookedAt", "---y--y--", []any{storage.Asking{Request: c.help}, now}},
		{"TakeRequest", "---y--y--", []any{c.id, c.help.ID, now}},
		{"Takers", "---y--y--", []any{c.id, c.help.ID}},
		{"OfferRequest", "---y--y--", []any{c.id, c.help.ID, "c2", now}},
		{"EndRequest", "---y--y--", []any{c.id, c.help.ID, "done", now}},
		{"RefuseRequest", "------y--", []any{c.id, c.given.ID}},                                   // who was asked to take it
		{"ProposeTimes", "------y--", []any{c.id, c.visitAsked.ID, []storage.When{c.suits}, now}}, // who has it
		{"AgreeVisit", "y-----y--", []any{c.id, c.visitAsked.ID, c.suits, "x", now}},
		{"SendErrand", "--yy-yy--", []any{c.id, "guide", "x", now}},
		{"Supplies", "-----yy--", []any{9}},
		{"AskedBy", "-----yy--", []any{c.id, c.supplies.ID}},
		{"Numbered", "-----yy--", []any{c.supplies.Number}},
		{"TakeRequest", "-----yy--", []any{c.id, c.supplies.ID, now}},
		{"SuppliesReady", "-----yy--", []any{c.id, c.supplies.ID, now}},
		{"EndRequest", "-----yy--", []any{c.id, c.supplies.ID, "done", now}},

		// Meetings.
		{"Lectures", "yyyyyyyyy", []any{now}},
		{"SignUp", "y--y-yy--", []any{c.id, "l1", now}},
		{"Hear", "y--------", []any{c.id, true, now}},
		{"Hears", "y--------", []any{c.id}},
		{"CancelSeat", "y--y-yy--", []any{c.id, "l2", now}},
		{"SeatsOf", "y--------", []any{c.id, today}},
		{"Wishes", "-----yy--", []any{9}},

		// The question box: hers by her WeChat, and a clinician's; no village's, not
		// the clerk's.
		{"AskNote", "yyyyyyyyy", []any{"怎么准备", "x", now}},
		{"MyNote", "y--------", []any{c.note}},
		{"MyNotes", "y--------", nil},
		{"ReadNote", "y--------", []any{c.note, now}},
		{"TellNote", "y--------", []any{c.note, true}},
		{"DeleteNote", "y--------", []any{c.note, now}},
		{"WaitingNotes", "-----y---", nil},
		{"NoteOf", "-----y---", []any{c.note}},
		{"TakeNote", "-----y---", []any{c.note, now}},
		{"OfferNote", "-----y---", []any{c.note, "d2", now}},
		{"AnswerNote", "-----y---", []any{c.note, "请来二楼", now}},
		{"Clinicians", "-----y---", nil},

		// The office.
		{"Release", "------y--", []any{[]storage.Slot{{Service: "checkup", Day: clinicDay + 2, Time: "08:00", Capacity: 3}}, "x", now}},
		{"Announce", "------y--", []any{[]storage.Slot{{Service: "checkup", Day: clinicDay + 2, Time: "08:00", Capacity: 3}}, true, "x", now}},
		{"Announcements", "------y--", []any{today}},
		{"StopAnnouncement", "------y--", []any{c.release.ID, now}},
		{"Progress", "------y--", []any{c.release, now}},
		{"Returnees", "------y--", []any{today + 90}},
		{"Ratings", "------y--", []any{3}},

		// What is told to many: the clerk prepares it, clerk or administrator let it go.
		{"PrepareBroadcast", "------y--", []any{"broadcast_road", storage.Circle{Booked: clinicDay}, "x", now}},
		{"ReleaseBroadcast", "------yy-", []any{c.untold.Code, now}},
		{"Broadcasts", "------yy-", []any{now}},
		{"StopBroadcast", "------yy-", []any{c.told.ID, now}},
		{"Figures", "------yy-", []any{c.told}},
		{"MyBroadcasts", "y--------", []any{now}},

		// What was done in a month.
		{"Months", "--yyy-y--", []any{today - 30, today}},
		{"Attended", "-----yy--", []any{today - 30, today}},
		{"WantsMonth", "--yyyyyy-", []any{storage.Yes, now}},

		// Who keeps the system.
		{"Alarms", "-------y-", nil},

		{"Tx.As", "yyyyyyyyy", []any{person{}}},
	}
}

// guarded are the methods that the table has to hold: every exported one of
// Scope, and of Tx those that are given a Person.
func guarded() (names []string) {
	scope, tx, who := reflect.TypeFor[storage.Scope](), reflect.TypeFor[*storage.Tx](), reflect.TypeFor[storage.Person]()
	for i := range scope.NumMethod() {
		names = append(names, scope.Method(i).Name)
	}
	for i := range tx.NumMethod() {
		m := tx.Method(i)
		for k := range m.Type.NumIn() {
			if m.Type.In(k) == who {
				names = append(names, "Tx."+m.Name)
				break
			}
		}
	}
	return names
}

// TestEveryMethodHasItsRoles: a method that reads or writes about people is in
// the table, and the table names none that is gone.
func TestEveryMethodHasItsRoles(t *testing.T) {
	var there []string
	for _, r := range newCast(t).roles() {
		there = append(there, r.method)
	}
	for _, m := range guarded() {
		if !slices.Contains(there, m) {
			t.Errorf("who may call %s is not in the table", m)
		}
	}
	for _, m := range there {
		if !slices.Contains(guarded(), m) {
			t.Errorf("the table names %s, which there is not", m)
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
					t.Errorf("%s by %s: %v", r.method, asker.name, err)
				}
				if want := r.may[i] == 'y'; got != want {
					t.Errorf("%s by %s: allowed %v, want %v", r.method, asker.name, got, want)
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
	on, name := reflect.ValueOf(s), r.method
	if len(name) > 3 && name[:3] == "Tx." {
		on, name = reflect.ValueOf(tx), name[3:]
	}
	m := on.MethodByName(name)
	if !m.IsValid() || m.Type().NumIn() != len(r.args) {
		return false, errors.New("the table's arguments are not the method's")
	}
	in := make([]reflect.Value, len(r.args))
	for i, a := range r.args {
		if in[i] = reflect.ValueOf(a); a == (any)(person{}) {
			in[i] = reflect.ValueOf(s.Person)
		}
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
