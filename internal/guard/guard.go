// Package guard keeps the server answering what matters most while more is asked of it than it can do.
//
// A Limiter stands before the faces. How many requests run at a time follows from how long they take: when
// one in ten takes longer than its class is promised, fewer run at a time, and more when all are quick and
// the places are taken (AIMD, as TCP's congestion avoidance, RFC 5681). Whoever finds no place waits a
// little, in the order of the classes, and is refused when none becomes free. A class gets places up to a
// share of the limit, so that the lower ones are refused long before the higher; each but the highest
// has a few places of its own beside, so that people can work, slowly, under any load. An emergency is
// never refused and never waits.
//
// Of several clubs for which texts come, none holds more places for them than keep the processors busy, and its texts
// wait for each other instead of having all others' wait.
//
// A Watch lowers what is admitted, the lowest class first, while the process uses more processor time or
// memory than it may.
//
// The class of a request follows from its route and from what a vendor has signed, never from what a
// client says of itself. Limits per address and per key are another matter: they say who asks too often,
// and this how much can be done at all.
package guard

import "time"

// Class says how much a request matters.
type Class int

// The classes, the most important first.
const (
	Emergency Class = iota // a text that speaks of danger
	Ingest                 // what vendors report: texts, doors, devices, presses of buttons
	Operator               // pages of the console
	API                    // programs
	Bulk                   // files, replays and other long work
	classes
)

// Classes lists all of them, the most important first.
func Classes() []Class { return []Class{Emergency, Ingest, Operator, API, Bulk} }

// String names a class as metrics and the API do.
func (c Class) String() string {
	return [...]string{"emergency", "ingest", "operator", "api", "bulk"}[c]
}

// trait is what holds for a class.
type trait struct {
	share    float64       // of the limit that it may fill
	own      int           // places that it has whatever the others take
	promised time.Duration // how long a request may take; 0 is not looked at
	patience time.Duration // how long one waits for a place
	held     time.Duration // how long after asking one hears of being refused; see mostHeld
	yields   int           // the pressure from which on it has its own places only
}

// traits are the constants of all classes. Ingest has half of the 500 ms that a text may take, because
// the other half may go by waiting. What is long by nature says nothing about load.
func traits(c Class) trait {
	return [...]trait{
		Emergency: {share: 1, promised: 250 * time.Millisecond, yields: mostPressure + 1},
		Ingest:    {share: 1, own: 16, promised: 250 * time.Millisecond, patience: time.Second, held: 5 * time.Second, yields: 4},
		Operator:  {share: 0.9, own: 4, promised: time.Second, patience: 2 * time.Second, yields: 3},
		API:       {share: 0.7, own: 2, promised: time.Second, patience: time.Second, held: 2 * time.Second, yields: 2},
		Bulk:      {share: 0.3, own: 1, patience: time.Second, held: 2 * time.Second, yields: 1},
	}[c]
}

const (
	leastLimit = 16
	firstLimit = 128
	mostLimit  = 1024
	mostWait   = 1024 // requests that wait for a place, of all classes
	besideEach = 4    // places for texts that a club may hold for each processor while texts come for other clubs

	// When somebody has waited at every moment of this long, more comes than can be done, and to wait longer
	// would only make everybody late.
	standing = 500 * time.Millisecond
	hurried  = 150 * time.Millisecond // the patience of all while that is so

	window        = 250 * time.Millisecond // between two looks at how long requests take
	windowSamples = 10                     // that a look needs
	lateShare     = 0.1                    // of late requests from which on fewer run
	backOff       = 0.85
	unhurried     = 100 * time.Millisecond // within which what is under way at the floor is done
	fading        = 0.98                   // of the best rate, from one look to the next: half of it after nine seconds

	// Who is refused hears of it some time after asking: to read and refuse a request costs most of what it would cost
	// to do it, and whoever asks again at once would have us do nothing else. A place that nobody else wants meanwhile is
	// theirs. Vendors wait longer than that, and nobody who has a page before them waits at all.
	mostHeld = 4096
)
