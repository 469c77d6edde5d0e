package inbox

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/people"
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
	senders    map[string]*sender // by address, as the vendor wrote it
	deliveries map[delivery]bool  // recorded already in this transaction; true: and not claimed by a text yet
}

type delivery struct{ provider, id string }

// sender is whoever is behind an address, as far as the inbox needs to know.
type sender struct {
	store.Subject
	member  store.Member            // zero ID: not a member
	names   []string                // for masking
	threads map[string]store.Thread // by line, as last written in this transaction
	found   map[string]store.Thread // the latest by line, as prefetched
}

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

// sender finds or makes the subject behind an address, and the member where there is one.
func (b *batch) sender(ctx context.Context, raw string) (*sender, error) {
	if s, ok := b.senders[raw]; ok {
		return s, nil
	}
	address, err := b.address(ctx, raw)
	if err != nil {
		return nil, err
	}
	subject, err := findSubject(ctx, b.Tx, b.keys, address)
	if err != nil {
		return nil, err
	}
	s := &sender{Subject: subject, threads: map[string]store.Thread{}}
	if s.member, err = b.FindMemberBySubject(ctx, subject.ID); err != nil {
		if !missing(err) {
			return nil, fmt.Errorf("find member: %w", err)
		}
		s.member = store.Member{}
	}
	s.names = b.names(ctx, subject, s.member)
	b.senders[raw] = s
	return s, nil
}

// findSubject finds or makes the subject behind an address.
func findSubject(ctx context.Context, tx *store.Tx, keys *vault.Tenant, address string) (store.Subject, error) {
	s, err := people.Subject(ctx, tx, keys, address)
	if err == nil && len(s.WrappedKey) == 0 {
		// The person was erased. Whoever uses the number is a stranger: nothing may wake the old record.
		if _, err = tx.ReleaseErasedNumber(ctx, store.ReleaseErasedNumberParams{ID: s.ID, UpdatedAt: tx.Now}); err == nil {
			s, err = people.Subject(ctx, tx, keys, address)
		}
	}
	if err != nil {
		return s, fmt.Errorf("find subject: %w", err)
	}
	return s, nil
}

// names returns the words of a member's name. A name that does not open is an alarm for the log, but no
// reason to lose a text: it is then masked without it.
func (b *batch) names(ctx context.Context, s store.Subject, m store.Member) []string {
	if m.ID.IsZero() {
		return nil
	}
	name, err := people.Open(b.keys, s, people.ColumnName, m.ID.String(), m.Name)
	if err != nil {
		b.in.cfg.Log.ErrorContext(ctx, "a member's name does not open", "event.action", "inbox.text", "event.outcome", "failure",
			"organization.id", b.Tenant.String(), "labels.member", m.ID.String(), "error.message", err.Error())
		return nil
	}
	return people.Person{Name: name}.Names()
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
