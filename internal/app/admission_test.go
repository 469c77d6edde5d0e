package app

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"clubos/internal/guard"
)

func TestClassFollowsFromTheRoute(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]guard.Class{
		"/c/fairway/inbox": guard.Operator, "/c/fairway/threads/thr_1/reply": guard.Operator, "/": guard.Operator, "/c/fairway/results": guard.Bulk, "/c/fairway/bookings/import": guard.Bulk,
		"/api/v1/fairway/threads": guard.API, "/api/v1/fairway/sop-file": guard.Bulk, "/api/v1/fairway/patterns/pat_1/preview": guard.Bulk, "/api/v1/docs": guard.API,
	} {
		r := httptest.NewRequest(http.MethodGet, path+"?priority=emergency", nil)
		r.Header.Set("X-Priority", "emergency")
		if got, counts := classOf(r); got != want || !counts {
			t.Errorf("%s: %s, %t; want %s", path, got, counts, want)
		}
	}
	for _, path := range []string{"/c/fairway/live", "/static/abc/console.css", "/api/v1/openapi.json", "/api/v1/fairway/health"} {
		if _, counts := classOf(httptest.NewRequest(http.MethodGet, path, nil)); counts {
			t.Errorf("%s takes a place", path)
		}
	}
}

func TestLimitsOfTheProcessAreChecked(t *testing.T) {
	t.Parallel()
	for _, bad := range []map[string]string{{"PERFORMANCE_CPU_LIMIT": "101"}, {"PERFORMANCE_CPU_LIMIT": "-1"}, {"PERFORMANCE_MEMORY_LIMIT": "8"}} {
		if _, err := LoadConfig(bad); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
	c, err := LoadConfig(nil)
	if err != nil || c.CPULimit != 80 || c.MemoryLimit != 1024 {
		t.Errorf("defaults: %d %%, %d MiB, %v", c.CPULimit, c.MemoryLimit, err)
	}
}
