package store

import (
	"testing"
	"time"

	"github.com/riverqueue/river"
)

func TestWorkOfAClubThatMakesVeryMuchGivesWayUntilItIsQuietAgain(t *testing.T) {
	t.Parallel()
	p, now := &pace{}, time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC)
	rank := func(n int, opts *river.InsertOpts) int {
		jobs := make([]river.InsertManyParams, n)
		for i := range jobs {
			jobs[i].InsertOpts = opts
		}
		p.rank(jobs, now)
		if last := jobs[n-1].InsertOpts; last != nil {
			return last.Priority
		}
		return 0
	}
	if got := rank(100, nil); got != 0 {
		t.Errorf("a hundred jobs at once: priority %d", got)
	}
	if got := rank(1, nil); got != 2 {
		t.Errorf("one more: priority %d, want 2", got)
	}
	if got := rank(2000, &river.InsertOpts{Queue: "vendor"}); got != lowestPriority {
		t.Errorf("after thousands: priority %d, want %d", got, lowestPriority)
	}
	if got := rank(1, &river.InsertOpts{Priority: 1}); got != 1 {
		t.Errorf("a job that says how much it matters: priority %d", got)
	}
	if got := rank(1, &river.InsertOpts{ScheduledAt: now.Add(time.Hour)}); got != 0 {
		t.Errorf("a job for later: priority %d", got)
	}
	now = now.Add(2 * time.Minute)
	if got := rank(1, nil); got != 0 {
		t.Errorf("when it was quiet: priority %d", got)
	}
}
