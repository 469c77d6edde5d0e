package bench

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clubos/internal/club"
	"clubos/internal/store"
)

func TestScenarioIsOneOrSeveral(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]Scenario{"all": Scenarios(), "ingest": {Steady, Ceiling}, "pipeline": {Pipeline}, "overload": {Overload}, "cache": {Cache}} {
		got, err := ParseScenario(name)
		if err != nil || !cmp.Equal(want, got) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, want)
		}
	}
	if _, err := ParseScenario("everything"); club.CodeOf(err) != club.CodeInvalid || !strings.Contains(err.Error(), "all, ingest, start, steady, ceiling, pipeline") {
		t.Errorf("unknown scenario: %v", err)
	}
	if diff := cmp.Diff([][]Scenario{{Start}, {Console, API}, {Ratio}}, parts([]Scenario{Start, Console, API, Ratio})); diff != "" {
		t.Errorf("what looks at very many threads shares them (-want +got):\n%s", diff)
	}
}

func TestMeasurementThatIsOutOfBoundsIsRefusedBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{
		"too short":            {Duration: time.Millisecond},
		"too long":             {Duration: time.Hour},
		"negative rate":        {Rate: -1},
		"endless rate":         {Rate: 1 << 30},
		"too many decisions":   {DecideRate: 1 << 20},
		"too many connections": {Connections: 1 << 20},
		"idle for ever":        {Idle: time.Hour},
		"endless threads":      {Threads: 1 << 30},
		"endless locations":    {Locations: 1 << 30},
		"too many clients":     {Clients: 1 << 20},
	} {
		cfg.Binary = "/nowhere/clubos"
		if _, err := Run(t.Context(), cfg); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMemoryIsReadFromTheProcessStatus(t *testing.T) {
	t.Parallel()
	got, ok := parseUsage("Name:\tclubos\nVmHWM:\t  81920 kB\nVmRSS:\t  40960 kB\nThreads:\t12\n")
	if want := (usage{now: 40 << 20, most: 80 << 20}); !ok || got != want {
		t.Errorf("got %+v, %t; want %+v", got, ok, want)
	}
	if _, ok := parseUsage("Name:\tclubos\nState:\tZ (zombie)\n"); ok {
		t.Error("a process without memory has a figure")
	}
}

func TestProcessorTimeIsReadWhateverTheProgramIsCalled(t *testing.T) {
	t.Parallel()
	got, ok := parseCPU("4711 (club (os) 1) S 1 4711 4711 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 100 1000 200")
	if want := 3 * time.Second; !ok || got != want {
		t.Errorf("got %s, %t; want %s", got, ok, want)
	}
	for _, bad := range []string{"", "4711 (clubos) S 1", "4711 (clubos) S 1 1 1 0 -1 0 0 0 0 0 x 50 0"} {
		if _, ok := parseCPU(bad); ok {
			t.Errorf("%q has a figure", bad)
		}
	}
}

func TestChildGetsItsOwnConfigurationOnly(t *testing.T) {
	t.Parallel()
	got := environ([]string{"PATH=/bin", "CLUBOS_DATABASE_URL=postgres://production/x", "PATTERN_CONFIDENCE_HIGH=0.1", "GOMAXPROCS=2"}, map[string]string{"CLUBOS_LISTEN": "127.0.0.1:1"})
	slices.Sort(got)
	if diff := cmp.Diff([]string{"CLUBOS_LISTEN=127.0.0.1:1", "GOMAXPROCS=2", "PATH=/bin"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDatabaseOfItsOwnStandsOnTheGivenServer(t *testing.T) {
	t.Parallel()
	got, err := databaseURL("postgres://bench:secret@db.example.com:5432/postgres?sslmode=disable", "clubos_bench1")
	if want := "postgres://bench:secret@db.example.com:5432/clubos_bench1?sslmode=disable"; err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	for _, bad := range []string{"host=localhost dbname=x", "mysql://localhost/x", "postgres:///x"} {
		if _, err := databaseURL(bad, "x"); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestDecisionIsTimedFromTheNewestTextThatItRead(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC)
	after := func(d time.Duration) time.Time { return at.Add(d) }
	d := store.Decision{ID: club.NewDecisionID(at), CreatedAt: after(3100 * time.Millisecond)}
	other := club.NewDecisionID(after(time.Second))
	messages := []store.Message{
		{Direction: club.DirectionOut, DecisionID: d.ID, CreatedAt: after(3200 * time.Millisecond)},
		{Direction: club.DirectionIn, DecisionID: other, CreatedAt: after(3050 * time.Millisecond)},
		{Direction: club.DirectionIn, DecisionID: d.ID, CreatedAt: after(time.Second)},
		{Direction: club.DirectionIn, DecisionID: d.ID, CreatedAt: at},
	}
	if got, ok := waited(d, messages, 2*time.Second); !ok || got != 100*time.Millisecond {
		t.Errorf("waited %s, %t; want 100ms", got, ok)
	}
	if got, ok := waited(d, messages, 3*time.Second); !ok || got != 0 {
		t.Errorf("a decision before the burst's end waited %s, %t; want 0s", got, ok)
	}
	if _, ok := waited(d, messages[:2], 2*time.Second); ok {
		t.Error("a decision that read no text of these is timed")
	}
}

func TestProgramThatCannotBeStartedLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	cfg, err := Config{Binary: "/nowhere/clubos"}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	in := &installation{dir: t.TempDir(), env: map[string]string{"CLUBOS_LISTEN": "127.0.0.1:1"}}
	if _, err := in.serve(t.Context(), cfg, Start); err == nil || !strings.Contains(err.Error(), "/nowhere/clubos") {
		t.Errorf("error: %v", err)
	}
}

func TestServerThatEndsAtOnceIsToldWithItsLastWords(t *testing.T) {
	t.Parallel()
	in := &installation{dir: t.TempDir(), env: map[string]string{"CLUBOS_LISTEN": "127.0.0.1:1"}}
	_, err := in.serve(t.Context(), Config{Binary: "/bin/sh", Args: []string{"-c", "echo no such database; exit 3"}}, Start)
	if err == nil || !strings.Contains(err.Error(), "no such database") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("error: %v", err)
	}
}

func TestServerIsEndedByItsOwnIDWhenTheMeasurementIsBrokenOff(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	in := &installation{dir: t.TempDir(), env: map[string]string{"CLUBOS_LISTEN": "127.0.0.1:1"}}
	start := time.Now()
	if _, err := in.serve(ctx, Config{Binary: "/bin/sleep", Args: []string{"60"}}, Start); err == nil {
		t.Error("a server that never answers is ready")
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %s to end", took)
	}
}

func TestRateIsReadFromWhatPgbenchPrints(t *testing.T) {
	t.Parallel()
	got, ok := parseTPS("latency average = 2.019 ms\ninitial connection time = 61.6 ms\ntps = 31700.534123 (without initial connection time)\n")
	if !ok || got != 31700.534123 {
		t.Errorf("got %f, %t", got, ok)
	}
	if _, ok := parseTPS("pgbench: error: connection failed"); ok {
		t.Error("an error has a rate")
	}
}

func TestPgbenchIsToldItsDatabaseByTheEnvironment(t *testing.T) {
	t.Parallel()
	got, err := connectionEnv("postgres://bench:secret@db.example.com:5433/clubos_bench1?sslmode=disable")
	want := []string{"PGHOST=db.example.com", "PGDATABASE=clubos_bench1", "PGUSER=bench", "PGPORT=5433", "PGPASSWORD=secret", "PGSSLMODE=disable"}
	if err != nil || !cmp.Equal(want, got) {
		t.Errorf("got %q, %v", got, err)
	}
}
