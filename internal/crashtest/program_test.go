package crashtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is the binary with failpoints linked in, built by the first test that needs it.
var program struct {
	once sync.Once
	dir  string
	path string
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if program.dir != "" {
		_ = os.RemoveAll(program.dir)
	}
	os.Exit(code)
}

func binary(t *testing.T) string {
	t.Helper()
	program.once.Do(func() {
		if program.dir, program.err = os.MkdirTemp("", "clubos-crash-"); program.err != nil {
			return
		}
		program.path = filepath.Join(program.dir, "clubos")
		program.err = build(program.path)
	})
	if program.err != nil {
		t.Fatal(program.err)
	}
	return program.path
}

// build compiles the program with failpoints linked in, and as the arguments say.
func build(path string, args ...string) error {
	args = append([]string{"build", "-trimpath", "-ldflags", "-X clubos/internal/failpoint.linked=yes", "-o", path}, args...)
	cmd := exec.Command("go", append(args, "clubos/cmd/clubos")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is released, and as most of it is compiled already
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return nil
}

const (
	readyWithin = 30 * time.Second
	endWithin   = 20 * time.Second
)

// child is a server that runs.
type child struct {
	cmd   *exec.Cmd
	log   string
	ended chan struct{}
	err   error // how it ended; read after ended
}

// serve starts a server on the installation and waits until it is ready.
func (in *installation) serve(t *testing.T) *child {
	t.Helper()
	c := in.launch(t)
	if err := c.awaitReady(t.Context(), in.url+"/readyz"); err != nil {
		t.Fatalf("%v\n%s", err, c.lastLines())
	}
	return c
}

// launch starts a server, with more in its environment, and does not wait.
func (in *installation) launch(t *testing.T, env ...string) *child {
	t.Helper()
	program := in.program
	if program == "" {
		program = binary(t)
	}
	c := &child{cmd: exec.Command(program, "serve"), log: filepath.Join(in.dir, "log"), ended: make(chan struct{})}
	c.cmd.Env = append(in.environ(), env...)
	out, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }() // the child has its own handle
	c.cmd.Stdout, c.cmd.Stderr = out, out
	if err := c.cmd.Start(); err != nil {
		t.Fatalf("start the server: %v", err)
	}
	go func() {
		c.err = c.cmd.Wait()
		close(c.ended)
	}()
	t.Cleanup(func() { _ = c.kill() })
	return c
}

func (c *child) awaitReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	client := &http.Client{Timeout: time.Second}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if resp, err := client.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-c.ended:
			return fmt.Errorf("the server ended before it was ready: %w", c.err)
		default:
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return fmt.Errorf("the server was not ready within %s", readyWithin)
		}
	}
}

// kill ends the server as a power cut would, and waits until it is gone.
func (c *child) kill() error {
	err := c.cmd.Process.Kill()
	<-c.ended
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// deploy asks the server to end, as a deploy does, and fails unless it ends well and in time.
func (c *child) deploy() error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("signal the server: %w", err)
	}
	late := time.NewTimer(endWithin)
	defer late.Stop()
	select {
	case <-c.ended:
	case <-late.C:
		return errors.Join(fmt.Errorf("the server did not end within %s", endWithin), c.kill())
	}
	if c.err != nil {
		return fmt.Errorf("the server ended badly: %w\n%s", c.err, c.lastLines())
	}
	return nil
}

// fell reports whether the server has ended within a time, and fails the test unless it was killed.
func (c *child) fell(t *testing.T, within time.Duration) bool {
	t.Helper()
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-c.ended:
	case <-late.C:
		return false
	}
	var exit *exec.ExitError
	if status, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus); !errors.As(c.err, &exit) || !ok || status.Signal() != syscall.SIGKILL {
		t.Errorf("the server ended by itself: %v\n%s", c.err, c.lastLines())
	}
	return true
}

func (c *child) lastLines() string {
	b, err := os.ReadFile(c.log)
	if err != nil {
		return ""
	}
	return string(b[max(0, len(b)-3000):])
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// environ is the child's environment: what runtimes need and the installation's configuration, but
// nothing else that would configure ClubOS.
func (in *installation) environ() []string {
	var out []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "CLUBOS_") && !strings.HasPrefix(e, "PATTERN_") {
			out = append(out, e)
		}
	}
	for name, value := range in.env {
		out = append(out, name+"="+value)
	}
	return out
}
