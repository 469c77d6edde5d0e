package decide

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/embedding"
	"clubos/internal/jobs"
	"clubos/internal/pattern"
	"clubos/internal/store"
	"clubos/internal/vault"
)

const (
	// weighPause is the least time between two weighings of a club's vectors: each trains three matchers.
	weighPause = 10 * time.Minute
	// vectorsAgain is after how long vectors that did not come are asked for again.
	vectorsAgain = time.Minute
)

// VectorsJob fetches the vectors of what a club knows, and weighs them. A club has one at a time.
type VectorsJob struct {
	Tenant club.Slug `json:"tenant"`
}

// Kind names the job.
func (VectorsJob) Kind() string { return "keep_vectors" }

// JobMeta says whose job it is.
func (j VectorsJob) JobMeta() jobs.Meta { return jobs.Meta{Tenant: j.Tenant} }

func enqueueVectors(tx *store.Tx) {
	tx.Enqueue(VectorsJob{Tenant: tx.Tenant}, &river.InsertOpts{Queue: jobs.QueueVendor, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled}}})
}

// vectorsKept remembers of each club for what its vectors were complete, and when they were asked for.
type vectorsKept struct {
	mu   sync.Mutex // guards kept
	kept map[club.Slug]keptVectors
}

type keptVectors struct {
	stamp string // of what is known and of the space; "off" where no vectors are kept
	done  bool
	at    time.Time // when they were asked for last
}

const vectorsOff = "off"

// due reports whether a club's vectors are to be looked after, and remembers that they are.
func (v *vectorsKept) due(slug club.Slug, stamp string, now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	k := v.kept[slug]
	if k.stamp == stamp && (k.done || now.Sub(k.at) < vectorsAgain) {
		return false
	}
	v.kept[slug] = keptVectors{stamp: stamp, at: now}
	return true
}

// off reports whether it is known that a club keeps no vectors.
func (v *vectorsKept) off(slug club.Slug) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	k := v.kept[slug]
	return k.stamp == vectorsOff && k.done
}

func (v *vectorsKept) complete(slug club.Slug, stamp string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	k := v.kept[slug]
	k.stamp, k.done = stamp, true
	v.kept[slug] = k
}

func vectorsStamp(space embedding.Space, k *known) string {
	return fmt.Sprintf("%s %s %s %s", space.Key, space.Stamp, k.stamp, k.lessons)
}

func viewStamp(space embedding.Space, k *known, v embedding.View) string {
	return fmt.Sprintf("%s %s %s %d %d", space.Key, k.stamp, k.lessons, v.At.UnixMicro(), v.Vectors)
}

// warmVectors has a club's vectors fetched where something is new, and forgotten where it wants none.
func (d *Decider) warmVectors(ctx context.Context, tenant *store.Tenant, keys *vault.Tenant) error {
	if d.cfg.Vectors == nil {
		return nil
	}
	if err := d.cfg.Vectors.Record(ctx, tenant); err != nil {
		return err
	}
	space, on := d.cfg.Vectors.Space(tenant.Slug)
	if !on && d.vectors.off(tenant.Slug) {
		return nil
	}
	stamp, some := vectorsOff, false
	var now time.Time
	err := tenant.Read(ctx, func(tx *store.Tx) error {
		now = tx.Now
		if on {
			k, err := d.know(ctx, tx, keys)
			if err != nil {
				return err
			}
			stamp = vectorsStamp(space, k)
			return nil
		}
		rows, err := tx.CountAllTextVectors(ctx)
		some = rows > 0
		return err
	})
	if err != nil {
		return fmt.Errorf("look after vectors: %w", err)
	}
	if !on {
		if some { // at once, and not by a job: one that is still fetching would stand in its way
			if err := d.cfg.Vectors.Forget(ctx, tenant); err != nil {
				return err
			}
		}
		d.vectors.complete(tenant.Slug, vectorsOff)
		return nil
	}
	if !d.vectors.due(tenant.Slug, stamp, now) {
		return nil
	}
	return tenant.Write(ctx, func(tx *store.Tx) error { enqueueVectors(tx); return nil })
}

// KeepVectors works a VectorsJob.
func (d *Decider) KeepVectors(ctx context.Context, tenant *store.Tenant, _ VectorsJob) error {
	if d.cfg.Vectors == nil {
		return nil
	}
	keys, err := d.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return err
	}
	space, on := d.cfg.Vectors.Space(tenant.Slug)
	if !on {
		return d.cfg.Vectors.Forget(ctx, tenant)
	}
	var k *known
	if err := tenant.Read(ctx, func(tx *store.Tx) (err error) { k, err = d.know(ctx, tx, keys); return err }); err != nil {
		return err
	}
	var texts []string
	for _, t := range k.likeTexts() {
		texts = append(texts, t.Text)
	}
	left, err := d.cfg.Vectors.Keep(ctx, tenant, texts)
	err = errors.Join(err, d.cfg.Vectors.Record(ctx, tenant))
	var vendor *club.VendorError
	if errors.As(err, &vendor) { // asked for again by and by, or at once when the club enters something else
		d.cfg.Log.WarnContext(ctx, "vectors of known texts cannot be fetched", "event.action", "vectors.keep", "event.outcome", "failure", "organization.id", tenant.Slug.String(), "error.message", err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	if left > 0 {
		return jobs.Later(time.Second)
	}
	if err := d.weighVectors(ctx, tenant, space, k); err != nil {
		return err
	}
	if at, on := d.cfg.Vectors.Space(tenant.Slug); !on || at != space { // changed meanwhile
		return jobs.Later(time.Second)
	}
	return nil
}

// weighVectors finds out how much the vectors of a club count, unless that is known of these texts.
func (d *Decider) weighVectors(ctx context.Context, tenant *store.Tenant, space embedding.Space, k *known) error {
	var known []pattern.Known
	var wait time.Duration
	current := false
	err := tenant.Read(ctx, func(tx *store.Tx) error {
		stored, ok, err := embedding.FindView(ctx, tx, space)
		if err != nil {
			return err
		}
		if current = ok && stored.Known == k.version; current {
			return nil
		}
		if ok {
			wait = stored.At.Add(weighPause).Sub(tx.Now)
		}
		known, err = knownVectors(ctx, tx, space, k)
		return err
	})
	if err != nil {
		return err
	}
	if wait > 0 {
		return nil // looked at again by and by, and meanwhile what is new has its vectors
	}
	if !current {
		w, err := pattern.Weigh(ctx, space.String(), space.Dimensions, known)
		if err != nil {
			return fmt.Errorf("weigh vectors: %w", err)
		}
		if err := d.keepWeighing(ctx, tenant, space, k, w); err != nil {
			return err
		}
	}
	d.vectors.complete(tenant.Slug, vectorsStamp(space, k))
	return nil
}

func (d *Decider) keepWeighing(ctx context.Context, tenant *store.Tenant, space embedding.Space, k *known, w pattern.Weighing) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		if err := embedding.PutView(ctx, tx, space, k.version, w); err != nil {
			return fmt.Errorf("store weighing: %w", err)
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: machine, Action: "vectors.weighed", Object: space.String(),
			Detail: map[string]any{"texts": w.Texts, "helps": w.Helps(), "loss_alone": w.Alone, "loss_together": w.Together}})
	})
}
