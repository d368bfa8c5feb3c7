// Xintiexin (心贴心) is a WeChat official-account bot for the cadres who look
// after people in China's villages, and for the residents they serve.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"xintiexin/bot"
	"xintiexin/bot/simulator"
	"xintiexin/bot/wechat"
	"xintiexin/bot/wechat/fake"
	"xintiexin/flows"
	"xintiexin/flows/site"
	"xintiexin/scheduler"
	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/seed"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "xintiexin:", err)
		os.Exit(1)
	}
}

const usage = `xintiexin: a WeChat bot for village cadres and the residents they serve

  xintiexin demo                    try it: an invented town and a simulator, in the browser
  xintiexin serve                   the production server
  xintiexin import FILE.xlsx        people and villages (dry run; -yes applies; -template writes the workbook)
  xintiexin export WHAT FILE.xlsx   visits, away, residents, or "forms NAME": the answers to a form
  xintiexin invite NAME             a one-time code that binds a cadre's WeChat
  xintiexin backup FILE             a copy while serving
  xintiexin restore FILE            a copy put back into an empty folder
  xintiexin menu push               the account's menu, and the staff's own
  xintiexin qr FILE.html            the villages' posters with their QR codes, to print
  xintiexin jobs [run NAME|resume]  what is done by the clock
  xintiexin broadcast [NAME …]      a text of the town's told to a village, to who has booked or is away
  xintiexin alarms [done NAME]      what wants a person: disk, backup, quota, token …
  xintiexin site check|apply|show   what the town sets for itself: texts, hours, phones (xintiexin site help)
  xintiexin form check|run|add|…    a form, as its author tries it, and as the town asks it (xintiexin form help)
  xintiexin simulate -town          a month of an invented town, and what became of each message
  xintiexin seed                    an invented population of any size, for trials

Each takes -h, and all but demo take -data DIR (default "data").
`

// run is the whole program. It returns when ctx ends and everything under way
// is done.
func run(ctx context.Context, args []string, env func(string) string, out io.Writer) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		fmt.Fprint(out, usage)
		if len(args) == 0 {
			return flag.ErrHelp
		}
		return nil
	}
	switch args[0] {
	case "demo":
		return demo(ctx, args[1:], out)
	case "serve":
		return serve(ctx, args[1:], env, out, bolt.Options{}, time.Now)
	case "simulate":
		return simulate(ctx, args[1:], out)
	case "seed":
		return seedStore(ctx, args[1:], out)
	case "form":
		return form(ctx, args[1:], env, out)
	case "restore":
		return restore(ctx, args[1:], out)
	case "import", "export", "invite", "backup", "menu", "qr", "jobs", "site", "alarms", "broadcast":
		return administer(ctx, args, env, out)
	}
	return fmt.Errorf("no command %q; see xintiexin help", args[0])
}

// settings reads KEY=VALUE lines of a file, over which the environment goes.
func settings(file string, env func(string) string) (func(string) string, error) {
	if file == "" {
		return env, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	values := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(b))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		k, v, ok := strings.Cut(line, "=")
		if !ok {
			return nil, fmt.Errorf("settings %s, line %d: no '='", file, n)
		}
		values[strings.TrimSpace(k)] = strings.Trim(strings.TrimSpace(v), `"'`)
	}
	return func(k string) string {
		if v := env(k); v != "" {
			return v
		}
		return values[k]
	}, nil
}

// account reads the account's settings.
func account(get func(string) string) wechat.Config {
	return wechat.Config{
		AppID: get("WECHAT_APPID"), Secret: get("WECHAT_SECRET"), Token: get("WECHAT_TOKEN"),
		AESKey: get("WECHAT_AES_KEY"), PreviousAESKey: get("WECHAT_PREVIOUS_AES_KEY"),
		Account: get("WECHAT_ACCOUNT"), API: get("WECHAT_API"),
	}
}

// app is the program with its store open.
type app struct {
	dir    string
	url    string // public address of the pages; "" when none are served
	engine *bolt.Store
	store  *storage.Store
	bot    *bot.Bot
	jobs   *scheduler.Scheduler
	client *wechat.Client
	now    func() time.Time
	log    *slog.Logger

	metrics *bot.Metrics

	importing sync.Mutex
}

const dbName = "xintiexin.db"

// open opens the store in dir, which it makes if it is not there.
func open(ctx context.Context, dir string, opt bolt.Options) (*bolt.Store, *storage.Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("data folder %s: %w", dir, err)
	}
	path := filepath.Join(dir, dbName)
	engine, err := bolt.Open(path, opt)
	if errors.Is(err, bolt.ErrLocked) {
		return nil, nil, fmt.Errorf("%s is in use by another process: stop it, or name another folder with -data", path)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := sweepLeftovers(dir); err != nil { // only now: whoever holds the lock is the only one at work here
		engine.Close()
		return nil, nil, err
	}
	store, err := storage.Open(ctx, engine, func(format int) error {
		return engine.Copy(ctx, fmt.Sprintf("%s.format%d", path, format))
	})
	if err != nil {
		engine.Close()
		return nil, nil, err
	}
	return engine, store, nil
}

// sweepLeftovers removes what imports, exports and restores that a crash cut short
// left behind: it holds names.
func sweepLeftovers(dir string) error {
	old, err := filepath.Glob(filepath.Join(dir, "office-*"))
	if err != nil {
		return err
	}
	old = append(old, filepath.Join(dir, dbName+restoring))
	for _, o := range old {
		if err := os.RemoveAll(o); err != nil {
			return fmt.Errorf("leftover %s: %w", o, err)
		}
	}
	return nil
}

// build wires bot and scheduler over an open store.
func (a *app) build(cfg wechat.Config) error {
	talk, err := flows.New()
	if err != nil {
		return err
	}
	holidays, err := calendar.ParseHolidays(calendar.BaseHolidays, nil)
	if err != nil {
		return err
	}
	if cfg.Secret != "" {
		a.client = &wechat.Client{Config: cfg, Now: a.now}
	}
	a.metrics = bot.NewMetrics(a.store, a.now, a.storeSize)
	a.bot = &bot.Bot{Config: cfg, Client: a.client, Store: a.store, Talk: talk, Now: a.now, Log: a.log, Pages: a.url, Metrics: a.metrics}
	a.jobs = &scheduler.Scheduler{Store: a.store, Sender: bot.Counted{Bot: a.bot, Metrics: a.metrics}, Jobs: scheduler.Jobs(), Holidays: holidays, Log: a.log,
		Compact: a.compact, Note: a.noteErased, Ran: a.metrics.Ran}
	return nil
}

// routes are the addresses of the production server.
func (a *app) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/wechat", a.bot)
	mux.HandleFunc("GET /healthz", a.health)
	a.mountPages(mux)
	return mux
}

// health says only ok or not.
func (a *app) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	err := a.store.View(ctx, func(tx *storage.Tx) error { _, err := tx.Seen(); return err })
	if err != nil || a.jobs.Held() || a.jobs.Failing() || a.bot.Full() {
		http.Error(w, "not ok", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// listenAndServe serves until ctx ends, then lets what is in flight finish. An
// answer may take write; 0 is no limit (the admin socket: an export takes long).
func listenAndServe(ctx context.Context, listener net.Listener, handler http.Handler, write time.Duration) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: write, IdleTimeout: 90 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // it would log query strings of broken requests
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		server.Close()
	}
	if err := <-done; err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// pushRate is the setting of how many messages a second are pushed at most.
const pushRate = "XINTIEXIN_PUSH_RATE"

// rate reads pushRate: 0 where it is not set. The platform's quota a day is 100,000,
// so that more than a thousand a second serve nobody.
func rate(get func(string) string) (int, error) {
	text := get(pushRate)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1000 {
		return 0, fmt.Errorf("settings: %s wants a number from 1 to 1000", pushRate)
	}
	return n, nil
}

// serve is the production server; now is its clock.
func serve(ctx context.Context, args []string, env func(string) string, out io.Writer, opt bolt.Options, now func() time.Time) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:8080", "address to listen on")
	dir := flags.String("data", "data", "data folder")
	file := flags.String("config", "", "file of KEY=VALUE settings; the environment goes over it")
	watched := flags.String("admin-listen", "", "address of this machine for /metrics, /jobs and /alarms, as 127.0.0.1:9090 (default: the admin socket alone)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	get, err := settings(*file, env)
	if err != nil {
		return err
	}
	cfg := account(get)
	if err := cfg.Check(); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	address, err := pagesAt(get(pagesURL))
	if err != nil {
		return err
	}
	perSecond, err := rate(get)
	if err != nil {
		return err
	}
	engine, store, err := open(ctx, *dir, opt)
	if err != nil {
		return err
	}
	defer engine.Close()
	a := &app{dir: *dir, url: address, engine: engine, store: store, now: now, log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	if err := a.build(cfg); err != nil {
		return err
	}
	a.jobs.Rate = perSecond
	if err := a.readTemplates(ctx, get); err != nil {
		return err
	}
	begins, err := a.startSite(ctx)
	if err != nil {
		return err
	}
	if err := a.jobs.Start(ctx, a.now()); err != nil {
		return err
	}
	socket, err := a.listenAdmin()
	if err != nil {
		return err
	}
	defer socket.Close()
	beside := []func(context.Context){a.ping, a.watch, func(ctx context.Context) { a.jobs.Serve(ctx, time.Second, a.now) }}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", *listen, err)
	}
	defer listener.Close()
	fmt.Fprintf(out, "listening on http://%s\n", listener.Addr())
	if *watched != "" {
		l, err := listenWatch(*watched)
		if err != nil {
			return err
		}
		defer l.Close()
		fmt.Fprintf(out, "metrics, jobs and alarms on http://%s\n", l.Addr())
		beside = append(beside, func(ctx context.Context) { a.serveWatch(ctx, l) })
	}
	if begins {
		fmt.Fprintln(out, "the town has no site data of its own yet, so that nothing can be booked: site show FILE.xlsx, fill it in, site apply FILE.xlsx")
	}
	return a.together(ctx, listener, socket, a.routes(), beside...)
}

// together runs the web server with the admin socket and whatever goes on beside
// it. It returns when all have ended, which they do when ctx ends or the web
// server fails: what is left would not be seen from outside.
func (a *app) together(ctx context.Context, web, socket net.Listener, handler http.Handler, beside ...func(context.Context)) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var running sync.WaitGroup
	running.Go(func() {
		if err := listenAndServe(ctx, socket, a.adminHandler(), 0); err != nil {
			a.log.Error("admin socket", "err", err)
		}
	})
	for _, do := range beside {
		running.Go(func() { do(ctx) })
	}
	err := listenAndServe(ctx, web, handler, 15*time.Second)
	stop()
	running.Wait()
	a.bot.Wait()
	return err
}

// ping warns when the platform cannot be reached or refuses the settings; the
// bot answers messages all the same.
func (a *app) ping(ctx context.Context) {
	if a.client == nil {
		a.log.Warn("no WECHAT_SECRET: messages are answered, nothing is pushed")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := a.client.Ping(ctx); err != nil {
		a.log.Warn("the platform's API does not answer; pushes wait", "err", err)
	}
}

// readTemplates keeps the mapping of notice templates, one setting a kind:
// WECHAT_TEMPLATE_MORNING="ID event=thing1 time=time2 remark=thing3".
func (a *app) readTemplates(ctx context.Context, get func(string) string) error {
	all := storage.Templates{}
	for _, kind := range []string{"morning", "visit_eve", "recorded"} {
		name := "WECHAT_TEMPLATE_" + strings.ToUpper(kind)
		words := strings.Fields(get(name))
		if len(words) == 0 {
			continue
		}
		t := storage.NoticeTemplate{ID: words[0], Keys: map[string]string{}}
		for _, w := range words[1:] {
			field, key, ok := strings.Cut(w, "=")
			if !ok || !strings.Contains(" event time date remark count ", " "+field+" ") {
				return fmt.Errorf("settings: %s: %q is not one of event=, time=, date=, remark=, count=", name, w)
			}
			t.Keys[field] = key
		}
		all[kind] = t
	}
	return a.store.Update(ctx, func(tx *storage.Tx) error {
		old, err := tx.Templates()
		if err != nil || len(all) == 0 && len(old) == 0 {
			return err
		}
		return tx.PutTemplates(all)
	})
}

// startSite puts in force what a town begins with, where it has applied no site
// data yet, and says whether that is all there is.
func (a *app) startSite(ctx context.Context) (begins bool, err error) {
	if err := site.Start(ctx, a.store, site.Blank(), a.now()); err != nil {
		return false, fmt.Errorf("begin with site data: %w", err)
	}
	err = a.store.View(ctx, func(tx *storage.Tx) error {
		s, err := tx.Site()
		begins = s != nil && s.Version == site.Blank().Version
		return err
	})
	return begins, err
}

// clock is the demo's time: the real one, moved forward.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
	jobs  *scheduler.Scheduler
	page  *simulator.Simulator
}

// Now returns the demo's time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = time.Until(t)
}

// Advance plays what is due up to to, each at its own instant and in order.
func (c *clock) Advance(ctx context.Context, to time.Time) error {
	for at := c.Now(); ; {
		next, err := c.jobs.Next(ctx, at)
		if err != nil {
			return err
		}
		if at = later(next, at.Add(time.Second)); at.After(to) {
			break
		}
		c.set(at)
		if err := c.tick(ctx, at); err != nil {
			return err
		}
	}
	c.set(to)
	return c.tick(ctx, to)
}

// tick runs what is due and lets the platform report what became of it.
func (c *clock) tick(ctx context.Context, at time.Time) error {
	if err := c.jobs.Tick(ctx, at); err != nil {
		return err
	}
	return c.page.Finish(ctx)
}

// serve ticks every second until ctx ends.
func (c *clock) serve(ctx context.Context, log *slog.Logger) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		if err := c.tick(ctx, c.Now()); err != nil && ctx.Err() == nil {
			log.Error("scheduler", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// demoConfig is the invented account of the demo; its keys protect nothing.
var demoConfig = wechat.Config{
	AppID: "wxdemo0123456789ab", Secret: "demo-secret", Token: "demotoken",
	AESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", Account: "gh_demo",
}

// demo starts everything on one address: the bot, a platform that is not
// WeChat's, and the page that plays the phones.
func demo(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
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
	a := &app{dir: *dir, url: "http://" + listener.Addr().String(), engine: engine, store: store, now: c.Now,
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
	if err := a.jobs.Start(ctx, c.Now()); err != nil {
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
func (c *clock) resume(ctx context.Context, store *storage.Store) error {
	return store.View(ctx, func(tx *storage.Tx) error {
		seen, err := tx.Seen()
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
	page := &simulator.Simulator{Webhook: a.bot, Account: "样庄心贴心", Log: a.log, Templates: demoTemplates}
	page.Platform = fake.New(fake.Options{Config: cfg, Now: a.now, Templates: demoTemplates, Staff: a.staff, OnPush: page.Pushed})
	var people []simulator.Persona
	for _, p := range cast.Personas {
		if p.Follows {
			page.Platform.Followed(p.OpenID)
		}
		people = append(people, simulator.Persona{OpenID: p.OpenID, Name: p.Name, Role: p.Role, Village: p.Village, Note: p.Note, Follows: p.Follows})
	}
	page.Personas = func(context.Context) ([]simulator.Persona, error) { return people, nil }
	if cast.InviteCode != "" {
		page.Posters = []simulator.Poster{{Name: "给" + cast.InviteFor + "的绑定码", Scene: flows.Scene(cast.InviteCode)}}
	}
	var posters []simulator.Poster
	err = a.store.Update(ctx, func(tx *storage.Tx) error {
		villages, err := tx.Villages()
		if err != nil {
			return err
		}
		posters = nil
		for _, v := range villages {
			posters = append(posters, simulator.Poster{Name: v.Name + "的海报", Scene: flows.Poster(v.ID)})
		}
		return tx.PutTemplates(demoNotices())
	})
	if err != nil {
		return nil, err
	}
	page.Posters = append(page.Posters, posters...)
	return page, nil
}

// staff reports whether a WeChat is bound to a cadre.
func (a *app) staff(openid string) bool {
	var p storage.Person
	err := a.store.View(context.Background(), func(tx *storage.Tx) (err error) {
		p, err = tx.Who(openid)
		return err
	})
	return err == nil && p.Staff()
}

// menus sets the account's menus on the demo's platform, once it answers.
func (a *app) menus(ctx context.Context) {
	if _, err := a.pushMenus(ctx); err != nil {
		a.log.Warn("menus not set", "err", err)
	}
}

// demoTemplates are the notice templates that the invented account owns.
var demoTemplates = []fake.Template{
	{ID: "DEMO_TODO", Title: "待办事项通知", Content: "事项：{{thing1.DATA}}\n时间：{{time2.DATA}}\n备注：{{thing3.DATA}}"},
	{ID: "DEMO_BOOKING", Title: "预约进度通知", Content: "事项：{{thing1.DATA}}\n时间：{{time2.DATA}}\n备注：{{thing3.DATA}}"},
	{ID: "DEMO_PROGRESS", Title: "办理进度通知", Content: "事项：{{thing1.DATA}}\n日期：{{date2.DATA}}\n备注：{{thing3.DATA}}"},
}

// demoNotices say which of them carries a kind of delivery, or all kinds of a head.
func demoNotices() storage.Templates {
	out := storage.Templates{}
	with := func(id, field, key string, kinds ...string) {
		for _, k := range kinds {
			out[k] = storage.NoticeTemplate{ID: id, Keys: map[string]string{"event": "thing1", field: key, "remark": "thing3"}}
		}
	}
	with("DEMO_TODO", "time", "time2", "morning", "call", "digest", "alarm")
	with("DEMO_BOOKING", "time", "time2", "appointment", "offer", "release", "lecture")
	with("DEMO_PROGRESS", "date", "date2", "visit_eve", "recorded", "paper", "request", "note", "broadcast", "plan", "away")
	return out
}
