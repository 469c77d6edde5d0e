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
		strays int64
		faults string
	}{
		{"nothing was measured", health.Speed{}, health.Process{}, 0, ""},
		{"one slow text is no alarm", health.Speed{Decisions: 1, P95: time.Minute}, health.Process{Pages: rare}, 0, ""},
		{"pages and intake", health.Speed{}, health.Process{Pages: slow, Intake: slow}, 0, "intake page"},
		{"the wait for more texts is no slowness", health.Speed{Decisions: 9, P95: 2400 * time.Millisecond, Waits: 2 * time.Second}, health.Process{}, 0, ""},
		{"decisions", health.Speed{Decisions: 9, P95: 2600 * time.Millisecond, Waits: 2 * time.Second}, health.Process{}, 0, "decision"},
		{"jobs that wait", health.Speed{}, health.Process{Queues: []health.Queue{{Name: "default"}, {Name: "vendor", Due: 3, Oldest: 3 * time.Minute}, {Name: "x", Oldest: time.Hour}}}, 0, "jobs"},
		{"jobs of one club that wait by design", health.Speed{}, health.Process{Queues: []health.Queue{{Name: "overflow", Due: 900, Oldest: 14 * time.Minute}}}, 0, ""},
		{"jobs of one club that wait even so", health.Speed{}, health.Process{Queues: []health.Queue{{Name: "overflow", Due: 900, Oldest: 16 * time.Minute}}}, 0, "jobs"},
		{"audit entries without a week", health.Speed{}, health.Process{}, 1, "weeks"},
	} {
		var names []string
		j := health.Judge(c.speed, c.p, c.strays)
		for _, f := range j.Faults {
			names = append(names, f.Name)
			if f.Detail == "" || f.Title == "" {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
		if got := strings.Join(names, " "); got != c.faults || len(j.Looked) != 7 {
			t.Errorf("%s: %q, want %q; looked at %d", c.name, got, c.faults, len(j.Looked))
		}
	}
}
