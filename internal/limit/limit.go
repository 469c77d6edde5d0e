// Package limit says how often somebody may do something: by the generic cell rate algorithm (ITU-T
// I.371), in this process, and in Redis where replicas share one.
//
// A Rate admits Max at once and Max in each Window from then on: in any time t at most Max + t·Max/Window.
// What is kept for a key is one instant, when all that was admitted will have been worked off. Time is the
// machine's monotonic one, or that of Redis, so that a clock that is set on a replica admits nothing more;
// one that goes back makes a key wait a Window at most.
//
// A Redis that is away refuses nobody: each process then counts by itself, as it does without Redis.
package limit

import (
	"context"
	"fmt"
	"hash/maphash"
	"math"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"clubos/internal/redis"
)

// Rate is how often something may be done.
type Rate struct {
	Name   string // in keys and headers: a word
	Max    int
	Window time.Duration
	// Alone is counted in each process by itself, whether there is Redis or not.
	Alone bool
}

// Off reports whether the rate limits nothing.
func (r Rate) Off() bool { return r.Max <= 0 || r.Window <= 0 }

// every is the time that each admission takes to be worked off.
func (r Rate) every() time.Duration { return max(1, r.Window/time.Duration(r.Max)) }

// Verdict is what became of a Take.
type Verdict struct {
	OK    bool
	Left  int           // how many more would be admitted at this moment
	Reset time.Duration // until all of them would
	Wait  time.Duration // until the next one is admitted; 0 when OK

	rate Rate
}

// Write tells it to the client, as draft-ietf-httpapi-ratelimit-headers does.
func (v Verdict) Write(h http.Header) {
	if v.rate.Off() {
		return
	}
	h.Set("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%d", v.rate.Name, v.rate.Max, seconds(v.rate.Window)))
	h.Set("RateLimit", fmt.Sprintf("%q;r=%d;t=%d", v.rate.Name, v.Left, seconds(v.Reset)))
	if !v.OK {
		h.Set("Retry-After", strconv.Itoa(max(1, seconds(v.Wait))))
	}
}

// seconds rounds up: who comes back a moment too early is refused once more.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// Config says how a limiter works. Every field has a default.
type Config struct {
	// Redis, when set, is where rates are counted that are not Alone.
	Redis *redis.Client
	// Space comes before every key in Redis.
	Space string
	// Elapsed is time that only goes on. Default: the machine's, since New.
	Elapsed func() time.Duration
}

// Limiter admits and refuses. It is safe for concurrent use.
type Limiter struct {
	cfg    Config
	shared *shared // nil without Redis
	seed   maphash.Seed
	shards [shardCount]shard

	admitted, refused, alone atomic.Int64
}

// New returns a limiter to which everybody is new.
func New(cfg Config) *Limiter {
	if cfg.Elapsed == nil {
		start := time.Now()
		cfg.Elapsed = func() time.Duration { return time.Since(start) }
	}
	l := &Limiter{cfg: cfg, seed: maphash.MakeSeed()}
	if cfg.Redis != nil {
		l.shared = &shared{l: l, script: rueidis.NewLuaScript(script)}
	}
	for i := range l.shards {
		l.shards[i].busyUntil = map[counted]*time.Duration{}
	}
	return l
}

// Take admits one, or refuses it. Who is refused takes nothing. A nil limiter admits everybody.
func (l *Limiter) Take(ctx context.Context, r Rate, key string) Verdict {
	if l == nil || r.Off() {
		return Verdict{OK: true, Left: math.MaxInt, rate: r}
	}
	every := r.every()
	admitted, busy, answered := false, time.Duration(0), false
	if l.shared != nil && !r.Alone {
		if admitted, busy, answered = l.shared.take(ctx, r, key); !answered {
			l.alone.Add(1)
		}
	}
	if !answered {
		admitted, busy = l.takeHere(r, key, every)
	}
	if admitted {
		l.admitted.Add(1)
	} else {
		l.refused.Add(1)
	}
	return r.verdict(admitted, busy, every)
}

// Facts say what a limiter has done since the start.
type Facts struct {
	Admitted, Refused int64
	Alone             int64 // decided by this process because Redis was away
}

// Facts says what the limiter has done. A nil limiter does nothing.
func (l *Limiter) Facts() Facts {
	if l == nil {
		return Facts{}
	}
	return Facts{Admitted: l.admitted.Load(), Refused: l.refused.Load(), Alone: l.alone.Load()}
}

// verdict says what an instant means: busy is how long what was admitted takes to be worked off.
func (r Rate) verdict(ok bool, busy, every time.Duration) Verdict {
	full := every * time.Duration(r.Max)
	v := Verdict{OK: ok, Left: int((full - busy) / every), Reset: busy, rate: r}
	if !ok {
		v.Left, v.Wait = 0, busy+every-full
	}
	return v
}
