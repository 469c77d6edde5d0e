package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/people"
	"clubos/internal/store"
)

// filing is a text on its way into a batch's rows.
type filing struct {
	*text
	key         string // of its item
	item        int    // its index in the batch
	correlation club.CorrelationID
	address     string // its sender's, as it is stored
	index       string // of the address
	sender      *sender
	into        *conversation
	row         store.CreateMessageParams
	repeated    bool    // its delivery was known before
	result      *Result // nil: still under way
}

// conversation is a thread that texts of the batch go into.
type conversation struct {
	store.Thread
	texts []*filing // those that were stored and that it has not been told of
	// at is when they came. It is no earlier than the thread's last text, which somebody may have seen
	// already: another replica's transaction may have begun later and committed before.
	at time.Time
}

func newConversation(th store.Thread, now time.Time) *conversation {
	return &conversation{Thread: th, at: behind(th, now)}
}

// behind returns now, or the next instant after a thread's last text.
func behind(th store.Thread, now time.Time) time.Time {
	if th.LastInAt != nil && th.LastInAt.After(now) {
		return th.LastInAt.Add(time.Microsecond)
	}
	return now
}

// set is the keys of a JSON object, which is how both engines take a list.
type set map[string]bool

func (s set) with(member string) set {
	if s == nil {
		s = set{}
	}
	s[member] = true
	return s
}

func (s set) json() json.RawMessage {
	raw, err := json.Marshal(s)
	if err != nil {
		panic("BUG: a set does not encode: " + err.Error())
	}
	return raw
}

// file stores texts, in their order, by a number of statements that does not grow with theirs.
func (b *batch) file(ctx context.Context, all []*filing) error {
	if len(all) == 0 {
		return nil
	}
	if err := b.recordDeliveries(ctx, all); err != nil {
		return err
	}
	return b.fileRecorded(ctx, all)
}

// fileRecorded is file for texts whose deliveries are recorded.
func (b *batch) fileRecorded(ctx context.Context, all []*filing) error {
	for _, step := range []func(context.Context, []*filing) error{b.hearStaff, b.findSenders, b.findConversations, b.storeMessages} {
		left := underWay(all)
		if len(left) == 0 {
			break
		}
		if err := step(ctx, left); err != nil {
			return err
		}
	}
	for _, f := range all {
		b.results[f.item] = *f.result
	}
	return b.moveThreads(ctx, all)
}

func underWay(all []*filing) []*filing {
	left := make([]*filing, 0, len(all))
	for _, f := range all {
		if f.result == nil {
			left = append(left, f)
		}
	}
	return left
}

// recordDeliveries records the deliveries and settles the texts of those that were known before, if
// they are here: the record alone proves nothing.
func (b *batch) recordDeliveries(ctx context.Context, all []*filing) error {
	byProvider := map[string]set{}
	for _, f := range all {
		if f.deliveryID != "" {
			byProvider[f.provider] = byProvider[f.provider].with(key(f.deliveryID))
		}
	}
	for provider, ids := range byProvider {
		fresh, err := b.CreateDeliveries(ctx, store.CreateDeliveriesParams{Provider: provider, ReceivedAt: b.Now, Ids: ids.json()})
		if err != nil {
			return fmt.Errorf("record deliveries: %w", err)
		}
		for id := range ids {
			if _, known := b.deliveries[delivery{provider, id}]; !known {
				b.deliveries[delivery{provider, id}] = false
			}
		}
		for _, id := range fresh {
			b.deliveries[delivery{provider, id}] = true
		}
	}
	var repeated []*filing
	for _, f := range all {
		first, err := b.delivery(ctx, f.provider, f.deliveryID)
		if err != nil {
			return err
		}
		if first {
			continue
		}
		f.repeated = true
		if repeated = append(repeated, f); f.ProviderMessageID == "" {
			f.result = &Result{Duplicate: true} // the delivery's id is all that tells such texts apart
		}
	}
	return b.settleKnown(ctx, repeated)
}

// settleKnown settles the texts that were stored before.
func (b *batch) settleKnown(ctx context.Context, all []*filing) error {
	byProvider := map[string]set{}
	for _, f := range underWay(all) {
		if f.ProviderMessageID != "" {
			byProvider[f.provider] = byProvider[f.provider].with(key(f.ProviderMessageID))
		}
	}
	for provider, ids := range byProvider {
		rows, err := b.FindMessagesByProviderIDs(ctx, store.FindMessagesByProviderIDsParams{Provider: provider, Ids: ids.json()})
		if err != nil {
			return fmt.Errorf("find messages: %w", err)
		}
		if len(rows) > 0 {
			b.Relies()
		}
		known := make(map[string]*Result, len(rows))
		for _, row := range rows {
			known[*row.ProviderMessageID] = &Result{Thread: row.ThreadID, Message: row.ID, Duplicate: true}
		}
		for _, f := range underWay(all) {
			if f.provider == provider {
				f.result = known[key(f.ProviderMessageID)]
			}
		}
	}
	return nil
}

// storeMessages stores the texts themselves and settles all of them: those that are not stored by this
// were stored before.
func (b *batch) storeMessages(ctx context.Context, all []*filing) error {
	for _, f := range all {
		if err := b.of(f, func() error { return f.seal(b) }); err != nil {
			return err
		}
	}
	created, err := b.Each(ctx, len(all), func(q *store.Queries, i int) (int64, error) { return q.CreateMessage(ctx, all[i].row) })
	if err != nil {
		return b.blame(all, fmt.Errorf("store message: %w", err))
	}
	var known []*filing
	for i, f := range all {
		if created[i] == 0 {
			known = append(known, f)
			continue
		}
		f.result = &Result{Thread: f.into.ID, Message: f.row.ID}
		f.into.texts = append(f.into.texts, f)
	}
	if err := b.settleKnown(ctx, known); err != nil {
		return err
	}
	for _, f := range underWay(known) {
		f.result = &Result{}
	}
	return nil
}

// seal makes the text's row.
func (f *filing) seal(b *batch) error {
	f.prepare()
	s, id := f.sender, b.messageID()
	body, err := people.Seal(b.keys, s.Subject, people.ColumnMessage, id.String(), f.Text)
	if err != nil {
		return err
	}
	if mayName(f.Text, s.names) {
		f.masked = masked(f.Text, s.names)
	}
	var sent *time.Time
	if !f.SentAt.IsZero() {
		at := f.SentAt.UTC().Truncate(time.Microsecond)
		sent = &at
	}
	f.row = store.CreateMessageParams{
		ID: id, ThreadID: f.into.ID, Direction: club.DirectionIn, Author: club.AuthorMember, Provider: f.provider,
		ProviderMessageID: optional(key(f.ProviderMessageID)), Status: club.MessageReceived, Body: body, Masked: f.masked,
		Media: f.media, SentAt: sent, CorrelationID: f.correlation, Now: f.into.at,
	}
	return nil
}

// of does what concerns one text alone, so that a failure is known to be its own.
func (b *batch) of(f *filing, work func() error) error {
	b.at, b.Correlation = f.item, f.correlation
	err := guarded(work)
	if err == nil {
		b.at = nobody
	}
	return err
}

// blame finds whose row a failed statement was for.
func (b *batch) blame(rows []*filing, err error) error {
	if i, ok := store.FailedRow(err); ok {
		b.at = rows[i].item
	}
	return err
}
