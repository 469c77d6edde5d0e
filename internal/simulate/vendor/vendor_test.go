package vendor

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
)

func started(t *testing.T) (*Vendors, *club.ManualClock) {
	t.Helper()
	clock := club.NewManualClock(time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC))
	v, err := Start(Config{Clock: clock, RMM: RMMConfig{Devices: []Device{{ID: 3}}}, Doors: DoorsConfig{Doors: []Door{{ID: "front"}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	return v, clock
}

// quo sends a text in Quo's format and returns the status, 0 when there was no answer.
func quo(ctx context.Context, t *testing.T, s *SMS, text string, change func(http.Header)) (int, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL()+"/messages", strings.NewReader(`{"content":"`+text+`","from":"PNsim1","to":["+15550199999"]}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Authorization": {s.Config().OpenPhoneKey}, "Quo-Api-Version": {"2026-03-30"}, "Content-Type": {"application/json"}}
	if change != nil {
		change(req.Header)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, nil
}

func TestWhatTheRealVendorChecksIsChecked(t *testing.T) {
	t.Parallel()
	v, clock := started(t)
	for name, tc := range map[string]struct {
		text   string
		change func(http.Header)
		want   int
	}{
		"sound":            {"hi", nil, 202},
		"no version":       {"hi", func(h http.Header) { h.Del("Quo-Api-Version") }, 400},
		"Bearer before it": {"hi", func(h http.Header) { h.Set("Authorization", "Bearer "+h.Get("Authorization")) }, 401},
		"empty":            {"", nil, 400},
		"1601 characters":  {strings.Repeat("x", 1601), nil, 400},
	} {
		if got, err := quo(t.Context(), t, v.SMS, tc.text, tc.change); got != tc.want || err != nil {
			t.Errorf("%s: %d %v", name, got, err)
		}
	}
	clock.Advance(time.Second)
	limited := 0
	for range 12 {
		if got, _ := quo(t.Context(), t, v.SMS, "hi", nil); got == 429 {
			limited++
		}
	}
	if limited != 2 {
		t.Errorf("%d of 12 sends in a second were limited, want 2", limited)
	}
}

func TestEffectsTellTheTruthWhateverTheAnswer(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault   Fault
		status  int
		effects int
	}{
		"fail": {Fail(500), 500, 0}, "lie": {Lie(), 202, 0}, "offline": {Offline(), 503, 0}, "lost answer": {LoseAnswer(), 0, 1},
		"hang": {Hang(), 0, 0}, "slow": {Slow(time.Millisecond), 202, 1},
	} {
		v, _ := started(t)
		v.SMS.Break("send", tc.fault)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		got, _ := quo(ctx, t, v.SMS, "hi", func(h http.Header) { h.Set("X-Request-Id", "cor_1") })
		cancel()
		e := v.Effects()
		if got != tc.status || len(e) != tc.effects || len(e) == 1 && (e[0].Text != "hi" || e[0].Request != "cor_1" || e[0].Target != "+15550199999") {
			t.Errorf("%s: status %d, effects %+v", name, got, e)
		}
	}
}

func TestHealLetsHungRequestsGo(t *testing.T) {
	t.Parallel()
	v, _ := started(t)
	v.SMS.Break("send", Hang())
	done := make(chan error)
	go func() { _, err := quo(context.Background(), t, v.SMS, "hi", nil); done <- err }()
	for {
		select {
		case err := <-done:
			if err == nil {
				t.Error("a hung request was answered")
			}
			return
		case <-time.After(10 * time.Millisecond):
			v.SMS.Heal()
			v.SMS.Break("send", Hang())
		}
	}
}

func TestDownRefusesAndUpComesBackOnTheSamePort(t *testing.T) {
	t.Parallel()
	v, _ := started(t)
	before := v.SMS.URL()
	v.SMS.Down()
	var op *net.OpError
	if _, err := quo(t.Context(), t, v.SMS, "hi", nil); !errors.As(err, &op) || op.Op != "dial" {
		t.Errorf("%v", err)
	}
	if err := v.SMS.Up(); err != nil || v.SMS.URL() != before {
		t.Fatal(err)
	}
	if got, err := quo(t.Context(), t, v.SMS, "hi", nil); got != 202 {
		t.Errorf("%d %v", got, err)
	}
	if err := errors.Join(v.Close(), v.Close()); err != nil {
		t.Error(err)
	}
}

func TestWebhooksArePostedSignedAndCanBePostedAgain(t *testing.T) {
	t.Parallel()
	v, _ := started(t)
	var bodies []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies = append(bodies, r.Header.Get("webhook-signature")+string(b))
		w.WriteHeader(http.StatusNoContent)
	}))
	defer s.Close()
	w := v.SMS.Text(OpenPhone, s.URL, Incoming{From: "+15550199999", To: "+15550100001", Text: "hi"})
	for range 2 {
		if status, err := w.Post(t.Context()); status != 204 || err != nil {
			t.Fatal(status, err)
		}
	}
	if len(bodies) != 2 || bodies[0] != bodies[1] || !strings.HasPrefix(bodies[0], "v1,") || w.ID == "" {
		t.Errorf("%q", bodies)
	}
}
