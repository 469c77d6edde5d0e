package api

import (
	"context"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"clubos/internal/store/storetest"
)

func TestAPostWithAnIdempotencyKeyHasItsEffectOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	a := ask{method: "POST", path: w.at("/tickets"), body: object{"title": "Once only"}, headers: []string{"Idempotency-Key", "k1"}}
	first := h.do(h.north.full, a)
	h.want(201, first, nil)
	again := h.do(h.north.full, a)
	h.want(201, again, nil)
	if first.Body.String() != again.Body.String() || again.Header().Get("Idempotency-Replayed") != "true" || first.Header().Get("Idempotency-Replayed") != "" {
		t.Errorf("first %v %s, again %v %s", first.Header(), first.Body, again.Header(), again.Body)
	}
	for _, name := range []string{"ETag", "Location", "Content-Type"} {
		if first.Header().Get(name) == "" || first.Header().Get(name) != again.Header().Get(name) {
			t.Errorf("%s: %q and %q", name, first.Header().Get(name), again.Header().Get(name))
		}
	}
	if first.Header().Get("X-Request-Id") == again.Header().Get("X-Request-Id") {
		t.Error("the replay has the first request's id")
	}
	other := a
	other.body = object{"title": "Something else"}
	var p Problem
	h.want(422, h.do(h.north.full, other), &p)
	if p.Code != codeKeyReused {
		t.Errorf("code %s", p.Code)
	}
	// The key is the caller's own: another one's is another key.
	h.want(201, h.do(h.north.owner, other), nil)
	h.want(201, h.do(h.south.full, ask{method: "POST", path: "/api/v1/south/tickets", body: object{"title": "Once only"}, headers: a.headers}), nil)
	if n := storetest.Count(t, h.north.db, "SELECT COUNT(*) FROM tickets WHERE title IN ('Once only', 'Something else')"); n != 2 {
		t.Errorf("%d tickets", n)
	}
}

func TestARefusedRequestMayBeMendedUnderItsKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	a := ask{method: "POST", path: w.at("/bays"), body: object{"location_id": w.location, "number": 1000}, headers: []string{"Idempotency-Key", "k1"}}
	h.want(422, h.do(h.north.full, a), nil)
	a.body = object{"location_id": w.location, "number": 900}
	h.want(201, h.do(h.north.full, a), nil)
	for _, key := range []string{"ä", "a b", strings.Repeat("x", 201)} {
		a.headers[1] = key
		h.want(422, h.do(h.north.full, a), nil)
	}
}

func TestOfManyRequestsAtOnceWithOneKeyOneRuns(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	a := ask{method: "POST", path: w.at("/threads/" + w.thread.String() + "/reply"), body: object{"text": "Hello there"}, headers: []string{"Idempotency-Key", "burst"}}
	answers := make([]*httptest.ResponseRecorder, 16)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = h.do(h.north.full, a) })
	}
	wg.Wait()
	body := ""
	for _, res := range answers {
		switch res.Code {
		case 201:
			if body == "" {
				body = res.Body.String()
			}
			if res.Body.String() != body {
				t.Errorf("answers differ: %s and %s", body, res.Body)
			}
		case 409:
			if res.Header().Get("Retry-After") == "" {
				t.Errorf("409 without Retry-After: %s", res.Body)
			}
		default:
			t.Errorf("status %d: %s", res.Code, res.Body)
		}
	}
	if n := storetest.Count(t, h.north.db, "SELECT COUNT(*) FROM messages WHERE direction = 'out'"); n != 1 || body == "" {
		t.Errorf("%d texts; answer %q", n, body)
	}
}

func TestAKeyWhoseRequestWasKilledStaysTakenUntilTheSweep(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	a := ask{method: "POST", path: w.at("/tickets"), body: object{"title": "Once only"}, headers: []string{"Idempotency-Key", "k1"}}
	h.want(201, h.do(h.north.full, a), nil)
	if n := storetest.Count(t, h.north.db, "SELECT COUNT(*) FROM idempotency_keys WHERE status = 201"); n != 1 {
		t.Fatalf("%d keys", n)
	}
	sealed := storetest.Count(t, h.north.db, "SELECT COUNT(*) FROM idempotency_keys WHERE CAST(body AS TEXT) LIKE '%Once%'")
	if sealed != 0 {
		t.Error("the answer is kept in the open")
	}
	storetest.Exec(t, h.north.db, "UPDATE idempotency_keys SET status = 0")
	var p Problem
	res := h.do(h.north.full, a)
	h.want(409, res, &p)
	if p.Code != codeKeyBusy || res.Header().Get("Retry-After") == "" {
		t.Errorf("%s %v", p.Code, res.Header())
	}
	h.clock.Advance(atWork)
	res = h.do(h.north.full, a)
	h.want(409, res, &p)
	if p.Code != codeKeyBusy || res.Header().Get("Retry-After") != "" {
		t.Errorf("an abandoned key asks to come again: %s %v", p.Code, res.Header())
	}
	h.clock.Advance(keepAnswers - atWork)
	h.must(Sweep(t.Context(), h.north.db))
	h.want(409, h.do(h.north.full, a), nil)
	h.clock.Advance(time.Microsecond)
	h.must(Sweep(t.Context(), h.north.db))
	h.want(201, h.do(h.north.full, a), nil)
}

func TestAReleasedKeyLeavesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.want(404, h.do(h.north.full, ask{method: "POST", path: "/api/v1/north/threads/x/resolve", headers: []string{"Idempotency-Key", "k"}}), nil)
	if n := storetest.Count(t, h.north.db, "SELECT COUNT(*) FROM idempotency_keys"); n != 0 {
		t.Errorf("%d keys", n)
	}
}

func TestOldKeysGoInBatches(t *testing.T) {
	t.Parallel()
	db, _ := storetest.Tenant(t)
	const keys = 3*sweepBatch + 7
	storetest.Exec(t, db, `INSERT INTO idempotency_keys (principal, key, request_hash, status, body, created_at)
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1507) SELECT 'p', 'k' || CAST(i AS TEXT), 'h', 200, '', '2026-11-01 10:00:00+00:00' FROM n`)
	count := func() int { return storetest.Count(t, db, "SELECT COUNT(*) FROM idempotency_keys") }
	if n := count(); n != keys {
		t.Fatalf("%d keys", n)
	}
	storetest.InBatches(t, keys, sweepBatch, count, func(ctx context.Context) error { return Sweep(ctx, db) })
}
