package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/deliverykinds"
	"xintiexin/storage/documents"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
)

// TestPaperStates holds every pair of states against the norms (domain.md 2.5).
func TestPaperStates(t *testing.T) {
	follows := map[documents.DocumentState]string{
		documents.Pending:  "ready",
		documents.Ready:    "reminded signed proxied mailed kept waived",
		documents.Reminded: "signed proxied mailed kept waived",
		documents.Kept:     "signed proxied mailed waived",
	}
	for _, from := range documents.DocumentStates {
		for _, to := range documents.DocumentStates {
			want := slices.Contains(strings.Fields(follows[from]), string(to))
			if got := from.Leads(to); got != want {
				t.Errorf("%s leads to %s: %v", from, to, got)
			}
			p := documents.Document{State: from, Until: today + 180}
			moved, err := p.Move(to, now)
			if (err == nil) != want {
				t.Errorf("%s to %s: %v", from, to, err)
			}
			if err != nil && moved != p {
				t.Errorf("%s to %s: refused, and changed", from, to)
			}
			p.SelfOnly = true
			_, err = p.Move(to, now)
			if other := to == documents.Proxied || to == documents.Mailed; other != errors.Is(err, record.ErrSelfOnly) {
				t.Errorf("self only, %s to %s: %v", from, to, err)
			}
		}
	}
}

func TestAPaperIsOpenUntilItsDay(t *testing.T) {
	for _, c := range []struct {
		what  string
		paper documents.Document
		day   calendar.Day
		open  bool
	}{
		{"not made out yet", documents.Document{State: documents.Pending}, today, false},
		{"on the last day of its keeping", documents.Document{State: documents.Kept, Until: today}, today, true},
		{"the day after", documents.Document{State: documents.Kept, Until: today}, today + 1, false},
		{"nobody answered until the end", documents.Document{State: documents.Ready, Until: today}, today + 1, false},
		{"in her hands", documents.Document{State: documents.Signed, Until: today}, today, false},
		{"not wanted", documents.Document{State: documents.Waived, Until: today}, today, false},
	} {
		if got := c.paper.Open(c.day); got != c.open {
			t.Errorf("%s: %v", c.what, got)
		}
		if _, err := c.paper.Move(documents.Signed, c.day.At(9, 0)); (err == nil) != c.open {
			t.Errorf("%s: signing gives %v", c.what, err)
		}
	}
}

// desk is a world with a couple, each with a WeChat of their own, who came to the
// clinic (oc is the clerk, od the clinician, oa a village worker).
type desk struct {
	*world
	she, he string
	a       bookings.Appointment
}

// readyAt is when their papers are ready: ten days after they came.
var readyAt = (clinicDay + 10).At(10, 0)

func newDesk(t *testing.T) *desk {
	d := &desk{world: newWorld(t)}
	d.town(nil)
	ids := d.guests(3)
	d.she, d.he = ids[0], ids[1]
	d.agree("o0", d.she, purpose.Booking)
	d.agree("o1", d.he, purpose.Booking)
	a, err := d.book("o0", d.she, 2, "08:30", "couple", now)
	if err != nil {
		t.Fatal(err)
	}
	code := ""
	d.must("o0", func(s personstore.Scope) (err error) { code, err = bookings.SpouseCode(s, a.ID); return err })
	d.must("o1", func(s personstore.Scope) (err error) { d.a, err = bookings.Join(s, code, d.he, now); return err })
	d.must("od", func(s personstore.Scope) (err error) {
		d.a, err = bookings.Finish(s, a.ID, clinicDay.At(9, 0))
		return err
	})
	return d
}

// does runs fn in the scope of a WeChat and returns its refusal; what it wrote
// until then is kept, as a talk keeps it.
func (d *desk) does(openid string, fn func(personstore.Scope) error) (refusal error) {
	d.t.Helper()
	d.as(openid, func(s personstore.Scope) error { refusal = fn(s); return nil })
	return refusal
}

func (d *desk) must(openid string, fn func(personstore.Scope) error) {
	d.t.Helper()
	if err := d.does(openid, fn); err != nil {
		d.t.Fatalf("%s: %v", openid, err)
	}
}

func (d *desk) agree(openid, resident string, set purpose.Purpose) {
	d.t.Helper()
	d.must(openid, func(s personstore.Scope) error {
		return enrolment.Agree(s, consent.Consent{Resident: resident, Set: set, Answer: personstore.Yes, Version: "1"}, now)
	})
}

// ready makes the paper of one of the two ready.
func (d *desk) ready(resident string, self bool, cause string) (p documents.Document) {
	d.t.Helper()
	d.must("od", func(s personstore.Scope) (err error) {
		p, err = documents.MakeReady(s, documents.Document{Resident: resident, Appointment: d.a.ID, SelfOnly: self}, cause, readyAt)
		return err
	})
	return p
}

func (d *desk) paper(resident, id string) (p documents.Document) {
	d.t.Helper()
	d.must("od", func(s personstore.Scope) (err error) { p, err = documents.Get(s, resident, id); return err })
	return p
}

// otherWays are the ways by which a paper would come into other hands.
func otherWays(resident, id string, at time.Time) map[string]func(personstore.Scope) error {
	return map[string]func(personstore.Scope) error{
		"name a proxy": func(s personstore.Scope) error {
			_, err := documents.NameProxy(s, resident, id, "王秀英", at)
			return err
		},
		"wish mail": func(s personstore.Scope) error { _, err := documents.WishMail(s, resident, id, true, at); return err },
		"hand to proxy": func(s personstore.Scope) error {
			_, err := documents.HandToProxy(s, resident, id, "王秀英", at)
			return err
		},
		"mail": func(s personstore.Scope) error { _, err := documents.Mail(s, resident, id, at); return err },
	}
}

func TestASelfOnlyPaperGoesNoOtherWayWhoeverAsks(t *testing.T) {
	d := newDesk(t)
	d.agree("o0", d.she, purpose.ProxyPickup)
	p := d.ready(d.she, true, "m1")
	for who, openid := range map[string]string{"she": "o0", "her husband": "o1", "a stranger": "o2", "her village": "oa", "the clerk": "oc", "the clinician": "od"} {
		for way, try := range otherWays(d.she, p.ID, readyAt) {
			err := d.does(openid, try)
			inside := who == "she" || who == "the clerk" || who == "the clinician"
			byOther := way == "hand to proxy" || way == "mail"
			switch {
			case inside && (byOther || who == "she") && !errors.Is(err, record.ErrSelfOnly):
				t.Errorf("%s, %s: %v", who, way, err)
			case err == nil:
				t.Errorf("%s, %s: done", who, way)
			}
		}
	}
	if got := d.paper(d.she, p.ID); got.State != documents.Ready || got.Proxy != "" || got.Mail || got.Ended != 0 {
		t.Errorf("the paper moved: %+v", got)
	}
	refused := 0
	for _, l := range d.looks(d.she) {
		if strings.HasSuffix(l, "true") {
			refused++
		}
	}
	if refused != 4 { // clerk and clinician, by a proxy and by mail
		t.Errorf("%d refused tries in who has looked: %v", refused, d.looks(d.she))
	}
	// her own hands are always right
	d.must("o0", func(s personstore.Scope) error { _, err := documents.Sign(s, d.she, p.ID, readyAt); return err })
	if got := d.paper(d.she, p.ID); got.State != documents.Signed || got.Handed != "" {
		t.Errorf("signed: %+v", got)
	}
}

func TestARefusedTryStaysInTheLooksThoughTheSaveIsPutBack(t *testing.T) {
	d := newDesk(t)
	p := d.ready(d.she, true, "m1")
	_, err := d.inSave("oc", func(s personstore.Scope) error {
		_, err := documents.HandToProxy(s, d.she, p.ID, "", readyAt)
		return err
	})
	if !errors.Is(err, record.ErrSelfOnly) || !slices.Contains(d.looks(d.she), "c clerk proxy true") {
		t.Errorf("%v: %v", err, d.looks(d.she))
	}
}

func TestAProxyIsWhomSheNamedAndHersToTakeBack(t *testing.T) {
	d := newDesk(t)
	p := d.ready(d.she, false, "m1")
	name := func(who string) error {
		return d.does("o0", func(s personstore.Scope) error {
			_, err := documents.NameProxy(s, d.she, p.ID, who, readyAt)
			return err
		})
	}
	hand := func(openid, who string) error {
		return d.does(openid, func(s personstore.Scope) error {
			_, err := documents.HandToProxy(s, d.she, p.ID, who, readyAt)
			return err
		})
	}
	want := func(what string, got, err error) {
		t.Helper()
		if !errors.Is(got, err) {
			t.Errorf("%s: %v, want %v", what, got, err)
		}
	}
	want("without consent", name("王秀英"), record.ErrConsent)
	want("nobody named", hand("oc", "王秀英"), documents.ErrProxy)
	d.agree("o0", d.she, purpose.ProxyPickup)
	want("named", name("王秀英"), nil)
	want("the desk cannot name another", d.does("oc", func(s personstore.Scope) error {
		_, err := documents.NameProxy(s, d.she, p.ID, "赵六", readyAt)
		return err
	}), record.ErrScope)
	want("somebody else comes", hand("oc", "刘翠花"), documents.ErrProxy)
	want("nobody's name", hand("oc", " "), documents.ErrProxy)
	want("taken back", name(""), nil)
	want("after that", hand("oc", "王秀英"), documents.ErrProxy)
	want("named again", name("王秀英"), nil)
	want("her consent withdrawn", d.does("o0", func(s personstore.Scope) error {
		return consent.WithdrawPurpose(s, d.she, purpose.ProxyPickup, readyAt)
	}), nil)
	want("after that", hand("oc", "王秀英"), documents.ErrProxy)
	d.agree("o0", d.she, purpose.ProxyPickup)
	want("named again", name("王秀英"), nil)
	want("a village worker hands nothing", hand("oa", "王秀英"), record.ErrNotFound)
	want("at the desk", hand("oc", "王秀英"), nil)
	if got := d.paper(d.she, p.ID); got.State != documents.Proxied || got.Handed != "c" {
		t.Errorf("%+v", got)
	}
	want("twice", hand("oc", "王秀英"), record.ErrNotAvailable)
	want("too late to take back", name(""), record.ErrNotAvailable)
}

func TestEachOfACoupleHasHisOwnPaper(t *testing.T) {
	d := newDesk(t)
	hers, his := d.ready(d.she, true, "m1"), d.ready(d.he, false, "m1")
	if hers.ID == his.ID {
		t.Fatal("one id for two papers")
	}
	for _, openid := range []string{"o1", "o2", "oa", "ob"} {
		if err := d.does(openid, func(s personstore.Scope) error { _, err := documents.List(s, d.she); return err }); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("%s sees her papers: %v", openid, err)
		}
	}
	if err := d.does("o1", func(s personstore.Scope) error { _, err := documents.Sign(s, d.she, hers.ID, readyAt); return err }); !errors.Is(err, record.ErrNotFound) {
		t.Error("he signs hers:", err)
	}
	d.must("o1", func(s personstore.Scope) error { _, err := documents.Waive(s, d.he, his.ID, readyAt); return err })
	if got := d.paper(d.she, hers.ID); got.State != documents.Ready {
		t.Error("hers moved with his:", got.State)
	}
	again := d.does("od", func(s personstore.Scope) error {
		_, err := documents.MakeReady(s, documents.Document{Resident: d.she, Appointment: d.a.ID}, "m2", readyAt)
		return err
	})
	if !errors.Is(again, record.ErrAlreadyExists) {
		t.Error("a second paper of the same kind:", again)
	}
	for _, openid := range []string{"o0", "oa"} {
		err := d.does(openid, func(s personstore.Scope) error {
			_, err := documents.MakeReady(s, documents.Document{Resident: d.she, Appointment: d.a.ID, Slip: true}, "m3", readyAt)
			return err
		})
		if !errors.Is(err, record.ErrScope) {
			t.Errorf("%s makes a paper: %v", openid, err)
		}
	}
}

// sends says, in order, what is sent about papers to one person from a day on.
func (d *desk) sends(to string) (out []string) {
	d.t.Helper()
	d.update(func(tx *record.Tx) error {
		out = nil
		all, err := outbox.DueDeliveries(tx, readyAt.AddDate(1, 0, 0), 1<<20)
		if err != nil {
			return err
		}
		for _, m := range all {
			if m.To != to || !strings.HasPrefix(m.Kind, "paper_") {
				continue
			}
			why, err := deliverykinds.StillValid(tx, m)
			if err != nil {
				return err
			}
			at := time.Unix(m.Earliest, 0).In(calendar.Zone).Format("01-02T15:04")
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s", strings.TrimPrefix(m.Kind, "paper_"), at, why)))
		}
		return nil
	})
	return out
}

func TestWhatIsSentEndsWhenItIsTrueNoMore(t *testing.T) {
	for _, c := range []struct {
		what string
		do   func(s personstore.Scope, p documents.Document) error
		want string
	}{
		{"nothing said", func(personstore.Scope, documents.Document) error { return nil }, "ready 01-03T10:00, reminder 01-10T09:00, last 06-25T09:00"},
		{"a day before the reminder", func(s personstore.Scope, p documents.Document) error {
			_, err := documents.ComeFor(s, p.Resident, p.ID, clinicDay+12, "上午", readyAt)
			return err
		}, "ready 01-03T10:00 answered, reminder 01-10T09:00, last 06-25T09:00"},
		{"a day after the reminder", func(s personstore.Scope, p documents.Document) error {
			_, err := documents.ComeFor(s, p.Resident, p.ID, clinicDay+30, "", readyAt)
			return err
		}, "ready 01-03T10:00 answered, reminder 01-10T09:00 answered, last 06-25T09:00"},
		{"kept", func(s personstore.Scope, p documents.Document) error {
			_, err := documents.Keep(s, p.Resident, p.ID, readyAt)
			return err
		}, "ready 01-03T10:00 answered, reminder 01-10T09:00 answered, last 06-25T09:00"},
		{"waived", func(s personstore.Scope, p documents.Document) error {
			_, err := documents.Waive(s, p.Resident, p.ID, readyAt)
			return err
		}, "ready 01-03T10:00 ended, reminder 01-10T09:00 ended, last 06-25T09:00 ended"},
	} {
		d := newDesk(t)
		p := d.ready(d.she, true, "m1")
		d.must("o0", func(s personstore.Scope) error { return c.do(s, p) })
		if got := strings.Join(d.sends("r:"+d.she), ", "); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.what, got, c.want)
		}
	}
}

func TestTheDeskLearnsOnceADayThatSheIsThere(t *testing.T) {
	d := newDesk(t)
	p := d.ready(d.she, true, "m1")
	for range 2 {
		d.must("o0", func(s personstore.Scope) error {
			_, err := documents.NotifyArrival(s, d.she, p.ID, readyAt)
			return err
		})
	}
	if got := d.sends("c:d"); len(got) != 1 {
		t.Error(got)
	}
	if err := d.does("oc", func(s personstore.Scope) error {
		_, err := documents.NotifyArrival(s, d.she, p.ID, readyAt)
		return err
	}); !errors.Is(err, record.ErrNotFound) {
		t.Error("the desk says that she is there:", err)
	}
	d.must("o0", func(s personstore.Scope) error { _, err := documents.Sign(s, d.she, p.ID, readyAt); return err })
	if got := d.sends("c:d"); got[0] != "here 01-03T10:00 ended" {
		t.Error(got)
	}
}

func TestAPaperReminderThatWentOutIsHerState(t *testing.T) {
	d := newDesk(t)
	p := d.ready(d.she, false, "m1")
	d.update(func(tx *record.Tx) error {
		m, err := outbox.DeliveryOf(tx, "paper/"+p.ID+"/paper_reminder")
		if err != nil {
			return err
		}
		m.State, m.Settled = outbox.Sent, readyAt.Unix()+7*86400
		return outbox.Put(tx, m)
	})
	if got := d.paper(d.she, p.ID); got.State != documents.Reminded || got.Reminded == 0 {
		t.Errorf("%+v", got)
	}
	d.must("o0", func(s personstore.Scope) error { _, err := documents.Keep(s, d.she, p.ID, readyAt); return err })
	if got := d.paper(d.she, p.ID); got.State != documents.Kept {
		t.Errorf("%+v", got)
	}
}

func TestADoctorsDateNeedsHerConsentAndIsHersToDrop(t *testing.T) {
	d := newDesk(t)
	day := clinicDay + 40
	back := func(openid string, to calendar.Day) error {
		return d.does(openid, func(s personstore.Scope) error {
			_, err := bookings.AgreeRecall(s, d.a.ID, d.she, to, readyAt)
			return err
		})
	}
	if err := back("od", day); !errors.Is(err, record.ErrConsent) {
		t.Error("without consent:", err)
	}
	d.agree("o0", d.she, purpose.HealthReminders)
	for openid, want := range map[string]error{"oa": record.ErrScope, "o1": record.ErrScope, "od": nil} {
		if err := back(openid, day); !errors.Is(err, want) {
			t.Errorf("%s: %v", openid, err)
		}
	}
	if err := back("od", clinicDay); !errors.Is(err, record.ErrNotAvailable) {
		t.Error("a day that is over:", err)
	}
	if err := back("od", day+1); err != nil {
		t.Error("another day:", err)
	}
	if got, want := strings.Join(d.sends("r:"+d.she), ", "), "return 01-30T18:30 moved, return 01-31T18:30, return 02-01T18:30 moved, return 02-02T18:30"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	d.must("o0", func(s personstore.Scope) error {
		all, err := bookings.Recalls(s, d.she, today)
		if err != nil || len(all) != 1 {
			return fmt.Errorf("%d days to come: %w", len(all), err)
		}
		return bookings.DropRecall(s, d.she, all[0].ID, readyAt)
	})
	for _, line := range d.sends("r:" + d.she) {
		if !strings.HasSuffix(line, "moved") {
			t.Error("still sent:", line)
		}
	}
}

func TestARatingSaysNothingUnderTen(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *record.Tx) error {
		for i := range 21 {
			if err := bookings.Rate(tx, "checkup", today, 1+i/12); err != nil {
				return err
			}
		}
		if err := bookings.Rate(tx, "checkup", today, 4); !errors.Is(err, record.ErrScope) {
			t.Error("a four:", err)
		}
		return nil
	})
	w.as("oc", func(s personstore.Scope) error {
		all, err := bookings.Ratings(s, 3)
		if err != nil || len(all) != 1 || all[0].Counts != [3]int{12, 0, 0} || all[0].Few != [3]bool{false, true, false} {
			t.Errorf("%+v %v", all, err)
		}
		return nil
	})
	for _, openid := range []string{"oa", "od", "o0"} {
		w.as(openid, func(s personstore.Scope) error {
			if _, err := bookings.Ratings(s, 3); !errors.Is(err, record.ErrScope) {
				t.Errorf("%s: %v", openid, err)
			}
			return nil
		})
	}
}
