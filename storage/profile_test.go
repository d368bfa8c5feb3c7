package storage_test

import (
	"fmt"
	"testing"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/deliverykinds"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

func TestWhenProfilesAreAsked(t *testing.T) {
	for _, c := range []struct {
		limits map[string]int
		day    calendar.Day
		half   string
		asks   bool
	}{
		{nil, calendar.Date(2027, 2, 28), "2027-1", false},
		{nil, calendar.Date(2027, 3, 1), "2027-1", true},
		{nil, calendar.Date(2027, 3, 31), "2027-1", true},
		{nil, calendar.Date(2027, 4, 1), "2027-1", false},
		{nil, calendar.Date(2027, 6, 30), "2027-1", false},
		{nil, calendar.Date(2027, 7, 1), "2027-2", false},
		{nil, calendar.Date(2027, 9, 30), "2027-2", true},
		{map[string]int{"profile_spring_month": 5, "profile_autumn_month": 11}, calendar.Date(2027, 3, 1), "2027-1", false},
		{map[string]int{"profile_spring_month": 5, "profile_autumn_month": 11}, calendar.Date(2027, 5, 1), "2027-1", true},
		{map[string]int{"profile_spring_month": 5, "profile_autumn_month": 11}, calendar.Date(2027, 11, 30), "2027-2", true},
	} {
		s := townconfig.Site{Limits: c.limits}
		if half, asks := enrolment.ProfileHalf(&s, c.day); half != c.half || asks != c.asks {
			t.Errorf("%s %v: %s %v", c.day, c.limits, half, asks)
		}
	}
}

// march is a day on which profiles are asked about.
var march = calendar.Date(2027, 3, 1)

// askProfiles asks all pages, two people each, and returns how many were booked.
func (d *desk) askProfiles(half string, at time.Time) (total int) {
	d.t.Helper()
	for p := (record.Page{}); !p.Done; {
		var next record.Page
		n := 0
		d.update(func(tx *record.Tx) (err error) { next, n, err = enrolment.AskProfiles(tx, half, p, 2, at); return err })
		p, total = next, total+n
	}
	return total
}

// profiles are the questions that are booked, by whom they go to, with what stands
// against each.
func (d *desk) profiles() map[string]string {
	d.t.Helper()
	out := map[string]string{}
	d.update(func(tx *record.Tx) error {
		clear(out)
		all, err := outbox.DueDeliveries(tx, (march+400).At(0, 0), 9999)
		if err != nil {
			return err
		}
		for _, one := range all {
			if one.Kind != "profile" {
				continue
			}
			at := time.Unix(one.Earliest, 0).In(calendar.Zone)
			day := calendar.DayOf(at)
			morning := !at.Before(day.At(9, 0)) && at.Before(day.At(9, 30))
			evening := !at.Before(day.At(18, 30)) && at.Before(day.At(19, 0))
			if day <= march || day > march+20 || !morning && !evening {
				d.t.Errorf("she is asked at %s", at)
			}
			if _, twice := out[one.About]; twice {
				d.t.Errorf("%s is asked twice", one.About)
			}
			if out[one.About], err = deliverykinds.StillValid(tx, one); err != nil {
				return err
			}
		}
		return nil
	})
	return out
}

// asked reports whether 看 shows her the profile on a day.
func (d *desk) asked(openid, resident string, day calendar.Day) bool {
	d.t.Helper()
	var on calendar.Day
	d.must(openid, func(s personstore.Scope) (err error) { on, err = enrolment.ProfileAsked(s, resident, day); return err })
	return on != 0
}

// owners are people each of whom has a WeChat of her own (p0, p1, …), and agreed to C1.
func (d *desk) owners(n int) (ids []string) {
	d.t.Helper()
	d.update(func(tx *record.Tx) error {
		ids = nil
		for i := range n {
			r, err := personstore.AddResident(tx, personstore.Resident{Name: fmt.Sprintf("友%d", i)}, fmt.Sprint("owner", i))
			if err != nil {
				return err
			}
			if err := personstore.BindResident(tx, fmt.Sprint("p", i), r.ID); err != nil {
				return err
			}
			ids = append(ids, r.ID)
		}
		return nil
	})
	for i, id := range ids {
		d.agree(fmt.Sprint("p", i), id, purpose.Booking)
	}
	return ids
}

// delivered lets all that is booked arrive.
func (d *desk) delivered() {
	d.t.Helper()
	d.update(func(tx *record.Tx) error {
		all, err := outbox.DueDeliveries(tx, (march+400).At(0, 0), 9999)
		for _, one := range all {
			if err == nil && one.Kind == "profile" {
				one.State, one.Settled = outbox.Delivered, one.Earliest
				err = outbox.Put(tx, one)
			}
		}
		return err
	})
}

// TestWhoIsAskedAboutHerProfile: who uses it herself, agreed, takes messages and is
// there; once in half a year, however often the clock runs and wherever it was cut off;
// and not when that changed before her hour.
func TestWhoIsAskedAboutHerProfile(t *testing.T) {
	d := newDesk(t)
	ids := d.owners(12)
	d.must("p1", func(s personstore.Scope) error { return consent.WithdrawPurpose(s, ids[1], purpose.Booking, now) })
	d.update(func(tx *record.Tx) error { return personstore.StopPushes(tx, ids[2]) })
	d.update(func(tx *record.Tx) error { return enrolment.Unfollow(tx, "p0", now) })
	d.comesHome(ids[3], march+60)
	d.must("p4", func(s personstore.Scope) error { return enrolment.NoProfiles(s, ids[4], true) })
	d.update(func(tx *record.Tx) error { // another phone stands for her too, and hers for her mother
		mother, err := personstore.AddResident(tx, personstore.Resident{Name: "客母"}, "mother")
		if err != nil {
			return err
		}
		if err := personstore.BindResident(tx, "p5", mother.ID); err != nil {
			return err
		}
		return personstore.BindResident(tx, "p5b", ids[5])
	})
	d.update(func(tx *record.Tx) error { // cut off behind a page
		_, _, err := enrolment.AskProfiles(tx, "2027-1", record.Page{}, 4, march.At(8, 0))
		return err
	})
	d.askProfiles("2027-1", march.At(8, 0))
	if n := d.askProfiles("2027-1", (march+1).At(8, 0)); n != 0 {
		t.Errorf("%d are asked once more", n)
	}
	asked := d.profiles()
	for _, id := range ids[5:] { // not 0 without a WeChat, 1 who took it back, 2 who wants nothing, 3 who is away, 4 who said so
		if why, ok := asked[id]; !ok || why != "" {
			t.Errorf("%s: booked %v, %q", id, ok, why)
		}
	}
	if len(asked) != 9 { // the couple of the desk too
		t.Errorf("%d are asked, want 9", len(asked))
	}

	d.must("p5", func(s personstore.Scope) error { return enrolment.NoProfiles(s, ids[5], true) })
	d.must("p6", func(s personstore.Scope) error { return consent.WithdrawPurpose(s, ids[6], purpose.Booking, now) })
	d.comesHome(ids[7], march+60)
	d.must("p8", func(s personstore.Scope) error { return enrolment.ProfileSeen(s, ids[8]) })
	d.update(func(tx *record.Tx) error { return personstore.StopPushes(tx, ids[9]) })
	d.update(func(tx *record.Tx) error { return erasure.Erase(tx, ids[10], now) })
	asked = d.profiles()
	for i, want := range map[int]string{5: "declined", 6: "withdrawn", 7: "away", 8: "seen", 9: "unsubscribed", 10: "forgotten", 11: ""} {
		if why, ok := asked[ids[i]]; ok && why != want || i == 11 && !ok {
			t.Errorf("%d: %v, %q, want %q", i, ok, why, want)
		}
	}
	if n := d.askProfiles("2027-1", (march+2).At(8, 0)); n != 0 {
		t.Errorf("%d are asked once more after that", n)
	}
}

// TestAProfileIsShownOnce: 看 shows it after the message arrived, for some days, until
// she looked; the next half of the year begins anew, and who wants no more is left alone.
func TestAProfileIsShownOnce(t *testing.T) {
	d := newDesk(t)
	d.askProfiles("2027-1", march.At(8, 0))
	d.delivered()
	if !d.asked("o0", d.she, march+10) || d.asked("o0", d.she, march+40) {
		t.Error("the question does not stand for its days")
	}
	d.must("o0", func(s personstore.Scope) error { return enrolment.ProfileSeen(s, d.she) })
	if d.asked("o0", d.she, march+10) {
		t.Error("she is asked though she looked")
	}
	if !d.asked("o1", d.he, march+10) {
		t.Error("he did not look")
	}
	d.must("o0", func(s personstore.Scope) error { return enrolment.NoProfiles(s, d.she, true) })
	autumn := calendar.Date(2027, 9, 1).At(8, 0)
	if n := d.askProfiles("2027-2", autumn); n != 1 {
		t.Errorf("%d are asked in autumn, want him alone", n)
	}
	d.must("o0", func(s personstore.Scope) error { return enrolment.NoProfiles(s, d.she, false) })
	if n := d.askProfiles("2027-2", autumn); n != 1 {
		t.Errorf("%d are asked when she wants it again, want 1", n)
	}
}

// TestProfileWishesOutliveAMerge: of two lines that become one, a wish to be left alone
// counts, and nobody is asked a second time in the half of the year.
func TestProfileWishesOutliveAMerge(t *testing.T) {
	d := newDesk(t)
	third := d.owners(1)[0]
	d.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "o0", third) })
	d.askProfiles("2027-1", march.At(8, 0)) // each by a phone of her own
	d.must("o0", func(s personstore.Scope) error { return enrolment.NoProfiles(s, third, true) })
	d.must("o0", func(s personstore.Scope) error { return erasure.Merge(s, d.she, third, now) })
	d.must("o0", func(s personstore.Scope) error {
		r, err := s.Mine(d.she)
		if err == nil && !r.NoProfile {
			t.Error("the wish was lost")
		}
		return err
	})
	if n := d.askProfiles("2027-1", (march+1).At(8, 0)); n != 0 {
		t.Errorf("%d are asked once more", n)
	}
}
