package app

import (
	"context"
	"fmt"

	"clubos/internal/cache"
	"clubos/internal/guard"
	"clubos/internal/health"
)

// process tells the faces how this process fares.
func (a *App) process(ctx context.Context) (health.Process, error) {
	replicas, err := a.runner.Nodes(ctx)
	if err != nil {
		return health.Process{}, err
	}
	s := a.limiter.State()
	p := health.Process{Replicas: replicas, Places: s.Limit, Running: s.Running, Waiting: s.Waiting, Pressure: s.Load.Pressure,
		CPU: health.Use{Now: s.Load.CPU, Limit: s.Load.CPULimit}, Memory: health.Use{Now: float64(s.Load.Memory), Limit: float64(s.Load.MemoryLimit)},
		Intake: a.timings.Of(health.TimingIntake), Pages: a.timings.Of(health.TimingPage), Checks: a.timings.Of(health.TimingCheck)}
	for _, c := range guard.Classes() {
		p.Classes = append(p.Classes, health.Admission{Class: c.String(), Admitted: s.RecentlyAdmitted.Of(c), Refused: s.RecentlyRefused.Of(c)})
	}
	if pool, _, ok := a.Cluster.Postgres(); ok {
		st := pool.Stat()
		p.Pool = health.Use{Now: float64(st.AcquiredConns()), Limit: float64(st.MaxConns())}
	}
	facts := cache.Facts{Redis: cache.RedisNone}
	if a.Cache != nil {
		facts = a.Cache.Facts()
	}
	p.CacheHits, p.CacheUsed, p.Redis = facts.Share(), facts.Near+facts.Far+facts.Missed+facts.Passed > 0, string(facts.Redis)
	return p, a.queues(ctx, &p)
}

// queues adds what waits for any process.
func (a *App) queues(ctx context.Context, p *health.Process) error {
	backlog, err := a.runner.Backlog(ctx)
	if err != nil {
		return fmt.Errorf("look at what waits: %w", err)
	}
	at := map[string]int{}
	for _, b := range backlog {
		i, ok := at[b.Queue]
		if !ok {
			i = len(p.Queues)
			at[b.Queue], p.Queues = i, append(p.Queues, health.Queue{Name: b.Queue})
		}
		q := &p.Queues[i]
		switch b.State {
		case "available":
			q.Due, q.Oldest = b.Jobs, max(0, a.Cluster.Clock().Now().Sub(b.Oldest))
		case "running":
			q.Running = b.Jobs
		default:
			q.Later += b.Jobs
		}
	}
	return nil
}
