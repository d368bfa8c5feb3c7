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

// Run is the whole program. It returns when ctx ends and everything under way
// is done; flag.ErrHelp where the command line asked for help or said nothing.
func Run(ctx context.Context, args []string, env func(string) string, out io.Writer) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		fmt.Fprint(out, usage())
		if len(args) == 0 {
			return flag.ErrHelp
		}
		return nil
	}
	c, ok := commandOf(args[0])
	if !ok {
		return fmt.Errorf("there is no command %q: run xintiexin help for the list", args[0])
	}
	if c.run == nil {
		return administer(ctx, args, env, out)
	}
	return c.run(ctx, args[1:], env, out)
}
