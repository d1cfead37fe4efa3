package private

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// stopLimit is how long a service may take to end before it is killed.
const stopLimit = 15 * time.Second

// process is one child. It dies with the program, even when the program is
// killed outright.
type process struct {
	name   string
	cmd    *exec.Cmd
	ask    os.Signal // asks it to end in good order
	done   chan struct{}
	end    error // how it ended; read after done
	output tail
}

// launch starts a child. Linux ties a child's death to the thread that made it,
// so that thread is kept for as long as the child lives.
func launch(name string, p place, ask os.Signal, path string, args ...string) (*process, error) {
	child := &process{name: name, ask: ask, done: make(chan struct{}), cmd: exec.Command(path, args...)}
	child.cmd.Stdout, child.cmd.Stderr = &child.output, &child.output
	child.cmd.Dir = p.data
	child.cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=" + p.data}
	child.cmd.SysProcAttr = attributes(p.account)
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := child.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		child.end = child.cmd.Wait()
		close(child.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return child, nil
}

// stop asks the child to end and waits; one that does not is killed. Stopping
// nothing is no failure.
func (p *process) stop() {
	if p == nil {
		return
	}
	select {
	case <-p.done:
		return
	default:
	}
	_ = p.cmd.Process.Signal(p.ask)
	select {
	case <-p.done:
	case <-time.After(stopLimit):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// why tells how a child that is done ended, and what it said of it.
func (p *process) why() string {
	how := "it ended by itself"
	if p.end != nil {
		how = p.end.Error()
	}
	if said := p.output.complaints(); said != "" {
		how += ": " + said
	}
	return how
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailSize = 2000

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if len(t.buf) > tailSize {
		t.buf = bytes.Clone(t.buf[len(t.buf)-tailSize:])
	}
	return len(b), nil
}

// complaint finds the words by which PostgreSQL and Redis mark what stops them.
var complaint = regexp.MustCompile(`(?:FATAL|PANIC|HINT|Fatal|[Ff]ailed|[Cc]ould not|Can't).*`)

// complaintsShown is how many complaints are told; the last matter.
const complaintsShown = 3

// complaints are the lines that say why a child gave up, on one line, without
// the notes of an ordinary start around them.
func (t *tail) complaints() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	said := slices.Compact(complaint.FindAllString(string(t.buf), -1))
	return strings.Join(said[max(0, len(said)-complaintsShown):], " ")
}

// attributes put the child into a group of its own, so that Ctrl-C reaches the
// program alone and it stops the child in order.
func attributes(account *syscall.Credential) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Credential: account}
	dieWithParent(attr)
	return attr
}
