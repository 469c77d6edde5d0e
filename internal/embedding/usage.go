package embedding

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// usage is what was asked of a server since it was written down last.
type usage struct{ requests, failures, texts, tokens int64 }

// note counts in memory: a row that every text updates would make texts wait for each other.
func (v *Vectors) note(slug club.Slug, model string, texts int, tokens int64, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.spent[slug] == nil {
		v.spent[slug] = map[string]usage{}
	}
	u := v.spent[slug][model]
	u.requests++
	u.texts += int64(texts)
	u.tokens += tokens
	if err != nil {
		u.failures++
	}
	v.spent[slug][model] = u
}

const dayForm = "2006-01-02"

// Record writes down what was asked of a club's server. What a crash loses is a few seconds' worth.
func (v *Vectors) Record(ctx context.Context, tenant *store.Tenant) error {
	v.mu.Lock()
	spent := v.spent[tenant.Slug]
	delete(v.spent, tenant.Slug)
	v.mu.Unlock()
	if len(spent) == 0 {
		return nil
	}
	err := tenant.Write(ctx, func(tx *store.Tx) error {
		for model, u := range spent {
			if err := tx.AddVectorUsage(ctx, store.AddVectorUsageParams{Day: tx.Now.UTC().Format(dayForm), Model: model, Requests: u.requests, Failures: u.failures, Texts: u.texts, Tokens: u.tokens}); err != nil {
				return fmt.Errorf("record usage: %w", err)
			}
		}
		return nil
	})
	if err != nil { // counted again with the next
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.spent[tenant.Slug] == nil {
			v.spent[tenant.Slug] = map[string]usage{}
		}
		for model, u := range spent {
			w := v.spent[tenant.Slug][model]
			v.spent[tenant.Slug][model] = usage{u.requests + w.requests, u.failures + w.failures, u.texts + w.texts, u.tokens + w.tokens}
		}
	}
	return err
}

// Usage is what a club has asked of servers of vectors.
type Usage struct{ Requests, Failures, Texts, Tokens int64 }

// FindUsage adds up what was asked since an instant's day.
func FindUsage(ctx context.Context, tx *store.Tx, since time.Time) (Usage, error) {
	row, err := tx.SumVectorUsage(ctx, since.UTC().Format(dayForm))
	if err != nil {
		return Usage{}, fmt.Errorf("read usage: %w", err)
	}
	return Usage(row), nil
}
