package demo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clubos/internal/knowledge"
	"clubos/internal/simulate"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store/storetest"
	"clubos/internal/telemetry"
)

// lines collects a log.
type lines struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// records reads every line of the log, which must be JSON with the fields of the schema.
func (l *lines) records(t *testing.T) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(l.String()) {
		var rec map[string]any
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Errorf("a line is not JSON (%v): %s", err, line)
			continue
		}
		for _, field := range []string{"@timestamp", "log.level", "message", "ecs.version"} {
			if s, _ := rec[field].(string); s == "" {
				t.Errorf("a line has no %s: %s", field, line)
			}
		}
		out = append(out, rec)
	}
	return out
}

// secret is something that must stand nowhere in plain, with what it is.
type secret struct{ what, text string }

// personal lists every demo member's and staff's number, address and full name.
func personal(c *simulate.Club) []secret {
	var out []secret
	for _, m := range c.Members {
		out = append(out, secret{"a member's number", strings.TrimPrefix(m.Phone, "+")}, secret{"a member's name", m.Name})
		if m.Email != "" {
			out = append(out, secret{"a member's address", m.Email})
		}
	}
	for _, s := range c.Staff {
		out = append(out, secret{staffName, s.Name}, secret{"a staff's address", s.Email})
	}
	return out
}

// staffName is what Slack may show, and so the notes that become posts: a team must see who of it has
// taken a matter or said yes.
const staffName = "a staff's name"

func withoutStaff(all []secret) []secret {
	return slices.DeleteFunc(slices.Clone(all), func(s secret) bool { return s.what == staffName })
}

// find reports which of the secrets stand in a text. A few of each kind are enough.
func find(in []byte, where string, secrets []secret) []string {
	var found []string
	for _, s := range secrets {
		if i := bytes.Index(in, []byte(s.text)); i >= 0 && len(found) < 5 {
			found = append(found, fmt.Sprintf("%s stands in %s: …%q…", s.what, where, in[max(0, i-80):min(len(in), i+len(s.text)+40)]))
		}
	}
	return found
}

// dayLength is how long the simulated day lasts: 60 texts in it are as many as a busy club gets in hours.
const dayLength = 15 * time.Second

func TestDayLeavesNoPersonalDataOutsideTheSealedColumns(t *testing.T) {
	t.Parallel()
	log := &lines{}
	d, w := start(t, telemetry.NewLogger(log, telemetry.LogConfig{Service: "clubos", Version: "test", Node: "test", Level: -4}))
	// What members write as it is written nowhere else: an address, a number and a name that only these
	// texts have, beside the day's own.
	spoken := []string{"my new number is (201) 555-0187, call me please", "write to quinn.zephyrine@example.org about the refund", "my card ends in 4242 4242 4242 4242, you charged me twice"}
	said := []secret{{"a number in a text", "555-0187"}, {"an address in a text", "quinn.zephyrine@example.org"}, {"a card's number in a text", "4242 4242 4242 4242"}}
	for i, text := range spoken {
		if err := w.Deliver(t.Context(), w.Club.Locations[0], vendor.Incoming{From: w.Club.Members[i].Phone, Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	err := simulate.RunDay(t.Context(), w, simulate.DayConfig{Seed: 24, Length: dayLength, Press: time.Second, Leave: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(log.records(t)); n < 100 {
		t.Errorf("the log has %d lines; so quiet a day proves nothing", n)
	}
	secrets := append(personal(w.Club), said...)
	words := literal(t, w.Club)
	for _, f := range find([]byte(log.String()), "the log", append(words, secrets...)) {
		t.Error(f)
	}
	restores(t, d)
	for _, e := range w.Vendors.Slack.Effects() {
		for _, f := range find([]byte(e.Text), "a post in Slack", withoutStaff(secrets)) {
			t.Error(f)
		}
	}
	for _, post := range w.Vendors.Slack.Messages() {
		for _, f := range find(post.Blocks, "a post in Slack", withoutStaff(secrets)) {
			t.Error(f)
		}
	}
	// Columns that people, Slack and other systems read; everything else is in the files.
	for where, query := range openColumns() {
		all := append(slices.Clone(words), secrets...)
		if slices.Contains(masked(), where) {
			all = withoutStaff(secrets)
		}
		for _, s := range all {
			if n := storetest.Count(t, w.Tenant, query, s.text); n > 0 {
				t.Errorf("%s stands in %d of %s", s.what, n, where)
			}
		}
	}
	if storetest.DatabaseURL() == "" {
		inFiles(t, d.App.Config.DataDir, withoutStaff(secrets))
	}
}

// openColumns are queries that count the rows in which a text stands, by what they look at.
func openColumns() map[string]string {
	return map[string]string{
		"notifications": "SELECT COUNT(*) FROM notifications WHERE CAST(payload AS TEXT) LIKE '%' || $1 || '%' OR error LIKE '%' || $1 || '%'",
		"audit entries": "SELECT COUNT(*) FROM audit_entries WHERE CAST(detail AS TEXT) LIKE '%' || $1 || '%'",
		"evidence":      "SELECT COUNT(*) FROM decisions WHERE CAST(evidence AS TEXT) LIKE '%' || $1 || '%'",
		"decisions":     "SELECT COUNT(*) FROM decisions WHERE CAST(steps AS TEXT) LIKE '%' || $1 || '%' OR title LIKE '%' || $1 || '%'",
		"executions":    "SELECT COUNT(*) FROM executions WHERE CAST(params AS TEXT) LIKE '%' || $1 || '%' OR CAST(proofs AS TEXT) LIKE '%' || $1 || '%' OR detail LIKE '%' || $1 || '%'",
		"escalations":   "SELECT COUNT(*) FROM escalations WHERE reason LIKE '%' || $1 || '%' OR summary LIKE '%' || $1 || '%'",
		"tickets":       "SELECT COUNT(*) FROM tickets WHERE title LIKE '%' || $1 || '%'",
		"threads":       "SELECT COUNT(*) FROM threads WHERE snippet LIKE '%' || $1 || '%' OR awaiting LIKE '%' || $1 || '%'",
		"masked texts":  "SELECT COUNT(*) FROM messages WHERE masked LIKE '%' || $1 || '%'",
	}
}

// masked are what holds members' words by design, with all personal data taken out of them.
func masked() []string {
	return []string{"threads", "masked texts", "escalations", "notifications", "evidence"}
}

// literal are texts of the day, as members wrote them, that no procedure contains as an example.
func literal(t *testing.T, c *simulate.Club) []secret {
	t.Helper()
	events, err := simulate.PlanDay(c, c.Now, simulate.DayConfig{Seed: 24, Length: dayLength})
	if err != nil {
		t.Fatal(err)
	}
	examples := string(knowledge.Starter())
	var out []secret
	for _, e := range events {
		if s := (secret{"a member's text", e.Say}); len(e.Say) > 12 && !strings.Contains(examples, e.Say) && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	if len(out) < 8 { // how many there are depends on the hour of the day
		t.Errorf("only %d texts to look for", len(out))
	}
	return out
}

// inFiles looks at the raw bytes of every file of the installation, the write-ahead logs too.
func inFiles(t *testing.T, dir string, secrets []secret) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".db") {
			files++
		}
		for _, f := range find(b, filepath.Base(path), secrets) {
			t.Error(f)
		}
		return nil
	})
	if err != nil || files < 2 {
		t.Errorf("%d databases read: %v", files, err)
	}
}
