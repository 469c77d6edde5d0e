package cache

import "sync/atomic"

type counts struct{ near, far, missed, passed atomic.Int64 }

// Facts say how a cache fares. They are for people who look after an installation.
type Facts struct {
	Near   int64 // answers from this process
	Far    int64 // answers from Redis
	Missed int64 // answers that had to be read
	Passed int64 // reads while nothing that is kept counted
	Bytes  int64 // kept in this process
	Redis  State
	// RedisFailures counts the questions that Redis did not answer since the start.
	RedisFailures int64
}

// State says how a process stands with Redis.
type State string

// The states.
const (
	RedisNone State = "none" // there is none
	RedisHere State = "here" // it answers
	RedisAway State = "away" // it does not; this process goes on alone
)

// Share is how much of what was asked did not need the database, from 0 to 1; 0 when nothing was asked.
func (f Facts) Share() float64 {
	all := f.Near + f.Far + f.Missed + f.Passed
	if all == 0 {
		return 0
	}
	return float64(f.Near+f.Far) / float64(all)
}

// Facts says how the cache fares. A nil cache keeps nothing.
func (c *Cache) Facts() Facts {
	if c == nil {
		return Facts{Redis: RedisNone}
	}
	f := Facts{Near: c.counts.near.Load(), Far: c.counts.far.Load(), Missed: c.counts.missed.Load(), Passed: c.counts.passed.Load(),
		Bytes: int64(c.near.WeightedSize()), Redis: RedisNone}
	if c.cfg.Redis != nil {
		f.Redis, f.RedisFailures = RedisAway, c.cfg.Redis.Failures()
		if c.cfg.Redis.Here() {
			f.Redis = RedisHere
		}
	}
	return f
}
