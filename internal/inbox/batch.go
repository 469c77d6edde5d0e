package inbox

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/phone"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// batch is a transaction that several items share, with what they all look up, read once.
type batch struct {
	*store.Tx
	in   *Inbox
	keys *vault.Tenant
	lane *lane

	settings   *setting.Settings
	lines      map[string]store.Line
	staff      map[string]club.UserID // by blind index; nil before it is read
	senders    map[string]*sender     // by address, as the vendor wrote it
	deliveries map[delivery]bool      // recorded already in this transaction; true: and not claimed by an item yet
	at         int                    // index of the item that the work at hand is for; or nobody
}

// nobody stands for the items together.
const nobody = -1

type delivery struct{ provider, id string }

// Settings returns the club's settings.
func (b *batch) Settings(ctx context.Context) (setting.Settings, error) {
	if b.settings == nil {
		s, err := setting.Load(ctx, b.Tx)
		if err != nil {
			return s, err
		}
		b.settings = &s
	}
	return *b.settings, nil
}

// line returns a line of the club; the zero line for a number that is none.
func (b *batch) line(ctx context.Context, number string) (store.Line, error) {
	if b.lines == nil {
		all, err := b.FindLines(ctx)
		if err != nil {
			return store.Line{}, fmt.Errorf("find lines: %w", err)
		}
		b.lines = make(map[string]store.Line, len(all))
		for _, l := range all {
			b.lines[l.Number] = l
		}
	}
	return b.lines[number], nil
}

// address returns a number as E.164, and anything else as it is.
func (b *batch) address(ctx context.Context, raw string) (string, error) {
	if e164, ok := b.in.numbers.normalise(raw); ok {
		return e164, nil
	}
	s, err := b.Settings(ctx)
	if err != nil {
		return "", err
	}
	if e164, ok := phone.Normalise(raw, s.Region); ok {
		return e164, nil
	}
	return raw, nil
}

// delivery records a webhook delivery and reports whether it is the first of its id. A delivery
// without an id always is.
func (b *batch) delivery(ctx context.Context, provider, id string) (first bool, err error) {
	if id == "" {
		return true, nil
	}
	k := delivery{provider, key(id)}
	if fresh, ok := b.deliveries[k]; ok {
		b.deliveries[k] = false
		return fresh, nil
	}
	n, err := b.CreateDelivery(ctx, store.CreateDeliveryParams{Provider: provider, DeliveryID: k.id, ReceivedAt: b.Now})
	if err != nil {
		return false, fmt.Errorf("record delivery: %w", err)
	}
	return n > 0, nil
}

// messageID makes an id that sorts after all ids made in this lane, for the texts of one transaction
// share its instant.
func (b *batch) messageID() club.MessageID {
	at := b.Now
	if !at.After(b.lane.lastID) {
		at = b.lane.lastID.Add(time.Microsecond)
	}
	b.lane.lastID = at
	return club.NewMessageID(at)
}

// missing reports whether a query found no row.
func missing(err error) bool { return club.CodeOf(store.Translate(err)) == club.CodeNotFound }

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
