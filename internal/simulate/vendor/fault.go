package vendor

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"time"
)

type mode int

const (
	modeFail mode = iota + 1
	modeHang
	modeSlow
	modeLie
	modeOffline
	modeLose
)

// Fault is how an operation goes wrong. Make one with the functions below.
type Fault struct {
	mode   mode
	status int
	delay  time.Duration
	times  int // how many requests it still concerns; 0 means every one
}

// Fail answers with a status and does nothing.
func Fail(status int) Fault { return Fault{mode: modeFail, status: status} }

// Hang does nothing and does not answer until it is healed or the caller goes away.
func Hang() Fault { return Fault{mode: modeHang} }

// Slow does it after a delay of real time.
func Slow(d time.Duration) Fault { return Fault{mode: modeSlow, delay: d} }

// Lie answers that it was done, and does nothing.
func Lie() Fault { return Fault{mode: modeLie} }

// Offline is what the vendor says when what stands behind it (a hub, an agent, a carrier) cannot be
// reached; nothing is done.
func Offline() Fault { return Fault{mode: modeOffline} }

// LoseAnswer does it and then drops the connection.
func LoseAnswer() Fault { return Fault{mode: modeLose} }

// Times returns the fault for the next n requests only.
func (f Fault) Times(n int) Fault {
	f.times = n
	return f
}

// Break gives an operation a fault. The operations are named at each vendor.
func (s *server) Break(op string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[op] = &f
}

// Heal ends all faults and lets hung requests go, unanswered.
func (s *server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
	close(s.release)
	s.release = make(chan struct{})
}

func (s *server) fault(op string) (Fault, chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.faults[op]
	if f == nil {
		return Fault{}, nil
	}
	got := *f
	if f.times > 0 {
		if f.times--; f.times == 0 {
			delete(s.faults, op)
		}
	}
	return got, s.release
}

// call is one request as an operation sees it: its body read, and whether to do as asked, only to
// say so (lie), or to report what stands behind as unreachable (offline).
type call struct {
	*http.Request
	body    []byte
	lie     bool
	offline bool
}

func (c call) json(into any) bool { return json.Unmarshal(c.body, into) == nil }

// handle routes a pattern to an operation through its faults.
func (s *server) handle(pattern, op string, h func(w http.ResponseWriter, c call)) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			http.Error(w, "unreadable", http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		c := call{Request: r, body: body}
		f, release := s.fault(op)
		switch f.mode {
		case modeFail:
			answer(w, f.status, map[string]any{"title": http.StatusText(f.status), "code": "SIMULATED"})
			return
		case modeHang:
			select {
			case <-release:
			case <-r.Context().Done():
			}
			panic(http.ErrAbortHandler)
		case modeSlow:
			t := time.NewTimer(f.delay)
			defer t.Stop()
			select {
			case <-t.C:
			case <-r.Context().Done():
				panic(http.ErrAbortHandler)
			}
		case modeLose:
			h(nowhere{}, c)
			panic(http.ErrAbortHandler)
		case modeLie:
			c.lie = true
		case modeOffline:
			c.offline = true
		}
		h(w, c)
	})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if body != nil {
		_ = json.NewEncoder(w).Encode(body)
	}
}

// nowhere is where a lost answer goes.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}
