package club

import (
	"sync"
	"time"
)

// Clock tells the time. Every instant the system stores comes from one: UTC, in whole microseconds
// (the precision both databases keep), so that a value read back equals the value written.
type Clock interface {
	Now() time.Time
}

// SystemClock is the machine's clock.
type SystemClock struct{}

// Now returns the present instant in UTC, truncated to microseconds.
func (SystemClock) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// ManualClock stands still until it is moved. It is for tests and for replays, and is safe for
// concurrent use.
type ManualClock struct {
	mu    sync.Mutex // guards the fields below
	now   time.Time
	creep time.Duration
}

// NewManualClock returns a clock that reads at.
func NewManualClock(at time.Time) *ManualClock {
	return &ManualClock{now: at.UTC().Truncate(time.Microsecond)}
}

// Now returns the instant the clock was last moved to.
func (c *ManualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now
	c.now = now.Add(c.creep)
	return now
}

// Creep has the clock move by d, in whole microseconds, at each reading from here on, so that what is done one
// after the other has instants, and ids, in that order. 0: it stands still again.
func (c *ManualClock) Creep(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.creep = d.Truncate(time.Microsecond)
}

// Advance moves the clock forward by d and returns the new instant.
func (c *ManualClock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d).Truncate(time.Microsecond)
	return c.now
}
