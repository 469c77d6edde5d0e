package decide

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/pattern"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// TopicModel is what Tx.Changed announces for a version of the matcher.
const TopicModel = "model"

// asked is the training that a process asked for last, so that it does not ask at every text.
type asked struct {
	version string
	at      time.Time
}

// askAgain is after how long a training that has not come is asked for again.
const askAgain = 15 * time.Second

// Warm loads the version of the club's matcher that is wanted, and asks for a training when there is none;
// likewise the vectors of what is known, for a club that wants them. It waits for neither.
func (d *Decider) Warm(ctx context.Context, tenant *store.Tenant) error {
	keys, err := d.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return err
	}
	if _, err = d.ready(ctx, tenant, keys, true, false); err != nil {
		return err
	}
	return d.warmVectors(ctx, tenant, keys)
}

// heard is what a transaction read of what a club knows.
type heard struct {
	set     *knowledge.Set
	lessons *learn.Lessons
	rows    []store.FindUsableModelsRow
	now     time.Time
}

// ready reports whether the club's matcher is there, and sees to it that it will be. Training takes a
// second or more: neither a transaction that writes nor a job's worker waits for it. look also looks for a
// better version; late makes do with likeness where there is none.
func (d *Decider) ready(ctx context.Context, tenant *store.Tenant, keys *vault.Tenant, look, late bool) (bool, error) {
	var h heard
	ok := false
	err := tenant.Read(ctx, func(tx *store.Tx) (err error) {
		h.now = tx.Now
		if h.set, err = d.cfg.Library.Live(ctx, tx); err != nil {
			return err
		}
		if h.lessons, err = d.cfg.Memory.Learned(ctx, tx, keys); err != nil {
			return err
		}
		if _, ok = d.matchers.matcher(tenant.Slug, h.set, h.lessons); ok && !look || !d.matchers.background {
			return nil
		}
		h.rows, err = tx.Known().FindUsableModels(ctx, pattern.Engine)
		return err
	})
	if err != nil || ok && !look || !d.matchers.background {
		return ok, err
	}
	if !d.matchers.beginLoad(tenant.Slug) {
		return ok, nil // somebody loads it: many texts at a start are not to load it each
	}
	defer d.matchers.endLoad(tenant.Slug)
	number, k, there := d.matchers.loaded(tenant.Slug)
	if !there || k.stamp != h.set.Stamp || k.lessons != h.lessons.Stamp {
		k = newKnown(h.set, h.lessons)
	}
	if ok, err = d.load(ctx, tenant, h.rows, k, number, there); err != nil {
		return ok, err
	}
	if err := d.ask(ctx, tenant, h, k); err != nil {
		return ok, err
	}
	if !ok && late {
		d.matchers.put(tenant.Slug, stand(pattern.Likeness(k.all()), 0, k), nil)
		return true, nil
	}
	return ok, nil
}

func stand(t *pattern.Trained, number int64, k *known) *standing {
	all := k.all()
	m := t.Matcher(all)
	return &standing{now: m, number: number, known: k, bytes: int64(t.SizeBytes() + triggerBytes*len(all))}
}

// load puts the best of the stored versions in place: the one that was trained on just this, else the
// newest. One that turns out to be damaged is marked, and the next is tried.
func (d *Decider) load(ctx context.Context, tenant *store.Tenant, rows []store.FindUsableModelsRow, k *known, number int64, there bool) (ok bool, err error) {
	for i, r := range rows {
		if r.Digest == k.version && i > 0 {
			rows[0], rows[i] = r, rows[0]
			break
		}
	}
	for _, r := range rows {
		if there && number == r.Number {
			return true, nil
		}
		trained, err := d.read(ctx, tenant, r)
		if pattern.Unusable(err) {
			if err := d.fault(ctx, tenant, r, err); err != nil {
				return there, err
			}
			continue
		}
		if err != nil {
			return there, err
		}
		d.matchers.put(tenant.Slug, stand(trained, r.Number, k), nil)
		d.cfg.Log.InfoContext(ctx, "a version of the matcher is in use", "event.action", "model.load", "organization.id", tenant.Slug.String(), "labels.version", r.Number)
		return true, nil
	}
	return there, nil
}

func (d *Decider) read(ctx context.Context, tenant *store.Tenant, r store.FindUsableModelsRow) (*pattern.Trained, error) {
	var body []byte
	err := tenant.Read(ctx, func(tx *store.Tx) (err error) {
		body, err = tx.FindModelBody(ctx, r.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read model %d: %w", r.Number, err)
	}
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != r.Checksum {
		return nil, fmt.Errorf("read model %d: %w: checksum", r.Number, pattern.ErrDamaged)
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(body)), mostModel))
	if err != nil {
		return nil, fmt.Errorf("read model %d: %w: %w", r.Number, pattern.ErrDamaged, err)
	}
	t := &pattern.Trained{}
	if err := t.UnmarshalBinary(plain); err != nil {
		return nil, fmt.Errorf("read model %d: %w", r.Number, err)
	}
	return t, nil
}

// mostModel bounds the bytes of a model that is read.
const mostModel = 1 << 30

// fault marks a version whose bytes cannot be used: no replica tries it again.
func (d *Decider) fault(ctx context.Context, tenant *store.Tenant, r store.FindUsableModelsRow, cause error) error {
	d.cfg.Log.ErrorContext(ctx, "a version of the matcher cannot be used; it is trained again", "event.action", "model.load", "event.outcome", "failure",
		"organization.id", tenant.Slug.String(), "labels.version", r.Number, "error.message", cause.Error())
	return tenant.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.FaultModel(ctx, store.FaultModelParams{ID: r.ID, Fault: cause.Error()})
		if err != nil || n == 0 {
			return err
		}
		tx.Changed(TopicModel, r.ID.String())
		return audit.Write(ctx, tx, audit.Entry{Actor: machine, Action: "model.faulted", Object: r.ID.String(), Detail: map[string]any{"version": r.Number, "fault": cause.Error()}})
	})
}

// ask has a version trained on what is known, unless there is one. Where another one serves meanwhile, more
// changes are waited for a moment.
func (d *Decider) ask(ctx context.Context, tenant *store.Tenant, h heard, k *known) error {
	usable := false
	for _, r := range h.rows {
		if r.Digest == k.version {
			usable = true
		}
	}
	number, _, there := d.matchers.loaded(tenant.Slug)
	if usable && there && number > 0 {
		return nil
	}
	if !d.matchers.mayAsk(tenant.Slug, k.version, h.now) {
		return nil
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		var due time.Time
		if there && number > 0 {
			due = tx.Now.Add(trainPause)
		}
		enqueueTraining(tx, due)
		return nil
	})
}

// beginLoad reports whether a club's matcher may be looked after by the caller: one does at a time.
func (c *Matchers) beginLoad(tenant club.Slug) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loading[tenant] {
		return false
	}
	c.loading[tenant] = true
	return true
}

func (c *Matchers) endLoad(tenant club.Slug) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.loading, tenant)
}

// mayAsk reports whether a training is to be asked for, and remembers that it was.
func (c *Matchers) mayAsk(tenant club.Slug, version string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.asked[tenant]; a.version == version && now.Sub(a.at) < askAgain {
		return false
	}
	c.asked[tenant] = asked{version, now}
	return true
}
