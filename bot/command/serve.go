package command

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"xintiexin/bot/health"
	"xintiexin/bot/settings"
	"xintiexin/bot/wechat"
	"xintiexin/flows/site"
	"xintiexin/storage/bolt"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// rate reads pushRate: 0 where it is not set. The platform's quota a day is 100,000,
// so that more than a thousand a second serve nobody.
func rate(get func(string) string) (int, error) {
	text := get(settings.PushRate)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1000 {
		return 0, fmt.Errorf("settings: %s wants a number from 1 to 1000", settings.PushRate)
	}
	return n, nil
}

// serve is the production server; now is its clock.
func serve(ctx context.Context, args []string, env func(string) string, out io.Writer, opt bolt.Options, now func() time.Time) error {
	flags := newFlags("serve", out)
	listen := flags.String("listen", "127.0.0.1:8080", "address to listen on")
	dir := flags.String("data", "data", "data folder")
	file := flags.String("config", "", "file of KEY=VALUE settings; the environment goes over it")
	watched := flags.String("admin-listen", "", "address of this machine for /metrics, /jobs and /alarms, as 127.0.0.1:9090 (default: the admin socket alone)")
	try := flags.Bool("check", false, "try the settings out against the platform, print what works, and end")
	if err := flags.Parse(args); err != nil {
		return err
	}
	get, err := settings.Read(*file, env)
	if err != nil {
		return err
	}
	cfg := settings.Account(get)
	if err := cfg.Check(); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	address, err := pagesAt(get(settings.PagesURL))
	if err != nil {
		return err
	}
	perSecond, err := rate(get)
	if err != nil {
		return err
	}
	values, err := settings.SettingsFile(*file)
	if err != nil {
		return err
	}
	behind, err := settings.Forwarded(get)
	if err != nil {
		return err
	}
	for _, line := range settings.Warnings(values, cfg, behind, address, *listen) {
		fmt.Fprintln(out, "warning:", line)
	}
	mapped, err := mappedTemplates(get)
	if err != nil {
		return err
	}
	if *try {
		c := health.Checkup{Client: &wechat.Client{Config: cfg, Now: now}, Mapped: mapped, Address: address, Now: now(), Out: out}
		return c.Run(ctx)
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
	a.jobs.Rate, a.bot.Forwarded = perSecond, behind
	if err := a.keepTemplates(ctx, mapped); err != nil {
		return err
	}
	begins, err := a.startSite(ctx)
	if err != nil {
		return err
	}
	if err := a.begin(ctx); err != nil {
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
	if behind {
		fmt.Fprintf(out, "the server in front posts to %s/wechat/%s\n", address, cfg.ForwardPath())
	}
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

// mappedTemplates reads the mapping of notice templates, one setting a kind:
// WECHAT_TEMPLATE_MORNING="ID event=thing1 time=time2 remark=thing3".
func mappedTemplates(get func(string) string) (townconfig.Templates, error) {
	all := townconfig.Templates{}
	for _, kind := range []string{"morning", "visit_eve", "recorded"} {
		name := "WECHAT_TEMPLATE_" + strings.ToUpper(kind)
		words := strings.Fields(get(name))
		if len(words) == 0 {
			continue
		}
		t := townconfig.NoticeTemplate{ID: words[0], Keys: map[string]string{}}
		for _, w := range words[1:] {
			field, key, ok := strings.Cut(w, "=")
			if !ok || !strings.Contains(" event time date remark count ", " "+field+" ") {
				return nil, fmt.Errorf("settings: %s: %q is not one of event=, time=, date=, remark=, count=", name, w)
			}
			t.Keys[field] = key
		}
		all[kind] = t
	}
	return all, nil
}

// keepTemplates keeps the mapping that the settings have.
func (a *app) keepTemplates(ctx context.Context, all townconfig.Templates) error {
	return a.store.Update(ctx, func(tx *record.Tx) error {
		old, err := townconfig.LoadTemplates(tx)
		if err != nil || len(all) == 0 && len(old) == 0 {
			return err
		}
		return townconfig.PutTemplates(tx, all)
	})
}

// startSite puts in force what a town begins with, where it has applied no site
// data yet, and says whether that is all there is.
func (a *app) startSite(ctx context.Context) (begins bool, err error) {
	if err := site.Start(ctx, a.store, site.Blank(), a.now()); err != nil {
		return false, fmt.Errorf("begin with site data: %w", err)
	}
	err = a.store.View(ctx, func(tx *record.Tx) error {
		s, err := townconfig.Current(tx)
		begins = s != nil && s.Version == site.Blank().Version
		return err
	})
	return begins, err
}
