package limit

import (
	"hash/maphash"
	"sync"
	"time"
)

const (
	shardCount = 64
	// shardMost bounds the keys of a shard. Keys beyond it share one: a flood from countless addresses
	// is one flood.
	shardMost  = 1 << 13
	sweepEvery = time.Second
)

// counted is who is counted by which rate. The zero one is shared by those for whom there is no room.
type counted struct{ rate, key string }

// shard is a part of the keys.
type shard struct {
	mu        sync.Mutex // guards the fields below
	busyUntil map[counted]*time.Duration
	sweepAt   int           // how many keys make a sweep worth its time
	swept     time.Duration // when it was swept last
	_         [32]byte      // shards do not share a cache line
}

func (l *Limiter) takeHere(r Rate, key string, every time.Duration) (ok bool, busy time.Duration) {
	full := every * time.Duration(r.Max)
	s := &l.shards[maphash.String(l.seed, key)%shardCount]
	s.mu.Lock()
	now := l.cfg.Elapsed() // within the lock: instants of one key never go back
	until, known := s.busyUntil[counted{r.Name, key}]
	if !known {
		until = s.add(counted{r.Name, key}, now)
	}
	busy = min(max(*until-now, 0), full)
	if ok = busy+every <= full; ok {
		busy += every
	}
	if ok || *until-now > full { // a clock went back: nobody waits longer than what is counted takes to be worked off
		*until = now + busy
	}
	s.mu.Unlock()
	return ok, busy
}

// add returns the place of a key that was not seen yet, or the one that is shared where there is no room.
func (s *shard) add(who counted, now time.Duration) *time.Duration {
	if !s.room(now) {
		who = counted{}
	}
	until, known := s.busyUntil[who]
	if !known {
		until = new(time.Duration)
		s.busyUntil[who] = until
	}
	return until
}

// room makes room for another key, and reports whether there is. A key that is worked off is as good as
// one that was never seen. A full shard is swept no more often than every sweepEvery.
func (s *shard) room(now time.Duration) bool {
	full := len(s.busyUntil) >= shardMost
	if len(s.busyUntil) < max(s.sweepAt, 64) || full && (now-s.swept).Abs() < sweepEvery {
		return !full
	}
	for who, until := range s.busyUntil {
		if *until <= now {
			delete(s.busyUntil, who)
		}
	}
	s.swept, s.sweepAt = now, min(2*len(s.busyUntil), shardMost)
	return len(s.busyUntil) < shardMost
}
