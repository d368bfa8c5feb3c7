// Package author is what the author of a form uses on the command line: to
// check a form, to try it, to play a chat against it, to take a built-in one as
// a workbook and to try an expression. It knows no storage: live lists are
// answered by small invented ones (Invented).
package author

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"xintiexin/flows/form"
	"xintiexin/flows/xlsform"
)

// Options are what the commands need from outside.
type Options struct {
	Live    []string         // lists that come out of storage, without ".csv"
	Builtin fs.FS            // the built-in forms, NAME.md each; nil is none
	Now     func() time.Time // nil is time.Now
	// Check finds what keeps a form that is right in itself from going live:
	// a keyword that is taken, a question that its flow needs. It may be nil.
	Check func(*form.Form) []xlsform.Finding
}

const usage = `xintiexin form: forms as their author sees them

  form check FILE [-json] [-marked]  what is wrong with a form, one finding a line; fails when it cannot go live
  form run FILE [-auto] [-seed N]    asks the form here; 保存 ends it and shows the answers (-auto answers by itself)
  form test FILE CHAT.txt [-update]  plays a chat against a form and shows the first line that differs
  form list                          the built-in forms
  form export NAME FILE.xlsx         a built-in form as a workbook
  form eval EXPRESSION name=value …  the value of an expression; .=value is the answer itself,
                                     child/age=3,5 are the answers in the rows of a repeat
  form eval -cases FILE.csv          checks a table: name, expression, context-json, expected

FILE is a workbook (.xlsx), a form of text tables (.md) or the name of a built-in form.
`

// Run runs one command, args[0] being its name ("check"). It returns
// flag.ErrHelp when args are no command, having written which there are; any
// other error also when the answer to what was asked is no: the form cannot go
// live, a chat or a case differs. in is read by run alone.
func Run(ctx context.Context, args []string, in io.Reader, out io.Writer, o Options) error {
	if len(args) == 0 {
		fmt.Fprint(out, usage)
		return flag.ErrHelp
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &command{ctx: ctx, in: in, out: out, Options: o}
	var err error
	switch args[0] {
	case "help", "-h", "-help", "--help":
		fmt.Fprint(out, usage)
		return nil
	case "check":
		err = c.check(args[1:])
	case "run":
		err = c.run(args[1:])
	case "test":
		err = c.test(args[1:])
	case "list":
		err = c.list(args[1:])
	case "export":
		err = c.export(args[1:])
	case "eval":
		err = c.eval(args[1:])
	default:
		return fmt.Errorf("no command %q; see form help", args[0])
	}
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, usage)
	}
	return err
}

// command is one command under way.
type command struct {
	ctx context.Context
	in  io.Reader
	out io.Writer
	Options
}

// flags returns an empty set of flags, which complains by its error alone.
func flags(name string) *flag.FlagSet {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	return set
}

// parse reads args, flags standing anywhere, and returns the others, of which
// there must be n.
func parse(set *flag.FlagSet, args []string, n int) ([]string, error) {
	var rest []string
	for {
		if err := set.Parse(args); err != nil {
			return nil, fmt.Errorf("form %s: %w", set.Name(), err)
		}
		if args = set.Args(); len(args) == 0 {
			break
		}
		rest, args = append(rest, args[0]), args[1:]
	}
	if len(rest) != n {
		return nil, flag.ErrHelp
	}
	return rest, nil
}

// most is a byte more than a workbook may have, which its reader then says.
const most = 16<<20 + 1

// read reads the form in file, or the built-in form of that name when there is
// no such file. The form is nil when a finding is an error.
func (c *command) read(file string) (*form.Form, []xlsform.Finding, error) {
	src, ext, err := c.source(file)
	if err != nil {
		return nil, nil, fmt.Errorf("read form: %w", err)
	}
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	reader := xlsform.ReadWorkbook
	if strings.EqualFold(ext, ".md") {
		reader = xlsform.ReadMarkdown
	}
	f, findings := reader(name, src, xlsform.Options{Live: c.Live})
	if f != nil && c.Check != nil {
		findings = append(findings, c.Check(f)...)
		if slices.ContainsFunc(findings, func(x xlsform.Finding) bool { return !x.Warning }) {
			f = nil
		}
	}
	return f, findings, nil
}

// source returns what is in file and what kind of form that is, by its ending.
func (c *command) source(file string) (src []byte, ext string, err error) {
	src, err = readSome(file)
	if os.IsNotExist(err) && c.Builtin != nil && !strings.ContainsAny(file, `./\`) {
		if src, err := fs.ReadFile(c.Builtin, file+".md"); err == nil {
			return src, ".md", nil
		}
	}
	return src, filepath.Ext(file), err
}

func readSome(file string) ([]byte, error) {
	r, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, most))
}

// live reads a form that could go live; of any other it says what is wrong.
func (c *command) live(file string) (*form.Form, error) {
	f, findings, err := c.read(file)
	if err != nil || f != nil {
		return f, err
	}
	c.writeFindings(slices.DeleteFunc(findings, func(x xlsform.Finding) bool { return x.Warning }), true)
	return nil, fmt.Errorf("%s cannot go live", file)
}
