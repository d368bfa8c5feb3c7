package command

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"xintiexin/bot"
	"xintiexin/bot/settings"
	"xintiexin/bot/wechat"
	"xintiexin/bot/workbook/exports"
	"xintiexin/bot/workbook/imports"
	"xintiexin/flows"
	"xintiexin/flows/people"
	"xintiexin/flows/site"
	"xintiexin/flows/staff"
	"xintiexin/flows/townform"
	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
	"xintiexin/storage/staffing"
)

// Administrative commands run inside the server when one is running, through a
// unix socket in the data folder, and otherwise open the file themselves: the
// same function either way.

const socketName = "admin.sock"

// order is a command on its way to the server.
type order struct {
	Args []string
	Dir  string // where it was typed: relative file names count from there
}

// listenAdmin opens the socket, for this user alone. One left over by a crash
// is removed: whoever holds the database is the only server.
func (a *app) listenAdmin() (net.Listener, error) {
	path := filepath.Join(a.dir, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("old admin socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	return l, nil
}

func (a *app) adminHandler() http.Handler {
	mux := a.watchRoutes()
	mux.HandleFunc("POST /run", func(w http.ResponseWriter, r *http.Request) {
		var o order
		if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&o); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Trailer", "Failed")
		err := a.command(r.Context(), o, w)
		if err != nil {
			w.Header().Set("Failed", url.PathEscape(err.Error()))
		}
	})
	return mux
}

// administer runs a command in the server of the data folder, or here.
func administer(ctx context.Context, args []string, env func(string) string, out io.Writer) error {
	dir, rest, err := dataFlag(args)
	if err != nil {
		return err
	}
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	o := order{Args: rest, Dir: here}
	if ran, err := remote(ctx, filepath.Join(dir, socketName), o, out); ran {
		return err
	}
	if wantsHelp(rest) {
		return (&app{}).command(ctx, o, out)
	}
	if _, err := os.Stat(filepath.Join(dir, dbName)); err != nil && len(rest) > 1 && rest[0] == "site" && rest[1] == "check" {
		return (&app{now: time.Now}).command(ctx, o, out) // wherever the table is written there need be no data
	}
	engine, store, err := open(ctx, dir, bolt.Options{})
	if err != nil {
		return err
	}
	defer engine.Close()
	a := &app{dir: dir, engine: engine, store: store, now: time.Now, log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	if err := a.build(settings.Account(env)); err != nil {
		return err
	}
	if a.bot.Forwarded, err = settings.Forwarded(env); err != nil {
		return err
	}
	if err := a.begin(ctx); err != nil {
		return err
	}
	return a.command(ctx, o, out)
}

func wantsHelp(args []string) bool {
	return slices.ContainsFunc(args, func(s string) bool { return s == "-h" || s == "--help" })
}

// dataFlag takes -data out of the arguments, wherever it stands.
func dataFlag(args []string) (dir string, rest []string, err error) {
	dir = "data"
	for i := 0; i < len(args); i++ {
		name, value, has := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		if name != "data" || !strings.HasPrefix(args[i], "-") {
			rest = append(rest, args[i])
			continue
		}
		if !has {
			if i++; i == len(args) {
				return "", nil, errors.New("-data wants a folder")
			}
			value = args[i]
		}
		dir = value
	}
	return dir, rest, nil
}

// remote hands a command to a running server; ran is false when there is none.
func remote(ctx context.Context, socket string, o order, out io.Writer) (ran bool, err error) {
	probe, err := net.DialTimeout("unix", socket, time.Second)
	if err != nil {
		return false, nil
	}
	probe.Close()
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	defer client.CloseIdleConnections()
	body, err := json.Marshal(o)
	if err != nil {
		return true, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://admin/run", strings.NewReader(string(body)))
	if err != nil {
		return true, err
	}
	res, err := client.Do(req)
	if err != nil {
		return true, fmt.Errorf("ask the server: %w", err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(out, res.Body); err != nil {
		return true, fmt.Errorf("read the server's answer: %w", err)
	}
	if failed := res.Trailer.Get("Failed"); failed != "" {
		if text, err := url.PathUnescape(failed); err == nil { // a header has no line ends
			failed = text
		}
		return true, errors.New(failed)
	}
	return true, nil
}

// command runs one administrative command.
func (a *app) command(ctx context.Context, o order, out io.Writer) error {
	if len(o.Args) == 0 {
		return errors.New("no command was sent")
	}
	name, args := o.Args[0], o.Args[1:]
	c, ok := commandOf(name)
	if !ok || c.inside == nil {
		return fmt.Errorf("there is no command %q that a server carries out", name)
	}
	return c.inside(a, ctx, newFlags(name, out), args, o, out)
}

// parse reads flags that may stand before and after the other words.
func parse(flags *flag.FlagSet, args []string) ([]string, error) {
	var words []string
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if args = flags.Args(); len(args) == 0 {
			return words, nil
		}
		words, args = append(words, args[0]), args[1:]
	}
}

func (o order) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(o.Dir, name)
}

func (a *app) importFile(ctx context.Context, flags *flag.FlagSet, args []string, o order, out io.Writer) error {
	yes := flags.Bool("yes", false, "apply; without it nothing is changed")
	template := flags.Bool("template", false, "write an empty workbook to fill in")
	from := flags.String("from", "", "where the list comes from (asked for with -yes)")
	ground := flags.String("ground", "", "on what ground its people may be kept (asked for with -yes)")
	partial := flags.Bool("partial", false, "apply the rows without mistakes")
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return wrongUsage("import")
	}
	path := o.path(words[0])
	if *template {
		return writeNew(path, out, func(w io.Writer) error { return imports.Template(w) })
	}
	if *yes && (*from == "" || *ground == "") {
		return errors.New(`say where the list comes from and why its people may be kept: -from "各村11月自愿报名" -ground "本人同意"`)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	a.importing.Lock() // two at once could add a person twice
	defer a.importing.Unlock()
	report, err := imports.Import(ctx, a.store, f, imports.Ground{From: *from, Ground: *ground, By: "command line", Partial: *partial, TempDir: a.dir}, *yes, a.now())
	if err != nil {
		return err
	}
	fmt.Fprintln(out, report.String())
	if len(report.Mistakes) > 0 && !report.Applied {
		return fmt.Errorf("%d mistakes; nothing was changed", len(report.Mistakes))
	}
	return nil
}

// writeNew writes a file that must not be there yet, for this user alone.
func writeNew(path string, out io.Writer, write func(io.Writer) error) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			os.Remove(path)
			return
		}
		fmt.Fprintln(out, "wrote", path)
	}()
	return write(f)
}

func (a *app) exportFile(ctx context.Context, flags *flag.FlagSet, args []string, o order, out io.Writer) error {
	since := flags.String("from", "", "first day, 2026-11-01")
	until := flags.String("to", "", "last day")
	labels := flags.Bool("labels", false, "of forms: a second row with the questions' words")
	changed := flags.Bool("changed", false, "of tables: only the lines that changed since they were taken last")
	again := flags.Bool("again", false, "the same once more, which did not arrive; with -changed")
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(words) < 2 {
		return wrongUsage("export")
	}
	filter := exports.Filter{TempDir: a.dir}
	if filter.From, err = calendar.ParseDay(*since); err != nil {
		return err
	}
	if filter.To, err = calendar.ParseDay(*until); err != nil {
		return err
	}
	path := o.path(words[len(words)-1])
	if words[0] == "forms" && len(words) == 3 {
		return a.exportForms(ctx, words[1], path, filter, *labels, out)
	}
	if *again && !*changed || *changed && *since+*until != "" {
		return errors.New("-again goes with -changed, and -changed with no days")
	}
	return writeNew(path, out, func(w io.Writer) error {
		rows, err := exports.Export(ctx, a.store, w, exports.Order{Tables: words[:len(words)-1], Changed: *changed, Again: *again, Now: a.now(), Filter: filter})
		if err == nil {
			fmt.Fprintf(out, "%d rows\n", rows)
		}
		return err
	})
}

// invite prints a code for a cadre, by name or, where a name repeats, by id.
func (a *app) invite(ctx context.Context, flags *flag.FlagSet, args []string, out io.Writer) error {
	bound := flags.Bool("bound", false, "for somebody who is bound already: the new code takes the place of that WeChat, and who is bound is told")
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return wrongUsage("invite")
	}
	var random [13]byte
	for i := range random { // 0..249 only: every digit alike
		for b := (random[i : i+1]); ; {
			if _, err := rand.Read(b); err != nil {
				return err
			}
			if b[0] < 250 {
				break
			}
		}
	}
	code := person.NewCode(random)
	var c person.Staff
	err = a.store.Update(ctx, func(tx *record.Tx) error {
		if c, err = findCadre(tx, words[0]); err != nil {
			return err
		}
		if c.OpenID != "" && !*bound {
			return fmt.Errorf("a WeChat is bound to %s already: invite %s -bound gives a code that takes its place, and tells it", c.Name, words[0])
		}
		return staffing.GiveCodeAs(tx, code, c.ID, a.now())
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s：绑定码 %s %s %s，3天内有效，只能用一次，当面给。\n", c.Name, code[:5], code[5:10], code[10:])
	if a.client != nil {
		ticket, _, err := a.client.CreateQR(ctx, people.Scene(code), person.InviteTime)
		if err != nil {
			fmt.Fprintln(out, "no QR code:", err)
			return nil
		}
		fmt.Fprintln(out, "二维码：", wechat.QRPicture(ticket))
	}
	return nil
}

func findCadre(tx *record.Tx, name string) (person.Staff, error) {
	all, err := person.AllStaff(tx)
	if err != nil {
		return person.Staff{}, err
	}
	var hits []person.Staff
	for _, c := range all {
		if c.ID == name {
			return c, nil
		}
		if c.Name == name && !c.Left {
			hits = append(hits, c)
		}
	}
	switch len(hits) {
	case 0:
		return person.Staff{}, fmt.Errorf("nobody of the staff is called %s: run xintiexin staff for the names, or import this person first", name)
	case 1:
		return hits[0], nil
	}
	lines := []string{"several of the staff are called " + name + ": write the id in place of the name"}
	for _, c := range hits {
		lines = append(lines, fmt.Sprintf("  %s  %s %s", c.ID, strings.Join(c.Villages, ","), c.Phone))
	}
	return person.Staff{}, errors.New(strings.Join(lines, "\n"))
}

// restore puts a backup into a folder that holds no database.
func restore(ctx context.Context, args []string, out io.Writer) error {
	dir, rest, err := dataFlag(args)
	if err != nil {
		return err
	}
	flags := newFlags("restore", out)
	list := flags.String("forgotten", "", "the list of deleted residents (default: "+forgottenName+" of the folder)")
	words, err := parse(flags, rest)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return wrongUsage("restore")
	}
	if _, err := os.Stat(filepath.Join(dir, dbName)); err == nil {
		return fmt.Errorf("%s already holds a database: move it away first, nothing was changed", dir)
	}
	seal, err := wholeBackup(words[0])
	if err != nil {
		return fmt.Errorf("%w; nothing was changed", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	who, err := forgottenSince(dir, *list)
	if err != nil {
		return err
	}
	if err := restoreInto(ctx, words[0], dir, who, out); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if seal.Format < storage.Format {
		fmt.Fprintf(out, "it was of format %d, and is of format %d now\n", seal.Format, storage.Format)
	}
	fmt.Fprintln(out, "restored into", dir)
	return nil
}

// menu sets the account's menus: everybody's, and the staff's own, by the tag that
// every bound cadre is given.
func (a *app) menu(ctx context.Context, flags *flag.FlagSet, args []string, out io.Writer) error {
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(words) != 1 || words[0] != "push" {
		return wrongUsage("menu")
	}
	if a.client == nil {
		return errors.New("no WECHAT_SECRET: the platform's API cannot be called")
	}
	if a.bot.Forwarded {
		return errors.New("the account's menu belongs to the server in front: have it set buttons of type click, with these keys: " + strings.Join(menuKeys(), " "))
	}
	bound, left, err := a.pushMenus(ctx)
	if len(left) > 0 {
		fmt.Fprintf(out, "the platform does not take %s: do they still follow the account? They have no menu of their own\n", strings.Join(left, ", "))
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "menus set; %d cadres have their own\n", bound)
	return nil
}

// menuKeys are the keys of everybody's menu.
func menuKeys() (keys []string) {
	for _, b := range staff.ResidentMenu() {
		if len(b.Sub) == 0 {
			keys = append(keys, b.Words)
		}
		for _, s := range b.Sub {
			keys = append(keys, s.Words)
		}
	}
	return keys
}

// pushMenus sets the menus of the account and of its staff, and returns how many of
// those have their own, and the names of those whom the platform does not take.
func (a *app) pushMenus(ctx context.Context) (bound int, left []string, err error) {
	var staff []bot.Audience
	names := map[string]string{}
	err = a.store.View(ctx, func(tx *record.Tx) error {
		all, err := person.AllStaff(tx)
		staff = bot.Audiences(all)
		for _, c := range all {
			names[c.OpenID] = c.Name
		}
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	for _, g := range staff {
		bound += len(g.OpenIDs)
	}
	refused, err := bot.PushMenus(ctx, a.client, staff)
	for _, openid := range refused {
		left = append(left, names[openid])
	}
	return bound - len(refused), left, err
}

func (a *app) jobsCommand(ctx context.Context, flags *flag.FlagSet, args []string, out io.Writer) error {
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	switch {
	case len(words) == 0:
		return a.jobs.List(ctx, out, a.now())
	case len(words) == 1 && words[0] == "resume":
		return a.jobs.Resume(ctx, a.now())
	case len(words) >= 2 && words[0] == "run":
		did, err := a.jobs.RunJob(ctx, strings.Join(words[1:], " "), a.now())
		fmt.Fprintln(out, did)
		return err
	}
	return wrongUsage("jobs")
}

// siteCommand checks, applies or shows what the town sets for itself.
func (a *app) siteCommand(ctx context.Context, args []string, o order, out io.Writer) error {
	talk, err := flows.New()
	if err != nil {
		return err
	}
	c := site.Command{Store: a.store, Now: a.now, Keywords: talk.Keywords(), Path: o.path}
	if a.store != nil {
		err := a.store.View(ctx, func(tx *record.Tx) error {
			added, err := townform.AddedQuestions(tx, "visit")
			c.Added = append([]string{}, added...)
			return err
		})
		if err != nil {
			return err
		}
	}
	return site.Run(ctx, args, out, c)
}

// seedStore fills a store with an invented population.
func seedStore(ctx context.Context, args []string, out io.Writer) error {
	flags := newFlags("seed", out)
	dir := flags.String("data", "data", "data folder")
	residents := flags.Int("residents", 2000, "how many residents")
	cadres := flags.Int("cadres", 20, "how many village workers")
	if err := flags.Parse(args); err != nil {
		return err
	}
	engine, store, err := open(ctx, *dir, bolt.Options{})
	if err != nil {
		return err
	}
	defer engine.Close()
	town, err := seed.Town(ctx, store, seed.Options{Residents: *residents, Cadres: *cadres, Today: calendar.DayOf(time.Now())})
	if err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	for _, c := range town.Cadres {
		fmt.Fprintln(out, c.OpenID)
	}
	return nil
}
