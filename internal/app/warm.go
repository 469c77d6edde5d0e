package app

import (
	"context"
	"errors"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

const (
	// warmPause is how long after a look at a club's matcher the next one follows, however many texts come.
	warmPause  = 250 * time.Millisecond
	warmPoll   = 15 * time.Second
	warmWithin = 20 * time.Second

	// A club of which nothing is heard for so many polls is left alone until something is.
	warmPolls = 40
	// warmAtStart is how many clubs are made ready when the server starts, before anything is heard of them.
	warmAtStart = 4
)

// warm has a club's matcher made ready at once, or when something is first heard of the club, and from then on when
// a text has come or what is known has changed, on whichever replica. The wait for the rest of a burst is time
// enough, so that no text waits for a matcher. done is called once the club has been looked at, or is left for later.
// A second call for a club does nothing else.
func (s *Server) warm(ctx context.Context, slug club.Slug, atOnce bool, done func()) {
	s.mu.Lock()
	known := s.warmed[slug]
	s.warmed[slug] = true
	s.mu.Unlock()
	if known {
		done()
		return
	}
	changes, end := s.app.Cluster.Subscribe(slug)
	rebuilt := s.app.vendors.rebuilt(slug) // another server of vectors, perhaps
	s.finding.Go(func() {
		defer end()
		quiet := warmPolls // looks since something was heard
		if atOnce {
			quiet = 0
			s.warmOnce(ctx, slug)
		}
		done()
		for again := false; ; again = true {
			if again {
				s.warmOnce(ctx, slug)
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(warmPause):
			}
			var poll <-chan time.Time // a hint may have been lost
			if quiet < warmPolls {
				poll = time.After(warmPoll)
			}
			select {
			case <-ctx.Done():
				return
			case <-poll:
				quiet++
			case <-rebuilt:
				quiet = 0
			case <-changes:
				drain(changes)
				quiet = 0
			}
		}
	})
}

func (s *Server) warmOnce(ctx context.Context, slug club.Slug) {
	ctx, cancel := context.WithTimeout(ctx, warmWithin)
	defer cancel()
	tenant, err := s.app.Cluster.Tenant(ctx, slug)
	if err == nil {
		err = s.app.Decider.Warm(ctx, tenant)
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrSuspended) {
		s.app.Log.WarnContext(ctx, "a matcher cannot be made ready", "event.action", "matcher.warm", "event.outcome", "failure", "organization.id", slug.String(), "error.message", err.Error())
	}
}

// drain takes all hints that wait: one look answers them.
func drain(changes <-chan store.Change) {
	for {
		select {
		case <-changes:
		default:
			return
		}
	}
}
