package health

import (
	"testing"
	"time"

	"clubos/internal/club"
)

func TestPromisesAreJudgedByWhatWasMeasured(t *testing.T) {
	t.Parallel()
	r := Report{Speed: Speed{Over: time.Hour, Decisions: 10, P50: 2100 * time.Millisecond, P95: 2400 * time.Millisecond, P99: 9 * time.Second, Waits: 2 * time.Second,
		Actions: Percentiles{Count: 4, P50: time.Second, P95: 6 * time.Second, P99: 6 * time.Second}}}
	if got := Promises(r, nil); len(got) != 2 || !got[0].Kept() || got[0].Took != 400*time.Millisecond || got[1].Kept() {
		t.Errorf("of the club: %+v", got)
	}
	p := Process{Pages: Percentiles{Count: 100, P50: time.Millisecond, P90: 900 * time.Millisecond, P95: 3 * time.Second, P99: 3 * time.Second}, Checks: Percentiles{Count: 5, P99: time.Second}}
	kept := map[string]bool{}
	for _, pr := range Promises(r, &p) {
		kept[pr.Name] = pr.Kept()
	}
	for name, want := range map[string]bool{"intake": true, "decision": true, "action": false, "page": true, "check": false} {
		if got, ok := kept[name]; !ok || got != want {
			t.Errorf("%s is kept: %t, %t", name, got, ok)
		}
	}
}

func TestTheWaitForABurstIsNoPartOfDeciding(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	now := h.clock.Now()
	for i := range 4 {
		h.decide(now.Add(-time.Duration(i+1)*time.Minute), club.TierSuggest, 2100*time.Millisecond)
	}
	r := h.look(nil, "")
	if got := Promises(r, nil)[0]; got.Count != 4 || got.Took != 100*time.Millisecond || !got.Kept() {
		t.Errorf("%+v", got)
	}
	if r.Speed.Texts != 4 || r.Speed.Replies != 0 || r.Speed.Actions.Count != 0 {
		t.Errorf("%+v", r.Speed)
	}
}
