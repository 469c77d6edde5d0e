package store

import (
	"testing"
	"time"

	"github.com/riverqueue/river"
)

func TestWorkOfAClubThatMakesVeryMuchGivesWayUntilItIsQuietAgain(t *testing.T) {
	t.Parallel()
	p, now := &pace{}, time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC)
	rank := func(n int, opts *river.InsertOpts) (last river.InsertOpts) {
		jobs := make([]river.InsertManyParams, n)
		for i := range jobs {
			jobs[i].InsertOpts = opts
		}
		p.rank(jobs, now)
		if opts := jobs[n-1].InsertOpts; opts != nil {
			last = *opts
		}
		return last
	}
	if got := rank(50, nil); got.Priority != 0 || got.Queue != "" {
		t.Errorf("fifty jobs at once: %+v", got)
	}
	if got := rank(1, nil); got.Priority != 2 || got.Queue != QueueOverflow {
		t.Errorf("one more: priority %d in queue %q", got.Priority, got.Queue)
	}
	if got := rank(2000, &river.InsertOpts{Queue: "vendor"}); got.Priority != lowestPriority || got.Queue != "vendor" {
		t.Errorf("after thousands, one that has a queue of its own: priority %d in queue %q", got.Priority, got.Queue)
	}
	if got := rank(1, nil); got.Priority != lowestPriority || got.Queue != QueueOverflow {
		t.Errorf("after thousands: priority %d in queue %q", got.Priority, got.Queue)
	}
	if got := rank(1, &river.InsertOpts{Priority: 1}); got.Priority != 1 || got.Queue != "" {
		t.Errorf("a job that says how much it matters: %+v", got)
	}
	if got := rank(1, &river.InsertOpts{ScheduledAt: now.Add(time.Hour)}); got.Priority != 0 || got.Queue != "" {
		t.Errorf("a job for later: %+v", got)
	}
	rank(100_000, nil)
	now = now.Add(5 * time.Minute)
	if got := rank(1, nil); got.Priority != 0 || got.Queue != "" {
		t.Errorf("when it was quiet: %+v", got)
	}
}
