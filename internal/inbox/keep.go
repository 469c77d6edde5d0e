package inbox

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

const (
	// columnKept binds kept texts to their cell.
	columnKept = "arrivals.sealed"
	// keptTogether is how many texts one row holds at most, so that filing can stop in between.
	keptTogether = 16
	// clocksApart is how far the clocks of replicas may be apart: each may file what another has kept.
	clocksApart = time.Minute
)

// split tells which of the items are stored as they are, and keeps those that can be filed later: in a storm (see
// Config.Storm) the texts that nothing presses. What must not overtake texts of its key that are not filed is put off until
// they are.
func (b *batch) split(ctx context.Context, items []*item, storm bool) (now []bool, err error) {
	now = make([]bool, len(items))
	var kept []*filing
	keeping := map[string]bool{}
	var behind []int
	for i, it := range items {
		waits := keeping[it.key] || b.unfiled.of(it.key) != nil
		switch {
		case it.text != nil && it.mayKeep() && (storm || waits):
			kept, keeping[it.key] = append(kept, &filing{text: it.text, key: it.key, item: i, correlation: it.correlation}), true
		case waits:
			behind = append(behind, i)
		default:
			now[i] = true
		}
	}
	repeated, err := b.keep(ctx, kept)
	if err != nil {
		return nil, err
	}
	for _, f := range repeated {
		if b.unfiled.of(f.key) != nil {
			behind = append(behind, f.item)
		} else {
			now[f.item] = true
		}
	}
	for _, i := range behind {
		await := b.unfiled.of
		if t := items[i].text; t != nil && t.urgent {
			await = b.unfiled.press
		}
		if b.later[i] = await(items[i].key); b.later[i] == nil { // filed, or a repetition, after all
			filed := make(chan struct{})
			close(filed)
			b.later[i] = filed
		}
	}
	return now, nil
}

// keep stores texts for the filer, and returns those whose delivery was recorded before: whether they are
// here only filing can tell.
func (b *batch) keep(ctx context.Context, all []*filing) (repeated []*filing, err error) {
	if len(all) == 0 {
		return nil, nil
	}
	if err := b.recordDeliveries(ctx, all); err != nil {
		return nil, err
	}
	fresh := make([]*filing, 0, len(all))
	for _, f := range all {
		switch {
		case f.result != nil:
			b.results[f.item] = *f.result
		case f.repeated:
			repeated = append(repeated, f)
		default:
			fresh = append(fresh, f)
			b.results[f.item] = Result{Kept: true}
		}
	}
	var rows []store.CreateArrivalParams
	for ; len(fresh) > 0; fresh = fresh[min(keptTogether, len(fresh)):] {
		row, err := b.keptRow(fresh[:min(keptTogether, len(fresh))], store.Arrival{ReceivedAt: b.Now, DueAt: b.Now.Add(-clocksApart)})
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return repeated, b.createArrivals(ctx, rows)
}

// keptRow seals texts in a row that is new but for its id. They wait from now on for those who look.
func (b *batch) keptRow(texts []*filing, row store.Arrival) (store.CreateArrivalParams, error) {
	id := b.arrivalID()
	sealed, err := b.keys.SealRow(columnKept, id.String(), encodeKept(texts))
	if err != nil {
		return store.CreateArrivalParams{}, err
	}
	if row.Tries == 0 {
		keys := make([]string, len(texts))
		for i, f := range texts {
			keys[i] = f.key
		}
		b.unfiled.add(id, keys)
		b.kept = append(b.kept, id)
	}
	return store.CreateArrivalParams{ID: id, Sealed: sealed, Tries: row.Tries, DueAt: row.DueAt, ReceivedAt: row.ReceivedAt}, nil
}

func (b *batch) arrivalID() club.ArrivalID {
	return club.NewArrivalID(b.ids.after(b.Now))
}

func (b *batch) createArrivals(ctx context.Context, rows []store.CreateArrivalParams) error {
	_, err := b.Each(ctx, len(rows), func(q *store.Queries, i int) (int64, error) { return 0, q.CreateArrival(ctx, rows[i]) })
	if err != nil {
		return fmt.Errorf("keep texts: %w", err)
	}
	return nil
}

// takeBack forgets what the batch has noted of rows that were not committed.
func (b *batch) takeBack() {
	b.unfiled.drop(b.kept)
	b.kept = nil
}
