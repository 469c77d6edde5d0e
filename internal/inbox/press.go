package inbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/store"
)

// overtake files the texts before all others behind which danger, or STOP, of their sender waits. The rest of their rows stays
// kept as it was. Whatever goes wrong, the texts are filed in their turn.
func (f *filer) overtake(ctx context.Context) {
	senders, rows := f.unfiled.pressing()
	if len(rows) == 0 {
		return
	}
	taken, err := f.fileOf(ctx, senders, rows)
	if err != nil {
		f.in.cfg.Log.WarnContext(ctx, "texts before one that is urgent are filed no sooner than others", "event.action", "inbox.file", "event.outcome", "failure",
			"organization.id", f.tenant.Slug.String(), "error.message", err.Error())
		return
	}
	f.unfiled.take(taken, senders)
	f.dropGone(ctx, rows, taken)
}

// fileOf files what some senders have written in some rows, in one transaction, and returns the rows that were still
// there.
func (f *filer) fileOf(ctx context.Context, senders map[string]bool, rows []club.ArrivalID) (taken []club.ArrivalID, err error) {
	ctx, cancel := context.WithTimeout(ctx, f.in.cfg.Timeout)
	defer cancel()
	keys, err := f.in.keys(f.tenant)
	if err != nil {
		return nil, err
	}
	var ids set
	for _, id := range rows {
		ids = ids.with(id.String())
	}
	err = f.tenant.WriteRelaxed(store.AtWork(ctx, true), func(tx *store.Tx) error {
		taken = nil
		f.burst.begin(f.in.cfg.Cluster.Lost())
		b := f.newBatch(tx, keys)
		b.burst = f.burst
		list, err := tx.TakeArrivalsOf(ctx, ids.json())
		if err != nil {
			return fmt.Errorf("take kept texts: %w", err)
		}
		slices.SortFunc(list, func(x, y store.Arrival) int { return cmp.Compare(x.ID, y.ID) })
		var texts []*filing
		var rest []store.CreateArrivalParams
		for _, row := range list {
			taken = append(taken, row.ID)
			theirs, others, err := f.divide(b, row, senders)
			if err != nil {
				return err
			}
			for _, x := range theirs {
				x.item = len(texts)
				texts = append(texts, x)
			}
			if len(others) == 0 {
				continue
			}
			sealed, err := b.keys.SealRow(columnKept, row.ID.String(), encodeKept(others))
			if err != nil {
				return err
			}
			rest = append(rest, store.CreateArrivalParams{ID: row.ID, Sealed: sealed, Tries: row.Tries, DueAt: row.DueAt, ReceivedAt: row.ReceivedAt})
		}
		b.results = make([]Result, len(texts))
		if err := b.fileRecorded(ctx, texts); err != nil {
			return err
		}
		failpoint.Hit(failpoint.TextFile)
		return b.createArrivals(ctx, rest)
	})
	if err != nil {
		return nil, err
	}
	failpoint.Hit(failpoint.TextFiled)
	return taken, f.burst.committed(ctx, f.tenant, f.in.cfg.Cluster.Clock().Now())
}

// divide tells the texts of some senders from the others of a row.
func (f *filer) divide(b *batch, row store.Arrival, senders map[string]bool) (theirs, others []*filing, err error) {
	kept, err := f.open(b, row)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range kept {
		x := &filing{text: t.text, key: t.From, correlation: t.correlation}
		if senders[x.key] {
			theirs = append(theirs, x)
		} else {
			others = append(others, x)
		}
	}
	return theirs, others, nil
}
