package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clubos/internal/store/storetest"
)

// program is the real binary, built for the test.
func program(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "clubos")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", binary, "clubos/cmd/clubos")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is released
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return binary
}

func TestServerIsMeasuredFromItsStartToItsLists(t *testing.T) {
	if storetest.DatabaseURL() != "" {
		t.Skip("it measures an installation of its own, on SQLite")
	}
	t.Parallel()
	scenarios := []Scenario{Start, Steady, Pipeline, Health, Console, API, Limiter}
	cfg := Config{Binary: program(t), Scenarios: scenarios, Duration: time.Second, Idle: time.Second,
		Rate: 100, DecideRate: 5, Threads: 300, Clients: 2, Connections: 16}
	r, err := Run(t.Context(), cfg)
	for range 2 { // somebody else may take the server's port before it does
		if err != nil && strings.Contains(err.Error(), "address already in use") {
			r, err = Run(t.Context(), cfg)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scenarios {
		found := false
		for _, m := range r.Measures {
			found = found || m.Scenario == s && m.Value > 0
		}
		if !found {
			t.Errorf("nothing was measured of %s", s)
		}
	}
}
