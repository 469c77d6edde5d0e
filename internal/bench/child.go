package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	readyWithin = 30 * time.Second
	stopWithin  = 20 * time.Second
	askEvery    = 2 * time.Millisecond
)

// child is the server's process. It is ended by its own id, and with the context.
type child struct {
	cmd     *exec.Cmd
	log     string        // file of its output
	started time.Duration // from the start of the process until it was ready
	ended   chan struct{} // closed when the process is gone
	err     error         // how it ended; read after ended
}

// serve starts the program on the installation and waits until it is ready.
func (in *installation) serve(ctx context.Context, cfg Config, s Scenario) (*child, error) {
	args := cfg.Args
	if cfg.ProfileDir != "" && s != Start {
		args = append(append([]string{}, args...), "--cpu-profile", filepath.Join(cfg.ProfileDir, string(s)+".pprof"))
	}
	cmd := exec.CommandContext(ctx, cfg.Binary, args...) //nolint:gosec // the caller's own program
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopWithin
	cmd.Env = environ(os.Environ(), in.env)
	c := &child{cmd: cmd, log: filepath.Join(in.dir, "log"), ended: make(chan struct{})}
	out, err := os.OpenFile(c.log, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	defer func() { _ = out.Close() }() // the process has its own handle
	cmd.Stdout, cmd.Stderr = out, out
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cfg.Binary, err)
	}
	go func() {
		c.err = cmd.Wait()
		close(c.ended)
	}()
	if err := c.awaitReady(ctx, in.url()+"/readyz"); err != nil {
		return nil, errors.Join(err, c.stop())
	}
	c.started = time.Since(start)
	return c, nil
}

// environ returns the environment of the child: what runtimes need, and the installation's
// configuration, but nothing else that would configure ClubOS.
func environ(from []string, set map[string]string) []string {
	var out []string
	for _, e := range from {
		name, _, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, "CLUBOS_") && !strings.HasPrefix(name, "PATTERN_") && !strings.HasPrefix(name, "SECURITY_") {
			out = append(out, e)
		}
	}
	for name, value := range set {
		out = append(out, name+"="+value)
	}
	return out
}

func (c *child) awaitReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	client := &http.Client{Timeout: time.Second}
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		if ready(ctx, client, url) {
			return nil
		}
		select {
		case <-tick.C:
		case <-c.ended:
			return fmt.Errorf("the server ended before it was ready: %w\n%s", c.err, c.lastLines())
		case <-ctx.Done():
			return fmt.Errorf("the server was not ready within %s: %w\n%s", readyWithin, ctx.Err(), c.lastLines())
		}
	}
}

func ready(ctx context.Context, client *http.Client, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// lastLines returns the end of the server's output.
func (c *child) lastLines() string {
	b, err := os.ReadFile(c.log)
	if err != nil {
		return ""
	}
	return string(b[max(0, len(b)-2000):])
}

// stop asks the process to end, waits, and kills it when it does not. It may be called more than once.
// A server that ended badly is an error.
func (c *child) stop() error {
	select {
	case <-c.ended:
	default:
		_ = c.cmd.Process.Signal(syscall.SIGTERM)
		late := time.NewTimer(stopWithin)
		defer late.Stop()
		select {
		case <-c.ended:
		case <-late.C:
			_ = c.cmd.Process.Kill()
			<-c.ended
			return fmt.Errorf("the server did not end within %s and was killed", stopWithin)
		}
	}
	if c.err != nil {
		return fmt.Errorf("the server ended: %w", c.err)
	}
	return nil
}

// usage is memory that a process holds, in bytes.
type usage struct {
	now, most int64
}

// memory reads what the process holds and held at most; ok is false where the system does not tell.
func (c *child) memory() (u usage, ok bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return usage{}, false
	}
	return parseUsage(string(b))
}

// parseUsage reads VmRSS and VmHWM of proc(5).
func parseUsage(status string) (u usage, ok bool) {
	for line := range strings.Lines(status) {
		name, rest, _ := strings.Cut(line, ":")
		kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
		if err != nil {
			continue
		}
		switch name {
		case "VmRSS":
			u.now = kb << 10
		case "VmHWM":
			u.most = kb << 10
		}
	}
	return u, u.now > 0
}

// clockTick is the unit of CPU times in proc(5). It is 100 per second on every architecture that Go
// runs on.
const clockTick = 10 * time.Millisecond

// cpu returns the processor time that the process has used; ok is false where the system does not tell.
func (c *child) cpu() (used time.Duration, ok bool) { return cpuOf(strconv.Itoa(c.cmd.Process.Pid)) }

func cpuOf(process string) (used time.Duration, ok bool) {
	b, err := os.ReadFile("/proc/" + process + "/stat")
	if err != nil {
		return 0, false
	}
	return parseCPU(string(b))
}

// parseCPU reads utime and stime, fields 14 and 15 of stat in proc(5). The second field, the program's
// name in parentheses, may itself hold spaces and parentheses.
func parseCPU(stat string) (used time.Duration, ok bool) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, false
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * clockTick, err == nil && err2 == nil
}
