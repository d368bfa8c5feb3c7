package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"xintiexin/bot/understanding"
	"xintiexin/storage/bolt"
)

// Main runs the command line of this process until it is interrupted or
// terminated, and exits with 1 where a command failed, with 2 where it was
// asked for help.
func Main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := Run(ctx, os.Args[1:], os.Getenv, os.Stdout)
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
  xintiexin serve                   the production server (serve -check tries its settings out)
  xintiexin import FILE.xlsx        people and villages (dry run; -yes applies; -template writes the workbook)
  xintiexin export WHAT FILE.xlsx   visits, away, bookings, plans, residents, tables of the town's own, or "forms NAME": the answers to a form
  xintiexin invite NAME             a one-time code that binds a cadre's WeChat
  xintiexin staff [role|…]          who is of the staff; roles of the office (staff -h)
  xintiexin backup [verify] FILE    a copy while serving; whether a copy is whole
  xintiexin restore FILE            a copy put back into an empty folder
  xintiexin menu push               the account's menu, and the staff's own
  xintiexin qr FILE.html            the villages' posters with their QR codes, to print
  xintiexin jobs [run NAME|resume]  what is done by the clock
  xintiexin broadcast [NAME …]      a text of the town's told to many (broadcast -h says to whom)
  xintiexin alarms [done NAME]      what wants a person: disk, backup, quota, token …
  xintiexin site check|apply|show   what the town sets for itself: texts, hours, phones (xintiexin site help)
  xintiexin form check|run|add|…    a form, as its author tries it, and as the town asks it (xintiexin form help)
  xintiexin simulate -town          a month of an invented town, and what became of each message
  xintiexin understand TEXT         how a sentence is read, and why (understand -h)
  xintiexin seed                    an invented population of any size, for trials

Each takes -h, and all but demo take -data DIR (default "data").
`

// Run is the whole program. It returns when ctx ends and everything under way
// is done; flag.ErrHelp where the command line asked for help or said nothing.
func Run(ctx context.Context, args []string, env func(string) string, out io.Writer) error {
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
	case "understand":
		return understanding.ReadSentences(args[1:], out)
	case "restore":
		return restore(ctx, args[1:], out)
	case "backup":
		if len(args) > 1 && args[1] == "verify" {
			return verifyBackup(args[2:], out)
		}
		return administer(ctx, args, env, out)
	case "import", "export", "invite", "menu", "qr", "jobs", "site", "alarms", "broadcast", "village", "handover", "staff":
		return administer(ctx, args, env, out)
	}
	return fmt.Errorf("no command %q; see xintiexin help", args[0])
}
