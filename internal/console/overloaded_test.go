package console_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"clubos/internal/console"
	"clubos/internal/identity"
)

func TestOverloadIsSaidCalmlyWithEveryPagesHeaders(t *testing.T) {
	t.Parallel()
	h, err := console.Overloaded(identity.Cookies{})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/c/fairway/threads/x/reply", nil))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "Nothing of what you sent was done") {
		t.Errorf("status %d: %s", w.Code, w.Body.String())
	}
	for _, name := range []string{"Content-Security-Policy", "X-Frame-Options", "Strict-Transport-Security", "Cache-Control"} {
		if w.Header().Get(name) == "" {
			t.Errorf("no header %s", name)
		}
	}
}
