package page

import (
	"strings"
	"testing"

	"clubos/internal/club"
)

func TestAPreviewSaysWhatStopsAPatternAndWhatStopsItNoMore(t *testing.T) {
	t.Parallel()
	free, paused := Stop{}, Stop{Paused: true}
	asks := Stop{Ceiling: club.TierApprove}
	for _, tc := range []struct {
		was, would Stop
		gone       bool
		want       string
	}{
		{free, free, false, ""},
		{free, paused, false, "Would be paused"},
		{paused, paused, false, "Stays paused"},
		{paused, free, false, "Would no longer be paused"},
		{free, asks, false, "Would be limited: asks first"},
		{asks, asks, false, "Stays limited: asks first"},
		{asks, free, false, "Would have no limit"},
		{Stop{Broken: true}, Stop{Broken: true, Retired: true}, false, "Would be retired; Stays stopped by its breaker"},
		{paused, Stop{Merged: true}, false, "Would be a part of the other one"},
		{paused, free, true, ""},
	} {
		if got := strings.Join(EvidenceRow{Gone: tc.gone, Stop: [2]Stop{tc.was, tc.would}}.stops(), "; "); got != tc.want {
			t.Errorf("%+v, then %+v: %q, want %q", tc.was, tc.would, got, tc.want)
		}
	}
}
