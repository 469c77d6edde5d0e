package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/integration"
	"clubos/internal/place"
	"clubos/internal/simulate"
	"clubos/internal/store"
)

const coldClubs = 20 // of which a first text is sent

// measureTenants serves one club and then many in which nothing happens, and says what each of them costs.
func measureTenants(ctx context.Context, cfg Config, r *Report) (err error) {
	in, err := install(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.remove(ctx)) }()
	alone, err := in.idle(ctx, cfg)
	if err != nil {
		return err
	}
	took, err := in.addClubs(ctx, cfg.Tenants)
	if err != nil {
		return err
	}
	c, err := in.serve(ctx, cfg, Tenants)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	many, err := in.watch(ctx, cfg, c)
	if err != nil {
		return err
	}
	n := float64(cfg.Tenants)
	made := &Load{}
	made.lie(took)
	r.add(Measure{Name: "tenants_made", Title: fmt.Sprintf("a club made, median of %d", cfg.Tenants), Value: made.P50, Unit: "ms", Better: Less},
		Measure{Name: "tenants_start", Title: fmt.Sprintf("start to ready with %d clubs", cfg.Tenants+1), Value: ms(c.started), Unit: "ms", Better: Less, Target: bound(2000)},
		Measure{Name: "tenants_memory", Title: "memory of an idle club", Value: mib(many.memory-alone.memory) / n, Unit: "MiB", Better: Less, Floor: bound(1), Steady: true},
		Measure{Name: "tenants_cpu", Title: "processor time of an idle club, of one core", Value: 100 * (many.server - alone.server) / n, Unit: "%", Better: Less, Floor: bound(0.2), Steady: true})
	if many.database > 0 {
		r.add(Measure{Name: "tenants_cpu_database", Title: "… the database's", Value: 100 * (many.database - alone.database) / n, Unit: "%", Better: Less, Steady: true})
	}
	var first []time.Duration
	for i := range min(coldClubs, cfg.Tenants) {
		load := in.load(cfg)
		load.Tenant, load.Rate, load.Duration, load.Connections = in.clubs[i*cfg.Tenants/min(coldClubs, cfg.Tenants)], 1, time.Second, 1
		got, err := simulate.Load(ctx, load)
		if err != nil {
			return err
		}
		if got.Acked != 1 {
			return fmt.Errorf("the first text of %s was not acknowledged: %s", load.Tenant, got)
		}
		first = append(first, got.Max)
	}
	cold := &Load{}
	cold.lie(first)
	r.add(Measure{Name: "tenants_first", Title: "the first text of an idle club acknowledged, median", Value: cold.P50, Unit: "ms", Better: Less},
		Measure{Name: "tenants_first_max", Title: "… slowest", Value: cold.Max, Unit: "ms", Better: Less, Target: bound(500)})
	return nil
}

// repose is what a server uses while nothing happens: bytes, and processors.
type repose struct {
	memory           int64
	server, database float64
}

// idle serves the installation as it is and watches it.
func (in *installation) idle(ctx context.Context, cfg Config) (out repose, err error) {
	c, err := in.serve(ctx, cfg, Start)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	return in.watch(ctx, cfg, c)
}

// watch says what a server uses once its start is over.
func (in *installation) watch(ctx context.Context, cfg Config, c *child) (out repose, err error) {
	if err := pause(ctx, cfg.Idle); err != nil {
		return out, err
	}
	before := in.processors(ctx, c)
	start := time.Now()
	if err := pause(ctx, cfg.Duration); err != nil {
		return out, err
	}
	took := time.Since(start)
	after := in.processors(ctx, c)
	if b, ok := c.memory(); ok {
		out.memory = b.now
	}
	out.server = (after[0] - before[0]).Seconds() / took.Seconds()
	out.database = (after[2] - before[2]).Seconds() / took.Seconds()
	return out, nil
}

// addClubs makes clubs with a place, a line and the installation's stand-in for text messages, and says how long
// each took.
func (in *installation) addClubs(ctx context.Context, n int) (took []time.Duration, err error) {
	err = in.open(ctx, func(a *app.App) error {
		for i := range n {
			start := time.Now()
			slug := club.Slug(fmt.Sprintf("%sn%d", in.slug, i))
			in.clubs = append(in.clubs, slug) // its role is removed even if it is made by half
			if err := in.addClub(ctx, a, slug); err != nil {
				return err
			}
			took = append(took, time.Since(start))
		}
		return in.analyse(ctx)
	})
	return took, err
}

func (in *installation) addClub(ctx context.Context, a *app.App, slug club.Slug) error {
	by := identity.System(slug, "bench")
	if _, err := a.CreateTenant(ctx, by.Actor, slug, "Bench"); err != nil {
		return fmt.Errorf("make a club: %w", err)
	}
	tenant, keys, err := a.Tenant(ctx, slug)
	if err != nil {
		return err
	}
	sms := in.vendors.SMS.Config()
	return tenant.Write(ctx, func(tx *store.Tx) error {
		at, err := place.CreateLocation(ctx, tx, by, place.NewLocation{Slug: "north", Name: "North", TimeZone: "Europe/London"})
		if err != nil {
			return err
		}
		if _, err := place.PutLine(ctx, tx, by, place.Line{Number: in.line, Provider: "openphone", Location: at.ID}); err != nil {
			return err
		}
		return integration.Put(ctx, tx, keys, by.Actor, "openphone", integration.Fields{"api_key": sms.OpenPhoneKey, "webhook_secret": sms.OpenPhoneSecret, "base_url": in.vendors.SMS.URL()})
	})
}
