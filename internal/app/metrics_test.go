package app_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"clubos/internal/store"
)

func TestScrapesAreAnsweredOnAListenerOfTheirOwnAndNameNoClub(t *testing.T) {
	t.Parallel()
	a := open(t, map[string]string{"CLUBOS_METRICS_LISTEN": "127.0.0.1:0"})
	if _, err := a.CreateTenant(t.Context(), admin, "fairway", "Fairway 24"); err != nil {
		t.Fatal(err)
	}
	s, err := a.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	at := "http://" + s.Addr()
	for _, path := range []string{"/readyz", "/api/v1/fairway/threads", "/hooks/fairway/twilio", "/hooks/fairway/nobody", "/c/fairway/sign-in", "/no/such/page"} {
		get(t, at+path)
	}
	if code, _ := get(t, at+"/metrics"); code != http.StatusNotFound {
		t.Errorf("members' listener answers /metrics with %d", code)
	}
	code, text := get(t, "http://"+s.MetricsAddr()+"/metrics")
	if code != http.StatusOK {
		t.Fatalf("scrape: %d", code)
	}
	for _, want := range []string{
		"clubos_ready 1", "clubos_cache_bytes", `clubos_cache_reads_total{from="database"}`, `clubos_build_info{engine="sqlite"`, "go_goroutines",
		`clubos_http_requests_total{code="200",method="GET",route="/readyz"} 1`,
		`clubos_http_requests_total{code="401",method="GET",route="/api/v1/{tenant}/threads"} 1`,
		`method="GET",route="/hooks/{tenant}/twilio"} 1`, `route="/hooks/{tenant}/{vendor}"} 1`,
		`clubos_http_request_seconds_count{route="/c/{tenant}/sign-in"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, regexp.MustCompile(`(?m)^clubos_(http_requests|build|ready).*$`).FindAllString(text, -1))
		}
	}
	if strings.Contains(text, "fairway") || strings.Contains(text, "such") || strings.Contains(text, "nobody") {
		t.Error("labels tell of clubs or of what clients invent")
	}
}

func TestScrapesSayThatTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	a := open(t, map[string]string{"CLUBOS_METRICS_LISTEN": "127.0.0.1:0"})
	s, err := a.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Stop(t.Context()) }()
	if err := store.LoseForTest(a.Cluster); err != nil {
		t.Fatal(err)
	}
	if code, text := get(t, "http://"+s.MetricsAddr()+"/metrics"); code != http.StatusOK || !strings.Contains(text, "clubos_ready 0") {
		t.Errorf("scrape without the database: %d, ready is not 0", code)
	}
	if code, _ := get(t, "http://"+s.Addr()+"/readyz"); code != http.StatusServiceUnavailable {
		t.Errorf("ready without the database: %d", code)
	}
	if code, _ := get(t, "http://"+s.Addr()+"/healthz"); code != http.StatusOK {
		t.Errorf("alive without the database: %d", code)
	}
}

func TestAStoppingServerAnswersUntilABalancerCanKnow(t *testing.T) {
	t.Parallel()
	a := open(t, map[string]string{"CLUBOS_DRAIN_DELAY": "500ms"})
	s, err := a.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := "http://" + s.Addr()
	stopped := make(chan error, 1)
	go func() { stopped <- s.Stop(t.Context()) }()
	for {
		code, text := get(t, at+"/readyz")
		if code == http.StatusServiceUnavailable && strings.Contains(text, "draining") {
			break
		}
	}
	if code, _ := get(t, at+"/healthz"); code != http.StatusOK {
		t.Errorf("a draining server answers %d", code)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if resp, err := http.DefaultTransport.RoundTrip(newGet(t, at+"/healthz")); err == nil {
		_ = resp.Body.Close()
		t.Error("a server that has stopped still answers")
	}
}

func newGet(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}
