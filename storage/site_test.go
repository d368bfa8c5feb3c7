package storage_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

func day(t *testing.T, s string) calendar.Day {
	t.Helper()
	d, err := calendar.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// town is a site that a test can tell from another.
func town(version string) townconfig.Site {
	return townconfig.Site{
		Version: version, Town: townconfig.Town{Name: "样庄镇", Title: version},
		Limits: map[string]int{"offer_minutes": 90}, Texts: map[string]string{"prepare": "空腹"},
		Phones: []townconfig.Phone{{Name: "clinic", Number: "15400000009"}},
	}
}

func (w *world) site() (s townconfig.Site) {
	w.t.Helper()
	w.update(func(tx *record.Tx) error {
		inForce, err := townconfig.Current(tx)
		s = *inForce
		return err
	})
	return s
}

func TestASiteIsReplacedAsAWholeAndTheOldOneStays(t *testing.T) {
	w := newWorld(t)
	if s := w.site(); s.ID != "" || bookings.OfferMinutes.Of(&s) != 90 || s.Text("prepare", "x") != "x" {
		t.Errorf("a store that was not told has %+v", s)
	}
	put := func(s townconfig.Site, by string, at time.Time) {
		t.Helper()
		w.update(func(tx *record.Tx) error { return storage.PutSite(tx, s, by, at) })
	}
	put(town("1"), "c", now)
	first := w.site()
	if first.ID == "" || first.Version != "1" || first.By != "c" || first.At != now.Unix() {
		t.Errorf("in force: %+v", first)
	}
	if p, ok := first.Phone("clinic"); !ok || p.Number != "15400000009" || first.Limits["offer_minutes"] != 90 || first.Text("prepare", "") != "空腹" {
		t.Errorf("contents: %+v", first)
	}
	put(town("2"), "", now.Add(time.Hour))
	put(first, "", now.Add(2*time.Hour))
	if back := w.site(); back.ID != first.ID || back.At == first.At || back.By != "" {
		t.Errorf("gone back to %+v", back)
	}
	w.update(func(tx *record.Tx) error {
		all, err := townconfig.Versions(tx)
		var said []string
		for _, v := range all {
			said = append(said, v.Version)
		}
		if strings.Join(said, " ") != "1 2 1" || all[2].By != "c" || all[0].ID != all[2].ID {
			t.Errorf("history: %+v", all)
		}
		old, err2 := townconfig.Version(tx, all[1].ID)
		if old.Version != "2" {
			t.Errorf("kept: %+v", old)
		}
		for _, id := range []string{"", "nosuch", "a/b"} {
			if _, err := townconfig.Version(tx, id); !errors.Is(err, record.ErrNotFound) {
				t.Errorf("site %q: %v", id, err)
			}
		}
		return errors.Join(err, err2)
	})
}

func TestTheSameContentsHaveTheSameID(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for _, s := range []townconfig.Site{town("1"), town("1"), town("2")} {
		w.update(func(tx *record.Tx) error { return storage.PutSite(tx, s, "", now) })
		ids = append(ids, w.site().ID)
	}
	if ids[0] != ids[1] || ids[1] == ids[2] {
		t.Errorf("ids %v", ids)
	}
}

func TestATransactionSeesTheSiteItPutAndNobodyElseOneThatFailed(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *record.Tx) error { return storage.PutSite(tx, town("1"), "", now) })
	w.site() // cached
	boom := errors.New("boom")
	err := w.store.Update(t.Context(), func(tx *record.Tx) error {
		if err := storage.PutSite(tx, town("2"), "", now); err != nil {
			return err
		}
		if s, err := townconfig.Current(tx); err != nil || s.Version != "2" {
			t.Errorf("within: %+v, %v", s, err)
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	if s := w.site(); s.Version != "1" {
		t.Errorf("a site that was not kept is in force: %+v", s)
	}
}

func TestTheSiteIsReadOnceForManyMessages(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *record.Tx) error { return storage.PutSite(tx, town("1"), "", now) })
	err := w.store.View(t.Context(), func(tx *record.Tx) error {
		a, err := townconfig.Current(tx)
		b, err2 := townconfig.Current(tx)
		if a != b {
			t.Error("read twice")
		}
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTownAndTemplatesAreTheSitesWhereItHasThem(t *testing.T) {
	w := newWorld(t)
	kept := townconfig.Templates{"visit_eve": {ID: "old"}}
	w.update(func(tx *record.Tx) error {
		return errors.Join(townconfig.PutTown(tx, townconfig.Town{Name: "旧镇"}), townconfig.PutTemplates(tx, kept), storage.PutSite(tx, townconfig.Site{Version: "1"}, "", now))
	})
	w.update(func(tx *record.Tx) error {
		town, err := townconfig.LoadTown(tx)
		templates, err2 := townconfig.LoadTemplates(tx)
		if town.Name != "旧镇" || !reflect.DeepEqual(templates, kept) {
			t.Errorf("with an empty site: %v %v", town, templates)
		}
		return errors.Join(err, err2)
	})
	w.update(func(tx *record.Tx) error {
		s := town("2")
		s.Templates = townconfig.Templates{"appointment": {ID: "new"}, "appointment_eve_late": {ID: "late"}}
		return storage.PutSite(tx, s, "", now)
	})
	w.update(func(tx *record.Tx) error {
		town, err := townconfig.LoadTown(tx)
		templates, err2 := townconfig.LoadTemplates(tx)
		if town.Title != "2" || len(templates) != 2 {
			t.Errorf("with a site: %v %v", town, templates)
		}
		for kind, want := range map[string]string{"appointment": "new", "appointment_eve": "new", "appointment_eve_late": "late", "appointments": "", "visit_eve": "", "": ""} {
			if got, ok := templates.For(kind); got.ID != want || ok != (want != "") {
				t.Errorf("template of %q: %v", kind, got)
			}
		}
		return errors.Join(err, err2)
	})
}

func TestWhenAServiceIsOpen(t *testing.T) {
	rules := []townconfig.Opening{
		{Service: "checkup", When: "周四", Time: "08:30", Capacity: 4},
		{Service: "checkup", When: "周四", Time: "08:00", Capacity: 2},
		{Service: "checkup", When: "逢二七", Time: "08:00", Capacity: 3},
		{Service: "eyes", When: "工作日", Time: "14:00", Capacity: 9},
		{Service: "feast", When: "逢五十", Time: "09:00", Capacity: 1},
		{Service: "rest", When: "周六", Time: "09:00", Capacity: 1},
	}
	days := func(s string) (out []townconfig.SiteDay) {
		for line := range strings.FieldsSeq(s) { // checkup,2026-12-03,closed or checkup,2026-12-05,09:00,6
			f := append(strings.Split(line, ","), "", "")
			d := townconfig.SiteDay{Service: f[0], Day: day(t, f[1]), Closed: f[2] == "closed"}
			if d.Time = strings.TrimSuffix(f[2], "closed"); f[3] != "" {
				d.Capacity = int(f[3][0] - '0')
			}
			out = append(out, d)
		}
		return out
	}
	h := new(townconfig.Site).Holidays()
	for _, c := range []struct{ why, days, service, day, want string }{
		{"a Thursday, 十月廿五", "", "checkup", "2026-12-03", "08:00×2 08:30×4"},
		{"a Friday, 十月廿六", "", "checkup", "2026-12-04", ""},
		{"a Saturday, 十月廿七: the fair", "", "checkup", "2026-12-05", "08:00×3"},
		{"a Thursday that is 冬月初二 of another week: the larger of two", "", "checkup", "2026-12-10", "08:00×3 08:30×4"},
		{"another service that day", "", "eyes", "2026-12-10", "14:00×9"},
		{"no service of that name", "", "teeth", "2026-12-10", ""},
		{"a weekend", "", "eyes", "2026-12-12", ""},
		{"a make-up Saturday works", "", "eyes", "2026-10-10", "14:00×9"},
		{"and is a Saturday as well", "", "rest", "2026-10-10", "09:00×1"},
		{"a Thursday off, 国庆", "", "checkup", "2026-10-01", ""},
		{"a Saturday off, 国庆", "", "rest", "2026-10-03", ""},
		{"除夕 of 2026 on 腊月廿九", "", "eyes", "2027-02-05", ""},
		{"正月初二, a fair within the holiday", "", "checkup", "2027-02-07", ""},
		{"腊月廿七, a fair before it", "", "checkup", "2027-02-03", "08:00×3"},
		{"腊月 has 29 days: no 三十 on the last", "", "feast", "2027-02-05", ""},
		{"腊月二十", "", "feast", "2027-01-27", "09:00×1"},
		{"冬月三十 exists", "", "feast", "2027-01-07", "09:00×1"},
		{"closed", "checkup,2026-12-03,closed", "checkup", "2026-12-03", ""},
		{"closed for all", ",2026-12-03,closed", "checkup", "2026-12-03", ""},
		{"another is closed", "eyes,2026-12-03,closed", "checkup", "2026-12-03", "08:00×2 08:30×4"},
		{"open as usual", "checkup,2026-12-04", "checkup", "2026-12-04", "08:00×3 08:30×4"},
		{"open on a day off", "checkup,2026-10-01", "checkup", "2026-10-01", "08:00×3 08:30×4"},
		{"one hour more", "checkup,2026-12-03,09:00,6", "checkup", "2026-12-03", "08:00×2 08:30×4 09:00×6"},
		{"an hour that never was, without seats", "checkup,2026-12-03,09:00", "checkup", "2026-12-03", "08:00×2 08:30×4"},
		{"other seats that day", "checkup,2026-12-03,08:30,1", "checkup", "2026-12-03", "08:00×2 08:30×1"},
		{"only that hour", "checkup,2026-12-03,08:30,1 ,2026-12-03,closed", "checkup", "2026-12-03", "08:30×1"},
		{"six on every hour", "checkup,2026-12-04,,6", "checkup", "2026-12-04", "08:00×6 08:30×6"},
	} {
		s := townconfig.Site{Openings: rules, Days: days(c.days)}
		var got []string
		for _, o := range s.OpenOn(c.service, day(t, c.day), h) {
			got = append(got, o.Time+"×"+string(rune('0'+o.Capacity)))
			if o.Service != c.service {
				t.Errorf("%s: an hour of %s", c.why, o.Service)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %s %s is open %v, want %s", c.why, c.service, c.day, got, c.want)
		}
	}
}

func TestOneHourCanBeClosed(t *testing.T) {
	s := townconfig.Site{
		Openings: []townconfig.Opening{{Service: "a", When: "周四", Time: "08:00", Capacity: 1}, {Service: "a", When: "周四", Time: "08:30", Capacity: 1}},
		Days:     []townconfig.SiteDay{{Service: "a", Day: day(t, "2026-12-03"), Closed: true, Time: "08:00"}},
	}
	if got := s.OpenOn("a", day(t, "2026-12-03"), s.Holidays()); len(got) != 1 || got[0].Time != "08:30" {
		t.Errorf("open: %v", got)
	}
}

func TestRulesThatOpenNothing(t *testing.T) {
	for _, when := range []string{"周一", "周日", "工作日", "逢二七", "逢五十", "逢三"} {
		if !townconfig.Opens(when) {
			t.Errorf("%s is not understood", when)
		}
	}
	for _, when := range []string{"", "逢", "周八", "每天", "逢27", "逢二七集", "二七"} {
		if townconfig.Opens(when) {
			t.Errorf("%q is understood", when)
		}
	}
}

func TestATownCanAddAYearsHolidayNotice(t *testing.T) {
	notice := []townconfig.SiteHoliday{
		{Year: 2027, Day: day(t, "2026-12-31"), Name: "元旦", Off: true},
		{Year: 2027, Day: day(t, "2027-01-02"), Name: "元旦", Off: false},
		{Year: 2027, Day: day(t, "2027-02-09"), Name: "春节", Off: true},
	}
	w := newWorld(t)
	s := town("1")
	s.Notices = notice
	w.update(func(tx *record.Tx) error { return storage.PutSite(tx, s, "", now) })
	inForce := w.site()
	for _, site := range []townconfig.Site{s, inForce} {
		h := site.Holidays()
		if !h.Known(2026) || !h.Known(2027) || h.Working(day(t, "2026-12-31")) || !h.Working(day(t, "2027-01-02")) || !h.Off(day(t, "2027-02-09")) || h.Working(day(t, "2026-10-01")) {
			t.Error("the notice does not count")
		}
	}
	broken := townconfig.Site{Notices: []townconfig.SiteHoliday{{Year: 2027, Day: day(t, "2027-02-09"), Off: true}}}
	if h := broken.Holidays(); !h.Known(2026) || h.Known(2027) {
		t.Error("rows without a name make a notice")
	}
}

func TestNoNoticesLeaveTheProgramsTable(t *testing.T) {
	if h, err := townconfig.ReadNotices(nil); err != nil || !h.Known(2026) {
		t.Error(err)
	}
}
