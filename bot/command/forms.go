package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"xintiexin/bot/workbook/exports"
	"xintiexin/flows"
	"xintiexin/flows/author"
	"xintiexin/flows/dialog"
	formpkg "xintiexin/flows/form"
	"xintiexin/flows/townform"
	"xintiexin/flows/xlsform"
	"xintiexin/storage/calendar"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townforms"
)

// formCommands are those that need the town's store; the others of form are the
// author's own.
var formCommands = []string{"add", "use", "remove", "list"}

// form runs a command about forms, in the store of the data folder where it needs
// one.
func form(ctx context.Context, args []string, env func(string) string, out io.Writer) error {
	dir, rest, err := dataFlag(args)
	if err != nil {
		return err
	}
	if len(rest) == 0 || !slices.Contains(formCommands, rest[0]) || rest[0] == "list" && !hasStore(dir) {
		talk, err := flows.New()
		if err != nil {
			return err
		}
		err = author.Run(ctx, args, os.Stdin, out, author.Options{Live: dialog.LiveLists(), Builtin: flows.Forms(), Check: func(a0 *formpkg.Form) []xlsform.Finding { return townform.Check(talk, a0) }})
		if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
			fmt.Fprint(out, "\nof a town, inside the running server where there is one:\n"+usageOf("form"))
		}
		return err
	}
	return administer(ctx, append([]string{"form"}, args...), env, out)
}

func hasStore(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, dbName))
	return err == nil
}

// formCommand is form inside the server.
func (a *app) formCommand(ctx context.Context, flags *flag.FlagSet, args []string, o order, out io.Writer) error {
	by := flags.String("by", "", "the name (or id) of the cadre who does it")
	draft := flags.Bool("draft", false, "keep it to be tried, not in force")
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	talk, err := flows.New()
	if err != nil {
		return err
	}
	who := ""
	if *by != "" {
		err := a.store.View(ctx, func(tx *record.Tx) error {
			c, err := findCadre(tx, *by)
			who = c.ID
			return err
		})
		if err != nil {
			return err
		}
	}
	switch {
	case len(words) == 2 && words[0] == "add":
		return a.addForm(ctx, talk, o.path(words[1]), *draft, who, out)
	case len(words) == 1 && words[0] == "list":
		return a.listForms(ctx, out)
	case (len(words) == 2 || len(words) == 3) && words[0] == "use":
		version := ""
		if len(words) == 3 {
			version = words[2]
		}
		return a.useForm(ctx, talk, words[1], version, who, out)
	case len(words) == 2 && words[0] == "remove":
		err := a.store.Update(ctx, func(tx *record.Tx) error { return townforms.Deactivate(tx, words[1], who, a.now()) })
		if errors.Is(err, record.ErrNotFound) {
			return fmt.Errorf("no form %q is in force; see form list", words[1])
		}
		if err == nil {
			fmt.Fprintln(out, townform.FormOff(words[1]))
		}
		return err
	}
	return wrongUsage("form")
}

func (a *app) addForm(ctx context.Context, talk *dialog.Talk, path string, draft bool, by string, out io.Writer) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	src, err := io.ReadAll(io.LimitReader(file, 16<<20+1))
	if err != nil {
		return fmt.Errorf("read form: %w", err)
	}
	f, done, err := townform.AddForm(talk, ctx, a.store, filepath.Base(path), src, draft, by, a.now())
	if err != nil {
		return err
	}
	sayFindings(out, f.Findings)
	if f.Fatal() {
		return fmt.Errorf("%s cannot go live; nothing was changed", filepath.Base(path))
	}
	fmt.Fprintln(out, townform.FormAdded(f.Form, draft, done))
	return nil
}

func sayFindings(out io.Writer, findings []xlsform.Finding) {
	for _, x := range findings {
		fmt.Fprintln(out, strings.ReplaceAll(x.String(), "\n", " "))
		if text := x.Marked(); text != "" {
			fmt.Fprintln(out, "    "+strings.ReplaceAll(text, "\n", "\n    "))
		}
	}
}

func (a *app) useForm(ctx context.Context, talk *dialog.Talk, name, version, by string, out io.Writer) error {
	v, findings, err := townform.UseForm(talk, ctx, a.store, name, version, by, a.now())
	if errors.Is(err, record.ErrNotFound) {
		return fmt.Errorf("no form %q %s is kept; see form list", name, version)
	}
	if err != nil {
		return err
	}
	sayFindings(out, findings)
	if len(findings) > 0 && slices.ContainsFunc(findings, func(x xlsform.Finding) bool { return !x.Warning }) {
		return fmt.Errorf("%s cannot go live; nothing was changed", name)
	}
	fmt.Fprintln(out, townform.FormUsed(v))
	return nil
}

// listForms says what is asked of people, the town's and the built-in, and what
// else is kept.
func (a *app) listForms(ctx context.Context, out io.Writer) error {
	var now, log []townforms.FormVersion
	cadres := map[string]string{}
	err := a.store.View(ctx, func(tx *record.Tx) (err error) {
		if now, err = townforms.All(tx); err != nil {
			return err
		}
		if log, err = townforms.Log(tx); err != nil {
			return err
		}
		all, err := person.AllStaff(tx)
		for _, c := range all {
			cadres[c.ID] = c.Name
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := author.Run(ctx, []string{"list"}, nil, out, author.Options{Live: dialog.LiveLists(), Builtin: flows.Forms()}); err != nil {
		return err
	}
	answers := map[string]int{}
	for _, v := range now {
		if answers[v.Form], err = a.countForms(ctx, v.Form); err != nil {
			return err
		}
	}
	line := func(v townforms.FormVersion, state string) string {
		day := time.Unix(v.At, 0).In(calendar.Zone).Format("2006-01-02 15:04")
		return strings.TrimSpace(strings.Join([]string{state, v.Form, v.Title, v.Version, v.ID, day, cadres[v.By]}, "  "))
	}
	fmt.Fprintln(out, "\n镇上自己的：")
	for _, v := range now {
		fmt.Fprintf(out, "%s  填了 %d 份\n", line(v, "在用"), answers[v.Form])
	}
	said := map[string]bool{}
	for _, v := range log {
		inForce := slices.ContainsFunc(now, func(n townforms.FormVersion) bool { return n.ID == v.ID })
		if said[v.ID] || inForce && !v.Draft {
			continue
		}
		said[v.ID] = true
		state := "以前"
		switch {
		case inForce:
			continue
		case v.Gone:
			state = "停用"
		case v.Draft:
			state = "试填"
		}
		fmt.Fprintln(out, line(v, state))
	}
	if len(log) == 0 {
		fmt.Fprintln(out, "（还没有。form add FILE.xlsx 上线一张）")
	}
	return nil
}

// countForms returns how many answers to a form are kept, of those who agree.
func (a *app) countForms(ctx context.Context, form string) (n int, err error) {
	for page := (record.Page{}); !page.Done; {
		var lines []person.DirectoryLine[townforms.Submission]
		var next record.Page
		err := a.store.View(ctx, func(tx *record.Tx) (err error) {
			lines, next, err = townforms.SubmissionPage(tx, form, 0, 0, page, 1000)
			return err
		})
		if err != nil {
			return 0, err
		}
		n, page = n+len(lines), next
	}
	return n, nil
}

// exportForms writes what was answered to a form.
func (a *app) exportForms(ctx context.Context, name, path string, filter exports.Filter, labels bool, out io.Writer) error {
	return writeNew(path, out, func(w io.Writer) error {
		rows, err := exports.ExportForm(ctx, a.store, w, name, labels, filter)
		if err == nil {
			fmt.Fprintf(out, "%d rows\n", rows)
		}
		return err
	})
}
