package inbox

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// answerWithin is how long after it was sent a text of the staff still answers what is open.
const answerWithin = 15 * time.Minute

// Staff takes in what is said by, and of texts to, the club's own people, who are called by text. A number
// of theirs opens no conversation as long as what it says answers a call.
type Staff interface {
	// Numbers returns who of the staff is behind which number, by blind index.
	Numbers(ctx context.Context, tx *store.Tx) (map[string]club.UserID, error)
	// Answered takes in a text and reports whether it answered a call. What did not is taken in like
	// anybody's. The key names the text.
	Answered(ctx context.Context, tx *store.Tx, user club.UserID, text, key string) (bool, error)
	// Undelivered takes in that a text to one of the staff did not arrive.
	Undelivered(ctx context.Context, tx *store.Tx, providerMessageID, code string) error
}

// colleague finds who of the staff is behind an address; zero for everybody else.
func (b *batch) colleague(ctx context.Context, raw string) (club.UserID, error) {
	if b.in.cfg.Staff == nil {
		return "", nil
	}
	if b.staff == nil {
		all, err := b.in.cfg.Staff.Numbers(ctx, b.Tx)
		if err != nil {
			return "", err
		}
		b.staff = all
	}
	if len(b.staff) == 0 {
		return "", nil
	}
	address, err := b.address(ctx, raw)
	if err != nil {
		return "", err
	}
	return b.staff[b.keys.Index(vault.IndexPhone, address)], nil
}

// hearStaff settles the texts of the club's own people that answer a call. The record of such a delivery
// commits with what the text did, so a second delivery does nothing.
func (b *batch) hearStaff(ctx context.Context, all []*filing) error {
	for _, f := range all {
		if err := b.of(f, func() error { return b.hear(ctx, f) }); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) hear(ctx context.Context, f *filing) error {
	user, err := b.colleague(ctx, f.From)
	if err != nil || user.IsZero() {
		return err
	}
	answered := &Result{Ignored: "one of the staff answers a call", Duplicate: f.repeated}
	if f.deliveryID == "" && f.ProviderMessageID != "" && !f.repeated { // its own id is all that tells a repetition
		first, err := b.delivery(ctx, f.provider, "text:"+key(f.ProviderMessageID))
		if err != nil {
			return err
		}
		if f.repeated = !first; f.repeated {
			if err := b.settleKnown(ctx, []*filing{f}); err != nil || f.result != nil {
				return err
			}
			answered.Duplicate = true
		}
	}
	if f.repeated {
		f.result = answered
		return nil
	}
	if !f.SentAt.IsZero() && b.Now.Sub(f.SentAt) > answerWithin {
		return nil // what it answered may be over, and what is open now is something else
	}
	name := f.provider + ":" + key(f.ProviderMessageID)
	if f.ProviderMessageID == "" {
		name = f.provider + ":" + key(f.deliveryID)
	}
	ok, err := b.in.cfg.Staff.Answered(club.WithCorrelation(ctx, f.correlation), b.Tx, user, f.Text, name)
	if err != nil {
		return fmt.Errorf("take in an answer: %w", err)
	}
	if ok {
		f.result = answered
	}
	return nil
}

// toStaff takes in a report on a text to one of the staff, and reports whether it was one.
func (r report) toStaff(ctx context.Context, b *batch) (Result, bool, error) {
	if r.To == "" {
		return Result{}, false, nil
	}
	user, err := b.colleague(ctx, r.To)
	if err != nil || user.IsZero() {
		return Result{}, false, err
	}
	if _, err := r.find(ctx, b); err == nil {
		return Result{}, false, nil // of a conversation: staff may be members too
	} else if !missing(err) {
		return Result{}, false, fmt.Errorf("find message: %w", err)
	}
	if r.Status == club.MessageFailed {
		err = b.in.cfg.Staff.Undelivered(ctx, b.Tx, r.ProviderMessageID, clean(r.ErrorCode, 64))
	}
	return Result{Ignored: "report on a text to one of the staff"}, true, err
}
