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
)

// warm has a club's matcher made ready when the club is first served, and when a text has come or what is
// known has changed, on whichever replica. The wait for the rest of a burst is time enough, so that no text
// waits for a matcher. A second call for a club does nothing.
func (s *Server) warm(ctx context.Context, slug club.Slug) {
	s.mu.Lock()
	known := s.warmed[slug]
	s.warmed[slug] = true
	s.mu.Unlock()
	if known {
		return
	}
	changes, end := s.app.Cluster.Subscribe(slug)
	rebuilt := s.app.vendors.rebuilt(slug) // another server of vectors, perhaps
	s.finding.Go(func() {
		defer end()
		for {
			s.warmOnce(ctx, slug)
			select {
			case <-ctx.Done():
				return
			case <-time.After(warmPause):
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(warmPoll): // a hint may have been lost
			case <-rebuilt:
			case <-changes:
				drain(changes)
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
