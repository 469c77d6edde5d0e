package bookings

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
)

// FeedConfig describes one iCalendar feed.
type FeedConfig struct {
	URL      string // whoever knows it can read the feed: a secret
	Zone     *time.Location
	Location string // the location whose feed it is; default: the calendar's own name
	Limits   connector.Limits
}

// Feed polls one feed and remembers its ETag, so that an unchanged feed costs next to nothing.
type Feed struct {
	cfg  FeedConfig
	http *connector.Client

	mu       sync.Mutex // guards the fields below
	etag     string
	modified string
}

// NewFeed checks cfg and returns a feed. It calls nobody. The address appears in no error.
func NewFeed(cfg FeedConfig, deps connector.Deps) (*Feed, error) {
	h, err := connector.New(connector.Config{Vendor: "bookings", BaseURL: cfg.URL, Limits: cfg.Limits}, deps)
	if err != nil {
		return nil, err
	}
	return &Feed{cfg: cfg, http: h}, nil
}

// Close lets idle connections go.
func (f *Feed) Close() { f.http.Close() }

// Breaker returns the state of the breaker before the feed's server.
func (f *Feed) Breaker() connector.Breaker { return f.http.Breaker() }

// Fetch reads the feed. It reports notModified, and no changes, when the feed is what it was at the
// last Fetch that succeeded. A feed holds what stands: a booking that is missing from it is for the
// caller to judge.
func (f *Feed) Fetch(ctx context.Context) (changes []club.BookingChange, notModified bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := http.Header{"Accept": {"text/calendar"}}
	if f.etag != "" {
		h.Set("If-None-Match", f.etag)
	}
	if f.modified != "" {
		h.Set("If-Modified-Since", f.modified)
	}
	res, err := f.http.Do(ctx, connector.Request{Op: "read feed", Header: h})
	if err != nil {
		return nil, false, err
	}
	if res.Status == http.StatusNotModified {
		return nil, true, nil
	}
	changes, err = ParseICS(bytes.NewReader(res.Body), f.cfg.Zone)
	if err != nil {
		return nil, false, &club.VendorError{Vendor: "bookings", Op: "read feed", Reached: true, Status: res.Status, Err: errors.New(club.MessageOf(err))}
	}
	if f.cfg.Location != "" {
		for i := range changes {
			changes[i].Location = f.cfg.Location
		}
	}
	f.etag, f.modified = res.Header.Get("ETag"), res.Header.Get("Last-Modified")
	return changes, false, nil
}

// Forget makes the next Fetch read the feed whole. Call it when what was fetched could not be kept.
func (f *Feed) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.etag, f.modified = "", ""
}
