package page

import (
	"fmt"
	"strings"

	"clubos/internal/club"
)

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
