package demo_test

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"clubos/internal/decide"
	"clubos/internal/demo"
	"clubos/internal/simulate"
	"clubos/internal/store/storetest"
	"clubos/internal/telemetry"
)

// quickly are the settings of clubs in tests: a burst ends after a moment.
func quickly() map[string]any { return map[string]any{"wait.burst": "400ms"} }

// home is the data directory of a demo club that was just made. A copy of it starts in a tenth of the
// time, for the passwords of the staff are hashed.
var home struct {
	sync.Mutex
	dir  string
	made time.Time
}

// homeLasts is how long a home is copied. Two minutes after it was made the first of the bookings begins that
// scenarios want to begin soon.
const homeLasts = 90 * time.Second

// atOnce is how many clubs run side by side, however many processors there are: most of their time
// scenarios wait.
const atOnce = "12"

func TestMain(m *testing.M) {
	n := atOnce
	if storetest.DatabaseURL() != "" { // where the race detector runs, and each club is made from nothing
		n = "4"
	}
	if err := flag.Set("test.parallel", n); err != nil { // a -parallel on the command line comes later and wins
		panic(err)
	}
	code := m.Run()
	if home.dir != "" {
		_ = os.RemoveAll(home.dir)
	}
	os.Exit(code)
}

// whole leaves a test out of a short run, which plays the day alone: everything happens in it.
func whole(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("the day is played alone")
	}
}

// copyHome copies home into a directory, and makes it before if there is none or it is old.
func copyHome(ctx context.Context, into string) error {
	home.Lock()
	defer home.Unlock()
	if home.dir == "" || time.Since(home.made) > homeLasts {
		if err := makeHome(ctx); err != nil {
			return err
		}
	}
	return os.CopyFS(into, os.DirFS(home.dir))
}

func makeHome(ctx context.Context) error {
	if err := os.RemoveAll(home.dir); err != nil {
		return err
	}
	home.dir = ""
	dir, err := os.MkdirTemp("", "clubos-home-")
	if err != nil {
		return err
	}
	made := time.Now()
	d, err := demo.Start(ctx, demo.Config{DataDir: dir, Log: slog.New(slog.DiscardHandler), Settings: quickly(), Matchers: matchers()})
	if err == nil {
		err = d.Close()
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	home.dir, home.made = dir, made
	return nil
}

// matchers are shared by all clubs of the tests, which know the same.
var matchers = sync.OnceValue(func() *decide.Matchers { return decide.NewMatchers(true, 0) })

// start starts a demo club of the test's own: from a copy on SQLite, from nothing on PostgreSQL.
func start(t *testing.T, log *slog.Logger) (*demo.Demo, *simulate.World) {
	t.Helper()
	cfg := demo.Config{Log: log, Quick: true, Settings: quickly(), DataDir: t.TempDir(), Matchers: matchers()}
	if storetest.DatabaseURL() != "" {
		lent := storetest.Config(t)
		cfg.DatabaseURL, cfg.SchemaPrefix = lent.URL, lent.TenantPrefix
	} else {
		// Not by the test's context: another test may be the first, and end before this one does.
		if err := copyHome(context.WithoutCancel(t.Context()), cfg.DataDir); err != nil {
			t.Fatalf("copy a club: %v", err)
		}
		// A copy's files are open to everybody, which a master key must not be.
		if err := os.Chmod(filepath.Join(cfg.DataDir, "master.key"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := demo.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("end the demo: %v", err)
		}
	})
	w, err := d.World()
	if err != nil {
		t.Fatal(err)
	}
	return d, w
}

// logger writes lines for people into the test's output when CLUBOS_TEST_LOG is set.
func logger(t *testing.T) *slog.Logger {
	if os.Getenv("CLUBOS_TEST_LOG") == "" {
		return slog.New(slog.DiscardHandler)
	}
	return telemetry.NewLogger(t.Output(), telemetry.LogConfig{Text: true})
}
