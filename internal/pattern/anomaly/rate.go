package anomaly

import (
	"time"

	"gonum.org/v1/gonum/mathext"
)

// Tail is the probability of n or more events in w hours, when k were seen in t hours of the same rate.
// Without a window there is nothing to see, without history nothing is surprising: 1.
func Tail(n int, w, k, t float64) float64 {
	if n <= 0 || !(w > 0) || !(t > 0) || !(k >= 0) {
		return 1
	}
	return mathext.RegIncBeta(float64(n), k+1, w/(w+t))
}

// Count is how often something happened lately, against what is usual.
type Count struct {
	Others int     // besides the event that is looked at
	P      float64 // the probability of as many others while nothing has changed
	Usual  float64 // events an hour
}

// Frequency compares the other events of a series in the window before now with the series' history.
func (h *History) Frequency(s Series, others int, window time.Duration, now time.Time, p Policy) Count {
	c := Count{Others: others}
	for _, at := range []time.Time{now.Add(-window), now} {
		tail, usual := h.tail(s, others, window.Hours(), at, p)
		if tail > c.P || c.P == 0 {
			c.P, c.Usual = tail, usual
		}
	}
	return c
}

// tail is the tail at one hour of the week, with the rate that it rests on.
func (h *History) tail(s Series, n int, w float64, at time.Time, p Policy) (tail, usual float64) {
	hour := hourOf(at.In(h.zone))
	k, t := h.at(s, hour), h.exposure[hour]
	if t < float64(p.Enough) {
		k, t = k+p.PriorRate*p.PriorHours, t+p.PriorHours
		return Tail(n, w, k, t), k / t
	}
	daily, spent := 0.0, 0.0
	for day := range 7 {
		other := day*24 + hour%24
		daily, spent = daily+h.at(s, other), spent+h.exposure[other]
	}
	shrunk := Tail(n, w, k+p.ShrinkHours*daily/spent, t+p.ShrinkHours)
	return max(Tail(n, w, k, t), shrunk), (k + p.ShrinkHours*daily/spent) / (t + p.ShrinkHours)
}
