package inbox

import (
	"context"
	"fmt"

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

	ids     *instants
	unfiled *unfiled
	results []Result                // of the items
	later   map[int]<-chan struct{} // items that were put off, until when
	kept    []club.ArrivalID        // rows of texts to be filed later
	burst   *bursts                 // of the filer; nil: each thread gets a job of its own

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
		s, err := setting.Known(ctx, b.Tx)
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
		all, err := b.Known().FindLines(ctx)
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
		if !fresh {
			b.Relies()
		}
		return fresh, nil
	}
	n, err := b.CreateDelivery(ctx, store.CreateDeliveryParams{Provider: provider, DeliveryID: k.id, ReceivedAt: b.Now})
	if err != nil {
		return false, fmt.Errorf("record delivery: %w", err)
	}
	if n == 0 {
		b.Relies()
	}
	return n > 0, nil
}

// newBatch returns a batch in a transaction of the club's.
func (t *intake) newBatch(tx *store.Tx, keys *vault.Tenant) *batch {
	return &batch{Tx: tx, in: t.in, keys: keys, ids: &t.ids, unfiled: t.unfiled, at: nobody,
		later: map[int]<-chan struct{}{}, senders: map[string]*sender{}, deliveries: map[delivery]bool{}}
}

// messageID makes an id that sorts after all ids made here before.
func (b *batch) messageID() club.MessageID { return club.NewMessageID(b.ids.after(b.Now)) }

// missing reports whether a query found no row.
func missing(err error) bool { return club.CodeOf(store.Translate(err)) == club.CodeNotFound }

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
