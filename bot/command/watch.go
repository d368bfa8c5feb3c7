package command

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"xintiexin/bot"
	"xintiexin/storage/ops"
	"xintiexin/storage/record"
)

// What the operator watches: metrics, jobs and alarms, on the admin socket and,
// where -admin-listen says so, on an address of this machine.

// storeSize returns the bytes of the database's file.
func (a *app) storeSize() (int64, error) {
	s, err := os.Stat(filepath.Join(a.dir, dbName))
	if err != nil {
		return 0, fmt.Errorf("size of the store: %w", err)
	}
	return s.Size(), nil
}

// watch looks for what wants a person until ctx ends.
func (a *app) watch(ctx context.Context) {
	w := &bot.Watch{Bot: a.bot, Held: a.jobs.Held, Disk: func() (uint64, error) { return freeBytes(a.dir) }}
	w.Run(ctx, time.Minute)
}

// watchRoutes are what may be read by whoever is on this machine: nothing of it
// names anybody.
func (a *app) watchRoutes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metrics.Handler())
	plain := func(write func(context.Context, io.Writer) error) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			if err := write(r.Context(), w); err != nil {
				a.log.Error("not told", "path", r.URL.Path, "err", err)
				http.Error(w, "not ok", http.StatusInternalServerError)
			}
		}
	}
	mux.HandleFunc("GET /jobs", plain(func(ctx context.Context, w io.Writer) error { return a.jobs.List(ctx, w, a.now()) }))
	mux.HandleFunc("GET /alarms", plain(a.listAlarms))
	return mux
}

// listenWatch opens the address of -admin-listen. It returns an error for one
// that others than this machine could reach.
func listenWatch(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("-admin-listen %s: not an address, as 127.0.0.1:9090", address)
	}
	if !loopback(host) {
		return nil, fmt.Errorf("-admin-listen %s: only this machine may read it: 127.0.0.1:PORT or [::1]:PORT", address)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("-admin-listen: %w", err)
	}
	return l, nil
}

// serveWatch serves metrics, jobs and alarms until ctx ends.
func (a *app) serveWatch(ctx context.Context, l net.Listener) {
	if err := listenAndServe(ctx, l, local(a.watchRoutes()), 30*time.Second); err != nil {
		a.log.Error("admin address", "err", err)
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// local answers those alone who call this machine by a name of its own: a page in
// a browser here can give it another.
func local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(r.Host); err == nil {
			host = h
		}
		if !loopback(host) {
			http.Error(w, "not this machine", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// listAlarms writes what wants a person, the oldest first.
func (a *app) listAlarms(ctx context.Context, out io.Writer) error {
	var all []ops.Alarm
	err := a.store.View(ctx, func(tx *record.Tx) (err error) {
		all, err = ops.OpenAlarms(tx)
		return err
	})
	if err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintln(out, "no alarms")
	}
	for _, l := range all {
		about := ""
		if l.About != "" {
			about = " " + l.About
		}
		fmt.Fprintf(out, "%s  %s%s  %s\n", stampOf(l.Since), l.Name, about, l.Detail)
	}
	return nil
}

// alarmsCommand lists the alarms, or takes one away that was mended where the
// server cannot see it.
func (a *app) alarmsCommand(ctx context.Context, flags *flag.FlagSet, args []string, out io.Writer) error {
	words, err := parse(flags, args)
	switch {
	case err != nil:
		return err
	case len(words) == 0:
		return a.listAlarms(ctx, out)
	case len(words) != 2 || words[0] != "done":
		return wrongUsage("alarms")
	}
	n := 0
	err = a.store.Update(ctx, func(tx *record.Tx) (err error) {
		n, err = ops.EndAlarm(tx, words[1], a.now())
		return err
	})
	if err == nil && n == 0 {
		err = fmt.Errorf("no alarm %q stands; see alarms", words[1])
	}
	if err == nil {
		fmt.Fprintln(out, "done; it comes again if it is not mended")
	}
	return err
}

// noteBackup keeps that a backup was made now.
func (a *app) noteBackup(ctx context.Context) error {
	return a.store.Update(ctx, func(tx *record.Tx) error {
		b, err := ops.LastBackup(tx)
		if err != nil {
			return err
		}
		b.At = a.now().Unix()
		if b.Since == 0 {
			b.Since = b.At
		}
		return ops.PutBackup(tx, b)
	})
}
