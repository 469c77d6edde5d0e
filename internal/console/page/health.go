package page

import (
	"fmt"
	"time"
)

// HealthPage shows how the machine and the places fare.
type HealthPage struct {
	Shell
	Overall  Word
	Stats    []Stat
	Speed    SpeedReport
	Vendors  []ServiceRow
	Services []ServiceRow // parts of the house, and feeds
	Places   []PlaceHealth
	Promises []PromiseRow
	Traffic  []Traffic
	Process  *ProcessReport // nil for who does not look after the club
}

// Worsen makes a state the one of the whole, unless the whole is in a worse one.
func (p *HealthPage) Worsen(w Word) {
	rank := map[Tone]int{ToneWarn: 1, ToneDanger: 2}
	if rank[w.Tone] > rank[p.Overall.Tone] {
		p.Overall = w
	}
}

// Stat is a figure.
type Stat struct {
	Label string
	Value string
	Sub   string
	Tone  Tone
}

// SpeedReport is how quickly texts were decided on within the last hour.
type SpeedReport struct {
	Decisions         int
	P50, P95, Slowest time.Duration
	Tiers             []TierShare // those with decisions
	Partial           bool        // there were more texts than were counted
}

// TierShare counts the decisions of a tier.
type TierShare struct {
	Tier  Word
	Count int
}

// ServiceRow is a vendor or a part of the house.
type ServiceRow struct {
	Name   string
	State  Word
	Detail string
	At     time.Time // when it was last seen; zero where nobody looks
}

// PlaceHealth is a location in figures.
type PlaceHealth struct {
	Name          string
	Online, Total int
	Open          int
	State         Word
}

// Took is a short time as people read it, like "340 ms".
func Took(d time.Duration) string { return took(d) }

// took is a short time as people read it: "340 ms", "2.3 s", "3 min".
func took(d time.Duration) string {
	switch {
	case d > 0 && d < time.Millisecond:
		return "< 1 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return Span(d)
}
