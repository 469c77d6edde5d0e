package health

import (
	"math"
	"sync"
	"time"

	"clubos/internal/club"
)

// Timing names what a process times while it answers.
type Timing string

// What is timed.
const (
	TimingIntake Timing = "intake" // a vendor's event, from its arrival until it is acknowledged
	TimingPage   Timing = "page"   // a page of the console; streams are not in it
	TimingCheck  Timing = "check"  // a look at whether the process lives, or is ready
)

// TimedOver is how far back timings reach, in minutes, the present one with them.
const TimedOver = 5

// Timings keeps how long answers of this process took in the last minutes. Percentiles are read from
// buckets that grow by a tenth, so they are told up to a tenth too long and never too short. It is safe
// for concurrent use.
type Timings struct {
	clock club.Clock

	mu    sync.Mutex // guards kinds
	kinds map[Timing]*[TimedOver]timedMinute
}

const (
	timingBuckets = 150 // from 0.1 ms to about 2.5 min
	timingGrowth  = 1.1
)

type timedMinute struct {
	at      int64 // minutes since 1970
	buckets [timingBuckets]int64
}

// NewTimings returns timings of nothing yet.
func NewTimings(clock club.Clock) *Timings {
	return &Timings{clock: clock, kinds: map[Timing]*[TimedOver]timedMinute{}}
}

// Observe adds an answer that took so long.
func (t *Timings) Observe(kind Timing, took time.Duration) {
	at := t.clock.Now().Unix() / 60
	bucket := 0
	if units := float64(took) / float64(timingUnit); units > 1 {
		bucket = min(timingBuckets-1, int(math.Ceil(math.Log(units)/math.Log(timingGrowth))))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	minutes, ok := t.kinds[kind]
	if !ok {
		minutes = &[TimedOver]timedMinute{}
		t.kinds[kind] = minutes
	}
	m := &minutes[at%TimedOver]
	if m.at != at {
		*m = timedMinute{at: at}
	}
	m.buckets[bucket]++
}

const timingUnit = 100 * time.Microsecond

// Percentiles are how long most of some things took.
type Percentiles struct {
	Count         int
	P50, P95, P99 time.Duration
	P90           time.Duration
}

// Of returns how long answers of a kind took in the last minutes; zero where there were none. A nil
// Timings has seen nothing.
func (t *Timings) Of(kind Timing) Percentiles {
	if t == nil {
		return Percentiles{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var all [timingBuckets]int64
	var n int64
	if minutes, ok := t.kinds[kind]; ok {
		oldest := t.clock.Now().Unix()/60 - TimedOver + 1
		for _, m := range minutes {
			for i, c := range m.buckets {
				if m.at >= oldest {
					all[i] += c
					n += c
				}
			}
		}
	}
	at := func(p int64) time.Duration {
		need := (p*n + 99) / 100
		for i, c := range all {
			if need -= c; need <= 0 {
				return time.Duration(float64(timingUnit) * math.Pow(timingGrowth, float64(i)))
			}
		}
		return 0
	}
	if n == 0 {
		return Percentiles{}
	}
	return Percentiles{Count: int(n), P50: at(50), P90: at(90), P95: at(95), P99: at(99)}
}
