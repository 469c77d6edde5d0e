package year

import (
	"math/rand/v2"
	"time"

	"clubos/internal/simulate"
)

// wish is one matter as it is planned: who will write about what, when.
type wish struct {
	at       time.Time
	kind     *kind
	also     *kind // a second matter in the same text; nil: none
	member   int
	stranger bool
	seed     uint64
}

// How often wishes are what they are.
const (
	doubles   = 0.02 // two matters in one text
	strangers = 0.04 // from a number that nobody knows
	returns   = 0.10 // a fault that was healed comes back the next day
)

// quiet is how long a member leaves the club alone after a matter.
const quiet = 14 * time.Hour

// hours is when members write, by the hour of the day: little at night, most in the evening.
var hours = [24]float64{2, 1, 1, 0.5, 0.5, 1, 2, 3, 4, 5, 6, 6, 7, 6, 6, 7, 9, 11, 13, 13, 12, 10, 7, 4}

// seasons is how much more or less they write in a month: golfers are indoors in winter.
var seasons = [12]float64{1.3, 1.3, 1.15, 1, 0.85, 0.75, 0.7, 0.75, 0.9, 1, 1.1, 1.2}

// planner lays out the year.
type planner struct {
	cfg   Config
	r     *rand.Rand
	kinds []*kind
	club  *simulate.Club
	zone  *time.Location
	busy  map[int]time.Time // until when a member is left alone
}

// day lays out one day, in no particular order.
func (p *planner) day(n int) []wish {
	begin := p.cfg.Begin.In(p.zone)
	from := time.Date(begin.Year(), begin.Month(), begin.Day()+n, 0, 0, 0, 0, p.zone)
	rate := p.cfg.PerDay * seasons[from.Month()-1]
	if wd := from.Weekday(); wd == time.Friday || wd == time.Saturday || wd == time.Sunday {
		rate *= 1.25
	}
	var total float64
	for _, w := range hours {
		total += w
	}
	var out []wish
	for h, w := range hours {
		// Arrivals of a Poisson process within the hour.
		for at := p.r.ExpFloat64(); ; at += p.r.ExpFloat64() {
			share := at / (rate * w / total)
			if share >= 1 {
				break
			}
			t := from.Add(time.Duration((float64(h) + share) * float64(time.Hour)))
			if next, ok := p.wish(n, t.UTC()); ok {
				out = append(out, next)
			}
		}
	}
	return out
}

func (p *planner) wish(day int, at time.Time) (wish, bool) {
	w := wish{at: at, kind: p.kind(day, at), seed: p.r.Uint64(), member: -1}
	if p.r.Float64() < doubles {
		if w.also = p.kind(day, at); w.also == w.kind || w.also.Person || w.kind.Person {
			w.also = nil
		}
	}
	if !w.kind.Booking && p.r.Float64() < strangers {
		w.stranger = true
		return w, true
	}
	for range 40 {
		// Some write often, most seldom.
		m := int(float64(len(p.club.Members)) * p.r.Float64() * p.r.Float64())
		if until := p.busy[m]; at.After(until) {
			p.busy[m], w.member = at.Add(quiet), m
			return w, true
		}
	}
	return w, false
}

func (p *planner) kind(day int, at time.Time) *kind {
	month := at.In(p.zone).Month()
	fits := func(k *kind) bool {
		return k.inSeason(month) && (k.Drift == "" || !p.cfg.NoDrift && day >= p.cfg.newFaultDay())
	}
	var total float64
	for _, k := range p.kinds {
		if fits(k) {
			total += k.weight
		}
	}
	x := p.r.Float64() * total
	for _, k := range p.kinds {
		if fits(k) {
			if x -= k.weight; x < 0 {
				return k
			}
		}
	}
	return p.kinds[0]
}
