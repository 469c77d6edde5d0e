package health_test

import (
	"strings"
	"testing"
	"time"

	"clubos/internal/health"
)

func TestAlarmIsForWhatWasMeasuredOftenEnoughAndForWorkThatNobodyTakesUp(t *testing.T) {
	t.Parallel()
	slow := health.Percentiles{Count: 5, P50: time.Second, P90: 2 * time.Second, P95: 2 * time.Second, P99: 2 * time.Second}
	rare := slow
	rare.Count = 4
	for _, c := range []struct {
		name   string
		speed  health.Speed
		p      health.Process
		log    health.Log
		faults string
	}{
		{"nothing was measured", health.Speed{}, health.Process{}, health.Log{}, ""},
		{"one slow text is no alarm", health.Speed{Decisions: 1, P95: time.Minute}, health.Process{Pages: rare}, health.Log{}, ""},
		{"pages and intake", health.Speed{}, health.Process{Pages: slow, Intake: slow}, health.Log{}, "intake page"},
		{"the wait for more texts is no slowness", health.Speed{Decisions: 9, P95: 2400 * time.Millisecond, Waits: 2 * time.Second}, health.Process{}, health.Log{}, ""},
		{"decisions", health.Speed{Decisions: 9, P95: 2600 * time.Millisecond, Waits: 2 * time.Second}, health.Process{}, health.Log{}, "decision"},
		{"jobs that wait", health.Speed{}, health.Process{Queues: []health.Queue{{Name: "default"}, {Name: "vendor", Due: 3, Oldest: 3 * time.Minute}, {Name: "x", Oldest: time.Hour}}}, health.Log{}, "jobs"},
		{"jobs of one club that wait by design", health.Speed{}, health.Process{Queues: []health.Queue{{Name: "overflow", Due: 900, Oldest: 14 * time.Minute}}}, health.Log{}, ""},
		{"jobs of one club that wait even so", health.Speed{}, health.Process{Queues: []health.Queue{{Name: "overflow", Due: 900, Oldest: 16 * time.Minute}}}, health.Log{}, "jobs"},
		{"audit entries without a week", health.Speed{}, health.Process{}, health.Log{Strays: 1}, "weeks"},
		{"audit entries that got no place yet", health.Speed{}, health.Process{}, health.Log{Waiting: 29 * time.Minute}, ""},
		{"audit entries that get no place", health.Speed{}, health.Process{}, health.Log{Waiting: 31 * time.Minute}, "audit_lag"},
		{"an audit log that was changed", health.Speed{}, health.Process{}, health.Log{Fault: "position 3: the entry is missing"}, "audit"},
	} {
		var names []string
		j := health.Judge(c.speed, c.p, c.log)
		for _, f := range j.Faults {
			names = append(names, f.Name)
			if f.Detail == "" || f.Title == "" {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
		if got := strings.Join(names, " "); got != c.faults || len(j.Looked) != 9 {
			t.Errorf("%s: %q, want %q; looked at %d", c.name, got, c.faults, len(j.Looked))
		}
	}
}
