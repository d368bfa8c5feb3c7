package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"xintiexin/bot"
	"xintiexin/bot/wechat"
	"xintiexin/flows"
	"xintiexin/scheduler"
	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/ops"
	"xintiexin/storage/record"
)

// app is the program with its store open.
type app struct {
	dir    string
	url    string // public address of the pages; "" when none are served
	script string // where the pages get WeChat's script; "" is the platform's own
	engine *bolt.Store
	store  *record.Store
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
func open(ctx context.Context, dir string, opt bolt.Options) (*bolt.Store, *record.Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("data folder %s: %w", dir, err)
	}
	path := filepath.Join(dir, dbName)
	if err := notHalfRestored(dir); err != nil {
		return nil, nil, err
	}
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
		_, err := engine.Backup(ctx, fmt.Sprintf("%s.format%d", path, format), bolt.Seal{Format: format, At: time.Now().Unix()})
		return err
	})
	if err != nil {
		engine.Close()
		return nil, nil, fmt.Errorf("open %s: %w", path, err)
	}
	return engine, store, nil
}

// notHalfRestored refuses a folder in which a restore was cut short: what would begin
// there is an empty town.
func notHalfRestored(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, dbName)); err == nil {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, dbName+restoring)); err == nil {
		return fmt.Errorf("a restore into %s was cut short: run it again", dir)
	}
	return nil
}

// sweepLeftovers removes what imports, exports and restores that a crash cut short
// left behind: it holds names.
func sweepLeftovers(dir string) error {
	old, err := filepath.Glob(filepath.Join(dir, "office-*"))
	if err != nil {
		return err
	}
	half, err := filepath.Glob(filepath.Join(dir, dbName+restoring+"*")) // its own and what a compaction of it left
	if err != nil {
		return err
	}
	old = append(old, half...)
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
	if cfg.Calls() {
		a.client = &wechat.Client{Config: cfg, Now: a.now}
	}
	a.metrics = bot.NewMetrics(a.store, a.now, a.storeSize)
	a.bot = &bot.Bot{Config: cfg, Client: a.client, Store: a.store, Talk: talk, Now: a.now, Log: a.log, Pages: a.url, Metrics: a.metrics}
	a.jobs = &scheduler.Scheduler{Store: a.store, Sender: bot.Counted{Bot: a.bot, Metrics: a.metrics}, Jobs: scheduler.Jobs(), Holidays: holidays, Log: a.log,
		Compact: a.compact, Note: a.noteErased, Ran: a.metrics.Ran}
	return nil
}

// begin takes up what was under way when the program ended.
func (a *app) begin(ctx context.Context) error {
	if err := a.bot.LoadStops(ctx); err != nil {
		return err
	}
	return a.jobs.Start(ctx, a.now())
}

// routes are the addresses of the production server.
func (a *app) routes() *http.ServeMux {
	mux := http.NewServeMux()
	if a.bot.Forwarded {
		mux.Handle("/wechat/"+a.bot.Config.ForwardPath(), a.bot)
	} else {
		mux.Handle("/wechat", a.bot)
	}
	mux.HandleFunc("GET /healthz", a.health)
	a.mountPages(mux)
	return mux
}

// health says only ok or not.
func (a *app) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	err := a.store.View(ctx, func(tx *record.Tx) error { _, err := ops.LastSeen(tx); return err })
	if err != nil || a.jobs.Held() || a.jobs.Failing() || a.bot.Full() || a.bot.ClockWrong() {
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
