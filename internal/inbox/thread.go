package inbox

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// bookingAhead is how long before its start a booking says where its holder is or is about to be.
const bookingAhead = 2 * time.Hour

// thread returns the thread that the text continues, or a new one that is not stored yet.
func (t *text) thread(ctx context.Context, b *batch, s *sender) (th store.Thread, opened bool, err error) {
	if cached, ok := s.threads[t.line]; ok {
		return cached, false, nil // of this very transaction: it goes on
	}
	if found, ok := s.found[t.line]; ok {
		settings, err := b.Settings(ctx)
		if err != nil || continues(found, b.Now, settings.EpisodeGap) {
			return found, false, err
		}
	}
	th, ok, err := t.latest(ctx, b, s)
	if ok || err != nil {
		return th, false, err
	}
	// About to open one. Another replica may be about to, for a text that came a moment before: whoever
	// gets the sender's row first opens the thread, the other one finds it.
	if err := b.LockSubject(ctx, store.LockSubjectParams{ID: s.ID, UpdatedAt: b.Now}); err != nil {
		return th, false, fmt.Errorf("lock sender: %w", err)
	}
	if th, ok, err = t.latest(ctx, b, s); ok || err != nil {
		return th, false, err
	}
	place, err := t.place(ctx, b, s)
	if err != nil {
		return th, false, err
	}
	return newThread(b, s, t.line, t.provider, place), true, nil
}

// latest finds the sender's latest thread on the line; ok is false when there is none to continue.
func (t *text) latest(ctx context.Context, b *batch, s *sender) (th store.Thread, ok bool, err error) {
	settings, err := b.Settings(ctx)
	if err != nil {
		return th, false, err
	}
	th, err = b.FindLatestThread(ctx, store.FindLatestThreadParams{SubjectID: s.ID, Line: t.line})
	if missing(err) {
		return th, false, nil
	}
	if err != nil {
		return th, false, fmt.Errorf("find thread: %w", err)
	}
	return th, continues(th, b.Now, settings.EpisodeGap), nil
}

// continues reports whether a text that comes now belongs to th.
func continues(th store.Thread, now time.Time, gap time.Duration) bool {
	return !th.Status.Settled() || now.Sub(lastWord(th)) < gap
}

// newEpisode reports whether a text that comes now begins a new matter within an open thread: an
// operator once wrote by hand, the silence is over, and nobody has written since.
func newEpisode(th store.Thread, now time.Time, gap time.Duration) bool {
	return th.Status == club.ThreadManualOverride && th.SilentUntil != nil && now.After(*th.SilentUntil) && now.Sub(lastWord(th)) >= gap
}

// lastWord returns when either side last wrote.
func lastWord(th store.Thread) time.Time {
	last := th.CreatedAt
	for _, at := range []*time.Time{th.LastInAt, th.LastOutAt} {
		if at != nil && at.After(last) {
			last = *at
		}
	}
	return last
}

// place says where a new thread belongs: to the line's location, else to where the sender has a
// booking around now, else to the member's home; else nowhere.
func (t *text) place(ctx context.Context, b *batch, s *sender) (club.LocationID, error) {
	line, err := b.line(ctx, t.line)
	if err != nil || !line.LocationID.IsZero() {
		return line.LocationID, err
	}
	bookings, err := b.FindBookingsAround(ctx, store.FindBookingsAroundParams{SubjectID: s.ID, Since: b.Now, Until: b.Now.Add(bookingAhead)})
	if err != nil {
		return "", fmt.Errorf("find bookings: %w", err)
	}
	if len(bookings) > 0 {
		return bookings[0].LocationID, nil
	}
	return s.member.HomeLocationID, nil
}

func newThread(b *batch, s *sender, line, provider string, place club.LocationID) store.Thread {
	return store.Thread{
		ID: club.NewThreadID(b.Now), SubjectID: s.ID, MemberID: s.member.ID, LocationID: place, Line: line, Provider: provider,
		Status: club.ThreadPending, Priority: club.PriorityNormal, Version: 1, EpisodeAt: b.Now, CorrelationID: b.Correlation,
		CreatedAt: b.Now, UpdatedAt: b.Now,
	}
}

func create(ctx context.Context, b *batch, th store.Thread) error {
	err := b.CreateThread(ctx, store.CreateThreadParams{
		ID: th.ID, SubjectID: th.SubjectID, MemberID: th.MemberID, LocationID: th.LocationID, Line: th.Line, Provider: th.Provider,
		Status: th.Status, Priority: th.Priority, CorrelationID: th.CorrelationID, Now: b.Now,
	})
	if err != nil {
		return fmt.Errorf("open thread: %w", err)
	}
	return nil
}
