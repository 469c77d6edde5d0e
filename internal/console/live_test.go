package console_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/console"
	"clubos/internal/identity"
)

// listen opens the stream of changes as a browser with the cookie does, and returns its lines.
func (h *house) listen(b *browser) (<-chan string, *http.Response) {
	h.t.Helper()
	srv := httptest.NewServer(h.handler)
	ctx, cancel := context.WithCancel(h.t.Context())
	h.t.Cleanup(func() { cancel(); srv.Close() })
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/c/fairway/live", nil)
	if err != nil {
		h.t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "clubos", Value: b.cookies["clubos"]})
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		h.t.Fatal(err)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		defer res.Body.Close()
		for sc := bufio.NewScanner(res.Body); sc.Scan(); {
			lines <- sc.Text()
		}
	}()
	if first := <-lines; !strings.HasPrefix(first, "retry:") {
		h.t.Fatalf("the stream begins with %q", first)
	}
	return lines, res
}

// await returns the first line that says so; it fails when the stream ends or takes too long.
func await(t *testing.T, lines <-chan string, part string) {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case l, ok := <-lines:
			if !ok {
				t.Fatalf("the stream ended before %q", part)
			}
			if strings.Contains(l, part) {
				return
			}
		case <-late:
			t.Fatalf("nothing said %q", part)
		}
	}
}

func ended(t *testing.T, lines <-chan string) {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case _, ok := <-lines:
			if !ok {
				return
			}
		case <-late:
			t.Fatal("the stream did not end")
		}
	}
}

func TestStreamTellsWhatTheReaderMaySee(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lines, res := h.listen(h.as(club.RoleViewer))
	elsewhere, _ := h.listen(h.as(club.RoleViewer, h.sea))
	if ct := res.Header.Get("Content-Type"); ct != "text/event-stream" {
		t.Errorf("content type %s", ct)
	}
	id := h.hear(ada, "bay 3 froze")
	await(t, lines, `"`+id.String()+`"`)
	await(t, lines, ": alive")
	for {
		l := <-elsewhere
		if strings.Contains(l, id.String()) {
			t.Fatal("a thread of another place was told")
		}
		if strings.HasPrefix(l, ": alive") {
			break
		}
	}
}

func TestStreamEndsWithTheSessionAndWithTheServer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	u := h.user("Olu", club.RoleOperator)
	b := h.signIn(u)
	lines, _ := h.listen(b)
	disabled := identity.UserDisabled
	if _, err := h.dir.UpdateUser(t.Context(), identity.System("fairway", "test"), u.ID, identity.UserChange{Status: &disabled}); err != nil {
		t.Fatal(err)
	}
	ended(t, lines)
	lines, _ = h.listen(h.as(club.RoleOperator))
	close(h.draining)
	ended(t, lines)
}

func TestOneBrowserFollowsByFewStreams(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleViewer)
	for range console.StreamsPerSessionForTest {
		h.listen(b)
	}
	if b.get("/c/fairway/live"); b.status != http.StatusTooManyRequests {
		t.Errorf("one more answered %d", b.status)
	}
}
