package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"xintiexin/bot"
	"xintiexin/bot/wechat/fake"
	"xintiexin/storage"
	"xintiexin/storage/calendar"
	"xintiexin/storage/kv"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
	"xintiexin/storage/townconfig"
)

const listPath = "/cgi-bin/template/get_all_private_template"

var qian = seed.OpenID("demo", "qianlixin") // the administrator

func code(n int) fake.Weather { return fake.Weather{Code: n} }

// all is what was logged.
func (j *journal) all() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// watched is a rig with a Watch whose disk has room; its sendings are counted.
func watched(t *testing.T) (*rig, *bot.Watch, *uint64) {
	r := newRig(t, nil)
	r.bot.Metrics = bot.NewMetrics(r.store, r.clock.Now, nil)
	r.jobs.Sender = bot.Counted{Bot: r.bot, Metrics: r.bot.Metrics}
	r.platform.Followed(qian)
	free := new(uint64(50 << 30))
	return r, &bot.Watch{Bot: r.bot, Disk: func() (uint64, error) { return *free, nil }}, free
}

// look looks at everything and returns what stands then.
func (r *rig) look(w *bot.Watch) []string {
	r.t.Helper()
	if err := w.Look(r.t.Context(), r.clock.Now()); err != nil {
		r.t.Fatal(err)
	}
	return r.stands()
}

func (r *rig) stands() (names []string) {
	r.t.Helper()
	r.view(func(tx *record.Tx) error {
		all, err := ops.OpenAlarms(tx)
		names = nil
		for _, a := range all {
			names = append(names, strings.TrimSpace(a.Name+" "+a.About))
		}
		slices.Sort(names)
		return err
	})
	return names
}

// TestWhatWantsAPerson: each trouble is found, told once, and gone when it is
// mended.
func TestWhatWantsAPerson(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(r *rig, w *bot.Watch, free *uint64)
		want string
		logs string // a line of the log, once
		mend func(r *rig, w *bot.Watch, free *uint64)
	}{
		{"all is well", func(*rig, *bot.Watch, *uint64) {}, "", "", nil},
		{"the disk", func(_ *rig, _ *bot.Watch, free *uint64) { *free = 100 << 20 }, "disk", "ALARM disk",
			func(_ *rig, _ *bot.Watch, free *uint64) { *free = 2 << 30 }},
		{"the disk by the site's number", func(r *rig, _ *bot.Watch, free *uint64) {
			r.update(func(tx *record.Tx) error {
				return storage.PutSite(tx, townconfig.Site{Limits: map[string]int{"disk_free_mb": 5000}}, "", r.clock.Now())
			})
			*free = 4 << 30
		}, "disk", "ALARM disk", nil},
		{"the clock", func(_ *rig, w *bot.Watch, _ *uint64) { w.Held = func() bool { return true } }, "clock", "",
			func(_ *rig, w *bot.Watch, _ *uint64) { w.Held = func() bool { return false } }},
		{"a week without a backup", func(r *rig, w *bot.Watch, _ *uint64) {
			r.look(w)
			r.clock.add(7*24*time.Hour + time.Minute)
		}, "backup", "ALARM backup", func(r *rig, _ *bot.Watch, _ *uint64) {
			r.update(func(tx *record.Tx) error { return ops.PutBackup(tx, ops.Backup{At: r.clock.Now().Unix(), Since: 1}) })
		}},
		{"a template that is not the account's", func(r *rig, _ *bot.Watch, _ *uint64) {
			r.update(func(tx *record.Tx) error {
				return townconfig.PutTemplates(tx, townconfig.Templates{"morning": {ID: "NONE", Keys: map[string]string{"event": "thing1"}}})
			})
		}, "template NONE", "ALARM template", func(r *rig, _ *bot.Watch, _ *uint64) { r.withTemplates() }},
		{"a keyword that is not the template's, and one that nobody fills", func(r *rig, _ *bot.Watch, _ *uint64) {
			r.update(func(tx *record.Tx) error {
				return townconfig.PutTemplates(tx, townconfig.Templates{"morning": {ID: "TODO", Keys: map[string]string{"event": "thing1", "remark": "thing9", "time": "time2"}}})
			})
		}, "template TODO", "thing9 is not in it, thing3 is not filled", nil},
		{"the address at the start", func(r *rig, _ *bot.Watch, _ *uint64) {
			r.platform.Fail("/cgi-bin/stable_token", code(40164))
		}, "address", "ALARM address", func(r *rig, _ *bot.Watch, _ *uint64) { r.clock.add(11 * time.Minute) }},
		{"the address, which the platform names", func(r *rig, _ *bot.Watch, _ *uint64) {
			r.platform.Fail("/cgi-bin/stable_token", fake.Weather{Code: 40164, Msg: "invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist"})
		}, "address 1.2.3.4", "ALARM address", func(r *rig, _ *bot.Watch, _ *uint64) { r.clock.add(11 * time.Minute) }},
		{"API signing", func(r *rig, _ *bot.Watch, _ *uint64) {
			r.platform.Fail("/cgi-bin/stable_token", code(40234))
		}, "signing", "API signing was switched on", nil},
		{"the platform away at the start: a warning", func(r *rig, _ *bot.Watch, _ *uint64) {
			r.platform.Fail(listPath, fake.Weather{HTTP: 502})
		}, "", "the account's templates are not known", nil},
		{"a blocked template, found by sending", func(r *rig, _ *bot.Watch, _ *uint64) {
			r.withTemplates()
			r.platform.Fail(templatePath, code(43116))
			r.pushes("d")
		}, "template TODO", "ALARM the platform stops us", func(r *rig, _ *bot.Watch, _ *uint64) {
			r.clock.add(31 * time.Minute)
			r.pushes("e")
		}},
		{"the secret, found by sending", func(r *rig, _ *bot.Watch, _ *uint64) {
			r.withTemplates()
			r.platform.Fail("/cgi-bin/stable_token", code(40125))
			r.pushes("d")
			r.platform.Fail("/cgi-bin/stable_token", code(40125)) // and once more for the list of templates
		}, "token", "ALARM the platform stops us", nil},
		{"the quota, when it is over", func(r *rig, _ *bot.Watch, _ *uint64) {
			r.withTemplates()
			r.platform.Fail(templatePath, code(45009))
			r.pushes("d")
		}, "quota template", "ALARM the platform stops us", nil},
		{"the quota, before it is over", func(r *rig, w *bot.Watch, _ *uint64) {
			r.withTemplates()
			r.update(func(tx *record.Tx) error {
				if err := outbox.PutSendings(tx, outbox.Sendings{Day: today, Count: map[string]int{"template": 89}}); err != nil {
					return err
				}
				return storage.PutSite(tx, townconfig.Site{Limits: map[string]int{"template_day": 100}}, "", r.clock.Now())
			})
			if got := r.look(w); len(got) > 0 {
				r.t.Errorf("89 of 100: %q", got)
			}
			r.pushes("d")
		}, "quota template", "ALARM quota", func(r *rig, _ *bot.Watch, _ *uint64) { r.clock.add(24 * time.Hour) }},
		{"a job that fails again and again", func(r *rig, w *bot.Watch, _ *uint64) {
			r.update(func(tx *record.Tx) error { return ops.PutJobRun(tx, ops.JobRun{Name: "retention", Err: "no"}) })
			if got := r.look(w); len(got) > 0 {
				r.t.Errorf("at its first failure: %q", got)
			}
			r.clock.add(10 * time.Minute)
		}, "job retention", "ALARM job", func(r *rig, _ *bot.Watch, _ *uint64) {
			r.update(func(tx *record.Tx) error { return ops.PutJobRun(tx, ops.JobRun{Name: "retention", Did: "done"}) })
		}},
		{"an outbox that stands still", func(r *rig, w *bot.Watch, _ *uint64) {
			r.waits("d", r.clock.Now().Add(-61*time.Minute))
			if got := r.look(w); len(got) > 0 {
				r.t.Errorf("just after the start: %q", got)
			}
		}, "outbox", "ALARM outbox", func(r *rig, _ *bot.Watch, _ *uint64) { r.withTemplates(); r.pushes("e") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, w, free := watched(t)
			c.do(r, w, free)
			for range 3 {
				if got := strings.Join(r.look(w), ", "); got != c.want {
					t.Fatalf("%q stands, want %q", got, c.want)
				}
			}
			if n := strings.Count(r.log.all(), c.logs); c.logs != "" && n != 1 {
				t.Errorf("%d lines say %q:\n%s", n, c.logs, r.log.all())
			}
			if n := strings.Count(r.log.all(), "ALARM"); n > 1 {
				t.Errorf("%d alarms in the log:\n%s", n, r.log.all())
			}
			if c.mend == nil {
				return
			}
			c.mend(r, w, free)
			if got := r.look(w); len(got) > 0 {
				t.Errorf("%q still stands", got)
			}
		})
	}
}

// waits books a delivery for the cadre that was due at an instant.
func (r *rig) waits(cause string, at time.Time) {
	r.t.Helper()
	r.update(func(tx *record.Tx) error {
		_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: cause, Kind: "morning", To: "c:wangguiying", Facts: map[string]string{"count": "2", "day": today.String()},
			Earliest: at.Unix(), Latest: at.Add(72 * time.Hour).Unix(), Booked: at.Unix()})
		return err
	})
}

// pushes books a delivery that is due now, and sends what is due.
func (r *rig) pushes(cause string) {
	r.t.Helper()
	r.owe(cause, "morning", "c:wangguiying", "")
	r.push()
}

// TestTheCertificate: the platform says that it ends, and that it was renewed.
func TestTheCertificate(t *testing.T) {
	r, w, _ := watched(t)
	until := calendar.Date(2027, 1, 15).At(0, 0).Unix()
	event := func(name string) {
		t.Helper()
		if a, err := r.driver.Event("osystem", name, fmt.Sprintf("<ExpiredTime>%d</ExpiredTime>", until)); err != nil || a.Status != 200 || a.Text != "" {
			t.Fatalf("%s: %+v, %v", name, a, err)
		}
	}
	for range 2 {
		event("annual_renew")
	}
	if got := r.look(w); len(got) != 1 || got[0] != "certificate 2027-01-15" {
		t.Errorf("%q stands", got)
	}
	if n := strings.Count(r.log.all(), "ALARM"); n != 1 {
		t.Errorf("%d alarms in the log", n)
	}
	event("qualification_verify_success")
	if got := r.look(w); len(got) != 0 {
		t.Errorf("%q still stands", got)
	}
}

// TestTheAdministratorIsTold: one word for all that there is, by message and by
// 看系统; to nobody else.
func TestTheAdministratorIsTold(t *testing.T) {
	r, w, free := watched(t)
	r.update(func(tx *record.Tx) error {
		return townconfig.PutTemplates(tx, townconfig.Templates{"alarm_note": {ID: "TODO", Keys: map[string]string{"event": "thing1", "time": "time2", "remark": "thing3"}}})
	})
	*free = 1 << 20
	r.look(w)
	r.clock.add(time.Minute)
	w.Held = func() bool { return true }
	r.look(w)
	r.push()
	all := r.platform.Pushes()
	if len(all) != 1 || all[0].To != qian || all[0].Data["thing1"] != "系统有2件事要看" || all[0].Data["thing3"] != "请回复 看系统" {
		t.Fatalf("%+v", all)
	}
	if got, want := r.says(qian, "看系统"), "系统有2件事要看：\n12月2日 10:20起：盘快满了\n　腾出地方，或换大的\n12月2日 10:21起：服务器的钟不准，提醒都停着\n　对好钟，再 jobs resume"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	for _, other := range []string{wang, mengli} {
		if got := r.says(other, "看系统"); strings.Contains(got, "盘") {
			t.Errorf("%s is told %s", other, got)
		}
	}
	*free, w.Held = 50<<30, nil
	r.look(w)
	if got := r.says(qian, "看系统"); got != "系统都正常，没有要看的。" {
		t.Error(got)
	}
}

// TestAnAlarmThatCannotBeKept goes to the log, once.
func TestAnAlarmThatCannotBeKept(t *testing.T) {
	var full atomic.Bool
	r := newRig(t, func(s kv.Store) kv.Store {
		return &wrapped{Store: s, put: func([]byte) error {
			if full.Load() {
				return kv.ErrFull
			}
			return nil
		}}
	})
	w := &bot.Watch{Bot: r.bot, Held: func() bool { return true }, Disk: func() (uint64, error) { return 1, nil }}
	full.Store(true)
	for range 3 {
		if err := w.Look(t.Context(), r.clock.Now()); err == nil {
			t.Fatal("kept in a store that takes nothing")
		}
	}
	if n := strings.Count(r.log.all(), "ALARM disk"); n != 1 {
		t.Errorf("%d lines", n)
	}
	full.Store(false)
	if got := r.look(w); len(got) != 2 {
		t.Errorf("%q stand", got)
	}
	if n := strings.Count(r.log.all(), "ALARM disk"); n != 1 {
		t.Errorf("%d lines", n)
	}
}

// TestLookingWritesNothing while all is as it was: an idle server does not wear its
// disk out.
func TestLookingWritesNothing(t *testing.T) {
	var writes atomic.Int64
	r := newRig(t, func(s kv.Store) kv.Store { return &wrapped{Store: s, before: func() { writes.Add(1) }} })
	free := uint64(1)
	w := &bot.Watch{Bot: r.bot, Disk: func() (uint64, error) { return free, nil }}
	r.look(w)
	before := writes.Load()
	for range 5 {
		r.clock.add(time.Minute)
		if got := r.look(w); len(got) != 1 {
			t.Errorf("%q stands", got)
		}
	}
	if n := writes.Load() - before; n != 0 {
		t.Errorf("%d writes", n)
	}
}
