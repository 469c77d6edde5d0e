package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/limit"
	"clubos/internal/setting"
	"clubos/internal/simulate"
	"clubos/internal/store"
	"clubos/internal/vault"
)

const (
	ratioFor         = 250 * time.Millisecond // of each load
	ratioThreads     = 2000
	ratioConnections = 32 // enough that texts come together and are kept first
	ratioReaders     = 4
	ratioDecisions   = 60
	ratioTakes       = 200_000
)

// measureRatio holds the contests, on a club of its own on SQLite that this process serves.
func measureRatio(ctx context.Context, in *installation, r *Report) error {
	// Everything is read afresh, nothing is refused, and no text is decided on before the contests are over.
	maps.Copy(in.env, map[string]string{"CLUBOS_CACHE_MEMORY": "0", "PERFORMANCE_CPU_LIMIT": "0", "CLUBOS_LOG_LEVEL": "error"})
	if err := in.fill(ctx, ratioThreads); err != nil {
		return err
	}
	if err := in.burstWait(ctx, time.Minute); err != nil {
		return err
	}
	ref, err := newReferences(ctx, in.dir)
	if err != nil {
		return err
	}
	err = errors.Join(in.served(ctx, func(a *app.App) error { return in.faces(ctx, a, ref, r) }), in.burstWait(ctx, 0))
	if err == nil {
		err = in.open(ctx, func(a *app.App) error { return in.decider(ctx, a, ref, r) })
	}
	if err == nil {
		err = limiterContest(ref).judge(ctx, r)
	}
	return errors.Join(err, ref.close())
}

// burstWait sets how long the club waits for the rest of a burst.
func (in *installation) burstWait(ctx context.Context, d time.Duration) error {
	return in.open(ctx, func(a *app.App) error {
		tenant, _, err := a.Tenant(ctx, in.slug)
		if err != nil {
			return err
		}
		return tenant.Write(ctx, func(tx *store.Tx) error {
			return setting.PutValue(ctx, tx, club.System("bench"), "wait.burst", d.String())
		})
	})
}

// served serves the installation in this process meanwhile.
func (in *installation) served(ctx context.Context, fn func(*app.App) error) error {
	cfg, err := app.LoadConfig(in.env)
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	s, err := a.Start(ctx)
	if err != nil {
		return errors.Join(err, a.Close())
	}
	return errors.Join(fn(a), s.Stop(context.WithoutCancel(ctx)), a.Close())
}

// faces holds the contests of what comes by HTTP.
func (in *installation) faces(ctx context.Context, a *app.App, ref *references, r *Report) error {
	tenant, _, err := a.Tenant(ctx, in.slug)
	if err != nil {
		return err
	}
	texts := in.load(Config{Duration: ratioFor, Connections: ratioConnections})
	plain := texts
	plain.Target = ref.server.URL
	looks := func(target, path string, header map[string]string) func(context.Context) (int, error) {
		return func(ctx context.Context) (int, error) {
			got, err := simulate.Visit(ctx, simulate.VisitConfig{Target: target, Paths: []string{path}, Header: header, Duration: ratioFor, Connections: ratioReaders})
			return all(got, err)
		}
	}
	for _, c := range []contest{
		{name: "text", title: "a text: verified, kept, acknowledged, filed; of a plain server that stores it in SQLite", most: mostText,
			ours: func(ctx context.Context) (int, error) {
				n, err := all(simulate.Load(ctx, texts))
				return n, errors.Join(err, awaitFiled(ctx, tenant))
			},
			plain: func(ctx context.Context) (int, error) { return all(simulate.Load(ctx, plain)) }},
		{name: "page", title: "the inbox, nothing kept; of a plain page of the same rows", most: mostPage,
			ours:  looks(in.url(), "/c/"+in.slug.String()+"/inbox?status=all", map[string]string{"Cookie": in.crowd.cookie}),
			plain: looks(ref.server.URL, "/page", nil)},
		{name: "list", title: "the JSON list of threads, nothing kept; of a plain list of the same rows", most: mostList,
			ours:  looks(in.url(), "/api/v1/"+in.slug.String()+"/threads", map[string]string{"Authorization": "Bearer " + in.crowd.key}),
			plain: looks(ref.server.URL, "/list", nil)},
	} {
		if err := c.judge(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// all returns how many requests were answered, and an error when one was not.
func all(got simulate.Report, err error) (int, error) {
	if err == nil && got.Failed > 0 {
		err = fmt.Errorf("%d of %d requests failed", got.Failed, got.Sent)
	}
	return got.Acked, err
}

// decider holds the contest of decisions, in a process in which no job runs.
func (in *installation) decider(ctx context.Context, a *app.App, ref *references, r *Report) error {
	tenant, keys, err := a.Tenant(ctx, in.slug)
	if err != nil {
		return err
	}
	d := &deciding{a: a, tenant: tenant, keys: keys, line: in.line}
	if err := d.deliver(ctx); err != nil {
		return err
	}
	if _, err := d.decide(ctx); err != nil { // the first one reads what was trained
		return err
	}
	return contest{name: "decision", title: "a decision; of a plain transaction with arithmetic", most: mostDecision, before: d.deliver, ours: d.decide, plain: ref.transactions}.judge(ctx, r)
}

// deciding is texts on which to decide.
type deciding struct {
	a      *app.App
	tenant *store.Tenant
	keys   *vault.Tenant
	line   string

	mu   sync.Mutex // guards the fields below
	sent int
	jobs []inbox.AdvanceJob
}

// deliver files texts of senders who have not written before.
func (d *deciding) deliver(ctx context.Context) error {
	d.jobs = d.jobs[:0]
	var delivered sync.WaitGroup
	errs := make([]error, ratioDecisions)
	for i := range ratioDecisions {
		d.sent++
		number := d.sent
		delivered.Go(func() {
			id := fmt.Sprintf("ratio%d", number)
			got, err := d.a.Inbox.Deliver(ctx, d.tenant, club.Delivery{ID: id, Inbound: &club.Inbound{Provider: "openphone", ProviderMessageID: id,
				From: fmt.Sprintf("+1646%07d", number), To: d.line, Text: questions[number%len(questions)]}}, "openphone")
			errs[i] = err
			d.mu.Lock()
			defer d.mu.Unlock()
			d.jobs = append(d.jobs, inbox.AdvanceJob{Thread: got.Thread, Message: got.Message})
		})
	}
	delivered.Wait()
	return errors.Join(errs...)
}

// decide decides on them, one after the other.
func (d *deciding) decide(ctx context.Context) (int, error) {
	for _, j := range d.jobs {
		if err := d.a.Decider.Advance(ctx, d.tenant, j); err != nil {
			return 0, fmt.Errorf("decide: %w", err)
		}
	}
	return len(d.jobs), nil
}

func limiterContest(ref *references) contest {
	l, rate, names := limit.New(limit.Config{}), limit.Rate{Name: "operator", Max: limiterAtATime, Window: time.Minute}, limiterNames()
	return contest{name: "limit", title: "asking whether somebody may go on; of counting under a lock", most: mostLimit,
		ours: func(ctx context.Context) (int, error) {
			for i := range ratioTakes {
				l.Take(ctx, rate, names[i%limiterKeys])
			}
			return ratioTakes, nil
		},
		plain: func(context.Context) (int, error) { return ref.count(names, ratioTakes), nil }}
}
