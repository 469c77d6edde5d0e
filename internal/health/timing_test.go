package health

import (
	"testing"
	"time"

	"clubos/internal/club"
)

func TestTimingsTellTheLastMinutesAndNeverTooShort(t *testing.T) {
	t.Parallel()
	clock := club.NewManualClock(time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC))
	timings := NewTimings(clock)
	timings.Observe(TimingPage, time.Hour) // too long ago, in the end
	clock.Advance(TimedOver * time.Minute)
	for range 90 {
		timings.Observe(TimingPage, 20*time.Millisecond)
	}
	clock.Advance(time.Minute)
	for range 9 {
		timings.Observe(TimingPage, 300*time.Millisecond)
	}
	timings.Observe(TimingPage, 2*time.Second)
	got := timings.Of(TimingPage)
	for name, c := range map[string]struct{ got, want time.Duration }{
		"half": {got.P50, 20 * time.Millisecond}, "90": {got.P90, 20 * time.Millisecond}, "95": {got.P95, 300 * time.Millisecond}, "99": {got.P99, 300 * time.Millisecond},
	} {
		if c.got < c.want || float64(c.got) > 1.1*float64(c.want) {
			t.Errorf("%s of a hundred within %s, want %s", name, c.got, c.want)
		}
	}
	if got.Count != 100 || timings.Of(TimingCheck) != (Percentiles{}) || (*Timings)(nil).Of(TimingPage) != (Percentiles{}) {
		t.Errorf("%+v", got)
	}
	clock.Advance(TimedOver * time.Minute)
	if got := timings.Of(TimingPage); got.Count != 0 {
		t.Errorf("it is over: %+v", got)
	}
}
