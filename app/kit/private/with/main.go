// Command with runs another command while a private PostgreSQL and Redis stand
// ready for tests, and passes its exit code on: `with go test ./...`.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"qianshou/app/kit/private"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code, err := with(ctx, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "with:", err)
	}
	stop()
	os.Exit(code) //nolint:gocritic // everything deferred in with() is done
}

func with(ctx context.Context, args []string) (code int, err error) {
	if len(args) == 0 {
		return 2, errors.New("which command?")
	}
	dir, err := os.MkdirTemp("", "qianshou-test-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // the services' account must come through
		return 1, err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	services, err := private.Start(ctx, private.Options{DataDir: dir, Postgres: true, Redis: true, Log: log})
	if err != nil {
		return 1, err
	}
	defer func() { _ = services.Stop(context.WithoutCancel(ctx)) }()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "TEST_DATABASE_URL="+services.DatabaseURL(), "TEST_REDIS_URL="+services.RedisURL())
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() > 0 {
			return exit.ExitCode(), nil
		}
		return 1, err
	}
	return 0, nil
}
