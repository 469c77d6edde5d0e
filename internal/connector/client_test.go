package connector

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"

	"github.com/google/go-cmp/cmp"
)

const secret = "sk-very-secret"

func client(t *testing.T, cfg Config, deps Deps) *Client {
	t.Helper()
	cfg.Vendor = "acme"
	cfg.Header = http.Header{"Authorization": {secret}}
	c, err := New(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// verdict is what matters to a caller about a failed call.
type verdict struct {
	Reached, Rejected, Retryable, Unknown bool
	Status                                int
	Code                                  string
	After                                 time.Duration
}

func judge(t *testing.T, err error) verdict {
	t.Helper()
	var v *club.VendorError
	if !errors.As(err, &v) {
		t.Fatalf("%v is not a VendorError", err)
	}
	if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "/hidden") {
		t.Errorf("error gives away too much: %v", err)
	}
	return verdict{v.Reached, v.Rejected, v.Retryable, club.EffectUnknown(err), v.Status, v.VendorCode, v.RetryAfter}
}

// hang reads the request first: only then does the server notice that the caller went away.
func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func drop(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestFailuresSayWhetherTheVendorMayHaveActed(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	now := time.Date(2026, 11, 26, 2, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		want    verdict
	}{
		"400 is a no":                          {answer(400, "E1"), verdict{Reached: true, Rejected: true, Status: 400, Code: "E1"}},
		"429 is a no for the time being":       {answer(429, "", "Retry-After", "7"), verdict{Reached: true, Rejected: true, Retryable: true, Status: 429, After: 7 * time.Second}},
		"a date in Retry-After is read":        {answer(429, "", "Retry-After", now.Add(time.Minute).Format(http.TimeFormat)), verdict{Reached: true, Rejected: true, Retryable: true, Status: 429, After: time.Minute}},
		"500 leaves it open":                   {answer(500, ""), verdict{Reached: true, Retryable: true, Unknown: true, Status: 500}},
		"503 leaves it open":                   {answer(503, "", "Retry-After", "99999999"), verdict{Reached: true, Retryable: true, Unknown: true, Status: 503, After: time.Hour}},
		"a redirect is not followed":           {answer(302, "", "Location", "https://evil.example/"), verdict{Reached: true, Unknown: true, Status: 302}},
		"a dropped connection leaves it open":  {drop, verdict{Reached: true, Retryable: true, Unknown: true}},
		"an answer that is no JSON is open":    {answer(200, "<html>"), verdict{Reached: true, Unknown: true, Status: 200}},
		"an answer that is too long is open":   {answer(200, strings.Repeat("x", 2000)), verdict{Reached: true, Retryable: true, Unknown: true, Status: 200}},
		"an answer cut short leaves it open":   {answer(200, "{", "Content-Length", "100"), verdict{Reached: true, Retryable: true, Unknown: true, Status: 200}},
		"a vendor that hangs is left in time":  {hang, verdict{Reached: true, Retryable: true, Unknown: true}},
		"408 means the request did not arrive": {answer(408, ""), verdict{Reached: true, Rejected: true, Retryable: true, Status: 408}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(tc.handler)
			defer s.Close()
			c := client(t, Config{BaseURL: s.URL, Limits: Limits{Timeout: 200 * time.Millisecond, Body: 1000},
				Explain: func(_ int, b []byte) string { return string(b) }}, Deps{Clock: club.NewManualClock(now)})
			var into map[string]any
			_, err := c.Do(t.Context(), Request{Op: "act", Method: http.MethodPost, Path: "/hidden", JSON: map[string]int{"a": 1}, Into: &into})
			if diff := cmp.Diff(tc.want, judge(t, err)); diff != "" {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
}

func TestNobodyListeningMeansNotReached(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	c := client(t, Config{BaseURL: "http://" + addr, Limits: Limits{Failures: 2, Cooldown: time.Minute}}, Deps{})
	for range 2 {
		_, err = c.Do(t.Context(), Request{Op: "act", Method: http.MethodPost})
		if diff := cmp.Diff(verdict{Retryable: true}, judge(t, err)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	_, err = c.Do(t.Context(), Request{Op: "act", Method: http.MethodPost})
	v := judge(t, err)
	if v.Reached || !v.Retryable || v.After <= 0 || !strings.Contains(err.Error(), "circuit breaker open") {
		t.Errorf("after two failures: %v", err)
	}
}

func TestRefusalsDoNotOpenTheBreaker(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }))
	defer s.Close()
	c := client(t, Config{BaseURL: s.URL, Limits: Limits{Failures: 1}}, Deps{})
	for range 3 {
		if _, err := c.Do(t.Context(), Request{Op: "look"}); judge(t, err).Status != 404 {
			t.Fatal(err)
		}
	}
}

func TestOurOwnRateLimitStopsACallBeforeItLeaves(t *testing.T) {
	t.Parallel()
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { n++ }))
	defer s.Close()
	c := client(t, Config{BaseURL: s.URL, Rate: Rate{Calls: 1, Per: time.Hour}}, Deps{})
	if _, err := c.Do(t.Context(), Request{Op: "look"}); err != nil {
		t.Fatal(err)
	}
	_, err := c.Do(t.Context(), Request{Op: "look"})
	if v := judge(t, err); v.Reached || !v.Retryable || v.After != time.Hour || n != 1 {
		t.Errorf("%v after %d calls", err, n)
	}
}

func TestCorrelationTravelsAndSecretsDoNotReachTheLog(t *testing.T) {
	t.Parallel()
	var got http.Header
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }))
	defer s.Close()
	var log bytes.Buffer
	c := client(t, Config{BaseURL: s.URL}, Deps{Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	id := club.NewCorrelationID(time.Now())
	if _, err := c.Do(club.WithCorrelation(context.Background(), id), Request{Op: "look", Path: "/hidden"}); err != nil {
		t.Fatal(err)
	}
	if got.Get("X-Request-Id") != id.String() || got.Get("Authorization") != secret {
		t.Errorf("headers %v", got)
	}
	if l := log.String(); !strings.Contains(l, id.String()) || strings.Contains(l, secret) || strings.Contains(l, "/hidden") {
		t.Errorf("log %s", l)
	}
}

func TestTLSAcceptsThePinnedCertificateAndNoOther(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	defer s.Close()
	sum := sha256.Sum256(s.Certificate().Raw)
	pin := hex.EncodeToString(sum[:])
	if _, err := client(t, Config{BaseURL: s.URL, PinSHA256: pin}, Deps{}).Do(t.Context(), Request{Op: "look"}); err != nil {
		t.Errorf("the pinned certificate: %v", err)
	}
	for name, other := range map[string]string{"another pin": strings.Repeat("ab", 32), "no pin": ""} {
		_, err := client(t, Config{BaseURL: s.URL, PinSHA256: other}, Deps{}).Do(t.Context(), Request{Op: "act", Method: http.MethodPut})
		if err == nil || judge(t, err).Reached {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNewRefusesAddressesWithoutTLSAndBadPins(t *testing.T) {
	t.Parallel()
	for _, cfg := range []Config{
		{BaseURL: "http://api.example.com"}, {BaseURL: ""}, {BaseURL: "ftp://127.0.0.1"}, {BaseURL: "https://user:" + secret + "@x"},
		{BaseURL: "https://x", PinSHA256: "abcd"}, {BaseURL: "https://x", PinSHA256: "off"}, {BaseURL: "://" + secret},
	} {
		if _, err := New(cfg, Deps{}); club.CodeOf(err) != club.CodeInvalid || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", cfg.BaseURL, err)
		}
	}
}

func TestSameTextSeesThroughWhatVendorsDoToText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"Bay 3 is back.", "Bay 3 is back.", true},
		{"It's on – give it a minute", "It’s on - give it a minute ", true},
		{"Bay 3 is back.", "Bay 4 is back.", false},
		{"👍", "👍 ", true},
		{"👍", "👎", false},
		{"", "x", false},
	} {
		if got := SameText(tc.a, tc.b); got != tc.want {
			t.Errorf("SameText(%q, %q) = %t", tc.a, tc.b, got)
		}
	}
}
