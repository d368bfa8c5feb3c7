package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"xintiexin/bot/simulator/town"
	"xintiexin/bot/web"
	"xintiexin/bot/wechat/fake"
	"xintiexin/flows/site"
	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// simulate plays a month of an invented town by a moved clock, and prints what
// became of each message.
func simulate(ctx context.Context, args []string, out io.Writer) error {
	flags := newFlags("simulate", out)
	whole := flags.Bool("town", false, "play a town (there is nothing else to play yet)")
	days := flags.Int("days", 30, "how many days")
	from := flags.String("from", "2027-01-11", "the first day")
	people := flags.Int("people", 1000, "how many residents have to do with the service")
	bound := flags.Int("bound", 60, "of them, how many in a hundred use WeChat")
	writes := flags.Int("writes", 60, "of the working days, on how many in a hundred a village worker writes")
	none := flags.Bool("no-templates", false, "the account has no notice template")
	accept := flags.Int("accept", -1, "how many in a hundred accept subscription notices (default: 95 with -no-templates, else the account has none)")
	outage := flags.Int("outage", 0, "the day, counted from 1, on which everything is down")
	number := flags.Uint64("seed", 1, "another number plays another month")
	trace := flags.Bool("trace", false, "show what was typed with care and not understood")
	if err := flags.Parse(args); err != nil {
		return err
	}
	first, err := calendar.ParseDay(*from)
	switch {
	case !*whole:
		return wrongUsage("simulate")
	case err != nil || first == 0:
		return fmt.Errorf("-from %q: not a date such as 2027-01-11", *from)
	case *days < 1 || *days > 366 || *people < 20 || *people > 50_000 || *bound < 0 || *bound > 100 || *writes < 1 || *writes > 100 || *outage < 0 || *outage > *days || *accept > 100:
		return errors.New("simulate: a number is out of its range: 1 to 366 days, 20 to 50000 people, hundredths up to 100, an outage within the days")
	}
	if *accept < 0 {
		if *accept = 0; *none {
			*accept = 95
		}
	}
	t := &town.Town{Options: town.Options{From: first, Days: *days, People: *people, Bound: float64(*bound) / 100, Writes: float64(*writes) / 100,
		Outage: *outage, NoTemplates: *none, Accepts: float64(*accept) / 100, Seed: *number}}
	if *trace {
		t.Trace = out
	}
	table, err := play(ctx, t)
	if table != nil {
		table.Print(out)
	}
	return err
}

// play wires the whole program over a store that is thrown away, and plays a town
// with it.
func play(ctx context.Context, t *town.Town) (*town.Table, error) {
	dir, err := os.MkdirTemp("", "xintiexin-town-")
	if err != nil {
		return nil, fmt.Errorf("temporary folder: %w", err)
	}
	defer os.RemoveAll(dir)
	engine, err := bolt.Open(filepath.Join(dir, dbName), bolt.Options{NoSync: true})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dbName, err)
	}
	defer engine.Close()
	t.Ledger, t.Clock = town.Keep(engine), town.NewClock(t.From.At(0, 0))
	if t.Store, err = storage.Open(ctx, t.Ledger, nil); err != nil {
		return nil, err
	}
	a := &app{dir: dir, url: "https://town.example", engine: engine, store: t.Store, now: t.Clock.Now, log: slog.New(slog.DiscardHandler)}
	cfg := demoConfig
	cfg.API = "http://platform.example"
	t.Platform = fake.New(fake.Options{Config: cfg, Now: t.Clock.Now, Templates: demoTemplates, Notices: townAccepted(), Staff: a.staff, OnPush: t.Pushed})
	t.Phones = &fake.Driver{Platform: t.Platform, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.bot.ServeHTTP(w, r) })}
	t.Restart = func(ctx context.Context) (town.Jobs, error) {
		if err := a.build(cfg); err != nil {
			return nil, err
		}
		a.client.HTTP = &http.Client{Transport: inside{t.Platform}}
		a.jobs.Rate = -1 // the clock stands still while the outbox is sent
		return a.jobs, a.begin(ctx)
	}
	if t.Jobs, err = t.Restart(ctx); err != nil {
		return nil, err
	}
	t.Holidays = a.jobs.Holidays
	if err := a.furnish(ctx, !t.NoTemplates, t.Accepts > 0); err != nil {
		return nil, err
	}
	t.Pages = web.Handler(a.webPages())
	for _, kind := range []string{"recorded", "visit_eve", "away"} { // as flows has it
		t.AtSignUp = append(t.AtSignUp, townSubscriptions()[kind].ID)
	}
	return t.Play(ctx)
}

// townKinds are the kinds, or heads of kinds, of which the invented town has a
// subscription notice, each its own: she who accepts one of each is sent each once.
var townKinds = []string{"appointment", "offer", "lecture", "visit_eve", "recorded", "paper", "request", "plan", "away", "release"}

func townSubscriptions() townconfig.Templates {
	out := townconfig.Templates{}
	for _, kind := range townKinds {
		out[kind] = townconfig.NoticeTemplate{ID: "SUB_" + strings.ToUpper(kind), Keys: map[string]string{"event": "thing1", "date": "date2", "remark": "thing3"}}
	}
	return out
}

func townAccepted() (all []fake.Template) {
	for _, kind := range townKinds {
		all = append(all, fake.Template{ID: townSubscriptions()[kind].ID, Title: "办理进度提醒", Content: "事项:{{thing1.DATA}}\n日期:{{date2.DATA}}\n备注:{{thing3.DATA}}"})
	}
	return all
}

// furnish puts the invented town's site data in force, with a template for each
// kind of message or with none, and the same with subscription notices.
func (a *app) furnish(ctx context.Context, templates, notices bool) error {
	if err := site.Start(ctx, a.store, site.Builtin(), a.now()); err != nil {
		return fmt.Errorf("begin with site data: %w", err)
	}
	return a.store.Update(ctx, func(tx *record.Tx) error {
		if notices {
			if err := outbox.PutSubscriptionTemplates(tx, townSubscriptions()); err != nil {
				return err
			}
		}
		if !templates {
			return nil
		}
		return townconfig.PutTemplates(tx, demoNotices())
	})
}

// inside calls a handler of this process as if it were far away.
type inside struct{ http.Handler }

func (i inside) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil { // a server's request always has one
		r = r.Clone(r.Context())
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	i.ServeHTTP(w, r)
	return w.Result(), nil
}
