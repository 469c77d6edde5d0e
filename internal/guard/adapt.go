package guard

import "time"

// sample is what was seen since the last look at the limit.
type sample struct {
	from  time.Time
	ended int // requests of classes with a promise
	late  int // of them, that took longer
	most  int // ran at a time
}

// learn takes note of how long a request ran, and moves the limit when enough was seen.
func (l *Limiter) learn(now time.Time, c Class, took time.Duration) {
	if promised := traits(c).promised; promised > 0 {
		l.seen.ended++
		if took > promised {
			l.seen.late++
		}
	}
	if l.seen.from.IsZero() {
		l.seen.from = now
	}
	if now.Sub(l.seen.from) < window || l.seen.ended < windowSamples {
		return
	}
	switch {
	case float64(l.seen.late) > lateShare*float64(l.seen.ended):
		// What ran is what was too much, which may be less than was allowed.
		l.limit = max(leastLimit, min(l.limit, float64(l.seen.most))*backOff)
	case float64(l.seen.most) >= 0.8*l.limit:
		l.limit = min(mostLimit, l.limit+max(1, l.limit/16))
	}
	l.seen = sample{from: now, most: l.inFlight}
}
