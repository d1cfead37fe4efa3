package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/installation"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/web"
)

// withGround reads the settings, opens the data and runs fn.
func withGround(ctx context.Context, std stdio, fn func(g *ground) error) error {
	cfg, err := readConfig(std.environ)
	if err != nil {
		return err
	}
	g, err := attach(ctx, cfg, cfg.logger(std.err))
	if err != nil {
		return err
	}
	defer g.close()
	return fn(g)
}

// split takes the action off a command's arguments: `token create …`.
func split(name string, args []string, std stdio, actions ...string) (action string, rest []string, err error) {
	if len(args) > 0 {
		for _, a := range actions {
			if args[0] == a {
				return a, args[1:], nil
			}
		}
		if strings.HasPrefix(args[0], "-h") || args[0] == "--help" {
			fmt.Fprintf(std.out, "Use: qianshou %s %s; each has --help.\n", name, strings.Join(actions, "|"))
			return "", nil, flag.ErrHelp
		}
	}
	return "", nil, fmt.Errorf("%s needs one of: %s: %w", name, strings.Join(actions, ", "), errUsage)
}

func migrate(ctx context.Context, args []string, std stdio) error {
	fs := flags("migrate", "migrate", std, true)
	if err := parse(fs, args, std); err != nil {
		return err
	}
	return withGround(ctx, std, func(*ground) error { // opening migrates
		fmt.Fprintln(std.out, "the database is at the newest schema")
		return nil
	})
}

func token(ctx context.Context, args []string, std stdio) error {
	action, rest, err := split("token", args, std, "create", "revoke")
	if err != nil {
		return err
	}
	fs := flags("token "+action, "token "+action+" [flags]", std, false)
	name := fs.String("name", "", "what the token is for")
	role := fs.String("role", "", "owner, programme, protocol, matchmaking, doors_lead, projects, analyst or auditor")
	event := fs.String("event", "", "id of the only event it may touch; every event when left out")
	days := fs.Int("days", 0, "days until it ends; never when left out")
	id := fs.String("id", "", "which token to revoke")
	if err := parse(fs, rest, std); err != nil {
		return err
	}
	return withGround(ctx, std, func(g *ground) error {
		service := accounts.New(g.db, g.redis, g.now, ident.New)
		by := accounts.SystemActor("command line")
		if action == "revoke" {
			which, err := ident.Parse(*id)
			if err != nil {
				return fmt.Errorf("--id: %w", err)
			}
			return inWords(g, absent(service.RevokeToken(ctx, by, which), "id", "token.unknown"))
		}
		eventID := ident.Nil
		if *event != "" {
			if eventID, err = ident.Parse(*event); err != nil {
				return fmt.Errorf("--event: %w", err)
			}
		}
		var ends *time.Time
		if *days > 0 {
			end := g.now().AddDate(0, 0, *days)
			ends = &end
		}
		_, secret, err := service.CreateToken(ctx, by, *name, accounts.Role(*role), eventID, ends)
		if err != nil {
			return inWords(g, err)
		}
		fmt.Fprintln(std.out, secret)
		return nil
	})
}

func user(ctx context.Context, args []string, std stdio) error {
	action, rest, err := split("user", args, std, "create", "password", "disable", "enable", "list")
	if err != nil {
		return err
	}
	fs := flags("user "+action, "user "+action+" [flags]; create and password read the password from standard input", std, false)
	email := fs.String("email", "", "address, also the name to sign in with")
	nameZH := fs.String("name-zh", "", "name in Chinese")
	nameEN := fs.String("name-en", "", "name in Latin letters")
	role := fs.String("role", "owner", "role over every event")
	if err := parse(fs, rest, std); err != nil {
		return err
	}
	return withGround(ctx, std, func(g *ground) error {
		service := accounts.New(g.db, g.redis, g.now, ident.New)
		by := accounts.SystemActor("command line")
		if action == "list" {
			list, err := service.List(ctx, by)
			for _, a := range list {
				state := "active"
				if a.DisabledAt != nil {
					state = "disabled"
				}
				fmt.Fprintf(std.out, "%s\t%s\t%s\t%s\n", a.Email, a.NameEN, a.NameZH, state)
			}
			return inWords(g, err)
		}
		if action == "disable" || action == "enable" {
			return inWords(g, switchAccount(ctx, service, by, *email, action == "enable"))
		}
		password, err := readLine(std.in)
		if err != nil {
			return err
		}
		if action == "password" {
			return inWords(g, absent(service.SetPassword(ctx, by, *email, password), "email", "accounts.unknown"))
		}
		_, err = service.Create(ctx, by, accounts.Account{
			Email: *email, NameZH: *nameZH, NameEN: *nameEN, Lang: "zh", Grants: []accounts.Grant{{Role: accounts.Role(*role)}},
		}, password)
		return inWords(g, err)
	})
}

// switchAccount enables or disables the account of an address.
func switchAccount(ctx context.Context, people *accounts.Service, by accounts.Actor, email string, enable bool) error {
	a, err := people.ByEmail(ctx, by, email)
	if err != nil {
		return absent(err, "email", "accounts.unknown")
	}
	if enable {
		_, err = people.Enable(ctx, by, a.ID)
	} else {
		_, err = people.Disable(ctx, by, a.ID)
	}
	return err
}

// absent lays the refusal of something that is not there beside the flag that
// named it.
func absent(err error, flag, key string) error {
	if fault.CodeOf(err) != fault.NotFound {
		return err
	}
	return fault.Fields(fault.Field{Path: flag, Key: key})
}

func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func auditCommand(ctx context.Context, args []string, std stdio) error {
	_, rest, err := split("audit", args, std, "verify")
	if err != nil {
		return err
	}
	fs := flags("audit verify", "audit verify", std, false)
	if err := parse(fs, rest, std); err != nil {
		return err
	}
	return withGround(ctx, std, func(g *ground) error {
		key, err := g.auditKey()
		if err != nil {
			return err
		}
		v, err := audit.Verify(ctx, g.db, key)
		if err != nil {
			return err
		}
		if v.Broken != "" {
			return fmt.Errorf("the audit log was altered at entry %s; %d entries before it are as they were written", v.Broken, v.Sealed)
		}
		fmt.Fprintf(std.out, "the audit log is whole: %d entries; %d more are not sealed yet\n", v.Sealed, v.Unsealed)
		fmt.Fprintf(std.out, "the last seal is %x: kept elsewhere, it shows later that nothing was cut off\n", v.Head)
		return nil
	})
}

// setDemoClock moves the time that a demonstration shows.
func setDemoClock(ctx context.Context, g *ground, instant string, std stdio) error {
	if !g.demo {
		return errors.New("this database is not the demo: its clock is the machine's")
	}
	at, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		return fmt.Errorf("%q is not an instant such as 2027-06-09T10:32:00+08:00: %w", instant, errUsage)
	}
	if err := installation.MarkDemo(ctx, g.db, clock.System, at); err != nil {
		return err
	}
	fmt.Fprintln(std.out, "the demo's clock is set; it holds from the next start")
	return nil
}

// inWords turns a fault into a line for the terminal: its fields by name, in the
// sentences of the pages.
func inWords(g *ground, err error) error {
	f, ok := fault.Of(err)
	if !ok {
		return err
	}
	words, broken := web.Words(g.log)
	if broken != nil {
		return errors.Join(err, broken)
	}
	var parts []string
	for _, field := range f.Fields {
		parts = append(parts, fmt.Sprintf("--%s: %s", strings.ReplaceAll(field.Path, "_", "-"), words.T(locale.EN, field.Key, field.Args...)))
	}
	if len(parts) == 0 {
		parts = append(parts, words.T(locale.EN, f.Key, f.Args...))
	}
	return errors.New(strings.Join(parts, " "))
}
