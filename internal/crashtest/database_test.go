package crashtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"clubos/internal/simulate/vendor"
	"clubos/internal/store/storetest"
)

// stops is how often the database is stopped in a short run.
const stops = 2

// TestLesson41DatabaseThatStopsUnderLoadEndsNothingAndLosesNothing stops a PostgreSQL server of its own as a
// crash of it does, while texts pour in, and starts it again: the program lives on, and what it acknowledged
// is there.
func TestLesson41DatabaseThatStopsUnderLoadEndsNothingAndLosesNothing(t *testing.T) {
	t.Parallel()
	if storetest.DatabaseURL() == "" {
		t.Skip("a matter of PostgreSQL")
	}
	n := long(t).stops
	after := settleWithin
	if n > stops {
		after = 90 * time.Second // what has failed at many of them waits for a minute
	}
	pg := newPostgres(t)
	in := install(t, pg.url)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute+time.Duration(n)*10*time.Second)
	defer cancel()
	in.patience = after
	d := newDrive(t, in, seeded(t))
	defer d.made.show(t)
	d.players = d.players[:min(len(d.players), 8)]
	server := in.serve(t)
	for range n {
		d.send(ctx, perLife)
		if err := pause(ctx, time.Duration(100+d.rng.IntN(900))*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		pg.stop(t)
		d.made.Stops++
		d.send(ctx, perLife/2) // into the dark
		if err := pause(ctx, time.Duration(d.rng.IntN(700))*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		pg.start(t)
		if err := server.awaitReady(ctx, in.url+"/readyz"); err != nil {
			t.Fatalf("after the database was back: %v\n%s", err, server.lastLines())
		}
	}
	d.wg.Wait()
	d.end(server, false) // what a try left undone within its own time is another's matter
	d.conclude(ctx)
	if n > stops {
		summed(t).keep(t, d.made)
	}
}

// postgres is a durable PostgreSQL server of the test's own.
type postgres struct {
	bin, dir, url string
	port          int
	as            *syscall.Credential // nil: ourselves
}

func newPostgres(t *testing.T) *postgres {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		t.Skip("PostgreSQL is not installed; scripts/test-go.sh installs it")
	}
	slices.Sort(found)
	address, err := vendor.FreeAddress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	pg := &postgres{bin: filepath.Dir(found[len(found)-1])}
	if pg.port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	if pg.dir, err = os.MkdirTemp("", "clubos-crash-postgres-"); err != nil { // a test's own directory is closed to others
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(pg.dir) })
	if os.Getuid() == 0 { // PostgreSQL refuses to run as root
		if pg.as, err = nobodyElse("postgres", pg.dir); err != nil {
			t.Fatal(err)
		}
	}
	pg.url = fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", pg.port)
	pg.run(t, "initdb", "-D", pg.dir+"/data", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")
	pg.start(t)
	t.Cleanup(func() { pg.stop(t) })
	return pg
}

// nobodyElse gives a directory to a user and returns how to run as them.
func nobodyElse(name, dir string) (*syscall.Credential, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(errUID, errGID); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, int(uid), int(gid))
}

// start starts the server and waits until it takes connections.
func (pg *postgres) start(t *testing.T) {
	t.Helper()
	pg.run(t, "pg_ctl", "-D", pg.dir+"/data", "-l", pg.dir+"/log", "-w", "-o", fmt.Sprintf("-p %d -h 127.0.0.1 -k %s -c shared_buffers=64MB", pg.port, pg.dir), "start")
}

// stop ends the server at once, without a checkpoint, as a crash does; nothing happens when it is not running.
func (pg *postgres) stop(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(pg.dir + "/data/postmaster.pid"); err == nil {
		pg.run(t, "pg_ctl", "-D", pg.dir+"/data", "-m", "immediate", "-w", "stop")
	}
}

func (pg *postgres) run(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(pg.bin, name), args...)
	cmd.Dir, cmd.SysProcAttr = pg.dir, &syscall.SysProcAttr{Credential: pg.as}
	// A server that outlives pg_ctl would keep a pipe open, for which Output would wait.
	out, err := os.CreateTemp(pg.dir, "out-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		t.Fatalf("%s: %v\n%s", name, err, said)
	}
}
