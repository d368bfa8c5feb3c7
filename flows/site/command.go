package site

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"xintiexin/flows/xlsform"
	"xintiexin/storage/calendar"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// Command is what the commands need from outside.
type Command struct {
	Store    *record.Store // nil: check alone works, and against nothing
	Now      func() time.Time
	Keywords []string            // words that mean something to the bot already
	Added    []string            // see Options
	Path     func(string) string // what a file name means; nil is as it stands
}

const usage = `xintiexin site: what a town sets for itself, as a workbook (.xlsx) or text tables (.md, one file or a folder)

  site check FILE|DIR      what is wrong with it, one finding a line; fails when it cannot be applied
  site apply FILE|DIR      puts it in force, all or nothing, without a restart
  site apply -previous     puts back what was in force before
  site apply -version ID   puts back that one, by id or version
  site show                what is in force, and what was
  site show FILE|DIR/      writes it as FILE.xlsx, FILE.md or a folder of text tables (-version ID: another)
`

// Run runs one command, args[0] being its name ("check"). It returns
// flag.ErrHelp when args are no command, having written which there are; any
// other error also when site data cannot be applied.
func Run(ctx context.Context, args []string, out io.Writer, c Command) error {
	if c.Path == nil {
		c.Path = func(name string) string { return name }
	}
	run := map[string]func(context.Context, []string, io.Writer) error{"check": c.check, "apply": c.apply, "show": c.show}
	if len(args) == 0 || run[args[0]] == nil {
		fmt.Fprint(out, usage)
		if len(args) > 0 && strings.Contains("help -h -help --help", args[0]) {
			return nil
		}
		return flag.ErrHelp
	}
	err := run[args[0]](ctx, args[1:], out)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, usage)
	}
	return err
}

// flags returns an empty set of flags, which complains by its error alone.
func flags(name string) *flag.FlagSet {
	set := flag.NewFlagSet("site "+name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	return set
}

// parse reads flags that may stand before and after the other words.
func parse(set *flag.FlagSet, args []string) ([]string, error) {
	var words []string
	for {
		if err := set.Parse(args); err != nil {
			return nil, err
		}
		if args = set.Args(); len(args) == 0 {
			return words, nil
		}
		words, args = append(words, args[0]), args[1:]
	}
}

func (c Command) options() Options {
	return Options{Today: calendar.DayOf(c.Now()), Keywords: c.Keywords, Added: c.Added}
}

func (c Command) check(ctx context.Context, args []string, out io.Writer) error {
	words, err := parse(flags("check"), args)
	if err != nil || len(words) != 1 {
		return errors.Join(err, flag.ErrHelp)
	}
	book, findings, err := Load(c.Path(words[0]))
	if err != nil {
		return err
	}
	o := c.options()
	if c.Store != nil {
		if o.Before, _, err = kept(ctx, c.Store); err != nil {
			return err
		}
	}
	if book != nil {
		var wrong []xlsform.Finding
		_, wrong = Read(book, o)
		findings = append(findings, wrong...)
	}
	tell(out, findings)
	if book == nil || Fatal(findings) {
		return fmt.Errorf("%s cannot be applied", words[0])
	}
	fmt.Fprintln(out, "can be applied")
	return nil
}

func tell(out io.Writer, findings []xlsform.Finding) {
	for _, f := range findings {
		fmt.Fprintln(out, strings.ReplaceAll(f.String(), "\n", " "))
	}
}

func (c Command) apply(ctx context.Context, args []string, out io.Writer) error {
	set := flags("apply")
	previous := set.Bool("previous", false, "")
	version := set.String("version", "", "")
	words, err := parse(set, args)
	if err != nil {
		return errors.Join(err, flag.ErrHelp)
	}
	back := *previous || *version != ""
	if back && len(words) != 0 || !back && len(words) != 1 || *previous && *version != "" {
		return flag.ErrHelp
	}
	if back {
		a, err := Restore(ctx, c.Store, *version, "", c.Now())
		if errors.Is(err, record.ErrNotFound) {
			return errors.New("no such site data; site show lists what there is")
		}
		return c.applied(out, a, err)
	}
	book, findings, err := Load(c.Path(words[0]))
	if err != nil {
		return err
	}
	var a Applied
	if book != nil {
		var wrong []xlsform.Finding
		a, wrong, err = Apply(ctx, c.Store, book, c.options(), "", c.Now())
		findings = append(findings, wrong...)
	}
	tell(out, findings)
	if err == nil && (book == nil || Fatal(findings)) {
		return fmt.Errorf("%s: nothing was changed", words[0])
	}
	return c.applied(out, a, err)
}

func (c Command) applied(out io.Writer, a Applied, err error) error {
	if err != nil {
		return err
	}
	if !a.Done {
		fmt.Fprintf(out, "version %s (%s) is in force already\n", a.Version, a.ID)
		return nil
	}
	fmt.Fprintf(out, "version %s (%s) is in force\n", a.Version, a.ID)
	for _, line := range a.Changes {
		fmt.Fprintln(out, "  "+line)
	}
	fmt.Fprintln(out, "to go back: site apply -previous")
	return nil
}

func (c Command) show(ctx context.Context, args []string, out io.Writer) error {
	set := flags("show")
	version := set.String("version", "", "")
	words, err := parse(set, args)
	if err != nil || len(words) > 1 {
		return errors.Join(err, flag.ErrHelp)
	}
	s, log, err := c.find(ctx, *version)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		list(out, s, log)
		return nil
	}
	path := c.Path(words[0])
	switch folder := strings.HasSuffix(words[0], "/") || filepath.Ext(path) == ""; {
	case folder:
		err = WriteFolder(path, s)
	case strings.EqualFold(filepath.Ext(path), ".xlsx"):
		err = create(path, func(w io.Writer) error { return Write(w, s) })
	case strings.EqualFold(filepath.Ext(path), ".md"):
		err = create(path, func(w io.Writer) error { return WriteMarkdown(w, s) })
	default:
		return fmt.Errorf("%s: name a file .xlsx or .md, or a folder with / at its end", words[0])
	}
	if err == nil {
		fmt.Fprintln(out, "wrote", path)
	}
	return err
}

// find returns the site in force, or the kept one that is asked for; before any
// was applied, what a town begins with.
func (c Command) find(ctx context.Context, which string) (*townconfig.Site, []townconfig.SiteVersion, error) {
	var s *townconfig.Site
	var log []townconfig.SiteVersion
	err := c.Store.View(ctx, func(tx *record.Tx) (err error) {
		if log, err = townconfig.Versions(tx); err != nil {
			return err
		}
		if which == "" {
			s, err = townconfig.Current(tx)
			return err
		}
		for _, v := range log {
			if v.ID == which || v.Version == which {
				old, err := townconfig.Version(tx, v.ID)
				s = &old
				return err
			}
		}
		return fmt.Errorf("no site data %q; site show lists what there is", which)
	})
	if err == nil && s.ID == "" {
		blank := Blank()
		s = &blank
	}
	return s, log, err
}

// list says what is in force, sheet by sheet, and what was.
func list(out io.Writer, s *townconfig.Site, log []townconfig.SiteVersion) {
	if s.ID == "" {
		fmt.Fprintln(out, "no site data were applied; these are what a town begins with")
	} else {
		fmt.Fprintf(out, "version %s (%s) is in force\n", s.Version, s.ID)
	}
	for _, k := range sheets {
		fmt.Fprintf(out, "  %-10s %4d\n", k.name, len(k.write(s)))
	}
	for _, v := range log {
		who := v.By
		if who == "" {
			who = "command line"
		}
		fmt.Fprintf(out, "%s  %s  version %s  %s\n", time.Unix(v.At, 0).In(calendar.Zone).Format(time.DateTime), v.ID, v.Version, who)
	}
}

// create makes a new file; it refuses to go over another and leaves none behind
// when it fails.
func create(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write site data: %w", err)
	}
	if err = errors.Join(write(f), f.Close()); err != nil {
		os.Remove(path)
	}
	return err
}
