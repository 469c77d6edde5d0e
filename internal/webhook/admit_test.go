package webhook_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"clubos/internal/club"
)

func TestWhenTooMuchComesOnlyDangerIsTakenInAndTheVendorTriesTheRestAgain(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	var asked []bool
	taken, given := 0, 0
	g.admit = func(_ context.Context, danger bool) (func(), error) {
		asked = append(asked, danger)
		if !danger {
			return nil, &club.Error{Code: club.CodeUnavailable, Msg: "too much"}
		}
		taken++
		return func() { given++ }, nil
	}
	for _, r := range []request{received("1", member, "what's the wifi?"), sms("SM1", member, "bay 3 froze")} {
		if w := g.send(r); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("an ordinary text: status %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
		}
	}
	if log := g.log.String(); strings.Contains(log, `"too much"`) || strings.Contains(log, "ERROR") {
		t.Errorf("the log has a line for each that was refused:\n%s", log)
	}
	if w := g.send(received("2", member, "there is a fire in bay 2, smoke everywhere")); w.Code != http.StatusOK {
		t.Errorf("danger: status %d", w.Code)
	}
	if got := g.bodies(); len(got) != 1 || !strings.Contains(got[0], "fire") {
		t.Errorf("stored %q", got)
	}
	if !slices.Equal(asked, []bool{false, false, true}) || taken != 1 || given != 1 {
		t.Errorf("asked %v; %d places taken, %d given back", asked, taken, given)
	}
	forged := received("3", member, "fire! help!")
	forged.header.Set("webhook-signature", "v1,AAAA")
	if w := g.send(forged); w.Code != http.StatusUnauthorized || len(asked) != 3 {
		t.Errorf("a forged text: status %d, places asked for %d times", w.Code, len(asked))
	}
}
