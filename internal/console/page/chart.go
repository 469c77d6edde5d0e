package page

import (
	"fmt"
	"strings"

	"clubos/internal/club"
)

// pxHour is the width of an hour in the drawing of a day; the drawing stretches to the card.
const pxHour = 60

func (p BookingsPage) viewBox(h int) string {
	return fmt.Sprintf("0 0 %d %d", max(p.ToHour-p.FromHour, 1)*pxHour, h)
}

func (p BookingsPage) hours() []int {
	var hs []int
	for h := p.FromHour; h < p.ToHour; h++ {
		hs = append(hs, h)
	}
	return hs
}

// x is where a minute since midnight stands.
func (p BookingsPage) x(minute int) string { return fmt.Sprint(minute - p.FromHour*60) }

func (p BookingsPage) w(s BookingSlot) string { return fmt.Sprint(max(s.To-s.From-2, 4)) }

func (p BookingsPage) nowMinute() int {
	n := p.local(p.Now)
	return n.Hour()*60 + n.Minute()
}

func laneLabel(l BookingLane) string {
	var b strings.Builder
	b.WriteString(l.Bay + ": ")
	if len(l.Slots) == 0 {
		b.WriteString("nothing booked")
	}
	for i, s := range l.Slots {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "%02d:%02d to %02d:%02d %s", s.From/60, s.From%60, s.To/60, s.To%60, s.Label)
	}
	return b.String()
}

func bookingTone(s club.BookingStatus) Tone {
	if s == club.BookingConfirmed {
		return ToneQuiet
	}
	return BookingWord(s).Tone
}

// sparkPath draws values as a line over 100 by 44, or as the area under it.
func sparkPath(vs []float64, area bool) string {
	top := 0.0
	for _, v := range vs {
		top = max(top, v)
	}
	if top == 0 {
		top = 1
	}
	var b strings.Builder
	for i, v := range vs {
		op := "L"
		if i == 0 {
			op = "M"
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", op, 100*float64(i)/float64(len(vs)-1), 42-38*v/top)
	}
	if area {
		b.WriteString("L100 44L0 44z")
	}
	return b.String()
}

func ratio(a, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(a) / float64(of)
}
