package webhook_test

import (
	"fmt"
	"net/http"
	"testing"
)

func TestWhatIsNotGenuineIsLimitedByAddressAndWhatIsGenuineNever(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	forged := received("1", member, "hello")
	forged.header = nil
	for i := range strangersMost + 1 {
		want := http.StatusUnauthorized
		if i == strangersMost {
			want = http.StatusTooManyRequests
		}
		if w := g.send(forged); w.Code != want || (w.Header().Get("Retry-After") != "") != (i == strangersMost) {
			t.Fatalf("request %d: %d, Retry-After %q", i, w.Code, w.Header().Get("Retry-After"))
		}
	}
	for i := range 20 {
		if w := g.send(received(fmt.Sprint("m", i), member, "hello")); w.Code != http.StatusOK || w.Header().Get("RateLimit") != "" {
			t.Fatalf("a genuine text: %d", w.Code)
		}
	}
}
