package page

import "clubos/internal/club"

func bookingTone(s club.BookingStatus) Tone {
	if s == club.BookingConfirmed {
		return ToneQuiet
	}
	return BookingWord(s).Tone
}

func ratio(a, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(a) / float64(of)
}
