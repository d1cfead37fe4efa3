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

// startPostgres makes the cluster where there is none, starts its server and
// keeps it running.
func (s *Services) startPostgres(ctx context.Context, bin programs) error {
	cluster := filepath.Join(s.place.data, "postgres")
	if err := s.initCluster(ctx, bin, cluster); err != nil {
		return err
	}
	server, err := serverOf(cluster, bin.postgres)
	if err != nil {
		return err
	}
	db, err := sql.Open("postgres", s.postgresURL("postgres"))
	if err != nil {
		return fmt.Errorf("reach PostgreSQL: %w", err)
	}
	defer db.Close()
	kept, err := keep(ctx, s.opts.Log, func(ctx context.Context) (*process, error) { return s.launchPostgres(ctx, server, cluster) })
	if err != nil {
		return err
	}
	s.postgres = kept
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

// serverOf answers the program that can open a cluster: the newest, unless the
// cluster was made by another version.
func serverOf(cluster, newest string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(cluster, "PG_VERSION"))
	if err != nil {
		return "", fmt.Errorf("read the cluster's version: %w", err)
	}
	made := strings.TrimSpace(string(raw))
	have := versionOf(filepath.Base(filepath.Dir(filepath.Dir(newest))))
	if have == made {
		return newest, nil
	}
	version, err := strconv.Atoi(made)
	if err != nil {
		return "", fmt.Errorf("%s is damaged: its PG_VERSION is %q; restore it from a copy, or set another DATA_DIR", cluster, made)
	}
	if dir := postgresFolder(version); dir != "" {
		return filepath.Join(dir, "postgres"), nil
	}
	if _, err := strconv.Atoi(have); err != nil {
		return newest, nil // not in a folder of its version: the server itself says whether it fits
	}
	return "", fmt.Errorf("%s was made by PostgreSQL %d, which is not installed: install postgresql-%d, or set another DATA_DIR", cluster, version, version)
}

func (s *Services) launchPostgres(ctx context.Context, server, cluster string) (*process, error) {
	if err := s.endOrphan(ctx, cluster); err != nil {
		return nil, err
	}
	args := []string{
		"-D", cluster, "-k", s.place.sockets, "-p", "5432", // the port only names the socket
		"-c", "listen_addresses=", "-c", "max_connections=200", "-c", "shared_buffers=128MB",
		"-c", "log_min_messages=warning", "-c", "timezone=UTC",
	}
	if !s.opts.Durable {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=400")
	}
	child, err := launch("PostgreSQL", s.place, syscall.SIGINT, server, args...)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("postgres", s.postgresURL("postgres"))
	if err == nil {
		defer db.Close()
		err = await(ctx, child, postgresLimit, db.PingContext)
	}
	if err != nil {
		child.stop()
		return nil, err
	}
	return child, nil
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
	var said tail
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("make PostgreSQL cluster: %w: %s", err, said.complaints())
	}
	_ = os.Remove(cluster) // an empty folder may stand there
	if err := os.Rename(unfinished, cluster); err != nil {
		return fmt.Errorf("make PostgreSQL cluster: %w", err)
	}
	return nil
}

// endOrphan deals with what an earlier server of the cluster left: one that still
// runs is asked to end, the locks of a dead one are made harmless. Our own lock on
// the folder says that no other program of ours runs it.
func (s *Services) endOrphan(ctx context.Context, cluster string) error {
	path := filepath.Join(cluster, "postmaster.pid")
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read postmaster.pid: %w", err)
	}
	if err == nil {
		first, rest, _ := strings.Cut(string(raw), "\n")
		pid, _ := strconv.Atoi(strings.TrimSpace(first))
		if isPostgresOf(pid, cluster) {
			s.opts.Log.InfoContext(ctx, "ending the PostgreSQL that an earlier run left behind", "pid", pid)
			_ = syscall.Kill(pid, syscall.SIGINT)
			for deadline := time.Now().Add(stopLimit); isPostgresOf(pid, cluster); {
				if time.Now().After(deadline) {
					return fmt.Errorf("a PostgreSQL of an earlier run (pid %d) does not end: end it by hand", pid)
				}
				time.Sleep(20 * time.Millisecond)
			}
		} else if err := s.place.disown(path, rest); err != nil {
			return err
		}
	}
	// The socket's own lock holds a pid as well, and nothing more.
	for _, name := range []string{".s.PGSQL.5432", ".s.PGSQL.5432.lock"} {
		if err := os.Remove(filepath.Join(s.place.sockets, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove old PostgreSQL socket: %w", err)
		}
	}
	return nil
}

// disown writes our own pid over that of a dead server, which another process may
// have by now: PostgreSQL passes over the pid of its parent. The file is not
// removed, because by its other lines PostgreSQL finds out whether workers of the
// dead server still have the data open, and refuses until they have ended.
func (p place) disown(path, rest string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open stale postmaster.pid: %w", err)
	}
	_, err = fmt.Fprintf(f, "%d\n%s", os.Getpid(), rest)
	if p.account != nil {
		err = errors.Join(err, f.Chown(int(p.account.Uid), int(p.account.Gid)))
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write stale postmaster.pid: %w", err)
	}
	return nil
}

// isPostgresOf tells whether a pid is the running server of this cluster: pids are
// used again, so that it lives proves nothing, and one that nobody waited for has
// no arguments any more.
func isPostgresOf(pid int, cluster string) bool {
	if !alive(pid) {
		return false
	}
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	args := strings.ReplaceAll(string(raw), "\x00", " ")
	if err != nil { // not Linux
		if raw, err = exec.Command("ps", "-o", "args=", "-p", strconv.Itoa(pid)).Output(); err != nil {
			return false
		}
		args = string(raw)
	}
	return strings.Contains(args, "postgres -D "+cluster+" -k ")
}
