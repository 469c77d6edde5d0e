package embedding

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/pattern"
	"clubos/internal/store"
)

// Topic is what Tx.Changed announces when a club's vectors have changed.
const Topic = "vectors"

const (
	// batch is how many texts are sent at a time, and stored before the next are.
	batch = 64
	// batches is how many of them are sent in one go.
	batches = 16
)

// Keep fetches the vectors of known texts that have none yet, and forgets those of texts that are not among
// them any more and of other spaces. Each batch is stored by itself, so that what breaks off goes on where it
// stopped. left is how many still lack one.
func (v *Vectors) Keep(ctx context.Context, tenant *store.Tenant, texts []string) (left int, err error) {
	server, space, ok := v.servers(tenant.Slug)
	if !ok {
		return 0, v.Forget(ctx, tenant)
	}
	wanted, missing := map[string]string{}, []string(nil)
	for _, t := range texts {
		if sent := Sent(t); sent != "" {
			wanted[Digest(sent)] = sent
		}
	}
	var have []string
	if err := tenant.Read(ctx, func(tx *store.Tx) (err error) { have, err = tx.FindTextVectorDigests(ctx, space.Key); return err }); err != nil {
		return 0, fmt.Errorf("find vectors: %w", err)
	}
	there := make(map[string]bool, len(have))
	for _, d := range have {
		there[d] = true
	}
	for _, t := range texts { // in the order in which they were given
		if sent := Sent(t); sent != "" && !there[Digest(sent)] {
			there[Digest(sent)] = true
			missing = append(missing, sent)
		}
	}
	if err := v.sweep(ctx, tenant, space, have, wanted); err != nil {
		return len(missing), err
	}
	for range batches {
		part := missing[:min(batch, len(missing))]
		if len(part) == 0 {
			break
		}
		list, err := v.embed(ctx, tenant.Slug, server, space, part)
		if err != nil {
			return len(missing), err
		}
		if err := put(ctx, tenant, space, part, list); err != nil {
			return len(missing), err
		}
		missing = missing[len(part):]
	}
	return len(missing), nil
}

func put(ctx context.Context, tenant *store.Tenant, space Space, texts []string, list []pattern.Vector) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		for i, t := range texts {
			err := tx.PutTextVector(ctx, store.PutTextVectorParams{Space: space.Key, Digest: Digest(t), Model: space.Model, Dimensions: int64(space.Dimensions), Vector: list[i].Bytes(), MadeAt: tx.Now})
			if err != nil {
				return fmt.Errorf("store vector: %w", err)
			}
		}
		return nil
	})
}

// sweep deletes what is not wanted any more.
func (v *Vectors) sweep(ctx context.Context, tenant *store.Tenant, space Space, have []string, wanted map[string]string) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		if err := forgetOthers(ctx, tx, space.Key); err != nil {
			return err
		}
		for _, d := range have {
			if wanted[d] != "" {
				continue
			}
			if _, err := tx.DeleteTextVector(ctx, store.DeleteTextVectorParams{Space: space.Key, Digest: d}); err != nil {
				return fmt.Errorf("delete vector: %w", err)
			}
		}
		return nil
	})
}

// Forget deletes all vectors of a club.
func (v *Vectors) Forget(ctx context.Context, tenant *store.Tenant) error {
	return tenant.Write(ctx, func(tx *store.Tx) error { return forgetOthers(ctx, tx, "") })
}

func forgetOthers(ctx context.Context, tx *store.Tx, space string) error {
	if _, err := tx.DeleteOtherTextVectors(ctx, space); err != nil {
		return fmt.Errorf("delete vectors: %w", err)
	}
	if _, err := tx.DeleteOtherTextViews(ctx, space); err != nil {
		return fmt.Errorf("delete weighings: %w", err)
	}
	return nil
}

// Known returns the vectors of a space by the digest of their texts.
func Known(ctx context.Context, tx *store.Tx, space Space) (map[string]pattern.Vector, error) {
	rows, err := tx.FindTextVectors(ctx, space.Key)
	if err != nil {
		return nil, fmt.Errorf("find vectors: %w", err)
	}
	out := make(map[string]pattern.Vector, len(rows))
	for _, r := range rows {
		one, err := pattern.ParseVector(r.Vector)
		if err != nil || one.Dimensions() != space.Dimensions {
			continue // damaged: it is as if there were none
		}
		out[r.Digest] = one
	}
	return out, nil
}

// View is how much a space counts for a club.
type View struct {
	Known    string // names the texts of the rehearsal
	Weighing pattern.Weighing
	At       time.Time
	Vectors  int64 // of known texts
}

// FindView returns a space's view; ok is false when it has not been weighed yet.
func FindView(ctx context.Context, tx *store.Tx, space Space) (view View, ok bool, err error) {
	row, err := tx.FindTextView(ctx, space.Key)
	if club.CodeOf(store.Translate(err)) == club.CodeNotFound {
		return view, false, nil
	}
	if err != nil {
		return view, false, fmt.Errorf("find weighing: %w", err)
	}
	view = View{Known: row.Known, At: row.WeighedAt, Vectors: row.Vectors}
	if err := json.Unmarshal([]byte(row.Weighing), &view.Weighing); err != nil {
		return view, false, fmt.Errorf("read weighing: %w", err)
	}
	return view, true, nil
}

// PutView stores a space's view.
func PutView(ctx context.Context, tx *store.Tx, space Space, known string, w pattern.Weighing) error {
	b, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("encode weighing: %w", err)
	}
	tx.Changed(Topic, space.Key)
	return tx.PutTextView(ctx, store.PutTextViewParams{Space: space.Key, Model: space.Model, Dimensions: int64(space.Dimensions), Known: known, Weighing: string(b), WeighedAt: tx.Now})
}
