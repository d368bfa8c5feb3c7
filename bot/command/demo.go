package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"xintiexin/bot/simulator"
	"xintiexin/bot/wechat"
	"xintiexin/bot/wechat/fake"
	peopleroom "xintiexin/flows/people"
	"xintiexin/flows/site"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
	"xintiexin/storage/townconfig"
)

// demoConfig is the invented account of the demo; its keys protect nothing.
var demoConfig = wechat.Config{
	AppID: "wxdemo0123456789ab", Secret: "demo-secret", Token: "demotoken",
	AESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", Account: "gh_demo",
}

// demo starts everything on one address: the bot, a platform that is not
// WeChat's, and the page that plays the phones.
func demo(ctx context.Context, args []string, out io.Writer) error {
	flags := newFlags("demo", out)
	listen := flags.String("listen", "127.0.0.1:8080", "address to listen on")
	dir := flags.String("data", "", "data folder that is kept (default: a temporary one)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *dir == "" {
		tmp, err := os.MkdirTemp("", "xintiexin-demo-")
		if err != nil {
			return fmt.Errorf("temporary folder: %w", err)
		}
		defer os.RemoveAll(tmp)
		*dir = tmp
	}
	engine, store, err := open(ctx, *dir, bolt.Options{})
	if err != nil {
		return err
	}
	defer engine.Close()
	c := &clock{}
	if err := c.resume(ctx, store); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", *listen, err)
	}
	a := &app{dir: *dir, url: "http://" + listener.Addr().String(), script: "/simulator/jweixin.js", engine: engine, store: store, now: c.Now,
		log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	cfg := demoConfig
	cfg.API = "http://" + listener.Addr().String() + "/platform"
	if err := a.build(cfg); err != nil {
		listener.Close()
		return err
	}
	page, err := a.stage(ctx, cfg)
	if err != nil {
		listener.Close()
		return err
	}
	c.jobs, c.page, page.Clock = a.jobs, page, c
	if err := a.begin(ctx); err != nil {
		listener.Close()
		return err
	}
	socket, err := a.listenAdmin()
	if err != nil {
		listener.Close()
		return err
	}
	defer socket.Close()
	mux := a.routes()
	mux.Handle("/platform/", http.StripPrefix("/platform", page.Platform))
	mux.Handle("/simulator/", page.Handler())
	mux.Handle("GET /{$}", http.RedirectHandler("/simulator/", http.StatusFound))
	fmt.Fprintf(out, "心贴心 demo, an invented town: open http://%s/simulator/\n", listener.Addr())
	return a.together(ctx, listener, socket, mux,
		func(ctx context.Context) { c.serve(ctx, a.log) },
		a.menus,
		func(ctx context.Context) { <-ctx.Done(); page.Close() })
}

// resume goes on where the clock stood, if the folder was played with before.
func (c *clock) resume(ctx context.Context, store *record.Store) error {
	return store.View(ctx, func(tx *record.Tx) error {
		seen, err := ops.LastSeen(tx)
		if err == nil && seen.After(time.Now()) {
			c.set(seen.Add(time.Second))
		}
		return err
	})
}

// stage fills an empty store with the invented town and sets up the platform
// and the phones.
func (a *app) stage(ctx context.Context, cfg wechat.Config) (*simulator.Simulator, error) {
	now := a.now()
	cast, err := seed.Demo(ctx, a.store, calendar.DayOf(now), now)
	if err != nil {
		return nil, fmt.Errorf("invent the town: %w", err)
	}
	if err := site.Start(ctx, a.store, site.Builtin(), now); err != nil {
		return nil, fmt.Errorf("begin with site data: %w", err)
	}
	page := &simulator.Simulator{Webhook: a.bot, Account: "样庄心贴心", Log: a.log, Templates: append(slices.Clone(demoTemplates), demoAccepted...)}
	page.Platform = fake.New(fake.Options{Config: cfg, Now: a.now, Templates: demoTemplates, Notices: demoAccepted, Staff: a.staff, OnPush: page.Pushed})
	var people []simulator.Persona
	for _, p := range cast.Personas {
		if p.Follows {
			page.Platform.Followed(p.OpenID)
		}
		people = append(people, simulator.Persona{OpenID: p.OpenID, Name: p.Name, Role: p.Role, Village: p.Village, Note: p.Note, Follows: p.Follows})
	}
	page.Personas = func(context.Context) ([]simulator.Persona, error) { return people, nil }
	if cast.InviteCode != "" {
		page.Posters = []simulator.Poster{{Name: "给" + cast.InviteFor + "的绑定码", Scene: peopleroom.Scene(cast.InviteCode)}}
	}
	var posters []simulator.Poster
	err = a.store.Update(ctx, func(tx *record.Tx) error {
		villages, err := person.Villages(tx)
		if err != nil {
			return err
		}
		posters = nil
		for _, v := range villages {
			posters = append(posters, simulator.Poster{Name: v.Name + "的海报", Scene: peopleroom.Poster(v.ID)})
		}
		return errors.Join(townconfig.PutTemplates(tx, demoNotices()), outbox.PutSubscriptionTemplates(tx, demoSubscriptions()))
	})
	if err != nil {
		return nil, err
	}
	page.Posters = append(page.Posters, posters...)
	page.Try = a.tryForm(people)
	return page, nil
}

// staff reports whether a WeChat is bound to a cadre.
func (a *app) staff(openid string) bool {
	var p person.Person
	err := a.store.View(context.Background(), func(tx *record.Tx) (err error) {
		p, err = person.Identify(tx, openid)
		return err
	})
	return err == nil && p.Staff()
}

// menus sets the account's menus on the demo's platform, once it answers.
func (a *app) menus(ctx context.Context) {
	if _, _, err := a.pushMenus(ctx); err != nil {
		a.log.Warn("menus not set", "err", err)
	}
}

// demoTemplates are the notice templates that the invented account owns.
var demoTemplates = []fake.Template{
	{ID: "DEMO_TODO", Title: "待办事项通知", Content: "事项：{{thing1.DATA}}\n时间：{{time2.DATA}}\n备注：{{thing3.DATA}}"},
	{ID: "DEMO_BOOKING", Title: "预约进度通知", Content: "事项：{{thing1.DATA}}\n时间：{{time2.DATA}}\n备注：{{thing3.DATA}}"},
	{ID: "DEMO_PROGRESS", Title: "办理进度通知", Content: "事项：{{thing1.DATA}}\n日期：{{date2.DATA}}\n备注：{{thing3.DATA}}"},
}

// demoAccepted are its templates of subscription notices.
var demoAccepted = []fake.Template{
	{ID: "DEMO_SUB_BOOKING", Title: "预约提醒", Content: "事项:{{thing1.DATA}}\n时间:{{time2.DATA}}\n备注:{{thing3.DATA}}"},
	{ID: "DEMO_SUB_PROGRESS", Title: "办理进度提醒", Content: "事项:{{thing1.DATA}}\n日期:{{date2.DATA}}\n备注:{{thing3.DATA}}"},
}

// demoSubscriptions say which kinds they carry: those of residents.
func demoSubscriptions() townconfig.Templates {
	out := townconfig.Templates{}
	for _, k := range []string{"appointment", "offer", "release", "lecture"} {
		out[k] = townconfig.NoticeTemplate{ID: "DEMO_SUB_BOOKING", Keys: map[string]string{"event": "thing1", "time": "time2", "remark": "thing3"}}
	}
	for _, k := range []string{"visit_eve", "recorded", "paper", "request", "note", "plan", "away", "profile"} {
		out[k] = townconfig.NoticeTemplate{ID: "DEMO_SUB_PROGRESS", Keys: map[string]string{"event": "thing1", "date": "date2", "remark": "thing3"}}
	}
	return out
}

// demoNotices say which of them carries a kind of delivery, or all kinds of a head.
func demoNotices() townconfig.Templates {
	out := townconfig.Templates{}
	with := func(id, field, key string, kinds ...string) {
		for _, k := range kinds {
			out[k] = townconfig.NoticeTemplate{ID: id, Keys: map[string]string{"event": "thing1", field: key, "remark": "thing3"}}
		}
	}
	with("DEMO_TODO", "time", "time2", "morning", "call", "digest", "alarm")
	with("DEMO_BOOKING", "time", "time2", "appointment", "offer", "release", "lecture")
	with("DEMO_PROGRESS", "date", "date2", "visit_eve", "recorded", "paper", "request", "note", "broadcast", "plan", "away", "profile")
	return out
}
