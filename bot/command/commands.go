package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"xintiexin/storage/bolt"

	"xintiexin/bot/understanding"
)

// subcommand is one word of the command line. The help, the usage of a mistake and
// the call are all made of this value, so that none of them can miss a command.
type subcommand struct {
	name  string
	lines []usageLine // how it is written; the first says what it is for
	run   func(ctx context.Context, args []string, env func(string) string, out io.Writer) error
	// inside is carried out in the running server, where there is one; a command
	// without run is this alone.
	inside func(a *app, ctx context.Context, flags *flag.FlagSet, args []string, o order, out io.Writer) error
	noData bool // it takes no -data
}

// usageLine is one way to write a command: what stands behind its name, and what
// it does.
type usageLine struct{ args, does string }

// commands are all of them, in the order of the help.
func commands() []subcommand {
	return append(serverCommands(), officeCommands()...)
}

// serverCommands run the program, keep its data and try it.
func serverCommands() []subcommand {
	return []subcommand{
		{name: "demo", lines: []usageLine{{"[-listen ADDRESS]", "try it: an invented town and a simulator, in the browser"}},
			run: func(ctx context.Context, args []string, _ func(string) string, out io.Writer) error {
				return demo(ctx, args, out)
			}},
		{name: "serve", lines: []usageLine{{"[-config FILE] [-listen ADDRESS]", "the production server"}, {"-check [-config FILE]", "tries the settings out against the platform, and ends"}},
			run: func(ctx context.Context, args []string, env func(string) string, out io.Writer) error {
				return serve(ctx, args, env, out, bolt.Options{}, time.Now)
			}},
		{name: "backup", lines: []usageLine{{"FILE", "a copy while serving; until it is whole it is called FILE.part"}, {"verify FILE", "whether a copy is whole, and of which town, day and format"}},
			run: func(ctx context.Context, args []string, env func(string) string, out io.Writer) error {
				if len(args) > 0 && args[0] == "verify" {
					return verifyBackup(args[1:], out)
				}
				return administer(ctx, append([]string{"backup"}, args...), env, out)
			}, inside: (*app).backup},
		{name: "restore", lines: []usageLine{{"FILE [-forgotten LIST]", "puts a copy into an empty folder, without those deleted since"}},
			run: func(ctx context.Context, args []string, _ func(string) string, out io.Writer) error {
				return restore(ctx, args, out)
			}},
		{name: "jobs", lines: []usageLine{{"", "what is done by the clock, when it last was, and what it did"}, {"run NAME", "does it now"}, {"resume", "says that the clock is right after it jumped"}},
			inside: func(a *app, ctx context.Context, flags *flag.FlagSet, args []string, _ order, out io.Writer) error {
				return a.jobsCommand(ctx, flags, args, out)
			}},
		{name: "alarms", lines: []usageLine{{"", "what wants a person: disk, backup, quota, token …"}, {"done NAME", "ends one that the server cannot see itself: certificate"}},
			inside: func(a *app, ctx context.Context, flags *flag.FlagSet, args []string, _ order, out io.Writer) error {
				return a.alarmsCommand(ctx, flags, args, out)
			}},
		{name: "dialog", noData: true, lines: []usageLine{{"stages", "who hears what is typed, in the order in which they are asked"}}, run: dialogCommand},
		{name: "understand", noData: true, lines: []usageLine{{"TEXT [-role R] [-state S] [-offers A;B]", "how a sentence is read, and why"}, {"-json FILE.csv", "a line of JSON for each sentence of a file"},
			{"-cases FILE.csv", "what is read otherwise than the file says, and how many"}, {"train [-dir DIR]", "makes the weights anew from the sentences of the repository"}},
			run: func(_ context.Context, args []string, _ func(string) string, out io.Writer) error {
				return understanding.ReadSentences(args, out, newFlags)
			}},
		{name: "simulate", noData: true, lines: []usageLine{{"-town [-days 30]", "a month of an invented town, and what became of each message"}},
			run: func(ctx context.Context, args []string, _ func(string) string, out io.Writer) error {
				return simulate(ctx, args, out)
			}},
		{name: "seed", lines: []usageLine{{"[-residents N] [-cadres N]", "an invented population of any size, for trials"}},
			run: func(ctx context.Context, args []string, _ func(string) string, out io.Writer) error {
				return seedStore(ctx, args, out)
			}},
		{name: "version", noData: true, lines: []usageLine{{"", "the version of this program, and what it was built from"}},
			run: func(_ context.Context, args []string, _ func(string) string, out io.Writer) error {
				return printVersion(args, out)
			}},
	}
}

// officeCommands are what the office of a town wants of the server.
func officeCommands() []subcommand {
	return []subcommand{
		{name: "import", lines: []usageLine{{"FILE.xlsx", "a dry run: every mistake in a list of people and villages"}, {"FILE.xlsx -yes -from WHERE -ground WHY", "applies the list (-partial: the rows without mistakes)"},
			{"-template FILE.xlsx", "writes the workbook to fill in"}}, inside: (*app).importFile},
		{name: "export", lines: []usageLine{{"TABLE [TABLE …] FILE.xlsx [-from DAY -to DAY]", "tables: visits, away, bookings, plans, residents, and those of the sheet columns of the site data"},
			{"TABLE FILE.xlsx -changed [-again]", "only the lines that changed since they were taken last; the same once more"}, {"forms NAME FILE.xlsx [-labels]", "the answers to a form of the town's own"}}, inside: (*app).exportFile},
		{name: "invite", lines: []usageLine{{"NAME [-bound]", "a one-time code that binds the WeChat of somebody of the staff (the id, where a name repeats)"}},
			inside: func(a *app, ctx context.Context, flags *flag.FlagSet, args []string, _ order, out io.Writer) error {
				return a.invite(ctx, flags, args, out)
			}},
		{name: "staff", lines: []usageLine{{"", "who is of the staff, and with which roles"}, {"role NAME ROLE [ROLE …]", "the roles of the office, in place of those before: clerk clinician admin (办事员 医生 管理员), or none"},
			{"leave NAME", "out of office at once: WeChat, pages, links, codes, drafts, messages; lists the work that waits"}, {"back NAME", "who left is of the staff again, as a village worker at most, bound to nothing"}},
			inside: func(a *app, ctx context.Context, flags *flag.FlagSet, args []string, _ order, out io.Writer) error {
				return a.staffCommand(ctx, flags, args, out)
			}},
		{name: "menu", lines: []usageLine{{"push", "sets the account's menu, and the staff's own"}},
			inside: func(a *app, ctx context.Context, flags *flag.FlagSet, args []string, _ order, out io.Writer) error {
				return a.menu(ctx, flags, args, out)
			}},
		{name: "qr", lines: []usageLine{{"FILE.html", "the villages' posters with their QR codes, to be printed from a browser"}}, inside: (*app).posters},
		{name: "site", lines: []usageLine{{"check|apply|show FILE", "what the town sets for itself: texts, hours, phones (site help says more)"}, {"apply -previous", "goes back to the version before"}},
			inside: func(a *app, ctx context.Context, _ *flag.FlagSet, args []string, o order, out io.Writer) error {
				return a.siteCommand(ctx, args, o, out)
			}},
		{name: "form", lines: []usageLine{{"check|run|test|eval|export …", "a form, as its author tries it (form help says more)"}, {"add FILE [-by NAME] [-draft]", "checks a form and puts it in force; -draft keeps it to be tried (试填)"},
			{"list", "the forms in force, and the versions that are kept"}, {"use NAME [VERSION]", "puts a version that is kept in force again"}, {"remove NAME", "takes a form out of force; what was written down stays"}},
			run: form, inside: (*app).formCommand},
		{name: "broadcast", lines: []usageLine{{"", "the texts there are, and what was told this month"}, {"NAME -village V", "prepares a text of the town's (also -booked DAY, -away PLACE, -hearing)"},
			{"release CODE", "lets go what somebody else prepared"}, {"stop ID", "takes back what is not sent yet"}},
			inside: func(a *app, ctx context.Context, flags *flag.FlagSet, args []string, _ order, out io.Writer) error {
				return a.broadcast(ctx, flags, args, out)
			}},
		{name: "village", lines: []usageLine{{"merge FROM INTO [-yes]", "makes one village of two (names or codes); without -yes it says what would be done"}},
			inside: func(a *app, ctx context.Context, flags *flag.FlagSet, args []string, _ order, out io.Writer) error {
				return a.villageCommand(ctx, flags, args, out)
			}},
		{name: "handover", lines: []usageLine{{"", "whose work is on its way to somebody else"}},
			inside: func(a *app, ctx context.Context, flags *flag.FlagSet, args []string, _ order, out io.Writer) error {
				return a.handOverCommand(ctx, flags, args, out)
			}},
	}
}

// commandOf returns the command of a name.
func commandOf(name string) (subcommand, bool) {
	for _, c := range commands() {
		if c.name == name {
			return c, true
		}
	}
	return subcommand{}, false
}

// usage is the help of the whole program: the first line of each command.
func usage() string {
	var b strings.Builder
	b.WriteString("xintiexin: a WeChat bot for village cadres and the residents they serve\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-12s%s\n", c.name, c.lines[0].does)
	}
	b.WriteString("\nxintiexin COMMAND -h says what a command takes. Those that read or write data take -data DIR (default \"data\").\n")
	return b.String()
}

// usageOf is how one command is written, a line for each way.
func usageOf(name string) string {
	c, _ := commandOf(name)
	var b strings.Builder
	for _, l := range c.lines {
		fmt.Fprintf(&b, "  xintiexin %s\n        %s\n", strings.TrimSpace(c.name+" "+l.args), l.does)
	}
	if !c.noData {
		b.WriteString("  -data DIR\n        the data folder (default \"data\")\n")
	}
	return b.String()
}

// wrongUsage is the error of a command that was not written as it must be.
func wrongUsage(name string) error {
	return errors.New("usage:\n" + strings.TrimRight(usageOf(name), "\n"))
}

// newFlags is the empty set of flags of a command; -h prints how it is written and
// what its flags are.
func newFlags(name string, out io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() {
		fmt.Fprint(out, usageOf(name))
		flags.VisitAll(func(f *flag.Flag) {
			if f.Name == "data" { // usageOf says it
				return
			}
			value, does := flag.UnquoteUsage(f)
			fmt.Fprintf(out, "  %s\n        %s\n", strings.TrimSpace("-"+f.Name+" "+value), does)
		})
	}
	return flags
}
