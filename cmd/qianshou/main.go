// Command qianshou runs forums and trade missions: it serves the site, and has
// the operator's commands beside it. Run it without arguments for the list.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// command is one subcommand. Its run reads its own flags from args.
type command struct {
	name, line string
	run        func(ctx context.Context, args []string, std stdio) error
}

// stdio is where a command reads and writes, so that tests can hand it theirs.
type stdio struct {
	in       io.Reader
	out, err io.Writer
	environ  []string
}

func commands() []command {
	return []command{
		{"serve", "serve the site; starts private PostgreSQL and Redis when none are given", serve},
		{"migrate", "bring the database to the newest schema", migrate},
		{"demo", "load the demo forum into an empty database; demo clock sets its time", demoCommand},
		{"user", "user create, password, disable, enable, list: accounts of staff", user},
		{"token", "token create, token revoke: bearer tokens for other programs", token},
		{"agenda", "agenda rebuild: make the live agendas in Redis anew", agendaCommand},
		{"match", "match solve, match verify: matchmaking problems and plans in files", matchCommand},
		{"keys", "keys rotate, keys reseal, keys drop: renew the keys under which passports and files rest", keysCommand},
		{"mail", "mail test: try whether mails leave, and see what the mail server says", mailCommand},
		{"audit", "audit verify: check that the audit log was not altered", auditCommand},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], stdio{in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ()}))
}

// run answers the exit code: 0 done, 1 failed, 2 called wrongly.
func run(ctx context.Context, args []string, std stdio) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		usage(std.out)
		if len(args) == 0 {
			return 2
		}
		return 0
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, args[1:], std)
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return 0
		case errors.Is(err, errUsage):
			fmt.Fprintln(std.err, "qianshou:", strings.TrimSuffix(err.Error(), ": "+errUsage.Error()))
			return 2
		}
		fmt.Fprintln(std.err, "qianshou:", err)
		return 1
	}
	fmt.Fprintf(std.err, "qianshou: there is no command %q\n", args[0])
	usage(std.err)
	return 2
}

// errUsage marks a command that was called wrongly.
var errUsage = errors.New("see --help")

func usage(w io.Writer) {
	fmt.Fprintln(w, "qianshou runs international forums and overseas trade missions.\n\nUse: qianshou COMMAND; each has --help.")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-8s %s\n", c.name, c.line)
	}
}

// flags makes a flag set whose help says the one line of use and, when asked,
// the settings.
func flags(name, use string, std stdio, settings bool) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(std.err)
	fs.Usage = func() {
		fmt.Fprintln(fs.Output(), "Use: qianshou "+use)
		fs.PrintDefaults()
		if settings {
			fmt.Fprintln(fs.Output())
			describeSettings(fs.Output())
		}
	}
	return fs
}

// parse reads a command's flags and asks for help on standard output, where a
// pager can read it.
func parse(fs *flag.FlagSet, args []string, std stdio) error {
	for _, a := range args {
		if a == "--help" || a == "-help" || a == "-h" {
			fs.SetOutput(std.out)
		}
	}
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return fmt.Errorf("%s: %w", fs.Name(), errUsage)
	}
	return nil
}
