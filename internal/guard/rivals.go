package guard

import "time"

// lately is how long a club counts as one for which texts come.
const lately = 2 * time.Second

// rivals knows whether texts come for more than one club at present: the two for which any came last.
type rivals struct {
	last, before     string
	lastAt, beforeAt time.Time
}

func (r *rivals) ask(now time.Time, c Class, of string) {
	if c > Ingest || of == "" {
		return
	}
	if of != r.last {
		r.before, r.beforeAt = r.last, r.lastAt
	}
	r.last, r.lastAt = of, now
}

// others reports whether texts came lately for another club.
func (r *rivals) others(now time.Time, of string) bool {
	return r.last != "" && r.last != of && now.Sub(r.lastAt).Abs() < lately || r.before != "" && r.before != of && now.Sub(r.beforeAt).Abs() < lately
}
