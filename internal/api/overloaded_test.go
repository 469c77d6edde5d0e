package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"clubos/internal/club"
)

func TestOverloadIsAProblemThatNamesItsRequest(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	Overloaded(club.SystemClock{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, Prefix+"/north/threads", nil))
	var p Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Content-Type") != "application/problem+json" || p.Status != w.Code || p.Code != "unavailable" || p.RequestID == "" || p.RequestID != w.Header().Get("X-Request-Id") {
		t.Errorf("status %d, %v: %+v", w.Code, w.Header(), p)
	}
}
