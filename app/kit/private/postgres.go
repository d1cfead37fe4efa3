package private

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "github.com/lib/pq" // the driver
)

// postgresLimit is how long PostgreSQL may take to answer, recovery after a
// crash included.
const postgresLimit = 60 * time.Second

func (s *Services) startPostgres(ctx context.Context, bin programs) error {
	cluster := filepath.Join(s.place.data, "postgres")
	if err := s.initCluster(ctx, bin, cluster); err != nil {
		return err
	}
	if err := s.endOrphan(cluster); err != nil {
		return err
	}
	args := []string{
		"-D", cluster, "-k", s.place.sockets, "-p", "5432", // the port only names the socket
		"-c", "listen_addresses=", "-c", "max_connections=200", "-c", "shared_buffers=128MB",
		"-c", "log_min_messages=warning", "-c", "timezone=UTC",
	}
	if !s.opts.Durable {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=400")
	}
	var err error
	if s.postgres, err = launch("PostgreSQL", s.place, syscall.SIGINT, bin.postgres, args...); err != nil {
		return err
	}
	admin := s.postgresURL("postgres")
	db, err := sql.Open("postgres", admin)
	if err != nil {
		return fmt.Errorf("reach PostgreSQL: %w", err)
	}
	defer db.Close()
	if err := await(ctx, s.postgres, postgresLimit, db.PingContext); err != nil {
		return err
	}
	var exists bool
	if err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = 'qianshou')`).Scan(&exists); err != nil {
		return fmt.Errorf("reach PostgreSQL: %w", err)
	}
	if !exists {
		if _, err := db.ExecContext(ctx, `CREATE DATABASE qianshou`); err != nil {
			return fmt.Errorf("create database: %w", err)
		}
	}
	s.databaseURL = s.postgresURL("qianshou")
	return nil
}

func (s *Services) postgresURL(database string) string {
	q := url.Values{"host": {s.place.sockets}, "port": {"5432"}, "sslmode": {"disable"}}
	return (&url.URL{Scheme: "postgres", User: url.User("qianshou"), Path: "/" + database, RawQuery: q.Encode()}).String()
}

// initCluster makes the cluster beside its place and moves it there when it is
// whole, so that an interrupted first start leaves nothing half made. Only this
// account can enter the sockets' folder, and nothing listens on the network:
// that is the guard, so no password is asked.
func (s *Services) initCluster(ctx context.Context, bin programs, cluster string) error {
	if _, err := os.Stat(filepath.Join(cluster, "PG_VERSION")); err == nil {
		return nil
	}
	if entries, err := os.ReadDir(cluster); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not a PostgreSQL cluster and is not empty: move it away or set another DATA_DIR", cluster)
	}
	s.opts.Log.InfoContext(ctx, "making a private PostgreSQL cluster", "folder", cluster)
	unfinished := cluster + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("clear unfinished cluster: %w", err)
	}
	if err := s.place.make(unfinished); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, bin.initdb, "-D", unfinished, "-U", "qianshou", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions")
	cmd.Dir, cmd.SysProcAttr = s.place.data, attributes(s.place.account)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"}
	if !s.opts.Durable {
		cmd.Args = append(cmd.Args, "--no-sync")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make PostgreSQL cluster: %w: %s", err, strings.Join(strings.Fields(string(out)), " "))
	}
	_ = os.Remove(cluster) // an empty folder may stand there
	if err := os.Rename(unfinished, cluster); err != nil {
		return fmt.Errorf("make PostgreSQL cluster: %w", err)
	}
	return nil
}

// endOrphan deals with the pid file of an earlier run: a server of a program
// that was killed is asked to end; the file of a dead one is removed, but only
// after its pid was looked at.
func (s *Services) endOrphan(cluster string) error {
	path := filepath.Join(cluster, "postmaster.pid")
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read postmaster.pid: %w", err)
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err == nil && isPostgresOf(pid, cluster) {
		s.opts.Log.Info("ending the PostgreSQL that an earlier run left behind", "pid", pid)
		_ = syscall.Kill(pid, syscall.SIGINT)
		for deadline := time.Now().Add(stopLimit); alive(pid); {
			if time.Now().After(deadline) {
				return fmt.Errorf("a PostgreSQL of an earlier run (pid %d) does not end: end it by hand", pid)
			}
			time.Sleep(20 * time.Millisecond)
		}
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove stale postmaster.pid: %w", err)
	}
	return nil
}

// isPostgresOf tells whether a pid is a PostgreSQL of this cluster: pids are used
// again, so that it lives proves nothing.
func isPostgresOf(pid int, cluster string) bool {
	if !alive(pid) {
		return false
	}
	out, err := exec.Command("ps", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
	if err != nil { // a bare machine may have no ps
		out, err = os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil {
			return false
		}
	}
	return strings.Contains(string(out), "postgres") && strings.Contains(string(out), cluster)
}
