package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"xintiexin/bot/wechat"
	"xintiexin/storage/calendar"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// Watch looks for what only a person can mend, and keeps it as alarms: each goes to
// the log once, and as a word to the administrators.
type Watch struct {
	Bot  *Bot
	Held func() bool            // the clock is not believed
	Disk func() (uint64, error) // free bytes of the data folder; nil where nobody can tell

	asked  time.Time            // when the account's templates were asked for last, with an answer or without
	of     *mapping             // for which mapping
	wrong  []ops.Alarm          // what the account's templates lack
	denied []ops.Alarm          // what the platform said then, in place of an answer
	stuck  bool                 // the outbox was stuck at the last look, too
	low    bool                 // the disk was nearly full at the last look
	silent map[string]bool      // what was logged, and could not be kept
	failed map[string]time.Time // by job: since when its runs are seen to fail
}

// Run looks every so often until ctx ends.
func (w *Watch) Run(ctx context.Context, every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		if err := w.Look(ctx, w.Bot.Now()); err != nil && ctx.Err() == nil {
			w.Bot.Log.Error("alarms not kept", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// found is an alarm, and whether the log has it from where it was found.
type found struct {
	ops.Alarm
	logged bool
}

// Look looks at everything once. When the store cannot be read or written, what
// was found goes to the log all the same.
func (w *Watch) Look(ctx context.Context, now time.Time) error {
	var all []found
	err := w.look(ctx, now, &all)
	list := make([]ops.Alarm, len(all))
	for i, f := range all {
		list[i] = f.Alarm
	}
	if err != nil {
		w.logUnkept(all)
		return err
	}
	var raised, mended []ops.Alarm
	same := false
	err = w.Bot.Store.View(ctx, func(tx *record.Tx) error {
		stand, err := ops.OpenAlarms(tx)
		same = sameAlarms(stand, list)
		return err
	})
	if err != nil {
		w.logUnkept(all)
		return err
	}
	if same { // nothing is written
		w.silent = nil
		return nil
	}
	err = w.Bot.Store.Update(ctx, func(tx *record.Tx) (err error) {
		raised, mended, err = ops.SetAlarms(tx, list, now)
		return err
	})
	if err != nil {
		w.logUnkept(all)
		return err
	}
	for _, a := range raised {
		i := slices.IndexFunc(all, func(f found) bool { return f.Name == a.Name && f.About == a.About })
		if !all[i].logged && !w.silent[a.Name+" "+a.About] {
			logAlarm(w.Bot.Log, a)
		}
	}
	for _, a := range mended {
		w.Bot.Log.Info("alarm mended", "alarm", a.Name, "about", a.About)
	}
	w.silent = nil
	return nil
}

// sameAlarms reports whether what stands, but for what stays anyhow, is what was
// found.
func sameAlarms(stand, found []ops.Alarm) bool {
	left := len(found)
	for _, a := range stand {
		is := slices.ContainsFunc(found, func(b ops.Alarm) bool { return a.Name == b.Name && a.About == b.About })
		switch {
		case is:
			left--
		case !a.Stays:
			return false
		}
	}
	return left == 0
}

func logAlarm(log *slog.Logger, a ops.Alarm) {
	log.Error("ALARM "+a.Name, "about", a.About, "detail", a.Detail)
}

func (w *Watch) logUnkept(all []found) {
	if w.silent == nil {
		w.silent = map[string]bool{}
	}
	for _, f := range all {
		if id := f.Name + " " + f.About; !w.silent[id] {
			w.silent[id] = true
			if !f.logged {
				logAlarm(w.Bot.Log, f.Alarm)
			}
		}
	}
}

// look collects what is wrong now: first what needs no store.
func (w *Watch) look(ctx context.Context, now time.Time, all *[]found) error {
	if w.Held != nil && w.Held() {
		*all = append(*all, found{ops.Alarm{Name: "clock", Detail: "jobs and outbox wait for jobs resume"}, true})
	}
	*all = append(*all, w.Bot.standing()...)
	var s *townconfig.Site
	var mapped mapping
	err := w.Bot.Store.View(ctx, func(tx *record.Tx) (err error) {
		if s, err = townconfig.Current(tx); err != nil {
			return err
		}
		if mapped.templates, err = townconfig.LoadTemplates(tx); err != nil {
			return err
		}
		mapped.subscriptions, err = outbox.SubscriptionTemplates(tx)
		return err
	})
	if err != nil {
		return err
	}
	w.disk(s, all)
	w.templates(ctx, mapped, now)
	for _, a := range append(slices.Clone(w.wrong), w.denied...) {
		if !slices.ContainsFunc(*all, func(f found) bool { return f.Name == a.Name && f.About == a.About }) {
			*all = append(*all, found{a, false})
		}
	}
	if err := w.sendings(ctx, s, now, all); err != nil {
		return err
	}
	if err := w.outbox(ctx, now, all); err != nil {
		return err
	}
	if err := w.jobs(ctx, now, all); err != nil {
		return err
	}
	return w.backup(ctx, now, all)
}

// standing are the alarms of what the platform said to the sender, which logged
// them: they stand until a call works again.
func (b *Bot) standing() (all []found) {
	add := func(a ops.Alarm) {
		if !slices.ContainsFunc(all, func(f found) bool { return f.Name == a.Name && f.About == a.About }) {
			all = append(all, found{a, true})
		}
	}
	stops := b.stops.standing()
	for _, reach := range slices.Sorted(maps.Keys(stops)) {
		if code := stops[reach]; code != tooFast {
			add(b.stopAlarm(reach, code))
		}
	}
	if b.ClockWrong() {
		add(ops.Alarm{Name: "clock", About: "posts", Detail: "the platform's posts carry another time: set this server's clock"})
	}
	if b.Full() {
		add(ops.Alarm{Name: "disk", Detail: "full"})
	}
	n := 0
	b.alarms.Range(func(any, any) bool { n++; return true })
	if n > 0 {
		add(ops.Alarm{Name: "notice", Detail: strconv.Itoa(n) + " kinds are not sent: see the log"})
	}
	return all
}

// standing returns the code of each stop that no call has lifted yet, by scope.
func (s *stops) standing() map[scope]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[scope]int{}
	for k, p := range s.all {
		out[k] = p.code
	}
	return out
}

// stopAlarm is the alarm of a code that stops calls within a reach.
func (b *Bot) stopAlarm(reach scope, code int) ops.Alarm {
	a := ops.Alarm{Name: "platform", About: strconv.Itoa(code), Detail: "code " + strconv.Itoa(code)}
	r, ok := wechat.RuleOf(code)
	if !ok || r.Alarm == "" {
		return a
	}
	a.Detail += ": " + r.Means
	switch a.Name = r.Alarm; a.Name {
	case "token", "signing":
		a.About = ""
	case "address":
		a.About, _ = b.refused.Load().(string)
	case "quota":
		a.About = reach
	case "template":
		_, a.About, _ = strings.Cut(reach, " ")
	}
	return a
}

// disk alarms when less is free than the site wants; it ends with a tenth more.
func (w *Watch) disk(s *townconfig.Site, all *[]found) {
	if w.Disk == nil {
		return
	}
	free, err := w.Disk()
	if err != nil {
		w.Bot.Log.Warn("free space not known", "err", err)
		return
	}
	least := uint64(ops.DiskFreeMB.Of(s)) << 20
	if w.low {
		least += least / 10
	}
	if w.low = free < least; w.low && !slices.ContainsFunc(*all, func(f found) bool { return f.Name == "disk" }) {
		*all = append(*all, found{ops.Alarm{Name: "disk", Detail: fmt.Sprintf("%d MB free", free>>20)}, false})
	}
}

const (
	askAgain = 24 * time.Hour   // after the account's templates were told
	askSoon  = 10 * time.Minute // after the platform did not answer
)

// mapping is which of the account's templates carry what: template messages, and
// subscription notices, whose templates are others.
type mapping struct{ templates, subscriptions townconfig.Templates }

func sameTemplates(a, b townconfig.Templates) bool {
	return maps.EqualFunc(a, b, func(a, b townconfig.NoticeTemplate) bool { return a.ID == b.ID && maps.Equal(a.Keys, b.Keys) })
}

// templates holds the mapping of notices against the account's own templates: at
// the start, after a change and every day.
func (w *Watch) templates(ctx context.Context, mapped mapping, now time.Time) {
	wait := askAgain
	if w.denied != nil || w.of == nil {
		wait = askSoon
	}
	changed := w.of != nil && !(sameTemplates(w.of.templates, mapped.templates) && sameTemplates(w.of.subscriptions, mapped.subscriptions))
	if w.Bot.Client == nil || !w.asked.IsZero() && now.Before(w.asked.Add(wait)) && !changed {
		return
	}
	w.asked = now
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	owned, err := w.Bot.Client.Templates(ctx)
	var accepted []wechat.TemplateInfo
	if err == nil && len(mapped.subscriptions) > 0 { // else the account need not have the plug-in
		accepted, err = w.Bot.Client.NoticeTemplates(ctx)
	}
	if err != nil {
		w.denied, w.of = nil, nil
		var e *wechat.Error
		if errors.As(err, &e) && e.Class() == wechat.Alarm {
			w.Bot.noteAddress(e)
			w.denied = []ops.Alarm{w.Bot.stopAlarm("", e.Code)}
		}
		w.Bot.Log.Warn("the account's templates are not known; the platform does not tell them", "err", err)
		return
	}
	w.denied, w.of = nil, &mapped
	w.wrong = append(Lacking(mapped.templates, owned), Lacking(mapped.subscriptions, accepted)...)
}

// Lacking are the templates of a mapping that the account does not own, or that
// have other keywords.
func Lacking(mapped townconfig.Templates, owned []wechat.TemplateInfo) (wrong []ops.Alarm) {
	for _, kind := range slices.Sorted(maps.Keys(mapped)) {
		t := mapped[kind]
		i := slices.IndexFunc(owned, func(o wechat.TemplateInfo) bool { return o.ID == t.ID })
		detail := ""
		if i < 0 {
			detail = kind + ": not the account's"
		} else {
			detail = otherKeys(kind, t, owned[i].Keys)
		}
		if detail != "" && !slices.ContainsFunc(wrong, func(a ops.Alarm) bool { return a.About == t.ID }) {
			wrong = append(wrong, ops.Alarm{Name: "template", About: t.ID, Detail: detail})
		}
	}
	return wrong
}

// otherKeys says in which keywords a mapping differs from a template, "" where in
// none: one that nobody fills is refused as much as one that is not there.
func otherKeys(kind string, t townconfig.NoticeTemplate, keys []string) string {
	var parts []string
	mapped := slices.Sorted(maps.Values(t.Keys))
	for _, k := range mapped {
		if !slices.Contains(keys, k) {
			parts = append(parts, k+" is not in it")
		}
	}
	for _, k := range keys {
		if !slices.Contains(mapped, k) {
			parts = append(parts, k+" is not filled")
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return kind + ": " + strings.Join(parts, ", ")
}

// nearEnd is how many percent of a day's template messages are near the end.
const nearEnd = 90

// sendings counts the template messages of the day against the account's quota.
func (w *Watch) sendings(ctx context.Context, s *townconfig.Site, now time.Time, all *[]found) error {
	var counted outbox.Sendings
	err := w.Bot.Store.View(ctx, func(tx *record.Tx) (err error) {
		counted, err = outbox.LoadSendings(tx)
		return err
	})
	if err != nil {
		return err
	}
	used, most := counted.Count["template"], outbox.TemplatesPerDay.Of(s)
	if counted.Day != calendar.DayOf(now) || used*100 < most*nearEnd || slices.ContainsFunc(*all, func(f found) bool { return f.Name == "quota" && f.About == "template" }) {
		return nil
	}
	*all = append(*all, found{ops.Alarm{Name: "quota", About: "template", Detail: fmt.Sprintf("%d of %d a day", used, most)}, false})
	return nil
}

// stuckAfter is how long what is due may wait while it may be sent.
const stuckAfter = time.Hour

// outbox finds that what is due is not sent, at two looks one after the other: just
// after the start there is much to do. At night nothing is.
func (w *Watch) outbox(ctx context.Context, now time.Time, all *[]found) error {
	if hour := now.In(calendar.Zone).Hour(); hour < 9 || hour >= 21 {
		w.stuck = false
		return nil
	}
	var at time.Time
	var ok bool
	err := w.Bot.Store.View(ctx, func(tx *record.Tx) (err error) {
		at, ok, err = ops.OldestDue(tx, now)
		return err
	})
	if err != nil {
		return err
	}
	before := w.stuck
	if w.stuck = ok && now.Sub(at) > stuckAfter; w.stuck && before {
		*all = append(*all, found{ops.Alarm{Name: "outbox", Detail: fmt.Sprintf("the oldest waits since %s", at.In(calendar.Zone).Format(time.DateTime))}, false})
	}
	return nil
}

// failsFor is how long a job's runs may fail: the next is a minute later.
const failsFor = 10 * time.Minute

// jobs finds what is done by the clock and fails again and again.
func (w *Watch) jobs(ctx context.Context, now time.Time, all *[]found) error {
	var runs []ops.JobRun
	err := w.Bot.Store.View(ctx, func(tx *record.Tx) (err error) {
		runs, err = ops.JobRuns(tx)
		return err
	})
	if err != nil {
		return err
	}
	before := w.failed
	w.failed = map[string]time.Time{}
	for _, r := range runs {
		if r.Err == "" {
			continue
		}
		since, known := before[r.Name]
		if !known {
			since = now
		}
		if w.failed[r.Name] = since; now.Sub(since) >= failsFor {
			*all = append(*all, found{ops.Alarm{Name: "job", About: r.Name, Detail: "its runs fail: see jobs"}, false})
		}
	}
	return nil
}

// backupAge is how old the last backup may be.
const backupAge = 7 * 24 * time.Hour

func (w *Watch) backup(ctx context.Context, now time.Time, all *[]found) error {
	var b ops.Backup
	err := w.Bot.Store.View(ctx, func(tx *record.Tx) (err error) {
		b, err = ops.LastBackup(tx)
		return err
	})
	if err == nil && b.Since == 0 {
		b.Since = now.Unix()
		err = w.Bot.Store.Update(ctx, func(tx *record.Tx) error { return ops.PutBackup(tx, b) })
	}
	if err != nil {
		return err
	}
	if now.Sub(time.Unix(max(b.At, b.Since), 0)) > backupAge {
		last := "never"
		if b.At != 0 {
			last = time.Unix(b.At, 0).In(calendar.Zone).Format(time.DateOnly)
		}
		*all = append(*all, found{ops.Alarm{Name: "backup", Detail: "the last: " + last}, false})
	}
	return nil
}

// account takes the platform's words about the account itself: its certification
// ends, or was renewed. It reports whether m was one.
func (b *Bot) account(ctx context.Context, m wechat.Message) bool {
	verify := strings.HasPrefix(m.Event, "qualification_verify_") || strings.HasPrefix(m.Event, "naming_verify_")
	if m.Type != "event" || !verify && m.Event != "annual_renew" && m.Event != "verify_expired" {
		return false
	}
	until := ""
	if !m.Expires.IsZero() {
		until = calendar.DayOf(m.Expires).String()
	}
	news := false
	err := b.Store.Update(ctx, func(tx *record.Tx) (err error) {
		if strings.HasSuffix(m.Event, "_success") {
			_, err = ops.EndAlarm(tx, "certificate", b.Now())
			return err
		}
		a := ops.Alarm{Name: "certificate", About: until, Detail: m.Event, Stays: true}
		news, err = ops.RaiseAlarm(tx, a, b.Now())
		return err
	})
	switch {
	case err != nil:
		b.Log.Error("event of the account not kept", "event", m.Event, "err", err)
	case news:
		b.Log.Error("ALARM certificate", "event", m.Event, "until", until)
	default:
		b.Log.Info("event of the account", "event", m.Event, "until", until)
	}
	return true
}
