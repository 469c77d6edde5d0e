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
		l.limit = max(leastLimit, l.floor(now), min(l.limit, float64(l.seen.most))*backOff)
	case float64(l.seen.most) >= 0.8*l.limit:
		l.limit = min(mostLimit, l.limit+max(1, l.limit/16))
	}
	l.rate = max(float64(l.seen.ended)/now.Sub(l.seen.from).Seconds(), l.rate*fading)
	l.seen = sample{from: now, most: l.inFlight}
}

// floor is how many may run whatever seems late. By Little's law as many as are done in unhurried, at the rate
// that was reached of late, take that long each: fewer would not be quicker, only idle. Where it is the
// processor that is short, for the refusals take it, late requests say nothing of how many should run.
func (l *Limiter) floor(now time.Time) float64 {
	return min(mostLimit, unhurried.Seconds()*max(float64(l.seen.ended)/now.Sub(l.seen.from).Seconds(), l.rate*fading))
}
