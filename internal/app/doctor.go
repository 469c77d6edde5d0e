package app

import (
	"context"
	"fmt"
	"strings"
	"time"
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
	add(a.examineClock(ctx))
	add(a.examineRedis(ctx))
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

// examineRedis looks at what replicas share.
func (a *App) examineRedis(ctx context.Context) Finding {
	if a.Redis == nil {
		return Finding{"redis", "ok", "none: each process keeps its own cache and counts its own limits", ""}
	}
	start := time.Now()
	if err := a.Redis.Ping(ctx); err != nil {
		return Finding{"redis", "warn", "it does not answer; each process goes on with its own cache and limits", "start Redis, or correct CLUBOS_REDIS_URL"}
	}
	return Finding{"redis", "ok", fmt.Sprintf("answers in %s", time.Since(start).Round(time.Microsecond)), ""}
}

// maxSkew is how far clocks may differ before timers and proofs of freshness go noticeably wrong.
const maxSkew = 2 * time.Second

func (a *App) examineClock(ctx context.Context) Finding {
	skew, err := a.Cluster.Skew(ctx)
	switch {
	case err != nil:
		return Finding{"clock", "fail", err.Error(), "see that the database answers"}
	case skew.Abs() > maxSkew:
		return Finding{"clock", "fail", fmt.Sprintf("this host and the database's differ by %s", skew.Abs().Round(time.Millisecond)), "let both keep time by NTP: deadlines, signatures and proofs of freshness depend on it"}
	}
	return Finding{"clock", "ok", fmt.Sprintf("within %s of the database's", maxSkew), ""}
}
