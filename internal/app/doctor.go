package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Finding is what the doctor says of one thing.
type Finding struct {
	Name   string
	State  string // "ok", "warn" or "fail"
	Detail string
	Advice string // what to do; "" when nothing
}

// Doctor looks at everything that a club's running depends on and says what is wrong and what to do.
// It changes nothing and commands no vendor: it only reads.
func (a *App) Doctor(ctx context.Context) []Finding {
	var out []Finding
	add := func(f Finding) { out = append(out, f) }
	start := time.Now()
	if err := a.Cluster.Ping(ctx); err != nil {
		add(Finding{"database", "fail", err.Error(), "start the database, or correct CLUBOS_DATABASE_URL"})
		return out
	}
	add(Finding{"database", "ok", fmt.Sprintf("%s answers in %s", a.Cluster.Engine(), time.Since(start).Round(time.Microsecond)), ""})
	if strings.HasPrefix(a.Config.publicURL(), "https://") {
		add(Finding{"public address", "ok", a.Config.publicURL(), ""})
	} else {
		add(Finding{"public address", "warn", a.Config.publicURL() + " is not https", "set CLUBOS_PUBLIC_URL to the https address that vendors and browsers use; Twilio's signatures depend on it"})
	}
	if a.Config.MasterKey == "" && a.Config.MasterKeyFile == "" {
		add(Finding{"master key", "warn", "kept in the data directory", "keep a copy apart from the database's backups: without it nothing can be read"})
	} else {
		add(Finding{"master key", "ok", "given by the environment", ""})
	}
	recs, err := a.Cluster.FindTenants(ctx)
	if err != nil {
		add(Finding{"clubs", "fail", err.Error(), ""})
		return out
	}
	if len(recs) == 0 {
		add(Finding{"clubs", "warn", "there is none", "make one: clubos init"})
	}
	for _, rec := range recs {
		out = append(out, a.examine(ctx, rec)...)
	}
	return out
}

func (a *App) examine(ctx context.Context, rec store.TenantRecord) []Finding {
	name := func(part string) string { return rec.Slug.String() + ": " + part }
	list, err := a.Cluster.MigrationStatus(ctx, rec.Slug)
	if err != nil {
		return []Finding{{name("schema"), "fail", err.Error(), ""}}
	}
	for _, m := range list {
		if m.AppliedAt.IsZero() {
			return []Finding{{name("schema"), "fail", m.Name + " is not applied", "clubos migrate up"}}
		}
	}
	out := []Finding{{name("schema"), "ok", fmt.Sprintf("version %d", len(list)), ""}}
	tenant, _, err := a.Tenant(ctx, rec.Slug)
	if err != nil {
		return append(out, Finding{name("keys"), "fail", err.Error(), "give the master key that this database was made with"})
	}
	out = append(out, Finding{name("keys"), "ok", "open", ""}, a.examineContent(ctx, tenant, name("content")))
	if err := a.vendors.load(ctx, rec.Slug); err != nil {
		return append(out, Finding{name("vendors"), "fail", err.Error(), ""})
	}
	return append(out, a.examineVendors(ctx, rec.Slug, name)...)
}

func (a *App) examineContent(ctx context.Context, tenant *store.Tenant, name string) Finding {
	var places []store.Location
	var lines []store.Line
	var live int
	err := tenant.Read(ctx, func(tx *store.Tx) (err error) {
		if places, err = tx.FindLocations(ctx); err != nil {
			return err
		}
		if lines, err = tx.FindLines(ctx); err != nil {
			return err
		}
		set, err := a.Library.Live(ctx, tx)
		if err == nil {
			live = len(set.Entries)
		}
		return err
	})
	detail := fmt.Sprintf("%d locations, %d lines, %d live procedures", len(places), len(lines), live)
	switch {
	case err != nil:
		return Finding{name, "fail", err.Error(), ""}
	case len(places) == 0 || len(lines) == 0:
		return Finding{name, "warn", detail, "import the club's places: clubos place import places.yaml"}
	case live == 0:
		return Finding{name, "warn", detail, "import procedures: clubos sop import starter"}
	}
	return Finding{name, "ok", detail, ""}
}

// examineVendors reads something harmless from each connected vendor.
func (a *App) examineVendors(ctx context.Context, slug club.Slug, name func(string) string) []Finding {
	c := a.vendors.of(slug)
	var out []Finding
	look := func(vendor string, connected bool, read func(context.Context) (string, error)) {
		if !connected {
			out = append(out, Finding{name(vendor), "warn", "not connected", "clubos vendor set " + vendor + " …"})
			return
		}
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		detail, err := read(ctx)
		if err != nil {
			out = append(out, Finding{name(vendor), "fail", err.Error(), "check its address and credentials: clubos vendor list"})
			return
		}
		out = append(out, Finding{name(vendor), "ok", detail, ""})
	}
	look("ninjaone", c.ninjaone != nil, func(ctx context.Context) (string, error) {
		list, err := c.ninjaone.Devices(ctx)
		return fmt.Sprintf("%d devices", len(list)), err
	})
	look("unifi", c.unifi != nil, func(ctx context.Context) (string, error) {
		list, err := c.unifi.Doors(ctx)
		return fmt.Sprintf("%d doors", len(list)), err
	})
	if c.openphone == nil && c.twilio == nil {
		out = append(out, Finding{name("texts"), "fail", "neither openphone nor twilio is connected", "clubos vendor set openphone … or clubos vendor set twilio …"})
	} else {
		out = append(out, Finding{name("texts"), "ok", "connected; a text tells whether it works", ""})
	}
	if c.slack == nil {
		out = append(out, Finding{name("slack"), "warn", "not connected: people are called in the console only", "clubos vendor set slack …"})
	} else {
		out = append(out, Finding{name("slack"), "ok", "connected", ""})
	}
	look("email", c.email != nil, func(ctx context.Context) (string, error) { return "signed in over TLS", c.email.Check(ctx) })
	if c.pagerduty == nil {
		out = append(out, Finding{name("pagerduty"), "warn", "not connected: nobody is paged", "clubos vendor set pagerduty …"})
	} else {
		out = append(out, Finding{name("pagerduty"), "ok", "connected; its API can be asked nothing without waking somebody", ""})
	}
	return out
}
