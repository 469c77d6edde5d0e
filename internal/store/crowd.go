package store

import "time"

// Somebody comes all the time when so many came within so long.
const (
	often       = 8
	oftenWithin = 100 * time.Millisecond
)

// crowd tells whether somebody comes all the time, as texts do in a storm. It is used under its owner's lock.
type crowd struct {
	last [often]time.Time // when the last came, the eldest at next
	next int
}

func (c *crowd) came(now time.Time) {
	c.last[c.next] = now
	c.next = (c.next + 1) % often
}

// comes reports whether they come all the time.
func (c *crowd) comes(now time.Time) bool { return now.Sub(c.last[c.next]) < oftenWithin }
