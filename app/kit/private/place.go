package private

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// socketLimit is how long the path of a Unix socket's folder may be: the kernel
// takes 107 characters with the file's name.
const socketLimit = 80

// place is where the services keep their files and as whom they run.
type place struct {
	data      string // clusters and dumps
	sockets   string
	temporary string              // the sockets' folder when it lies outside data; removed at the end
	account   *syscall.Credential // nil: as ourselves
	user      string
}

// findPlace chooses the folders. PostgreSQL refuses to run as root, so as root
// an ordinary account is used, and a folder that this account can reach.
func findPlace(dataDir string, log *slog.Logger) (place, error) {
	dir, err := filepath.Abs(dataDir)
	if err != nil {
		return place{}, fmt.Errorf("DATA_DIR: %w", err)
	}
	p := place{data: dir}
	if me, err := user.Current(); err == nil {
		p.user = me.Username
	}
	if os.Geteuid() == 0 {
		if err := p.becomeOrdinary(log); err != nil {
			return place{}, err
		}
	}
	p.sockets = filepath.Join(p.data, "run")
	if len(p.sockets) > socketLimit {
		if p.temporary, err = os.MkdirTemp("", "qianshou-"); err != nil {
			return place{}, fmt.Errorf("make folder for sockets: %w", err)
		}
		p.sockets = p.temporary
	}
	return p, p.make(p.sockets)
}

// becomeOrdinary picks the account for the services. A folder below a closed one
// (such as /root) cannot be reached by it, so the data then lives in /var/lib.
func (p *place) becomeOrdinary(log *slog.Logger) error {
	if p.becomeOwner(p.data) {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(account.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(account.Gid, 10, 32)
		if err1 != nil || err2 != nil {
			continue
		}
		p.account, p.user = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, name
		break
	}
	if p.account == nil {
		return errors.New("PostgreSQL refuses to run as root, and there is no account postgres or nobody to run it: start as an ordinary user")
	}
	if reachable(p.data, p.account) {
		return nil
	}
	sum := sha256.Sum256([]byte(p.data))
	elsewhere := filepath.Join("/var/lib/qianshou", hex.EncodeToString(sum[:6]))
	log.Info("the database's account cannot reach DATA_DIR; its data is kept elsewhere", "data_dir", p.data, "kept_in", elsewhere)
	p.data = elsewhere
	p.becomeOwner(elsewhere)
	if err := os.MkdirAll(filepath.Dir(elsewhere), 0o755); err != nil {
		return fmt.Errorf("make folder for data: %w", err)
	}
	return p.make(elsewhere)
}

// becomeOwner takes the account that owns the cluster in a folder: an ordinary
// user began it, and can go on with it after root has.
func (p *place) becomeOwner(data string) bool {
	info, err := os.Stat(filepath.Join(data, "postgres"))
	if err != nil {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || st.Uid == 0 {
		return false
	}
	as := &syscall.Credential{Uid: st.Uid, Gid: st.Gid}
	if !reachable(data, as) {
		return false
	}
	p.account, p.user = as, accountName(st.Uid)
	return true
}

// reachable tells whether every folder on the way lets an account through.
func reachable(path string, as *syscall.Credential) bool {
	for dir := path; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return false
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return false
		}
		mode := info.Mode().Perm()
		if mode&0o001 == 0 && !(st.Uid == as.Uid && mode&0o100 != 0) && !(st.Gid == as.Gid && mode&0o010 != 0) {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

// make makes a folder that only the services' account may enter.
func (p place) make(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	if p.account == nil {
		return nil
	}
	if err := os.Chown(dir, int(p.account.Uid), int(p.account.Gid)); err != nil {
		return fmt.Errorf("give folder away: %w", err)
	}
	return nil
}

// programs are the paths of what is run.
type programs struct{ postgres, initdb, redis string }

func findPrograms(opts Options) (programs, error) {
	var bin programs
	var missing []string
	if opts.Postgres {
		dir := postgresFolder(0)
		if dir == "" {
			missing = append(missing, "postgresql")
		}
		bin.postgres, bin.initdb = filepath.Join(dir, "postgres"), filepath.Join(dir, "initdb")
	}
	if opts.Redis {
		path, err := exec.LookPath("redis-server")
		if err != nil {
			if path = firstFile("/usr/bin/redis-server", "/opt/homebrew/bin/redis-server", "/usr/local/bin/redis-server"); path == "" {
				missing = append(missing, "redis-server")
			}
		}
		bin.redis = path
	}
	if len(missing) > 0 {
		return bin, &Missing{Packages: missing}
	}
	return bin, nil
}

// leastPostgres is the oldest version that the driver speaks to.
const leastPostgres = 14

// postgresFolder finds an installed server of a version, 0 for the newest: Debian
// and Homebrew keep a folder for each.
func postgresFolder(want int) string {
	type found struct {
		version int
		dir     string
	}
	var all []found
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin", "/usr/pgsql-*/bin"} {
		dirs, _ := filepath.Glob(pattern)
		for _, dir := range dirs {
			version, err := strconv.Atoi(versionOf(filepath.Base(filepath.Dir(dir))))
			if err == nil && version >= leastPostgres && (want == 0 || version == want) && firstFile(filepath.Join(dir, "initdb")) != "" && firstFile(filepath.Join(dir, "postgres")) != "" {
				all = append(all, found{version, dir})
			}
		}
	}
	if len(all) > 0 {
		return slices.MaxFunc(all, func(a, b found) int { return a.version - b.version }).dir
	}
	if path, err := exec.LookPath("initdb"); err == nil && want == 0 {
		if dir := filepath.Dir(path); firstFile(filepath.Join(dir, "postgres")) != "" {
			return dir
		}
	}
	return ""
}

// versionOf is the version in a folder's name: 15, postgresql@17, pgsql-16.
func versionOf(folder string) string { return folder[strings.LastIndexAny(folder, "@-")+1:] }

func firstFile(paths ...string) string {
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path
		}
	}
	return ""
}

// lockFolder keeps a second server out of a folder. The lock goes with the
// process, however it ends.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, inWords(dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("DATA_DIR %s: %w", dir, ErrRunning)
		}
		return nil, fmt.Errorf("lock DATA_DIR: %w", err)
	}
	return f, nil
}

// inWords says in one sentence why a folder cannot be used, and what to do.
func inWords(dir string, err error) error {
	if errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("DATA_DIR %s is not a folder: set another DATA_DIR", dir)
	}
	if errors.Is(err, os.ErrPermission) {
		if info, statErr := os.Stat(dir); statErr == nil {
			if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
				return fmt.Errorf("DATA_DIR %s belongs to %s: start as that account, or set another DATA_DIR", dir, accountName(st.Uid))
			}
		}
	}
	return fmt.Errorf("DATA_DIR cannot be used: %w", err)
}

func accountName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if account, err := user.LookupId(id); err == nil {
		return account.Username
	}
	return "the account with number " + id
}

func alive(pid int) bool { return pid > 0 && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
