package connector

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestBreakerTellsWhetherCallsGoOut(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	defer server.Close()
	c, err := New(Config{Vendor: "v", BaseURL: server.URL, Limits: Limits{Failures: 2, Cooldown: time.Hour}}, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if b := c.Breaker(); b != (Breaker{State: "closed"}) {
		t.Errorf("at first: %+v", b)
	}
	for range 2 {
		if _, err := c.Do(t.Context(), Request{Op: "look"}); err == nil {
			t.Error("no error")
		}
	}
	if b := c.Breaker(); b.State != "open" || b.RetryIn <= 59*time.Minute {
		t.Errorf("after two failures: %+v", b)
	}
}
