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
		faults string
	}{
		{"nothing was measured", health.Speed{}, health.Process{}, ""},
		{"one slow text is no alarm", health.Speed{Decisions: 1, P95: time.Minute}, health.Process{Pages: rare}, ""},
		{"pages and intake", health.Speed{}, health.Process{Pages: slow, Intake: slow}, "intake page"},
		{"the wait for more texts is no slowness", health.Speed{Decisions: 9, P95: 2400 * time.Millisecond, Waits: 2 * time.Second}, health.Process{}, ""},
		{"decisions", health.Speed{Decisions: 9, P95: 2600 * time.Millisecond, Waits: 2 * time.Second}, health.Process{}, "decision"},
		{"jobs that wait", health.Speed{}, health.Process{Queues: []health.Queue{{Name: "default"}, {Name: "vendor", Due: 3, Oldest: 3 * time.Minute}, {Name: "x", Oldest: time.Hour}}}, "jobs"},
	} {
		var names []string
		j := health.Judge(c.speed, c.p)
		for _, f := range j.Faults {
			names = append(names, f.Name)
			if f.Detail == "" || f.Title == "" {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
		if got := strings.Join(names, " "); got != c.faults || len(j.Looked) != 6 {
			t.Errorf("%s: %q, want %q; looked at %d", c.name, got, c.faults, len(j.Looked))
		}
	}
}
