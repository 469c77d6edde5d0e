package decide

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/pattern"
	"clubos/internal/store"
)

const (
	// trainPause is how long further changes are waited for before a version is trained beside another.
	trainPause = 2 * time.Second
	// trainWithin bounds a training. It is less than what River takes for a job that is stuck.
	trainWithin = 110 * time.Second
	// modelsKept is how many versions keep their bytes.
	modelsKept = 3
	// foreignKept is how long versions of another program's engine keep theirs, for a way back.
	foreignKept = 7 * 24 * time.Hour
)

// TrainJob trains a club's matcher on what is known when it runs. A club has one at a time.
type TrainJob struct {
	Tenant club.Slug `json:"tenant"`
	Engine string    `json:"engine"`
}

// Kind names the job.
func (TrainJob) Kind() string { return "train_matcher" }

// JobMeta says whose job it is.
func (j TrainJob) JobMeta() jobs.Meta { return jobs.Meta{Tenant: j.Tenant} }

func enqueueTraining(tx *store.Tx, due time.Time) {
	tx.Enqueue(TrainJob{Tenant: tx.Tenant, Engine: pattern.Engine}, &river.InsertOpts{ScheduledAt: due, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled}}})
}

// trainNow trains without an end in time.
func trainNow(triggers []pattern.Trigger) *pattern.Trained {
	t, err := pattern.TrainTriggers(context.Background(), triggers)
	if err != nil { // only the context could end it
		panic("BUG: training a matcher: " + err.Error())
	}
	return t
}

// TrainMatcher works a TrainJob.
func (d *Decider) TrainMatcher(ctx context.Context, tenant *store.Tenant, job TrainJob) error {
	if job.Engine != pattern.Engine { // another version of the program asked, and will do it
		return jobs.Later(5 * time.Second)
	}
	if err := d.TrainNow(ctx, tenant); err != nil {
		return err
	}
	if _, again, err := d.wanted(ctx, tenant); err != nil || again {
		return errors.Join(err, jobs.Later(trainPause))
	}
	return nil
}

// TrainNow trains a version on what a club knows and stores it, unless there is one, and waits for it.
func (d *Decider) TrainNow(ctx context.Context, tenant *store.Tenant) error {
	k, wanted, err := d.wanted(ctx, tenant)
	if err != nil || !wanted {
		return err
	}
	start := time.Now()
	trained := d.matchers.trainings.train(k.version, func() *pattern.Trained {
		t, err := pattern.TrainTriggers(ctx, k.settled)
		if err != nil {
			return nil
		}
		return t
	})
	if trained == nil {
		d.matchers.trainings.forget(k.version)
		return fmt.Errorf("train a matcher: %w", errors.Join(ctx.Err(), errors.New("it did not end in time")))
	}
	return d.keep(ctx, tenant, k, trained, time.Since(start))
}

// wanted returns what a version is to be trained on, and whether there is none yet.
func (d *Decider) wanted(ctx context.Context, tenant *store.Tenant) (k *known, wanted bool, err error) {
	keys, err := d.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return nil, false, err
	}
	err = tenant.Read(ctx, func(tx *store.Tx) error {
		set, err := d.cfg.Library.Live(ctx, tx)
		if err != nil {
			return err
		}
		lessons, err := d.cfg.Memory.Learned(ctx, tx, keys)
		if err != nil {
			return err
		}
		k = newKnown(set, lessons)
		rows, err := tx.FindUsableModels(ctx, pattern.Engine)
		wanted = true
		for _, r := range rows {
			wanted = wanted && r.Digest != k.version
		}
		return err
	})
	return k, wanted, err
}

// figures are what is kept of a training.
type figures struct {
	TookMS     int64   `json:"took_ms"`
	Examples   int     `json:"examples"`
	Linear     int     `json:"linear_labels"` // labels with learners of their own
	Recognised float64 `json:"recognised"`    // share of its own triggers that it recognises
	Stored     int     `json:"stored_bytes"`
}

// keep stores a version and drops the bytes of old ones.
func (d *Decider) keep(ctx context.Context, tenant *store.Tenant, k *known, t *pattern.Trained, took time.Duration) error {
	body, err := pack(t)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	on, err := json.Marshal(k.on)
	if err != nil {
		return fmt.Errorf("encode what a model was trained on: %w", err)
	}
	fig, err := json.Marshal(figures{TookMS: took.Milliseconds(), Examples: t.Examples(), Linear: t.Linear(), Recognised: recognised(t, k.settled), Stored: len(body)})
	if err != nil {
		return fmt.Errorf("encode figures of a model: %w", err)
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		id := club.NewModelID(tx.Now)
		number, err := tx.CreateModel(ctx, store.CreateModelParams{ID: id, Digest: k.version, Engine: pattern.Engine, TrainedAt: tx.Now, TrainedOn: string(on), Figures: string(fig),
			SizeBytes: int64(t.SizeBytes()), Checksum: hex.EncodeToString(sum[:]), Body: body})
		if err != nil {
			return fmt.Errorf("store model: %w", err)
		}
		if err := retire(ctx, tx); err != nil {
			return err
		}
		tx.Changed(TopicModel, id.String())
		return audit.Write(ctx, tx, audit.Entry{Actor: machine, Action: "model.trained", Object: id.String(),
			Detail: map[string]any{"version": number, "digest": k.version, "triggers": k.on.Triggers, "precedents": k.on.Precedents}})
	})
}

// retire drops the bytes of all but the newest versions; what they were stays.
func retire(ctx context.Context, tx *store.Tx) error {
	rows, err := tx.FindUsableModels(ctx, pattern.Engine)
	if err != nil {
		return fmt.Errorf("find models: %w", err)
	}
	if len(rows) > modelsKept {
		if _, err := tx.RetireModels(ctx, store.RetireModelsParams{Now: &tx.Now, Engine: pattern.Engine, Upto: rows[modelsKept].Number}); err != nil {
			return fmt.Errorf("retire models: %w", err)
		}
	}
	if _, err := tx.RetireForeignModels(ctx, store.RetireForeignModelsParams{Now: &tx.Now, Engine: pattern.Engine, Before: tx.Now.Add(-foreignKept)}); err != nil {
		return fmt.Errorf("retire models: %w", err)
	}
	return nil
}

func pack(t *pattern.Trained) ([]byte, error) {
	plain, err := t.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("encode model: %w", err)
	}
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("compress model: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("compress model: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress model: %w", err)
	}
	return out.Bytes(), nil
}

// checked bounds the triggers that a version is tried on.
const checked = 200

// recognised is the share of triggers, evenly spread, that a version finds the label of: where it is low,
// triggers contradict each other.
func recognised(t *pattern.Trained, triggers []pattern.Trigger) float64 {
	if len(triggers) == 0 {
		return 1
	}
	m := t.Matcher(triggers)
	n, right := min(checked, len(triggers)), 0
	for i := range n {
		one := triggers[i*len(triggers)/n]
		if r := m.Match(one.Text, 1); len(r.Candidates) > 0 && r.Candidates[0].Label == one.Label {
			right++
		}
	}
	return float64(right) / float64(n)
}
