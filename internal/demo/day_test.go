package demo_test

import (
	"log/slog"
	"testing"
	"time"

	"clubos/internal/simulate"
	"clubos/internal/store/storetest"
)

func TestTheDayShowsABookingToWhichNobodyCameAndADoorThatIsHeldOpen(t *testing.T) {
	t.Parallel()
	whole(t)
	d, w := start(t, slog.New(slog.DiscardHandler))
	if err := simulate.RunDay(t.Context(), w, simulate.DayConfig{Seed: 24, Texts: 60, Length: 12 * time.Second, Press: time.Second, Leave: []string{}}); err != nil {
		t.Fatal(err)
	}
	if err := d.App.Events.LookAtBookings(t.Context(), d.Tenant); err != nil {
		t.Fatal(err)
	}
	for what, query := range map[string]string{
		"a conversation about the booking": "SELECT COUNT(*) FROM situations s JOIN decisions d ON d.thread_id = s.thread_id WHERE s.code = 'booking.no_show'",
		"a ticket about the door":          "SELECT COUNT(*) FROM tickets WHERE title LIKE '%held open%'",
	} {
		await(t, what, func() bool { return storetest.Count(t, d.Tenant, query) > 0 })
	}
	if n := storetest.Count(t, d.Tenant, "SELECT COUNT(*) FROM situations WHERE code = 'booking.no_show'"); n > 3 {
		t.Errorf("nobody came to %d bookings", n)
	}
}
