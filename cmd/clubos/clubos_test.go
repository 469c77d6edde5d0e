package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// call runs a command line in an installation of its own and returns the exit status and what it printed.
func call(t *testing.T, stdin string, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	status = run(t.Context(), args, std{strings.NewReader(stdin), &o, &e})
	return status, o.String(), e.String()
}

// installation makes an empty data directory the environment's.
func installation(t *testing.T) {
	t.Helper()
	t.Setenv("CLUBOS_DATA_DIR", t.TempDir())
	t.Setenv("CLUBOS_SQLITE_RELAXED", "true")
}

func TestEveryCommandExplainsItself(t *testing.T) {
	t.Parallel()
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Short == "" || c.Example == "" {
			t.Errorf("%s has no short text or no example", c.CommandPath())
		}
		if !c.Runnable() && !c.HasSubCommands() {
			t.Errorf("%s does nothing", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			if sub.Name() != "help" && sub.Name() != "completion" {
				walk(sub)
			}
		}
	}
	walk(newRoot(std{strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}}))
	for _, args := range [][]string{{"--help"}, {"migrate", "--help"}, {"completion", "bash"}, {"version"}, {"simulate", "list"}} {
		if status, out, errs := call(t, "", args...); status != 0 || out == "" {
			t.Errorf("%v: status %d, %q, %s", args, status, out, errs)
		}
	}
}

func TestWrongCallIsStatusTwoAndSaysHow(t *testing.T) {
	installation(t)
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"fly"}, "unknown command"},
		{[]string{"serve", "--fast"}, "unknown flag"},
		{[]string{"init", "--club", "Not Good", "--owner", "x@example.com"}, "short name"},
		{[]string{"init", "--club", "good"}, "--owner"},
		{[]string{"migrate", "down"}, "--to"},
		{[]string{"migrate", "down", "--to", "1"}, "--yes"},
		{[]string{"user", "create", "--role", "king"}, "not a role"},
		{[]string{"key", "create", "--scope", "everything"}, "everything"},
		{[]string{"simulate", "run", "("}, "regular expression"},
		{[]string{"place", "import", "no-such-file"}, "cannot be opened"},
		{[]string{"booking", "import", "no-such-file"}, "cannot be opened"},
		{[]string{"booking", "import", "-", "--dates", "week-first"}, "--dates"},
		{[]string{"sop", "check", "no-such-file"}, "cannot be opened"},
		{[]string{"vendor", "set", "slack", "token"}, "FIELD=VALUE"},
	} {
		if status, _, errs := call(t, "", c.args...); status != 2 || !strings.Contains(errs, c.says) {
			t.Errorf("%v: status %d, %q does not say %q", c.args, status, errs, c.says)
		}
	}
	if status, _, errs := call(t, "", "user", "list"); status != 1 || !strings.Contains(errs, "clubos init") {
		t.Errorf("without a club: status %d, %q", status, errs)
	}
}

func TestConfigShowsWhereValuesComeFromAndNoSecrets(t *testing.T) {
	installation(t)
	t.Setenv("CLUBOS_DATABASE_URL", "postgres://u:hunter2@127.0.0.1/x")
	status, out, _ := call(t, "", "config", "--json")
	var values []struct{ Name, Value, From string }
	if err := json.Unmarshal([]byte(out), &values); err != nil || status != 0 || len(values) < 10 {
		t.Fatalf("status %d, %d values, %v", status, len(values), err)
	}
	if _, text, _ := call(t, "", "config"); strings.Contains(text+out, "hunter2") || !strings.Contains(text, "REDACTED") {
		t.Error("a secret is shown")
	}
	t.Setenv("CLUBOS_WORKERS", "-1")
	t.Setenv("CLUBOS_LOG_LEVEL", "loud")
	if status, _, errs := call(t, "", "config"); status != 2 || !strings.Contains(errs, "CLUBOS_WORKERS") || !strings.Contains(errs, "CLUBOS_LOG_LEVEL") {
		t.Errorf("wrong values: status %d, %s", status, errs)
	}
}

func TestConfigurationReferenceIsUpToDate(t *testing.T) {
	t.Parallel()
	_, want, _ := call(t, "", "config", "--markdown")
	got, err := os.ReadFile(filepath.Join("..", "..", "docs", "configuration.md"))
	if err != nil || string(got) != want {
		t.Errorf("docs/configuration.md is out of date (%v): run make generate", err)
	}
}

const places = `
locations:
  - name: Northside
    time_zone: America/New_York
    details: {wifi_name: Guests}
    lines: [{number: "+14155552671", provider: twilio}]
    bays: [{number: 1}]
`

func TestClubIsSetUpFromTheCommandLine(t *testing.T) {
	installation(t)
	file := filepath.Join(t.TempDir(), "places.yaml")
	if err := os.WriteFile(file, []byte(places), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		stdin string
		args  []string
		says  string
	}{
		{"", []string{"init", "--club", "fairway", "--name", "Fairway 24", "--owner", "olive@example.com"}, "/c/fairway/sign-in/link#fairway."},
		{"", []string{"tenant", "list"}, "Fairway 24"},
		{"", []string{"place", "import", file}, "2 created"},
		{"", []string{"user", "create", "--email", "sam@example.com", "--role", "operator"}, "sign-in/link#"},
		{"fairway-demo-24!\n", []string{"user", "create", "--email", "vera@example.com", "--role", "viewer", "--password-stdin"}, "Created viewer"},
		{"", []string{"user", "list"}, "sam@example.com"},
		{"", []string{"user", "link", "--email", "sam@example.com"}, "sign-in/link#"},
		{"another-good-1!\n", []string{"user", "password", "--email", "sam@example.com"}, "password is set"},
		{"", []string{"key", "create", "--name", "reporting", "--scope", "threads.read"}, "clubos_fairway_"},
		{"", []string{"key", "list"}, "reporting"},
		{"tok-123\n", []string{"vendor", "set", "twilio", "account_sid=AC1", "auth_token=@-"}, "Connected twilio"},
		{"", []string{"vendor", "list"}, "✓ auth_token"},
		{"", []string{"vendor", "remove", "twilio"}, "Disconnected"},
		{"", []string{"sop", "import", "starter"}, "as they were"},
		{"", []string{"sop", "export"}, "slug: wifi"},
		{"", []string{"sop", "export", "--json"}, `"wifi"`},
		{"", []string{"sop", "check", "starter"}, "nothing wrong"},
		{"", []string{"migrate", "status"}, "fairway"},
		{"", []string{"migrate", "up"}, "nothing to do"},
		{"", []string{"migrate", "down", "--to", "7", "--yes"}, "down"},
		{"", []string{"migrate", "up"}, "up"},
		{"", []string{"tenant", "create", "second"}, "Created the club second"},
	} {
		status, out, errs := call(t, c.stdin, c.args...)
		if status != 0 || !strings.Contains(out, c.says) {
			t.Errorf("%v: status %d, %q lacks %q; %s", c.args, status, out, c.says, errs)
		}
		if strings.Contains(out, "tok-123") {
			t.Errorf("%v shows a secret", c.args)
		}
	}
	if status, _, errs := call(t, "", "user", "list"); status != 2 || !strings.Contains(errs, "fairway, second") {
		t.Errorf("with two clubs: status %d, %s", status, errs)
	}
	if status, out, _ := call(t, "", "doctor"); status != 1 || !strings.Contains(out, "clubos vendor set") {
		t.Errorf("doctor: status %d, %s", status, out)
	}
	if status, _, errs := call(t, "", "init", "--club", "fairway", "--owner", "x@example.com"); status != 1 || !strings.Contains(errs, "exists already") {
		t.Errorf("second init: status %d, %s", status, errs)
	}
	if status, _, errs := call(t, "", "migrate", "down", "--club", "fairway", "--to", "99", "--yes"); status != 2 || !strings.Contains(errs, "not below") {
		t.Errorf("down to a version above: status %d, %s", status, errs)
	}
	mustRun(t, "migrate", "down", "--club", "second", "--to", "0", "--yes")
	if status, _, errs := call(t, "", "migrate", "down", "--club", "second", "--to", "0", "--yes"); status != 2 || !strings.Contains(errs, "not below") {
		t.Errorf("down from the empty schema: status %d, %s", status, errs)
	}
}

func TestServeEndsWhenItIsTold(t *testing.T) {
	installation(t)
	t.Setenv("CLUBOS_LISTEN", "127.0.0.1:0")
	ctx, cancel := context.WithCancel(t.Context())
	var log lockedBuffer
	log.seen = func(line string) {
		if strings.Contains(line, `"server.start"`) {
			cancel()
		}
	}
	if status := run(ctx, []string{"serve"}, std{strings.NewReader(""), &bytes.Buffer{}, &log}); status != 0 {
		t.Errorf("status %d: %s", status, log.String())
	}
	if !strings.Contains(log.String(), `"server.stop"`) {
		t.Error("it did not drain")
	}
}

func TestDemoRunsAndEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var out lockedBuffer
	out.seen = func(line string) {
		if strings.Contains(line, "Ctrl-C") {
			cancel()
		}
	}
	if status := run(ctx, []string{"demo", "--quiet", "--history", "1", "--listen", "127.0.0.1:0", "--log", filepath.Join(t.TempDir(), "log")}, std{strings.NewReader(""), &out, &out}); status != 0 {
		t.Errorf("status %d", status)
	}
	for _, want := range []string{"sign-in/link#", "owner@example.com", "/api/v1/docs"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the demo does not print %s:\n%s", want, out.String())
		}
	}
}
