package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/calendar"
	"xintiexin/storage/careplans"
	"xintiexin/storage/consent"
	"xintiexin/storage/deliverykinds"
	"xintiexin/storage/documents"
	"xintiexin/storage/erasure"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/visits"
)

// someSchedules are small ones of every sort.
var someSchedules = []townconfig.ScheduleStep{
	{Schedule: "pre", Title: "孕前", Step: "contact", Event: "checkup", Opens: "1m", Due: "2m", Closes: "3m", Until: []string{"lmp"}, Who: "village", Visits: []string{"followup"}, Label: "孕前问候", Neutral: "有一件到日子了", Set: purpose.HealthReminders},
	{Schedule: "pre", Title: "孕前", Step: "early", Event: "lmp", Opens: "5w", Due: "8w", Closes: "12w", Who: "village", Visits: []string{"followup"}, Label: "早孕随访", Neutral: "有一件到日子了", Set: purpose.HealthReminders},
	{Schedule: "pre", Title: "孕前", Step: "outcome", Event: "birth", Opens: "0d", Due: "4w", Closes: "6w", Who: "village", Visits: []string{"followup"}, Label: "妊娠结局随访", Neutral: "有一件到日子了", Set: purpose.HealthReminders},
	{Schedule: "preg", Title: "孕期", Step: "v1", Event: "lmp", Opens: "6w", Due: "8w", Closes: "12w6d", Until: []string{"birth"}, Who: "clinic", Label: "建册", Neutral: "有一件到日子了", Set: purpose.HealthReminders},
	{Schedule: "preg", Title: "孕期", Step: "v2", Event: "lmp", Opens: "16w", Due: "17w", Closes: "20w6d", Until: []string{"birth"}, Who: "clinic", Label: "产检2", Neutral: "有一件到日子了", Set: purpose.HealthReminders},
	{Schedule: "post", Title: "产后", Step: "d42", Event: "birth", Opens: "40d", Due: "42d", Closes: "56d", Who: "clinic", Label: "42天", Neutral: "有一件到日子了", Set: purpose.HealthReminders},
	{Schedule: "child", Title: "孩子", Step: "m1", Event: "birth", Opens: "28d", Due: "28d", Closes: "30d", Who: "clinic", Label: "满月", Neutral: "有一件到日子了", Set: purpose.ChildReminders},
	{Schedule: "recheck", Title: "复查", Step: "day", Event: "date", Opens: "-3d", Due: "0d", Closes: "14d", Who: "clinic", Label: "复查", Neutral: "有一件到日子了", Set: purpose.HealthReminders},
	{Schedule: "iud", Title: "放环后", Step: "m1", Event: "operation", Opens: "1m", Due: "1m", Closes: "2m", Who: "self", Label: "复查提醒", Neutral: "复查提醒", Set: purpose.HealthReminders, Hidden: true},
	{Schedule: "iud", Title: "放环后", Step: "yearly", Event: "operation", Opens: "24m", Due: "24m", Closes: "27m", Every: "12m", Who: "self", Label: "复查提醒", Neutral: "复查提醒", Set: purpose.HealthReminders, Hidden: true},
}

// planned is a world in which 郭敏 has a WeChat and agreed to reminders.
type planned struct {
	*world
	id string
}

func newPlanned(t *testing.T) planned {
	w := newWorld(t)
	w.town(func(s *townconfig.Site) { s.Schedules = someSchedules })
	p := planned{w, w.people[jia]}
	w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "oshe", p.id) })
	for _, set := range []purpose.Purpose{purpose.HealthReminders, purpose.ChildReminders} {
		w.agrees("oshe", p.id, set, personstore.Yes, now)
	}
	return p
}

func (w planned) starts(openid string, n careplans.StartParams, at time.Time) (p careplans.CarePlan, err error) {
	n.Resident = w.id
	err = w.refusal(openid, func(s personstore.Scope) error {
		p, err = careplans.Start(s, n, fmt.Sprint(openid, n, at.Unix()), at)
		return err
	})
	return p, err
}

func (w planned) must(openid string, n careplans.StartParams, at time.Time) careplans.CarePlan {
	w.t.Helper()
	p, err := w.starts(openid, n, at)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// morning does what is due about plans at seven on a day, a plan at a time.
func (w planned) morning(day calendar.Day) (did int) {
	w.t.Helper()
	for page := (record.Page{}); !page.Done; {
		n, next := 0, page
		w.update(func(tx *record.Tx) (err error) {
			next, n, err = careplans.PlanMorning(tx, day, page, 1, day.At(7, 0))
			return err
		})
		page, did = next, did+n
	}
	return did
}

// stands says the steps of her plans that are not closed, and how the others
// ended: "pre.early 2026-12-29 | preg.v1 ended".
func (w planned) stands() string {
	w.t.Helper()
	var out []string
	w.as("oshe", func(s personstore.Scope) error {
		out = nil
		all, err := careplans.List(s, w.id)
		for _, p := range all {
			for _, st := range p.Steps {
				at := careplans.Day(st).String()
				if st.Closed != "" {
					at = st.Closed
				}
				out = append(out, p.Schedule+"."+careplans.Ref(st)+" "+at)
			}
		}
		return err
	})
	slices.Sort(out)
	return strings.Join(out, " | ")
}

func (w planned) want(what, want string) {
	w.t.Helper()
	if got := w.stands(); got != want {
		w.t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// day is what stands in the day's list of a cadre, by what staff call it.
func (w planned) day(openid, contact string, until calendar.Day) string {
	w.t.Helper()
	var out []string
	w.as(openid, func(s personstore.Scope) error {
		out = nil
		due, err := visits.Due(s, contact, until, 99)
		for _, f := range due {
			out = append(out, f.Kind+" "+f.Text+" "+f.Due.String())
		}
		return err
	})
	return strings.Join(out, " | ")
}

// desk is what stands in the clinic's list.
func (w planned) desk(until calendar.Day) string {
	w.t.Helper()
	var out []string
	w.as("oc", func(s personstore.Scope) error {
		out = nil
		due, err := careplans.PlansDue(s, until, 99, until.At(10, 0))
		for _, d := range due {
			line := d.Label + " " + careplans.Day(d.Step).String()
			if d.Paused {
				line += " paused"
			}
			out = append(out, line)
		}
		return err
	})
	return strings.Join(out, " | ")
}

// reminders are those that wait for her, and stand.
func (w planned) reminders() string {
	w.t.Helper()
	var out []string
	w.update(func(tx *record.Tx) error {
		out = nil
		all, err := outbox.BookedTo(tx, "r:"+w.id, 99)
		for _, d := range all {
			if d.Kind != "plan_due" {
				continue
			}
			if why, err := deliverykinds.StillValid(tx, d); err != nil || why != "" {
				out = append(out, "("+why+")")
				continue
			}
			out = append(out, d.Facts["step"]+" "+d.Facts["day"])
		}
		return err
	})
	slices.Sort(out)
	return strings.Join(out, " | ")
}

func (w planned) is(what, got, want string) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// places is how many keys a plan has among the days and in the clinic's list.
func (w planned) places() int { return w.count("planday/") + w.count("plandesk/") }

func TestWhoMayStartAPlan(t *testing.T) {
	w := newPlanned(t)
	lmp := careplans.StartParams{Schedule: "preg", Day: today - 14}
	for _, c := range []struct {
		name, openid string
		n            careplans.StartParams
		want         error
	}{
		{"the clerk", "oc", lmp, nil},
		{"a clinician who does not know her", "od", lmp, record.ErrNotFound},
		{"her village", "oa", lmp, record.ErrScope},
		{"a stranger", "ox", lmp, record.ErrScope},
		{"by the title", "oc", careplans.StartParams{Schedule: "孕期", Day: today - 14}, nil},
		{"no such schedule", "oc", careplans.StartParams{Schedule: "什么", Day: today}, record.ErrNotFound},
		{"no schedule", "oc", careplans.StartParams{Day: today}, record.ErrNotFound},
		{"an event that it has not", "oc", careplans.StartParams{Schedule: "preg", Event: "date", Day: today}, record.ErrNotFound},
		{"without a day", "oc", careplans.StartParams{Schedule: "preg"}, record.ErrNotAvailable},
		{"counted from tomorrow", "oc", careplans.StartParams{Schedule: "preg", Day: today + 1}, record.ErrNotAvailable},
		{"all windows are over", "oc", careplans.StartParams{Schedule: "preg", Day: today - 300}, record.ErrNotAvailable},
		{"a doctor's day may be to come", "oc", careplans.StartParams{Schedule: "recheck", Day: today + 30}, nil},
		{"a birth is not expected from a check-up", "oc", careplans.StartParams{Schedule: "recheck", Day: today + 30, Due: true}, record.ErrNotAvailable},
		{"a hidden one, by staff", "oc", careplans.StartParams{Schedule: "iud", Day: today}, record.ErrNotFound},
		{"a hidden one, by herself", "oshe", careplans.StartParams{Schedule: "iud", Day: today}, nil},
	} {
		if _, err := w.starts(c.openid, c.n, now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestNothingIsKeptWithoutHerConsent(t *testing.T) {
	w := newPlanned(t)
	w.as("oshe", func(s personstore.Scope) error { return consent.WithdrawPurpose(s, w.id, purpose.HealthReminders, now) })
	before := w.dump()
	if _, err := w.starts("oc", careplans.StartParams{Schedule: "preg", Day: today - 14}, now); !errors.Is(err, record.ErrConsent) {
		t.Error(err)
	}
	if w.dump() != before {
		t.Error("something was kept")
	}
}

// TestEventsOfALife: each begins what it brings and ends what is offered until
// then, in all her plans.
func TestEventsOfALife(t *testing.T) {
	w := newPlanned(t)
	w.must("oc", careplans.StartParams{Schedule: "pre", Day: today - 14}, now)
	w.want("after the check-up", "pre.contact 2027-01-18")
	at := (today + 60).At(10, 0)
	w.must("oc", careplans.StartParams{Schedule: "preg", Day: today + 20}, at)
	w.want("she told", "pre.contact ended | pre.early 2027-02-16 | preg.v1 2027-02-16 | preg.v2 2027-04-20")
	w.morning(today + 120)
	w.must("oc", careplans.StartParams{Schedule: "post", Day: today + 290}, (today+291).At(10, 0))
	w.want("a birth", "post.d42 2027-11-01 | pre.contact ended | pre.early unseen | pre.outcome 2027-10-18 | preg.v1 unseen | preg.v2 ended") // both days after a weekend
}

// TestTheDoctorsDueDateWins: it moves what is to come, stands beside the one that
// was reckoned, and what was done stays done.
func TestTheDoctorsDueDateWins(t *testing.T) {
	w := newPlanned(t)
	lmp := today - 50
	w.must("oc", careplans.StartParams{Schedule: "preg", Day: lmp}, now)
	w.want("reckoned", "preg.v1 2026-12-08 | preg.v2 2027-02-09")
	w.morning(today + 6)
	w.is("the clinic's list", w.desk(today+6), "建册 2026-12-08")
	w.is("her reminder", w.reminders(), "v1 2026-12-08")
	p := w.must("oc", careplans.StartParams{Schedule: "preg", Event: "lmp", Day: lmp + 280 + 14, Due: true}, (today+6).At(10, 0))
	if want := lmp + 280; p.Expected != want || p.Corrected != want+14 {
		t.Errorf("expected %s, by the doctor %s", p.Expected, p.Corrected)
	}
	w.want("two weeks later", "preg.v1 2026-12-22 | preg.v2 2027-02-23")
	w.is("it is not due yet", w.desk(today+6)+w.reminders(), "")
	p = w.must("oc", careplans.StartParams{Schedule: "preg", Day: lmp + 2}, (today+7).At(10, 0))
	if p.Corrected != lmp+294 || p.Expected != lmp+282 {
		t.Errorf("told again: expected %s, by the doctor %s", p.Expected, p.Corrected)
	}
	w.want("the doctor's stays", "preg.v1 2026-12-22 | preg.v2 2027-02-23")
	w.as("oc", func(s personstore.Scope) error {
		return careplans.EndStep(s, w.id, p.ID, "v1", "done", (today+8).At(9, 0))
	})
	w.must("oc", careplans.StartParams{Schedule: "preg", Event: "lmp", Day: lmp + 280, Due: true}, (today+8).At(10, 0))
	w.want("what was done is", "preg.v1 done | preg.v2 2027-02-09")
	if n := w.count("plan/"); n != 1 {
		t.Errorf("%d plans", n)
	}
	if n := w.places(); n != 1 {
		t.Errorf("%d places for one step", n)
	}
}

// TestHerOwnReckoningIsNotKept: of what she counts from herself only the planned
// days are kept; a doctor's day wins over it all the same.
func TestHerOwnReckoningIsNotKept(t *testing.T) {
	w := newPlanned(t)
	for _, n := range []careplans.StartParams{{Schedule: "preg", Day: today - 50}, {Schedule: "preg", Event: "lmp", Day: today + 230, Due: true}} {
		if p := w.must("oshe", n, now); p.Expected != 0 || p.Corrected != 0 {
			t.Errorf("kept: %+v", p)
		}
		w.want("reckoned", "preg.v1 2026-12-08 | preg.v2 2027-02-09")
	}
	w.must("oc", careplans.StartParams{Schedule: "preg", Event: "lmp", Day: today + 244, Due: true}, now)
	if p := w.must("oshe", careplans.StartParams{Schedule: "preg", Event: "lmp", Day: today + 230, Due: true}, now); p.Corrected != today+244 {
		t.Errorf("the doctor's day is %s", p.Corrected)
	}
	w.want("the doctor's", "preg.v1 2026-12-22 | preg.v2 2027-02-23")
}

// TestAMorning: what is due is put before those whom it concerns, once, however
// often the morning runs, and nothing before its day.
func TestAMorning(t *testing.T) {
	w := newPlanned(t)
	w.must("oc", careplans.StartParams{Schedule: "pre", Day: today, Village: true}, now)
	due := date(t, "2027-02-02")
	if n := w.morning(due - 1); n != 0 {
		t.Errorf("%d done before the day", n)
	}
	w.is("a day before", w.day("oa", "a", due-1)+w.desk(due-1)+w.reminders(), "")
	for range 3 {
		w.morning(due)
		w.is("her contact", w.day("oa", "a", due), "visit 孕前问候 2027-02-02")
		w.is("her reminder", w.reminders(), "contact 2027-02-02")
	}
	w.is("it is the contact's", w.desk(due), "")
	if n := w.count("delivery/"); n != 1 {
		t.Errorf("%d deliveries", n)
	}
	w.is("nobody sees it in the other village", w.day("ob", "a", due), "")
	closes := date(t, "2027-03-02")
	w.morning(closes)
	w.is("the last day", w.day("oa", "a", closes), "visit 孕前问候 2027-02-02")
	w.morning(closes + 1)
	w.want("quietly", "pre.contact unseen")
	w.is("nothing is left", w.day("oa", "a", closes+99)+w.reminders(), "")
	if n := w.places(); n != 0 {
		t.Errorf("%d places", n)
	}
}

// TestAfterAnOutage: what came due and what went by meanwhile is as if the program
// had run each day, only later.
func TestAfterAnOutage(t *testing.T) {
	w := newPlanned(t)
	w.must("oc", careplans.StartParams{Schedule: "preg", Day: today - 14}, now)
	w.morning(date(t, "2027-04-06"))
	w.want("months later", "preg.v1 unseen | preg.v2 2027-03-17")
	w.is("only what still can be done", w.desk(today+365), "产检2 2027-03-17")
	w.is("and one reminder", w.reminders(), "v2 2027-03-17")
}

// TestWhoSeesAStep: it is in the village's list only while she lets it, or lets
// the village see her at all; else it is the clinic's.
func TestWhoSeesAStep(t *testing.T) {
	due := date(t, "2027-02-02")
	for _, c := range []struct {
		name         string
		village      bool
		before       func(w planned)
		after        func(w planned)
		contact, was string
	}{
		{"she said nothing", false, nil, nil, "", "孕前问候 2027-02-02"},
		{"she lets her contact help", true, nil, nil, "visit 孕前问候 2027-02-02", ""},
		{"she lets the village see her", false, func(w planned) { w.shows("oshe", w.id, jia) }, nil, "visit 孕前问候 2027-02-02", ""},
		{"she lets it no more", true, nil, func(w planned) {
			w.as("oshe", func(s personstore.Scope) error { return careplans.LetVillage(s, w.id, false, due.At(9, 0)) })
		}, "", "孕前问候 2027-02-02"},
		{"she shows herself no more", false, func(w planned) { w.shows("oshe", w.id, jia) }, func(w planned) { w.shows("oshe", w.id, "") }, "", ""},
		{"nobody at her door", true, func(w planned) {
			w.as("oshe", func(s personstore.Scope) error { return requests.NoVisits(s, w.id, true, now) })
		}, nil, "", "孕前问候 2027-02-02"},
		{"she is away", true, func(w planned) {
			w.told("oa", w.id, purpose.Migration, personstore.Yes, now)
			w.as("oa", func(s personstore.Scope) error {
				_, err := migration.Add(s, migration.Absence{Resident: w.id, Since: today}, "away")
				return err
			})
		}, nil, "", "孕前问候 2027-02-02"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newPlanned(t)
			w.must("oc", careplans.StartParams{Schedule: "pre", Day: today, Village: c.village}, now)
			if c.before != nil {
				c.before(w)
			}
			w.morning(due)
			if c.after != nil {
				c.after(w)
			}
			w.is("her contact", w.day("oa", "a", due), c.contact)
			w.is("the clinic", w.desk(due), c.was)
		})
	}
}

// TestHerOwnPlans: of what she keeps to herself nobody else learns, neither by a
// list nor by a reminder.
func TestHerOwnPlans(t *testing.T) {
	w := newPlanned(t)
	w.shows("oshe", w.id, jia)
	p := w.must("oshe", careplans.StartParams{Schedule: "iud", Day: today - 3}, now)
	if w.count("plan/") != 0 || w.count("hiddenplan/") != 1 {
		t.Error("it does not lie apart")
	}
	due := (today - 3).AddMonths(1)
	w.morning(due)
	w.is("her reminder", w.reminders(), "m1 "+due.String())
	w.is("staff", w.day("oa", "a", due+9)+w.desk(due+9), "")
	for _, openid := range []string{"oa", "oc", "od"} {
		err := w.refusal(openid, func(s personstore.Scope) error {
			all, err := careplans.List(s, w.id)
			if len(all) > 0 {
				t.Errorf("%s sees %+v", openid, all)
			}
			return errors.Join(err, careplans.EndStep(s, w.id, p.ID, "m1", "done", now))
		})
		if err == nil {
			t.Errorf("%s ended a step", openid)
		}
	}
	w.as("oa", func(s personstore.Scope) error {
		_, err := visits.Add(s, visits.Visit{Resident: w.id, Day: due, Kind: "followup"}, "v")
		return err
	})
	w.want("a visit is none of it", "iud.m1 "+due.String()+" | iud.yearly 2028-11-29")
	w.as("oshe", func(s personstore.Scope) error { return careplans.EndStep(s, w.id, p.ID, "m1", "done", due.At(9, 0)) })
	w.is("no reminder more", w.reminders(), "")
	w.morning(date(t, "2028-11-29"))
	w.is("two years later", w.reminders(), "yearly 2028-11-29")
	w.morning(date(t, "2029-03-01"))
	w.want("and again", "iud.m1 done | iud.yearly unseen | iud.yearly-1 2029-11-29")
}

// TestAVisitKeepsAStep: of the right kind, inside the window, by whomever.
func TestAVisitKeepsAStep(t *testing.T) {
	for _, c := range []struct {
		name, kind, day string
		kept            bool
	}{
		{"the first day of the window, before it was due", "followup", "2027-01-02", true},
		{"the last", "followup", "2027-03-02", true},
		{"a day before the window", "followup", "2027-01-01", false},
		{"a day after it", "followup", "2027-03-03", false},
		{"of another kind", "greet", "2027-02-02", false},
	} {
		w := newPlanned(t)
		w.must("oc", careplans.StartParams{Schedule: "pre", Day: today, Village: true}, now)
		day := date(t, c.day)
		if day > date(t, "2027-02-02") {
			w.morning(date(t, "2027-02-02"))
		}
		u, err := w.inSave("oa", func(s personstore.Scope) error {
			_, err := visits.Add(s, visits.Visit{Resident: w.id, Day: day, Kind: c.kind, At: day.At(10, 0).Unix()}, "v")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := w.stands() == "pre.contact done"; got != c.kept {
			t.Errorf("%s: %s", c.name, w.stands())
		}
		if c.kept {
			w.is(c.name, w.day("oa", "a", day+99)+w.reminders(), "")
			w.update(func(tx *record.Tx) error { return erasure.Restore(tx, "oa", u, now) })
			w.want("taken back", "pre.contact 2027-02-02")
		}
	}
}

// TestALineOfTheDayEndsItsStep: whatever was said of it, all reminders stop.
func TestALineOfTheDayEndsItsStep(t *testing.T) {
	due := date(t, "2027-02-02")
	for _, reason := range []string{"done", "unwanted", "unreachable"} {
		w := newPlanned(t)
		w.must("oc", careplans.StartParams{Schedule: "pre", Day: today, Village: true}, now)
		w.morning(due)
		w.as("oa", func(s personstore.Scope) error {
			due, err := visits.Due(s, "a", due, 9)
			if err != nil {
				return err
			}
			return visits.CloseFollowUp(s, due[0], reason, now)
		})
		w.want(reason, "pre.contact "+reason)
		w.is(reason, w.day("oa", "a", due)+w.reminders(), "")
	}
	w := newPlanned(t)
	w.must("oc", careplans.StartParams{Schedule: "pre", Day: today, Village: true}, now)
	w.morning(due)
	w.as("oa", func(s personstore.Scope) error {
		lines, err := visits.Due(s, "a", due, 9)
		if err != nil {
			return err
		}
		return visits.Postpone(s, lines[0], due+40)
	})
	w.want("another day", "pre.contact 2027-03-14")
	w.is("another day", w.day("oa", "a", due+40)+w.reminders(), "visit 孕前问候 2027-03-14(moved)")
	w.morning(due + 41)
	w.is("it is not over yet", w.day("oa", "a", due+41), "visit 孕前问候 2027-03-14")
	w.morning(due + 48)
	w.want("a week after", "pre.contact unseen")
}

// TestAYesByWordOfMouthRests: after a week without her own word the cadre who
// wrote it down is asked, once, and nothing is sent.
func TestAYesByWordOfMouthRests(t *testing.T) {
	for by, want := range map[string]string{"oa": "consent C2 2027-02-02", "oc": "", "od": ""} {
		w := newPlanned(t)
		w.as("oshe", func(s personstore.Scope) error { return consent.WithdrawPurpose(s, w.id, purpose.HealthReminders, now) })
		if by == "od" { // a clinician knows her from the clinic
			w.update(func(tx *record.Tx) error {
				return storage.PutPaperForTest(tx, documents.Document{ID: "paper001", Resident: w.id})
			})
		}
		w.told(by, w.id, purpose.HealthReminders, personstore.Yes, now.Add(time.Hour))
		w.must("oc", careplans.StartParams{Schedule: "pre", Day: today, Village: true}, now.Add(2*time.Hour))
		w.must("oc", careplans.StartParams{Schedule: "recheck", Day: date(t, "2027-02-03")}, now.Add(2*time.Hour))
		w.morning(date(t, "2027-02-02"))
		w.morning(date(t, "2027-02-03"))
		w.is(by+" is asked", w.day("oa", "a", date(t, "2027-02-03")), want)
		w.is(by+": she is not written to", w.reminders(), "")
		if by == "od" {
			w.is("the clinic asks", w.desk(date(t, "2027-02-03")), "孕前问候 2027-02-02 paused | 复查 2027-02-03 paused")
		}
		if by == "oc" {
			w.is("the clerk asks", w.day("oc", "c", date(t, "2027-02-03")), "consent C2 2027-02-02")
			w.is("what is the clinic's it sees", w.desk(date(t, "2027-02-03")), "复查 2027-02-03 paused")
			w.as("oc", func(s personstore.Scope) error {
				due, err := visits.Due(s, "c", date(t, "2027-02-03"), 9)
				if err != nil {
					return err
				}
				return visits.CloseFollowUp(s, due[0], "unwanted", date(t, "2027-02-03").At(9, 0))
			})
			w.want("she wants none", "pre.contact withdrawn | recheck.day withdrawn")
			if w.consent(w.id, purpose.HealthReminders).Given() {
				t.Error("her yes stands")
			}
		}
	}
}

// TestWhatStopsPlans: from then on nothing is due, said or sent, and no place is
// left among the days.
func TestWhatStopsPlans(t *testing.T) {
	for name, stop := range map[string]func(w planned) error{
		"C2 withdrawn": func(w planned) (err error) {
			w.as("oshe", func(s personstore.Scope) error { return consent.WithdrawPurpose(s, w.id, purpose.HealthReminders, now) })
			return nil
		},
		"all withdrawn": func(w planned) error {
			w.update(func(tx *record.Tx) error {
				p, err := personstore.Identify(tx, "oshe")
				return errors.Join(err, consent.WithdrawAll(tx, p, w.id, now))
			})
			return nil
		},
		"erased": func(w planned) error {
			w.update(func(tx *record.Tx) error { return erasure.Erase(tx, w.id, now) })
			return nil
		},
		"she died, or moved away": func(w planned) error {
			w.update(func(tx *record.Tx) error { return careplans.EndAll(tx, w.id, "gone", now) })
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newPlanned(t)
			w.must("oc", careplans.StartParams{Schedule: "pre", Day: today - 61, Village: true}, now)
			w.must("oc", careplans.StartParams{Schedule: "recheck", Day: today}, now)
			w.must("oshe", careplans.StartParams{Schedule: "iud", Day: today - 31}, now)
			w.morning(today)
			w.is("something is due", w.day("oa", "a", today), "visit 孕前问候 2026-12-02")
			if err := stop(w); err != nil {
				t.Fatal(err)
			}
			if n := w.places(); n != 0 {
				t.Errorf("%d places", n)
			}
			w.is("nothing", w.day("oa", "a", today+99)+w.desk(today+99)+w.reminders(), "")
			if name != "erased" && strings.Contains(w.stands(), " 20") {
				t.Error(w.stands())
			}
		})
	}
	w := newPlanned(t)
	w.must("oc", careplans.StartParams{Schedule: "child", Day: today - 5, Child: "毛毛"}, now)
	w.must("oc", careplans.StartParams{Schedule: "recheck", Day: today}, now)
	w.as("oshe", func(s personstore.Scope) error { return consent.WithdrawPurpose(s, w.id, purpose.ChildReminders, now) })
	w.want("C5 withdrawn ends the child's alone", "child.m1 withdrawn | recheck.day 2026-12-02")
}

// TestForgottenPlans: nothing of them is left, and of another's all.
func TestForgottenPlans(t *testing.T) {
	w := newPlanned(t)
	w.must("oc", careplans.StartParams{Schedule: "pre", Day: today - 61}, now)
	w.must("oshe", careplans.StartParams{Schedule: "iud", Day: today - 31}, now)
	w.morning(today)
	if _, err := erasure.Forget(w.store, t.Context(), []string{w.id}, now); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"plan/", "hiddenplan/", "planday/", "plandesk/"} {
		if n := w.count(kind); n != 0 {
			t.Errorf("%d of %s", n, kind)
		}
	}
}

// TestAPlanIsKeptForItsTime: twelve months after the last of it, fifteen days
// after the consent was taken back.
func TestAPlanIsKeptForItsTime(t *testing.T) {
	w := newPlanned(t)
	p := w.must("oc", careplans.StartParams{Schedule: "recheck", Day: today}, now)
	w.purged(today + 3000)
	if w.count("plan/") != 1 {
		t.Error("an open plan went")
	}
	w.as("oc", func(s personstore.Scope) error { return careplans.EndPlan(s, w.id, p.ID, now) })
	w.purged(today + 364)
	if w.count("plan/") != 1 {
		t.Error("it went before its time")
	}
	w.purged(today + 365)
	if w.count("plan/") != 0 {
		t.Error("it is still there")
	}
	w = newPlanned(t)
	w.must("oc", careplans.StartParams{Schedule: "recheck", Day: today}, now)
	w.as("oshe", func(s personstore.Scope) error { return consent.WithdrawPurpose(s, w.id, purpose.HealthReminders, now) })
	w.purged(today + 14)
	kept := w.count("plan/")
	w.purged(today + 15)
	if kept != 1 || w.count("plan/") != 0 {
		t.Errorf("%d, then %d", kept, w.count("plan/"))
	}
}
