package inbox

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// bookingAhead is how long before its start a booking says where its holder is or is about to be.
const bookingAhead = 2 * time.Hour

// newEpisode reports whether a text that comes now begins a new matter within an open thread: an
// operator once wrote by hand, the silence is over, and nobody has written since.
func newEpisode(th store.Thread, now time.Time, gap time.Duration) bool {
	return th.Status == club.ThreadManualOverride && th.SilentUntil != nil && now.After(*th.SilentUntil) && now.Sub(thread.LastWord(th)) >= gap
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

// create stores a thread that was opened.
func create(ctx context.Context, q *store.Queries, th store.Thread) error {
	err := q.CreateThread(ctx, store.CreateThreadParams{
		ID: th.ID, SubjectID: th.SubjectID, MemberID: th.MemberID, LocationID: th.LocationID, Line: th.Line, Provider: th.Provider,
		Status: th.Status, Priority: th.Priority, CorrelationID: th.CorrelationID, Now: th.CreatedAt,
	})
	if err != nil {
		return fmt.Errorf("open thread: %w", err)
	}
	return nil
}
