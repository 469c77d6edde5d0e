package inbox

import (
	"context"
	"encoding/json"
	"fmt"

	"clubos/internal/store"
	"clubos/internal/vault"
)

// prefetch looks up at one go what the texts of the batch need: whether their deliveries are known,
// who sent them, and which threads they continue. What it does not find is looked for, and made, text
// by text; so it changes how fast a text is stored, never what is stored.
func (b *batch) prefetch(ctx context.Context, texts []*text) error {
	if err := b.prefetchDeliveries(ctx, texts); err != nil {
		return err
	}
	if err := b.prefetchSenders(ctx, texts); err != nil {
		return err
	}
	return b.prefetchThreads(ctx, texts)
}

// set is the keys of a JSON object, which is how both engines take a list.
type set map[string]bool

func (s set) json() (json.RawMessage, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode keys: %w", err)
	}
	return raw, nil
}

func (b *batch) prefetchDeliveries(ctx context.Context, texts []*text) error {
	byProvider := map[string]set{}
	for _, t := range texts {
		if t.deliveryID == "" {
			continue
		}
		if byProvider[t.provider] == nil {
			byProvider[t.provider] = set{}
		}
		byProvider[t.provider][key(t.deliveryID)] = true
	}
	for provider, ids := range byProvider {
		raw, err := ids.json()
		if err != nil {
			return err
		}
		fresh, err := b.CreateDeliveries(ctx, store.CreateDeliveriesParams{Provider: provider, ReceivedAt: b.Now, Ids: raw})
		if err != nil {
			return fmt.Errorf("record deliveries: %w", err)
		}
		for id := range ids {
			b.deliveries[delivery{provider, id}] = false
		}
		for _, id := range fresh {
			b.deliveries[delivery{provider, id}] = true
		}
	}
	return nil
}

func (b *batch) prefetchSenders(ctx context.Context, texts []*text) error {
	indexes := set{}
	byIndex := map[string][]string{} // addresses as written
	for _, t := range texts {
		address, err := b.address(ctx, t.From)
		if err != nil {
			return err
		}
		index := b.keys.Index(vault.IndexPhone, address)
		indexes[index] = true
		byIndex[index] = append(byIndex[index], t.From)
	}
	raw, err := indexes.json()
	if err != nil {
		return err
	}
	rows, err := b.FindSenders(ctx, raw)
	if err != nil {
		return fmt.Errorf("find senders: %w", err)
	}
	for _, row := range rows {
		if row.PhoneIndex == nil || len(row.WrappedKey) == 0 {
			continue // erased: a new subject is made
		}
		s := &sender{
			Subject: store.Subject{ID: row.ID, PhoneIndex: row.PhoneIndex, WrappedKey: row.WrappedKey},
			member:  store.Member{ID: row.MemberID, Name: row.Name, HomeLocationID: row.HomeLocationID},
			threads: map[string]store.Thread{}, found: map[string]store.Thread{},
		}
		s.names = b.names(ctx, s.Subject, s.member)
		for _, from := range byIndex[*row.PhoneIndex] {
			b.senders[from] = s
		}
	}
	return nil
}

func (b *batch) prefetchThreads(ctx context.Context, texts []*text) error {
	byLine := map[string]set{}
	bySubject := map[string]*sender{}
	for _, t := range texts {
		s, ok := b.senders[t.From]
		if !ok {
			continue
		}
		if byLine[t.line] == nil {
			byLine[t.line] = set{}
		}
		byLine[t.line][s.ID.String()] = true
		bySubject[s.ID.String()] = s
	}
	for line, subjects := range byLine {
		raw, err := subjects.json()
		if err != nil {
			return err
		}
		threads, err := b.FindLatestThreads(ctx, store.FindLatestThreadsParams{Subjects: raw, Line: line})
		if err != nil {
			return fmt.Errorf("find threads: %w", err)
		}
		for _, th := range threads {
			bySubject[th.SubjectID.String()].found[line] = th
		}
	}
	return nil
}
