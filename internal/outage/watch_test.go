package outage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/notify"
	"clubos/internal/store"
)

// rig is a watch whose clock is moved by hand. The database is well unless gone says why not.
type rig struct {
	*testing.T
	*Watch
	clock  *club.ManualClock
	gone   error
	refuse error // what the vendor says
	ways   []Way
	sent   []string // "to: title"
	words  []notify.Note
	log    bytes.Buffer
	learnt int

	mu sync.Mutex // guards sent and words
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{T: t, clock: club.NewManualClock(time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC)), ways: []Way{way("aa", "+1"), way("bb", "+1"), way("bb", "+2")}}
	r.Watch = New(Config{Pulse: func(context.Context) error { return r.gone }, Learn: func(context.Context) { r.learnt++ }, Ways: func(time.Time) []Way { return r.ways }, Node: "host-1", Installation: "https://club.example.com",
		Tell: func(_ context.Context, to notify.Target, n notify.Note) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.sent, r.words = append(r.sent, fmt.Sprintf("%s by %s: %s", to.To, to.Club, n.Title)), append(r.words, n)
			return r.refuse
		}, Clock: r.clock, Log: slog.New(slog.NewJSONHandler(&r.log, nil))})
	return r
}

func way(slug club.Slug, to string) Way {
	return Way{Target: notify.Target{Club: slug, Channel: notify.ChannelSMS, To: to}, Key: to, Mark: to, Club: "Club " + slug.String()}
}

var errGone = errors.New("connection refused")

// pass lets time go by, with a look every ten seconds.
func (r *rig) pass(d time.Duration) {
	r.Helper()
	for range d / (10 * time.Second) {
		r.clock.Advance(10 * time.Second)
		r.look(r.Context())
	}
}

func TestPeopleAreToldWithinHalfAMinuteAndNotOfWhatPasses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.pass(time.Minute)
	r.gone = errGone
	r.pass(20 * time.Second)
	r.gone = nil
	r.pass(time.Minute)
	if len(r.sent) != 0 || r.learnt != 12 {
		t.Fatalf("told %q of what has passed; learnt %d times", r.sent, r.learnt)
	}
	r.gone = errGone
	r.pass(30 * time.Second)
	if len(r.sent) != 2 || !strings.Contains(strings.Join(r.words[0].Lines, " "), "since 14:02 UTC, at host-1") {
		t.Errorf("told %+v", r.words)
	}
}

func TestOneThatComesAndGoesIsOneOutage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for range 20 {
		r.gone = errGone
		r.pass(40 * time.Second)
		r.gone = nil
		r.pass(50 * time.Second)
	}
	if len(r.sent) != 2 {
		t.Errorf("told %q", r.sent)
	}
	r.pass(time.Minute)
	if len(r.sent) != 4 || !strings.Contains(r.sent[3], "again") {
		t.Errorf("when it is over: %q", r.sent)
	}
}

func TestNobodyIsToldTwiceInAnHourAndWhoWasLeftOutIsToldAfterIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.gone = errGone
	r.pass(time.Minute)
	r.gone = nil
	r.pass(2 * time.Minute)
	if len(r.sent) != 4 {
		t.Fatalf("the first outage: %q", r.sent)
	}
	r.gone = errGone
	r.pass(50 * time.Minute)
	if len(r.sent) != 4 {
		t.Errorf("within the hour: %q", r.sent)
	}
	r.pass(10 * time.Minute)
	if len(r.sent) != 6 {
		t.Errorf("after the hour: %q", r.sent)
	}
}

func TestWhomAVendorDoesNotReachIsTriedByTheNextClubsVendor(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.ways = r.ways[:2]
	r.gone, r.refuse = errGone, &club.VendorError{Vendor: "openphone", Op: "send", Reached: true, Retryable: true, Status: 503}
	r.pass(50 * time.Second) // three looks in which nobody is reached
	r.refuse = nil
	r.pass(time.Minute)
	if want := []string{"+1 by aa", "+1 by bb", "+1 by aa"}; len(r.sent) != 4 || !strings.HasPrefix(r.sent[0], want[0]) || !strings.HasPrefix(r.sent[1], want[1]) || !strings.HasPrefix(r.sent[2], want[2]) {
		t.Errorf("%q", r.sent)
	}
	r.gone = nil
	r.pass(2 * time.Minute)
	if len(r.sent) != 5 {
		t.Errorf("the end: %q", r.sent)
	}
}

func TestWhoRefusesForGoodIsNotTriedAgainNorToldOfTheEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.ways = r.ways[:1]
	r.gone, r.refuse = errGone, &club.VendorError{Vendor: "openphone", Op: "send", Reached: true, Rejected: true, Status: 400}
	r.pass(5 * time.Minute)
	r.gone, r.refuse = nil, nil
	r.pass(5 * time.Minute)
	if len(r.sent) != 1 || strings.Count(r.log.String(), "database.tell") != 1 {
		t.Errorf("%q, log %s", r.sent, r.log.String())
	}
}

func TestTheWordsSayWhatKindOfOutageItIs(t *testing.T) {
	t.Parallel()
	for cause, want := range map[error]string{errGone: "cannot reach its database", store.ErrDiskFull: "no room on its disk", store.ErrStoresNothing: "stores nothing"} {
		r := newRig(t)
		r.gone = fmt.Errorf("look: %w", cause)
		r.pass(time.Minute)
		n := r.words[0]
		if !strings.Contains(n.Title, want) || len([]rune(n.Title+strings.Join(n.Lines, "\n"))) > 560 {
			t.Errorf("%s: %+v", cause, n)
		}
	}
}

func TestADatabaseThatHangsIsToldOf(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.pass(10 * time.Second)
	hangs := make(chan struct{})
	var asked atomic.Int64
	r.cfg.Timing.Within = time.Millisecond
	r.cfg.Pulse = func(context.Context) error { asked.Add(1); <-hangs; return nil } // whatever its context says
	r.pass(time.Minute)
	if len(r.sent) != 2 || asked.Load() != 1 {
		t.Errorf("sent %q; the database was asked %d times while it hung", r.sent, asked.Load())
	}
	close(hangs)
	r.cfg.Timing.Within = time.Minute
	r.pass(2 * time.Minute)
	if len(r.sent) != 4 {
		t.Errorf("once it is back: sent %q", r.sent)
	}
}
