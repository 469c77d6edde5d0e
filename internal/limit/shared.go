package limit

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

const (
	// batchMost is how many takes travel as one script, which costs Redis half of what as many scripts do.
	batchMost = 64
	// batchesAtOnce is how many may be under way: who asks alone never waits for another one's answer.
	batchesAtOnce = 4
)

// script takes one of each key in Redis, in microseconds of its clock. A key's value is the instant when all
// is worked off; it ends by itself then. It returns for each how long that is from now, and -1 minus that for
// one that is refused. A value that lies further ahead than that takes is of before the clock went back.
const script = `
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local out = {}
for i = 1, #KEYS do
  local every, full = ARGV[2*i-1] + 0, ARGV[2*i] + 0
  local busy, back = (redis.call('GET', KEYS[i]) or 0) - now, false
  if busy < 0 then busy = 0 elseif busy > full then busy, back = full, true end
  local after = busy + every
  if after > full then
    if back then redis.call('SET', KEYS[i], string.format('%.0f', now + full), 'PX', math.ceil(full / 1000)) end
    out[i] = -1 - busy
  else
    redis.call('SET', KEYS[i], string.format('%.0f', now + after), 'PX', math.ceil(after / 1000))
    out[i] = after
  end
end
return out`

// shared takes from rates that replicas share. Those who ask at the same moment ask together.
type shared struct {
	l      *Limiter
	script *rueidis.Lua

	mu       sync.Mutex // guards the fields below
	waiting  []*asking
	underWay int
}

// asking is one take on its way to Redis.
type asking struct {
	key         string
	every, full int64 // microseconds
	done        chan struct{}
	// The fields below are set before done is closed.
	ok       bool // Redis answered
	admitted bool
	busy     time.Duration
}

func (s *shared) take(ctx context.Context, r Rate, key string) (admitted bool, busy time.Duration, ok bool) {
	every := max(1, r.every().Microseconds())
	a := &asking{key: s.l.cfg.Space + ":limit:" + r.Name + ":" + key, every: every, full: every * int64(r.Max), done: make(chan struct{})}
	s.mu.Lock()
	s.waiting = append(s.waiting, a)
	first := s.underWay < batchesAtOnce
	if first {
		s.underWay++
	}
	s.mu.Unlock()
	if first {
		go s.work(context.WithoutCancel(ctx)) // a client that goes away is not to take others' answers with it
	}
	<-a.done // Redis answers within its time limit, or is away
	return a.admitted, a.busy, a.ok
}

// work asks until nobody waits.
func (s *shared) work(ctx context.Context) {
	for {
		s.mu.Lock()
		n := min(batchMost, len(s.waiting))
		if n == 0 {
			s.underWay--
			s.mu.Unlock()
			return
		}
		batch := s.waiting[:n:n]
		if s.waiting = s.waiting[n:]; len(s.waiting) == 0 {
			s.waiting = nil
		}
		s.mu.Unlock()
		s.ask(ctx, batch)
	}
}

func (s *shared) ask(ctx context.Context, batch []*asking) {
	defer func() {
		for _, a := range batch {
			close(a.done)
		}
	}()
	keys, args := make([]string, 0, len(batch)), make([]string, 0, 2*len(batch))
	for _, a := range batch {
		keys, args = append(keys, a.key), append(args, strconv.FormatInt(a.every, 10), strconv.FormatInt(a.full, 10))
	}
	result, err := s.l.cfg.Redis.Run(ctx, s.script, keys, args)
	if err != nil {
		return
	}
	answers, err := result.AsIntSlice()
	if err != nil || len(answers) != len(batch) {
		return
	}
	for i, n := range answers {
		a := batch[i]
		if a.ok, a.admitted = true, n >= 0; !a.admitted {
			n = -1 - n
		}
		a.busy = time.Duration(n) * time.Microsecond
	}
}
