package page

import (
	"fmt"
	"time"
)

// ProcessReport is how the server that shows the page fares.
type ProcessReport struct {
	Uses    []UseRow
	Classes []ClassRow
	Minutes int // that the classes are about
	Queues  []QueueRow
	Waiting string // what is said of places, like "3 of 128 run, none waits"
}

// PromiseRow is a promise of how long something takes.
type PromiseRow struct {
	Title   string
	About   string    // from when, and where it was measured
	Promise string    // "95 of 100 within 500 ms"
	Told    time.Time // when people were told that it is not kept; zero: they were not
	Count   int
	P50     time.Duration
	Took    time.Duration // of the promised share
	P99     time.Duration
	State   Word
}

// UseRow is how much is used of something.
type UseRow struct {
	Title string
	Value string
	Share float64 // of the limit; below 0 there is none
	State Word
}

// ClassRow counts the requests of a class.
type ClassRow struct {
	Title             string
	Admitted, Refused int64
}

// QueueRow is what waits in a queue of jobs.
type QueueRow struct {
	Title               string
	Due, Running, Later int
	Oldest              time.Duration
	State               Word
}

// Traffic is how much of something there was, in all and a minute.
type Traffic struct {
	Title  string
	Count  int
	Minute float64
}

func perMinute(f float64) string {
	if f > 0 && f < 0.1 {
		return "< 0.1"
	}
	return fmt.Sprintf("%.1f", f)
}
