package app_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/identity"
)

// answer is what a client sees of an answer.
type answer struct {
	status int
	header http.Header
	body   string
}

func ask(t *testing.T, req *http.Request, err error) answer {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(b)}
}

func TestWhoAsksTooOftenIsToldWhenToComeBack(t *testing.T) {
	t.Parallel()
	a := open(t, map[string]string{"CLUBOS_LIMIT_KEY": "3", "CLUBOS_LIMIT_INSTANCE": "5", "SECURITY_RATE_LIMIT_MAX": "2"})
	if _, err := a.CreateTenant(t.Context(), admin, "fairway", "Fairway 24"); err != nil {
		t.Fatal(err)
	}
	d, err := a.Directory(t.Context(), "fairway")
	if err != nil {
		t.Fatal(err)
	}
	var tokens []string
	for range 2 {
		_, token, err := d.CreateAPIKey(t.Context(), identity.System("fairway", "test"), identity.NewAPIKey{Name: "k", Scopes: []identity.Permission{identity.ThreadsRead}})
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	s, err := a.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Stop(t.Context()) }()
	base := "http://" + s.Addr()
	list := func(token string) answer {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/api/v1/fairway/threads", nil)
		if err == nil && token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		return ask(t, req, err)
	}
	for i := range 4 {
		got := list(tokens[0])
		if want := map[bool]int{true: 200, false: 429}[i < 3]; got.status != want || !strings.HasPrefix(got.header.Get("RateLimit-Policy"), `"key";q=3;w=60`) {
			t.Errorf("request %d: %d %v", i, got.status, got.header)
		}
		if i == 3 && (got.header.Get("Retry-After") != "20" || got.header.Get("Content-Type") != "application/problem+json" || !strings.Contains(got.body, string(club.CodeLimited))) {
			t.Errorf("refusal: %v %s", got.header, got.body)
		}
	}
	if got := list(tokens[1]); got.status != 200 {
		t.Errorf("another key: %d", got.status)
	}
	if got := list(tokens[1]); got.status != 429 || !strings.Contains(got.header.Get("RateLimit-Policy"), "instance") {
		t.Errorf("the whole process: %d %v", got.status, got.header)
	}
	signIn := func() answer {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/c/fairway/sign-in", strings.NewReader(url.Values{"email": {"a@example.com"}, "password": {"x"}}.Encode()))
		if err == nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		return ask(t, req, err)
	}
	if got := list("nonsense"); got.status != 401 {
		t.Errorf("nobody: %d", got.status)
	}
	if got := signIn(); got.status != 401 {
		t.Errorf("a wrong password: %d", got.status)
	}
	if got := signIn(); got.status != 429 || !strings.Contains(got.body, "A little slower, please") || got.header.Get("Retry-After") == "" {
		t.Errorf("one too many: %d %v %.300s", got.status, got.header, got.body)
	}
	if got := list("nonsense"); got.status != 429 {
		t.Errorf("nobody, too often: %d", got.status)
	}
	if got, body := get(t, base+"/healthz"); got != 200 {
		t.Errorf("health is limited: %d %s", got, body)
	}
	if f := a.Relief(); f.Limits.Refused < 4 || f.Limits.Admitted == 0 {
		t.Errorf("facts %+v", f)
	}
}
