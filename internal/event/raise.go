package event

import (
	"context"

	"clubos/internal/club"
	"clubos/internal/pattern"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Raise opens a situation of an event that was kept without one, because a person wants to answer it, and
// returns its thread: that of its situation where it has one already.
func Raise(ctx context.Context, tx *store.Tx, keys *vault.Tenant, e store.Event) (store.Thread, error) {
	if e.SituationID.IsZero() {
		r := &Room{cfg: Config{
			Advance: func(*store.Tx, club.ThreadID) {}, // whoever raises it decides on it at once
			Known: func(context.Context, *store.Tx, *vault.Tenant, store.Location, club.BayID, pattern.Event) (bool, error) {
				return true, nil
			},
		}}
		if err := r.open(ctx, tx, keys, []store.Event{e}, nil); err != nil {
			return store.Thread{}, err
		}
		var err error
		if e, err = tx.FindEvent(ctx, e.ID); err != nil {
			return store.Thread{}, wrap("find event", err)
		}
	}
	s, err := tx.FindSituation(ctx, e.SituationID)
	if err != nil {
		return store.Thread{}, wrap("find situation", err)
	}
	return continued(ctx, tx, s.ThreadID)
}

// Answerable reports whether a person may raise an event: it is about a booking, so that there may be somebody to
// tell, and has been looked at.
func Answerable(e store.Event) bool { return !e.BookingID.IsZero() && e.GatheredAt != nil }
