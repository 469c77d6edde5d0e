package desk

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Seen is how far somebody had read a thread when they acted on it. A text behind that was not meant by
// the act. The zero value is everything that is stored when the act begins.
type Seen struct {
	Message club.MessageID // the newest message on view; zero: see Version
	Version int64          // of the thread as it was read; 0: any

	bound bool // Message says what was stored when the act began, zero where there was nothing
}

// ErrUnseen refuses to end a matter in which the member has written something that whoever ends it has
// not read. Its code is conflict.
var ErrUnseen = club.Conflict("another text has arrived: read it first")

// ErrMoved refuses an act on a thread of another version. Its code is conflict.
var ErrMoved = club.Conflict("the conversation has changed since it was read; look again")

// unseen returns the member's texts of t that came after what was seen, oldest first, ten at most. It
// remembers what was stored at its first call: an act that is tried again, because a text came at that
// very moment, must not take the text for seen.
func (s *Seen) unseen(ctx context.Context, tx *store.Tx, t store.Thread) ([]store.FindTextsAfterRow, error) {
	switch {
	case s.bound:
	case s.Message.IsZero() && s.Version != 0 && s.Version != t.Version:
		return nil, ErrMoved
	case s.Message.IsZero():
		newest, err := tx.FindNewestText(ctx, t.ID)
		if err != nil && !missing(err) {
			return nil, fmt.Errorf("find newest text: %w", err)
		}
		s.Message = newest
	default:
		msg, err := tx.FindMessage(ctx, s.Message)
		if missing(err) || err == nil && msg.ThreadID != t.ID {
			return nil, club.NotFound("there is no such message in this conversation")
		}
		if err != nil {
			return nil, fmt.Errorf("find message: %w", err)
		}
	}
	s.bound = true
	rows, err := tx.FindTextsAfter(ctx, store.FindTextsAfterParams{ThreadID: t.ID, Seen: s.Message.String()})
	if err != nil {
		return nil, fmt.Errorf("find texts that were not seen: %w", err)
	}
	return rows, nil
}

// all is ErrUnseen unless everything was seen.
func (s *Seen) all(ctx context.Context, tx *store.Tx, t store.Thread) error {
	rows, err := s.unseen(ctx, tx, t)
	if err == nil && len(rows) > 0 {
		err = ErrUnseen
	}
	return err
}

// left says since when a text waits that was not seen, nil when none does, and until when texts are
// meant by the act.
func (s *Seen) left(ctx context.Context, tx *store.Tx, t store.Thread) (since *time.Time, until time.Time, err error) {
	rows, err := s.unseen(ctx, tx, t)
	if err != nil || len(rows) == 0 {
		return nil, tx.Now, err
	}
	first := rows[0].CreatedAt
	return &first, first.Add(-time.Microsecond), nil
}
