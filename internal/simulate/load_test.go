package simulate_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/simulate"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// receiver counts deliveries as the product's endpoint would take them.
type receiver struct {
	*httptest.Server
	keys  *connector.Keys
	calls atomic.Int64
	conns atomic.Int64

	mu      sync.Mutex // guards the fields below
	senders map[string]bool
	ids     map[string]bool
	bad     int
}

func receive(t *testing.T, answer func(n int64, w http.ResponseWriter)) *receiver {
	t.Helper()
	keys, err := connector.NewKeys([]string{secret})
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{keys: keys, senders: map[string]bool{}, ids: map[string]bool{}}
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.take(req)
		answer(r.calls.Add(1), w)
	}))
	r.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			r.conns.Add(1)
		}
	}
	r.Start()
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) take(req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	var ev struct {
		Data struct {
			Resource struct{ ID string }
			Context  struct{ SenderIdentifier string }
		}
	}
	_, _, err := r.keys.Verify(req.Header, body, time.Now())
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil || json.Unmarshal(body, &ev) != nil || req.URL.Path != "/hooks/fairway24/openphone" || r.ids[ev.Data.Resource.ID] {
		r.bad++
		return
	}
	r.ids[ev.Data.Resource.ID], r.senders[ev.Data.Context.SenderIdentifier] = true, true
}

func config(r *receiver) simulate.LoadConfig {
	return simulate.LoadConfig{Target: r.URL, Tenant: "fairway24", Line: "+12015550100", Secret: secret, Rate: 400, Duration: 250 * time.Millisecond, Connections: 16, Senders: 50}
}

func TestOpenLoopSendsWhatItPlannedSignedAndFromManySenders(t *testing.T) {
	t.Parallel()
	r := receive(t, func(_ int64, w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) })
	got, err := simulate.Load(t.Context(), config(r))
	if err != nil {
		t.Fatal(err)
	}
	if got.Planned != 100 || got.Sent != 100 || got.Acked != 100 || got.Failed+got.Unsent != 0 || got.Statuses[204] != 100 || got.RatePerS <= 0 {
		t.Errorf("report %+v", got)
	}
	if got.P50 > got.P95 || got.P95 > got.P99 || got.P99 > got.Max || got.Max == 0 {
		t.Errorf("quantiles %s", got)
	}
	if r.bad != 0 || len(r.senders) != 50 || len(r.ids) != 100 {
		t.Errorf("%d bad, %d senders, %d ids", r.bad, len(r.senders), len(r.ids))
	}
	if n := r.conns.Load(); n > 16 {
		t.Errorf("%d connections of at most 16", n)
	}
}

func TestStallIsChargedToEveryTextThatHadToWait(t *testing.T) {
	t.Parallel()
	stall := make(chan struct{})
	r := receive(t, func(n int64, w http.ResponseWriter) {
		if n == 1 {
			<-stall
		}
	})
	time.AfterFunc(200*time.Millisecond, func() { close(stall) })
	c := config(r)
	c.Connections = 1 // everybody waits behind the first
	got, err := simulate.Load(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	// 100 texts were due evenly over 250 ms; those of the first 200 ms all waited for its end.
	if got.P50 < 50*time.Millisecond || got.Acked != 100 {
		t.Errorf("a stall of 200 ms does not show: %s", got)
	}
}

func TestRefusalsAndSilenceAreCountedApart(t *testing.T) {
	t.Parallel()
	r := receive(t, func(n int64, w http.ResponseWriter) {
		switch n % 4 {
		case 0:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 1:
			panic(http.ErrAbortHandler)
		}
	})
	got, err := simulate.Load(t.Context(), config(r))
	if err != nil {
		t.Fatal(err)
	}
	if got.Acked+got.Failed != 100 || got.Statuses[503] == 0 || got.Errors["other"] == 0 {
		t.Errorf("report %+v", got)
	}
}

func TestClosedLoopKeepsEveryConnectionBusy(t *testing.T) {
	t.Parallel()
	r := receive(t, func(int64, http.ResponseWriter) {})
	c := config(r)
	c.Rate, c.Connections, c.Duration = 0, 4, 100*time.Millisecond
	got, err := simulate.Load(t.Context(), c)
	if err != nil || got.Acked == 0 || got.Planned != got.Sent || got.Failed != 0 {
		t.Errorf("report %+v, %v", got, err)
	}
}

func TestLoadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	r := receive(t, func(int64, http.ResponseWriter) {})
	c := config(r)
	c.Duration = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	got, err := simulate.Load(ctx, c)
	if err != nil || got.Unsent != got.Planned-got.Sent || got.Unsent < got.Planned/2 {
		t.Errorf("%s, %v", got, err)
	}
}

func TestLoadThatCannotRunIsRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*simulate.LoadConfig){
		"no target":        func(c *simulate.LoadConfig) { c.Target = "" },
		"no secret":        func(c *simulate.LoadConfig) { c.Secret = "" },
		"no duration":      func(c *simulate.LoadConfig) { c.Duration = 0 },
		"too many senders": func(c *simulate.LoadConfig) { c.Senders = 1_000_000 },
	} {
		c := simulate.LoadConfig{Target: "http://127.0.0.1:1", Tenant: "aa", Line: "+1", Secret: secret, Duration: time.Second}
		change(&c)
		if _, err := simulate.Load(t.Context(), c); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVisitsAreAskedInTurnOverConnectionsThatStayOpenWhateverTheAnswersForm(t *testing.T) {
	t.Parallel()
	var conns atomic.Int64
	var mu sync.Mutex
	asked := map[string]int{}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.RequestURI()+" "+r.Header.Get("Cookie")]++
		mu.Unlock()
		if r.URL.Path == "/long" { // too long to tell its length beforehand
			for range 3 {
				_, _ = w.Write(make([]byte, 3000))
			}
			return
		}
		w.WriteHeader(http.StatusOK)
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	got, err := simulate.Visit(t.Context(), simulate.VisitConfig{Target: srv.URL, Paths: []string{"/long", "/short?x=1"}, Header: map[string]string{"Cookie": "s=1"}, Rate: 400, Duration: 100 * time.Millisecond, Connections: 2})
	if err != nil || got.Acked != 40 || got.Failed+got.Unsent != 0 {
		t.Fatalf("%s, %v", got, err)
	}
	if asked["/long s=1"] != 20 || asked["/short?x=1 s=1"] != 20 || conns.Load() > 2 {
		t.Errorf("asked %v over %d connections", asked, conns.Load())
	}
	if n := len(got.Curve); n == 0 || got.Curve[n-1].Latency != got.Max {
		t.Errorf("curve %v ends elsewhere than at %s", got.Curve, got.Max)
	}
}

func TestVisitsThatCannotRunAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]simulate.VisitConfig{
		"no target":  {Paths: []string{"/"}, Duration: time.Second},
		"no paths":   {Target: "http://127.0.0.1:1", Duration: time.Second},
		"no address": {Target: "somewhere", Paths: []string{"/"}, Duration: time.Second},
	} {
		if _, err := simulate.Visit(t.Context(), c); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTextsAreSentUntilOneIsAcknowledged(t *testing.T) {
	t.Parallel()
	r := receive(t, func(n int64, w http.ResponseWriter) {
		if n < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	if err := simulate.UntilAcked(t.Context(), config(r), time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if n := r.calls.Load(); n != 3 || r.bad != 0 || len(r.ids) != 3 {
		t.Errorf("%d texts of %d ids, %d not signed; want three", n, len(r.ids), r.bad)
	}
}
