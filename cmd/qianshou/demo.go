package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"qianshou/app/demo"
	"qianshou/app/installation"
	"qianshou/app/kit/clock"
)

func demoCommand(ctx context.Context, args []string, std stdio) error {
	action, rest, err := split("demo", args, std, "load", "clock")
	if err != nil {
		return err
	}
	fs := flags("demo "+action, "demo load, or demo clock 2027-06-09T10:32:00+08:00", std, false)
	if err := parse(fs, rest, std); err != nil {
		return err
	}
	return withGround(ctx, std, func(g *ground) error {
		if action == "clock" {
			return setDemoClock(ctx, g, fs.Arg(0), std)
		}
		loaded, err := g.loadDemo(ctx)
		if err != nil {
			return err
		}
		if !loaded {
			return errors.New("the database is not empty: the demo is loaded into an empty one only")
		}
		password := keptDemoPassword(g.cfg.DataDir)
		fmt.Fprintf(std.out, "the demo is loaded; sign in as owner@demo.example with %s\n", password)
		return nil
	})
}

// loadDemo fills the database when it is empty, then takes the demonstration's
// clock. Another process may have been quicker: then nothing is loaded.
func (g *ground) loadDemo(ctx context.Context) (loaded bool, err error) {
	err = installation.Alone(ctx, g.cfg.DatabaseURL, func() error {
		empty, err := installation.Empty(ctx, g.db)
		if err != nil || !empty {
			return err
		}
		password, err := demoPassword(g.cfg.DataDir)
		if err != nil {
			return err
		}
		loaded = true
		return g.fillDemo(ctx, password)
	})
	if err != nil {
		return false, err
	}
	return loaded, g.readClock(ctx)
}

func (g *ground) fillDemo(ctx context.Context, password string) error {
	g.log.Info("loading the demo")
	if err := installation.BeginDemo(ctx, g.db, clock.System); err != nil {
		return err
	}
	letters, err := g.letters("", demo.Registering) // nobody of the demo exists
	if err != nil {
		return err
	}
	if err := demo.Load(ctx, demo.Ground{DB: g.db, Redis: g.redis, RedisPrefix: redisPrefix, Box: g.box, Mail: letters, Log: g.log}, password); err != nil {
		return err
	}
	return installation.MarkDemo(ctx, g.db, clock.System, demo.Opens())
}

// prepare loads the demo into an empty database, and answers what to print of
// how to sign in.
func (g *ground) prepare(ctx context.Context) (string, error) {
	empty, err := installation.Empty(ctx, g.db)
	if err != nil {
		return "", fmt.Errorf("look into the database: %w", err)
	}
	if !g.demo && (!empty || g.cfg.Demo == "off") {
		if empty {
			return "There is no account yet: make one with qianshou user create.", nil
		}
		return "", nil
	}
	if empty {
		if _, err := g.loadDemo(ctx); err != nil {
			return "", fmt.Errorf("load demo: %w", err)
		}
	}
	password := keptDemoPassword(g.cfg.DataDir)
	if password == "" {
		password = "as the server that loaded the demo printed it; qianshou user password sets another"
	}
	return fmt.Sprintf("Console: %s/console\nSign in as owner@demo.example (or programme@, protocol@, matchmaking@, doors@, projects@, analyst@, auditor@)\nPassword: %s\nThis is the demo: its clock reads %s.\nCtrl-C stops everything; the data stays.",
		g.cfg.PublicURL, password, g.now().In(time.FixedZone("UTC+8", 8*3600)).Format(time.RFC3339)), nil
}

// demoPasswordFile is where DATA_DIR keeps the password of the demo's accounts.
const demoPasswordFile = "demo-password"

// keptDemoPassword answers the password that this folder's demo was loaded with,
// empty when another folder's server loaded it.
func keptDemoPassword(dataDir string) string {
	kept, err := os.ReadFile(filepath.Join(dataDir, demoPasswordFile))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(kept))
}

// demoPassword answers the password of the demo's accounts, made at the first
// start: no two installations share one.
func demoPassword(dataDir string) (string, error) {
	if kept := keptDemoPassword(dataDir); kept != "" {
		return kept, nil
	}
	random := make([]byte, 10)
	_, _ = rand.Read(random) // never fails
	text := strings.ToLower(base32.StdEncoding.EncodeToString(random))
	password := text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:16]
	if err := os.MkdirAll(dataDir, 0o755); err != nil {
		return "", fmt.Errorf("DATA_DIR: %w", err)
	}
	if err := keepSecret(filepath.Join(dataDir, demoPasswordFile), password); err != nil {
		return "", err
	}
	return password, nil
}
