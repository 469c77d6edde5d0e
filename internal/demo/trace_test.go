package demo_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"clubos/internal/simulate"
	"clubos/internal/simulate/vendor"
	"clubos/internal/telemetry"
)

// TestOneMatterHasOneTraceFromTheWebhookToTheVendor follows a text by the id under which the vendor got
// the reply to it.
func TestOneMatterHasOneTraceFromTheWebhookToTheVendor(t *testing.T) {
	t.Parallel()
	whole(t)
	log := &lines{}
	_, w := start(t, telemetry.NewLogger(log, telemetry.LogConfig{Service: "clubos", Version: "test", Node: "test"}))
	ann, bob := w.Club.Members[0].Phone, w.Club.Members[1].Phone
	for _, from := range []string{ann, bob} {
		if err := w.Deliver(t.Context(), w.Club.Locations[0], vendor.Incoming{From: from, Text: "whats the wifi password?"}); err != nil {
			t.Fatal(err)
		}
	}
	requests := map[string]string{ann: replied(t, w, ann), bob: replied(t, w, bob)}
	if requests[ann] == requests[bob] {
		t.Errorf("two matters share the trace %s", requests[ann])
	}
	for _, id := range requests {
		awaitActions(t, log, id, "webhook.openphone", "message.send")
	}
}

// replied waits for the member's reply and returns the X-Request-Id that came with it.
func replied(t *testing.T, w *simulate.World, number string) string {
	t.Helper()
	var request string
	await(t, "a reply", func() bool {
		for _, e := range w.Vendors.SMS.Effects() {
			if e.Target == number {
				request = e.Request
			}
		}
		return request != ""
	})
	return request
}

// awaitActions waits until each action has a line under the trace: a text is logged after it has left.
func awaitActions(t *testing.T, log *lines, trace string, actions ...string) {
	t.Helper()
	await(t, fmt.Sprintf("lines of %q under one trace", actions), func() bool {
		var got []string
		for _, rec := range log.records(t) {
			if rec["trace.id"] == trace {
				got = append(got, fmt.Sprint(rec["event.action"]))
			}
		}
		return !slices.ContainsFunc(actions, func(a string) bool { return !slices.Contains(got, a) })
	})
}

// await looks until something holds, for two minutes: a club's first answer waits until its matcher is
// trained, which takes a busy machine with the race detector most of one.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("never came: %s", what)
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		}
	}
}
