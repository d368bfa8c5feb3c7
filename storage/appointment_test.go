package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/storage/access"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/deliverykinds"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	"xintiexin/storage/events"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// guests are residents in no village, each with a WeChat of her own: r0 has o0.
func (w *world) guests(n int) (ids []string) {
	w.t.Helper()
	w.update(func(tx *record.Tx) error {
		ids = nil
		for i := range n {
			r, err := personstore.AddResident(tx, personstore.Resident{Name: fmt.Sprintf("客%d", i)}, fmt.Sprint("guest", i))
			if err != nil {
				return err
			}
			if err := personstore.BindResident(tx, fmt.Sprint("o", i), r.ID); err != nil {
				return err
			}
			ids = append(ids, r.ID)
		}
		return nil
	})
	return ids
}

// try runs fn in the scope of a WeChat and returns its refusal; what it wrote
// until then is kept, as a talk keeps it.
func (w *world) try(openid string, fn func(personstore.Scope) error) (refusal error) {
	w.t.Helper()
	w.as(openid, func(s personstore.Scope) error {
		refusal = fn(s)
		for _, known := range []error{nil, record.ErrFull, record.ErrNotAvailable, record.ErrAlreadyExists, record.ErrNotFound, record.ErrScope, record.ErrExpired} {
			if errors.Is(refusal, known) {
				return nil
			}
		}
		return refusal
	})
	return refusal
}

func (w *world) book(openid, resident string, seats int, hour, cause string, at time.Time) (a bookings.Appointment, err error) {
	w.t.Helper()
	err = w.try(openid, func(s personstore.Scope) (err error) {
		a, err = bookings.Book(s, bookings.Appointment{Resident: resident, Service: "checkup", Seats: seats, Day: clinicDay, Time: hour}, cause, at)
		return err
	})
	return a, err
}

// booked says what waits to be sent to a resident about bookings and offers, by
// kind and hour: "ahead 21 18:30-22 20:00".
func (w *world) booked(resident string) string {
	w.t.Helper()
	var out []string
	at := func(u int64) string { return time.Unix(u, 0).In(calendar.Zone).Format("02 15:04") }
	w.update(func(tx *record.Tx) error {
		out = nil
		all, err := outbox.DueDeliveries(tx, clinicDay.At(0, 0).AddDate(1, 0, 0), 1<<20)
		for _, d := range all {
			if d.To == "r:"+resident {
				out = append(out, strings.TrimPrefix(d.Kind, "appointment_")+" "+at(d.Earliest)+"-"+at(d.Latest))
			}
			if why, err := deliverykinds.StillValid(tx, d); why != "" || err != nil {
				w.t.Errorf("%s is booked and does not stand: %s, %v", d.Kind, why, err)
			}
		}
		return err
	})
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func TestWhoBooksForWhom(t *testing.T) {
	w := newWorld(t)
	w.town(func(s *townconfig.Site) { s.Openings[1].Capacity = 40 })
	r := w.guests(2)
	w.update(func(tx *record.Tx) error {
		if err := personstore.PutStaff(tx, personstore.Staff{ID: "e", Name: "管理员", Roles: []personstore.Role{personstore.Admin}}); err != nil {
			return err
		}
		if err := access.Bind(tx, "oe", "e"); err != nil {
			return err
		}
		return personstore.BindResident(tx, "oc", r[1]) // the clerk's own family
	})
	n := 0
	for _, c := range []struct {
		who, resident string
		by            string
		err           error
	}{
		{"o0", r[0], "", nil},
		{"o0", r[1], "", record.ErrNotFound},
		{"o0", w.people[jia], "", record.ErrNotFound},
		{"oa", w.people[jia], "a", nil},
		{"oa", w.people[yi], "", record.ErrNotFound},
		{"oa", r[0], "", record.ErrNotFound}, // in no village: nobody's
		{"oc", w.people[bing], "c", nil},
		{"oc", r[0], "c", nil},
		{"oc", r[1], "", nil}, // as herself
		{"od", r[0], "d", nil},
		{"oe", w.people[jia], "", record.ErrNotFound},
		{"nobody", r[0], "", record.ErrNotFound},
		{"oc", "nobody", "", record.ErrNotFound},
	} {
		n++
		what := fmt.Sprintf("%d: %s", n, c.who)
		a, err := w.book(c.who, c.resident, 1, "08:30", what, now)
		if !errors.Is(err, c.err) || err == nil && a.By != c.by {
			t.Errorf("%s: by %q, %v, want %q, %v", what, a.By, err, c.by, c.err)
		}
		if err != nil {
			continue
		}
		for _, other := range []string{"o0", "o1", "oa", "ob", "oc", "od", "oe"} {
			sees := w.try(other, func(s personstore.Scope) error { _, err := bookings.Get(s, a.ID); return err })
			acts := w.try(other, func(s personstore.Scope) error { return bookings.SetRing(s, a.ID, bookings.RingOffice, now) })
			want := other == "oc" || other == "od" || other == c.who && c.who != "oe" || c.resident == r[0] && other == "o0" || c.resident == r[1] && other == "o1"
			if (sees == nil) != want || (acts == nil) != want {
				t.Errorf("%s: %s sees %v, acts %v, want %v", what, other, sees, acts, want)
			}
		}
		if err := w.try(c.who, func(s personstore.Scope) error { _, err := bookings.Cancel(s, a.ID, now); return err }); err != nil {
			t.Error(what, err)
		}
	}
	for who, want := range map[string]error{"oa": record.ErrScope, "oe": record.ErrScope, "o0": record.ErrScope, "oc": nil, "od": nil} {
		for what, call := range map[string]func(personstore.Scope) error{
			"AppointmentsOn": func(s personstore.Scope) error { _, err := bookings.ListDay(s, clinicDay); return err },
			"Arrive":         func(s personstore.Scope) error { _, err := bookings.Arrive(s, "none", now); return noneIsFine(err) },
			"Finish":         func(s personstore.Scope) error { _, err := bookings.Finish(s, "none", now); return noneIsFine(err) },
			"Miss":           func(s personstore.Scope) error { _, err := bookings.Miss(s, "none", now); return noneIsFine(err) },
			"Numbered": func(s personstore.Scope) error {
				_, err := bookings.AppointmentNumbered(s, "0128-07", today)
				return noneIsFine(err)
			},
			"Guest": func(s personstore.Scope) error {
				_, err := bookings.Guest(s, bookings.Appointment{ID: "none"}, "x", "look", now)
				return noneIsFine(err)
			},
		} {
			if err := w.try(who, call); !errors.Is(err, want) {
				t.Errorf("%s by %s: %v, want %v", what, who, err, want)
			}
		}
	}
}

func noneIsFine(err error) error {
	if errors.Is(err, record.ErrNotFound) {
		return nil
	}
	return err
}

func TestBook(t *testing.T) {
	w := newWorld(t)
	w.town(nil)
	r := w.guests(5)
	for i, c := range []struct {
		who   int
		seats int
		hour  string
		at    time.Time
		err   error
	}{
		{0, 1, "08:15", now, record.ErrNotAvailable},
		{0, 1, "8:00", now, record.ErrNotAvailable},
		{0, 1, "08:00/x", now, record.ErrNotAvailable},
		{0, 1, "", now, record.ErrNotAvailable},
		{0, 1, "08:00", clinicDay.At(8, 0), record.ErrNotAvailable},
		{0, 2, "14:00", now, record.ErrFull},
		{0, 1, "08:00", clinicDay.At(7, 59), nil},
		{0, 1, "08:30", now, record.ErrAlreadyExists},
		{1, 2, "08:00", now, record.ErrFull}, // two or none
		{1, 2, "08:30", now, nil},
		{2, 2, "08:30", now, nil},
		{3, 1, "08:30", now, record.ErrFull},
		{3, 1, "14:00", now, nil},
	} {
		a, err := w.book(fmt.Sprint("o", c.who), r[c.who], c.seats, c.hour, fmt.Sprint("m", i), c.at)
		if !errors.Is(err, c.err) {
			t.Errorf("%d: %+v, %v, want %v", i, a, err, c.err)
		}
	}
	w.wantSlots("booked", "24T08:00=2-1+0/1,1 24T08:30=4-4+0/0,0 24T14:00=1-1+0/0,0")
	again, err := w.book("o1", r[1], 2, "08:30", "m9", now)
	if err != nil || again.Number != "1224-02" {
		t.Error("the same message again:", again, err)
	}
	w.wantSlots("the same message again", "24T08:00=2-1+0/1,1 24T08:30=4-4+0/0,0 24T14:00=1-1+0/0,0")
	w.as("o4", func(s personstore.Scope) error {
		for _, n := range []int{-1, 0, 3} {
			if _, err := bookings.Book(s, bookings.Appointment{Resident: r[4], Service: "checkup", Seats: n, Day: clinicDay, Time: "08:00"}, "x", now); err == nil {
				t.Error("booked seats:", n)
			}
		}
		return nil
	})
}

func TestNumbers(t *testing.T) {
	w := newWorld(t)
	w.town(func(s *townconfig.Site) { s.Openings[1].Capacity = 40 })
	r := w.guests(3)
	numbered := func(number string) string {
		var a bookings.Appointment
		if err := w.try("od", func(s personstore.Scope) (err error) {
			a, err = bookings.AppointmentNumbered(s, number, today)
			return err
		}); err != nil {
			return err.Error()
		}
		return a.Resident
	}
	a, _ := w.book("o0", r[0], 1, "08:00", "m1", now)
	b, _ := w.book("o1", r[1], 1, "08:30", "m2", now)
	w.try("o0", func(s personstore.Scope) error { _, err := bookings.Cancel(s, a.ID, now); return err })
	c, _ := w.book("o2", r[2], 1, "08:00", "m3", now)
	if a.Number != "1224-01" || b.Number != "1224-02" || c.Number != "1224-03" {
		t.Error("numbers", a.Number, b.Number, c.Number)
	}
	var moved bookings.Appointment
	w.try("o1", func(s personstore.Scope) (err error) {
		moved, err = bookings.Move(s, b.ID, clinicDay+7, "08:00", now)
		return err
	})
	if moved.Number != "1231-01" || numbered("1231-01") != r[1] || numbered("1224-02") != r[1] {
		t.Error("a moved booking is found by either number:", moved.Number, numbered("1231-01"), numbered("1224-02"))
	}
	for _, bad := range []string{"", "1224", "1224-99", "1224-0/", "12/4-01", "x"} {
		if got := numbered(bad); got != record.ErrNotFound.Error() {
			t.Errorf("number %q finds %s", bad, got)
		}
	}
	w.town(func(s *townconfig.Site) { s.Openings[0].When = "工作日" })
	w.as("o0", func(s personstore.Scope) error {
		_, err := bookings.Book(s, bookings.Appointment{Resident: r[0], Service: "checkup", Seats: 1, Day: clinicDay + 365, Time: "08:00"}, "m9", now)
		return err
	})
	if got := numbered("1224-01"); got != r[0] {
		t.Error("of two years' the later one:", got)
	}
}

func TestReminders(t *testing.T) {
	const (
		ahead   = "ahead 21 18:30-22 20:00"
		eve     = "eve 23 18:30-23 20:00"
		morning = "morning 24 07:30-24 13:30"
	)
	for _, c := range []struct {
		what, hour string
		at         time.Time
		want       string
	}{
		{"weeks before", "08:30", now, ahead + ", " + eve},
		{"later than nine", "14:00", now, ahead + ", " + eve + ", " + morning},
		{"two days before", "14:00", (clinicDay - 2).At(12, 0), eve + ", " + morning},
		{"the evening before", "14:00", (clinicDay - 1).At(18, 31), morning},
		{"the same day", "14:00", clinicDay.At(8, 0), ""},
	} {
		w := newWorld(t)
		w.town(nil)
		r := w.guests(1)
		if _, err := w.book("o0", r[0], 1, c.hour, "m", c.at); err != nil {
			t.Fatal(err)
		}
		if got := w.booked(r[0]); got != c.want {
			t.Errorf("%s: booked %s, want %s", c.what, got, c.want)
		}
	}
}

func TestRemindersGoAlong(t *testing.T) {
	w := newWorld(t)
	w.town(nil)
	r := w.guests(2)
	here, there := "ahead 21 18:30-22 20:00, eve 23 18:30-23 20:00", "ahead 28 18:30-29 20:00, eve 30 18:30-30 20:00"
	a, err := w.book("o0", r[0], 2, "08:30", "m", now)
	if err != nil {
		t.Fatal(err)
	}
	var code string
	w.as("o0", func(s personstore.Scope) (err error) { code, err = bookings.SpouseCode(s, a.ID); return err })
	if got := w.booked(r[1]); got != "" {
		t.Error("a seat is reminded:", got)
	}
	if err := w.try("o1", func(s personstore.Scope) error { _, err := bookings.Join(s, code, r[1], now); return err }); err != nil {
		t.Fatal(err)
	}
	if got := w.booked(r[1]); got != here {
		t.Error("joined:", got)
	}
	move := func(who string, day calendar.Day, at time.Time) {
		t.Helper()
		if err := w.try(who, func(s personstore.Scope) error { _, err := bookings.Move(s, a.ID, day, "08:30", at); return err }); err != nil {
			t.Fatal(err)
		}
	}
	move("o0", clinicDay+7, now)
	if got := w.booked(r[0]); got != there {
		t.Error("moved, hers:", got)
	}
	if got := w.booked(r[1]); got != there+", moved 02 10:20-31 08:30" {
		t.Error("moved, his:", got)
	}
	move("o1", clinicDay, now)
	if got := w.booked(r[0]); got != here+", moved 02 10:20-24 08:30" {
		t.Error("moved back by him, hers:", got)
	}
	if got := w.booked(r[1]); got != here {
		t.Error("moved back by him, his:", got)
	}
	move("oc", clinicDay+7, now)
	if got := w.booked(r[0]) + "; " + w.booked(r[1]); got != there+", moved 02 10:20-31 08:30; "+there+", moved 02 10:20-31 08:30" {
		t.Error("moved by the clerk:", got)
	}
	move("o0", clinicDay, now)
	if err := w.try("o0", func(s personstore.Scope) error { return bookings.Coming(s, a.ID, (clinicDay-3).At(19, 0)) }); err != nil {
		t.Fatal(err)
	}
	if got := w.booked(r[0]); !strings.HasPrefix(got, "eve") {
		t.Error("she comes, days before:", got)
	}
	if err := w.try("o0", func(s personstore.Scope) error { return bookings.Coming(s, a.ID, (clinicDay-2).At(19, 0)) }); err != nil {
		t.Fatal(err)
	}
	if got := w.booked(r[0]); got != "" {
		t.Error("she comes, within a day of the evening before:", got)
	}
	if got := w.booked(r[1]); !strings.Contains(got, here) {
		t.Error("he has not answered:", got)
	}
	if err := w.try("o1", func(s personstore.Scope) error { _, err := bookings.Cancel(s, a.ID, now); return err }); err != nil {
		t.Fatal(err)
	}
	if got := w.booked(r[1]); got != "" {
		t.Error("he left:", got)
	}
	w.wantSlots("his seat is free, hers stays", "24T08:00=2-0+0/2,2 24T08:30=4-1+0/3,3 24T14:00=1-0+0/1,1")
	if err := w.try("oc", func(s personstore.Scope) error { _, err := bookings.Cancel(s, a.ID, now); return err }); err != nil {
		t.Fatal(err)
	}
	if got := w.booked(r[0]); got != "cancelled 02 10:20-24 08:30" {
		t.Error("cancelled by the clerk:", got)
	}
	w.wantSlots("cancelled", "24T08:00=2-0+0/2,2 24T08:30=4-0+0/4,4 24T14:00=1-0+0/1,1")
}

func TestMove(t *testing.T) {
	w := newWorld(t)
	w.town(nil)
	r := w.guests(2)
	a, _ := w.book("o0", r[0], 2, "08:30", "m1", now)
	if _, err := w.book("o1", r[1], 1, "08:00", "m2", now); err != nil {
		t.Fatal(err)
	}
	before := w.slots(clinicDay, clinicDay, now)
	for _, c := range []struct {
		day  calendar.Day
		hour string
		err  error
	}{
		{clinicDay, "08:00", record.ErrFull}, {clinicDay, "14:00", record.ErrFull}, {clinicDay, "09:00", record.ErrNotAvailable},
		{clinicDay - 1, "08:30", record.ErrNotAvailable}, {today, "08:00", record.ErrNotAvailable}, {clinicDay, "08:30", nil},
	} {
		err := w.try("o0", func(s personstore.Scope) error { _, err := bookings.Move(s, a.ID, c.day, c.hour, now); return err })
		if !errors.Is(err, c.err) {
			t.Errorf("move to %s %s: %v, want %v", c.day, c.hour, err, c.err)
		}
		if got := w.slots(clinicDay, clinicDay, now); got != before {
			t.Errorf("refused, and the seats are %s, were %s", got, before)
		}
	}
	if err := w.try("o1", func(s personstore.Scope) error {
		_, err := bookings.Move(s, a.ID, clinicDay+7, "08:00", now)
		return err
	}); !errors.Is(err, record.ErrNotFound) {
		t.Error("a stranger moved it:", err)
	}
	w.try("o0", func(s personstore.Scope) error { _, err := bookings.Cancel(s, a.ID, now); return err })
	for what, call := range map[string]func(s personstore.Scope) error{
		"move":   func(s personstore.Scope) error { _, err := bookings.Move(s, a.ID, clinicDay, "08:30", now); return err },
		"cancel": func(s personstore.Scope) error { _, err := bookings.Cancel(s, a.ID, now); return err },
		"coming": func(s personstore.Scope) error { return bookings.Coming(s, a.ID, now) },
		"code":   func(s personstore.Scope) error { _, err := bookings.SpouseCode(s, a.ID); return err },
	} {
		if err := w.try("o0", call); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("%s after it was cancelled: %v", what, err)
		}
	}
}

func TestSpouse(t *testing.T) {
	w := newWorld(t)
	w.town(nil)
	r := w.guests(4)
	a, _ := w.book("o0", r[0], 2, "08:30", "m1", now)
	b, _ := w.book("o3", r[3], 1, "08:00", "m2", now)
	code := ""
	w.as("o0", func(s personstore.Scope) (err error) { code, err = bookings.SpouseCode(s, a.ID); return err })
	if len(code) != 8 || strings.Trim(code, "0123456789") != "" {
		t.Fatal("code", code)
	}
	join := func(who, code, resident string) error {
		return w.try(who, func(s personstore.Scope) error { _, err := bookings.Join(s, code, resident, now); return err })
	}
	for _, c := range []struct {
		who, code, resident string
		err                 error
	}{
		{"o1", "00000000", r[1], record.ErrNotFound},
		{"o1", "a/b", r[1], record.ErrNotFound},
		{"o1", code, r[2], record.ErrNotFound}, // not her to join
		{"o0", code, r[0], record.ErrAlreadyExists},
		{"o3", code, r[3], record.ErrAlreadyExists},
		{"o1", code, r[1], nil},
		{"o2", code, r[2], record.ErrNotFound}, // used
	} {
		if err := join(c.who, c.code, c.resident); !errors.Is(err, c.err) {
			t.Errorf("%s joins: %v, want %v", c.who, err, c.err)
		}
	}
	if err := w.try("o3", func(s personstore.Scope) error { _, err := bookings.SpouseCode(s, b.ID); return err }); !errors.Is(err, record.ErrNotFound) {
		t.Error("a single has a code:", err)
	}
	if _, err := w.book("o1", r[1], 1, "14:00", "m3", now); !errors.Is(err, record.ErrAlreadyExists) {
		t.Error("he has a seat already:", err)
	}
	w.as("o1", func(s personstore.Scope) error {
		mine, err := bookings.Open(s, r[1], "checkup")
		all, err2 := bookings.List(s, r[1], 9)
		if mine.ID != a.ID || len(all) != 1 {
			t.Errorf("his booking: %+v, %+v", mine, all)
		}
		return errors.Join(err, err2)
	})
	if err := w.try("o0", func(s personstore.Scope) error { _, err := bookings.Cancel(s, a.ID, now); return err }); err != nil {
		t.Fatal(err)
	}
	if got := w.booked(r[1]); got != "cancelled 02 10:20-24 08:30" {
		t.Error("he is told:", got)
	}
}

// A village sees the one of a couple who is its own, and of the other nothing.
func TestTheVillageSeesItsOwnOfACouple(t *testing.T) {
	w := newWorld(t)
	w.town(nil)
	r := w.guests(2)
	w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "ojia", w.people[jia]) })
	a, _ := w.book("ojia", w.people[jia], 2, "08:30", "m1", now)
	b, _ := w.book("o1", r[1], 2, "08:30", "m2", now)
	var code string
	w.as("ojia", func(s personstore.Scope) (err error) { code, err = bookings.SpouseCode(s, a.ID); return err })
	if err := w.try("o0", func(s personstore.Scope) error { _, err := bookings.Join(s, code, r[0], now); return err }); err != nil {
		t.Fatal(err)
	}
	if err := w.try("oa", func(s personstore.Scope) error { _, err := bookings.Get(s, a.ID); return err }); !errors.Is(err, record.ErrNotFound) {
		t.Error("the worker sees what she keeps from the village:", err)
	}
	w.shows("ojia", w.people[jia], jia)
	w.as("oa", func(s personstore.Scope) error {
		got, err := bookings.Get(s, a.ID)
		if err != nil || got.Spouse != "" {
			t.Error("the worker sees her own and not him:", got, err)
		}
		if _, err := bookings.Get(s, b.ID); !errors.Is(err, record.ErrNotFound) {
			t.Error("the worker sees a stranger's booking:", err)
		}
		if _, err := bookings.Move(s, a.ID, clinicDay+7, "08:30", now); !errors.Is(err, record.ErrNotDelegated) {
			t.Error("the worker moves what she only sees:", err)
		}
		if err := bookings.SetRing(s, a.ID, personstore.RingContact, now); !errors.Is(err, record.ErrNotDelegated) {
			t.Error("the worker lets herself ring:", err)
		}
		return nil
	})
	w.as("ojia", func(s personstore.Scope) error { return bookings.SetRing(s, a.ID, personstore.RingContact, now) })
	w.as("oa", func(s personstore.Scope) error { // her contact may ring about it: it is left to the village
		_, err := bookings.Move(s, a.ID, clinicDay+7, "08:30", now)
		return err
	})
	w.as("o0", func(s personstore.Scope) error {
		got, err := bookings.Open(s, r[0], "checkup")
		if got.Day != clinicDay+7 {
			t.Error("he is still on it:", got)
		}
		return err
	})
}

func TestAtTheClinic(t *testing.T) {
	w := newWorld(t)
	w.town(nil)
	r := w.guests(4)
	a, _ := w.book("o0", r[0], 2, "08:30", "m1", now)
	b, _ := w.book("o2", r[2], 1, "08:00", "m2", now)
	c, _ := w.book("o3", r[3], 1, "14:00", "m3", now)
	var code string
	w.as("o0", func(s personstore.Scope) (err error) { code, err = bookings.SpouseCode(s, a.ID); return err })
	w.try("o1", func(s personstore.Scope) error { _, err := bookings.Join(s, code, r[1], now); return err })
	w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "od", r[3]) })

	do := func(who, what, id string, at time.Time) error {
		return w.try(who, func(s personstore.Scope) (err error) {
			switch what {
			case "arrive":
				_, err = bookings.Arrive(s, id, at)
			case "finish":
				_, err = bookings.Finish(s, id, at)
			case "miss":
				_, err = bookings.Miss(s, id, at)
			}
			return err
		})
	}
	morning := clinicDay.At(9, 0)
	for _, x := range []struct {
		who, what, id string
		at            time.Time
		err           error
	}{
		{"od", "arrive", b.ID, now, record.ErrNotAvailable},
		{"od", "miss", b.ID, clinicDay.At(7, 59), record.ErrNotAvailable},
		{"o2", "arrive", b.ID, morning, record.ErrScope},
		{"oa", "arrive", b.ID, morning, record.ErrScope},
		{"od", "arrive", c.ID, morning, record.ErrNotFound}, // his own family
		{"od", "arrive", b.ID, morning, nil},
		{"od", "arrive", b.ID, morning, nil},
		{"oc", "finish", b.ID, morning, nil},
		{"od", "miss", a.ID, morning, nil},
		{"od", "miss", a.ID, morning, nil},
		{"od", "arrive", "none", morning, record.ErrNotFound},
	} {
		if err := do(x.who, x.what, x.id, x.at); !errors.Is(err, x.err) {
			t.Errorf("%s %s: %v, want %v", x.who, x.what, err, x.err)
		}
	}
	w.wantSlots("one came, two did not", "24T08:00=2-1+0/1,1 24T08:30=4-0+0/4,4 24T14:00=1-1+0/0,0")
	for _, person := range r[:2] {
		if got := w.booked(person); got != "missed 24 18:30-24 20:00" {
			t.Error("one message:", got)
		}
	}
	w.as("od", func(s personstore.Scope) error {
		all, err := bookings.ListDay(s, clinicDay)
		if len(all) != 2 || all[0].ID != b.ID || all[0].Done == 0 || all[1].State != bookings.Missed {
			t.Errorf("the day: %+v", all)
		}
		who, err2 := bookings.Guest(s, all[1], r[1], "called", morning)
		if who.ID != r[1] {
			t.Error("guest", who)
		}
		if _, err := bookings.Guest(s, all[1], r[2], "called", morning); !errors.Is(err, record.ErrNotFound) {
			t.Error("somebody else's guest:", err)
		}
		return errors.Join(err, err2)
	})
	// she comes late
	if err := do("od", "arrive", a.ID, clinicDay.At(11, 0)); err != nil {
		t.Fatal(err)
	}
	if got := w.booked(r[0]); got != "" {
		t.Error("she came after all, and is told that she did not:", got)
	}
	if err := do("od", "miss", a.ID, clinicDay.At(11, 1)); err != nil {
		t.Fatal(err)
	}
	if got := w.booked(r[0]); got != "missed 24 18:30-24 20:00" {
		t.Error("a slip of the finger:", got)
	}
	// a new date: nobody needs the message any more, and a second miss has none
	d, err := w.book("o0", r[0], 1, "14:00", "m4", clinicDay.At(12, 0))
	if !errors.Is(err, record.ErrFull) {
		t.Fatal(d, err)
	}
	w.as("o0", func(s personstore.Scope) (err error) {
		d, err = bookings.Book(s, bookings.Appointment{Resident: r[0], Service: "checkup", Seats: 1, Day: clinicDay + 7, Time: "08:00"}, "m5", clinicDay.At(12, 0))
		return err
	})
	if got := w.booked(r[0]); got != "ahead 28 18:30-29 20:00, eve 30 18:30-30 20:00" {
		t.Error("she has a new date:", got)
	}
	if err := do("od", "miss", d.ID, (clinicDay+7).At(10, 0)); err != nil {
		t.Fatal(err)
	}
	if got := w.booked(r[0]); got != "" {
		t.Error("a second message:", got)
	}
}

func TestCloseDay(t *testing.T) {
	for _, noted := range []bool{true, false} {
		w := newWorld(t)
		w.town(nil)
		r := w.guests(2)
		a, _ := w.book("o0", r[0], 1, "08:30", "m1", now)
		b, _ := w.book("o1", r[1], 1, "08:30", "m2", now)
		closeDay := func(day calendar.Day, at time.Time, want int) {
			t.Helper()
			w.update(func(tx *record.Tx) error {
				n, err := bookings.CloseDay(tx, day, at)
				if n != want {
					t.Errorf("noted %v: %d closed, want %d", noted, n, want)
				}
				return err
			})
		}
		if noted {
			w.as("od", func(s personstore.Scope) error { _, err := bookings.Arrive(s, b.ID, clinicDay.At(9, 0)); return err })
		}
		closeDay(clinicDay, now, 0)
		closeDay(clinicDay, clinicDay.At(12, 0), 0)
		if noted {
			closeDay(clinicDay, clinicDay.At(18, 5), 1)
		} else {
			closeDay(clinicDay, clinicDay.At(18, 5), 0)
			closeDay(clinicDay, (clinicDay+1).At(18, 5), 2)
		}
		closeDay(clinicDay, (clinicDay+1).At(18, 5), 0)
		want, told := bookings.Over, ""
		if noted {
			want, told = bookings.Missed, "missed 24 18:30-24 20:00"
		}
		w.as("o0", func(s personstore.Scope) error {
			got, err := bookings.Get(s, a.ID)
			if got.State != want {
				t.Errorf("noted %v: %s", noted, got.State)
			}
			return err
		})
		if got := w.booked(r[0]); got != told {
			t.Errorf("noted %v: booked %q", noted, got)
		}
		if _, err := w.book("o0", r[0], 1, "08:30", "m3", now); err != nil {
			t.Error("she can book again:", err)
		}
	}
}

func TestBookingsOfTheDays(t *testing.T) {
	w := newWorld(t)
	w.town(nil)
	r := w.guests(3)
	a, _ := w.book("o0", r[0], 2, "08:30", "m1", now)
	if _, err := w.book("o2", r[2], 1, "08:00", "m2", now); err != nil {
		t.Fatal(err)
	}
	var code string
	w.as("o0", func(s personstore.Scope) (err error) { code, err = bookings.SpouseCode(s, a.ID); return err })
	w.try("o1", func(s personstore.Scope) error { _, err := bookings.Join(s, code, r[1], now); return err })
	w.as("o0", func(s personstore.Scope) error {
		return enrolment.Agree(s, consent.Consent{Resident: r[0], Set: purpose.Booking, Answer: personstore.Yes}, now)
	})
	w.as("o1", func(s personstore.Scope) error {
		return enrolment.Agree(s, consent.Consent{Resident: r[1], Set: purpose.Booking, Answer: personstore.Yes}, now)
	})
	for _, c := range []struct {
		from, to calendar.Day
		want     int
	}{{0, 0, 2}, {clinicDay, clinicDay, 2}, {clinicDay + 1, 0, 0}, {0, clinicDay - 1, 0}} {
		got := 0
		err := w.store.View(t.Context(), func(tx *record.Tx) error {
			for _, id := range r {
				one, err := personstore.LoadResident(tx, id)
				if err != nil {
					return err
				}
				all, err := bookings.BookingsOf(tx, one, c.from, c.to)
				if err != nil {
					return err
				}
				for _, b := range all {
					if got++; b.ID != a.ID {
						t.Error("somebody who did not agree is in it:", b)
					}
				}
			}
			return nil
		})
		if err != nil || got != c.want {
			t.Errorf("%s–%s: %d lines, want %d, %v", c.from, c.to, got, c.want, err)
		}
	}
}

// TestNothingIsBookedWithoutConsent: a form that was open when she took her word
// back, or an offer made before, books nothing.
func TestNothingIsBookedWithoutConsent(t *testing.T) {
	w := newWorld(t)
	w.town(nil)
	r := w.guests(2)
	w.agrees("o0", r[0], purpose.Booking, personstore.Yes, now)
	w.as("o0", func(s personstore.Scope) error { return consent.WithdrawPurpose(s, r[0], purpose.Booking, now) })
	if _, err := w.book("o1", r[1], 2, "08:30", "couple", now); err != nil {
		t.Fatal(err)
	}
	for who, resident := range map[string]string{"o0": r[0], "oc": r[0]} {
		var errs [3]error
		var code string
		w.as(who, func(s personstore.Scope) error {
			_, errs[0] = bookings.Book(s, bookings.Appointment{Resident: resident, Service: "checkup", Seats: 1, Day: clinicDay, Time: "08:30"}, "x"+who, now)
			_, errs[1] = bookings.JoinWaitingList(s, bookings.Waiting{Resident: resident, Service: "checkup", Seats: 1}, "x"+who, now)
			return nil
		})
		w.as("o1", func(s personstore.Scope) error {
			a, err := bookings.Open(s, r[1], "checkup")
			if err != nil {
				return err
			}
			code, err = bookings.SpouseCode(s, a.ID)
			return err
		})
		w.as(who, func(s personstore.Scope) error { _, errs[2] = bookings.Join(s, code, resident, now); return nil })
		for i, err := range errs {
			if !errors.Is(err, record.ErrConsent) {
				t.Errorf("%s, deed %d: %v, want ErrConsent", who, i, err)
			}
		}
	}
	w.agrees("o0", r[0], purpose.Booking, personstore.Yes, now)
	if _, err := w.book("o0", r[0], 1, "08:30", "again", now); err != nil {
		t.Errorf("she agreed anew and cannot book: %v", err)
	}
}

// TestWhatWasStoppedByMistakeIsPromisedAgain: 退订 and then 接着发 leave her with
// the reminders that she was promised.
func TestWhatWasStoppedByMistakeIsPromisedAgain(t *testing.T) {
	w := newWorld(t)
	w.town(func(s *townconfig.Site) {
		s.Lectures = []townconfig.Lecture{{ID: "l1", Title: "讲", Day: clinicDay, Time: "09:30", Seats: 5}}
	})
	r := w.guests(1)[0]
	w.agrees("o0", r, purpose.Booking, personstore.Yes, now)
	a, err := w.book("o0", r, 1, "14:00", "b", now)
	if err != nil {
		t.Fatal(err)
	}
	w.as("o0", func(s personstore.Scope) error { _, err := events.SignUp(s, r, "l1", now); return err })
	before := w.booked(r)
	stop := func() {
		w.update(func(tx *record.Tx) error {
			return errors.Join(outbox.DropDeliveries(tx, "r:"+r, "", "unsubscribed", now), personstore.StopPushes(tx, r))
		})
	}
	stop()
	if got := w.booked(r); got != "" {
		t.Fatalf("after 退订 there waits %s", got)
	}
	w.as("o0", func(s personstore.Scope) error { return enrolment.ResumePushes(s, r) })
	if got := w.booked(r); got != before {
		t.Errorf("after 接着发 there waits %s, want %s", got, before)
	}
	stop()
	w.as("o0", func(s personstore.Scope) error {
		_, err := bookings.Cancel(s, a.ID, now)
		return errors.Join(err, events.CancelSeat(s, r, "l1", now), enrolment.ResumePushes(s, r))
	})
	if got := w.booked(r); got != "" {
		t.Errorf("what she gave up is promised: %s", got)
	}
}

// TestATableIsReadBetweenErasureAndTheNight: who had herself deleted since noon is
// in no table, and no table fails on her.
func TestATableIsReadBetweenErasureAndTheNight(t *testing.T) {
	w := newWorld(t)
	w.town(nil)
	r := w.guests(2)
	for i, id := range r {
		who := fmt.Sprint("o", i)
		w.agrees(who, id, purpose.Booking, personstore.Yes, now)
		a, err := w.book(who, id, 1, "08:30", who, now)
		if err != nil {
			t.Fatal(err)
		}
		w.as("oc", func(s personstore.Scope) error { _, err := bookings.Arrive(s, a.ID, clinicDay.At(8, 30)); return err })
	}
	w.update(func(tx *record.Tx) error { return erasure.Erase(tx, r[0], clinicDay.At(12, 0)) })
	w.update(func(tx *record.Tx) error {
		if _, err := personstore.LoadResident(tx, r[0]); !errors.Is(err, record.ErrNotFound) {
			t.Error("who had herself deleted is there for a table:", err)
		}
		him, err := personstore.LoadResident(tx, r[1])
		if err != nil {
			return err
		}
		if lines, err := bookings.BookingsOf(tx, him, 0, 0); err != nil || len(lines) != 1 {
			t.Errorf("the table holds %v of him, %v", lines, err)
		}
		return nil
	})
}
